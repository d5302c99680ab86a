import { priorities } from "../../../components/kit/priority.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import type { Violation } from "./violation.ts";

/** The classes of a stack, as `priorityClass` names them. */
const ofStack = /^groundplan-.+-(nodes|platform|applications)(-[0-9a-f]{8})?$/;

/**
 * Classes of a stack for the pods of a namespace. Those of the platform and of every node are for pods that others need, which have
 * them already; workflows have a priority below that of applications, which an admission policy enforces.
 */
export function podPriorities({ namespaces, workflows }: ParsedSettings): Violation[] {
  return Object.entries(namespaces).flatMap(([name, { pods }]): Violation[] => {
    const [given, priority] = ofStack.exec(pods.priorityClassName ?? "") ?? [];
    const ofWorkflows = workflows.enabled && workflows.processing.namespace === name;
    if (given === undefined || (priority === "applications" && !ofWorkflows)) return [];
    const path = ["namespaces", name, "pods", "priorityClassName"];
    const violation = (message: string, accepts: string): Violation[] => [
      { path, message, got: shown(given), accepts, fix: { remove: path }, relies: [["workflows"]] },
    ];
    return ofWorkflows
      ? violation(
          "an admission policy refuses workflows with this class, because they must not displace other pods",
          `a PriorityClass of your own with a value below ${priorities.applications.value}`,
        )
      : violation(
          "this class is only for pods that the platform depends on, which have it already",
          "a PriorityClass of your own, or groundplan-STACK-applications",
        );
  });
}
