import type { Edge, Peer } from "./ledger.ts";
import type { Values } from "./merge.ts";

/** The identity of a program that changes DNS records, where it has no key. */
export type CloudIdentity =
  | { readonly kind: "irsa"; readonly roleArn: string }
  | { readonly kind: "pod-identity" }
  | { readonly kind: "azure-workload-identity"; readonly clientId: string; readonly tenantId?: string }
  | { readonly kind: "gke-workload-identity"; readonly serviceAccount?: string }
  | { readonly kind: "node" };

/** Values of the program's chart with which the cloud recognizes its pods. */
export function identityValues(identity: CloudIdentity | undefined): Values {
  switch (identity?.kind) {
    case "irsa":
      return annotated({ "eks.amazonaws.com/role-arn": identity.roleArn });
    case "azure-workload-identity":
      // Azure Workload Identity, "Labels and Annotations": without the pod's label, its webhook ignores the service account.
      return {
        ...annotated({
          "azure.workload.identity/client-id": identity.clientId,
          ...(identity.tenantId !== undefined && { "azure.workload.identity/tenant-id": identity.tenantId }),
        }),
        podLabels: { "azure.workload.identity/use": "true" },
      };
    case "gke-workload-identity":
      return identity.serviceAccount === undefined
        ? {}
        : annotated({ "iam.gke.io/gcp-service-account": identity.serviceAccount });
    default:
      return {};
  }
}

function annotated(annotations: Record<string, string>): Values {
  return { serviceAccount: { annotations } };
}

/** The addresses at which a pod gets the credentials of an identity. They are on its node, or on the host of its virtual machine. */
const servers: Readonly<Record<CloudIdentity["kind"], readonly { cidrs: readonly string[]; port: number }[]>> = {
  // It exchanges its token at AWS STS and at Microsoft Entra ID, on the port of the DNS API.
  irsa: [],
  "azure-workload-identity": [],
  // EKS, "Set up the Amazon EKS Pod Identity Agent".
  "pod-identity": [{ cidrs: ["169.254.170.23/32", "fd00:ec2::23/128"], port: 80 }],
  // GKE, "Authenticate to Google Cloud APIs from GKE workloads": the second is for Dataplane V2.
  "gke-workload-identity": [
    { cidrs: ["169.254.169.252/32"], port: 988 },
    { cidrs: ["169.254.169.254/32"], port: 80 },
  ],
  // The instance metadata service of AWS (also by IPv6), Azure and Google Cloud.
  node: [{ cidrs: ["169.254.169.254/32", "fd00:ec2::254/128"], port: 80 }],
};

/** The connections with which a client gets its credentials. */
export function identityEdges(identity: CloudIdentity | undefined, from: Peer): Edge[] {
  return (identity === undefined ? [] : servers[identity.kind]).map(({ cidrs, port }) => ({
    from,
    to: { kind: "outside", cidrs, nodes: true },
    ports: [port],
    purpose: "the cloud's credentials for DNS records",
  }));
}
