/** What is wrong with a keystore, or with what one is to be made of; stable, so that a caller can branch on it. */
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

/** One thing that is wrong: where, what, and how to mend it. Holds no key, no password and no pasted PEM. */
export interface KeystoreProblem {
  code: KeystoreErrorCode;
  message: string;
}

/**
 * Everything that is wrong, at once when an input is checked, and the first finding when bytes are read.
 * It never carries a `cause`: the cryptography library's own errors may quote what they were given.
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

/** Collects problems, so that a person mends all of them in one go. */
export class Problems {
  readonly #found: KeystoreProblem[] = [];

  add(code: KeystoreErrorCode, message: string): void {
    this.#found.push({ code, message });
  }

  /** @throws {KeystoreError} with every problem added so far, if there is one */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new KeystoreError(this.#found);
  }
}

/** A name from a file or a person, on one line and without control characters that a terminal would obey. */
export function quoted(text: string): string {
  return `"${printable(text)}"`;
}

/** Text in which control, format and unpaired characters (Unicode category C) are written as escapes. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\u2028\u2029]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
