import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheOf, mavenFile } from "../maven.ts";
import { postgresPrograms } from "../postgres/server.ts";

/** Programs of this machine that a Keycloak needs, or what is missing. */
export type Programs =
  | { readonly missing: string }
  | {
      /** A fresh copy of the distribution. */
      readonly distribution: string;
      /** keycloak-config-cli; undefined where it is neither cached nor can be built. */
      readonly configCli?: string;
      readonly postgres: string;
    };

const cache = cacheOf("keycloak");

/** The release whose sources are built, and the one that the image's tag names. */
const configCliVersion = "6.5.1";

/**
 * The distribution of a version, downloaded from Maven Central once and unpacked anew, with what it runs on.
 * @param version as the image's tag says it
 */
export function findPrograms(version: string): Programs {
  if (!succeeds("java", "-version")) return { missing: "java is not on PATH" };
  const postgres = postgresPrograms();
  if (postgres === undefined) return { missing: "no PostgreSQL 15 or later" };
  if (!succeeds("unzip", "-v")) return { missing: "unzip is not on PATH" };
  const zip = archive(version);
  if (zip === undefined)
    return {
      missing: succeeds("mvn", "--version") ? `Keycloak ${version} could not be downloaded` : "mvn is not on PATH",
    };
  const folder = mkdtempSync(join(tmpdir(), "groundplan-keycloak-"));
  if (!succeeds("unzip", "-q", zip, "-d", folder)) return { missing: `${zip} cannot be unpacked` };
  const configCli = configCliProgram();
  return {
    distribution: join(folder, `keycloak-${version}`),
    postgres,
    ...(configCli === undefined ? {} : { configCli }),
  };
}

/** The distribution as Maven Central has it, downloaded once. */
function archive(version: string): string | undefined {
  return mavenFile(`org.keycloak:keycloak-quarkus-dist:${version}:zip`, cache);
}

/** The folder of a version's distribution, unpacked once; undefined where it cannot be downloaded. */
export function keycloakDistribution(version: string): string | undefined {
  const kept = join(cache, `keycloak-${version}`);
  const zip = existsSync(kept) ? undefined : archive(version);
  if (zip !== undefined) {
    const folder = mkdtempSync(join(cache, "unpacked-"));
    // Renamed when it is whole.
    if (succeeds("unzip", "-q", zip, "-d", folder)) renameSync(join(folder, `keycloak-${version}`), kept);
    rmSync(folder, { recursive: true, force: true });
  }
  return existsSync(kept) ? kept : undefined;
}

/** keycloak-config-cli's program, built from its sources where it is not cached: Maven Central has none. */
export function configCliProgram(): string | undefined {
  const jar = join(cache, `keycloak-config-cli-${configCliVersion}.jar`);
  if (existsSync(jar)) return jar;
  if (!succeeds("mvn", "--version") || !succeeds("git", "--version")) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "groundplan-config-cli-"));
  try {
    const repository = "https://github.com/adorsys/keycloak-config-cli.git";
    const clone = ["clone", "-q", "--depth", "1", "--branch", `v${configCliVersion}`, repository, folder];
    if (!succeeds("timeout", "60", "git", ...clone)) return undefined;
    const java = spawnSync("java", ["-XshowSettings:properties", "-version"], { encoding: "utf8" }).stderr;
    const [, home = ""] = /java\.home = (.*)/.exec(java) ?? [];
    const [, release = "17"] = /java\.specification\.version = (.*)/.exec(java) ?? [];
    const skip = ["maven.test.skip", "license.skipCheckLicense", "checkstyle.skip", "maven.gitcommitid.skip"];
    const flags = [`-Djava.version=${release}`, "-DskipTests", ...skip.map((name) => `-D${name}=true`)];
    const env = { ...process.env, JAVA_HOME: home };
    spawnSync("mvn", ["-q", "-B", "-ntp", "package", ...flags], { cwd: folder, env, stdio: "ignore" });
    const target = join(folder, "target");
    const built = existsSync(target)
      ? readdirSync(target).find((name) => name === "keycloak-config-cli.jar")
      : undefined;
    if (built === undefined) return undefined;
    succeeds("cp", join(target, built), `${jar}.new`);
    renameSync(`${jar}.new`, jar);
    return jar;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function succeeds(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}
