import type * as pulumi from "@pulumi/pulumi";
import type { MongodbBinding } from "../kit/bindings.ts";
import { Component, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import type { Environment } from "../kit/environment.ts";
import type { BackupEntry, ClaimFiles } from "../kit/ledger.ts";
import { childName } from "../kit/names.ts";
import type { Bytes } from "../kit/quantities.ts";
import { secret } from "../kit/secret.ts";
import type { SecretKey } from "../kit/secret.ts";
import type { Trusted } from "../kit/trust.ts";
import { cronJob, job } from "../kit/workload.ts";
import { repositoryCredentials } from "./credentials.ts";
import { backupLabels } from "./labels.ts";
import { fileBackup, programEdge } from "./files.ts";
import { resticPod } from "./pod.ts";
import type { Run } from "./pod.ts";
import { keepOptions, resticImage } from "./repository.ts";
import type { Destination, Retention } from "./repository.ts";
import { claimPath } from "./file-scripts.ts";
import { backupScripts, claimScripts, dumpPath, serverFolder } from "./scripts.ts";
import { jobStem, login } from "./servers.ts";
import type { DatabaseServer } from "./servers.ts";
import { station } from "./station.ts";
import type { Station } from "./station.ts";

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
  /** Claims with files, each with the repository as the claim's namespace reaches it. */
  readonly files: readonly FileBackup[];
  /** Files that the settings leave out. */
  readonly excepted: readonly { readonly data: string; readonly reason: string }[];
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

/** A claim, and the repository for pods of its namespace. */
export interface FileBackup {
  /** The name of its data. */
  readonly data: string;
  readonly claim: ClaimFiles;
  readonly destination: Destination;
  readonly trusted?: Trusted;
}

/** A run by a schedule. */
interface Scheduled extends Run {
  readonly role: string;
  readonly name: string;
  readonly schedule: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Backups by restic: one repository for the stack, encrypted, with a CronJob for each database and each claim with files. */
export class Backup extends Component {
  private readonly args: BackupArgs;
  private readonly daily: Credential;
  private readonly own: Station;
  private readonly ready: pulumi.Resource[];

  constructor(environment: Environment, args: BackupArgs, options: pulumi.ComponentResourceOptions) {
    super("backup:Backup", "backup", "backup", environment, options);
    this.args = args;
    const { destination, namespace, trusted } = args;
    this.daily = new Credential(this, "daily-password", repositoryCredentials.daily);
    this.own = station(this, { destination, namespace, trusted }, this.daily, backupScripts());
    this.ready = [this.repository(this.recovery())];
    for (const server of args.servers) this.postgresql(server);
    this.mongodb();
    this.maintenance();
    for (const server of args.servers) this.drills(server);
    this.files();
  }

  private recovery(): SecretKey {
    const { namespace } = this.args;
    const credential = new Credential(this, "recovery-password", repositoryCredentials.recovery);
    const place = { name: "backup-recovery", namespace };
    const kept = secret(this, "recovery-secret", place, { password: credential.value }, outlives(this.environment));
    credential.storedIn(kept, "password", "the Job that creates the repository; people who restore");
    return { secret: kept, key: "password" };
  }

  /** The Job that creates the repository, and sets its password. */
  private repository(recovery: SecretKey): pulumi.Resource {
    const { namespace } = this.args;
    const pod = resticPod(this.own.restic, {
      script: "repository.sh",
      image: resticImage,
      runAs: restic,
      env: { ...this.own.store, KIND: "repository", RECOVERY_PASSWORD: recovery },
    });
    const dependsOn = [...this.own.ready, recovery.secret.resource];
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
    const env = { ...this.own.store, DUMPS: folder, KIND: "postgresql", ...login(server) };
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
      env: { ...this.own.store, KIND: "mongodb", MONGODB_DATABASE: mongodb.database, MONGODB_URI: mongodb.uri },
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
      env: { ...this.own.store, KIND: "prune", KEEP: keepOptions(keep) },
    });
    this.run({
      ...common,
      role: "check",
      name: "backup-check",
      schedule: check.schedule,
      script: "check.sh",
      env: { ...this.own.store, KIND: "check", SHARES: String(check.shares) },
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
          ...this.own.store,
          DRILL_FOLDER: "/scratch/drill",
          DUMPS: serverFolder[kind],
          KIND: "drill",
          PGDATABASE: database,
          TABLES: (tables[database] ?? []).join(" "),
        },
        scratch: { "/scratch": { size: drill.storage, role: "bulk" } },
      });
  }

  /** The files of claims, each by pods in its own namespace, and their drills. */
  private files(): void {
    for (const { data: object, reason } of this.args.excepted)
      this.environment.ledger.accepted.push({ check: "GP116", object, reason });
    const stations = new Map<string, Station>();
    const withProgram = new Set<string>();
    for (const { claim, data, destination, trusted } of this.args.files) {
      const { namespace } = claim;
      const found = stations.get(namespace) ?? this.station({ destination, namespace, trusted });
      stations.set(namespace, found);
      const {
        cronJob: name,
        method,
        pod,
      } = fileBackup(this, found, claim, {
        schedule: this.args.schedule,
        deadline,
        ready: this.ready,
      });
      if (pod !== name) withProgram.add(namespace);
      this.covered({ data, path: claimPath(claim), method, cronJob: name, claim: { ...claim, pod } });
      this.fileDrill(claim);
    }
    for (const namespace of withProgram) this.environment.ledger.edges.push(programEdge(this.environment, namespace));
  }

  private station(place: Parameters<typeof station>[1]): Station {
    const isOwn = place.namespace === this.args.namespace;
    return isOwn ? this.own : station(this, place, this.daily, claimScripts(), place.namespace);
  }

  /** A restore of the last backup of a claim. The size of a share is not known. */
  private fileDrill(claim: ClaimFiles): void {
    const { drill } = this.args;
    if (drill === undefined) return;
    const { claim: name, namespace, storage } = claim;
    this.run({
      role: `drill-files-${namespace}-${name}`,
      name: childName("drill-files", `${namespace}-${name}`, maxName),
      schedule: drill.schedule,
      script: "drill-files.sh",
      image: resticImage,
      runAs: restic,
      env: { ...this.own.store, DRILL_FOLDER: "/scratch/drill", FILES: claimPath(claim), KIND: "drill" },
      scratch: { "/scratch": { size: storage?.size ?? drill.storage, role: "bulk" } },
    });
  }

  private run({ labels, name, role, schedule, ...run }: Scheduled): void {
    const { namespace } = this.args;
    const pod = resticPod(this.own.restic, run);
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
