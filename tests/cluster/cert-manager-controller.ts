import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalogue } from "../../components/kit/catalogue.ts";
import type { Cluster } from "./cluster.ts";
import { builtProgram } from "./go-program.ts";

const source = join(import.meta.dirname, "cert-manager-controller.go");

/**
 * Builds the controllers of the cert-manager that the catalogue names, once; later runs find the program in the cache.
 * @returns the program's path
 * @throws Error where there is no Go, no module proxy, or it does not compile
 */
export function builtController(): string {
  const { version } = catalogue["cert-manager"];
  return builtProgram(source, "cert-manager-controller", `github.com/cert-manager/cert-manager@${version}`);
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
