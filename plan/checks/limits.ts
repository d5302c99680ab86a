import { isRecord } from "../../components/kit/unknown.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import type { Plan } from "../plan.ts";

/** Checks of the API server's limits of names, labels, annotations and sizes. */
export const limitChecks: readonly Check[] = [
  {
    id: "GP099",
    title: "Names, labels and sizes are within the API's limits",
    severity: "error",
    reason: "The API server rejects the object, and the update stops halfway.",
    fix: "Shorten what the message names: a host, a namespace, or another name in the settings.",
    examine: limits,
  },
];

function limits(plan: Plan): Examination {
  const examination = new Examination();
  for (const object of inventoryOf(plan).objects) {
    examination.look(objectName(object));
    for (const message of limitProblems(object.manifest)) examination.find(objectName(object), message);
  }
  return examination;
}

type Form = readonly [form: RegExp, max: number, what: string];

/*
 * Source of the forms and lengths: kubernetes/kubernetes, staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go
 * (`IsDNS1123Label`, `IsDNS1123Subdomain`, `IsDNS1035Label`, `IsValidLabelValue`, `IsQualifiedName`, `IsValidPortName`).
 */
const dnsLabel: Form = [/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 63, "a DNS label"];
const dns1035Label: Form = [/^[a-z]([a-z0-9-]*[a-z0-9])?$/, 63, "a DNS label that starts with a letter"];
const subdomain: Form = [
  /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
  253,
  "a DNS subdomain in lower case",
];
const qualified: Form = [/^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/, 63, "letters, digits, '-', '_' and '.'"];
const portName: Form = [/^(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 15, "a port name"];
/** Names of RBAC objects: any path segment (`ValidatePathSegmentName`). */
const segment: Form = [/^(?!\.{1,2}$)[^/%]+$/, 253, "a path segment"];

/** The form of a kind's name, where it is not a subdomain (`ValidateXName` of each kind in pkg/apis). */
const nameForms: Readonly<Record<string, Form>> = {
  Namespace: dnsLabel,
  Service: dns1035Label,
  Job: dnsLabel,
  // The Jobs of a CronJob add eleven characters (pkg/apis/batch/validation, `ValidateCronJob`).
  CronJob: [dnsLabel[0], 52, dnsLabel[2]],
  // The pods of a StatefulSet are labelled with their name and revision (pkg/apis/apps/validation, `ValidateStatefulSetName`).
  StatefulSet: [dnsLabel[0], 52, dnsLabel[2]],
  ClusterRole: segment,
  ClusterRoleBinding: segment,
  Role: segment,
  RoleBinding: segment,
};

/** Bytes of all annotations of an object (pkg/api/validation, `TotalAnnotationSizeLimitB`). */
const maxAnnotations = 256 * 1024;
/** Bytes of the data of a Secret or ConfigMap (pkg/apis/core/types.go, `MaxSecretSize`). */
const maxData = 1024 * 1024;

/** What the API server rejects of an object: one sentence for each problem. */
export function limitProblems(manifest: Readonly<Record<string, unknown>>): string[] {
  const kind = String(manifest["kind"]);
  const metadata = recordOf(manifest["metadata"]);
  const problems = [
    ...formProblem("name", metadata["name"], nameForms[kind] ?? subdomain),
    ...formProblem("namespace", metadata["namespace"], dnsLabel),
    ...inner(manifest, kind, []),
  ];
  const data = ["data", "stringData", "binaryData"].reduce((sum, key) => sum + bytesOf(recordOf(manifest[key])), 0);
  if ((kind === "ConfigMap" || kind === "Secret") && data > maxData)
    problems.push(`has ${data} bytes of data, but at most ${maxData} are accepted`);
  return [...new Set(problems)];
}

/** Labels, annotations, selectors and ports at any depth. */
function inner(value: unknown, kind: string, path: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => inner(one, kind, path));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, one]): string[] => {
    const here = [...path, key];
    const where = here.join(".");
    if (key === "labels" && path.at(-1) === "metadata") return labelProblems(where, one);
    if (key === "matchLabels" || (key === "selector" && kind === "Service")) return labelProblems(where, one);
    if (key === "annotations" && path.at(-1) === "metadata") return annotationProblems(where, one);
    if (key === "ports" && ["Service", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"].includes(kind))
      return (Array.isArray(one) ? one : []).flatMap((port) =>
        formProblem(`${where}[].name`, recordOf(port)["name"], kind === "Service" ? dnsLabel : portName),
      );
    // Data has no structure of the API's.
    return ["data", "stringData", "binaryData"].includes(where) ? [] : inner(one, kind, here);
  });
}

function labelProblems(where: string, labels: unknown): string[] {
  return Object.entries(recordOf(labels)).flatMap(([key, value]) => [
    ...keyProblems(where, key),
    ...(value === "" ? [] : formProblem(`label ${key} in ${where}`, value, qualified)),
  ]);
}

function annotationProblems(where: string, annotations: unknown): string[] {
  const record = recordOf(annotations);
  const size = bytesOf(record);
  return [
    ...Object.keys(record).flatMap((key) => keyProblems(where, key)),
    ...(size > maxAnnotations
      ? [`has ${size} bytes of annotations in ${where}, but at most ${maxAnnotations} are accepted`]
      : []),
  ];
}

/** A key of a label or annotation: a name, after a prefix and a slash or alone. */
function keyProblems(where: string, key: string): string[] {
  const [name = "", prefix] = key.split("/").reverse();
  return [
    ...formProblem(`key ${key} in ${where}`, name, qualified),
    ...formProblem(`key ${key} in ${where}`, prefix?.toLowerCase(), subdomain),
  ];
}

function formProblem(what: string, value: unknown, [form, max, accepted]: Form): string[] {
  if (typeof value !== "string") return [];
  if (value.length > max)
    return [`has a ${what} of ${value.length} characters, but at most ${max} are accepted: ${value}`];
  return form.test(value) ? [] : [`has a ${what} that is not ${accepted}: ${value}`];
}

function bytesOf(record: Readonly<Record<string, unknown>>): number {
  return Object.entries(record).reduce(
    (sum, [key, value]) => sum + key.length + (typeof value === "string" ? Buffer.byteLength(value) : 0),
    0,
  );
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
