// A real BIND with the zone of a stack, as docs/names.md configures it.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The TSIG key `groundplan`, in base64. */
export const key = randomBytes(32).toString("base64");

/** Records that somebody else created: of a host of the stack, and of another. */
export const foreign = { "graylog.example.org": "198.51.100.1", "mail.example.org": "198.51.100.2" } as const;
/** A TCP port that nothing listens to. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** A BIND with the zone example.org. */
export class NameServer {
  readonly port: number;
  private readonly folder = mkdtempSync(join(tmpdir(), "groundplan-bind-"));
  private readonly process: ChildProcess;
  private readonly resolver = new Resolver({ timeout: 1000, tries: 2 });

  constructor(file: string, port: number) {
    this.port = port;
    const zone = [
      "$TTL 60",
      "@ IN SOA ns.example.org. root.example.org. 1 3600 600 86400 60",
      "@ IN NS ns.example.org.",
      "ns IN A 127.0.0.1",
      ...Object.entries(foreign).map(([host, address]) => `${host}. IN A ${address}`),
    ];
    writeFileSync(join(this.folder, "zone"), `${zone.join("\n")}\n`);
    writeFileSync(
      join(this.folder, "named.conf"),
      `options {
  directory "${this.folder}"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
};
controls { };
key "groundplan" { algorithm hmac-sha256; secret "${key}"; };
zone "example.org" {
  type primary; file "${this.folder}/zone";
  allow-transfer { key groundplan; };
  update-policy { grant groundplan zonesub A AAAA CNAME TXT; };
};
`,
    );
    this.process = spawn(file, ["-g", "-c", join(this.folder, "named.conf")], { stdio: "ignore" });
    this.resolver.setServers([`127.0.0.1:${port}`]);
  }

  /** The addresses of a host; none where it has no record. */
  async addresses(host: string): Promise<string[]> {
    const found = await Promise.allSettled([this.resolver.resolve4(host), this.resolver.resolve6(host)]);
    return found.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  }

  /** The text that says whose the A record of a host is. */
  async owner(host: string): Promise<string> {
    const found = await this.resolver.resolveTxt(`a-owner.${host}`).catch(() => []);
    return found.flat().join();
  }

  async stop(): Promise<void> {
    await stopped(this.process);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Ends a program that a test started. */
export async function stopped(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const end = new Promise((resolve) => process.once("exit", resolve));
  process.kill();
  await end;
}
