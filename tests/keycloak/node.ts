import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** A running Keycloak. */
export interface Node {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Its port for HTTPS, where it has a certificate. */
  readonly httpsPort: number;
  /** Where it answers about health and metrics. */
  readonly management: string;
  /** Seconds from the start until it was ready. */
  readonly startup: number;
  log(): string;
  /** Ends it: `SIGTERM` in order, `SIGKILL` as a node that is lost. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Ports that nobody listens at now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Builds the server as a pod does before it starts. @returns the seconds that it took */
export function buildServer(distribution: string, environment: Readonly<Record<string, string>>): number {
  const began = Date.now();
  const env = { PATH: process.env["PATH"], ...environment, JAVA_OPTS_KC_HEAP: "-Xms128m -Xmx512m" };
  const { status, stdout, stderr } = spawnSync(join(distribution, "bin", "kc.sh"), ["build"], {
    env,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`kc.sh build failed:\n${stdout}${stderr}`);
  return (Date.now() - began) / 1000;
}

/**
 * Starts a Keycloak with the environment of a deployed one, on the loopback address, and waits until it is ready.
 * @param clusterPort the port for the other servers; JGroups adds 50000 for its failure detection
 */
export async function startNode(
  distribution: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  clusterPort: number,
): Promise<Node> {
  const [http = 0, https = 0, management = 0] = await freePorts(3);
  const env = {
    PATH: process.env["PATH"],
    ...environment,
    JAVA_OPTS_KC_HEAP: "-Xms128m -Xmx512m",
    KC_CACHE_EMBEDDED_NETWORK_BIND_PORT: String(clusterPort),
    KC_HTTP_HOST: "127.0.0.1",
    KC_HTTP_MANAGEMENT_PORT: String(management),
    KC_HTTP_PORT: String(http),
    KC_HTTPS_PORT: String(https),
  };
  const [, ...args] = command;
  // A group of its own: kc.sh stays the parent of the server, and both have to end.
  const child = spawn(join(distribution, "bin", "kc.sh"), args, {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  const keep = (text: Buffer) => (log += text.toString());
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  process.once("exit", () => kill(child, "SIGKILL"));
  const base = `http://127.0.0.1:${management}`;
  const began = Date.now();
  while (!(await answers(`${base}/health/ready`))) {
    if (child.exitCode !== null || Date.now() - began > 600_000) {
      kill(child, "SIGKILL");
      throw new Error(`Keycloak did not start:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return {
    url: `http://127.0.0.1:${http}`,
    httpsPort: https,
    management: base,
    startup: (Date.now() - began) / 1000,
    log: () => log,
    stop: async (signal) => {
      kill(child, signal);
      await ended;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

function kill({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended since.
  }
}
