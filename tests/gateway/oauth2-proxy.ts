import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loginImage } from "../../components/gateway/login.ts";
import { cacheOf } from "../maven.ts";

/** Where the program may stand, under its version. */
export const loginPrograms = cacheOf("bin");

/** oauth2-proxy: in the cache under its version, or on PATH; undefined where there is none. */
export function loginProgram(): string | undefined {
  const cached = join(loginPrograms, `oauth2-proxy-${loginImage.split(":")[1]}`);
  if (existsSync(cached)) return cached;
  return spawnSync("oauth2-proxy", ["--version"]).error === undefined ? "oauth2-proxy" : undefined;
}
