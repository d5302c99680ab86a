// Programs of tests in Go, built once inside a published module.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cache, has, run } from "./cluster.ts";

/** Minutes that the first build may take: two to five on two cores. */
const limit = 15;

/**
 * Builds a program, once for each version of its source and module; later runs find it in the cache.
 * @param source the file with its `main`
 * @param module the only module that it names, as `PATH@VERSION`
 * @returns the program's path
 * @throws Error where there is no Go, no module proxy, or it does not compile
 */
export function builtProgram(source: string, name: string, module: string): string {
  const version = module.split("@").at(-1) ?? "";
  const digest = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 8);
  const folder = join(cache, "groundplan", "bin");
  const program = join(folder, `${name}-${version}-${digest}`);
  if (existsSync(program)) return program;
  if (!has("go", "version")) throw new Error("there is no Go to build it with");
  console.log(`      building ${name}, once: some minutes`);
  const build = mkdtempSync(join(tmpdir(), "groundplan-go-"));
  // Static, and with what is missing in go.mod added.
  const env = { CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOWORK: "off" };
  const go = (...args: string[]) => run("nice", ["-n", "10", "go", ...args], { cwd: build, env, limit: limit * 60 });
  try {
    copyFileSync(source, join(build, "main.go"));
    go("mod", "init", `groundplan.test/${name}`);
    go("get", module);
    go("build", "-trimpath", "-ldflags", "-s -w", "-o", name, ".");
    mkdirSync(folder, { recursive: true });
    // A name of its own first: two runs may build at the same time, and the temporary folder may be on another disk.
    copyFileSync(join(build, name), `${program}.${process.pid}`);
    renameSync(`${program}.${process.pid}`, program);
  } finally {
    rmSync(build, { recursive: true, force: true });
  }
  return program;
}
