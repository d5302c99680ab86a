import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";
import { portNameFormat, variableName } from "./application.ts";
import { connection } from "./connections.ts";
import { routeKeys } from "./gateway.ts";

const restarts = "Restarts the pods.";
const policiesOnly = "Changes network policies only.";

/** Who reaches an application, and what it reaches. */
export function reachKeys() {
  return {
    hosts: key(z.array(host()).default([]), {
      is: "Hosts at the gateway.",
      changing: "Removing one deletes its route and certificate.",
      accepts: "a list of hosts",
    }),
    connections: key(z.array(applicationConnection()).default([]), {
      is: "Connections of the application's pods. Those to its databases, buckets and clients need no entry.",
      unset: "The pods reach only what the other keys name.",
      changing: policiesOnly,
      accepts: "a list of connections",
    }),
  };
}

function host() {
  return z.strictObject({
    host: key(formats.plainHost(), {
      is: "`NAME` for NAME.DOMAIN, or a full host name.",
      changing: "Creates another host name and certificate.",
    }),
    purpose: key(formats.plainText(200, "the team's wiki").optional(), {
      is: "The purpose of the host, for the list of hosts.",
      unset: "The application's title is shown.",
      changing: "No effect on running pods.",
    }),
    port: key(portNameFormat().optional(), {
      is: "The name of the port.",
      unset: "The application's first port is served.",
      changing: "Changes the host's route at once.",
    }),
    ...routeKeys(),
  });
}

function applicationConnection() {
  const [, other, apiServer, outside] = connection().options;
  return z.discriminatedUnion("kind", [
    z.strictObject({
      kind: key(z.literal("application"), { is: "To another application of the stack.", changing: policiesOnly }),
      purpose: other.shape.purpose,
      application: key(formats.shortName(), { is: "The name of the other application.", changing: policiesOnly }),
      port: key(portNameFormat().optional(), {
        is: "The name of its port.",
        unset: "Its first port is used.",
        changing: policiesOnly,
      }),
      variable: key(variableName().optional(), {
        is: "A variable with the URL `http://HOST:PORT` of its Service.",
        unset: "The application gets no variable.",
        changing: restarts,
      }),
    }),
    other.omit({ labels: true }),
    apiServer.omit({ labels: true }),
    outside.omit({ labels: true }),
  ]);
}
