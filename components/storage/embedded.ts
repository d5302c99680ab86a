import type { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import type { Resource } from "@pulumi/pulumi";
import type { Bucket } from "../kit/bindings.ts";
import { outlives } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import { serviceHost } from "../kit/environment.ts";
import { childName } from "../kit/names.ts";
import type { Bytes } from "../kit/quantities.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { statefulSet } from "../kit/workload.ts";
import type { Workload } from "../kit/workload.ts";
import { bucketScript } from "./bucket-script.ts";
import { bucketCredential, limitedCredential, rootCredential } from "./credentials.ts";
import { limitedName, policyProgram, provisionBucket, provisionLimited } from "./provision.ts";
import type { PolicyProgram, Server, User } from "./provision.ts";
import { byKeys, jobRole, objectStore, secretRole } from "./store.ts";
import type { Consumer, Store } from "./store.ts";

const runAs = { user: 10001, group: 10001 };
const rootUser = "root";

/** The stack's own small server: each bucket has a user of its own, and a consumer with limits another one. */
export class EmbeddedStore {
  readonly store: Store;
  private readonly owner: Component;
  private readonly server: Server;
  /** Made for the first user with limits. */
  private program?: PolicyProgram;
  /** The keys and the last Job of each bucket. */
  private readonly provisioned = new Map<string, { readonly credential: Credential; readonly ready: Resource }>();

  /** @param owner the component of all its objects */
  constructor(owner: Component, { namespace, storage }: { readonly namespace: string; readonly storage: Bytes }) {
    this.owner = owner;
    const root = this.rootSecret(namespace);
    const scripts = configMap(
      owner,
      "scripts",
      { name: `${objectStore.name}-scripts`, namespace },
      { "bucket.sh": bucketScript },
      outlives(owner.environment),
    );
    const workload = this.workload(namespace, storage, root);
    const host = this.service(namespace, workload);
    const endpoint = `http://${host}:${objectStore.port}`;
    this.server = { namespace, endpoint, root, runAs, scripts, ready: workload.resource };
    this.record(namespace, workload, host);
    this.store = {
      endpoint,
      region: objectStore.region,
      pathStyle: true,
      prefix: "",
      peer: workload.peer,
      port: workload.port("s3"),
      access: (consumer) =>
        consumer.limit === undefined ? this.own(consumer) : this.limited(consumer, consumer.limit),
    };
  }

  private rootSecret(namespace: string): Keyed {
    const credential = new Credential(this.owner, "root", rootCredential);
    const place = { name: `${objectStore.name}-root`, namespace };
    const data = { password: credential.value, username: rootUser };
    const root = secret(this.owner, "root-secret", place, data, outlives(this.owner.environment));
    credential.storedIn(root, "password", objectStore.name);
    return root;
  }

  private workload(namespace: string, storage: Bytes, root: Keyed): Workload<StatefulSet> {
    const { image, name, port, region } = objectStore;
    return statefulSet(this.owner, "server", {
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
  }

  /** @returns the host of the Service */
  private service(namespace: string, { labels }: Workload<StatefulSet>): string {
    const { name, port } = objectStore;
    this.owner.object(
      Service,
      "server",
      { name, namespace },
      { spec: { selector: labels, ports: [{ name: "s3", port, targetPort: "s3" }] } },
    );
    return serviceHost(this.owner.environment, name, namespace);
  }

  private record(namespace: string, workload: Workload<StatefulSet>, host: string): void {
    const { name, port } = objectStore;
    const { ledger } = this.owner.environment;
    ledger.accepted.push({
      check: "GP050",
      object: `StatefulSet ${namespace}/${name}`,
      reason: "one server holds one copy: what must outlive its volume belongs to a service outside",
    });
    ledger.spareClaims.push({
      namespace,
      claim: `data-${name}-0`,
      reason: "what must outlive its volume belongs to a service outside",
    });
    ledger.edges.push({
      from: this.owner.pods(jobRole, namespace).peer,
      to: workload.peer,
      ports: [workload.port("s3")],
      purpose: "buckets and their keys",
    });
    ledger.services.push({
      name,
      address: `${host}:${port}`,
      purpose: "buckets by S3, for the platform's own components",
    });
  }

  /** The key of the bucket's owner, which may do everything in it. */
  private own(consumer: Consumer): Pick<Bucket, "access" | "ready"> {
    const { bucket, namespace } = consumer;
    const known = this.provisioned.get(bucket);
    const credential = known?.credential ?? new Credential(this.owner, `${bucket}-key`, bucketCredential(bucket));
    const user = { name: bucket, credential };
    const keys = this.keysOf(secretRole(consumer), { name: childName(bucket, "bucket"), namespace }, user);
    const access = byKeys(keys);
    if (known !== undefined) return { access, ready: known.ready };
    const here = this.forJob(`${bucket}-job-secret`, keys, childName(bucket, "bucket"), user);
    const ready = provisionBucket(this.owner, this.server, { bucket, keys: here, rotation: credential.rotation });
    this.provisioned.set(bucket, { credential, ready });
    return { access, ready };
  }

  /**
   * The key of another user of the bucket, to which the bucket's policy gives less. The Jobs of a bucket run one after another, because
   * each reads the policy and writes it.
   */
  private limited(consumer: Consumer, limit: NonNullable<Consumer["limit"]>): Pick<Bucket, "access" | "ready"> {
    const { bucket, namespace } = consumer;
    const known = this.provisioned.get(bucket);
    if (known === undefined) throw new TypeError(`the bucket ${bucket} has no owner yet`);
    const spec = limitedCredential(bucket, namespace);
    const credential = new Credential(this.owner, `${bucket}-limited-${namespace}-key`, spec);
    // No bucket, and so no other user, has a dot in its name.
    const user = { name: `${bucket}.${namespace}`, credential };
    const name = childName(bucket, "own");
    const keys = this.keysOf(secretRole(consumer), { name, namespace }, user);
    const here = this.forJob(`${bucket}-limited-${namespace}-secret`, keys, limitedName(bucket, namespace), user);
    this.program ??= policyProgram(this.owner, this.server);
    const ready = provisionLimited(this.owner, this.server, {
      ...{ bucket, namespace, limit, keys: here, program: this.program, rotation: credential.rotation },
      user: user.name,
      after: known.ready,
    });
    this.provisioned.set(bucket, { ...known, ready });
    return { access: byKeys(keys), ready };
  }

  private keysOf(role: string, place: { readonly name: string; readonly namespace: string }, user: User): Keyed {
    const { credential, name } = user;
    const data = { "access-key": name, "secret-key": credential.value };
    const keys = secret(this.owner, role, place, data, outlives(this.owner.environment));
    credential.storedIn(keys, "secret-key", place.namespace);
    return keys;
  }

  /** The Secret for the Job, which can read only Secrets in its own namespace. */
  private forJob(role: string, keys: Keyed, name: string, { credential, name: user }: User): Keyed {
    const { namespace } = this.server;
    if (keys.namespace === namespace) return keys;
    const data = { "access-key": user, "secret-key": credential.value };
    const here = secret(this.owner, role, { name, namespace }, data);
    credential.storedIn(here, "secret-key", "the Job that sets it");
    return here;
  }
}
