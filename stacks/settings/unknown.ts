import type { z } from "zod";
import { about, isScalar, members, places, schemaAt, valueAt } from "./key.ts";
import { configKey, leadsTo, parsePath, quoted, setCommand } from "./path.ts";
import type { Place } from "./key.ts";
import type { Path } from "./path.ts";
import { nearest } from "./problems.ts";
import type { Checked, RefusalParts } from "./problems.ts";
import { setSecret } from "./secrets.ts";

/** A key that is not in the schema: misspelt, in the wrong place, a secret in plaintext, or unknown. */
export function unknownKey(checked: Checked, path: Path): RefusalParts {
  const { schema, input, stack } = checked;
  const parent = path.slice(0, -1);
  const name = String(path.at(-1));
  const known = Object.keys(members(schemaAt(schema, parent, input) ?? schema, valueAt(input, parent)) ?? {});
  const near = nearest(name, known);
  const parts = { path, message: "unknown setting", accepts: known.join(", ") };
  const got = valueAt(input, path);
  const forSecret = known.find((one) => one.toLowerCase() === `${name}secret`.toLowerCase());
  if (forSecret !== undefined || (typeof got === "string" && got.includes("PRIVATE KEY"))) {
    const target = forSecret ?? known.find((one) => one.endsWith("Secret")) ?? near ?? known[0] ?? name;
    const meant = [...parent, target];
    const message = "a secret is set in plaintext: consider it compromised";
    return { ...parts, message, meant, fix: `${setSecret("NAME", stack)} && ${setCommand(meant, "NAME", stack)}` };
  }
  if (near !== undefined) {
    const meant = [...parent, near];
    return { ...parts, meant, fix: `did you mean ${configKey(meant)}?` };
  }
  return {
    ...parts,
    fix: topLevelSlip(checked, path) ?? elsewhere(schema, path) ?? "remove it; docs/settings.md lists every key",
  };
}

/** Mistakes in the form of a key, which happen at the top level only. */
function topLevelSlip({ schema, input, stack }: Checked, path: Path): string | undefined {
  const name = String(path[0]);
  if (path.length > 1) return undefined;
  if (name === "groundplan" || name === "secrets" || name === "config")
    return `write each key on its own line below "config:", such as ${name === "secrets" ? "secrets:NAME" : "groundplan:domain"}`;
  const steps = pathOf(name);
  if (steps.length < 2) return undefined;
  const meant = nearPath(schema, steps, input);
  const wanted = meant === undefined ? undefined : schemaAt(schema, meant, input);
  if (meant === undefined || wanted === undefined)
    return "write a nested key on its own line, indented below its parent";
  const value = input[name];
  const given = isScalar(value) && !(about(wanted)?.secret ?? false) ? value : "VALUE";
  return `npx pulumi config rm ${quoted(`groundplan:${name}`)} --stack ${stack} && ${setCommand(meant, given, stack)}`;
}

/** A path with every misspelt name corrected. */
function nearPath(schema: z.ZodType, path: Path, input: unknown): Path | undefined {
  const meant: PropertyKey[] = [];
  for (const name of path) {
    const here = schemaAt(schema, meant, input);
    const known = here === undefined ? undefined : members(here, valueAt(input, meant));
    const near = known === undefined ? name : nearest(String(name), Object.keys(known));
    if (near === undefined) return undefined;
    meant.push(near);
  }
  return meant;
}

function pathOf(text: string): Path {
  try {
    return parsePath(text);
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

const known = new WeakMap<z.ZodType, readonly Place[]>();

/** The places of a schema, found once: a file may have thousands of unknown keys. */
function allPlaces(schema: z.ZodType): readonly Place[] {
  const found = known.get(schema) ?? places(schema);
  known.set(schema, found);
  return found;
}

/** Other paths with that name: wrong indentation moves keys up or down. */
function elsewhere(schema: z.ZodType, path: Path): string | undefined {
  const name = String(path.at(-1));
  const homes = allPlaces(schema).filter((place) => place.path.at(-1) === name);
  const inside = homes.filter((place) => leadsTo(path.slice(0, -1), place.path));
  const likeliest = [...(inside.length > 0 ? inside : homes)].sort((a, b) => a.path.length - b.path.length);
  const keys = [...new Set(likeliest.map((place) => placeName(place.path)))].slice(0, 3);
  return keys.length === 0 ? undefined : `did you mean ${keys.join(" or ")}? Check the indentation`;
}

/** A path of the schema as documents and messages show it: `groundplan:postgresql.databases[].name`. */
export function placeName(path: readonly string[]): string {
  return `groundplan:${path.join(".").replaceAll(".[]", "[]")}`;
}
