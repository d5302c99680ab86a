// A directory that speaks LDAP: UnboundID's in-memory server, from Maven Central once.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./node.ts";

const version = "7.0.2";
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "groundplan", "keycloak");

/** The program's file, downloaded where it is not cached; undefined where it cannot be had. */
export function directoryProgram(): string | undefined {
  const jar = join(cache, `unboundid-ldapsdk-${version}.jar`);
  if (existsSync(jar)) return jar;
  mkdirSync(cache, { recursive: true });
  const artifact = `-Dartifact=com.unboundid:unboundid-ldapsdk:${version}`;
  spawnSync("mvn", ["-q", "-B", "dependency:copy", artifact, `-DoutputDirectory=${cache}`], { stdio: "ignore" });
  return existsSync(jar) ? jar : undefined;
}

/**
 * Starts a directory.
 * @param entries in LDIF (RFC 2849)
 * @param folder takes its files
 */
export async function startDirectory(program: string, entries: string, folder: string) {
  const [port = 0] = await freePorts(1);
  const file = join(folder, "directory.ldif");
  writeFileSync(file, entries);
  const flags = ["--baseDN", "dc=example,dc=org", "--port", String(port), "--ldifFile", file];
  const child = spawn("java", ["-Xmx64m", "-jar", program, "in-memory-directory-server", ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (part: Buffer) => {
        text += part.toString();
        if (/Listening for LDAP|listening/i.test(text)) resolve();
      });
    child.once("close", () => reject(new Error(text)));
  });
  return { port, stop: () => child.kill("SIGKILL") };
}
