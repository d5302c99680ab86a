import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";
import { bindingKeys, logKeys } from "./application-bindings.ts";
import { reachKeys } from "./application-routes.ts";
import { containerKeys } from "./application-steps.ts";
import { watchKeys } from "./application-watch.ts";
import { containerPath, portNameFormat, serverKeys } from "./application.ts";
import { placementKeys } from "./foundation.ts";

const restarts = "Restarts the pods.";

/** Applications of the user's own. */
export function applicationsSection() {
  return {
    applications: key(z.array(application()).default([]), {
      is: "Applications of your own, each with everything that it needs (docs/applications.md).",
      changing:
        "Removing one deletes its pods, hosts and clients. In prod, its PersistentVolumeClaims are kept; databases and buckets are always kept.",
      accepts: "a list of applications",
    }),
  };
}

/** An application of the user's own. */
export function application() {
  return z.strictObject({
    name: key(formats.shortName(), {
      is: "The name, unique in the stack: of the Deployment, of the Service and of the dashboard.",
      changing: "Creates another application. PersistentVolumeClaims, databases and buckets keep their own names.",
    }),
    namespace: key(formats.name().optional(), {
      is: "The namespace, which only applications use.",
      unset: "The application's name is used.",
      changing: "Creates the application in the other namespace. Its PersistentVolumeClaims stay in this one.",
    }),
    title: key(formats.plainText(100, "Wiki").optional(), {
      is: "The title of its dashboard, and the purpose of its hosts.",
      unset: "The application's name is used.",
      changing: "No effect on running pods.",
    }),
    ...serverKeys(),
    servicePorts: key(z.record(portNameFormat(), formats.port()).default({}), {
      is: "Ports of the Service by name, where they differ from those of the pods.",
      changing: "Clients inside the cluster must use the other port.",
      accepts: "an object of ports by name, such as { http: 80 }",
    }),
    replicas: key(z.number().int().min(1).max(100).optional(), {
      is: "Number of pods, or their minimum with `scaling`.",
      unit: "pods",
      unset: "Two in prod. One in dev, and with a volume that pods of only one node can mount.",
      changing: "Adds or removes pods.",
    }),
    scaling: key(
      z
        .strictObject({
          maxReplicas: key(z.number().int().min(2).max(1000), {
            is: "Maximum number of pods.",
            unit: "pods",
            changing: "No effect on running pods.",
          }),
          cpu: key(z.number().int().min(1).max(100).default(75), {
            is: "CPU usage in percent of the request, above which pods are added.",
            unit: "percent",
            changing: "No effect on running pods.",
          }),
        })
        .optional(),
      {
        is: "A HorizontalPodAutoscaler, which needs the cluster's metrics server.",
        unset: "The number of pods is `replicas`.",
      },
    ),
    strategy: key(z.enum(["RollingUpdate", "Recreate"]).default("RollingUpdate"), {
      is: "How pods are replaced: one after another, or all at once with an interruption. With a volume that pods of only one node can mount, it is always `Recreate`.",
      changing: "No effect on running pods.",
    }),
    gracePeriod: key(formats.duration().default("30s"), {
      is: "Time that a pod has to stop.",
      changing: restarts,
    }),
    runAs: key(
      z
        .strictObject({
          user: key(z.number().int().min(1).max(4_294_967_294).default(1000), {
            is: "User ID of the processes. It is never 0.",
            changing: restarts,
          }),
          group: key(z.number().int().min(1).max(4_294_967_294).default(1000), {
            is: "Group ID of the processes, which owns the volumes.",
            changing: restarts,
          }),
        })
        .prefault({}),
      { is: "The user of the processes." },
    ),
    placement: key(placementKeys({}).optional(), {
      is: "The nodes that run its pods, such as nodes for processing.",
      unset: "The platform's nodes (`placement`) run them.",
    }),
    ...containerKeys(),
    volumes: key(z.array(volume()).default([]), {
      is: "PersistentVolumeClaims, mounted in the main container.",
      changing: "Removing one deletes the claim; in prod, it is kept.",
      accepts: "a list of volumes",
    }),
    ...bindingKeys(),
    ...reachKeys(),
    ...logKeys(),
    ...watchKeys(),
  });
}

function volume() {
  return z.strictObject({
    claim: key(formats.claimName(), {
      is: "The name of the PersistentVolumeClaim. With an entry in `storage.volumes`, it gets an existing volume.",
      changing: "Creates a new, empty claim. In prod, the old one is kept.",
    }),
    path: key(containerPath(), { is: "Where it is mounted.", changing: restarts }),
    size: key(formats.bytes(), {
      is: "The size of the claim.",
      changing: "Grows the claim if its storage class allows it. It cannot shrink.",
    }),
    role: key(z.enum(["fast", "bulk", "shared"]).default("bulk"), {
      is: "The storage role. Pods of several nodes can mount a volume of the role `shared` only.",
      changing: "Refused by the cluster: create another claim, and copy the files.",
    }),
  });
}
