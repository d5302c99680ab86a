import { at, record, records } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import { selects } from "./inventory.ts";
import type { Pod } from "./inventory.ts";

/**
 * How a pod's replicas are kept apart by a label of nodes: strictly, as far as possible, or not at all. A constraint whose selector does
 * not select the pod itself has no effect on it.
 */
export function spreading(pod: Pod, topologyKey: string): "required" | "preferred" | undefined {
  const own = (one: unknown) => keeps(pod, topologyKey, record(one));
  const constraints = records(pod.spec["topologySpreadConstraints"]).filter(own);
  const weighted = at(pod.spec, "affinity", "podAntiAffinity", "preferredDuringSchedulingIgnoredDuringExecution");
  const preferred = records(weighted).filter(({ podAffinityTerm }) => own(podAffinityTerm));
  // `DoNotSchedule` is the default (Kubernetes API, "TopologySpreadConstraint").
  const strict = constraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable !== "ScheduleAnyway");
  if (strict.length > 0 || neverTogether(pod, topologyKey)) return "required";
  return constraints.length + preferred.length > 0 ? "preferred" : undefined;
}

/** Whether no two replicas may run in one place of a label of nodes: a spread constraint permits more once every place has one. */
export function neverTogether(pod: Pod, topologyKey: string): boolean {
  const antiAffinity = at(pod.spec, "affinity", "podAntiAffinity");
  return records(at(antiAffinity, "requiredDuringSchedulingIgnoredDuringExecution")).some((term) =>
    keeps(pod, topologyKey, term),
  );
}

/** Whether a constraint or a term is about the label of nodes and the pod itself. */
function keeps({ labels }: Pod, topologyKey: string, { topologyKey: key, labelSelector }: Data): boolean {
  return key === topologyKey && labelSelector !== undefined && selects(labelSelector, labels);
}
