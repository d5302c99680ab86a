import {
  autoscalerPolicy,
  bucketPolicy,
  certManagerPolicy,
  ebsPolicy,
  efsPolicy,
  externalDnsPolicy,
  loadBalancerPolicy,
} from "./policies.ts";
import type { Policy } from "./policy.ts";
import { pullStatements } from "./pull-policy.ts";
import type { PulledRepository } from "./pull-policy.ts";

/** Pods that act in AWS with a role of their own, known by their service account. */
export interface Identity {
  /** Unique in the stack; part of the role's name. */
  readonly name: string;
  readonly namespace: string;
  /** The service accounts of the pods; all are in the namespace. */
  readonly serviceAccounts: readonly string[];
  /** What they may do: a policy of the stack's own, or one that AWS keeps. */
  readonly allows: { readonly policy: Policy } | { readonly managed: string };
}

/** The namespace of the controllers that act in AWS. */
export const controllersNamespace = "aws-system";

/** The service accounts of the controllers. */
export const controllerAccounts = {
  loadBalancers: "aws-load-balancer-controller",
  autoscaler: "cluster-autoscaler",
} as const;

/** What a stack has that acts in AWS. */
export interface Consumers {
  /** Whether cert-manager proves hosts in Route 53 with a role. */
  readonly certManager?: { readonly namespace: string; readonly serviceAccount: string };
  /** Whether external-dns changes records in Route 53 with a role. */
  readonly externalDns?: { readonly namespace: string; readonly serviceAccount: string };
  /** Whether it has a file system for shared volumes. */
  readonly sharedFiles: boolean;
  /** Whether the gateway is behind a load balancer. */
  readonly loadBalancer: boolean;
  /** Whether the number of nodes follows the pods. */
  readonly autoscaler: boolean;
  /** Whether the password of the registry is renewed with a role. */
  readonly registryLogin?: { readonly namespace: string; readonly serviceAccount: string };
  /** Buckets with the service accounts that use them. */
  readonly buckets: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly serviceAccounts: readonly string[];
    /** The only folder that they use, with `*` for any characters. Default: all of the bucket. */
    readonly folder?: string;
    /** What they use it for, where that gives the identity its name. Default: the bucket, and the namespace of all but the first. */
    readonly use?: string;
    /** Whether they ask for the bucket itself first. Default: false. */
    readonly asksForBucket?: boolean;
    /** The only folder in it of which they may delete objects. Default: all of what they use. */
    readonly removes?: string;
  }[];
}

/**
 * An identity for each consumer that a stack has, and no other.
 * @param pulls repositories of the account that images come from, besides the stack's own
 */
export function identitiesOf(consumers: Consumers, pulls: readonly PulledRepository[] = []): Identity[] {
  const { autoscaler, buckets, certManager, externalDns, loadBalancer, registryLogin, sharedFiles } = consumers;
  const one = (
    name: string,
    { namespace, serviceAccount }: { readonly namespace: string; readonly serviceAccount: string },
    policy: Policy,
  ): Identity => ({ name, namespace, serviceAccounts: [serviceAccount], allows: { policy } });
  const inSystem = (serviceAccount: string) => ({ namespace: "kube-system", serviceAccount });
  const controller = (serviceAccount: string) => ({ namespace: controllersNamespace, serviceAccount });
  return [
    // Its plugin needs the network interfaces of every node, so AWS' own policy is as narrow as another would be.
    {
      name: "vpc-cni",
      namespace: "kube-system",
      serviceAccounts: ["aws-node"],
      allows: { managed: "AmazonEKS_CNI_Policy" },
    },
    one("ebs-csi", inSystem("ebs-csi-controller-sa"), ebsPolicy),
    ...(sharedFiles ? [one("efs-csi", inSystem("efs-csi-controller-sa"), efsPolicy)] : []),
    ...(loadBalancer ? [one("load-balancers", controller(controllerAccounts.loadBalancers), loadBalancerPolicy)] : []),
    ...(autoscaler ? [one("autoscaler", controller(controllerAccounts.autoscaler), autoscalerPolicy)] : []),
    ...(certManager ? [one("cert-manager", certManager, certManagerPolicy)] : []),
    ...(externalDns ? [one("external-dns", externalDns, externalDnsPolicy)] : []),
    ...(registryLogin ? [one("registry-login", registryLogin, (place) => pullStatements(place, pulls))] : []),
    ...buckets.map(({ asksForBucket, folder, name, removes, use, ...place }) => ({
      name: bucketIdentity(buckets, { name, namespace: place.namespace, use }),
      ...place,
      allows: { policy: bucketPolicy(name, folder, { asks: asksForBucket, removes }) },
    })),
  ];
}

/** One for each namespace, of which the first has no namespace in its name, and one for each use that has a name. */
function bucketIdentity(
  buckets: Consumers["buckets"],
  { name, namespace, use }: Pick<Consumers["buckets"][number], "name" | "namespace" | "use">,
): string {
  if (use !== undefined) return `bucket-${name}-${use}`;
  const first = buckets.find((other) => other.name === name && other.use === undefined);
  return first?.namespace === namespace ? `bucket-${name}` : `bucket-${name}-${namespace}`;
}
