import { compare } from "../../../components/kit/stable.ts";
import { answered, counted, listed, notKnown } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import { exists, fullName } from "../probes/inventory.ts";
import type { Inventory } from "../probes/inventory.ts";
import type { Row } from "../probes/kubectl.ts";
import type { StateObject } from "../probes/state-objects.ts";
import type { KnownStack } from "../probes/state.ts";
import { judgeCreated } from "./created.ts";
import { changedFields, fieldsByHand } from "./fields.ts";
import { helmRecords, recordName } from "./leftovers.ts";
import type { HelmRecord } from "./leftovers.ts";

type Asked = Pick<Needs, "stack" | "kubectl" | "helm">;

/** The state compared with the cluster: what an interrupted run created, what is missing, and what was changed by hand. */
export function judgeDrift(
  known: KnownStack,
  inventory: Inventory,
  rows: Answer<readonly Row[]>,
  asked: Asked,
): readonly Diagnosis[] {
  const records = answered(rows) ? helmRecords(rows.got) : [];
  const diagnoses = [
    ...judgeCreated(known, inventory, records, asked),
    ...judgeMissing(known, inventory, rows, asked),
    ...judgeChanged(known, inventory, records, asked),
  ];
  if (diagnoses.length > 0 || known.objects.length === 0) return diagnoses;
  const found = `the cluster has all ${counted(known.objects.length, "object")} of the state`;
  return [{ check: "drift", area: "drift", level: "ok", found }];
}

/** Objects of the state that are not in the cluster. If there is none at all, the cluster is another one. */
function judgeMissing(
  { objects, releases, pending }: KnownStack,
  inventory: Inventory,
  rows: Answer<readonly Row[]>,
  { stack, helm }: Asked,
): Diagnosis[] {
  const check = "missing-objects";
  const area = "drift";
  const unknown = [...inventory.names].flatMap(([kind, names]) => (answered(names) ? [] : [{ kind, why: names.why }]));
  const [first] = unknown;
  const unlisted =
    first === undefined ? [] : [notKnown(check, area, listed(unknown.map(({ kind }) => kind)), first.why)];
  // An interrupted deletion is finished by the next run.
  const going = new Set(
    pending.flatMap(({ operation, object }) => (operation === "deleting" && object ? [fullName(object)] : [])),
  );
  const compared = objects.filter((object) => exists(object, inventory) !== undefined && !going.has(fullName(object)));
  const missing = compared.filter((object) => exists(object, inventory) === false);
  if (missing.length === 0) return unlisted;
  if (missing.length === compared.length) {
    return [
      {
        check: "lost-cluster",
        area,
        level: "fail",
        found: `the state has ${counted(compared.length, "object")}, and none of them is in this cluster`,
        needed:
          "the cluster of this state. A plain up compares with the state only: it prints `unchanged` and creates nothing",
        fix: "correct groundplan:cluster.context if this is another cluster. If the cluster was lost, list its volumes in the settings first (docs/recovery.md, A lost cluster), then recreate everything, with the same passwords",
        commands: [`npx pulumi up --refresh --stack ${stack}`],
      },
      ...unlisted,
    ];
  }
  const own = missing.filter(({ release }) => release === undefined);
  const ofCharts = missing.filter(({ release }) => release !== undefined);
  const records = answered(rows) ? helmRecords(rows.got) : [];
  const recorded = new Set(records.map(recordName));
  const gone = releases.map(({ namespace, name }) => `${namespace}/${name}`).filter((one) => !recorded.has(one));
  const rollbacks = rolledBack(ofCharts, records, helm);
  return [
    ...unlisted,
    ...(own.length === 0
      ? []
      : [
          {
            check,
            area,
            level: "warn",
            found: `${counted(own.length, "object")} of the state is missing in the cluster: ${listed(own.map(fullName))}`,
            fix: "recreate with --refresh: a plain up compares with the state only and does not notice it",
            commands: [`npx pulumi up --refresh --stack ${stack}`],
          } as const,
        ]),
    ...(ofCharts.length === 0
      ? []
      : [
          {
            check,
            area,
            level: "warn",
            found: `${counted(ofCharts.length, "object")} of Helm releases is missing in the cluster: ${listed(ofCharts.map(fullName))}`,
            fix: "apply the release's current revision again: Pulumi compares its values, not its objects",
            commands: [
              ...rollbacks,
              ...(answered(rows) && gone.length > 0 ? [`npx pulumi up --refresh --stack ${stack}`] : []),
            ],
          } as const,
        ]),
  ];
}

/** Fields of existing objects that another program set. */
function judgeChanged(
  { objects }: KnownStack,
  { managed }: Inventory,
  records: readonly HelmRecord[],
  { stack, helm }: Asked,
): Diagnosis[] {
  const live = new Map(
    [...managed].flatMap(([kind, list]) =>
      list.map((one) => [fullName({ kind, namespace: one.metadata.namespace, name: one.metadata.name }), one] as const),
    ),
  );
  const changed = objects.flatMap((object) => {
    const found = live.get(fullName(object));
    if (found === undefined) return [];
    const fields = object.release === undefined ? changedFields(object.inputs, found) : fieldsByHand(found);
    return fields.length === 0 ? [] : [{ object, fields }];
  });
  const said = (some: typeof changed) =>
    listed(
      some.map(({ object, fields }) => {
        const managers = [...new Set(fields.map(({ manager }) => manager))].join(", ");
        return `${fullName(object)} ${listed(
          fields.map(({ path }) => path),
          3,
        )} (${managers})`;
      }),
    );
  const own = changed.filter(({ object }) => object.release === undefined);
  const ofCharts = changed.filter(({ object }) => object.release !== undefined);
  const base = { check: "changed-objects", area: "drift", level: "warn" } as const;
  return [
    ...(own.length === 0
      ? []
      : [
          {
            ...base,
            found: `another program changed ${counted(own.length, "object")}: ${said(own)}`,
            fix: "keep the change by writing it to the settings; or stop that program, and restore. Without the variable, up --refresh fails with a field conflict",
            commands: [`PULUMI_K8S_ENABLE_PATCH_FORCE=true npx pulumi up --refresh --stack ${stack}`],
          },
        ]),
    ...(ofCharts.length === 0
      ? []
      : [
          {
            ...base,
            found: `kubectl changed ${counted(ofCharts.length, "object")} of Helm releases: ${said(ofCharts)}`,
            fix: "keep the change by writing it to the settings; or apply the release's current revision again",
            commands: rolledBack(
              ofCharts.map(({ object }) => object),
              records,
              helm,
            ),
          },
        ]),
  ];
}

/** The commands that apply the current revisions of the releases of objects. */
function rolledBack(objects: readonly StateObject[], records: readonly HelmRecord[], helm: string): string[] {
  const releases = [...new Set(objects.flatMap(({ release }) => release ?? []))].sort(compare);
  return releases.flatMap((release) => {
    const deployed = records.filter((one) => recordName(one) === release && one.status === "deployed");
    const [last] = deployed.toSorted((a, b) => b.revision - a.revision);
    if (last === undefined) return [];
    return [`${helm} rollback ${last.release} ${last.revision} -n ${last.namespace} --wait`];
  });
}
