import { z } from "zod";
import { isRecord } from "../../components/kit/unknown.ts";
import { about, bare, defaultOf, example, holdsSecrets, isScalar, schemaAt, valueAt } from "./key.ts";
import { likely, words } from "./likely.ts";
import { configKey, removeCommand, setCommand } from "./path.ts";
import type { Path } from "./path.ts";
import { controlCharacter, flow, nearest, shown } from "./problems.ts";
import type { Checked, Refusal, RefusalParts } from "./problems.ts";
import { setSecret } from "./secrets.ts";
import { unknownKey } from "./unknown.ts";

/** Everything that the schema rejects: one problem per path, without consequences of other problems. */
export function refusals(checked: Checked): Refusal[] {
  const result = checked.schema.safeParse(checked.input);
  if (result.success) return [];
  const found = result.error.issues.flatMap((issue) => fromIssue(checked, issue));
  const all = found.map(({ path, meant, ...rest }): Refusal => ({
    problem: { key: configKey(path), severity: "error", ...rest },
    path,
    meant,
  }));
  // Compare paths, not keys: the key of a name with a dot, such as "a.b", looks like the path to b in a.
  const seen = new Set(all.flatMap(({ meant }) => (meant === undefined ? [] : [JSON.stringify(meant)])));
  return all.filter(({ path }) => !seen.has(JSON.stringify(path)) && seen.add(JSON.stringify(path)));
}

function fromIssue(checked: Checked, issue: z.core.$ZodIssue): RefusalParts[] {
  const { schema, input } = checked;
  const { path } = issue;
  if (issue.code === "unrecognized_keys") return issue.keys.map((name) => unknownKey(checked, [...path, name]));
  if (issue.code === "invalid_key") return [wrongName(checked, path, issue.issues[0]?.message ?? issue.message)];
  const union = bare(schemaAt(schema, path.slice(0, -1), input) ?? schema);
  if (issue.code === "invalid_union" && union instanceof z.ZodDiscriminatedUnion)
    return [wrongKind(checked, path, union)];
  const wanted = schemaAt(schema, path, input);
  if (wanted === undefined) throw new TypeError(`no schema at ${configKey(path)}`);
  if (valueAt(input, path) === undefined) return [missing(checked, path, wanted)];
  return [about(wanted)?.secret === true ? clearSecret(checked, path, wanted) : wrong(checked, path, wanted)];
}

function wrong({ input, stack }: Checked, path: Path, wanted: z.ZodType): RefusalParts {
  const got = valueAt(input, path);
  const accepts = acceptedBy(wanted);
  if (got === null) return { path, message: "is empty", accepts, fix: "set a value, or remove the line" };
  if (typeof got === "string" && got.includes("PRIVATE KEY"))
    return {
      path,
      message: "contains a private key in plaintext: consider it compromised",
      accepts,
      fix: `${setSecret("NAME", stack)}, and set NAME in the key that ends in Secret`,
    };
  const quiet = (typeof got === "string" || typeof got === "number") && holdsSecrets(wanted);
  const meant = quiet ? undefined : likely(wanted, got);
  const value = meant ?? defaultOf(wanted) ?? example(wanted);
  return {
    path,
    message: wrongType(wanted, got),
    got: quiet ? `a ${typeof got} (not shown: it may contain a secret)` : shown(got),
    accepts,
    fix: isScalar(value)
      ? setCommand(path, value, stack)
      : shown(got).startsWith("an empty") && defaultOf(wanted) !== undefined
        ? removeCommand(path, stack)
        : writeAs(wanted, got, meant),
  };
}

/** How to write a list or object, with the user's values if they cannot be secret. */
function writeAs(wanted: z.ZodType, got: unknown, meant: unknown): string {
  const inner = bare(wanted);
  if (inner instanceof z.ZodArray && isRecord(got)) return "start each element with '- '";
  if (Array.isArray(got) && meant === undefined && !(inner instanceof z.ZodArray)) return "remove the '- '";
  const shows = typeof got === "boolean" || !holdsSecrets(wanted);
  return `write it as ${flow(meant !== undefined && shows ? meant : example(wanted))}`;
}

/** The message for a value of the wrong type; numbers and booleans in quotes are the most common mistake in YAML. */
function wrongType(wanted: z.ZodType, got: unknown): string {
  const inner = bare(wanted);
  const text = typeof got === "string";
  if (inner instanceof z.ZodNumber && text && /^-?\d+(\.\d+)?$/.test(got))
    return "is a string, but must be a number: remove the quotes";
  if (inner instanceof z.ZodNumber && typeof got === "number")
    return Number.isInteger(got) || inner.format !== "safeint" ? "is out of range" : "is not a whole number";
  if (inner instanceof z.ZodNumber && !text) return "must be a number";
  if (inner instanceof z.ZodBoolean && text && /^(true|false)$/.test(got))
    return "is a string, but must be true or false: remove the quotes";
  if (inner instanceof z.ZodBoolean) return "must be true or false";
  if (inner instanceof z.ZodArray && Array.isArray(got)) return "must have at least one element";
  if (inner instanceof z.ZodArray) return isRecord(got) ? "is an object, but must be a list" : "must be a list";
  if (inner instanceof z.ZodObject || inner instanceof z.ZodRecord || inner instanceof z.ZodDiscriminatedUnion)
    return Array.isArray(got) ? "is a list, but must be an object" : "must be an object";
  if (typeof got === "number")
    return "is a number, but must be a string: put it in quotes, with the unit if it has one";
  if (typeof got === "boolean") return "is a boolean, but must be a string: put it in quotes";
  if (typeof got === "object") return "must be a string";
  if (text && inner.safeParse(got.replace(/\p{Cc}|\p{Cs}/gu, "x")).success) {
    const control = controlCharacter(got);
    if (control !== undefined) return `contains the control character ${control}`;
  }
  return "this value is not accepted";
}

function missing({ empty, input, stack }: Checked, path: Path, wanted: z.ZodType): RefusalParts {
  const message = empty.some((place) => configKey(place) === configKey(path)) ? "is empty" : "is missing";
  const accepts = acceptedBy(wanted);
  if (about(wanted)?.secret === true)
    return { path, message, accepts, fix: `${setSecret("NAME", stack)} && ${setCommand(path, "NAME", stack)}` };
  const whole = example(wanted);
  if (isScalar(whole)) return { path, message, accepts, fix: setCommand(path, whole, stack) };
  const entries = isRecord(whole) ? Object.entries(whole) : [];
  const only = entries.length === 1 ? entries[0] : undefined;
  // One command sets one value: an object with more required keys must be written into the file.
  if (only !== undefined && isScalar(only[1]) && valueAt(input, path) === undefined)
    return { path, message, accepts, fix: setCommand([...path, only[0]], only[1], stack) };
  return { path, message, accepts, fix: `add ${String(path.at(-1))}: ${flow(whole)}` };
}

function clearSecret({ input, stack }: Checked, path: Path, wanted: z.ZodType): RefusalParts {
  const got = valueAt(input, path);
  const accepts = acceptedBy(wanted);
  if (typeof got === "string" && got.startsWith("secrets:"))
    return { path, message: 'has the prefix "secrets:"', accepts, fix: 'remove "secrets:"' };
  return {
    path,
    message: "is not the name of a secret; if it is a secret in plaintext, consider it compromised",
    accepts,
    fix: `${setSecret("NAME", stack)} && ${setCommand(path, "NAME", stack)}`,
  };
}

function wrongName({ schema, input, stack }: Checked, path: Path, accepts: string): RefusalParts {
  const record = bare(schemaAt(schema, path.slice(0, -1), input) ?? schema);
  const name = String(path.at(-1));
  const meant = record instanceof z.ZodRecord ? likely(record.keyType as z.ZodType, name) : undefined;
  // Only its domain would be left of a key such as "app.kubernetes.io/name".
  const isDomain = typeof meant === "string" && name.startsWith(`${meant}/`);
  const known = typeof meant === "string" && !isDomain ? configKey([...path.slice(0, -1), meant]) : undefined;
  return {
    path,
    message: "this name is not accepted",
    got: shown(name),
    accepts,
    fix: known === undefined ? removeCommand(path, stack) : `did you mean ${known}?`,
  };
}

/** A discriminator that is missing, misspelt or unknown. */
function wrongKind({ input, stack }: Checked, path: Path, union: z.ZodDiscriminatedUnion): RefusalParts {
  const parent = path.slice(0, -1);
  const given = Object.keys((valueAt(input, parent) as object | undefined) ?? {});
  const options = union.options as z.ZodObject[];
  const { discriminator } = union.def;
  const kinds = options.map((option) => String([...(option.shape[discriminator] as z.ZodLiteral).values][0]));
  const accepts = kinds.join(", ");
  const got = valueAt(input, path);
  const others = options.flatMap((option) => Object.keys(option.shape));
  const misspelt = nearest(
    discriminator,
    given.filter((name) => !others.includes(name)),
  );
  if (got === undefined && misspelt !== undefined) {
    const fix = `did you mean ${configKey(path)}?`;
    return {
      path: [...parent, misspelt],
      message: "unknown setting",
      accepts: [...new Set(others)].join(", "),
      fix,
      meant: path,
    };
  }
  // Suggest the option that shares the most keys with the input.
  const common = (option: z.ZodObject) => given.filter((name) => Object.hasOwn(option.shape, name)).length;
  const best = options.reduce(
    (most, option, at) => (common(option) > common(options[most] as z.ZodObject) ? at : most),
    0,
  );
  const kind = words(kinds, got)[0] ?? kinds[best] ?? "";
  const fix = setCommand(path, kind, stack);
  if (got === undefined) return { path, message: "is missing", accepts, fix };
  return { path, message: "unknown kind", got: shown(got), accepts, fix };
}

/** The values that a setting accepts, in words. */
export function acceptedBy(schema: z.ZodType): string {
  const said = about(schema)?.accepts;
  if (said !== undefined) return said;
  const inner = bare(schema);
  if (inner instanceof z.ZodNumber) {
    const [least, most] = [inner.minValue ?? 0, inner.maxValue ?? Infinity].map((bound) => bound.toLocaleString("en"));
    return `${inner.format === "safeint" ? "a whole number" : "a number"} from ${least} to ${most}`;
  }
  if (inner instanceof z.ZodBoolean) return "true or false";
  if (inner instanceof z.ZodEnum) return inner.options.join(", ").replace(/, ([^,]+)$/, " or $1");
  if (inner instanceof z.ZodArray) return "a list";
  if (inner instanceof z.ZodRecord) return "an object of values by name";
  if (inner instanceof z.ZodObject) return `an object with ${Object.keys(inner.shape).join(", ")}`;
  if (inner instanceof z.ZodDiscriminatedUnion)
    return `an object with ${inner.def.discriminator} and the keys of that kind`;
  // Each message of a format is the list of what it accepts.
  return inner.safeParse(undefined).error?.issues[0]?.message ?? "a string";
}
