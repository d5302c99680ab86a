import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { loginImage } from "../../components/gateway/login.ts";

/** Where the program may stand, under its version. */
export const loginPrograms = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "groundplan", "bin");

/** oauth2-proxy: in the cache under its version, or on PATH; undefined where there is none. */
export function loginProgram(): string | undefined {
  const cached = join(loginPrograms, `oauth2-proxy-${loginImage.split(":")[1]}`);
  if (existsSync(cached)) return cached;
  return spawnSync("oauth2-proxy", ["--version"]).error === undefined ? "oauth2-proxy" : undefined;
}
