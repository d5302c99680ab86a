import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as runtimeConfig from "@pulumi/pulumi/runtime/config.js";
import type { ChartSource } from "../../components/kit/catalogue.ts";
import { workflowObjects } from "../../components/workflows/templates.ts";
import type { WorkflowObjects } from "../../components/workflows/templates.ts";
import type { SiteFile } from "../../components/matrix/static-site.ts";
import type { ObjectFile } from "../../components/midpoint/objects.ts";
import { refusals } from "./check.ts";
import { readInput, strayKeys } from "./input.ts";
import type { Input, RawConfig } from "./input.ts";
import { valueAt } from "./key.ts";
import type { Profile } from "./key.ts";
import { configKey, removeCommand } from "./path.ts";
import type { Path } from "./path.ts";
import { describeProblems } from "./problems.ts";
import type { Problem } from "./problems.ts";
import { fixText, holds, ruleFindings } from "./rules.ts";
import type { FixContext } from "./rules.ts";
import { imageLock, lockedDigests } from "./rules/images.ts";
import { matrixSite } from "./rules/matrix.ts";
import { midpointObjects } from "./rules/midpoint.ts";
import { missingCharts } from "./rules/platform.ts";
import { workflowTemplates } from "./rules/workflows.ts";
import { settingsSchema } from "./schema.ts";
import type { ParsedSettings } from "./schema.ts";
import { secretProblems, secretReferences } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import { usable } from "./usable.ts";
import type { Usable } from "./usable.ts";

export type { RawConfig } from "./input.ts";

/** Invalid settings, with every problem. Pulumi prints the message without a stack trace. */
export class SettingsError extends pulumi.RunError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], stack: string) {
    super(describeProblems(problems, stack));
    this.problems = problems;
  }
}

/** The configuration that the engine, or the plan instead of it, passes to this program. */
export function readConfig(): RawConfig {
  const values = runtimeConfig.allConfig();
  // Exported, but not in the type declarations: the only way to tell an encrypted value from plaintext.
  const { isConfigSecret } = runtimeConfig as unknown as { isConfigSecret: (key: string) => boolean };
  return { values, secretKeys: new Set(Object.keys(values).filter((name) => isConfigSecret(name))) };
}

/**
 * Reads the settings of a stack, once.
 * @param extended whether a program of the user's own adds to the platform: problems that it may solve are then not thrown, but
 * returned as `unsolved`. Default: false
 * @throws SettingsError with every problem: unknown keys, invalid values, contradictions, secrets in plaintext
 */
export function loadSettings(raw: RawConfig, stack: string, extended = false): Settings {
  const profile: Profile = raw.values["groundplan:profile"] === "dev" ? "dev" : "prod";
  const schema = settingsSchema(profile);
  const input = readInput(raw, schema.shape);
  const all = refusals({ schema, input: input.value, stack, empty: input.empty });
  const refused = all.filter(({ path }) => !input.encrypted.includes(String(path[0])));
  const kept = usable(schema, input.value, { domain: "example.org", cluster: { context: "none" } });
  if (kept === undefined) throw new Error("no usable settings are left, which the schema should make impossible");
  const folder = chartFolder(kept.value);
  const objects = objectFolder(kept.value);
  const site = siteFolder(kept.value);
  const templates = templateFolder(kept.value);
  const lock = lockFile(kept.value);
  const doubtful = [
    ...kept.cut,
    ...all.flatMap(({ meant }) => (meant === undefined ? [] : [meant])),
    ...input.encrypted.map((name) => [name]),
  ];
  const references = secretReferences(schema, input.value);
  const problems = [
    ...strayKeys(raw, Object.keys(schema.shape), stack),
    ...refused.map(({ problem }) => problem),
    ...related(kept, { folder, objects, site, templates, lock }, doubtful, { schema, input: input.value, stack }),
    ...secretProblems(raw, references, { doubtful: doubtful.length > 0, shape: schema.shape, stack }),
  ].sort(byKey);
  const unsolved = extended ? problems.filter(({ unless }) => unless !== undefined) : [];
  const errors = problems.filter((problem) => problem.severity === "error" && !unsolved.includes(problem));
  if (errors.length > 0) throw new SettingsError(errors, stack);
  return deepFreeze({
    ...kept.value,
    stack,
    chartSource: chartSource(kept.value, folder),
    midpointObjects: objects ?? [],
    matrixSite: site ?? [],
    workflowObjects: templates?.objects ?? [],
    imageDigests: lockedDigests(lock) ?? {},
    secrets: userSecrets(raw),
    unsolved,
    warnings: [...problems.filter((problem) => !unsolved.includes(problem)), ...emptyWarnings(input, stack)].sort(
      byKey,
    ),
  });
}

/** The content of the folders and files that settings refer to; undefined for one that is not set, missing or unreadable. */
interface Folders {
  readonly folder: Readonly<Record<string, string>> | undefined;
  readonly objects: readonly ObjectFile[] | undefined;
  readonly site: readonly SiteFile[] | undefined;
  readonly templates: WorkflowObjects | undefined;
  /** The text of `images.lock`. */
  readonly lock: string | undefined;
}

/** The findings of the rules between settings, with the paths of the user's input. */
function related(
  { value, original }: Usable<ParsedSettings>,
  { folder, objects, site, templates, lock }: Folders,
  doubtful: readonly Path[],
  given: Pick<FixContext, "schema" | "input" | "stack">,
): Problem[] {
  const { input } = given;
  const findings = [
    ...ruleFindings(value),
    ...missingCharts(value, folder && Object.keys(folder)),
    ...midpointObjects(value, objects),
    ...matrixSite(value, site),
    ...workflowTemplates(value, templates),
    ...imageLock(value, lock),
  ];
  return findings
    .filter((finding) => holds(finding, original, doubtful))
    .map(({ path, severity, message, got, accepts, fix, unless }) => ({
      key: configKey(original(path)),
      severity: severity ?? "error",
      message,
      got: got !== undefined && valueAt(input, original(path)) === undefined ? `${got} (default)` : got,
      accepts,
      fix: fixText(fix, path, { ...given, value, original }),
      unless,
    }));
}

function emptyWarnings({ empty }: Input, stack: string): Problem[] {
  return empty.map((path) => ({
    key: configKey(path),
    severity: "warning",
    message: "is empty and treated as not set",
    accepts: "a value, or no line for this key",
    fix: removeCommand(path, stack),
  }));
}

/** The text of the file `images.lock`; undefined if it is not set, missing or unreadable. */
function lockFile({ images: { lock } }: ParsedSettings): string | undefined {
  if (lock === undefined) return undefined;
  try {
    return readFileSync(lock, "utf8");
  } catch {
    // The rule about the lock reports a file that is missing or unreadable.
    return undefined;
  }
}

/** The charts in the folder `charts.folder`, with their SHA-256; undefined if it is not set, missing or unreadable. */
function chartFolder({ charts }: ParsedSettings): Record<string, string> | undefined {
  if (charts.source !== "folder" || charts.folder === undefined) return undefined;
  const { folder } = charts;
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    // The rule about missing charts reports a folder that is missing or unreadable.
    return undefined;
  }
  const checksum = (file: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, file)))
      .digest("hex");
  return Object.fromEntries(files.filter((file) => file.endsWith(".tgz")).map((file) => [file, checksum(file)]));
}

/** The XML files of midPoint's objects, by name; other files are ignored. */
function objectFolder({ midpoint }: ParsedSettings): ObjectFile[] | undefined {
  const { enabled, objects } = midpoint;
  return enabled && objects !== undefined ? textFiles(objects, ".xml") : undefined;
}

/** The files of Matrix' site, by name. */
function siteFolder({ matrix: { enabled, site } }: ParsedSettings): SiteFile[] | undefined {
  return enabled && site !== undefined ? textFiles(site, "") : undefined;
}

/** The objects of Argo's templates; files with another ending are ignored. */
function templateFolder({
  workflows: { enabled, processing, templates },
}: ParsedSettings): WorkflowObjects | undefined {
  const files = enabled && templates !== undefined ? textFiles(templates, ".yaml") : undefined;
  return files && workflowObjects(files, processing.namespace);
}

/** The text files in a folder whose names have an ending; undefined if the folder is missing or unreadable. */
function textFiles(folder: string, ending: string): { name: string; text: string }[] | undefined {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(ending) && !name.startsWith("."));
    return names.sort().map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));
  } catch {
    return undefined;
  }
}

function chartSource({ charts }: ParsedSettings, folder: Record<string, string> | undefined): ChartSource {
  const { versions } = charts;
  if (charts.source === "folder" && charts.folder !== undefined)
    return { kind: "folder", path: charts.folder, checksums: folder ?? {}, versions };
  if (charts.source === "oci" && charts.registry !== undefined)
    return { kind: "oci", registry: charts.registry, versions };
  return { kind: "upstream", versions };
}

function userSecrets(raw: RawConfig): Record<string, pulumi.Output<string>> {
  const own = Object.entries(raw.values).filter(([name]) => name.startsWith("secrets:"));
  return Object.fromEntries(own.map(([name, value]) => [name.slice("secrets:".length), pulumi.secret(value)]));
}

const order = new Intl.Collator("en", { numeric: true });

function byKey(a: Problem, b: Problem): number {
  return order.compare(a.key, b.key);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value) && !pulumi.Output.isInstance(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
