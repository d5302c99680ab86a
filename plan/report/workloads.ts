import type { PodGroup } from "../../components/kit/ledger.ts";
import { parseBytes, parseCpu } from "../../components/kit/quantities.ts";
import { compare } from "../../components/kit/stable.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { podTemplate } from "../pods.ts";
import type { PodTemplate } from "../pods.ts";

/** A set of like pods: what the ledger says of it, and its pod template where an object of the plan holds it. */
export interface Workload extends PodGroup {
  readonly template?: PodTemplate;
}

/** A limit of all containers of a pod together: a number, that there is none, or that no object of the plan tells. */
export type Limit = number | "none" | "unknown";

/** The pods of a plan, by component, namespace and name. A chart's pods have no template where the chart was not rendered. */
export function workloads({ ledger, objects, rendered }: Pick<Plan, "ledger" | "objects" | "rendered">): Workload[] {
  const byNamespace = Map.groupBy([...objects, ...rendered], ({ namespace }) => namespace);
  return ledger.podGroups
    .map((group) => {
      const holder = byNamespace.get(group.namespace)?.find((object) => holds(object, group));
      const template = holder === undefined ? undefined : podTemplate(holder.manifest);
      return { ...group, template };
    })
    .sort((a, b) => compare(order(a), order(b)));
}

/** What the containers of one pod ask for: thousandths of a core, and bytes. */
export function requests({ containers }: PodGroup): { cpu: number; memory: number } {
  return {
    cpu: containers.reduce((total, { cpu }) => total + parseCpu(cpu), 0),
    memory: containers.reduce((total, { memory }) => total + parseBytes(memory), 0),
  };
}

/** What the containers of one pod may use at most: thousandths of a core, and bytes. */
export function limits({ template }: Workload): { cpu: Limit; memory: Limit } {
  const of = (resource: "cpu" | "memory", parse: (text: string) => number): Limit => {
    if (template === undefined) return "unknown";
    const values = template.spec.containers.map(({ resources }) => resources.limits[resource]);
    if (values.some((value) => typeof value !== "string" && typeof value !== "number")) return "none";
    try {
      return values.reduce<number>((total, value) => total + parse(String(value)), 0);
    } catch {
      // A chart may write quantities in forms that the settings do not allow, such as "1e9".
      return "unknown";
    }
  };
  return { cpu: of("cpu", parseCpu), memory: of("memory", parseBytes) };
}

/** Whether an object becomes the pods of a group. A Job's name ends in a hash of its content, a custom resource's kind is its own. */
function holds({ kind, name, manifest }: PlannedObject, group: PodGroup): boolean {
  if (group.kind === "Job") return kind === "Job" && (name === group.name || name.startsWith(`${group.name}-job-`));
  return name === group.name && (kind === group.kind || podTemplate(manifest)?.operated === true);
}

function order({ component, namespace, name, kind }: PodGroup): string {
  return [component, namespace, name, kind].join(" ");
}
