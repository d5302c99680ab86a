import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalogue } from "../../components/kit/catalogue.ts";
import { cache, has, run } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";

const source = join(import.meta.dirname, "cert-manager-controller.go");

/** Minutes that the first build may take: two to five on two cores. */
const limit = 15;

/**
 * Builds the controllers of the cert-manager that the catalogue names, once; later runs find the program in the cache.
 * @returns the program's path
 * @throws Error where there is no Go, no module proxy, or it does not compile
 */
export function builtController(): string {
  const { version } = catalogue["cert-manager"];
  const digest = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 8);
  const folder = join(cache, "groundplan", "bin");
  const program = join(folder, `cert-manager-controller-${version}-${digest}`);
  if (existsSync(program)) return program;
  if (!has("go", "version")) throw new Error("there is no Go to build it with");
  console.log("      building cert-manager's controllers, once: some minutes");
  const module = mkdtempSync(join(tmpdir(), "groundplan-controller-"));
  // Static, and with what is missing in go.mod added: the only module it names is cert-manager's own.
  const env = { CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOWORK: "off" };
  const go = (...args: string[]) => run("nice", ["-n", "10", "go", ...args], { cwd: module, env, limit: limit * 60 });
  try {
    copyFileSync(source, join(module, "main.go"));
    go("mod", "init", "groundplan.test/controller");
    go("get", `github.com/cert-manager/cert-manager@${version}`);
    go("build", "-trimpath", "-ldflags", "-s -w", "-o", "controller", ".");
    mkdirSync(folder, { recursive: true });
    // A name of its own first: two runs may build at the same time, and the temporary folder may be on another disk.
    copyFileSync(join(module, "controller"), `${program}.${process.pid}`);
    renameSync(`${program}.${process.pid}`, program);
  } finally {
    rmSync(module, { recursive: true, force: true });
  }
  return program;
}

/** Runs the controllers against a cluster until `stop`. Their log is the file `log`. */
export function startController(
  program: string,
  cluster: Cluster,
  namespace: string,
): { stop: () => void; log: () => string } {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-controller-"));
  const file = join(folder, "log");
  const output = openSync(file, "w");
  const args = [`--kubeconfig=${cluster.kubeconfig}`, `--cluster-resource-namespace=${namespace}`];
  const child: ChildProcess = spawn(program, args, { stdio: ["ignore", output, output] });
  closeSync(output);
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  return {
    stop: () => {
      kill();
      process.removeListener("exit", kill);
      rmSync(folder, { recursive: true, force: true });
    },
    log: () => readFileSync(file, "utf8"),
  };
}
