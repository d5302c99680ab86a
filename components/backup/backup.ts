import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import type * as pulumi from "@pulumi/pulumi";
import { accountAnnotations } from "../kit/bindings.ts";
import type { MongodbBinding } from "../kit/bindings.ts";
import { Component, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import type { Environment } from "../kit/environment.ts";
import type { BackupEntry } from "../kit/ledger.ts";
import { childName } from "../kit/names.ts";
import type { Task } from "../kit/pod.ts";
import type { Bytes } from "../kit/quantities.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { SecretKey } from "../kit/secret.ts";
import { sharedVolume } from "../kit/shared-volume.ts";
import type { Trusted } from "../kit/trust.ts";
import { cronJob, job } from "../kit/workload.ts";
import { repositoryCredentials } from "./credentials.ts";
import { account, resticPod } from "./pod.ts";
import type { ResticPods, Run } from "./pod.ts";
import { folderAccount, keepOptions, repositoryEnvironment, resticImage } from "./repository.ts";
import type { Destination, Retention } from "./repository.ts";
import { backupScripts, dumpPath, serverFolder } from "./scripts.ts";
import { jobStem, login } from "./servers.ts";
import type { DatabaseServer } from "./servers.ts";

/** What is backed up, where to, and when. Schedules are cron schedules in UTC. */
export interface BackupArgs {
  readonly namespace: string;
  readonly destination: Destination;
  readonly schedule: string;
  readonly keep: Retention;
  readonly pruneSchedule: string;
  readonly check: { readonly schedule: string; readonly shares: number };
  /** The servers of PostgreSQL. */
  readonly servers: readonly DatabaseServer[];
  readonly mongodb?: MongodbBinding;
  /** The company's CA certificates, which restic trusts for the bucket. Default: the public CAs of the images. */
  readonly trusted?: Trusted;
  /** Restores of the last backup into a scratch server; undefined: none. */
  readonly drill?: {
    readonly schedule: string;
    /** Size of the scratch server's volume. */
    readonly storage: Bytes;
  };
}

/** The maximum length of a CronJob's name: its Jobs add eleven characters (Kubernetes, "CronJob"). */
const maxName = 52;

/** A run that takes longer is ended, so that the next one can start. */
const deadline = 6 * 3600;
const restic = { user: 10001, group: 10001 };
/** The account `postgres` of the image: `initdb` needs one with a name. */
const postgres = { user: 70, group: 70 };
/** The account `mongodb` of the image. */
const mongo = { user: 999, group: 999 };
/** An image with mongodump, which the servers' own image lacks. */
const mongoImage = "docker.io/library/mongo:7.0.28";

/** The label of pods that come to a kind of server. */
export function backupLabels(kind: "postgresql" | "mongodb"): Record<string, string> {
  return { "groundplan/backup": kind };
}

/** A run by a schedule. */
interface Scheduled extends Run {
  readonly role: string;
  readonly name: string;
  readonly schedule: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Backups of databases by restic: one repository for the stack, encrypted, with a CronJob for each database. */
export class Backup extends Component {
  private readonly args: BackupArgs;
  private readonly restic: ResticPods;
  private readonly store: NonNullable<Task["env"]>;
  private readonly ready: pulumi.Resource[];

  constructor(environment: Environment, args: BackupArgs, options: pulumi.ComponentResourceOptions) {
    super("backup:Backup", "backup", "backup", environment, options);
    this.args = args;
    const { destination, namespace, trusted } = args;
    const annotations = "bucket" in destination ? accountAnnotations(destination.bucket.access) : {};
    this.object(
      ServiceAccount,
      "account",
      { name: account, namespace, annotations: Object.keys(annotations).length === 0 ? undefined : annotations },
      { automountServiceAccountToken: false },
    );
    const scripts = configMap(this, "scripts", { name: "backup-scripts", namespace }, backupScripts());
    const place = this.place(destination);
    this.restic = { scripts, trusted, repository: place.claim };
    const { daily, recovery } = this.passwords();
    this.store = repositoryEnvironment(destination, environment.stack, daily);
    this.ready = [place.ready, scripts.resource, daily.secret.resource];
    this.ready = [this.repository(recovery)];
    for (const server of args.servers) this.postgresql(server);
    this.mongodb();
    this.maintenance();
    for (const server of args.servers) this.drills(server);
  }

  /** What must exist before the repository, and the claim of a shared folder. */
  private place(destination: Destination): { readonly ready: pulumi.Resource; readonly claim?: string } {
    if ("bucket" in destination) return { ready: destination.bucket.ready };
    const { folder } = destination;
    const claim = { name: "backup-repository", namespace: this.args.namespace };
    const volume = sharedVolume(this, "repository", claim, folder, folderAccount, "backups");
    return { ready: volume.resource, claim: volume.claim };
  }

  private passwords(): { daily: SecretKey; recovery: SecretKey } {
    const { namespace } = this.args;
    const stored = (role: "daily" | "recovery", name: string, consumer: string) => {
      const credential = new Credential(this, `${role}-password`, repositoryCredentials[role]);
      const data = { password: credential.value };
      const kept = secret(this, `${role}-secret`, { name, namespace }, data, outlives(this.environment));
      credential.storedIn(kept, "password", consumer);
      return { secret: kept, key: "password" };
    };
    return {
      daily: stored("daily", "backup-repository", "backups"),
      recovery: stored("recovery", "backup-recovery", "the Job that creates the repository; people who restore"),
    };
  }

  /** The Job that creates the repository, and sets its password. */
  private repository(recovery: SecretKey): pulumi.Resource {
    const { namespace } = this.args;
    const pod = resticPod(this.restic, {
      script: "repository.sh",
      image: resticImage,
      runAs: restic,
      env: { ...this.store, KIND: "repository", RECOVERY_PASSWORD: recovery },
    });
    const dependsOn = [...this.ready, recovery.secret.resource];
    const content = [backupScripts()["common.sh"], backupScripts()["repository.sh"]];
    return job(
      this,
      "repository",
      { name: "backup-repository", namespace, pod, backoffLimit: 3 },
      "repository",
      content,
      {
        dependsOn,
      },
    ).resource;
  }

  /** A dump of each database, and one of the roles of the server. */
  private postgresql({ databases, kind, server, tables }: DatabaseServer): void {
    const { schedule } = this.args;
    const folder = serverFolder[kind];
    const env = { ...this.store, DUMPS: folder, KIND: "postgresql", ...login(server) };
    const authority = server.tls === "disable" ? undefined : server.tls?.authority?.secret;
    const common = { schedule, image: server.image, runAs: postgres, labels: backupLabels("postgresql"), authority };
    const roles = { platform: "backup-roles", confluence: "backup-roles-confluence" }[kind];
    this.run({
      ...common,
      role: kind === "platform" ? "roles" : `roles-${kind}`,
      name: roles,
      script: "roles.sh",
      env: { ...env, PGDATABASE: server.database },
    });
    this.covered({
      data: kind === "platform" ? "Roles of PostgreSQL" : "Roles of Confluence's PostgreSQL",
      path: dumpPath.roles(folder),
      method: "pg_dumpall",
      cronJob: roles,
    });
    for (const database of databases) {
      const cronJob = childName(jobStem("dump", kind), database, maxName);
      this.run({
        ...common,
        role: `${jobStem("database", kind)}-${database}`,
        name: cronJob,
        script: "postgresql.sh",
        env: { ...env, PGDATABASE: database },
      });
      this.covered({
        data: `Database ${database}`,
        path: dumpPath.postgresql(database, folder),
        method: "pg_dump",
        cronJob,
        tables: tables[database],
      });
    }
  }

  private mongodb(): void {
    const { mongodb, schedule } = this.args;
    if (mongodb === undefined) return;
    this.run({
      role: "mongodb",
      name: "backup-mongodb",
      schedule,
      script: "mongodb.sh",
      image: mongoImage,
      runAs: mongo,
      labels: backupLabels("mongodb"),
      env: { ...this.store, KIND: "mongodb", MONGODB_DATABASE: mongodb.database, MONGODB_URI: mongodb.uri },
    });
    this.covered({
      data: `MongoDB database ${mongodb.database}`,
      path: dumpPath.mongodb(mongodb.database),
      method: "mongodump",
      cronJob: "backup-mongodb",
    });
  }

  /** What removes old snapshots, and what checks the others. */
  private maintenance(): void {
    const { check, keep, pruneSchedule } = this.args;
    const common = { image: resticImage, runAs: restic };
    this.run({
      ...common,
      role: "prune",
      name: "backup-prune",
      schedule: pruneSchedule,
      script: "prune.sh",
      env: { ...this.store, KIND: "prune", KEEP: keepOptions(keep) },
    });
    this.run({
      ...common,
      role: "check",
      name: "backup-check",
      schedule: check.schedule,
      script: "check.sh",
      env: { ...this.store, KIND: "check", SHARES: String(check.shares) },
    });
  }

  /** Restores of every database into a server of the pod's own. */
  private drills({ databases, kind, server, tables }: DatabaseServer): void {
    const { drill } = this.args;
    if (drill === undefined) return;
    for (const database of databases)
      this.run({
        role: `${jobStem("drill", kind)}-${database}`,
        name: childName(jobStem("drill", kind), database, maxName),
        schedule: drill.schedule,
        script: "drill.sh",
        image: server.image,
        runAs: postgres,
        env: {
          ...this.store,
          DRILL_FOLDER: "/scratch/drill",
          DUMPS: serverFolder[kind],
          KIND: "drill",
          PGDATABASE: database,
          TABLES: (tables[database] ?? []).join(" "),
        },
        scratch: { "/scratch": { size: drill.storage, role: "bulk" } },
      });
  }

  private run({ labels, name, role, schedule, ...run }: Scheduled): void {
    const { namespace } = this.args;
    const pod = resticPod(this.restic, run);
    cronJob(
      this,
      role,
      { name, namespace, labels, schedule, pod, backoffLimit: 2, activeDeadlineSeconds: deadline },
      { dependsOn: this.ready },
    );
  }

  private covered(entry: Omit<BackupEntry, "schedule" | "keep">): void {
    const { keep, schedule } = this.args;
    this.environment.ledger.backups.push({ ...entry, schedule, keep: keepOptions(keep) });
  }
}
