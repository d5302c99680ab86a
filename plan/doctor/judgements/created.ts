import { counted, listed } from "../diagnosis.ts";
import type { Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import { exists, fullName } from "../probes/inventory.ts";
import type { Inventory } from "../probes/inventory.ts";
import type { KnownStack } from "../probes/state.ts";
import { recordName } from "./leftovers.ts";
import type { HelmRecord } from "./leftovers.ts";

type Asked = Pick<Needs, "stack" | "kubectl">;

/** What an interrupted run created in the cluster and could not save in the state. */
export function judgeCreated(
  known: KnownStack,
  inventory: Inventory,
  records: readonly HelmRecord[],
  asked: Asked,
): Diagnosis[] {
  return [...judgeInstalled(known, records, asked), ...judgeObjects(known, inventory, asked)];
}

/** Releases that a plugin finished after its run was killed: Helm has a record, the state does not. */
function judgeInstalled({ pending, releases }: KnownStack, records: readonly HelmRecord[], asked: Asked): Diagnosis[] {
  const full = ({ namespace, name }: { namespace: string; name: string }) => `${namespace}/${name}`;
  const inState = new Set(releases.map(full));
  const lost = pending
    .flatMap(({ operation, release }) => (operation === "creating" && release !== undefined ? [full(release)] : []))
    .filter((release) => !inState.has(release))
    .flatMap((release) => records.filter((one) => one.status === "deployed" && recordName(one) === release));
  if (lost.length === 0) return [];
  return [
    {
      check: "installed-releases",
      area: "leftovers",
      level: "fail",
      found: `${counted(lost.length, "release")} of the interrupted run was installed and is not in the state: ${listed(lost.map(recordName))}`,
      needed: "no record of Helm: up fails with `cannot re-use a name that is still in use`",
      fix: "delete the record, then run up: Helm adopts the existing objects, and no pod restarts",
      commands: [
        ...lost.map(({ namespace, secret }) => `${asked.kubectl} delete secret ${secret} -n ${namespace}`),
        `npx pulumi up --stack ${asked.stack}`,
      ],
    },
  ];
}

/** Objects that were created before the run could save them in the state. */
function judgeObjects({ pending, objects }: KnownStack, inventory: Inventory, { stack }: Asked): Diagnosis[] {
  const inState = new Set(objects.map(fullName));
  const lost = pending
    .flatMap(({ operation, object }) => (operation === "creating" && object !== undefined ? [object] : []))
    .filter((object) => !inState.has(fullName(object)) && exists(object, inventory) === true);
  if (lost.length === 0) return [];
  return [
    {
      check: "created-objects",
      area: "leftovers",
      level: "fail",
      found: `${counted(lost.length, "object")} of the interrupted run was created and is not in the state: ${listed(lost.map(fullName))}`,
      needed: "Pulumi's permission to adopt: up fails with `already exists`",
      fix: "run up with this variable, which adopts existing objects; the next up without it updates one provider",
      commands: [`PULUMI_K8S_UPSERT_EXISTING_OBJECTS=true npx pulumi up --stack ${stack}`],
    },
  ];
}
