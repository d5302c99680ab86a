import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import * as runtimeConfig from "@pulumi/pulumi/runtime/config.js";
import { z } from "zod";
import type { ChartSource } from "../../components/kit/catalogue.ts";
import { bare } from "./key.ts";
import type { Profile } from "./key.ts";
import { configKey, describeProblem, describeProblems, nearest, schemaProblems } from "./problems.ts";
import type { Problem } from "./problems.ts";
import { missingCharts, ruleFindings } from "./rules.ts";
import { settingsSchema } from "./schema.ts";
import type { ParsedSettings } from "./schema.ts";
import { secretProblems, secretReferences } from "./secrets.ts";
import { usable } from "./usable.ts";

/** A stack's configuration as Pulumi hands it to a program: text by key with namespace, and which keys are encrypted. */
export interface RawConfig {
  readonly values: Readonly<Record<string, string>>;
  readonly secretKeys: ReadonlySet<string>;
}

/** The settings of a stack: checked, with every default, immutable. */
export interface Settings extends ParsedSettings {
  readonly stack: string;
  readonly chartSource: ChartSource;
  /** What the user keeps encrypted in the stack's configuration, by name. */
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
  /** What is worth a word and no reason to stop. */
  readonly warnings: readonly Problem[];
}

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
  const input = settingsInput(raw);
  const profile: Profile = input["profile"] === "dev" ? "dev" : "prod";
  const schema = settingsSchema(profile);
  const refused = schemaProblems(schema, input);
  const kept = usable(schema, input, { domain: "example.org", cluster: { context: "none" } });
  const folder = chartFolder(kept?.value);
  const findings =
    kept === undefined
      ? []
      : [
          ...ruleFindings(kept.value),
          ...(folder === undefined ? [] : missingCharts(kept.value, new Set(Object.keys(folder)))),
        ];
  const related = findings.map(({ path, severity, ...rest }): Problem => ({
    ...rest,
    key: configKey(kept?.original(path) ?? path),
    severity: severity ?? "error",
  }));
  const problems = [
    ...strayKeys(raw, Object.keys(schema.shape)),
    ...refused,
    ...related.filter(
      ({ key }) => !refused.some((problem) => key === problem.key || key.startsWith(`${problem.key}.`)),
    ),
    ...secretProblems(raw, secretReferences(schema, input), stack),
  ].sort(byKey);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0 || kept === undefined) throw new SettingsError(errors, stack);
  return deepFreeze({
    ...kept.value,
    stack,
    chartSource: chartSource(kept.value, folder),
    secrets: userSecrets(raw),
    warnings: problems,
  });
}

/** A warning or error as the plan prints it. */
export { describeProblem };

/** The settings as the schema takes them: structured values parsed, texts as they are. */
function settingsInput(raw: RawConfig): Record<string, unknown> {
  const shape: Record<string, z.ZodType> = settingsSchema("prod").shape;
  const own = Object.entries(raw.values).filter(([name]) => name.startsWith("groundplan:"));
  return Object.fromEntries(
    own.map(([name, text]) => {
      const top = name.slice("groundplan:".length);
      const schema = shape[top];
      const isText = schema !== undefined && (bare(schema) instanceof z.ZodString || bare(schema) instanceof z.ZodEnum);
      return [top, isText ? text : parsed(text)];
    }),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Keys without this project's namespace, which Pulumi accepts and nobody would ever read. */
function strayKeys(raw: RawConfig, known: readonly string[]): Problem[] {
  return Object.keys(raw.values).flatMap((name) => {
    const [namespace, rest = ""] = name.split(":");
    if (namespace === undefined || ["groundplan", "secrets", "pulumi"].includes(namespace)) return [];
    const near = nearest(namespace, ["groundplan", "secrets"]);
    const fix =
      near !== undefined
        ? `did you mean ${near}:${rest}?`
        : known.includes(rest)
          ? `did you mean groundplan:${rest}?`
          : undefined;
    return [
      {
        key: name,
        severity: "error" as const,
        message: "nothing reads this key",
        accepts: "keys that start with groundplan: or secrets:",
        ...(fix === undefined ? {} : { fix }),
      },
    ];
  });
}

/** The charts of the folder that the settings name, with their SHA-256; undefined where they name none. */
function chartFolder(settings: ParsedSettings | undefined): Record<string, string> | undefined {
  const folder = settings?.charts.source === "folder" ? settings.charts.folder : undefined;
  if (folder === undefined) return undefined;
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
    return Object.fromEntries(
      files.map((file) => [
        file,
        createHash("sha256")
          .update(readFileSync(`${folder}/${file}`))
          .digest("hex"),
      ]),
    );
  } catch {
    // A folder that is not there holds no charts; the rule about missing charts says so.
    return {};
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

function byKey(a: Problem, b: Problem): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value) && !pulumi.Output.isInstance(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
