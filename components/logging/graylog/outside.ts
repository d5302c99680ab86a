import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import type { Component } from "../../kit/component.ts";
import type { Pods } from "../../kit/pods.ts";
import { inputPortName, inputProtocol } from "./configuration.ts";
import type { InputChoice } from "./configuration.ts";

/** The Service of inputs that are reached from outside the cluster. */
const outsideService = "graylog-outside";

/**
 * Opens inputs at ports of the nodes that run Graylog, for senders outside the cluster. Those nodes alone, so that a message keeps
 * its sender's address: other nodes would put their own in its place.
 */
export function openInputs(owner: Component, inputs: readonly InputChoice[], graylog: Pods): void {
  const open = inputs.flatMap((input) =>
    input.nodePort === undefined ? [] : [{ ...input, nodePort: input.nodePort }],
  );
  if (open.length === 0) return;
  owner.object(
    Service,
    "outside-service",
    // Its pods start later: `up` does not wait for them here.
    { name: outsideService, namespace: graylog.namespace, annotations: { "pulumi.com/skipAwait": "true" } },
    {
      spec: {
        type: "NodePort",
        externalTrafficPolicy: "Local",
        selector: graylog.labels,
        ports: open.map((input) => ({
          name: inputPortName(input, open),
          port: input.port,
          targetPort: input.port,
          nodePort: input.nodePort,
          protocol: inputProtocol(input.kind),
        })),
      },
    },
  );
  for (const input of open)
    owner.environment.ledger.edges.push({
      from: { kind: "outside", cidrs: input.allowFrom },
      to: graylog.peer,
      ports: [input.port],
      protocol: inputProtocol(input.kind),
      purpose: `${input.title}, from outside the cluster`,
    });
}
