import type { Placement, Toleration } from "../../../components/kit/environment.ts";
import { tolerates } from "../../../components/kit/tolerations.ts";
import type { WorkflowObjects } from "../../../components/workflows/templates.ts";
import { processingNodes } from "../names.ts";
import { configKey } from "../path.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { unknownAuthority } from "./buckets.ts";
import { usedNamespaces } from "./reserved.ts";
import { lowLimit } from "./violation.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["workflows", ...rest];
const ofProcessing = (...rest: PropertyKey[]): Path => at("processing", ...rest);

/** What Argo Workflows needs, each at the setting that has to change. */
export function workflowsNeeds(settings: ParsedSettings): Violation[] {
  const { buckets, certificates, cluster, gateway, keycloak, postgresql, workflows } = settings;
  const relies = [at("enabled")];
  const missing = (path: Path, message: string, got: unknown, value: string | boolean, accepts: string): Violation => ({
    path,
    message: `Argo Workflows needs ${message}`,
    got: shown(got),
    accepts: `${accepts}, because workflows.enabled is true`,
    fix: { set: value },
    relies,
  });
  const off = (on: boolean, section: string, message: string): Violation[] =>
    on ? [] : [missing([section, "enabled"], message, false, true, "true")];
  const kinds = "s3, aws or embedded";
  const { objectStoreCa, processing, resources } = workflows;
  return [
    ...off(gateway.enabled, "gateway", "a gateway, at which users reach its server"),
    ...off(keycloak.enabled, "keycloak", "Keycloak, at which users log in"),
    ...off(postgresql.enabled, "postgresql", "PostgreSQL for its archive"),
    ...(buckets.kind === "none"
      ? [missing(["buckets", "kind"], "a bucket for artifacts and logs", "none", "embedded", kinds)]
      : []),
    ...(Number(cluster.version.split(".")[1]) < policyVersion
      ? [
          missing(
            ["cluster", "version"],
            "validating admission policies, which keep workflows on their nodes",
            cluster.version,
            `1.${policyVersion}`,
            `1.${policyVersion} or later`,
          ),
        ]
      : []),
    ...(objectStoreCa === "trust" ? unknownAuthority(at("objectStoreCa"), buckets, certificates) : []),
    ...lowLimit(at("resources", "controller"), resources.controller),
    ...lowLimit(at("resources", "server"), resources.server),
    ...lowLimit(ofProcessing("resources"), processing.resources),
  ];
}

/** The first minor version of Kubernetes that has ValidatingAdmissionPolicy v1 (Kubernetes, "Validating Admission Policy"). */
const policyVersion = 30;

/** Nodes for processing: the platform's pods must not fit on them, nor workflows on the platform's. */
export function workflowsNodes(settings: ParsedSettings): Violation[] {
  const { aws, cluster, placement, profile, workflows } = settings;
  const { processing } = workflows;
  const created = cluster.provider === "aws" && aws?.processing !== undefined;
  const path = ofProcessing("nodeSelector");
  const relies: Path[] = [["placement"], ["aws"], ofProcessing("tolerations")];
  if (processing.nodeSelector === undefined && !created)
    return [
      {
        path,
        message: "is required: without labels, workflows would run on any node",
        accepts: "labels of the nodes for processing",
        fix: { set: "processing", at: [...path, "node-group"] },
        relies: [
          ["aws", "processing"],
          ["cluster", "provider"],
        ],
      },
    ];
  // A single node runs everything.
  if (profile === "dev") return [];
  const nodes = processingNodes(settings);
  const got = shown(nodes.nodeSelector);
  if (includes(placement.nodeSelector, nodes.nodeSelector))
    return [
      {
        path,
        message: "the platform's nodes have these labels too: workflows would run there",
        got,
        accepts: "at least one label that placement.nodeSelector does not have",
        fix: { set: "processing", at: [...path, "node-group"] },
        relies,
      },
    ];
  if (excludes(placement.nodeSelector, nodes.nodeSelector) || isTainted(nodes, placement.tolerations)) return [];
  return [
    {
      path: ofProcessing("tolerations"),
      message: "nothing keeps the platform's pods away from the nodes for processing",
      got: shown(nodes.tolerations),
      accepts:
        "a taint of these nodes that placement.tolerations does not tolerate, or a label of placement.nodeSelector with another value",
      fix: "taint the nodes for processing, and write the taint here",
      relies: [...relies, path],
    },
  ];
}

type Labels = Readonly<Record<string, string>>;

/** Whether all nodes with the labels of one selector have those of another. */
function includes(selector: Labels, other: Labels): boolean {
  return Object.entries(other).every(([key, value]) => selector[key] === value);
}

/** Whether no node can have the labels of both: a label has one value. */
function excludes(selector: Labels, other: Labels): boolean {
  return Object.entries(other).some(([key, value]) => selector[key] !== undefined && selector[key] !== value);
}

/** Whether the nodes have a taint that others do not tolerate. */
function isTainted({ tolerations }: Placement, others: readonly Toleration[]): boolean {
  return tolerations.some(
    (taint) =>
      taint.key !== undefined &&
      taint.effect !== "PreferNoSchedule" &&
      !others.some((other) => tolerates(other, taint)),
  );
}

/** The namespaces of Argo Workflows: the admission policy refuses pods of others. */
export function workflowsNamespaces(settings: ParsedSettings): Violation[] {
  const { namespaces, workflows } = settings;
  const { namespace, processing } = workflows;
  const path = ofProcessing("namespace");
  // Databases, clients and certificates in the namespace are for workflows.
  const others = usedNamespaces(settings).filter(
    ({ name, path: where }) =>
      name === processing.namespace &&
      !["namespaces", "workflows"].includes(String(where[0])) &&
      (where.length === 2 || where[0] === "applications" || where[0] === "worldcereal"),
  );
  const bounded = (["quota", "limitRange"] as const).filter(
    (name) => namespaces[processing.namespace]?.[name] !== undefined,
  );
  const control = at("namespace");
  return [
    ...(namespace === processing.namespace
      ? [
          {
            path: control,
            message: "workflows have this namespace: who may submit one could change the controller",
            got: shown(namespace),
            accepts: `a namespace that is not ${configKey(path)}`,
            fix: { set: processing.namespace === "argo-system" ? "argo" : "argo-system" },
            relies: [path],
          },
        ]
      : []),
    ...others.map(({ path: where }) => ({
      path: where,
      message: "this namespace is for workflows only, and refuses other pods",
      got: shown(processing.namespace),
      accepts: `a namespace that is not ${configKey(path)}`,
      fix: "use another namespace",
      relies: [path],
    })),
    ...bounded.map((name) => ({
      path: ["namespaces", processing.namespace, name],
      message: `${configKey(ofProcessing(name === "quota" ? "quota" : "resources"))} sets this for the namespace of workflows`,
      got: shown(namespaces[processing.namespace]?.[name]),
      accepts: "no value",
      fix: { remove: ["namespaces", processing.namespace, name] },
      relies: [path],
    })),
  ];
}

/** The folder of templates. `found` is undefined if it cannot be read. */
export function workflowTemplates({ workflows }: ParsedSettings, found: WorkflowObjects | undefined): Violation[] {
  const { enabled, templates } = workflows;
  if (!enabled || templates === undefined) return [];
  const violation = (message: string, fix: string): Violation[] => [
    {
      path: at("templates"),
      message,
      got: shown(templates),
      accepts: "a folder with WorkflowTemplates and CronWorkflows in files that end in .yaml",
      fix,
      relies: [ofProcessing("namespace")],
    },
  ];
  if (found === undefined) return violation("the folder does not exist", "create the folder, or correct the path");
  const { objects, problems } = found;
  if (objects.length + problems.length === 0)
    return violation("the folder contains no file that ends in .yaml", "add a template");
  if (problems.length === 0) return [];
  return violation(
    problems.map(({ file, message }) => `${templates}/${file} ${message}`).join("; "),
    "correct the files",
  );
}
