// The client's address behind a proxy. Kong is nginx, and writes these three values into its configuration as nginx' own directives
// (kong.conf, "trusted_ips", "real_ip_header", "real_ip_recursive"): a real nginx reads them here. Kong itself is not here.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { plannedReleases } from "../../plan/objects.ts";
import { valueAtPath } from "../documents.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { freePort } from "../ports.ts";

const nginx = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].find((path) => existsSync(path));

/** Addresses of this machine in the place of others. */
const haproxy = "127.0.0.2";
const stranger = "127.0.0.3";

/** The directives of nginx that Kong makes of the values of the chart. */
function directives(env: unknown): string {
  const value = (name: string) => valueAtPath(env, name) as string | undefined;
  const trusted = value("trusted_ips")?.split(",") ?? [];
  return [
    ...trusted.map((range) => `set_real_ip_from ${range};`),
    `real_ip_header ${value("real_ip_header") ?? "X-Real-IP"};`,
    `real_ip_recursive ${value("real_ip_recursive") ?? "off"};`,
  ].join("\n");
}

describe("the client's address behind a proxy", function () {
  this.timeout(120_000);
  let folder = "";
  let server: ChildProcess | undefined;
  let port = 0;

  async function start(trustedProxies: string): Promise<void> {
    const stack = stackNamed("prod");
    const { resources } = await recordStack({ ...stack, set: [`gateway.trustedProxies=${trustedProxies}`] });
    const values = plannedReleases(resources).find(({ name }) => name === "kong")?.values;
    folder = mkdtempSync(join(tmpdir(), "groundplan-address-"));
    chmodSync(folder, 0o755);
    port = await freePort();
    const own = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (kind) => `${kind}_temp_path ${folder}/${kind};`,
    );
    const text = `worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http { ${own.join(" ")} access_log off;
${directives(valueAtPath(values, "env"))}
server { listen 127.0.0.1:${port}; return 200 $remote_addr; } }`;
    writeFileSync(join(folder, "nginx.conf"), text);
    server = spawn(nginx ?? "", ["-c", join(folder, "nginx.conf"), "-p", folder, "-g", "daemon off;"], {
      stdio: "ignore",
    });
    for (let tries = 0; (await seen(stranger).catch(() => "")) === ""; tries++) {
      if (tries > 100) throw new Error("nginx does not answer");
      await sleep(100);
    }
  }

  /** The client's address as the gateway sees it. @param from the address that the request comes from */
  const seen = (from: string, forwarded?: string) =>
    new Promise<string>((resolve, reject) => {
      const headers = forwarded === undefined ? {} : { "X-Forwarded-For": forwarded };
      get({ host: "127.0.0.1", port, localAddress: from, headers, agent: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.on("end", () => resolve(text));
      }).on("error", reject);
    });

  before(function () {
    if (nginx !== undefined) return;
    console.log("      skipped: nginx is missing (Debian's package nginx-light)");
    this.skip();
  });
  afterEach(async () => {
    if (server === undefined) return;
    const ended = new Promise((resolve) => server?.once("exit", resolve));
    server.kill("SIGQUIT");
    await ended;
    rmSync(folder, { recursive: true });
  });

  it("C18: is that which a trusted proxy reports, and no other", async () => {
    await start(`[${haproxy}/32]`);
    assert.equal(await seen(haproxy, "203.0.113.7"), "203.0.113.7");
    assert.equal(await seen(haproxy, "2001:db8::7"), "2001:db8::7");
    assert.equal(
      await seen(haproxy, "198.51.100.1, 203.0.113.7"),
      "203.0.113.7",
      "a client adds an address of its choice",
    );
    assert.equal(await seen(haproxy, `203.0.113.7, ${haproxy}`), "203.0.113.7", "two trusted proxies in a row");
    assert.equal(await seen(haproxy), haproxy);
    assert.equal(await seen(stranger, "203.0.113.7"), stranger, "a client says that it is a proxy");
  });

  it("C18: is that of the connection where no proxy is trusted", async () => {
    await start("[]");
    assert.equal(await seen(haproxy, "203.0.113.7"), haproxy);
  });
});
