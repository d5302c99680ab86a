import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { sorted } from "../components/kit/stable.ts";
import { record } from "../components/kit/unknown.ts";
import type { Settings } from "../stacks/settings/settings.ts";
import { planFormat } from "./compare/format.ts";
import { hide, hideSecretData } from "./compare/hidden.ts";
import { without } from "./compare/plain.ts";
import type { SavedPlan } from "./compare/schema.ts";
import { manifestText } from "./manifests.ts";
import { revealed } from "./objects.ts";
import type { PlannedObject } from "./objects.ts";
import type { Plan } from "./plan.ts";
import type { Recorded, Secret } from "./recorder.ts";
import { InputError } from "./input-error.ts";

/** The file by which a folder is known to hold a plan, so that no other folder is ever emptied. */
const planFile = "plan.json";

/** Everything that a plan writes, by path within its folder: an object a file, the values of each release, and the plan as JSON. */
export function planFiles(plan: Plan): Map<string, string> {
  const files = new Map<string, string>();
  for (const object of plan.objects) files.set(join("manifests", pathOf(object)), manifestText(placed(object)));
  for (const object of plan.rendered) {
    // A plan keeps a hash of a definition's schemas: as a file it could not be applied. Helm installs it from the chart.
    if (object.kind === "CustomResourceDefinition") continue;
    files.set(join("charts", object.release ?? "", pathOf(object)), manifestText(placed(object)));
  }
  for (const { namespace, name, values } of plan.releases)
    files.set(join("values", namespace, `${name}.yaml`), manifestText(values));
  files.set(planFile, `${planJson(plan)}\n`);
  return files;
}

function pathOf({ namespace = "_cluster", kind, name }: PlannedObject): string {
  return join(namespace, `${kind}-${name}.yaml`);
}

/** An object with its namespace. Charts leave it out: Helm then uses the release's, and `kubectl apply` its own default. */
function placed({ namespace, manifest }: PlannedObject): Readonly<Record<string, unknown>> {
  const metadata = record(manifest["metadata"]);
  if (namespace === undefined || metadata["namespace"] !== undefined) return manifest;
  return { ...manifest, metadata: { ...metadata, namespace } };
}

/**
 * The plan in the form that is saved, compared and read by other programs: plain data, with every secret hidden so that a
 * change of it still shows. docs/plan.schema.json describes it.
 */
export function savedPlan(plan: Plan): SavedPlan {
  const { stack, domain, context, settings, ledger } = plan;
  const { edges, hosts, services, podGroups, exemptions } = ledger;
  return sorted({
    format: planFormat,
    origin: "plan",
    stack,
    domain,
    context,
    profile: settings.profile,
    settings: settingsOf(settings),
    resources: plan.resources.map(saved),
    // An object of the program's own is a resource already: only what is made of its inputs stands here.
    objects: plan.objects.map((object) => without(object, "manifest")),
    releases: plan.releases.map((release) => without(release, "values")),
    rendered: savedObjects(plan.rendered),
    notRendered: plan.notRendered,
    hosts,
    services,
    edges,
    podGroups,
    exemptions,
    credentials: ledger.credentialsByName(),
    sums: plan.sums,
    problems: plan.problems,
  }) as SavedPlan;
}

/** The objects of charts in the form that is saved: with the content of Secrets hidden. */
export function savedObjects(rendered: readonly PlannedObject[]): SavedPlan["rendered"] {
  return rendered.map((object) =>
    object.kind === "Secret" ? { ...object, manifest: hideSecretData(object.manifest) } : object,
  ) as SavedPlan["rendered"];
}

/** The plan as the text of `plan.json`. */
export function planJson(plan: Plan): string {
  return JSON.stringify(savedPlan(plan), undefined, 1);
}

/** What the stack file resolved to. The values of its secrets are left out; that they exist shows where they are named. */
function settingsOf(settings: Settings) {
  return without(settings, "stack", "chartSource", "secrets", "warnings");
}

function saved(resource: Recorded): SavedPlan["resources"][number] {
  const show = ({ value }: Secret): unknown => hide(revealed(value, show));
  const inputs = revealed(resource.inputs, show) as Record<string, unknown>;
  return {
    ...resource,
    aliases: [...resource.aliases],
    dependencies: [...resource.dependencies],
    ignoreChanges: resource.ignoreChanges && [...resource.ignoreChanges],
    inputs: resource.type === secretType ? hideSecretData(inputs) : inputs,
  };
}

const secretType = "kubernetes:core/v1:Secret";

/**
 * Writes a plan's files, in place of those of an earlier plan: whole or not at all.
 * @throws InputError where the folder holds something else
 */
export function writeFiles(folder: string, files: ReadonlyMap<string, string>): void {
  if (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(join(folder, planFile))) {
    throw new InputError(`${folder} holds files that are no plan; name another folder with --out, or empty it`);
  }
  const fresh = join(dirname(folder), `.${basename(folder)}.${process.pid}`);
  const remove = () => rmSync(fresh, { recursive: true, force: true });
  process.once("exit", remove);
  for (const [path, text] of files) {
    mkdirSync(dirname(join(fresh, path)), { recursive: true });
    writeFileSync(join(fresh, path), text);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  process.off("exit", remove);
}
