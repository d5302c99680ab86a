import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where tests keep what they download or build once, by what it is for. */
export function cacheOf(purpose: string): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "groundplan", purpose);
}

/**
 * A file of Maven Central, downloaded where it is not cached.
 * @param artifact `GROUP:NAME:VERSION`, and `:KIND` where it is no jar
 * @param folder of the cache
 * @returns its path; undefined where Maven is not there or cannot download it
 */
export function mavenFile(artifact: string, folder: string): string | undefined {
  const [, name = "", version = "", kind = "jar"] = artifact.split(":");
  const file = `${name}-${version}.${kind}`;
  const kept = join(folder, file);
  if (existsSync(kept)) return kept;
  mkdirSync(folder, { recursive: true });
  const fresh = mkdtempSync(join(folder, "download-"));
  spawnSync("mvn", ["-q", "-B", "dependency:copy", `-Dartifact=${artifact}`, `-DoutputDirectory=${fresh}`]);
  // Renamed when it is whole: a download that broke off must not be taken for the file.
  if (existsSync(join(fresh, file))) renameSync(join(fresh, file), kept);
  rmSync(fresh, { recursive: true, force: true });
  return existsSync(kept) ? kept : undefined;
}
