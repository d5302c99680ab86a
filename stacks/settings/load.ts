import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as runtimeConfig from "@pulumi/pulumi/runtime/config.js";
import type { ChartSource } from "../../components/kit/catalogue.ts";
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
import { midpointObjects } from "./rules/midpoint.ts";
import { missingCharts } from "./rules/platform.ts";
import { settingsSchema } from "./schema.ts";
import type { ParsedSettings } from "./schema.ts";
import { secretProblems, secretReferences } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import { usable } from "./usable.ts";
import type { Usable } from "./usable.ts";

export type { RawConfig } from "./input.ts";

/** Settings that cannot be used: every problem at once. Pulumi prints the message without a stack trace. */
export class SettingsError extends pulumi.RunError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], stack: string) {
    super(describeProblems(problems, stack));
    this.problems = problems;
  }
}

/** What the engine, or the plan in its place, gives this program as configuration. */
export function readConfig(): RawConfig {
  const values = runtimeConfig.allConfig();
  // Exported, but missing from the type declarations: the only way to tell an encrypted value from one in clear.
  const { isConfigSecret } = runtimeConfig as unknown as { isConfigSecret: (key: string) => boolean };
  return { values, secretKeys: new Set(Object.keys(values).filter((name) => isConfigSecret(name))) };
}

/**
 * Reads the settings of a stack, once.
 * @throws SettingsError with every problem: unknown keys, wrong values, contradictions, secrets in clear
 */
export function loadSettings(raw: RawConfig, stack: string): Settings {
  const profile: Profile = raw.values["groundplan:profile"] === "dev" ? "dev" : "prod";
  const schema = settingsSchema(profile);
  const input = readInput(raw, schema.shape);
  const all = refusals({ schema, input: input.value, stack, empty: input.empty });
  const refused = all.filter(({ path }) => !input.encrypted.includes(String(path[0])));
  const kept = usable(schema, input.value, { domain: "example.org", cluster: { context: "none" } });
  if (kept === undefined)
    throw new Error("nothing of the settings can be used, which the schema should make impossible");
  const folder = chartFolder(kept.value);
  const objects = objectFolder(kept.value);
  const doubtful = [
    ...kept.cut,
    ...all.flatMap(({ meant }) => (meant === undefined ? [] : [meant])),
    ...input.encrypted.map((name) => [name]),
  ];
  const references = secretReferences(schema, input.value);
  const problems = [
    ...strayKeys(raw, Object.keys(schema.shape), stack),
    ...refused.map(({ problem }) => problem),
    ...related(kept, { folder, objects }, doubtful, input.value, stack),
    ...secretProblems(raw, references, { doubtful: doubtful.length > 0, shape: schema.shape, stack }),
  ].sort(byKey);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new SettingsError(errors, stack);
  return deepFreeze({
    ...kept.value,
    stack,
    chartSource: chartSource(kept.value, folder),
    midpointObjects: objects ?? [],
    secrets: userSecrets(raw),
    warnings: [...problems, ...emptyWarnings(input, stack)].sort(byKey),
  });
}

/** What stands in the folders that settings name; undefined for one that is not named, not there or cannot be read. */
interface Folders {
  readonly folder: Readonly<Record<string, string>> | undefined;
  readonly objects: readonly ObjectFile[] | undefined;
}

/** What the rules between settings find, at the places where the user wrote it. */
function related(
  { value, original }: Usable<ParsedSettings>,
  { folder, objects }: Folders,
  doubtful: readonly Path[],
  input: Input["value"],
  stack: string,
): Problem[] {
  const findings = [
    ...ruleFindings(value),
    ...missingCharts(value, folder && Object.keys(folder)),
    ...midpointObjects(value, objects),
  ];
  return findings
    .filter((finding) => holds(finding, original, doubtful))
    .map(({ path, severity, message, got, accepts, fix }) => ({
      key: configKey(original(path)),
      severity: severity ?? "error",
      message,
      // A default that clashes stands nowhere in the file.
      ...(got !== undefined && { got: valueAt(input, original(path)) === undefined ? `${got}, the default` : got }),
      accepts,
      fix: fixText(fix, path, original, stack),
    }));
}

function emptyWarnings({ empty }: Input, stack: string): Problem[] {
  return empty.map((path) => ({
    key: configKey(path),
    severity: "warning",
    message: "is empty, and counts as left out",
    accepts: "a value, or no such line",
    fix: removeCommand(path, stack),
  }));
}

/** The charts of the folder that the settings name, with their SHA-256; undefined where they name none or it is not there. */
function chartFolder({ charts }: ParsedSettings): Record<string, string> | undefined {
  if (charts.source !== "folder" || charts.folder === undefined) return undefined;
  const { folder } = charts;
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    // The rule about missing charts says that the folder is not there, or cannot be read.
    return undefined;
  }
  const checksum = (file: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, file)))
      .digest("hex");
  return Object.fromEntries(files.filter((file) => file.endsWith(".tgz")).map((file) => [file, checksum(file)]));
}

/** The XML files of midPoint's objects, by name; other files are none of its. */
function objectFolder({ midpoint }: ParsedSettings): ObjectFile[] | undefined {
  const { enabled, objects } = midpoint;
  if (!enabled || objects === undefined) return undefined;
  try {
    const names = readdirSync(objects).filter((name) => name.endsWith(".xml"));
    return names.sort().map((name) => ({ name, text: readFileSync(join(objects, name), "utf8") }));
  } catch {
    return undefined;
  }
}

function chartSource({ charts }: ParsedSettings, folder: Record<string, string> | undefined): ChartSource {
  if (charts.source === "folder" && charts.folder !== undefined)
    return { kind: "folder", path: charts.folder, checksums: folder ?? {} };
  if (charts.source === "oci" && charts.registry !== undefined) return { kind: "oci", registry: charts.registry };
  return { kind: "upstream" };
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
