import http from "node:http";
import { Resolver } from "node:dns/promises";
import type { Answer } from "../diagnosis.ts";

/** A URL and the HTTP status of its response. */
export interface Reach {
  readonly address: string;
  readonly status: Answer<number>;
}

/** A name and its addresses; none if the name does not exist. */
export interface Resolved {
  readonly name: string;
  readonly addresses: Answer<readonly string[]>;
}

const reasons: Readonly<Record<string, string>> = {
  EAI_AGAIN: "its name does not resolve",
  ECONNREFUSED: "it refuses connections",
  ECONNRESET: "it ended the connection",
  EHOSTUNREACH: "no network route to it",
  ENETUNREACH: "no network route to it",
  ENOTFOUND: "its name does not resolve",
};

/** Sends one HEAD request to a URL. */
export async function probeReach(address: string, seconds: number): Promise<Reach> {
  try {
    const response = await fetch(address, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(seconds * 1000),
    });
    return { address, status: { got: response.status } };
  } catch (error) {
    return { address, status: { why: reasonOf(error, seconds) } };
  }
}

/** Uses the proxy in the environment, as Pulumi and Helm do. */
export function useProxy(): void {
  const { setGlobalProxyFromEnv } = http as unknown as { setGlobalProxyFromEnv?: () => unknown };
  setGlobalProxyFromEnv?.();
}

function reasonOf(error: unknown, seconds: number): string {
  if (error instanceof Error && error.name === "TimeoutError") return `it did not answer within ${seconds} s`;
  const cause = (error as { cause?: { code?: string; errors?: { code?: string }[]; message?: string } }).cause;
  const code = cause?.code ?? cause?.errors?.[0]?.code ?? "";
  if (/CERT|SIGNED|TLS|SSL/.test(code)) return `its certificate is not trusted on this machine (${code})`;
  return reasons[code] ?? (code === "" ? (cause?.message ?? String(error)) : code);
}

/**
 * Resolves names, all at the same time.
 * @param servers name servers as `address:port`. Default: those of this machine
 */
export async function probeNames(
  names: readonly string[],
  seconds: number,
  servers?: readonly string[],
): Promise<readonly Resolved[]> {
  const resolver = new Resolver({ timeout: seconds * 1000, tries: 1 });
  if (servers !== undefined) resolver.setServers([...servers]);
  return Promise.all(names.map(async (name) => ({ name, addresses: await addressesOf(resolver, name) })));
}

/**
 * The name servers to which a domain is delegated; none if it is not.
 * @param servers name servers as `address:port`. Default: those of this machine
 */
export async function probeDelegation(
  domain: string,
  seconds: number,
  servers?: readonly string[],
): Promise<Answer<readonly string[]>> {
  const resolver = new Resolver({ timeout: seconds * 1000, tries: 1 });
  if (servers !== undefined) resolver.setServers([...servers]);
  try {
    return { got: await resolver.resolveNs(domain) };
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    return unknownName.includes(code) ? { got: [] } : { why: `the name server returned ${code}` };
  }
}

/** Codes of c-ares for a name that does not exist, as opposed to a name server that does not answer. */
const unknownName = ["ENOTFOUND", "ENODATA"];

async function addressesOf(resolver: Resolver, name: string): Promise<Answer<readonly string[]>> {
  const results = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const found = results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  if (found.length > 0) return { got: found };
  const codes = results.flatMap((result) =>
    result.status === "rejected" ? [String((result.reason as NodeJS.ErrnoException).code)] : [],
  );
  const failed = codes.find((code) => !unknownName.includes(code));
  return failed === undefined ? { got: [] } : { why: `the name server returned ${failed}` };
}
