import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { Component } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import { ciliumPolicies } from "./cilium.ts";
import { policies } from "./policies.ts";

/** The network policies that allow the ledger's edges. Created last, when every component has recorded its edges. */
export class Network extends Component {
  constructor(environment: Environment, options: ComponentResourceOptions) {
    super("namespaces:Network", "network", "network", environment, options);
    const { cluster, isolation, ledger } = environment;
    if (isolation === "reported") return;
    const namespaces = new Set(environment.namespaces.keys());
    for (const { name, namespace, spec } of policies(ledger.edges, namespaces, cluster.apiServerCidrs)) {
      this.object(NetworkPolicy, `${namespace}-${name}`, { name, namespace }, { spec });
    }
    if (cluster.networkPlugin !== "cilium") return;
    for (const { name, namespace, spec } of ciliumPolicies(ledger.edges, namespaces, cluster)) {
      const kind = { apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy" };
      this.object(CustomResource, `${namespace}-${name}-cilium`, { name, namespace }, { ...kind, spec });
    }
  }
}
