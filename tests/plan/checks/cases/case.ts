import type { Draft } from "../draft.ts";

/** The day of the tests, unless one says another. */
export const today = "2026-10-01";

/** One thing changed in a good plan, and everything that a check then finds. */
export interface Case {
  readonly id: string;
  readonly name: string;
  readonly when: (draft: Draft) => void;
  /** The check's findings: object and message. Empty: the change is none of its business, though it looks at it. */
  readonly finds: readonly (readonly [object: string, message: RegExp])[];
  /** Other checks that have something against the change. */
  readonly also?: readonly string[];
  /** A day of its own; what other images and the cluster's version are past by then is then not looked at. */
  readonly today?: string;
}
