import { compare, stableJson } from "../kit/stable.ts";

/** Plain JSON data. */
export type JsonValue = string | number | boolean | readonly JsonValue[] | Json | Placeholder;

/** A JSON object: a part of a realm's representation (Keycloak Admin REST API, `RealmRepresentation`). */
export interface Json {
  readonly [key: string]: JsonValue | undefined;
}

/** The owner of a secret in the realm. */
export type SecretKind = "client" | "user" | "identity-provider" | "ldap" | "smtp";

/**
 * The environment variable with a secret of the realm: `CLIENT_GRAFANA`. Distinct names give distinct variables:
 * names contain only lower-case letters, digits, `-`, `.` and `_`.
 */
export function secretVariable(kind: SecretKind, name: string): string {
  const escaped = name.toUpperCase().replaceAll("_", "__").replaceAll(".", "_D_").replaceAll("-", "_H_");
  return `${kind.toUpperCase().replaceAll("-", "")}_${escaped}`;
}

/** The placeholder of a secret in the document: keycloak-config-cli replaces it with the variable's value. */
export class Placeholder {
  readonly variable: string;

  constructor(kind: SecretKind, name: string) {
    this.variable = secretVariable(kind, name);
  }
}

/** A role in the settings: a role of the realm, or `CLIENT.ROLE`. */
export function parseRole(text: string): { readonly client?: string; readonly role: string } {
  const dot = text.indexOf(".");
  return dot < 0 ? { role: text } : { client: text.slice(0, dot), role: text.slice(dot + 1) };
}

/**
 * The document's text. keycloak-config-cli replaces every `$(env:NAME)` in the text before it parses it as JSON; any other
 * `$` is escaped, so that only the document's own placeholders are replaced.
 */
export function documentText(document: Json): string {
  // A marker that does not occur in the document.
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

/** A user-provided secret, escaped for a JSON string in which placeholders are replaced. */
export function placeholderValue(secret: string): string {
  return escapeDollars(JSON.stringify(secret).slice(1, -1));
}

function escapeDollars(json: string): string {
  return json.replaceAll("$", "\\u0024");
}

/** Orders objects by the string under a key. */
export function byText(key: string): (a: Json, b: Json) => number {
  const text = (object: Json) => (typeof object[key] === "string" ? object[key] : "");
  return (a, b) => compare(text(a), text(b));
}
