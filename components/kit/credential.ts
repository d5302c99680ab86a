import { RandomPassword } from "@pulumi/random/randomPassword.js";
import * as pulumi from "@pulumi/pulumi";
import type { Component } from "./component.ts";
import type { CredentialEntry } from "./ledger.ts";
import type { Keyed } from "./secret.ts";

/** What raising a credential's rotation number does, or why it must not be raised. */
export type Recipe = { readonly rotate: string } | { readonly refuse: string };

/** What the catalogue of secrets says of a credential before it is made. */
export interface CredentialSpec {
  /** Unique in the stack; the key of the setting `rotation`. */
  readonly name: string;
  /** Characters; default 32, which is 190 bits. */
  readonly length?: number;
  readonly recipe: Recipe;
}

/**
 * A generated password of letters and digits: an alphabet that every configuration file, URL and shell takes as it is.
 *
 * It is made once and kept in the stack's encrypted state; a higher rotation number replaces it. It is secret from birth.
 */
export class Credential {
  readonly value: pulumi.Output<string>;
  /** Its bcrypt hash, made once and kept like the value: for programs that are given no password. */
  readonly bcrypt: pulumi.Output<string>;
  /** How often it was replaced, from 1. */
  readonly rotation: number;
  private readonly entry: CredentialEntry & { consumers: string[] };

  constructor(owner: Component, role: string, spec: CredentialSpec) {
    const length = spec.length ?? 32;
    this.rotation = owner.environment.rotation[spec.name] ?? 1;
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
    this.entry = { ...catalogued(spec), kind: "password", length, rotation, consumers: [], secrets: [] };
    owner.environment.ledger.credentials.push(this.entry);
  }

  /** Records that a key of a Secret carries this credential, for a consumer. */
  storedIn(secret: Keyed, key: string, consumer: string): void {
    this.entry.secrets.push({ namespace: secret.namespace, name: secret.name, key });
    if (!this.entry.consumers.includes(consumer)) this.entry.consumers.push(consumer);
  }
}

/** A credential's name and what its rotation does, as the catalogue of secrets shows them. */
export function catalogued({ name, recipe }: CredentialSpec): Pick<CredentialEntry, "name" | "recipe"> {
  return { name, recipe: "rotate" in recipe ? recipe.rotate : `refused: ${recipe.refuse}` };
}
