// Programs for images, built once from Go modules.
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "../cluster/cluster.ts";
import { cacheOf } from "../maven.ts";

const folder = cacheOf("bin");

/**
 * The file of a program that is built from a file of this folder.
 * @param as the module that it is compiled in; one below a published module's name may import that module's internal packages
 */
export function goFile(source: string, as = "groundplan.test/program", ...requires: readonly string[]): string {
  const digest = createHash("sha256")
    .update(readFileSync(source))
    .update([as, ...requires].join(" "))
    .digest("hex");
  return built(`${basename(source, ".go")}-${digest.slice(0, 8)}`, (work, output) => {
    copyFileSync(source, join(work, "main.go"));
    go(["mod", "init", as], work);
    for (const one of requires) go(["get", one], work);
    go(["build", "-mod=mod", "-trimpath", "-ldflags", "-s -w", "-o", output, "."], work);
  });
}

/**
 * The file of a program of a published module, built with the versions that the module itself names, its replacements included.
 * @param program the package of its `main`, from the module's folder
 * @param replace modules in place of others, as `MODULE=MODULE@VERSION` or `MODULE=/FOLDER`
 */
export function goModule(module: string, version: string, program: string, ...replace: readonly string[]): string {
  const name = module.split("/").findLast((part) => !/^v\d+$/.test(part)) ?? module;
  return built(`${name}-${version}`, (work, output) => {
    const { Dir } = JSON.parse(go(["mod", "download", "-json", `${module}@${version}`], work)) as { Dir: string };
    // The module's folder is read-only.
    for (const file of ["go.mod", "go.sum"]) {
      copyFileSync(join(Dir, file), join(work, file));
      chmodSync(join(work, file), 0o644);
    }
    for (const one of replace) go(["mod", "edit", `-replace=${one}`], work);
    const flags = ["-mod=mod", `-modfile=${join(work, "go.mod")}`, "-trimpath", "-ldflags", "-s -w"];
    go(["build", ...flags, "-o", output, program], Dir);
  });
}

function built(name: string, build: (work: string, output: string) => void): string {
  const kept = join(folder, name);
  if (existsSync(kept)) return kept;
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, ".build-"));
  try {
    console.log(`      building ${name}, once`);
    build(work, join(work, "output"));
    renameSync(join(work, "output"), kept);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return kept;
}

function go(args: readonly string[], cwd: string): string {
  // Static, since an image may hold nothing else.
  const env = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-buildvcs=false" };
  return run("nice", ["-n", "10", "go", ...args], { cwd, env, limit: 1800 }).out;
}
