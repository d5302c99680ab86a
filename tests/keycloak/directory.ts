// A directory that speaks LDAP: UnboundID's in-memory server, from Maven Central once.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheOf, mavenFile } from "../maven.ts";
import { freePorts } from "./node.ts";

const version = "7.0.2";

/** The program's file, downloaded where it is not cached; undefined where it cannot be had. */
export function directoryProgram(): string | undefined {
  return mavenFile(`com.unboundid:unboundid-ldapsdk:${version}`, cacheOf("keycloak"));
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
