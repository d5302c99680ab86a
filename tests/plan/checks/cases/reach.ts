import { object, one, podOf } from "../draft.ts";
import type { Draft, Loose } from "../draft.ts";
import type { Case } from "./case.ts";

const service = (
  name: string,
  change: (spec: Loose, draft: Draft) => unknown,
  message?: RegExp,
  also?: string[],
): Case => ({
  id: "GP087",
  name,
  when: (draft) => change(one(draft, "NetworkPolicy app/clients").manifest.spec, draft),
  finds: message === undefined ? [] : [["Service app/web", message]],
  also,
});

/** Cases of plan/checks/reach.ts. */
export const reachCases: readonly Case[] = [
  service(
    "a port that no policy opens",
    (spec) => (spec.ingress[0].ports[0].port = 80),
    /^no policy of app lets a client reach port 80 \(http\)$/,
  ),
  service(
    "another protocol",
    (spec, draft) => {
      spec.ingress[0].ports[0].port = 8080;
      one(draft, "Service app/web").manifest.spec.ports[0] = { port: 514, targetPort: 8080, protocol: "UDP" };
    },
    /reach port 514\/UDP$/,
  ),
  service("a range of ports", (spec) => (spec.ingress[0].ports[0] = { port: 8000, endPort: 9000 })),
  service("every port", (spec) => delete spec.ingress[0].ports, undefined, ["GP084"]),
  service(
    "pods in the network of their node",
    (spec, draft) => {
      spec.ingress = [];
      podOf(draft, "Deployment app/web").hostNetwork = true;
    },
    undefined,
    ["GP013", "GP083", "GP097"],
  ),
  service(
    "a Service of another stack's namespace",
    (_, draft) => {
      draft.objects.push(
        object("v1", "Service", "elsewhere/web", { spec: { selector: { app: "web" }, ports: [{ port: 1 }] } }),
      );
    },
    undefined,
    ["GP093"],
  ),
];
