import type * as pulumi from "@pulumi/pulumi";
import type { MongodbBinding } from "../kit/bindings.ts";
import { Component, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import type { Environment } from "../kit/environment.ts";
import type { BackupEntry, ClaimFiles } from "../kit/ledger.ts";
import { childName, maxCronJobName } from "../kit/names.ts";
import type { Bytes } from "../kit/quantities.ts";
import { secret } from "../kit/secret.ts";
import type { SecretKey } from "../kit/secret.ts";
import type { Trusted } from "../kit/trust.ts";
import { filesCredential, repositoryCredentials } from "./credentials.ts";
import { backupLabels } from "./labels.ts";
import { fileBackup, programEdge, volumeProgram } from "./files.ts";
import { deadline, repository, restic, scheduled } from "./repositories.ts";
import type { Maintenance, Repository, Scheduled, Shared } from "./repositories.ts";
import { keepOptions, repositoryFolder, resticImage } from "./repository.ts";
import type { Destination } from "./repository.ts";
import { claimPath } from "./file-scripts.ts";
import { backupScripts, claimScripts, dumpPath, serverFolder } from "./scripts.ts";
import { jobStem, login } from "./servers.ts";
import type { DatabaseServer } from "./servers.ts";
import { sizeRecords } from "./sizes.ts";
import { access, station } from "./station.ts";
import type { Access, Station } from "./station.ts";

/** What is backed up, where to, and when. Schedules are cron schedules in UTC. */
export interface BackupArgs extends Maintenance {
  readonly namespace: string;
  readonly destination: Destination;
  readonly schedule: string;
  /** The servers of PostgreSQL. */
  readonly servers: readonly DatabaseServer[];
  readonly mongodb?: MongodbBinding;
  /** Claims with files, each with the repository as the claim's namespace reaches it. */
  readonly files: readonly FileBackup[];
  /** Files that the settings leave out. */
  readonly excepted: readonly { readonly data: string; readonly reason: string }[];
  /** The company's CA certificates, which restic trusts for the bucket. Default: the public CAs of the images. */
  readonly trusted?: Trusted;
  /** What accepts a PrometheusRule for the sizes of backups; undefined: the stack has no Prometheus. */
  readonly prometheus?: pulumi.Resource;
  /** Restores of the last backup into a scratch server; undefined: none. */
  readonly drill?: {
    readonly schedule: string;
    /** Size of the scratch server's volume. */
    readonly storage: Bytes;
  };
}

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

/**
 * Backups by restic: an encrypted repository for the dumps and one for the files of each namespace, and a CronJob for each database
 * and each claim with files.
 */
export class Backup extends Component {
  private readonly args: BackupArgs;
  private readonly shared: Shared;
  private readonly own: Station;
  private readonly dumps: Repository;

  constructor(environment: Environment, args: BackupArgs, options: pulumi.ComponentResourceOptions) {
    super("backup:Backup", "backup", "backup", environment, options);
    this.args = args;
    this.own = station(this, args, backupScripts());
    this.shared = {
      ...args,
      recovery: this.recoveryPassword(),
      sizes: sizeRecords(this, args.namespace, args.prometheus),
    };
    this.dumps = this.dumpRepository();
    for (const server of args.servers) this.postgresql(server);
    this.mongodb();
    for (const server of args.servers) this.drills(server);
    this.files();
  }

  private recoveryPassword(): SecretKey {
    const { namespace } = this.args;
    const credential = new Credential(this, "recovery-password", repositoryCredentials.recovery);
    const place = { name: "backup-recovery", namespace };
    const kept = secret(this, "recovery-secret", place, { password: credential.value }, outlives(this.environment));
    credential.storedIn(kept, "password", "the Jobs that create repositories; people who restore");
    return { secret: kept, key: "password" };
  }

  private dumpRepository(): Repository {
    const daily = new Credential(this, "daily-password", repositoryCredentials.daily);
    const folder = repositoryFolder(this.environment.stack);
    const opened = access(this, this.own, { daily, folder, name: "backup-repository" });
    return repository(this, opened, this.shared);
  }

  /** The repository of the files of a namespace, and how pods of this namespace open it. */
  private fileRepository({ destination, trusted }: FileBackup, namespace: string): [Repository, Access] {
    if (namespace === this.args.namespace) return [this.dumps, this.dumps.access];
    const daily = new Credential(this, `${namespace}-daily-password`, filesCredential(namespace));
    const folder = repositoryFolder(this.environment.stack, namespace);
    const name = childName("backup-repository", namespace, maxCronJobName);
    const opened = access(this, this.own, { daily, folder, name, role: `${namespace}-own` });
    const there = station(this, { destination, namespace, trusted }, claimScripts(), namespace);
    return [
      repository(this, opened, this.shared, namespace),
      access(this, there, { daily, folder, name: "backup-repository", role: namespace }),
    ];
  }

  /** A dump of each database, and one of the roles of the server. */
  private postgresql({ databases, kind, server, tables }: DatabaseServer): void {
    const { schedule } = this.args;
    const folder = serverFolder[kind];
    const env = { ...this.dumps.access.store, DUMPS: folder, KIND: "postgresql", ...login(server) };
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
      const cronJob = childName(jobStem("dump", kind), database, maxCronJobName);
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
      env: {
        ...this.dumps.access.store,
        KIND: "mongodb",
        MONGODB_DATABASE: mongodb.database,
        MONGODB_URI: mongodb.uri,
      },
    });
    this.covered({
      data: `MongoDB database ${mongodb.database}`,
      path: dumpPath.mongodb(mongodb.database),
      method: "mongodump",
      cronJob: "backup-mongodb",
    });
  }

  /** Restores of every database into a server of the pod's own. */
  private drills({ databases, kind, server, tables }: DatabaseServer): void {
    const { drill } = this.args;
    if (drill === undefined) return;
    for (const database of databases)
      this.run({
        role: `${jobStem("drill", kind)}-${database}`,
        name: childName(jobStem("drill", kind), database, maxCronJobName),
        schedule: drill.schedule,
        script: "drill.sh",
        image: server.image,
        runAs: postgres,
        env: {
          ...this.dumps.access.store,
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
    for (const namespace of new Set(this.args.files.map(({ claim }) => claim.namespace))) this.filesOf(namespace);
  }

  private filesOf(namespace: string): void {
    const files = this.args.files.filter(({ claim }) => claim.namespace === namespace);
    const [first] = files;
    if (first === undefined) return;
    const [held, there] = this.fileRepository(first, namespace);
    const program = volumeProgram(this, namespace);
    for (const { claim, data } of files) {
      const run = { schedule: this.args.schedule, deadline, ready: held.ready };
      const { cronJob, method, pod } = fileBackup(this, there, claim, program, run);
      this.covered({ data, path: claimPath(claim), method, cronJob, claim: { ...claim, pod } }, held);
      this.fileDrill(claim, held);
    }
    if (program.isUsed()) this.environment.ledger.edges.push(programEdge(this.environment, namespace));
  }

  /** A restore of the last backup of a claim. The size of a share is not known. */
  private fileDrill(claim: ClaimFiles, held: Repository): void {
    const { drill } = this.args;
    if (drill === undefined) return;
    const { claim: name, namespace, storage } = claim;
    scheduled(this, held, {
      role: `drill-files-${namespace}-${name}`,
      name: childName("drill-files", `${namespace}-${name}`, maxCronJobName),
      schedule: drill.schedule,
      script: "drill-files.sh",
      image: resticImage,
      runAs: restic,
      env: { ...held.access.store, DRILL_FOLDER: "/scratch/drill", FILES: claimPath(claim), KIND: "drill" },
      scratch: { "/scratch": { size: storage?.size ?? drill.storage, role: "bulk" } },
    });
  }

  private run(run: Scheduled): void {
    scheduled(this, this.dumps, run);
  }

  private covered(entry: Omit<BackupEntry, "schedule" | "keep" | "checkJob">, { checkJob } = this.dumps): void {
    const { keep, schedule } = this.args;
    this.environment.ledger.backups.push({ ...entry, schedule, keep: keepOptions(keep), checkJob });
  }
}
