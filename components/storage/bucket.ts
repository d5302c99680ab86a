import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import type { ComponentResourceOptions, Output, Resource } from "@pulumi/pulumi";
import type { Bucket } from "../kit/bindings.ts";
import { Component, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import type { Environment } from "../kit/environment.ts";
import type { Peer } from "../kit/ledger.ts";
import { childName } from "../kit/names.ts";
import type { Bytes } from "../kit/quantities.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { job, statefulSet } from "../kit/workload.ts";
import { bucketScript } from "./bucket-script.ts";
import { bucketCredential, rootCredential } from "./credentials.ts";

/** Where buckets are: at a service that exists, or on a small server of the stack's own. */
export type BucketsArgs =
  | {
      readonly kind: "s3";
      /** `https://HOST[:PORT]`. */
      readonly endpoint: string;
      readonly region: string;
      readonly pathStyle: boolean;
      /** What the names of buckets begin with: they exist. */
      readonly prefix: string;
      /** The key, or the role that consumers' service accounts take. */
      readonly access:
        { readonly accessKeyId: string; readonly secretAccessKey: Output<string> } | { readonly role: string };
      /** Address ranges (CIDR) of the service. */
      readonly cidrs: readonly string[];
    }
  | { readonly kind: "embedded"; readonly namespace: string; readonly storage: Bytes };

/** A bucket that somebody needs. */
export interface BucketRequest {
  /** The bucket's name, and that of its user. */
  readonly name: string;
  readonly consumer: {
    /** It gets the Secret `NAME-bucket`. */
    readonly namespace: string;
    /** Labels of the pods that may connect; default every pod of the namespace. */
    readonly pods?: readonly Readonly<Record<string, string>>[];
  };
}

/** The server: see docs/decisions/object-store.md. */
const image = "docker.io/versity/versitygw:v1.8.0";
const name = "object-store";
const port = 7070;
const region = "us-east-1";
const runAs = { user: 10001, group: 10001 };
const rootUser = "root";

/** What a bucket's place is to its consumers. */
interface Store {
  readonly endpoint: string;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly peer: Peer;
  readonly port: number;
}

/** Buckets of an S3-compatible object store, each with a key of its own where the store is the stack's. */
export class Buckets extends Component {
  private readonly args: BucketsArgs;
  private readonly store: Store;
  private readonly server?: { readonly root: Keyed; readonly scripts: Keyed; readonly ready: Resource };

  constructor(environment: Environment, args: BucketsArgs, options: ComponentResourceOptions) {
    super("storage:Buckets", "buckets", name, environment, options);
    this.args = args;
    if (args.kind === "embedded") this.server = this.makeServer(args);
    this.store = args.kind === "embedded" ? this.embedded(args.namespace) : external(args);
  }

  /** Gives a consumer a bucket. */
  bucket({ name: bucket, consumer }: BucketRequest): Bucket {
    const { endpoint, pathStyle, peer, port: storePort, region: storeRegion } = this.store;
    const { namespace } = consumer;
    for (const labels of consumer.pods ?? [undefined])
      this.environment.ledger.edges.push({
        from: { kind: "pods", namespace, ...(labels === undefined ? {} : { labels }) },
        to: peer,
        ports: [storePort],
        purpose: `bucket ${bucket}`,
      });
    const { access, ready } = this.access(bucket, namespace);
    return {
      endpoint,
      region: storeRegion,
      pathStyle,
      bucket: this.args.kind === "s3" ? `${this.args.prefix}${bucket}` : bucket,
      access,
      ready,
    };
  }

  private access(bucket: string, namespace: string): Pick<Bucket, "access" | "ready"> {
    const { args } = this;
    const given = args.kind === "s3" ? args.access : args;
    // Nothing has to be made for it: the service knows the role.
    if ("role" in given) return { access: { kind: "role", role: given.role }, ready: this };
    const { keys, ready } =
      "accessKeyId" in given ? this.given(bucket, namespace, given) : this.own(bucket, namespace, given);
    const key = (name: string) => ({ secret: keys, key: name });
    return { access: { kind: "keys", accessKey: key("access-key"), secretKey: key("secret-key") }, ready };
  }

  private given(
    bucket: string,
    namespace: string,
    { accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: Output<string> },
  ): { keys: Keyed; ready: Resource } {
    const place = { name: childName(bucket, "bucket"), namespace };
    const data = { "access-key": accessKeyId, "secret-key": secretAccessKey };
    const keys = secret(this, `${bucket}-secret`, place, data, outlives(this.environment));
    return { keys, ready: keys.resource };
  }

  private own(
    bucket: string,
    namespace: string,
    args: BucketsArgs & { kind: "embedded" },
  ): { keys: Keyed; ready: Resource } {
    const { server } = this;
    const place = { name: childName(bucket, "bucket"), namespace };
    const role = `${bucket}-secret`;
    if (server === undefined) throw new TypeError("the embedded object store has a server");
    const credential = new Credential(this, `${bucket}-key`, bucketCredential(bucket));
    const data = { "access-key": bucket, "secret-key": credential.value };
    const keys = secret(this, role, place, data, outlives(this.environment));
    credential.storedIn(keys, "secret-key", namespace);
    if (namespace === args.namespace) return { keys, ready: this.provision(bucket, args.namespace, keys, credential) };
    // A Job reads Secrets of its own namespace only.
    const here = secret(this, `${bucket}-job-secret`, { ...place, namespace: args.namespace }, data);
    credential.storedIn(here, "secret-key", "the Job that sets it");
    return { keys, ready: this.provision(bucket, args.namespace, here, credential) };
  }

  private makeServer({ namespace, storage }: BucketsArgs & { kind: "embedded" }) {
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
    const labels = this.selector("server");
    this.object(
      Service,
      "server",
      { name, namespace },
      { spec: { selector: labels, ports: [{ name: "s3", port, targetPort: "s3" }] } },
    );
    const ready = statefulSet(this, "server", {
      name,
      namespace,
      // A second one would be another store, not a copy.
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
              // Beside the objects, since not every volume keeps extended attributes.
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
    return { root, scripts, ready };
  }

  private embedded(namespace: string): Store {
    const host = `${name}.${namespace}.svc.cluster.local`;
    const peer: Peer = { kind: "pods", namespace, labels: this.selector("server") };
    this.environment.ledger.edges.push({
      from: { kind: "pods", namespace, labels: this.selector("bucket-job") },
      to: peer,
      ports: [port],
      purpose: "buckets and their keys",
    });
    this.environment.ledger.services.push({
      name,
      address: `${host}:${port}`,
      purpose: "buckets by S3, for the platform's own components",
    });
    return { endpoint: `http://${host}:${port}`, region, pathStyle: true, peer, port };
  }

  private provision(bucket: string, namespace: string, keys: Keyed, credential: Credential): Resource {
    const { server } = this;
    if (server === undefined) throw new TypeError("the embedded object store has a server");
    const { root, scripts, ready } = server;
    return job(
      this,
      "bucket-job",
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
                ADMIN_ENDPOINT_URL: this.store.endpoint,
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
    );
  }
}

/** A service that exists. */
function external({ cidrs, endpoint, pathStyle, region: where }: BucketsArgs & { kind: "s3" }): Store {
  const { port: given, protocol } = new URL(endpoint);
  const storePort = given === "" ? (protocol === "http:" ? 80 : 443) : Number(given);
  return { endpoint, region: where, pathStyle, peer: { kind: "outside", cidrs }, port: storePort };
}
