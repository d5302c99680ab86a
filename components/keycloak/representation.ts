import { compare, stableJson } from "../kit/stable.ts";

/** Plain data as it stands in a JSON document. */
export type JsonValue = string | number | boolean | readonly JsonValue[] | Json | Placeholder;

/** A JSON object: a part of a realm's representation (Keycloak Admin REST API, `RealmRepresentation`). */
export interface Json {
  readonly [key: string]: JsonValue | undefined;
}

/** What a secret in the realm belongs to. */
export type SecretKind = "client" | "user" | "identity-provider" | "ldap" | "smtp";

/**
 * The environment variable that carries a secret of the realm: `CLIENT_GRAFANA`. Distinct names give distinct variables:
 * names hold lower-case letters, digits, `-`, `.` and `_` alone.
 */
export function secretVariable(kind: SecretKind, name: string): string {
  const escaped = name.toUpperCase().replaceAll("_", "__").replaceAll(".", "_D_").replaceAll("-", "_H_");
  return `${kind.toUpperCase().replaceAll("-", "")}_${escaped}`;
}

/** What stands in the document in a secret's place: keycloak-config-cli puts the variable's value there. */
export class Placeholder {
  readonly variable: string;

  constructor(kind: SecretKind, name: string) {
    this.variable = secretVariable(kind, name);
  }
}

/** A role as settings write it: a role of the realm, or `CLIENT.ROLE`. */
export function parseRole(text: string): { readonly client?: string; readonly role: string } {
  const dot = text.indexOf(".");
  return dot < 0 ? { role: text } : { client: text.slice(0, dot), role: text.slice(dot + 1) };
}

/**
 * The document's text. keycloak-config-cli replaces every `$(env:NAME)` in the text before it reads it as JSON; a `$` of any
 * other text is written as an escape, so that nothing but the document's own placeholders is replaced.
 */
export function documentText(document: Json): string {
  // Something that no text of the document holds.
  let mark = "#";
  while (JSON.stringify(document).includes(mark)) mark += "#";
  const marked = (value: unknown): unknown => {
    if (value instanceof Placeholder) return `${mark}${value.variable}${mark}`;
    if (Array.isArray(value)) return value.map(marked);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, marked(member)]));
  };
  const text = escapeDollars(stableJson(marked(document), 2));
  return `${text.replace(new RegExp(`"${mark}([A-Z0-9_]+)${mark}"`, "g"), '"$(env:$1)"')}\n`;
}

/** A secret that a person chose as it may stand between the quotes of a JSON text in which placeholders are replaced. */
export function placeholderValue(secret: string): string {
  return escapeDollars(JSON.stringify(secret).slice(1, -1));
}

function escapeDollars(json: string): string {
  return json.replaceAll("$", "\\u0024");
}

/** Orders objects by a text that each has under a key. */
export function byText(key: string): (a: Json, b: Json) => number {
  const text = (object: Json) => (typeof object[key] === "string" ? object[key] : "");
  return (a, b) => compare(text(a), text(b));
}
