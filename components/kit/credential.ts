import { RandomPassword } from "@pulumi/random/randomPassword.js";
import * as pulumi from "@pulumi/pulumi";
import type { Component } from "./component.ts";
import type { CredentialEntry } from "./ledger.ts";
import type { Keyed } from "./secret.ts";

/** The effect of raising a credential's rotation number, or why it must not be raised. */
export type Recipe = { readonly rotate: string } | { readonly refuse: string };

/** The description of a credential in the catalogue of secrets. */
export interface CredentialSpec {
  /** Unique in the stack; the key of the setting `rotation`. */
  readonly name: string;
  /** Number of characters. Default: 32, which is 190 bits. */
  readonly length?: number;
  readonly recipe: Recipe;
}

/**
 * A generated password of letters and digits: an alphabet that needs no escaping in configuration files, URLs and shells.
 *
 * It is generated once and stored in the stack's encrypted state, marked as secret. A higher rotation number replaces it.
 */
export class Credential {
  readonly value: pulumi.Output<string>;
  /** Its bcrypt hash, generated once and stored like the value: for programs that do not get the password. */
  readonly bcrypt: pulumi.Output<string>;
  /** The rotation number, from 1. */
  readonly rotation: number;
  private readonly entry: CredentialEntry & { consumers: string[] };

  constructor(owner: Component, role: string, spec: CredentialSpec) {
    const length = spec.length ?? 32;
    this.rotation = rotationNumber(owner.environment.rotation, spec);
    const { rotation } = this;
    const random = owner.child(RandomPassword, role, {
      length,
      special: false,
      minLower: 1,
      minUpper: 1,
      minNumeric: 1,
      keepers: { rotation: String(rotation) },
    });
    this.value = pulumi.secret(random.result);
    this.bcrypt = pulumi.secret(random.bcryptHash);
    const resource = `${owner.label}-${role}`;
    this.entry = { ...catalogued(spec), kind: "password", length, rotation, resource, consumers: [], secrets: [] };
    owner.environment.ledger.credentials.push(this.entry);
  }

  /** Records in the ledger that a key of a Secret contains this credential, for a consumer. */
  storedIn(secret: Keyed, key: string, consumer: string): void {
    this.entry.secrets.push({ namespace: secret.namespace, name: secret.name, key });
    if (!this.entry.consumers.includes(consumer)) this.entry.consumers.push(consumer);
  }
}

/** The name under `rotation` that stands for every credential that a number can rotate. */
export const everyCredential = "all";

/** The rotation number of a credential: its own, or that of all if a number can rotate it, or 1. */
export function rotationNumber(
  rotation: Readonly<Record<string, number>>,
  { name, recipe }: Pick<CredentialSpec, "name" | "recipe">,
): number {
  return rotation[name] ?? ("refuse" in recipe ? 1 : (rotation[everyCredential] ?? 1));
}

/** A credential's name and the effect of its rotation, for the catalogue of secrets. */
export function catalogued({ name, recipe }: CredentialSpec): Pick<CredentialEntry, "name" | "recipe"> {
  return { name, recipe: "rotate" in recipe ? recipe.rotate : `refused: ${recipe.refuse}` };
}
