import type { Change } from "./change.ts";

/** What becomes of data. */
export type Effect =
  /** It is gone, unless the volume behind it is kept by its storage class. */
  | "destroyed"
  /** It stays on its volume or server, but what replaces its owner starts empty. */
  | "orphaned"
  /** What was encrypted or signed with it cannot be read or is not trusted any more. */
  | "unreadable"
  /** Nothing happens to it yet, but what kept it from the next mistake is gone. */
  | "exposed"
  /** The change cannot be made to what holds the data: only to what would replace it. */
  | "impossible"
  /** It stays as it is. */
  | "kept";

/** Data that a change touches. */
export interface Loss {
  /** As the setting `allowDataLoss` names it: `Namespace sysdb`, `PersistentVolume rdm-data`, `Release sysdb/pgsqlha`. */
  readonly name: string;
  /** `refused` stops the change; `allowed` is named in `allowDataLoss`; `note` is only worth knowing. */
  readonly status: "refused" | "allowed" | "note";
  readonly effect: Effect;
  /** What happens: one sentence without a full stop. */
  readonly reason: string;
  /** What to do: one sentence without a full stop. */
  readonly remedy: string;
  /** Pulumi itself stops, since the resource is protected. */
  readonly protected: boolean;
}

/** Data at risk, as a rule finds it; whether it may be lost is decided afterwards. */
export interface Risk {
  readonly name: string;
  readonly effect: Effect;
  readonly reason: string;
  readonly remedy: string;
  readonly change?: Change;
}
