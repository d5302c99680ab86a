import { at, records, text } from "../../components/kit/unknown.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { brings, imagesOf } from "./software.ts";
import type { Software } from "./software.ts";

/** Programs that keep RocksDB on a claim. */
const withRocksDb: readonly Software[] = ["Conduit", "tuwunel"];

/** The check of databases on NFS. */
export const networkStorageChecks: readonly Check[] = [
  {
    id: "GP126",
    title: "RocksDB is not on NFS",
    severity: "warning",
    reason:
      "On NFS, RocksDB depends on the server's locks and flushes: an unclean restart of the server can damage the database.",
    fix: "Use a class of block storage or of local disks. Otherwise accept the finding, and back up the database regularly.",
    examine: rocksDbOnNfs,
  },
];

function rocksDbOnNfs(plan: Plan): Examination {
  const examination = new Examination();
  const images = imagesOf(plan).filter((image) => image.run);
  for (const pod of inventoryOf(plan).pods) {
    examination.look(pod.owner);
    const own = images.filter((image) => image.pod === pod);
    const software = withRocksDb.find((one) => own.some((image) => brings(image, one)));
    if (software === undefined) continue;
    for (const name of classesOf(plan, pod).filter((one) => isNfs(plan, one)))
      examination.find(pod.owner, `${software} has its database on the class ${name}, which is NFS`);
  }
  return examination;
}

/** The storage classes of the claims that a pod mounts. */
function classesOf(plan: Plan, pod: Pod): string[] {
  const { get, ofKind } = inventoryOf(plan);
  const mounted = records(pod.spec["volumes"]).flatMap((volume) => {
    const name = text(at(volume, "persistentVolumeClaim", "claimName"));
    const claim = name === undefined ? undefined : get("PersistentVolumeClaim", pod.namespace, name);
    return claim === undefined ? [] : [claim.manifest];
  });
  const standard = ofKind("StorageClass").find(
    ({ manifest }) => at(manifest, "metadata", "annotations", "storageclass.kubernetes.io/is-default-class") === "true",
  );
  const names = [...mounted, ...pod.claims].flatMap(
    (claim) => text(at(claim, "spec", "storageClassName")) ?? standard?.name ?? [],
  );
  return [...new Set(names)];
}

/** Whether a class is NFS, as far as its name or the name of its driver tells. */
function isNfs(plan: Plan, name: string): boolean {
  const driver = text(inventoryOf(plan).get("StorageClass", undefined, name)?.manifest["provisioner"]);
  return [name, driver ?? ""].some((one) => /(^|[^a-z])nfs/.test(one));
}
