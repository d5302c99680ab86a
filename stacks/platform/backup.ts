import type { BackupArgs, FileBackup } from "../../components/backup/backup.ts";
import { backupLabels } from "../../components/backup/labels.ts";
import { filesCredential, repositoryCredentials } from "../../components/backup/credentials.ts";
import { folderAccount, locksFolder, repositoryFolder } from "../../components/backup/repository.ts";
import type { Destination } from "../../components/backup/repository.ts";
import { backupWatched } from "../../components/backup/watched.ts";
import type { DataEntry } from "../../components/kit/ledger.ts";
import { parseDuration } from "../../components/kit/quantities.ts";
import { userSecret } from "../../components/kit/secret.ts";
import { compare } from "../../components/kit/stable.ts";
import type { BucketRequest } from "../../components/storage/bucket.ts";
import { limitedCredential } from "../../components/storage/credentials.ts";
import type { OwnAccess } from "../../components/storage/store.ts";
import type { Settings } from "../settings/settings.ts";
import { ownFolders, sharedFolderOf } from "./folders.ts";
import type { Offered } from "./offered.ts";
import type { ClaimNeed, Part } from "./part.ts";

/** The namespace of dumps, and of what maintains repositories. */
export const backupNamespace = "backup";

/** The bucket of the repository, and of the archives of PostgreSQL. */
export const backupBucket = "backup";

/** Tables of the platform's own components that always have rows, by database: their schema's version, and what they keep. */
const knownTables: Readonly<Record<string, readonly string[]>> = {
  grafana: ["migration_log", "org"],
  keycloak: ["databasechangelog", "realm"],
  kong: ["schema_meta", "workspaces"],
  midpoint: ["m_global_metadata", "m_user"],
};

export const backupPart: Part = {
  section: "backup",
  on: ({ backup, buckets, profile }) =>
    backup.enabled ?? (backup.folder !== undefined || (profile === "prod" && buckets.kind !== "none")),
  needs: ({ backup }) => ({
    namespaces: [{ name: backupNamespace, keepsData: backup.folder === undefined ? undefined : true }],
    buckets: backup.folder === undefined ? [backupBucket] : [],
    folders: ownFolders(backup.folder, folderAccount),
    credentials: Object.values(repositoryCredentials),
    watched: [
      backupWatched(backupNamespace, {
        maxAge: parseDuration(backup.maxAge),
        drillMaxAge: backup.drill.enabled ? parseDuration(backup.drill.maxAge) : undefined,
      }),
    ],
  }),
  serves: ({ claims }, settings) => {
    const namespaces = fileNamespaces(claims, settings);
    const isLimited = settings.buckets.kind === "embedded" && settings.backup.folder === undefined;
    return [
      ...namespaces.map(filesCredential),
      ...(isLimited ? namespaces.map((namespace) => limitedCredential(backupBucket, namespace)) : []),
    ];
  },
};

/** The namespaces with a repository for their files: those of claims that are backed up. */
export function fileNamespaces(claims: readonly ClaimNeed[], { backup }: Pick<Settings, "backup">): string[] {
  const backedUp = claims.filter((claim) => exceptionOf(backup, claim) === undefined);
  return [...new Set(backedUp.map(({ namespace }) => namespace))].filter((name) => name !== backupNamespace);
}

/**
 * What the settings say of backups, as the component takes it.
 * @param all the databases on PostgreSQL that are backed up unless the settings except them
 * @param known tables that must have rows after a restore, by database, besides those of the settings
 * @param data what the components have recorded
 */
export function backupArgs(
  settings: Settings,
  offered: Pick<Offered, "administrator" | "buckets" | "confluence" | "mongodb" | "monitoring" | "nfs" | "trust">,
  all: readonly string[],
  known: Readonly<Record<string, readonly string[]>> = {},
  data: readonly DataEntry[] = [],
): BackupArgs {
  const { backup, secrets } = settings;
  const namespace = backupNamespace;
  const databases = [...new Set(all)].filter((name) => !backup.except.includes(name));
  const consumer = { namespace, labels: backupLabels("postgresql") };
  const server = databases.length === 0 ? undefined : offered.administrator(consumer);
  const confluence = offered.confluence?.administrator(consumer);
  const { enabled, schedule, storage, tables } = backup.drill;
  const checked = databases.map(
    (name) =>
      [name, [...new Set([...(knownTables[name] ?? []), ...(known[name] ?? []), ...(tables[name] ?? [])])]] as const,
  );
  return {
    namespace,
    destination: destinationOf(backup.folder, offered),
    schedule: backup.schedule,
    keep: backup.keep,
    pruneSchedule: backup.pruneSchedule,
    check: backup.check,
    servers: [
      ...(server
        ? [
            {
              kind: "platform" as const,
              server,
              databases: databases.sort(compare),
              tables: Object.fromEntries(checked),
            },
          ]
        : []),
      ...(confluence
        ? [{ kind: "confluence" as const, ...confluence, databases: [confluence.database], tables: {} }]
        : []),
    ],
    trusted: offered.trust?.in(namespace),
    files: filesOf(settings, offered, data, accessOf(backup.files, secrets)),
    excepted: data.flatMap(({ claim, data: name }) => {
      const reason = claim && exceptionOf(backup, claim)?.reason;
      return reason === undefined ? [] : [{ data: name, reason }];
    }),
    prometheus: offered.monitoring?.release,
    mongodb: offered.mongodb({ namespace, labels: backupLabels("mongodb") }),
    drill: enabled ? { schedule, storage } : undefined,
  };
}

/** Why the files of a claim are not backed up; undefined: they are. */
export function exceptionOf({ files }: Pick<Settings["backup"], "files">, { claim, namespace }: ClaimNeed) {
  return files.except.find((one) => one.claim === `${namespace}/${claim}`);
}

/** The claims with files that are backed up. Each namespace gets the key of the bucket, or a claim of the folder. */
function filesOf(
  { backup, stack }: Pick<Settings, "backup" | "stack">,
  offered: Pick<Offered, "buckets" | "nfs" | "trust">,
  data: readonly DataEntry[],
  access: OwnAccess | undefined,
): FileBackup[] {
  const destinations = new Map<string, Destination>();
  return data.flatMap((entry): FileBackup[] => {
    const { claim } = entry;
    if (claim === undefined || exceptionOf(backup, claim) !== undefined) return [];
    const { namespace } = claim;
    const destination =
      destinations.get(namespace) ??
      destinationOf(backup.folder, offered, {
        ...{ namespace, pods: [backupLabels("files")], access },
        // Its pods open no other repository, and only the pods in the namespace of backups delete what is not kept.
        limit:
          namespace === backupNamespace
            ? undefined
            : { folder: repositoryFolder(stack, namespace), removes: locksFolder },
      });
    destinations.set(namespace, destination);
    return [{ data: entry.data, claim, destination, trusted: offered.trust?.in(namespace) }];
  });
}

/** The key or role of pods that read files; undefined: that of all buckets. */
function accessOf(
  { accessKeyId, roleArn, secretAccessKeySecret }: Settings["backup"]["files"],
  secrets: Settings["secrets"],
): OwnAccess | undefined {
  if (roleArn !== undefined) return { role: roleArn };
  if (accessKeyId === undefined || secretAccessKeySecret === undefined) return undefined;
  return { accessKeyId, secretAccessKey: userSecret(secrets, secretAccessKeySecret) };
}

/** @param consumer what comes to the bucket. Default: every pod of the namespace of backups */
function destinationOf(
  folder: Settings["backup"]["folder"],
  offered: Pick<Offered, "buckets" | "nfs">,
  consumer: BucketRequest["consumer"] = { namespace: backupNamespace },
): Destination {
  if (folder !== undefined) return { folder: sharedFolderOf(folder, offered) };
  const bucket = offered.buckets?.bucket({ name: backupBucket, consumer });
  if (bucket === undefined) throw new TypeError("backups have neither a bucket nor a folder");
  return { bucket };
}
