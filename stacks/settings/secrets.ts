import type { z } from "zod";
import { about, member, members, step } from "./key.ts";
import type { RawConfig } from "./load.ts";
import { configKey, nearest } from "./problems.ts";
import type { Problem } from "./problems.ts";

/** A setting that names a secret of the user's. */
export interface SecretReference {
  readonly path: readonly PropertyKey[];
  readonly name: string;
}

/** Every setting that names a secret. */
export function secretReferences(
  schema: z.ZodType,
  input: unknown,
  path: readonly PropertyKey[] = [],
): SecretReference[] {
  if (about(schema)?.secret === true) return typeof input === "string" ? [{ path, name: input }] : [];
  if (typeof input !== "object" || input === null) return [];
  const names: PropertyKey[] = Array.isArray(input) ? [...input.keys()] : Object.keys(members(schema, input) ?? input);
  return names.flatMap((name) => {
    const inner = step(schema, name, input);
    return inner === undefined ? [] : secretReferences(inner, member(input, name), [...path, name]);
  });
}

/** Secrets that are named and not there, there and not named, or there in clear; and settings that are needlessly encrypted. */
export function secretProblems(raw: RawConfig, references: readonly SecretReference[], stack: string): Problem[] {
  const severity = "error";
  const present = Object.keys(raw.values).filter((key) => key.startsWith("secrets:"));
  const names = present.map((key) => key.slice("secrets:".length));
  const command = (name: string) => `npx pulumi config set --secret secrets:${name} --stack ${stack}`;
  const missing = references
    .filter(({ name }) => !names.includes(name) && /^[a-z][a-z0-9-]{0,62}$/.test(name))
    .map(({ path, name }): Problem => ({
      key: configKey(path),
      severity,
      message: `there is no secret "${name}" in the configuration`,
      accepts: names.length === 0 ? "the name of a secret that is set" : names.join(", "),
      fix: command(name),
    }));
  const inClear = present
    .filter((key) => !raw.secretKeys.has(key))
    .map((key): Problem => ({
      key,
      severity,
      message: "a secret is given in clear: treat it as known to others",
      accepts: "an encrypted value",
      fix: command(key.slice("secrets:".length)),
    }));
  const unused = names
    .filter((name) => !references.some((reference) => reference.name === name))
    .map((name): Problem => {
      const near = nearest(
        name,
        references.map((reference) => reference.name),
      );
      return {
        key: `secrets:${name}`,
        severity,
        message: "no setting names this secret",
        fix: near === undefined ? `npx pulumi config rm secrets:${name} --stack ${stack}` : `did you mean ${near}?`,
      };
    });
  const encrypted = [...raw.secretKeys]
    .filter((key) => key.startsWith("groundplan:"))
    .map((key): Problem => ({
      key,
      severity,
      message: "settings are not encrypted: only secrets:NAME is",
      accepts: "a plain value that names a secret",
      fix: `npx pulumi config rm ${key} --stack ${stack}, and set it without --secret`,
    }));
  return [...missing, ...inClear, ...unused, ...encrypted];
}
