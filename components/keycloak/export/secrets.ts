/** A secret of a realm for the stack's configuration. */
export interface RealmSecret {
  /** The NAME of `secrets:NAME`. */
  readonly name: string;
  /** Its value; undefined if the export has none, or masks it. */
  readonly value?: string;
  /** What it is, such as `the client secret of wiki`. */
  readonly what: string;
}

/** What the admin console and partial exports write instead of a secret (Keycloak, `ComponentRepresentation.SECRET_VALUE`). */
const mask = /^\*+$/;

/** The secrets that were found in an export, each with a name of its own. */
export class FoundSecrets {
  readonly found: RealmSecret[] = [];

  /**
   * Keeps a secret.
   * @param value as the export has it
   * @returns its name
   */
  add(owner: string, kind: string, value: unknown, what: string): string {
    const plain = `${owner}-${kind}`
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^[^a-z]+/, "");
    // Four characters are left for a number.
    const start = plain.slice(0, 59);
    let name = start;
    for (let number = 2; this.found.some((one) => one.name === name); number++) name = `${start}-${number}`;
    this.found.push(isSecret(value) ? { name, value, what } : { name, what });
    return name;
  }
}

/** Whether an export has a secret's value. */
export function isSecret(value: unknown): value is string {
  return typeof value === "string" && value !== "" && !mask.test(value);
}
