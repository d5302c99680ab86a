import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { stableJson } from "../components/kit/stable.ts";

/** The most entries of a folder of the cache; beyond, those that were not used for longest go. */
const most = 300;

/**
 * A value that takes long to make, kept as JSON in the user's cache. An entry that cannot be read is made again, and a cache that
 * cannot be written has no effect.
 *
 * @param folder one for each sort of value
 * @param key everything that the value follows from, as plain data
 * @param make the value, as plain data
 */
export async function cached<Value>(folder: string, key: unknown, make: () => Promise<Value>): Promise<Value> {
  const name = `${createHash("sha256").update(stableJson(key)).digest("hex")}.json`;
  const kept = read<Value>(folder, name);
  if (kept !== undefined) return kept.value;
  const text = JSON.stringify({ value: await make() });
  quietly(() => {
    writeWhole(cachePath(folder, name), text);
    removeOldest(cachePath(folder));
  });
  return (JSON.parse(text) as { value: Value }).value;
}

function read<Value>(folder: string, name: string): { value: Value } | undefined {
  return quietly(() => {
    const path = cachePath(folder, name);
    const entry = JSON.parse(readFileSync(path, "utf8")) as { value: Value };
    if (!Object.hasOwn(entry, "value")) return undefined;
    const now = new Date();
    quietly(() => utimesSync(path, now, now));
    return entry;
  });
}

/** What a look into the cache gives, or undefined where the disk, or its content, does not allow it. */
function quietly<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** A path below the folder of this project in the user's cache, with the folder that holds it made. */
export function cachePath(folder: string, name = ""): string {
  const path = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "groundplan", folder);
  mkdirSync(path, { recursive: true });
  return join(path, name);
}

/** Another plan may read the cache at the same time: a file appears whole or not at all. */
export function writeWhole(path: string, text: string): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text);
  renameSync(fresh, path);
}

function removeOldest(folder: string): void {
  const entries = readdirSync(folder);
  if (entries.length <= most) return;
  const used = new Map(entries.map((name) => [name, statSync(join(folder, name)).mtimeMs]));
  const oldestFirst = entries.sort((a, b) => (used.get(a) ?? 0) - (used.get(b) ?? 0));
  for (const name of oldestFirst.slice(0, entries.length - most)) rmSync(join(folder, name), { force: true });
}
