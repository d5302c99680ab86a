// The API server, as programs of backups call it with the token of their pod.
import { readFileSync } from "node:fs";

/** A failure that a program reports in one line. */
export class Failure extends Error {}

const { ACCOUNT = "", KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "" } = process.env;
const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** A value inside JSON. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined | null)?.[key], value);
}

/** The media types of patches (Kubernetes, "Server-Side Apply": JSON is YAML). */
const patches = { merge: "application/merge-patch+json", apply: "application/apply-patch+yaml" } as const;

/**
 * A request to the API server.
 * @param patch the kind of a PATCH. Default: a merge patch
 * @returns the answer; undefined: there is no such object
 * @throws Failure where the server does not answer, or refuses
 */
export async function api(
  method: string,
  path: string,
  body?: unknown,
  patch: keyof typeof patches = "merge",
): Promise<unknown> {
  const headers = {
    // The kubelet replaces the token before it expires.
    authorization: `Bearer ${readFileSync(`${ACCOUNT}/token`, "utf8")}`,
    "content-type": method === "PATCH" ? patches[patch] : "application/json",
  };
  const signal = AbortSignal.timeout(30_000);
  const answer = await fetch(`${server}${path}`, { method, headers, signal, body: JSON.stringify(body) }).catch(
    (error: unknown) => {
      throw new Failure(`no answer of the API server: ${String(at(error, "cause", "code") ?? at(error, "name"))}`);
    },
  );
  const text = await answer.text();
  const content: unknown = text.startsWith("{") ? JSON.parse(text) : undefined;
  if (answer.status === 404 && method !== "POST") return undefined;
  const message = at(content, "message");
  if (!answer.ok) throw new Failure(`${method} ${path}: ${typeof message === "string" ? message : answer.status}`);
  return content;
}

/** Runs a program: a failure is one line on standard error, and the exit code 1. */
export async function run(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(`backup: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
