import { Provider } from "@pulumi/aws/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { AwsAccount } from "./account.ts";
import type { AccountArgs } from "./account.ts";
import { AwsCluster } from "./cluster.ts";
import type { ClusterArgs } from "./cluster.ts";
import type { Place } from "./names.ts";
import { AwsNetwork } from "./network.ts";
import type { NetworkArgs } from "./network.ts";
import { AwsStorage } from "./storage.ts";
import type { StorageArgs } from "./storage.ts";

/** Everything below Kubernetes. */
export interface AwsArgs {
  readonly place: Place;
  /** Whether what holds data, and what holds the cluster, is protected. */
  readonly production: boolean;
  /** Tags of every resource. */
  readonly tags: Readonly<Record<string, string>>;
  readonly network: NetworkArgs;
  readonly storage: StorageArgs;
  readonly account: AccountArgs;
  readonly cluster: ClusterArgs;
  /** The id of the hosted zone of the stack's hosts, if the stack does not create it. */
  readonly zoneId?: string;
}

/**
 * The ground of a platform in AWS: a network, a key, buckets, a cluster of EKS with its nodes, and the roles of what runs there. Only
 * the settings decide what exists: ids and addresses are values of resources, never the reason for one.
 */
export class Aws extends pulumi.ComponentResource {
  /** A kubeconfig of the cluster. */
  readonly kubeconfig: pulumi.Output<string>;
  readonly vpcId: pulumi.Output<string>;
  /** The ARN of the key that encrypts volumes. */
  readonly keyArn: pulumi.Output<string>;
  /** The id of the file system for shared volumes; undefined without one. */
  readonly filesId?: pulumi.Output<string>;
  /** The id of the zone that the stack creates; undefined without one. */
  readonly zoneId?: pulumi.Output<string>;
  /** The name servers of the zone that the stack creates, to which the parent zone delegates; undefined without one. */
  readonly nameServers?: pulumi.Output<string[]>;

  /** @param context the name of the context in the kubeconfig */
  constructor({ account, cluster, network, place, production, storage, tags, zoneId }: AwsArgs, context: string) {
    super(
      "groundplan:aws:Aws",
      "aws",
      {},
      {
        providers: {
          aws: new Provider("aws", {
            region: place.region,
            // AWS' own check, before anything is made: credentials of another account fail.
            allowedAccountIds: [place.account],
            defaultTags: { tags: { ...tags } },
          }),
        },
      },
    );
    const inside = { parent: this };
    const made = new AwsNetwork(place, network, production, inside);
    const data = new AwsStorage(place, storage, { network: made, cidr: network.cidr }, production, inside);
    const beside = new AwsAccount(place, account, production, inside);
    const eks = new AwsCluster(
      place,
      cluster,
      {
        network: made,
        key: data.key,
        known: {
          zone: beside.zone?.zoneId ?? zoneId ?? "none",
          key: data.key.arn,
          files: data.files?.id ?? "none",
        },
      },
      production,
      inside,
    );
    this.kubeconfig = eks.kubeconfig(context);
    this.vpcId = made.vpc.id;
    this.keyArn = data.key.arn;
    this.filesId = data.files?.id;
    this.zoneId = beside.zone?.zoneId;
    this.nameServers = beside.zone?.nameServers;
  }
}
