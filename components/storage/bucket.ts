import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import type { ComponentResourceOptions, Output, Resource } from "@pulumi/pulumi";
import type { Bucket, BucketAccess } from "../kit/bindings.ts";
import { Component, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import { serviceHost } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import type { Peer } from "../kit/ledger.ts";
import { childName } from "../kit/names.ts";
import type { Bytes } from "../kit/quantities.ts";
import { agentEdge } from "../kit/role-agent.ts";
import type { RoleAgent } from "../kit/role-agent.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { job, statefulSet } from "../kit/workload.ts";
import { bucketScript } from "./bucket-script.ts";
import { bucketCredential, rootCredential } from "./credentials.ts";

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
  };
}

/** The key or role of one consumer, which the service gives rights of its own. */
export type OwnAccess =
  { readonly accessKeyId: string; readonly secretAccessKey: Output<string> } | { readonly role: string };

/** The server: see docs/decisions/object-store.md. */
const image = "docker.io/versity/versitygw:v1.8.0";
const name = "object-store";
const port = 7070;
const region = "us-east-1";
const runAs = { user: 10001, group: 10001 };
const rootUser = "root";

/** The label of the pods of the Jobs that make buckets. */
const jobRole = "bucket-job";

/** Where buckets are, and how a consumer comes to one. */
interface Store {
  readonly endpoint: string;
  readonly region: string;
  readonly pathStyle: boolean;
  /** What the names of buckets begin with. */
  readonly prefix: string;
  readonly peer: Peer;
  readonly port: number;
  readonly agent?: RoleAgent;
  /** Gives the pods of a namespace access to a bucket. */
  readonly access: (consumer: Consumer) => Pick<Bucket, "access" | "ready">;
}

/** A consumer of a bucket: its namespace, and whether its Secret has the name of a first consumer's in the state. */
interface Consumer {
  readonly bucket: string;
  readonly namespace: string;
  readonly isFirst: boolean;
  readonly access?: OwnAccess;
}

/** The server of the stack's own, as the Jobs that make buckets need it. */
interface Server {
  readonly namespace: string;
  readonly endpoint: string;
  readonly root: Keyed;
  readonly scripts: Keyed;
  readonly ready: Resource;
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
  /** The keys and the Jobs of the buckets in the stack's own store. */
  private readonly provisioned = new Map<string, { readonly credential: Credential; readonly ready: Resource }>();

  constructor(environment: Environment, args: BucketsArgs, options: ComponentResourceOptions) {
    super("storage:Buckets", "buckets", name, environment, options);
    this.store = args.kind === "embedded" ? this.embedded(args) : this.external(args);
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
    const { access, ready } = this.store.access({ bucket, namespace, isFirst, access: consumer.access });
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

  private own(consumer: Consumer, server: Server): Pick<Bucket, "access" | "ready"> {
    const { bucket, namespace } = consumer;
    const place = { name: childName(bucket, "bucket"), namespace };
    const known = this.provisioned.get(bucket);
    const credential = known?.credential ?? new Credential(this, `${bucket}-key`, bucketCredential(bucket));
    const data = { "access-key": bucket, "secret-key": credential.value };
    const keys = secret(this, secretRole(consumer), place, data, outlives(this.environment));
    credential.storedIn(keys, "secret-key", namespace);
    const access = byKeys(keys);
    if (known !== undefined) return { access, ready: known.ready };
    const ready = this.firstOwn(bucket, namespace, server, keys, credential);
    this.provisioned.set(bucket, { credential, ready });
    return { access, ready };
  }

  private firstOwn(bucket: string, namespace: string, server: Server, keys: Keyed, credential: Credential): Resource {
    const place = { name: childName(bucket, "bucket"), namespace };
    const data = { "access-key": bucket, "secret-key": credential.value };
    if (namespace === server.namespace) return this.provision(bucket, server, keys, credential);
    // A Job can read only Secrets in its own namespace.
    const here = secret(this, `${bucket}-job-secret`, { ...place, namespace: server.namespace }, data);
    credential.storedIn(here, "secret-key", "the Job that sets it");
    return this.provision(bucket, server, here, credential);
  }

  /** The stack's own server. */
  private embedded({ namespace, storage }: BucketsArgs & { kind: "embedded" }): Store {
    const credential = new Credential(this, "root", rootCredential);
    const root = secret(
      this,
      "root-secret",
      { name: `${name}-root`, namespace },
      {
        password: credential.value,
        username: rootUser,
      },
      outlives(this.environment),
    );
    credential.storedIn(root, "password", name);
    const scripts = configMap(
      this,
      "scripts",
      { name: `${name}-scripts`, namespace },
      { "bucket.sh": bucketScript },
      outlives(this.environment),
    );
    const server = statefulSet(this, "server", {
      name,
      namespace,
      // A second replica would be another store, not a copy.
      replicas: 1,
      serviceName: name,
      claims: { data: { size: storage, role: "bulk" } },
      pod: {
        runAs,
        containers: [
          {
            name,
            image,
            command: [
              "sh",
              "-c",
              "mkdir -p /data/objects /data/meta /data/users && exec versitygw posix /data/objects",
            ],
            env: {
              ROOT_ACCESS_KEY: { secret: root, key: "username" },
              ROOT_SECRET_KEY: { secret: root, key: "password" },
              VGW_HEALTH: "/_health",
              VGW_IAM_DIR: "/data/users",
              // In separate files, because not every volume supports extended attributes.
              VGW_META_SIDECAR: "/data/meta",
              VGW_PORT: `:${port}`,
              VGW_REGION: region,
            },
            mounts: { "/data": { volume: "data" } },
            writable: ["/tmp"],
            ports: { s3: port },
            probes: {
              readiness: { check: { http: "/_health", port: "s3" } },
              liveness: { check: { http: "/_health", port: "s3" }, failureThreshold: 6 },
            },
            resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "512Mi" } },
          },
        ],
      },
    });
    this.environment.ledger.accepted.push({
      check: "GP050",
      object: `StatefulSet ${namespace}/${name}`,
      reason: "one server holds one copy: what must outlive its volume belongs to a service outside",
    });
    this.environment.ledger.spareClaims.push({
      namespace,
      claim: `data-${name}-0`,
      reason: "what must outlive its volume belongs to a service outside",
    });
    this.object(
      Service,
      "server",
      { name, namespace },
      { spec: { selector: server.labels, ports: [{ name: "s3", port, targetPort: "s3" }] } },
    );
    const host = serviceHost(this.environment, name, namespace);
    const endpoint = `http://${host}:${port}`;
    this.environment.ledger.edges.push({
      from: this.pods(jobRole, namespace).peer,
      to: server.peer,
      ports: [server.port("s3")],
      purpose: "buckets and their keys",
    });
    this.environment.ledger.services.push({
      name,
      address: `${host}:${port}`,
      purpose: "buckets by S3, for the platform's own components",
    });
    const made: Server = { namespace, endpoint, root, scripts, ready: server.resource };
    return {
      endpoint,
      region,
      pathStyle: true,
      prefix: "",
      peer: server.peer,
      port: server.port("s3"),
      access: (consumer) => this.own(consumer, made),
    };
  }

  private provision(bucket: string, server: Server, keys: Keyed, credential: Credential): Resource {
    const { endpoint, namespace, ready, root, scripts } = server;
    return job(
      this,
      jobRole,
      {
        name: childName(bucket, "bucket"),
        namespace,
        pod: {
          runAs,
          volumes: { scripts: { from: scripts } },
          containers: [
            {
              name: "admin",
              image,
              command: ["sh", "/scripts/bucket.sh"],
              env: {
                ACCESS_KEY: { secret: keys, key: "access-key" },
                ADMIN_ACCESS_KEY: { secret: root, key: "username" },
                ADMIN_ENDPOINT_URL: endpoint,
                ADMIN_REGION: region,
                ADMIN_SECRET_KEY: { secret: root, key: "password" },
                BUCKET: bucket,
                SECRET_KEY: { secret: keys, key: "secret-key" },
              },
              mounts: { "/scripts": { volume: "scripts", readOnly: true } },
              resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
            },
          ],
        },
      },
      `${bucket}-job`,
      [bucketScript, bucket, credential.rotation],
      { dependsOn: [ready, scripts.resource, keys.resource, root.resource] },
    ).resource;
  }
}

/** The logical name of a Secret: that of a bucket's first consumer has no namespace in it. */
function secretRole({ access, bucket, isFirst, namespace }: Consumer): string {
  if (access !== undefined) return `${bucket}-own-secret-${namespace}`;
  return isFirst ? `${bucket}-secret` : `${bucket}-secret-${namespace}`;
}

/** The keys of a bucket, by the names that its Secret has. */
function byKeys(secretOfKeys: Keyed): BucketAccess {
  const key = (of: string) => ({ secret: secretOfKeys, key: of });
  return { kind: "keys", accessKey: key("access-key"), secretKey: key("secret-key") };
}

/** What tells EKS the role of a service account's pods (EKS, "IAM roles for service accounts"). */
function roleAnnotations(role: string): Record<string, string> {
  return { "eks.amazonaws.com/role-arn": role };
}
