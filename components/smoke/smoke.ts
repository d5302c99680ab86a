import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import type { Job } from "@pulumi/kubernetes/batch/v1/job.js";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { accountAnnotations } from "../kit/bindings.ts";
import type { Bucket, DatabaseBinding } from "../kit/bindings.ts";
import { Component } from "../kit/component.ts";
import { verifiesServer } from "../kit/database-tls.ts";
import type { Environment } from "../kit/environment.ts";
import type { FolderEntry, Peer } from "../kit/ledger.ts";
import { childName } from "../kit/names.ts";
import type { Pod, Task } from "../kit/pod.ts";
import { goTrust, trustFolder, trustVolume } from "../kit/trust.ts";
import type { Trusted } from "../kit/trust.ts";
import { job } from "../kit/workload.ts";
import type { Workload } from "../kit/workload.ts";
import { bucketScript, folderScript, loginScript, readerScript, writerScript } from "./scripts.ts";

/** What is tested. */
export interface SmokeTestsArgs {
  /** The namespace of the tests of storage classes. */
  readonly namespace: string;
  /** Storage classes: `tested` is the class of the test's own volume, which is deleted with it. */
  readonly classes: readonly { readonly name: string; readonly tested: string; readonly shared: boolean }[];
  /** Shared folders, each by the claim that its consumer mounts. */
  readonly folders: readonly FolderEntry[];
  /** Buckets, each with its consumer's access. */
  readonly buckets: readonly { readonly name: string; readonly namespace: string; readonly bucket: Bucket }[];
  /** Databases, each with its consumer's login. */
  readonly databases: readonly { readonly namespace: string; readonly binding: DatabaseBinding }[];
  /** Lets the pods of a test connect to what they test. */
  readonly connect: {
    readonly bucket: (from: Peer) => void;
    readonly database: (from: Peer) => void;
  };
  /** The company's CA certificates in a namespace, for buckets. Default: the public CAs of the image. */
  readonly trusted: (namespace: string) => Trusted | undefined;
}

/** Kubernetes deletes a Job and its pods this many seconds after its end, and with them the volumes. */
const kept = 3600;

/** The longest time of a test in seconds: a volume has to be created, and images pulled. */
const deadline = 600;

const account = { user: 10001, group: 10001 };
/** The same image as that of the databases' Jobs: a shell, psql, dd and sync. */
const postgresImage = "docker.io/library/postgres:17.6-alpine";
const rcloneImage = "docker.io/rclone/rclone:1.71.2";
const resources = { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "256Mi" } } as const;
const volumeSize = "1Gi";
const mountPath = "/tested";
const caFolder = "/tls";

/** Jobs that try once what the stack offers: each storage class, shared folder, bucket and database. */
export class SmokeTests extends Component {
  /** The result of each test by its name: `passed` where the Job has ended with success. */
  readonly results: Record<string, Output<string>> = {};
  private readonly args: SmokeTestsArgs;

  constructor(environment: Environment, args: SmokeTestsArgs, options: ComponentResourceOptions) {
    super("smoke:SmokeTests", "smoke", "smoke-tests", environment, options);
    this.args = args;
    for (const one of args.classes) this.storageClass(one);
    for (const one of args.classes.filter(({ shared }) => shared)) this.twoNodes(one);
    for (const one of args.folders) this.folder(one);
    for (const one of args.buckets) this.bucket(one);
    for (const one of args.databases) this.database(one);
  }

  private storageClass({ name, tested }: SmokeTestsArgs["classes"][number]): void {
    const env = { FOLDER: mountPath, TESTED: `storage class ${name}` };
    const volume = { ephemeral: { size: volumeSize, class: tested } } as const;
    this.test(`class-${name}`, this.args.namespace, this.pod(postgresImage, folderScript, env, { tested: volume }));
  }

  /** Two pods on two nodes with one claim, which Kubernetes deletes with the first pod's Job. */
  private twoNodes({ name, tested }: SmokeTestsArgs["classes"][number]): void {
    const { namespace } = this.args;
    const env = { FOLDER: mountPath, TESTED: `storage class ${name}`, NODE: { field: "spec.nodeName" } as const };
    const claim = childName("shared", name);
    const mounted = { tested: { claim } };
    const [writer, reader] = [`writer-${name}`, `reader-${name}`];
    const writing = this.once(
      { role: writer, namespace, awaited: false },
      this.pod(postgresImage, writerScript, env, mounted),
    );
    const { metadata } = writing.resource;
    this.object(
      PersistentVolumeClaim,
      `claim-${name}`,
      {
        name: claim,
        namespace,
        annotations: { "pulumi.com/skipAwait": "true" },
        ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name: metadata.name, uid: metadata.uid }],
      },
      {
        spec: {
          accessModes: ["ReadWriteMany"],
          resources: { requests: { storage: volumeSize } },
          storageClassName: tested,
        },
      },
    );
    const { production } = this.environment;
    const term = { labelSelector: { matchLabels: this.selector(writer) }, topologyKey: "kubernetes.io/hostname" };
    const podAntiAffinity = production
      ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
      : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] };
    const pod = this.pod(
      postgresImage,
      readerScript,
      { ...env, SAME_NODE: production ? "no" : "yes" },
      { tested: { claim } },
    );
    this.test(`two-nodes-${name}`, namespace, pod, { role: reader, affinity: { podAntiAffinity } });
  }

  private folder({ account: runAs, claim, namespace, what }: FolderEntry): void {
    const env = { FOLDER: mountPath, MIB: "1", TESTED: `shared folder ${what}` };
    this.test(`folder-${namespace}-${claim}`, namespace, {
      ...this.pod(postgresImage, folderScript, env, { tested: { claim } }),
      runAs,
    });
  }

  private bucket({ bucket, name, namespace }: SmokeTestsArgs["buckets"][number]): void {
    const { access, endpoint, pathStyle, region } = bucket;
    const role = `bucket-${namespace}-${name}`;
    const trusted = this.args.trusted(namespace);
    const identity = access.kind === "keys" ? undefined : this.account(role, namespace, bucket);
    const pod = this.pod(
      rcloneImage,
      bucketScript,
      {
        BUCKET: bucket.bucket,
        RCLONE_CONFIG: "/tmp/none",
        RCLONE_CONFIG_STORE_TYPE: "s3",
        RCLONE_CONFIG_STORE_PROVIDER: "Other",
        RCLONE_CONFIG_STORE_ENDPOINT: endpoint,
        RCLONE_CONFIG_STORE_REGION: region,
        RCLONE_CONFIG_STORE_FORCE_PATH_STYLE: String(pathStyle),
        // It creates no bucket: a missing one is the fault to find.
        RCLONE_CONFIG_STORE_NO_CHECK_BUCKET: "true",
        RCLONE_LOW_LEVEL_RETRIES: "3",
        RCLONE_RETRIES: "1",
        ...(access.kind === "keys"
          ? {
              RCLONE_CONFIG_STORE_ACCESS_KEY_ID: access.accessKey,
              RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY: access.secretKey,
            }
          : { RCLONE_CONFIG_STORE_ENV_AUTH: "true" }),
        ...(trusted && { [goTrust.name]: goTrust.value }),
      },
      trusted && { [trustVolume]: { from: trusted } },
      trusted && { [trustFolder]: { volume: trustVolume, readOnly: true } },
    );
    const made = this.test(role, namespace, { ...pod, identity }, { dependsOn: [bucket.ready] });
    this.args.connect.bucket(made.peer);
  }

  private account(role: string, namespace: string, { access }: Bucket): string {
    const name = childName("smoke", role);
    const annotations = accountAnnotations(access);
    this.object(
      ServiceAccount,
      `account-${role}`,
      { name, namespace, annotations },
      { automountServiceAccountToken: false },
    );
    return name;
  }

  private database({ binding, namespace }: SmokeTestsArgs["databases"][number]): void {
    const { database, host, password, port, ready, tls, username } = binding;
    const authority = tls?.authority;
    const pod = this.pod(
      postgresImage,
      loginScript,
      {
        PGCONNECT_TIMEOUT: "30",
        PGDATABASE: database,
        PGHOST: host,
        PGPASSWORD: password,
        PGPORT: String(port),
        PGUSER: username,
        ...(tls && { PGSSLMODE: tls.mode }),
        ...(tls &&
          verifiesServer(tls) && {
            PGSSLROOTCERT: authority === undefined ? "system" : `${caFolder}/${authority.key}`,
          }),
      },
      authority && { authority: { from: authority.secret } },
      authority && { [caFolder]: { volume: "authority", readOnly: true } },
    );
    const made = this.test(`database-${database}`, namespace, pod, { dependsOn: [ready] });
    this.args.connect.database(made.peer);
  }

  private pod(
    image: string,
    script: string,
    env: NonNullable<Task["env"]>,
    volumes: Pod<Task>["volumes"] = {},
    mounts: Task["mounts"] = Object.hasOwn(volumes, "tested") ? { [mountPath]: { volume: "tested" } } : {},
  ): Pod<Task> {
    const command = ["sh", "-c", script];
    return {
      runAs: account,
      volumes,
      containers: [{ name: "test", image, command, env, mounts, writable: ["/tmp"], resources }],
    };
  }

  /** A test that `up` waits for, with its result. */
  private test(
    name: string,
    namespace: string,
    pod: Pod<Task>,
    { role = name, ...more }: Partial<Pick<Parameters<SmokeTests["once"]>[0], "affinity" | "dependsOn" | "role">> = {},
  ): Workload<Job> {
    const made = this.once({ role, namespace, awaited: true, ...more }, pod);
    // Without a status, such as in a preview, it has not run.
    this.results[name] = made.resource.status.apply((status) => (status?.succeeded === 1 ? "passed" : "not run"));
    return made;
  }

  private once(
    {
      dependsOn,
      namespace,
      role,
      ...more
    }: Pick<Parameters<typeof job>[2], "affinity" | "awaited"> & {
      readonly role: string;
      readonly namespace: string;
      readonly dependsOn?: NonNullable<Parameters<typeof job>[5]>["dependsOn"];
    },
    pod: Pod<Task>,
  ): Workload<Job> {
    const spec = {
      ...more,
      name: childName("smoke", role, 50),
      namespace,
      pod,
      backoffLimit: 2,
      activeDeadlineSeconds: deadline,
      ttlSecondsAfterFinished: kept,
    };
    return job(this, role, spec, role, [], { dependsOn });
  }
}
