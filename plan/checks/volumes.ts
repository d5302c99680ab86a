import { formatBytes } from "../../components/kit/quantities.ts";
import { at, text } from "../../components/kit/unknown.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import { replicaNames } from "./claims.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import { bytes } from "./look.ts";

/** The check of existing volumes against the claims that they are kept for. */
export const volumeChecks: readonly Check[] = [
  {
    id: "GP109",
    title: "Existing volumes fit their claims",
    severity: "error",
    reason:
      "A claim is bound to the volume that is kept for it only if the class is the same and the volume is large enough. Otherwise its pods stay pending.",
    fix: "Set the class and the size of storage.volumes to those of the claim.",
    examine: volumes,
  },
];

interface Claim {
  readonly storageClass?: string;
  readonly size?: number;
}

function volumes(plan: Plan): Examination {
  const examination = new Examination();
  const { ofKind } = inventoryOf(plan);
  const claims = claimsOf(plan);
  const defaults = ofKind("StorageClass").filter(
    ({ manifest }) => at(manifest, "metadata", "annotations", "storageclass.kubernetes.io/is-default-class") === "true",
  );
  for (const volume of ofKind("PersistentVolume")) {
    const spec = volume.manifest["spec"];
    const id = `${text(at(spec, "claimRef", "namespace"))}/${text(at(spec, "claimRef", "name"))}`;
    const claim = claims.get(id);
    // A claim that the plan does not have may be one of an application of the user's own.
    if (claim === undefined) continue;
    examination.look(objectName(volume));
    const own = text(at(spec, "storageClassName")) ?? "";
    // Without a default class in the plan, the cluster's own is unknown.
    const wanted = claim.storageClass ?? defaults[0]?.name;
    if (wanted !== undefined && own !== wanted)
      examination.find(
        objectName(volume),
        `has ${own === "" ? "no storage class" : `the storage class ${own}`}, but the claim ${id} requests ${wanted}`,
      );
    const size = bytes(at(spec, "capacity", "storage"));
    if (size !== undefined && claim.size !== undefined && size < claim.size)
      examination.find(
        objectName(volume),
        `has ${formatBytes(size)}, but the claim ${id} requests ${formatBytes(claim.size)}`,
      );
  }
  return examination;
}

/** The claims of the plan by `namespace/name`: those of StatefulSets are `TEMPLATE-POD` (Kubernetes, "StatefulSets", "Stable Storage"). */
function claimsOf(plan: Plan): Map<string, Claim> {
  const ofSets = plan.ledger.podGroups.flatMap(({ claims = [], kind, name, namespace, replicas }) =>
    kind !== "StatefulSet"
      ? []
      : claims.flatMap((claim) =>
          replicaNames(`${namespace}/${claim.name}-${name}`, replicas).map((id): [string, Claim] => [
            id,
            { storageClass: claim.storageClass, size: bytes(claim.size) },
          ]),
        ),
  );
  const single = inventoryOf(plan)
    .ofKind("PersistentVolumeClaim")
    .map(({ manifest, name, namespace = "" }): [string, Claim] => [
      `${namespace}/${name}`,
      {
        storageClass: text(at(manifest, "spec", "storageClassName")),
        size: bytes(at(manifest, "spec", "resources", "requests", "storage")),
      },
    ]);
  return new Map([...ofSets, ...single]);
}
