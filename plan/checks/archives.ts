import { recoveredFrom } from "../../components/kit/annotations.ts";
import { at, records, text, textMap } from "../../components/kit/unknown.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";

/** Checks of PostgreSQL's archives, with which data can be recovered as it was at any time. */
export const archiveChecks: readonly Check[] = [
  {
    id: "GP160",
    title: "PostgreSQL archives its write-ahead log in prod where there is a bucket",
    severity: "warning",
    reason:
      "Without an archive, only the times of dumps can be restored: everything that was written after the last one is lost.",
    fix: "Set `postgresql.pointInTime.enabled: true`. Where the last dump is enough, add an exemption with the reason.",
    examine: archived,
  },
  {
    id: "GP161",
    title: "An archive has a store and base backups",
    severity: "error",
    reason:
      "The write-ahead log alone restores nothing: a recovery begins with a base backup. The operator does nothing for a Cluster whose store does not exist.",
    fix: "Add the ObjectStore that the Cluster names, and a ScheduledBackup of the Cluster with `method: plugin`.",
    examine: complete,
  },
];

/** The servers of CloudNativePG that are no copies. */
function clusters(plan: Plan): readonly PlannedObject[] {
  return inventoryOf(plan)
    .ofKind("Cluster")
    .filter(
      ({ apiVersion, manifest }) =>
        apiVersion.startsWith("postgresql.cnpg.io/") &&
        textMap(at(manifest, "metadata", "annotations"))[recoveredFrom] === undefined,
    );
}

/** The plugin to which a Cluster gives its write-ahead log; undefined: to none. */
function archiver({ manifest }: PlannedObject): unknown {
  return records(at(manifest, "spec", "plugins")).find(
    ({ enabled, isWALArchiver }) => isWALArchiver === true && enabled !== false,
  );
}

function archived(plan: Plan): Examination {
  const examination = new Examination();
  const { buckets, profile } = plan.settings;
  if (profile !== "prod" || buckets.kind === "none") return examination;
  for (const cluster of clusters(plan)) {
    examination.look(objectName(cluster));
    const own = at(cluster.manifest, "spec", "backup", "barmanObjectStore");
    if (archiver(cluster) === undefined && own === undefined)
      examination.find(objectName(cluster), "archives no write-ahead log");
  }
  return examination;
}

function complete(plan: Plan): Examination {
  const examination = new Examination();
  const { get, ofKind } = inventoryOf(plan);
  for (const cluster of clusters(plan)) {
    const plugin = archiver(cluster);
    const store = text(at(plugin, "parameters", "barmanObjectName"));
    if (store === undefined) continue;
    const { name, namespace } = cluster;
    examination.look(objectName(cluster));
    if (get("ObjectStore", namespace, store) === undefined)
      examination.find(objectName(cluster), `archives to the ObjectStore ${store}, which is not in the plan`);
    const isBase = ({ manifest, ...one }: PlannedObject) =>
      one.namespace === namespace &&
      at(manifest, "spec", "cluster", "name") === name &&
      at(manifest, "spec", "method") === "plugin" &&
      at(manifest, "spec", "suspend") !== true;
    if (!ofKind("ScheduledBackup").some(isBase))
      examination.find(objectName(cluster), "has no ScheduledBackup that makes base backups");
  }
  return examination;
}
