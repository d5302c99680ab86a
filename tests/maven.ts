import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
  return downloaded(folder, file, (fresh) => {
    spawnSync("mvn", ["-q", "-B", "dependency:copy", `-Dartifact=${artifact}`, `-DoutputDirectory=${fresh}`]);
    return true;
  });
}

/**
 * A folder with a file of Maven Central and all that it depends on at run time, downloaded where it is not cached.
 * @param artifact `GROUP:NAME:VERSION`
 * @param folder of the cache
 * @returns its path; undefined where Maven is not there or cannot download it
 */
export function mavenFolder(artifact: string, folder: string): string | undefined {
  const [group = "", name = "", version = ""] = artifact.split(":");
  const files = `${name}-${version}`;
  return downloaded(folder, files, (fresh) => {
    const coordinates = (one: readonly string[]) =>
      `<groupId>${one[0]}</groupId><artifactId>${one[1]}</artifactId><version>${one[2]}</version>`;
    const dependency = `<dependencies><dependency>${coordinates([group, name, version])}</dependency></dependencies>`;
    const project = `<project><modelVersion>4.0.0</modelVersion>${coordinates(["test", "test", "1"])}${dependency}</project>`;
    writeFileSync(join(fresh, "pom.xml"), project);
    const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${files}`];
    return spawnSync("mvn", ["-q", "-B", ...goal], { cwd: fresh }).status === 0;
  });
}

/** What is in the cache under a name, or what a download writes under it to a fresh folder. @param download whether it succeeded */
function downloaded(folder: string, name: string, download: (fresh: string) => boolean): string | undefined {
  const kept = join(folder, name);
  if (existsSync(kept)) return kept;
  mkdirSync(folder, { recursive: true });
  const fresh = mkdtempSync(join(folder, "download-"));
  // Renamed when it is whole: a download that broke off must not be taken for the file.
  if (download(fresh) && existsSync(join(fresh, name))) renameSync(join(fresh, name), kept);
  rmSync(fresh, { recursive: true, force: true });
  return existsSync(kept) ? kept : undefined;
}
