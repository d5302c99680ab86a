import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { Component } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import { policies } from "./policies.ts";

/** The network policies that allow the ledger's edges. Created last, when every component has recorded its edges. */
export class Network extends Component {
  constructor(environment: Environment, apiServerCidrs: readonly string[], options: ComponentResourceOptions) {
    super("namespaces:Network", "network", "network", environment, options);
    const namespaces = new Set(environment.namespaces.keys());
    for (const { name, namespace, spec } of policies(environment.ledger.edges, namespaces, apiServerCidrs)) {
      this.object(NetworkPolicy, `${namespace}-${name}`, { name, namespace }, { spec });
    }
  }
}
