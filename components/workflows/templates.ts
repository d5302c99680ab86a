import { createRequire } from "node:module";
import type * as Yaml from "js-yaml";
import { maxNameLength } from "../kit/names.ts";
import { compare } from "../kit/stable.ts";
import { at, isRecord, record, records, text, textMap } from "../kit/unknown.ts";
import type { Data } from "../kit/unknown.ts";

/** A file of the folder of templates. */
export interface TemplateFile {
  readonly name: string;
  readonly text: string;
}

/** The kinds that a folder may contain. A Workflow would run once, and its name could not be used again. */
export const templateKinds = ["WorkflowTemplate", "CronWorkflow"] as const;

/** An object of a file. */
export interface WorkflowObject {
  readonly kind: (typeof templateKinds)[number];
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Data;
}

/** What is wrong with a file. */
export interface TemplateProblem {
  readonly file: string;
  readonly message: string;
}

const apiVersion = "argoproj.io/v1alpha1";

/** A name of which Argo makes labels and names of pods. */
const nameForm = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** The longest name of a kind: Argo appends a time to that of a CronWorkflow (Argo Workflows, `validate.go`). */
const longest = { WorkflowTemplate: maxNameLength, CronWorkflow: 52 } as const;

/** The kinds of a template's work, of which each has one (Argo Workflows 4.0, fields of `Template`). */
const works = ["container", "containerSet", "dag", "data", "http", "plugin", "resource", "script", "steps", "suspend"];

/** The objects of a folder, and what is wrong with its files: one that contains no object is a problem. */
export interface WorkflowObjects {
  readonly objects: readonly WorkflowObject[];
  readonly problems: readonly TemplateProblem[];
}

/**
 * The objects in the files of a folder, ordered by kind and name, and what is wrong with them. The definitions that the chart installs
 * accept any content of `spec`, so that Argo would only report these mistakes when a workflow is submitted.
 *
 * @param namespace of workflows: a file may name it, and no other
 */
export function workflowObjects(files: readonly TemplateFile[], namespace: string): WorkflowObjects {
  const objects: WorkflowObject[] = [];
  const problems: TemplateProblem[] = [];
  const first = new Map<string, string>();
  for (const file of files) {
    const say = (message: string) => problems.push({ file: file.name, message });
    const documents = parsed(file.text);
    if (typeof documents === "string") say(documents);
    else if (documents.length === 0) say("contains no object");
    else
      for (const document of documents) {
        const { messages, object } = examined(document, namespace);
        messages.forEach(say);
        if (object === undefined) continue;
        const id = `${object.kind} ${object.name}`;
        const other = first.get(id);
        if (other !== undefined) say(`contains ${id}, as ${other === file.name ? "the same file" : other} does`);
        first.set(id, file.name);
        objects.push(object);
      }
  }
  return { objects: objects.sort((a, b) => compare(`${a.kind} ${a.name}`, `${b.kind} ${b.name}`)), problems };
}

/** The documents of a text in YAML, or why it is none. */
function parsed(content: string): unknown[] | string {
  // Loaded where there are templates to read.
  const { CORE_SCHEMA, YAMLException, loadAll } = createRequire(import.meta.url)("js-yaml") as typeof Yaml;
  try {
    return loadAll(content, null, { schema: CORE_SCHEMA }).filter((one) => one !== null && one !== undefined);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return `is no YAML: ${error.reason} in line ${error.mark.line + 1}`;
  }
}

function examined(document: unknown, namespace: string): { messages: string[]; object?: WorkflowObject } {
  if (!isRecord(document)) return { messages: ["contains a document that is no object"] };
  const { kind, metadata, spec } = document;
  const known = templateKinds.find((one) => one === kind);
  if (known === undefined || document["apiVersion"] !== apiVersion)
    return {
      messages: [
        `contains ${text(kind) ?? "an object without kind"} of ${text(document["apiVersion"]) ?? "no apiVersion"}; the folder may contain ${templateKinds.join(" and ")} of ${apiVersion}`,
      ],
    };
  const name = text(at(metadata, "name"));
  if (name === undefined || name.length > longest[known] || !nameForm.test(name))
    return {
      messages: [
        `contains a ${known} whose metadata.name is not a name of lower-case letters, digits and '-', at most ${longest[known]} characters`,
      ],
    };
  const own = text(at(metadata, "namespace"));
  const template = known === "CronWorkflow" ? record(at(spec, "workflowSpec")) : record(spec);
  const messages = [
    ...(own === undefined || own === namespace ? [] : [`is in the namespace ${own}; workflows run in ${namespace}`]),
    ...(known === "CronWorkflow" && !hasSchedule(spec) ? ["has no spec.schedules"] : []),
    ...specMessages(template),
  ];
  const object: WorkflowObject = {
    kind: known,
    name,
    labels: textMap(at(metadata, "labels")),
    annotations: textMap(at(metadata, "annotations")),
    spec: record(spec),
  };
  return { messages: messages.map((message) => `${known} ${name} ${message}`), object };
}

/** A CronWorkflow has a list of schedules; Argo 4 ignores the single `schedule` of older versions. */
function hasSchedule(spec: unknown): boolean {
  const schedules = at(spec, "schedules");
  return Array.isArray(schedules) && schedules.length > 0;
}

/** What is wrong with the templates of a spec; one that refers to another WorkflowTemplate has none. */
function specMessages(spec: Data): string[] {
  if (spec["workflowTemplateRef"] !== undefined) return [];
  const templates = records(spec["templates"]);
  if (templates.length === 0) return ["has no templates"];
  const all = templates.flatMap((one) => text(one["name"]) ?? []);
  const names = [...new Set(all)];
  const entry = text(spec["entrypoint"]);
  return [
    ...(all.length < templates.length ? ["has a template without a name"] : []),
    ...all.filter((one, index) => all.indexOf(one) < index).map((one) => `has two templates ${one}`),
    ...(entry === undefined || names.includes(entry)
      ? []
      : [`has the entrypoint ${entry}, but only the templates ${names.join(", ")}`]),
    ...templates.flatMap((one) => {
      const has = works.filter((work) => one[work] !== undefined);
      if (has.length === 1) return [];
      const what = has.length === 0 ? `none of ${works.join(", ")}` : has.join(" and ");
      return [`has the template ${text(one["name"]) ?? ""} with ${what}`];
    }),
    ...templates.flatMap((one) => missing(one, names)),
    ...templates.flatMap(unstarted),
  ];
}

/** The templates that steps and tasks name and that are not there; a `templateRef` names one of another WorkflowTemplate. */
function missing(template: Data, names: readonly string[]): string[] {
  const steps = Array.isArray(template["steps"]) ? template["steps"].flatMap((group) => records(group)) : [];
  const called = [...steps, ...records(at(template["dag"], "tasks"))].flatMap((one) => text(one["template"]) ?? []);
  return (
    [...new Set(called)]
      // A name may be a parameter.
      .filter((one) => !one.includes("{{") && !names.includes(one))
      .map((one) => `calls the template ${one} in ${text(template["name"]) ?? ""}, but has only ${names.join(", ")}`)
  );
}

/**
 * Containers without a command. The controller would ask the registry what the image starts, and network policies block that (Argo
 * Workflows, "Workflow Executors", Emissary).
 */
function unstarted({ container, containerSet, name, script, sidecars }: Data): string[] {
  const all = [container, script, ...records(at(containerSet, "containers")), ...records(sidecars)];
  const found = all.filter((one) => one !== undefined && !Array.isArray(at(one, "command")));
  return found.length === 0 ? [] : [`has a container without a command in the template ${text(name) ?? ""}`];
}
