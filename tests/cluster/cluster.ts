import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root } from "../stacks.ts";

const shared = join(root, "..", "shared");
const scripts = join(shared, "control-plane");

/** Where programs and charts are kept between runs. */
export const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
const controlPlane = join(cache, "control-plane");

/** The folder of CustomResourceDefinitions that stand in for charts; it need not be there. */
export const definitions = join(shared, "crds");

/** What a program printed. */
export interface Printed {
  readonly out: string;
  readonly err: string;
}

/** A cluster to test on: one that KUBECONFIG names, or a control plane that this run starts and stops. */
export class Cluster {
  readonly kubeconfig: string;

  constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
  }

  /** Runs kubectl. @param objects its standard input: objects, or YAML @param limit seconds; default 300 */
  kubectl(args: readonly string[], objects: readonly unknown[] | string = "", limit?: number): Printed {
    const input =
      typeof objects === "string" ? objects : JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    return run("kubectl", args, { input, env: { KUBECONFIG: this.kubeconfig }, limit });
  }

  /** Runs Helm. @param values its standard input */
  helm(args: readonly string[], values: unknown = {}): Printed {
    // Helm has a limit of its own.
    return run("helm", args, { input: JSON.stringify(values), env: { KUBECONFIG: this.kubeconfig }, limit: 900 });
  }

  /** The objects that `kubectl get` finds; none where the cluster does not know their kind. */
  get<T extends KubernetesObject>(args: readonly string[], objects?: readonly unknown[]): T[] {
    try {
      const { out } = this.kubectl(["get", "--ignore-not-found", "-o", "json", ...args], objects);
      const found = (out === "" ? { items: [] } : JSON.parse(out)) as T & { items?: T[] };
      return found.items ?? [found];
    } catch (error) {
      if (error instanceof Error && error.message.includes("doesn't have a resource type")) return [];
      throw error;
    }
  }
}

/** What every object of the API has. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string }[];
  };
}

/**
 * Runs a program to its end.
 * @param limit seconds after which it is killed; default 300
 * @throws Error with what it printed, where it fails
 */
export function run(
  program: string,
  args: readonly string[],
  {
    input = "",
    env = {},
    cwd = root,
    limit = 300,
  }: { input?: string; env?: Readonly<Record<string, string>>; cwd?: string; limit?: number } = {},
): Printed {
  // The control plane's programs come last, so that the user's own kubectl and Helm win.
  const PATH = `${process.env["PATH"] ?? ""}${delimiter}${join(controlPlane, "bin")}`;
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    input,
    env: { ...process.env, PATH, ...env },
    encoding: "utf8",
    timeout: limit * 1000,
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  if (status !== 0)
    throw new Error(`${program} ${args.join(" ")}: ${signal ?? status}\n${stderr}${stdout.slice(-2000)}`);
  return { out: stdout, err: stderr };
}

/** Whether a program is at hand. */
export function has(program: string, ...args: string[]): boolean {
  try {
    run(program, args);
    return true;
  } catch {
    return false;
  }
}

/** Repeats a check until it passes. @throws what it threw last, once the seconds are over */
export async function eventually<T>(seconds: number, check: () => T): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

let found: Promise<Cluster | string> | undefined;
let stop: () => void = () => undefined;

/** The cluster of this run; where there is none, the hook that asks and every test under it are skipped with a line. */
export async function useCluster(hook: Mocha.Context): Promise<Cluster> {
  found ??= find();
  const cluster = await found;
  return typeof cluster === "string" ? skip(hook, cluster) : cluster;
}

/** Skips, and says why. */
export function skip(hook: Mocha.Context, why: string): never {
  console.log(`    skipped: ${why}`);
  return hook.skip();
}

async function find(): Promise<Cluster | string> {
  const given = process.env["KUBECONFIG"];
  if (!given && !existsSync(join(scripts, "start")))
    return "KUBECONFIG is not set, and there is no ../shared/control-plane";
  if (!given && !has("go", "version")) return "KUBECONFIG is not set, and the control plane needs Go";
  const cluster = new Cluster(given || (await start()));
  if (!has("kubectl", "version", "--client")) return "kubectl is not on PATH";
  const { out } = cluster.kubectl(["config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"]);
  console.log(`    cluster: ${out}${given ? ", of KUBECONFIG" : ", started for this run"}`);
  return cluster;
}

/** Starts a control plane of this run's own, with its own ports and state, so that others may run beside it. */
async function start(): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "groundplan-control-plane-"));
  mkdirSync(join(controlPlane, "bin"), { recursive: true });
  symlinkSync(join(controlPlane, "bin"), join(home, "bin"));
  const [api, etcd] = await freePorts();
  const env = { CONTROL_PLANE_HOME: home, API_PORT: String(api), ETCD_PORT: String(etcd) };
  // What kubectl learns of this API server is of no use to another.
  process.env["KUBECACHEDIR"] = join(home, "kubectl");
  stop = () => {
    stop = () => undefined;
    run(join(scripts, "start"), ["stop"], { env });
    rmSync(home, { recursive: true, force: true });
  };
  // The programs of the control plane outlive a signal to this process, and a failure of it.
  process.once("exit", () => stop());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
  if (!existsSync(join(controlPlane, "bin", "etcd")))
    console.log("    building the control plane, once: about 12 minutes on two cores");
  const { out } = run(join(scripts, "start"), [], { env, limit: 1800 });
  return out.trimEnd().split("\n").at(-1) ?? "";
}

/** A free port, and one with a free port after it: etcd takes two. */
async function freePorts(): Promise<[number, number]> {
  for (;;) {
    const [api, etcd] = [await freePort(0), await freePort(0)];
    if (api !== undefined && etcd !== undefined && (await freePort(etcd + 1)) !== undefined) return [api, etcd];
  }
}

async function freePort(wanted: number): Promise<number | undefined> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", () => resolve(undefined));
    probe.listen(wanted, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

after("stop the control plane", function () {
  this.timeout(60_000);
  stop();
});
