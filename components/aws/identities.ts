import {
  autoscalerPolicy,
  bucketPolicy,
  certManagerPolicy,
  ebsPolicy,
  efsPolicy,
  externalDnsPolicy,
  loadBalancerPolicy,
} from "./policies.ts";
import type { Policy } from "./policies.ts";

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
  /** Buckets with the service accounts that use them. */
  readonly buckets: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly serviceAccounts: readonly string[];
    /** The only folder that they use, with `*` for any characters. Default: all of the bucket. */
    readonly folder?: string;
    /** Whether they ask for the bucket itself first. Default: false. */
    readonly asksForBucket?: boolean;
  }[];
}

/** An identity for each consumer that a stack has, and no other. */
export function identitiesOf(consumers: Consumers): Identity[] {
  const { autoscaler, buckets, certManager, externalDns, loadBalancer, sharedFiles } = consumers;
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
    ...buckets.map(({ asksForBucket, folder, name, ...place }) => ({
      // One for each namespace: that of the first one has no namespace in its name.
      name:
        buckets.find((other) => other.name === name)?.namespace === place.namespace
          ? `bucket-${name}`
          : `bucket-${name}-${place.namespace}`,
      ...place,
      allows: { policy: bucketPolicy(name, folder, asksForBucket) },
    })),
  ];
}
