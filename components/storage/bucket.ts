import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { Bucket } from "../kit/bindings.ts";
import { Component, outlives } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import type { Peer } from "../kit/ledger.ts";
import { childName } from "../kit/names.ts";
import type { Bytes } from "../kit/quantities.ts";
import { agentEdge } from "../kit/role-agent.ts";
import type { RoleAgent } from "../kit/role-agent.ts";
import { secret } from "../kit/secret.ts";
import { EmbeddedStore } from "./embedded.ts";
import { byKeys, objectStore, secretRole } from "./store.ts";
import type { Consumer, Limit, OwnAccess, Store } from "./store.ts";

/** The object store: an existing service, or the stack's own small server. */
export type BucketsArgs =
  | {
      readonly kind: "s3";
      /** `https://HOST[:PORT]`. */
      readonly endpoint: string;
      readonly region: string;
      readonly pathStyle: boolean;
      /** The prefix of the buckets' names: the buckets already exist. */
      readonly prefix: string;
      /** The key, or the role of consumers' service accounts; with `agent`, an agent on each node gives out their roles. */
      readonly access:
        | { readonly accessKeyId: string; readonly secretAccessKey: Output<string> }
        | { readonly role: string }
        | { readonly agent: RoleAgent };
      /** Address ranges (CIDR) of the service. */
      readonly cidrs: readonly string[];
    }
  | { readonly kind: "embedded"; readonly namespace: string; readonly storage: Bytes };

/** A requested bucket. */
export interface BucketRequest {
  /** The name of the bucket and of its user. */
  readonly name: string;
  readonly consumer: {
    /** It gets the Secret `NAME-bucket`. */
    readonly namespace: string;
    /** Labels of the pods that may connect. Default: every pod of the namespace. */
    readonly pods?: readonly Readonly<Record<string, string>>[];
    /**
     * Whether another consumer of the bucket asks later, and keeps the name that a first one's Secret has in the state: otherwise its
     * Secret would be replaced. Default: false.
     */
    readonly besides?: true;
    /** A key or role of its own, by which it reaches an existing service. Default: that of all buckets. */
    readonly access?: OwnAccess;
    /**
     * What it can do in the stack's own store, which gives it a user of its own; another consumer must have asked before. Default: it is the
     * bucket's owner. An existing service limits its own keys and roles.
     */
    readonly limit?: Limit;
  };
}

/** Buckets of an S3-compatible object store. In the stack's own store, each has its own key. */
export class Buckets extends Component {
  /** The buckets that have been requested so far, each with its consumer's access. */
  readonly made: {
    readonly name: string;
    readonly namespace: string;
    readonly bucket: Bucket;
    readonly besides?: true;
  }[] = [];
  private readonly store: Store;

  constructor(environment: Environment, args: BucketsArgs, options: ComponentResourceOptions) {
    super("storage:Buckets", "buckets", objectStore.name, environment, options);
    this.store = args.kind === "embedded" ? new EmbeddedStore(this, args).store : this.external(args);
  }

  /** Creates a bucket for a consumer. A second consumer of the same bucket, in another namespace, gets the same key. */
  bucket({ name: bucket, consumer }: BucketRequest): Bucket {
    const { agent, endpoint, pathStyle, peer, port: storePort, prefix, region: storeRegion } = this.store;
    const { namespace } = consumer;
    for (const labels of consumer.pods ?? [undefined]) {
      const from: Peer = { kind: "pods", namespace, labels };
      const { edges } = this.environment.ledger;
      edges.push({ from, to: peer, ports: [storePort], purpose: `bucket ${bucket}` });
      if (agent !== undefined) edges.push(agentEdge(from, agent));
    }
    const isFirst = this.isFirst(bucket, consumer);
    const { access, ready } = this.store.access({ ...consumer, bucket, isFirst });
    const binding = { endpoint, region: storeRegion, pathStyle, bucket: `${prefix}${bucket}`, access, ready };
    this.made.push({ name: bucket, namespace, besides: consumer.besides, bucket: binding });
    return binding;
  }

  /** Whether the Secret of a consumer has the name of a bucket's first one in the state. */
  private isFirst(bucket: string, { besides }: BucketRequest["consumer"]): boolean {
    return besides === undefined && !this.made.some((one) => one.name === bucket && one.besides === undefined);
  }

  /** Lets further pods connect to the store. */
  connect(from: Peer, purpose: string): void {
    this.environment.ledger.edges.push({ from, to: this.store.peer, ports: [this.store.port], purpose });
  }

  /** Lets further pods use buckets, with the role of their service account where the store gives one. */
  use(from: Peer, purpose: string): void {
    this.connect(from, purpose);
    const { agent } = this.store;
    if (agent !== undefined) this.environment.ledger.edges.push(agentEdge(from, agent));
  }

  /** An existing service. */
  private external({ access, cidrs, endpoint, pathStyle, prefix, region: where }: BucketsArgs & { kind: "s3" }): Store {
    const { port: given, protocol } = new URL(endpoint);
    return {
      endpoint,
      region: where,
      pathStyle,
      prefix,
      peer: { kind: "outside", cidrs },
      port: given === "" ? (protocol === "http:" ? 80 : 443) : Number(given),
      ...("agent" in access && { agent: access.agent }),
      access: (consumer) => {
        const own = consumer.access ?? access;
        if ("accessKeyId" in own) return this.given(consumer, own);
        // Nothing has to be created: the service accepts the role.
        const role = "role" in own ? { annotations: roleAnnotations(own.role) } : { annotations: {}, agent: own.agent };
        return { access: { kind: "role", ...role }, ready: this };
      },
    };
  }

  private given(
    consumer: Consumer,
    { accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: Output<string> },
  ): Pick<Bucket, "access" | "ready"> {
    const { access, bucket, namespace } = consumer;
    const place = { name: childName(bucket, access === undefined ? "bucket" : "own"), namespace };
    const data = { "access-key": accessKeyId, "secret-key": secretAccessKey };
    const keys = secret(this, secretRole(consumer), place, data, outlives(this.environment));
    return { access: byKeys(keys), ready: keys.resource };
  }
}

/** What tells EKS the role of a service account's pods (EKS, "IAM roles for service accounts"). */
function roleAnnotations(role: string): Record<string, string> {
  return { "eks.amazonaws.com/role-arn": role };
}
