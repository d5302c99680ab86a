import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { delimiter, join } from "node:path";
import { cacheOf } from "../maven.ts";

/** The real program, on PATH or in the user's cache; undefined where it is not at hand. */
export function fluentBit(): string | undefined {
  const cache = cacheOf("bin");
  return [...(process.env["PATH"] ?? "").split(delimiter), cache]
    .map((folder) => join(folder, "fluent-bit"))
    .find(existsSync);
}

/** Waits until something holds. @throws Error after ten seconds, with what was missing */
export async function until(holds: () => boolean, missing: () => string, seconds = 20): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(missing());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A listener for GELF over TCP: messages end with a null byte. */
export class GelfListener {
  readonly messages: Record<string, unknown>[] = [];
  private server?: Server;

  async listen(port = 0): Promise<number> {
    const server = createTcpServer((socket) => {
      let rest = "";
      socket.setEncoding("utf8");
      socket.on("error", () => undefined);
      socket.on("data", (text: string) => {
        const parts = (rest + text).split("\0");
        rest = parts.pop() ?? "";
        this.messages.push(...parts.map((part) => JSON.parse(part) as Record<string, unknown>));
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.server?.close(resolve));
  }
}

/** A listener for datagrams. */
export async function datagrams(): Promise<{ port: number; texts: string[]; close: () => void }> {
  const socket = createSocket("udp4");
  const texts: string[] = [];
  socket.on("message", (message) => texts.push(message.toString("utf8")));
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { port: socket.address().port, texts, close: () => socket.close() };
}

/** A Kubernetes API that knows every pod it is asked for. */
export async function kubernetesApi(): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    const [, namespace, name] = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/?]+)/.exec(request.url ?? "") ?? [];
    const pod = {
      kind: "Pod",
      apiVersion: "v1",
      metadata: { name, namespace, uid: "0-1", labels: { "app.kubernetes.io/name": "shop" }, annotations: {} },
      spec: { nodeName: "node-1", containers: [{ name: "app", image: "shop:1.0" }] },
      status: { containerStatuses: [{ name: "app", containerID: "containerd://abc", imageID: "x" }] },
    };
    response.writeHead(namespace === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(namespace === undefined ? {} : pod));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Starts the program; what it says is kept for error messages. */
export function start(
  program: string,
  file: string,
): { process: ChildProcess; said: () => string; stop: () => Promise<void> } {
  const child = spawn(program, ["-c", file], { env: { NODE_NAME: "node-1" } });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  return {
    process: child,
    said: () => said,
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
