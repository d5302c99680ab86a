import { tolerates } from "../../components/kit/tolerations.ts";
import { at, record, records, text, textMap } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { securityMessages } from "../pods.ts";
import type { PodSecurityLevel } from "../pod-security.ts";
import { workflowDefaultsOf, workflowPods, workflowSpec } from "../workflow-pods.ts";
import type { WorkflowDefaults } from "../workflow-pods.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";

/** Checks of Argo Workflows: of the pods that its templates make, and of those that stay away from them. */
export const workflowChecks: readonly Check[] = [
  {
    id: "GP155",
    title: "Pods of workflows run on the nodes for processing",
    severity: "error",
    reason: "The admission policy refuses pods that select other nodes: the workflow fails at that step.",
    fix: "Remove nodeSelector from the template, or add the labels of workflows.processing.nodeSelector to it.",
    examine: selectors,
  },
  {
    id: "GP156",
    title: "The platform's pods stay away from the nodes for processing",
    severity: "error",
    reason: "Nodes for processing come and go, and their pods leave no room: a database there stops with its node.",
    fix: "Select the platform's nodes (placement.nodeSelector) by a label that the others have with another value, or taint those.",
    examine: platformPods,
  },
  {
    id: "GP157",
    title: "Pods of workflows satisfy the Pod Security of their namespace",
    severity: "error",
    reason:
      "The API server rejects other pods: the workflow fails at that step. Argo's defaults apply to main containers only, not to sidecars and init containers.",
    fix: "Add the security context to the container, or set namespaces.NAME.podSecurity to the level that the pods need.",
    examine: podSecurity,
  },
  {
    id: "GP158",
    title: "What workflows refer to exists",
    severity: "warning",
    reason: "A workflow fails when it comes to a template or a service account that does not exist.",
    fix: "Add the WorkflowTemplate to the folder of workflows.templates, or correct the name. Accept the finding if people create the object.",
    examine: references,
  },
];

function workflowObjects(plan: Plan): { objects: readonly PlannedObject[]; defaults: WorkflowDefaults | undefined } {
  const objects = inventoryOf(plan).objects.filter((object) => workflowSpec(object) !== undefined);
  return { objects, defaults: workflowDefaultsOf(plan.releases) };
}

function selectors(plan: Plan): Examination {
  const examination = new Examination();
  const { defaults, objects } = workflowObjects(plan);
  if (defaults === undefined) return examination;
  const wanted = Object.entries(textMap(defaults.spec["nodeSelector"]));
  for (const object of objects) {
    examination.look(objectName(object));
    for (const { pod, template } of workflowPods(object, defaults)) {
      const missing = wanted.filter(([key, value]) => pod.spec.nodeSelector[key] !== value);
      if (missing.length > 0)
        examination.find(
          objectName(object),
          `selects other nodes in the template ${template}, without ${missing.map((label) => label.join("=")).join(", ")}`,
        );
    }
  }
  return examination;
}

function platformPods(plan: Plan): Examination {
  const examination = new Examination();
  const { spec = {} } = workflowDefaultsOf(plan.releases) ?? {};
  const labels = Object.entries(textMap(spec["nodeSelector"]));
  if (labels.length === 0) return examination;
  const taints = records(spec["tolerations"]).filter(({ key }) => key !== undefined);
  // What reads or serves every node runs on these as well.
  for (const pod of inventoryOf(plan).pods.filter(({ kind }) => kind !== "DaemonSet")) {
    const { nodeSelector } = pod.spec;
    examination.look(pod.owner);
    const apart = labels.some(([key, value]) => nodeSelector[key] !== undefined && nodeSelector[key] !== value);
    const kept = taints.some((taint) => !records(pod.spec["tolerations"]).some((one) => tolerates(one, taint)));
    if (!apart && !kept)
      examination.find(
        pod.owner,
        `can run on the nodes for processing: neither its node selector nor a taint excludes those with ${labels.map((label) => label.join("=")).join(", ")}`,
      );
  }
  return examination;
}

function podSecurity(plan: Plan): Examination {
  const examination = new Examination();
  const { defaults, objects } = workflowObjects(plan);
  if (defaults === undefined) return examination;
  const { namespaces } = inventoryOf(plan);
  for (const object of objects) {
    examination.look(objectName(object));
    const level = namespaces.get(object.namespace ?? "")?.["pod-security.kubernetes.io/enforce"] ?? "privileged";
    for (const { pod, template } of workflowPods(object, defaults))
      for (const { container, message } of securityMessages(pod, level as PodSecurityLevel))
        examination.find(objectName(object), `${message} in the template ${template}`, { container });
  }
  return examination;
}

function references(plan: Plan): Examination {
  const examination = new Examination();
  const { defaults, objects } = workflowObjects(plan);
  if (defaults === undefined) return examination;
  const { has } = inventoryOf(plan);
  for (const object of objects) {
    examination.look(objectName(object));
    const spec = record(workflowSpec(object));
    const accounts = [spec, ...records(spec["templates"])].flatMap((one) => text(one["serviceAccountName"]) ?? []);
    const missing = [
      ...[...new Set(templateRefs(spec))].map((name) => ["WorkflowTemplate", name] as const),
      ...[...new Set(accounts)].map((name) => ["ServiceAccount", name] as const),
      // A name may be a parameter.
    ].filter(([kind, name]) => !name.includes("{{") && !has(kind, object.namespace, name));
    for (const [kind, name] of missing)
      examination.find(objectName(object), `refers to the ${kind} ${name}, which is missing in the plan`);
  }
  return examination;
}

/** The WorkflowTemplates that a spec refers to, as a whole or by one of their templates. */
function templateRefs(spec: Data): string[] {
  const steps = records(spec["templates"]).flatMap(({ dag, steps: groups }) => [
    ...records(at(dag, "tasks")),
    ...(Array.isArray(groups) ? groups.flatMap((group) => records(group)) : []),
  ]);
  const refs = [spec["workflowTemplateRef"], ...steps.map(({ templateRef }) => templateRef)];
  return refs.filter((ref) => at(ref, "clusterScope") !== true).flatMap((ref) => text(at(ref, "name")) ?? []);
}
