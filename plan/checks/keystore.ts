import { at, text } from "../../components/kit/unknown.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import { groupNames } from "./claims.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";

/** The credential in the ledger whose number is that of midPoint's keys. */
const keys = "midpoint-keys";

/** The check of midPoint's keystore against existing data. */
export const keystoreChecks: readonly Check[] = [
  {
    id: "GP144",
    title: "Existing data of midPoint has its old keys",
    severity: "warning",
    reason:
      "With a new key, midPoint cannot decrypt passwords in an old database. The plan sees old data only on existing volumes, not on an external database server: the doctor looks in the cluster.",
    fix: "Import the keys of the old keystore (docs/midpoint.md). If this stack's state contains the keys, or the volumes contain no data of midPoint, accept the finding with an exemption.",
    examine: newKeys,
  },
];

/** The keystore whose first key this stack generates. */
export interface GeneratedKeystore {
  readonly namespace: string;
  readonly name: string;
  /** Claims of midPoint's nodes and of the stack's PostgreSQL, as `namespace/name`. */
  readonly claims: { readonly nodes: readonly string[]; readonly database: readonly string[] };
}

/** The keystore of a plan, if its first key is not imported. */
export function generatedKeystore({ ledger }: Plan): GeneratedKeystore | undefined {
  const [entry, ...others] = ledger.credentials.filter(({ name }) => name === keys);
  const [place] = entry?.secrets ?? [];
  if (entry?.imported === true || place === undefined || others.length > 0) return undefined;
  const claims = (component: string) =>
    ledger.podGroups
      .filter((group) => group.component === component)
      .flatMap((group) => groupNames(group).map((name) => `${group.namespace}/${name}`))
      .sort();
  return { ...place, claims: { nodes: claims("midpoint"), database: claims("postgres") } };
}

function newKeys(plan: Plan): Examination {
  const examination = new Examination();
  const keystore = generatedKeystore(plan);
  if (keystore === undefined) return examination;
  const object = `Secret ${keystore.namespace}/${keystore.name}`;
  const { database, nodes } = keystore.claims;
  for (const volume of inventoryOf(plan).ofKind("PersistentVolume")) {
    const claim = ["namespace", "name"].map((key) => text(at(volume.manifest, "spec", "claimRef", key))).join("/");
    const holds = nodes.includes(claim) ? "midPoint" : database.includes(claim) ? "PostgreSQL" : undefined;
    examination.look(object);
    if (holds !== undefined)
      examination.find(object, `has a new key, but ${objectName(volume)} contains old data of ${holds}`);
  }
  return examination;
}
