/** The kind of a problem with a keystore or its input; stable, so that callers can branch on it. */
export type KeystoreErrorCode =
  | "no-entries"
  | "alias"
  | "duplicate-alias"
  | "key-size"
  | "salt"
  | "iterations"
  | "date"
  | "empty-password"
  | "password-characters"
  | "certificate"
  | "several-certificates"
  | "not-jceks"
  | "wrong-password"
  | "wrong-key-password"
  | "damaged"
  | "unsupported";

/** One problem: where, what, and how to fix it. Contains no key, password or PEM from the input. */
export interface KeystoreProblem {
  code: KeystoreErrorCode;
  message: string;
}

/**
 * All problems of a checked input, or the first problem when bytes are read. It never has a `cause`, because errors of the
 * cryptography library may quote their input.
 */
export class KeystoreError extends Error {
  readonly problems: readonly KeystoreProblem[];

  constructor(problems: readonly KeystoreProblem[]) {
    super(problems.map(({ message }) => message).join("\n"));
    this.name = "KeystoreError";
    this.problems = problems;
  }

  /** The code of the first problem. */
  get code(): KeystoreErrorCode {
    return this.problems[0]?.code ?? "damaged";
  }
}

/** An error with a single problem. */
export function keystoreError(code: KeystoreErrorCode, message: string): KeystoreError {
  return new KeystoreError([{ code, message }]);
}

/** Collects problems, so that all of them are reported at once. */
export class Problems {
  readonly #found: KeystoreProblem[] = [];

  add(code: KeystoreErrorCode, message: string): void {
    this.#found.push({ code, message });
  }

  /** @throws {KeystoreError} with every problem added so far, if there are any */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new KeystoreError(this.#found);
  }
}

/** A name from a file or a user, on one line and without control characters that a terminal would interpret. */
export function quoted(text: string): string {
  return `"${printable(text)}"`;
}

/** Text in which control, format and unpaired characters (Unicode category C) are written as escapes. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\u2028\u2029]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
