import { at } from "./api.ts";

/** The last backup of a path. */
export interface Size {
  readonly path: string;
  readonly bytes: number;
  /** The bytes of the largest of the three before it, where the last one has less than half of them. */
  readonly shrunkFrom?: number;
}

/** Backups that were always small change that much without a reason. */
const least = 102_400;

/**
 * The sizes of the last backups by path, from what `restic snapshots --json` prints (restic, "Scripting", "snapshots"). A snapshot without
 * a size, of restic before 0.17, is left out.
 */
export function lastSizes(snapshots: unknown): Size[] {
  const byPath = new Map<string, { readonly time: number; readonly bytes: number }[]>();
  for (const snapshot of Array.isArray(snapshots) ? snapshots : []) {
    const [path, bytes] = [at(snapshot, "paths", "0"), at(snapshot, "summary", "total_bytes_processed")];
    const time = Date.parse(String(at(snapshot, "time")));
    if (typeof path !== "string" || typeof bytes !== "number") continue;
    byPath.set(path, [...(byPath.get(path) ?? []), { time, bytes }]);
  }
  return [...byPath]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, all]) => {
      const sizes = all.sort((a, b) => a.time - b.time).map(({ bytes }) => bytes);
      const bytes = sizes.at(-1) ?? 0;
      const most = Math.max(0, ...sizes.slice(-4, -1));
      return { path, bytes, ...(most >= least && bytes * 2 < most && { shrunkFrom: most }) };
    });
}
