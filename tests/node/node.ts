// One real Kubernetes node for the tests of a file: containers run, and policies, probes, limits and webhooks act.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cache, Cluster, has, run, skip } from "../cluster/cluster.ts";
import type { Printed } from "../cluster/cluster.ts";
import { freePorts } from "../keycloak/node.ts";
import { root } from "../stacks.ts";
import { writeImages } from "./images.ts";
import type { Recipe } from "./images.ts";

export const nodeScripts = join(root, "..", "shared", "real-node");

/** Where the node's programs are kept between runs. */
const home = join(cache, "real-node");

/** Debian's packages whose programs the node uses, by one program of each. */
const packages = {
  containerd: "containerd",
  runc: "runc",
  "/usr/lib/cni/bridge": "containernetworking-plugins",
  iptables: "iptables",
  ipset: "ipset",
  conntrack: "conntrack",
  socat: "socat",
  busybox: "busybox-static",
  mmdebstrap: "mmdebstrap",
  kubectl: "kubernetes-client",
};

/** A running node. */
export class RealNode extends Cluster {
  private readonly env: Readonly<Record<string, string>>;
  private readonly folder: string;
  private readonly began = Date.now();
  private readonly forwards: ChildProcess[] = [];

  constructor(kubeconfig: string, folder: string, env: Readonly<Record<string, string>>) {
    super(kubeconfig);
    this.folder = folder;
    this.env = env;
  }

  /** Runs a program on the node: in its network, where pods and Services answer. @param limit seconds; default 300 */
  inside(args: readonly string[], { input = "", limit = 300 }: { input?: string; limit?: number } = {}): Printed {
    return run(join(nodeScripts, "enter"), args, { input, env: this.env, limit });
  }

  /** A program and its arguments that run another on the node. */
  command(args: readonly string[]): readonly [string, readonly string[], { readonly env: NodeJS.ProcessEnv }] {
    return [join(nodeScripts, "enter"), args, { env: { ...process.env, ...this.env } }];
  }

  /**
   * Opens a port of this machine whose connections start in the network of one of the node's processes.
   * @param to `HOST:PORT` as the process reaches it
   * @returns `http://127.0.0.1:PORT`
   */
  async forward(process: number, to: string): Promise<string> {
    const [port = 0] = await freePorts(1);
    const inner = `${join(nodeScripts, "enter")} nsenter -t ${process} -n socat STDIO TCP\\:${to.replace(":", "\\:")}`;
    const child = spawn("socat", [`TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork`, `EXEC:${inner}`], {
      env: { ...globalThis.process.env, ...this.env },
      stdio: "ignore",
    });
    this.forwards.push(child);
    return `http://127.0.0.1:${port}`;
  }

  /** The folder in which claims are kept. */
  get volumes(): string {
    return join(this.folder, "run", "volumes");
  }

  /** Says what was reached, how many seconds it took, and the largest memory of all pods so far, with their page cache. */
  tell(what: string, since: number): void {
    const seconds = ((Date.now() - since) / 1000).toFixed(0);
    console.log(`      ${what}: ${seconds} s, pods at most ${this.peakMemory()} MiB so far`);
  }

  /**
   * Ends every container, containerd and the kubelet at once, as the loss of power does, and starts the latter two again. The control plane
   * goes on: in a real cluster, it is elsewhere.
   */
  restart(): void {
    this.inside(["bash", join(import.meta.dirname, "restart.sh"), this.folder, this.controlGroup]);
  }

  stop(): void {
    if (!existsSync(this.folder)) return;
    for (const child of this.forwards) child.kill();
    run(join(nodeScripts, "start"), ["stop"], { env: this.env });
    rmSync(this.folder, { recursive: true, force: true });
    console.log(`      the node ran for ${((Date.now() - this.began) / 1000).toFixed(0)} s`);
  }

  private peakMemory(): number {
    const { out } = this.inside(["cat", `/sys/fs/cgroup/memory/${this.controlGroup}/memory.max_usage_in_bytes`]);
    return Math.round(Number(out) / 2 ** 20);
  }

  /** The name that ../shared/real-node gives the control group of its pods. */
  private get controlGroup(): string {
    return run("sh", [
      "-c",
      'echo "real-node-$(printf %s "$1" | cksum | cut -d" " -f1)"',
      "sh",
      this.folder,
    ]).out.trim();
  }
}

/**
 * Starts a node for the tests of one file; where none can be started, the hook and every test under it are skipped with a line.
 * @param images makes the images of its pods: recipes by name
 */
export async function startNode(hook: Mocha.Context, images: () => Images | Promise<Images>): Promise<RealNode> {
  const missing = missingPrograms();
  if (missing !== undefined) skip(hook, missing);
  const folder = mkdtempSync(join(tmpdir(), "groundplan-node-"));
  const [port = 0] = await freePorts(1);
  const env = { REAL_NODE_HOME: folder, API_PORT: String(port) };
  // The node outlives a signal to this process, and a failure of it.
  const stop = () => {
    if (existsSync(join(folder, "run"))) run(join(nodeScripts, "start"), ["stop"], { env });
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", stop);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
  try {
    build();
    symlinkSync(join(home, "bin"), join(folder, "bin"));
    mkdirSync(join(folder, "images"));
    const made = await images();
    writeImages(join(folder, "images", "stack.tar"), made);
    process.env["KUBECACHEDIR"] = join(folder, "kubectl");
    const since = Date.now();
    const { out } = run("nice", ["-n", "5", join(nodeScripts, "start")], { env, limit: 600 });
    console.log(`      a node with ${made.size} images: ${((Date.now() - since) / 1000).toFixed(0)} s`);
    return new RealNode(out.trimEnd().split("\n").at(-1) ?? "", folder, env);
  } catch (error) {
    stop();
    return skip(hook, `no node can be started: ${String(error).trim().split("\n").at(-1)}`);
  }
}

type Images = ReadonlyMap<string, Recipe>;

function missingPrograms(): string | undefined {
  if (!existsSync(join(nodeScripts, "start"))) return "there is no ../shared/real-node";
  if (process.getuid?.() !== 0) return "a node needs root";
  const path = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"];
  const absent = Object.entries(packages).filter(
    ([program]) => !path.some((place) => existsSync(join(program.startsWith("/") ? "/" : place, program))),
  );
  if (absent.length > 0) return `a node needs Debian's ${absent.map(([, name]) => name).join(", ")}`;
  return has("go", "version") || existsSync(join(home, "bin", "pause")) ? undefined : "a node needs Go";
}

/** Builds the node's programs, once. `pause` is the last of them. */
function build(): void {
  if (existsSync(join(home, "bin", "pause"))) return;
  console.log("      building the node, once: ten minutes or more on two cores");
  const env = { REAL_NODE_HOME: home, CONTROL_PLANE_BIN: join(cache, "control-plane", "bin") };
  run("nice", ["-n", "10", join(nodeScripts, "build")], { env, limit: 3600 });
}
