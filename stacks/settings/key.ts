import { z } from "zod";
import type { Path } from "./path.ts";

/** The profile of a stack, which selects the defaults. */
export type Profile = "prod" | "dev";

/** The default of a setting whose default depends on the profile. */
export function byProfile<T>(profile: Profile, values: Readonly<Record<Profile, T>>): T {
  return values[profile];
}

/** The description of a setting: the source of the documentation, the editor's schema and the error messages. */
export interface About {
  /** What the setting is: one sentence. */
  readonly is: string;
  /** The unit of a number or the format of a string. Default: none; the type implies it. */
  readonly unit?: string;
  /**
   * What happens when the setting is not set, for an effect that the default value does not show. Whether the setting is
   * required, and its default value, are read from the schema.
   */
  readonly unset?: string;
  /** What a later change restarts, replaces or destroys. Default: that of the keys, for an object; required otherwise. */
  readonly changing?: string;
  /** The accepted values, as an error message lists them. Default: derived from the schema. */
  readonly accepts?: string;
  /** Whether the value is the name of a secret that the user sets with `pulumi config set --secret secrets:NAME`. */
  readonly secret?: boolean;
  /** Whether a rejected value may be a secret that was set in the wrong place; it is never shown. */
  readonly quiet?: boolean;
}

const registry = z.registry<About>();

/** Adds a description to a setting. It must be the outermost call, after `default()` and `optional()`. */
export function key<T extends z.ZodType>(schema: T, about: About): T {
  // A clone: two settings may share a format, and the registry holds one description per schema.
  const own = schema.clone();
  registry.add(own, about);
  return own;
}

/** The description of a setting; undefined for a schema without one, such as the element of an array. */
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

/** The members of an object schema, or of the option of a union that the value selects; undefined for other schemas. */
export function members(schema: z.ZodType, value: unknown): Record<string, z.ZodType> | undefined {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject) return inner.shape;
  if (inner instanceof z.ZodDiscriminatedUnion) {
    const selected = (inner.options as z.ZodObject[]).find((option) =>
      discriminates(option, inner.def.discriminator, value),
    );
    return selected?.shape;
  }
  return undefined;
}

/** The schema one level below another: an object's member, a record's value or an array's element. */
export function step(schema: z.ZodType, name: PropertyKey, value: unknown): z.ZodType | undefined {
  const inner = bare(schema);
  if (inner instanceof z.ZodRecord) return inner.valueType as z.ZodType;
  if (inner instanceof z.ZodArray) return inner.element as z.ZodType;
  const all = members(schema, value);
  return all !== undefined && Object.hasOwn(all, name) ? all[String(name)] : undefined;
}

/** The schema at a path below another; the value selects the options of unions. */
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

/** Whether a value can be written in a command. */
export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** The value one level below, or undefined. */
export function member(value: unknown, name: PropertyKey): unknown {
  const own = typeof value === "object" && value !== null && Object.hasOwn(value, name);
  return own ? (value as Record<PropertyKey, unknown>)[name] : undefined;
}

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce(member, value);
}

/** The default value of a setting; undefined if it has none. */
export function defaultOf(schema: z.ZodType): unknown {
  const unset = schema.safeParse(undefined);
  return unset.success ? unset.data : undefined;
}

/** Whether a setting must be set. */
export function isRequired(schema: z.ZodType): boolean {
  return !schema.safeParse(undefined).success;
}

/** The examples of a format. */
export function formatExamples(schema: z.ZodType): unknown[] {
  const examples: unknown = z.globalRegistry.get(schema)?.examples;
  return Array.isArray(examples) ? examples : [];
}

/** The smallest value that a schema accepts, built from the examples of its formats; shown in messages. */
export function example(schema: z.ZodType): unknown {
  const inner = bare(schema);
  const [given] = formatExamples(inner);
  if (given !== undefined) return given;
  if (inner instanceof z.ZodObject) {
    const required = Object.entries(inner.shape as Record<string, z.ZodType>).filter(([, one]) => isRequired(one));
    return Object.fromEntries(required.map(([name, one]) => [name, example(one)]));
  }
  if (inner instanceof z.ZodDiscriminatedUnion) return example(inner.options[0] as z.ZodType);
  if (inner instanceof z.ZodLiteral) return [...inner.values][0];
  if (inner instanceof z.ZodEnum) return inner.options[0];
  if (inner instanceof z.ZodArray) return [example(inner.element as z.ZodType)];
  if (inner instanceof z.ZodRecord)
    return { [String(example(inner.keyType as z.ZodType))]: example(inner.valueType as z.ZodType) };
  if (inner instanceof z.ZodNumber) return Math.max(inner.minValue ?? 1, 1);
  if (inner instanceof z.ZodBoolean || inner instanceof z.ZodUnknown) return true;
  throw new TypeError(`no example of a ${inner.type}`);
}

/** A setting's path in the schema, with `[]` for the elements of a list and `NAME` for the names of a record. */
export interface Place {
  readonly path: readonly string[];
  readonly schema: z.ZodType;
}

/** Every path of a schema, an object before its members. */
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

/** Whether a value of a schema may contain a secret, even if by mistake. */
export function holdsSecrets(schema: z.ZodType): boolean {
  const all = [schema, ...places(schema).map((place) => place.schema)];
  return all.some((one) => about(one)?.secret === true || about(one)?.quiet === true);
}

function discriminates(option: z.ZodObject, discriminator: string, value: unknown): boolean {
  const literal = (option.shape as Record<string, z.ZodType>)[discriminator];
  return literal instanceof z.ZodType && literal.safeParse(member(value, discriminator)).success;
}
