import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { about, bare, members, schemaAt, valueAt } from "./key.ts";

/** One thing that is wrong with the settings. */
export interface Problem {
  /** The key as `pulumi config set --path` takes it, such as `groundplan:postgresql.replicas`. */
  readonly key: string;
  /** `error` stops everything; `warning` is shown and the stack goes on. */
  readonly severity: "error" | "warning";
  /** What is wrong: one sentence without a full stop. */
  readonly message: string;
  /** The value found, as it may be shown. Left out where none was given or it may be secret. */
  readonly got?: string;
  readonly accepts?: string;
  /** What to do: a command, or a sentence. */
  readonly fix?: string;
}

/** A key of this project's configuration in Pulumi's notation: `groundplan:first.second[0]`. */
export function configKey(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path;
  const steps = rest.map((name) =>
    typeof name === "number" ? `[${name}]` : /^[\w-]+$/.test(String(name)) ? `.${String(name)}` : `["${String(name)}"]`,
  );
  return first === undefined ? "groundplan" : `groundplan:${String(first)}${steps.join("")}`;
}

/** The word of a list that differs from a misspelt one by the fewest letters, if it is near enough to be meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, cost: distance(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.cost - b.cost);
  const best = ranked[0];
  return best !== undefined && best.cost <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** The problems that a schema finds in what the user wrote: one a place. */
export function schemaProblems(schema: z.ZodType, input: unknown): Problem[] {
  const result = schema.safeParse(input);
  if (result.success) return [];
  const problems = result.error.issues.flatMap((issue) => fromIssue(schema, input, issue));
  return [...new Map(problems.map((problem) => [problem.key, problem])).values()];
}

/** A value as a message shows it: short, on one line. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  if (text.includes("PRIVATE KEY")) return "a private key (not shown)";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function fromIssue(schema: z.ZodType, input: unknown, issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((name) => unknownKey(schema, input, [...issue.path, name]));
  const path = issue.path;
  const severity = "error";
  // An unknown `kind` chooses no alternative of its union, so the union itself says which there are.
  const wanted = schemaAt(schema, path, input) ?? schemaAt(schema, path.slice(0, -1), input);
  const said = wanted === undefined ? undefined : about(wanted);
  const got = valueAt(input, path);
  const accepts = said?.accepts ?? (wanted === undefined ? issue.message : acceptedBy(wanted, issue.message));
  const command = (value: string) => `npx pulumi config set --path '${configKey(path)}' ${value}`;
  if (issue.code === "invalid_key")
    return [
      {
        key: configKey(path),
        severity,
        message: "this name cannot be used",
        accepts: issue.issues[0]?.message ?? issue.message,
      },
    ];
  if (said?.secret === true && got !== undefined) {
    return [
      {
        key: configKey(path),
        severity,
        message: "a secret is given in clear, or its name is wrong",
        accepts,
        fix: `npx pulumi config set --secret secrets:NAME, and ${command("NAME")}`,
      },
    ];
  }
  if (got === undefined && input !== undefined) {
    return [{ key: configKey(path), severity, message: "is missing", accepts, fix: command(said?.example ?? "VALUE") }];
  }
  return [
    {
      key: configKey(path),
      severity,
      message: wrongType(wanted, got) ?? "this value is not accepted",
      got: shown(got),
      accepts,
      ...meant(wanted, got, command),
    },
  ];
}

/** A number or a truth value that stands in quotes is the commonest slip in YAML: say so. */
function wrongType(wanted: z.ZodType | undefined, got: unknown): string | undefined {
  const inner = wanted === undefined ? undefined : bare(wanted);
  if (inner instanceof z.ZodNumber && typeof got === "string" && /^[0-9]+$/.test(got))
    return "is text, and must be a number: leave out the quotes";
  if (inner instanceof z.ZodBoolean && (got === "true" || got === "false"))
    return "is text, and must be true or false: leave out the quotes";
  if (inner instanceof z.ZodString && typeof got === "number")
    return "is a number, and must be text with its unit or in quotes";
  return undefined;
}

function meant(wanted: z.ZodType | undefined, got: unknown, command: (value: string) => string): { fix?: string } {
  const inner = wanted === undefined ? undefined : bare(wanted);
  if (inner instanceof z.ZodEnum && typeof got === "string") {
    const near = nearest(got, inner.options.map(String));
    if (near !== undefined) return { fix: command(near) };
  }
  return {};
}

function unknownKey(schema: z.ZodType, input: unknown, path: readonly PropertyKey[]): Problem {
  const parent = path.slice(0, -1);
  const known = Object.keys(members(schemaAt(schema, parent, input) ?? schema, valueAt(input, parent)) ?? {});
  const name = String(path.at(-1));
  const near = nearest(name, known);
  return {
    key: configKey(path),
    severity: "error",
    message: "no such setting",
    accepts: known.join(", "),
    ...(near === undefined ? {} : { fix: `did you mean ${configKey([...parent, near])}?` }),
  };
}

function acceptedBy(schema: z.ZodType, message: string): string {
  const inner = bare(schema);
  if (inner instanceof z.ZodNumber) return `a whole number from ${inner.minValue} to ${inner.maxValue}`;
  if (inner instanceof z.ZodBoolean) return "true or false";
  if (inner instanceof z.ZodEnum) return inner.options.map((option) => JSON.stringify(option)).join(" or ");
  if (inner instanceof z.ZodArray) return "a list";
  if (inner instanceof z.ZodObject) return `an object with ${Object.keys(inner.shape).join(", ")}`;
  if (inner instanceof z.ZodDiscriminatedUnion)
    return `${inner.def.discriminator}: ${alternatives(inner).join(" or ")}`;
  if (inner instanceof z.ZodString && message.startsWith("Invalid input")) return "a text";
  return message;
}

function alternatives(union: z.ZodDiscriminatedUnion): string[] {
  return (union.options as z.ZodObject[]).flatMap((option) => {
    const literal = (option.shape as Record<string, z.ZodType>)[union.def.discriminator];
    return literal instanceof z.ZodLiteral ? [...literal.values].map(String) : [];
  });
}

/** The list that a person reads: every problem with its key, what was found, what is accepted and what to do. */
export function describeProblems(problems: readonly Problem[], where: string): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [`${count} in the settings of ${where}:`, ...problems.map(describeProblem)].join("\n\n");
}

/** One problem as indented lines. */
export function describeProblem({ key, message, got, accepts, fix }: Problem): string {
  const line = (name: string, text: string | undefined) =>
    text === undefined ? [] : [`    ${name.padEnd(8)} ${text}`];
  return [`  ${key}: ${message}`, ...line("got", got), ...line("accepts", accepts), ...line("fix", fix)].join("\n");
}
