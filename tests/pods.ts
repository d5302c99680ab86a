import { podRules } from "../plan/pods.ts";
import type { PodTemplate } from "../plan/pods.ts";

/** What a pod template lacks: a rule's name, the container where it is one's, and what is wrong. */
export interface PodFinding {
  readonly rule: keyof typeof podRules;
  readonly where: string;
  readonly message: string;
}

/**
 * What is wrong with a pod template by rule 2 of the architecture: placed, with requests and limits, probes where it serves,
 * Pod Security `restricted`, an exact image tag, and a service-account token only where the pod says that it needs one.
 *
 * @param nodeSelector labels that every pod must select; empty for none
 */
export function podFindings(template: PodTemplate, nodeSelector: Readonly<Record<string, string>>): PodFinding[] {
  return (Object.keys(podRules) as PodFinding["rule"][]).flatMap((rule) =>
    podRules[rule](template, nodeSelector).map(({ message, container }) => ({
      rule,
      where: container === undefined ? template.owner : `${template.owner} container ${container}`,
      message,
    })),
  );
}
