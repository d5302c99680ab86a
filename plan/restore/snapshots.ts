import { formatBytes } from "../../components/kit/quantities.ts";
import { at, records, text, texts, whole } from "../../components/kit/unknown.ts";

/** A snapshot in the repository. */
export interface Snapshot {
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  readonly path: string;
  /** Bytes of the dump or the files, before restic's deduplication and compression. Default: restic did not report them. */
  readonly size?: number;
}

/** The snapshots in the output of `snapshots.sh`, by path and time. */
export function snapshotsOf(output: string): Snapshot[] {
  const line = output.split("\n").find((one) => one.startsWith("[")) ?? "[]";
  const all = records(JSON.parse(line)).flatMap((one): Snapshot[] => {
    const [id, time, path] = [text(one["id"]), text(one["time"]), texts(one["paths"])[0]];
    const size = whole(at(one, "summary", "total_bytes_processed"));
    return id === undefined || time === undefined || path === undefined ? [] : [{ id, time, path, size }];
  });
  return all.sort((a, b) => (a.path === b.path ? Date.parse(a.time) - Date.parse(b.time) : a.path < b.path ? -1 : 1));
}

/** The newest snapshot of a path at a time or before it; undefined: there is none. */
export function snapshotAt(snapshots: readonly Snapshot[], path: string, until: number): Snapshot | undefined {
  return snapshots.filter((one) => one.path === path && Date.parse(one.time) <= until).at(-1);
}

/** A length of time in words: `5 h`, `3 days`. */
export function age(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000);
  if (hours < 1) return `${Math.max(0, Math.floor(milliseconds / 60_000))} min`;
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

/** The list of snapshots: a line for each path, with the number, the newest with its age and size, and the oldest. */
export function listText(snapshots: readonly Snapshot[], now: number): string {
  const lines = [...Map.groupBy(snapshots, ({ path }) => path)].map(([path, own]) => {
    const [oldest, newest] = [own[0], own.at(-1)];
    if (oldest === undefined || newest === undefined) return path;
    const size = newest.size === undefined ? "" : `, ${formatBytes(newest.size)}`;
    const last = `the last of ${minute(newest.time)} (${age(now - Date.parse(newest.time))} old${size})`;
    const count = own.length === 1 ? "1 snapshot" : `${own.length} snapshots`;
    return `${path}  ${count}, ${last}, the first of ${minute(oldest.time)}`;
  });
  return lines.length === 0 ? "no snapshots" : lines.join("\n");
}

/** A time to the minute, in UTC. */
export function minute(time: string): string {
  return `${new Date(time).toISOString().slice(0, 16)}Z`;
}

/**
 * The names of the claim with the restored files and of that with the old ones after a swap, or of their folders in a share, which no
 * backup contains (components/backup/file-scripts.ts). The snapshot gives the first: a command that is repeated finds what an earlier
 * one has restored. The time gives the second: it is new for each swap.
 */
export function restoredFiles(
  { id, time }: Snapshot,
  claim: string,
  isFolder: boolean,
  now: number,
): { target: string; old: string } {
  const stamp = (at: number) => new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  const stem = claim.slice(0, 200).replace(/[^a-z0-9]+$/, "");
  const name = (what: string, end: string) => (isFolder ? `.groundplan-${what}-${end}` : `${what}-${stem}-${end}`);
  return {
    target: name("restored", `${stamp(Date.parse(time))}-${id.slice(0, 8)}`),
    old: name("before", stamp(now)),
  };
}

/** The names of the restored database and of the old one after a swap: lower-case letters, digits and `_`, as the scripts take them. */
export function restoredNames(
  { id, time }: Omit<Snapshot, "path">,
  database: string,
  now: number,
): { target: string; old: string } {
  const stem = database
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "_")
    .slice(0, 24);
  const stamp = (at: number) => new Date(at).toISOString().replace(/[-:]/g, "").replace("T", "_").slice(0, 13);
  return {
    target: `restored_${stem}_${stamp(Date.parse(time))}_${id.slice(0, 8)}`,
    old: `before_${stem}_${stamp(now)}`,
  };
}
