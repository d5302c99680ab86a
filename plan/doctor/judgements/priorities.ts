import { answered, listed, notKnown } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import type { Live } from "../probes/kubectl.ts";

const check = "priority-classes";
const area = "cluster";

/** Whether the cluster has the priority classes that the settings name: the API server rejects pods of others. */
export function judgePriorities(
  classes: Answer<readonly Live[]>,
  { kubectl, priorityClasses }: Pick<Needs, "kubectl" | "priorityClasses">,
): Diagnosis[] {
  if (priorityClasses.length === 0) return [];
  if (!answered(classes)) return [notKnown(check, area, "the priority classes", classes.why)];
  const present = classes.got.map(({ metadata }) => metadata.name);
  const missing = priorityClasses.filter((name) => !present.includes(name));
  if (missing.length === 0)
    return [{ check, area, level: "ok", found: `the cluster has the priority class ${listed(priorityClasses)}` }];
  return [
    {
      check,
      area,
      level: "fail",
      found: `the cluster has no priority class ${listed(missing)}${present.length === 0 ? "" : `; it has ${listed(present)}`}`,
      needed: "each class that the settings name",
      fix: "create the class, or correct groundplan:namespaces.NAME.pods.priorityClassName",
      commands: [`${kubectl} get priorityclasses`],
    },
  ];
}
