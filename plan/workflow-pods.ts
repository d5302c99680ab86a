import { mergeValues } from "../components/kit/merge.ts";
import { at, record, records, text, textMap } from "../components/kit/unknown.ts";
import type { Data } from "../components/kit/unknown.ts";
import type { PlannedObject, PlannedRelease } from "./objects.ts";
import { podTemplate } from "./pods.ts";
import type { PodTemplate } from "./pods.ts";

/** What the controller gives every workflow, from the values of its chart. */
export interface WorkflowDefaults {
  /** `spec` of a workflow. */
  readonly spec: Data;
  /** What a main container gets that says nothing else. */
  readonly container: Data;
}

/** The defaults of the stack's Argo Workflows; undefined: it has none. */
export function workflowDefaultsOf(releases: readonly PlannedRelease[]): WorkflowDefaults | undefined {
  const values = releases.find(({ chart }) => chart === "argo-workflows")?.values;
  if (values === undefined) return undefined;
  return {
    spec: record(at(values, "controller", "workflowDefaults", "spec")),
    container: record(values["mainContainer"]),
  };
}

/** The spec of the workflows that an object makes; undefined for an object of another kind. */
export function workflowSpec({ apiVersion, kind, manifest }: PlannedObject): Data | undefined {
  if (!apiVersion.startsWith("argoproj.io/")) return undefined;
  if (kind === "WorkflowTemplate" || kind === "Workflow") return record(manifest["spec"]);
  return kind === "CronWorkflow" ? record(at(manifest["spec"], "workflowSpec")) : undefined;
}

/** A pod that a template of an object makes, without the containers that Argo adds. */
export interface WorkflowPod {
  /** The name of the template. */
  readonly template: string;
  readonly pod: PodTemplate;
}

/**
 * The pods that an object's templates make. A template's fields replace those of the workflow, and those are merged with the defaults
 * (Argo Workflows 4.0, `createWorkflowPod` and `addSchedulingConstraints`).
 */
export function workflowPods(object: PlannedObject, defaults: WorkflowDefaults): WorkflowPod[] {
  const own = workflowSpec(object);
  if (own === undefined) return [];
  const spec = mergeValues(defaults.spec, own);
  const merged = (container: unknown) => mergeValues(defaults.container, { name: "main", ...record(container) });
  return records(own["templates"]).flatMap((template) => {
    const main = [template["container"], template["script"], ...records(at(template["containerSet"], "containers"))];
    const containers = main.filter((one) => one !== undefined).map(merged);
    if (containers.length === 0) return [];
    const nodeSelector = textMap(template["nodeSelector"]);
    const pod = podTemplate({
      kind: "Pod",
      metadata: { name: object.name, namespace: object.namespace },
      spec: {
        nodeSelector: Object.keys(nodeSelector).length > 0 ? nodeSelector : spec["nodeSelector"],
        serviceAccountName: template["serviceAccountName"] ?? spec["serviceAccountName"],
        securityContext: template["securityContext"] ?? spec["securityContext"],
        hostNetwork: spec["hostNetwork"],
        volumes: [...records(spec["volumes"]), ...records(template["volumes"])],
        initContainers: template["initContainers"],
        containers: [...containers, ...records(template["sidecars"])],
      },
    });
    return pod === undefined ? [] : [{ template: text(template["name"]) ?? "", pod }];
  });
}
