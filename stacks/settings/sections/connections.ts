import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";

const changing = "Changes network policies only.";

/** A connection of the pods of a namespace, which network policies deny otherwise. */
export function connection() {
  const common = {
    purpose: key(formats.plainText(200, "the shop reads its products"), {
      is: "The purpose of the connection, for lists of connections.",
      changing: "No effect on the network.",
    }),
    labels: key(z.record(formats.labelKey(), formats.labelValue()).optional(), {
      is: "Labels of the namespace's own pods. For `within`, of the pods that are connected to.",
      unset: "Every pod of the namespace.",
      changing,
      accepts: "an object of labels; values must be strings",
    }),
  };
  const atPorts = {
    ports: key(z.array(formats.port()).min(1), {
      is: "Ports of the pods or servers that are connected to.",
      unit: "ports",
      changing,
      accepts: "a list of ports, such as [8080]",
    }),
    protocol: key(z.enum(["TCP", "UDP"]).default("TCP"), { is: "The protocol.", changing }),
  };
  const direction = key(z.enum(["to", "from"]).default("to"), {
    is: "`to` if the namespace's pods open the connection, `from` if the others do.",
    changing,
  });
  return z.discriminatedUnion("kind", [
    z.strictObject({
      kind: key(z.literal("within"), { is: "Between pods of the namespace.", changing }),
      ...common,
      ...atPorts,
    }),
    z.strictObject({
      kind: key(z.literal("namespace"), { is: "With pods of another namespace.", changing }),
      ...common,
      ...atPorts,
      direction,
      namespace: key(formats.name(), { is: "The other namespace.", changing }),
      otherLabels: key(z.record(formats.labelKey(), formats.labelValue()).optional(), {
        is: "Labels of the pods in the other namespace.",
        unset: "Every pod of the other namespace.",
        changing,
        accepts: "an object of labels; values must be strings",
      }),
    }),
    z.strictObject({
      kind: key(z.literal("apiServer"), { is: "To the Kubernetes API server.", changing }),
      ...common,
    }),
    z.strictObject({
      kind: key(z.literal("outside"), { is: "With addresses outside the cluster.", changing }),
      ...common,
      ...atPorts,
      direction,
      cidrs: key(z.array(formats.cidr()).min(1).optional(), {
        is: "Address ranges outside the cluster.",
        unit: "CIDR",
        unset: "Every address is allowed.",
        changing,
        accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
      }),
    }),
  ]);
}
