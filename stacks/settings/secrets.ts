import type { z } from "zod";
import { compare } from "../../components/kit/stable.ts";
import { about, holdsSecrets, member, members, step } from "./key.ts";
import type { RawConfig } from "./input.ts";
import { configKey, quoted } from "./path.ts";
import type { Path } from "./path.ts";
import { nearest } from "./problems.ts";
import type { Problem } from "./problems.ts";

/** A setting that refers to a secret of the user. */
export interface SecretReference {
  readonly path: Path;
  readonly name: string;
}

/** Every setting that refers to a secret. */
export function secretReferences(schema: z.ZodType, input: unknown, path: Path = []): SecretReference[] {
  if (about(schema)?.secret === true)
    return typeof input === "string" && schema.safeParse(input).success ? [{ path, name: input }] : [];
  if (typeof input !== "object" || input === null) return [];
  const names: PropertyKey[] = Array.isArray(input) ? [...input.keys()] : Object.keys(members(schema, input) ?? input);
  return names.flatMap((name) => {
    const inner = step(schema, name, input);
    return inner === undefined ? [] : secretReferences(inner, member(input, name), [...path, name]);
  });
}

/** The context of the check of secrets. */
interface Surroundings {
  /** Whether some settings were rejected, so that any string in them may be the name of a secret. */
  readonly doubtful: boolean;
  /** The top-level settings. */
  readonly shape: Readonly<Record<string, z.ZodType>>;
  readonly stack: string;
}

/**
 * Secrets that are missing, unused or in plaintext, and settings that should not be encrypted.
 *
 * A value where the name of a secret is expected is never shown: it may be the secret.
 */
export function secretProblems(
  raw: RawConfig,
  references: readonly SecretReference[],
  { doubtful, shape, stack }: Surroundings,
): Problem[] {
  const names = Object.keys(raw.values)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length))
    .sort(compare);
  const unnamed = names.filter((name) => !references.some((reference) => reference.name === name));
  const missing = references
    .filter(({ name }) => !names.includes(name))
    .map(({ path, name }) => ({ path, near: nearest(name, unnamed) }));
  const encrypted = [...raw.secretKeys].filter((key) => key.startsWith("groundplan:"));
  // Encrypted and rejected settings may refer to any secret: do not report one as unused then.
  const mentioned = (name: string) =>
    missing.some(({ near }) => near === name) ||
    encrypted.length > 0 ||
    (doubtful && Object.values(raw.values).some((text) => new RegExp(`"(secrets:)?${name}"`).test(text)));
  const inClear = names.filter((name) => !raw.secretKeys.has(`${prefix}${name}`));
  const unused = unnamed.filter((name) => !mentioned(name) && !inClear.includes(name));
  return [
    ...missing.map(({ path, near }) => missingSecret(path, near, names, stack)),
    ...inClear.map((name): Problem => ({
      key: `${prefix}${name}`,
      severity: "error",
      message: "a secret is set in plaintext: consider it compromised",
      accepts: "an encrypted value",
      fix: setSecret(name, stack),
    })),
    ...unused.map((name): Problem => ({
      key: `${prefix}${name}`,
      severity: "error",
      message: "no setting uses this secret",
      unless: { kind: "secret", name },
      accepts: "secrets that a key ending in Secret refers to",
      fix: `npx pulumi config rm ${quoted(`${prefix}${name}`)} --stack ${stack}`,
    })),
    ...encrypted.map((key) => encryptedSetting(key, shape, stack)),
  ];
}

const prefix = "secrets:";

function missingSecret(path: Path, near: string | undefined, names: readonly string[], stack: string): Problem {
  return {
    key: configKey(path),
    severity: "error",
    message: "no secret with this name is set",
    accepts: names.length === 0 ? "the name of a secret that is set; none is set yet" : names.join(", "),
    fix:
      near === undefined ? `${setSecret("NAME", stack)}, where NAME is the value of this key` : `did you mean ${near}?`,
  };
}

function encryptedSetting(key: string, shape: Surroundings["shape"], stack: string): Problem {
  const name = key.slice("groundplan:".length);
  const schema = shape[name];
  const fix =
    schema === undefined
      ? `did you mean ${prefix}${name}?`
      : holdsSecrets(schema)
        ? `${setSecret("NAME", stack)}, and replace the encrypted value with NAME`
        : `write it without "secure:", or npx pulumi config rm ${key} --stack ${stack} and set it without --secret`;
  return {
    key,
    severity: "error",
    message: "is encrypted, but settings must be in plaintext",
    accepts: "plaintext values; a key that ends in Secret takes the NAME of secrets:NAME",
    fix,
  };
}

/** The command that stores a secret; it prompts for the value. */
export function setSecret(name: string, stack: string): string {
  return `npx pulumi config set --secret ${quoted(`${prefix}${name}`)} --stack ${stack}`;
}
