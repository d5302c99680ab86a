import { Document } from "yaml";
import { algorithmOf } from "./algorithms.ts";
import type { Algorithm } from "./algorithms.ts";
import { mostKeys } from "./credentials.ts";
import { Problems, keystoreError, quoted } from "./keystore-error.ts";
import type { KeystoreEntry } from "./keystore-reader.ts";
import { keyIdentifier } from "./keystore.ts";

/** A key as the setting `midpoint.keystore.keys` describes it, and the value of its secret. */
export interface ImportEntry {
  readonly alias: string;
  readonly algorithm: Algorithm;
  readonly keySecret: string;
  /** The key in base64. */
  readonly value: string;
  /** The key's name in stored data. */
  readonly identifier: string;
}

/** The content of an existing keystore, as settings and secrets. */
export interface KeystoreImport {
  readonly keys: readonly ImportEntry[];
  /** The alias of the key that encrypts, if the keystore leaves no choice or has midPoint's default. */
  readonly encryptionKey?: string;
  /** Trusted certificates, as the setting `midpoint.trust` describes them. */
  readonly trust: readonly { readonly name: string; readonly certificate: string }[];
}

/** midPoint's default for `encryptionKeyAlias`, and the settings' default. */
const defaultAlias = "default";

/** Aliases that settings can contain: without control characters and lone surrogates, at most 400 characters. */
const settable = /^[^\p{Cc}\p{Cs}\uFFFE\uFFFF]{1,400}$/u;

/**
 * The settings and secrets for the entries of a keystore.
 *
 * @throws {KeystoreError} with every entry that a stack cannot import: private keys, keys that are not AES
 */
export function importOf(entries: readonly KeystoreEntry[]): KeystoreImport {
  const problems = new Problems();
  const secrets = new Names("midpoint-key-", 63);
  const trusted = new Names("", 30);
  const keys: ImportEntry[] = [];
  const trust: { name: string; certificate: string }[] = [];
  for (const entry of entries) {
    const { alias } = entry;
    if (entry.kind === "private key")
      problems.add("unsupported", `the entry ${quoted(alias)} is a private key, not a secret key; ${removal(alias)}`);
    else if (entry.kind === "trusted certificate")
      trust.push({ name: trusted.next(alias, "ca"), certificate: entry.certificate.toString() });
    else {
      const algorithm = algorithmOf(entry.algorithm, entry.bits);
      if (algorithm === undefined)
        problems.add(
          "unsupported",
          `the key ${quoted(alias)} is ${quoted(entry.algorithm)} of ${entry.bits} bits; midPoint's keys are AES of 128, 192 or 256 bits; ${removal(alias)}`,
        );
      else if (!settable.test(alias))
        problems.add(
          "alias",
          `the alias ${quoted(alias)} contains control characters, or is too long; rename it with keytool -changealias`,
        );
      else {
        const value = entry.key.toString("base64");
        keys.push({
          alias,
          algorithm,
          keySecret: secrets.next(alias, "key"),
          value,
          identifier: keyIdentifier(entry.key),
        });
      }
    }
  }
  problems.throwIfAny();
  if (keys.length === 0)
    throw keystoreError("no-entries", "the keystore contains no secret key; use midPoint's keystore.jceks");
  if (keys.length > mostKeys)
    throw keystoreError(
      "unsupported",
      `the keystore contains ${keys.length} keys; a stack imports ${mostKeys} at most`,
    );
  const only = keys.length === 1 ? keys[0]?.alias : undefined;
  const encryptionKey = keys.some(({ alias }) => alias === defaultAlias) ? defaultAlias : only;
  return { keys, encryptionKey, trust };
}

function removal(alias: string): string {
  return /^[\w.-]+$/.test(alias)
    ? `delete it from a copy with keytool -delete -alias ${alias} -storetype jceks -keystore FILE`
    : "delete it from a copy with keytool -delete";
}

/** Different names made of aliases. */
class Names {
  private readonly taken = new Set<string>();
  private readonly prefix: string;
  private readonly longest: number;

  /** @param longest the maximum length of a name */
  constructor(prefix: string, longest: number) {
    this.prefix = prefix;
    this.longest = longest;
  }

  /** @param otherwise the name of an alias that has no letter or digit */
  next(alias: string, otherwise: string): string {
    const plain = alias
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "");
    const base = this.prefix === "" ? plain.replace(/^[^a-z]+/, "") : plain;
    // Four characters are left for a number.
    const start = `${this.prefix}${base || otherwise}`.slice(0, this.longest - 4).replace(/-+$/, "");
    let name = start;
    for (let number = 2; this.taken.has(name); number++) name = `${start}-${number}`;
    this.taken.add(name);
    return name;
  }
}

/** The settings as YAML for a stack file. It contains no key. */
export function settingsYaml({ encryptionKey, keys, trust }: KeystoreImport): string {
  const keystore = {
    source: "import",
    ...(encryptionKey === undefined || encryptionKey === defaultAlias ? {} : { encryptionKey }),
    keys: keys.map(({ alias, algorithm, keySecret }) => ({ alias, algorithm, keySecret })),
  };
  const document = new Document({ "groundplan:midpoint": { keystore, ...(trust.length === 0 ? {} : { trust }) } });
  const comments = [
    ' Merge this into the section config of the stack file: docs/midpoint.md, "An existing keystore".',
    ...(keys.length === 1
      ? []
      : [
          ` Several keys: encryptionKey must be the encryptionKeyAlias of midPoint's configuration${encryptionKey === undefined ? "." : `; default: ${defaultAlias}.`}`,
        ]),
  ];
  document.commentBefore = comments.join("\n");
  return document.toString({ lineWidth: 0 });
}
