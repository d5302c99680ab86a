import { z } from "zod";
import type { Path } from "./path.ts";

/** The kind of a stack: what its defaults are sized for. */
export type Profile = "prod" | "dev";

/** A default that differs between the profiles. */
export function byProfile<T>(profile: Profile, values: Readonly<Record<Profile, T>>): T {
  return values[profile];
}

/** What is said of every setting: from it come the documentation, the editor's schema and the error messages. */
export interface About {
  /** What the setting is: one sentence. */
  readonly is: string;
  /** The unit of a number or the form of a text. Left out where the type says it. */
  readonly unit?: string;
  /** What leaving the setting out does, where no default value says it. */
  readonly left?: string;
  /** What changing it later restarts, replaces or destroys. */
  readonly changing: string;
  /** What is accepted, as an error message says it. Left out: derived from the schema. */
  readonly accepts?: string;
  /** Whether the value names a secret that the user sets with `pulumi config set --secret secrets:NAME`. */
  readonly secret?: boolean;
  /** Whether a wrong value is likely a secret that stands in the wrong place, and so is never shown. */
  readonly quiet?: boolean;
}

const registry = z.registry<About>();

/** Gives a setting its description. It is the outermost call: defaults and `optional()` come before. */
export function key<T extends z.ZodType>(schema: T, about: About): T {
  // A clone, since two settings may share one format and the registry holds one description a schema.
  const own = schema.clone();
  registry.add(own, about);
  return own;
}

/** The description of a setting; undefined for a schema that is no setting of its own, such as an array's element. */
export function about(schema: z.ZodType): About | undefined {
  return registry.get(schema);
}

/** A schema without its default and `optional` wrappers. */
export function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) {
    return bare(schema.unwrap() as z.ZodType);
  }
  return schema;
}

/** The members of an object schema or of the alternative of a union that fits the value; undefined for other schemas. */
export function members(schema: z.ZodType, value: unknown): Record<string, z.ZodType> | undefined {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject) return inner.shape;
  if (inner instanceof z.ZodDiscriminatedUnion) {
    const alternative = (inner.options as z.ZodObject[]).find((option) =>
      discriminates(option, inner.def.discriminator, value),
    );
    return alternative?.shape;
  }
  return undefined;
}

/** The schema one step down from another: an object's member, a record's value or an array's element. */
export function step(schema: z.ZodType, name: PropertyKey, value: unknown): z.ZodType | undefined {
  const inner = bare(schema);
  if (inner instanceof z.ZodRecord) return inner.valueType as z.ZodType;
  if (inner instanceof z.ZodArray) return inner.element as z.ZodType;
  const all = members(schema, value);
  return all !== undefined && Object.hasOwn(all, name) ? all[String(name)] : undefined;
}

/** The schema at a path below another, following the alternatives that the value chooses. */
export function schemaAt(root: z.ZodType, path: Path, value: unknown): z.ZodType | undefined {
  let schema: z.ZodType | undefined = root;
  let here = value;
  for (const name of path) {
    if (schema === undefined) return undefined;
    schema = step(schema, name, here);
    here = member(here, name);
  }
  return schema;
}

/** Whether a value can stand in a command. */
export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** The value one step down, or undefined. */
export function member(value: unknown, name: PropertyKey): unknown {
  const own = typeof value === "object" && value !== null && Object.hasOwn(value, name);
  return own ? (value as Record<PropertyKey, unknown>)[name] : undefined;
}

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce(member, value);
}

/** The value that counts where a setting is left out; undefined where there is none. */
export function defaultOf(schema: z.ZodType): unknown {
  const left = schema.safeParse(undefined);
  return left.success ? left.data : undefined;
}

/** The examples that a format carries. */
export function formatExamples(schema: z.ZodType): unknown[] {
  const examples: unknown = z.globalRegistry.get(schema)?.examples;
  return Array.isArray(examples) ? examples : [];
}

/** The smallest value that a schema accepts, made of the examples of its formats: what a message or a document shows. */
export function example(schema: z.ZodType): unknown {
  const inner = bare(schema);
  const [given] = formatExamples(inner);
  if (given !== undefined) return given;
  if (inner instanceof z.ZodObject) {
    const required = Object.entries(inner.shape as Record<string, z.ZodType>).filter(
      ([, one]) => !one.safeParse(undefined).success,
    );
    return Object.fromEntries(required.map(([name, one]) => [name, example(one)]));
  }
  if (inner instanceof z.ZodDiscriminatedUnion) return example(inner.options[0] as z.ZodType);
  if (inner instanceof z.ZodLiteral) return [...inner.values][0];
  if (inner instanceof z.ZodEnum) return inner.options[0];
  if (inner instanceof z.ZodArray) return [example(inner.element as z.ZodType)];
  if (inner instanceof z.ZodRecord)
    return { [String(example(inner.keyType as z.ZodType))]: example(inner.valueType as z.ZodType) };
  if (inner instanceof z.ZodNumber) return Math.max(inner.minValue ?? 1, 1);
  if (inner instanceof z.ZodBoolean) return true;
  throw new TypeError(`no example of a ${inner.type}`);
}

/** A setting's place in the schema, with `[]` for every element of a list and `NAME` for every name of a record. */
export interface Place {
  readonly path: readonly string[];
  readonly schema: z.ZodType;
}

/** Every place of a schema, an object before its members. */
export function places(schema: z.ZodType, path: readonly string[] = []): Place[] {
  const inner = bare(schema);
  const at = (name: string, one: unknown): Place[] => {
    const here = [...path, name];
    return [{ path: here, schema: one as z.ZodType }, ...places(one as z.ZodType, here)];
  };
  if (inner instanceof z.ZodObject) return Object.entries(inner.shape).flatMap(([name, one]) => at(name, one));
  if (inner instanceof z.ZodDiscriminatedUnion)
    return inner.options.flatMap((option) => places(option as z.ZodType, path));
  if (inner instanceof z.ZodRecord) return at("NAME", inner.valueType);
  if (inner instanceof z.ZodArray) return at("[]", inner.element);
  return [];
}

/** Whether a value of a schema may hold a secret, if only by mistake. */
export function holdsSecrets(schema: z.ZodType): boolean {
  const all = [schema, ...places(schema).map((place) => place.schema)];
  return all.some((one) => about(one)?.secret === true || about(one)?.quiet === true);
}

function discriminates(option: z.ZodObject, discriminator: string, value: unknown): boolean {
  const literal = (option.shape as Record<string, z.ZodType>)[discriminator];
  return literal instanceof z.ZodType && literal.safeParse(member(value, discriminator)).success;
}
