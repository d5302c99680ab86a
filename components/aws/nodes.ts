import type { Placement } from "../kit/environment.ts";
import { shortHash, stableJson } from "../kit/stable.ts";
import type { Place } from "./names.ts";
import type { ZoneLetter } from "./ranges.ts";
import type { AddonName } from "../kit/eks.ts";

/** The processors of nodes. */
export type Processor = "x86" | "arm";

/** The nodes of a stack. */
export interface NodesArgs {
  /** The nodes that the platform runs on: on demand, the same number in each zone. */
  readonly system: {
    readonly processor: Processor;
    readonly instanceTypes: readonly string[];
    readonly perZone: number;
    /** The most of a zone; above `perZone`, the autoscaler adds nodes. */
    readonly mostPerZone: number;
    readonly diskGib: number;
  };
  /** The nodes of processing: spot, from none to as many as its pods need. Default: none. */
  readonly processing?: {
    readonly processor: Processor;
    /** Several, so that a shortage of one does not stop processing. */
    readonly instanceTypes: readonly string[];
    readonly most: number;
    readonly diskGib: number;
    readonly labels: Readonly<Record<string, string>>;
    readonly taint: { readonly key: string; readonly value: string };
  };
  /** Where the platform's pods go: the labels of the system nodes. */
  readonly placement: Placement;
}

/** A managed node group. */
export interface NodeGroupSpec {
  /** What the group is for, and its zone if it has one. */
  readonly name: string;
  readonly zones: readonly ZoneLetter[];
  readonly processor: Processor;
  readonly instanceTypes: readonly string[];
  readonly spot: boolean;
  readonly least: number;
  readonly most: number;
  readonly diskGib: number;
  readonly labels: Readonly<Record<string, string>>;
  /** In the form of EKS' API (`Taint`). */
  readonly taints: readonly { readonly key: string; readonly value: string; readonly effect: string }[];
}

/** Images of Amazon Linux 2023 (EKS' API, `Nodegroup`, `amiType`). */
const processors = {
  x86: { image: "AL2023_x86_64_STANDARD" },
  arm: { image: "AL2023_ARM_64_STANDARD" },
} as const satisfies Record<Processor, object>;

export function processorOf(processor: Processor): (typeof processors)[Processor] {
  return processors[processor];
}

/**
 * The node groups of a stack. A system group has one zone, because a volume of EBS has one: the autoscaler can then add a node where
 * the volume of a waiting pod is.
 */
export function nodeGroups(
  { placement, processing, system }: NodesArgs,
  zones: readonly ZoneLetter[],
): NodeGroupSpec[] {
  const { diskGib, instanceTypes, mostPerZone, perZone, processor } = system;
  return [
    ...zones.map((zone) => ({
      name: `system-${zone}`,
      zones: [zone],
      processor,
      instanceTypes,
      spot: false,
      least: perZone,
      most: mostPerZone,
      diskGib,
      labels: placement.nodeSelector,
      taints: [],
    })),
    ...(processing === undefined
      ? []
      : [
          {
            name: "processing",
            zones,
            processor: processing.processor,
            instanceTypes: processing.instanceTypes,
            spot: true,
            least: 0,
            most: processing.most,
            diskGib: processing.diskGib,
            labels: processing.labels,
            taints: [{ ...processing.taint, effect: "NO_SCHEDULE" }],
          },
        ]),
  ];
}

/**
 * The name of a group in EKS. It changes with what EKS cannot change in place, so that the new group stands before the old one goes:
 * of one name there is one group.
 */
export function nodeGroupName(group: NodeGroupSpec): string {
  const { instanceTypes, name, processor, spot, zones } = group;
  return `${name}-${shortHash(stableJson({ instanceTypes, processor, spot, zones }))}`;
}

/** What an add-on is configured with (`aws eks describe-addon-configuration`); undefined: nothing. */
export function addonSettings(name: AddonName, place: Place, { placement }: NodesArgs): object | undefined {
  const placed = {
    ...(Object.keys(placement.nodeSelector).length > 0 && { nodeSelector: placement.nodeSelector }),
    ...(placement.tolerations.length > 0 && { tolerations: placement.tolerations }),
  };
  switch (name) {
    case "vpc-cni":
      // Text, as the add-on's schema asks.
      return { enableNetworkPolicy: "true" };
    case "coredns":
      return placed;
    case "aws-ebs-csi-driver":
      // Volumes and snapshots carry the tag kubernetes.io/cluster/NAME, to which the driver's role is bound.
      return { controller: { ...placed, k8sTagClusterId: place.name } };
    case "aws-efs-csi-driver":
      return { controller: placed };
    default:
      return undefined;
  }
}
