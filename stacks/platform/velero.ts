import { parseDuration } from "../../components/kit/quantities.ts";
import { compare } from "../../components/kit/stable.ts";
import { filesCredential } from "../../components/velero/credentials.ts";
import type { SnapshotClass } from "../../components/velero/shape.ts";
import type { VeleroArgs } from "../../components/velero/velero.ts";
import { veleroWatched } from "../../components/velero/watched.ts";
import type { ParsedSettings } from "../settings/schema.ts";
import type { Settings } from "../settings/settings.ts";
import { backupBucket } from "./backup.ts";
import { classesOf } from "./nfs.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

/** The namespace of Velero alone: its pods may do everything in the cluster. */
export const veleroNamespace = "velero";

export const veleroPart: Part = {
  section: "backup",
  on: ({ backup }) => backup.velero.namespaces.length > 0,
  needs: (settings) => ({
    namespaces: [{ name: veleroNamespace, podSecurity: copiesFiles(settings) ? "privileged" : undefined }],
    charts: ["velero"],
    buckets: [backupBucket],
    credentials: [filesCredential],
    watched: [veleroWatched(veleroNamespace, parseDuration(settings.backup.velero.maxAge))],
  }),
};

/** The storage classes whose volumes Velero snapshots. */
function snapshotClasses(settings: ParsedSettings): SnapshotClass[] {
  return settings.storage.classes.flatMap(({ name, provisioner, snapshotClass }) =>
    snapshotClass === undefined ? [] : [{ storageClass: name, snapshotClass, driver: provisioner }],
  );
}

/**
 * Whether agents on the nodes copy files: where any claim of the stack may have a volume without snapshots. A role without a class has
 * the cluster's default class, which is known only if the stack creates it.
 */
export function copiesFiles(settings: ParsedSettings): boolean {
  if (settings.backup.velero.volumes !== "all") return false;
  const classes = classesOf(settings).map(({ name }) => name);
  const standard = settings.storage.classes.find((one) => one.default)?.name;
  const { bulk, fast, shared } = settings.storage.roles;
  const used = [...classes, ...[fast, bulk, shared].map((name) => name ?? standard)];
  const withSnapshots = snapshotClasses(settings).map(({ storageClass }) => storageClass);
  return used.some((name) => name === undefined || !withSnapshots.includes(name));
}

/** What the settings say of Velero, as the component takes it. */
export function veleroArgs(
  settings: Settings,
  { buckets, serviceMonitors, trust }: Pick<Offered, "buckets" | "serviceMonitors" | "trust">,
): VeleroArgs {
  const { keep, namespaces, schedule, secrets, volumes } = settings.backup.velero;
  const namespace = veleroNamespace;
  const bucket = buckets?.bucket({ name: backupBucket, consumer: { namespace, besides: true } });
  if (bucket === undefined) throw new TypeError("Velero has no bucket");
  return {
    namespace,
    bucket,
    copies: {
      namespaces: [...namespaces].sort(compare),
      schedule,
      keep,
      volumes,
      secrets,
      snapshots: snapshotClasses(settings),
      agents: copiesFiles(settings),
    },
    trusted: trust?.in(namespace),
    serviceMonitors,
  };
}
