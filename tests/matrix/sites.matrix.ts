// The sites with a real nginx, and matrix-js-sdk's own discovery of what they serve.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { elementSite } from "../../components/matrix/element.ts";
import { siteConfiguration } from "../../components/matrix/static-site.ts";
import type { Site } from "../../components/matrix/static-site.ts";
import { wellKnown } from "../../components/matrix/well-known.ts";

const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "groundplan");
const nginx = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].find((path) => existsSync(path));

/** A free port of this machine. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Serves a site with nginx while a function runs. */
async function served(site: Site, use: (url: string) => Promise<void>): Promise<void> {
  if (nginx === undefined) throw new Error("nginx is missing");
  const folder = mkdtempSync(join(tmpdir(), "groundplan-site-"));
  // Where root runs nginx, its workers are another user.
  chmodSync(folder, 0o755);
  const paths = { configuration: join(folder, "etc"), files: join(folder, "files") };
  for (const path of [paths.configuration, paths.files, join(folder, "tmp"), join(folder, "app")]) mkdirSync(path);
  for (const { name, text } of site.files) writeFileSync(join(paths.files, name), text);
  for (const { name, text } of Object.values(site.replaced ?? {})) writeFileSync(join(paths.configuration, name), text);
  writeFileSync(join(folder, "app", "index.html"), "the client");
  writeFileSync(join(folder, "app", "config.json"), "the image's own");
  const port = await freePort();
  const root = site.root === undefined ? undefined : join(folder, "app");
  const text = siteConfiguration(
    { ...site, root },
    { address: "127.0.0.1", port, paths, temporary: join(folder, "tmp") },
  );
  const file = join(paths.configuration, "nginx.conf");
  writeFileSync(file, text);
  execFileSync(nginx, ["-t", "-c", file, "-p", folder], { stdio: "pipe" });
  const server = spawn(nginx, ["-c", file, "-p", folder, "-g", "daemon off;"], { stdio: "pipe" });
  try {
    const url = `http://127.0.0.1:${port}`;
    for (let tries = 0; ; tries++) {
      const answer = await fetch(`${url}/-/healthy`).catch(() => undefined);
      if (answer?.status === 204) break;
      if (tries > 100) throw new Error("nginx does not answer");
      await sleep(100);
    }
    await use(url);
  } finally {
    server.kill("SIGQUIT");
    await new Promise((resolve) => server.on("exit", resolve));
    rmSync(folder, { recursive: true });
  }
}

const delegation = (host: string, federates = true) => {
  const { client, server } = wellKnown({ host, federates });
  return { "/.well-known/matrix/client": client, ...(server && { "/.well-known/matrix/server": server }) };
};

describe("sites that nginx serves", function () {
  this.timeout(60_000);
  before(function () {
    if (nginx !== undefined) return;
    console.log("      skipped: nginx is missing (Debian's package nginx-light)");
    this.skip();
  });

  it("N13: the delegation has the bodies and headers that clients and servers need, next to the site's files", () =>
    served({ files: [{ name: "index.html", text: "hello" }], answers: delegation("talk.choppa.xyz") }, async (url) => {
      const client = await fetch(`${url}/.well-known/matrix/client`);
      assert.deepEqual(await client.json(), { "m.homeserver": { base_url: "https://talk.choppa.xyz" } });
      assert.equal(client.headers.get("access-control-allow-origin"), "*");
      assert.match(client.headers.get("content-type") ?? "", /^application\/json/);
      const server = await fetch(`${url}/.well-known/matrix/server`);
      assert.deepEqual(await server.json(), { "m.server": "talk.choppa.xyz:443" });
      const page = await fetch(`${url}/`);
      assert.equal(await page.text(), "hello");
      assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
      assert.equal((await fetch(`${url}/../etc/nginx.conf`)).status, 404);
      assert.equal((await fetch(`${url}/nothing`)).status, 404);
    }));

  it("N17: without federation no server is delegated, and without files there is no page", () =>
    served({ files: [], answers: delegation("talk.choppa.xyz", false) }, async (url) => {
      assert.equal((await fetch(`${url}/.well-known/matrix/client`)).status, 200);
      assert.equal((await fetch(`${url}/.well-known/matrix/server`)).status, 404);
      assert.equal((await fetch(`${url}/`)).status, 404);
    }));

  it("text of any kind in a body reaches the client as it is", () => {
    const body = { text: `$uri \\ 'quoted' "twice" é\n` };
    return served({ files: [], answers: { "/odd": body } }, async (url) => {
      assert.deepEqual(await (await fetch(`${url}/odd`)).json(), body);
    });
  });

  it("Element gets the generated configuration instead of the image's own, and its other files", () =>
    served(elementSite({ host: "talk.choppa.xyz", serverName: "choppa.xyz" }), async (url) => {
      const answer = await fetch(`${url}/config.json`);
      const configuration = (await answer.json()) as Record<string, unknown>;
      assert.deepEqual(configuration["default_server_config"], {
        "m.homeserver": { base_url: "https://talk.choppa.xyz", server_name: "choppa.xyz" },
      });
      assert.equal(answer.headers.get("cache-control"), "no-cache");
      assert.equal(await (await fetch(url)).text(), "the client");
      // The client asks for a configuration of its host first.
      assert.equal((await fetch(`${url}/config.127.0.0.1.json`)).status, 404);
    }));
});

/** What matrix-js-sdk finds for a server name. */
interface Discovery {
  readonly AutoDiscovery: {
    findClientConfig(domain: string): Promise<Record<string, { state: string; base_url?: string; error?: string }>>;
    setFetchFn(fetch: (url: string | URL) => Promise<Response>): void;
  };
}

describe("matrix-js-sdk's discovery", function () {
  this.timeout(300_000);
  const version = "43.0.0";
  const folder = join(cache, `matrix-js-sdk-${version}`);
  let sdk: Discovery;

  before(async function () {
    const entry = join(folder, "node_modules", "matrix-js-sdk", "lib", "autodiscovery.js");
    try {
      if (!existsSync(entry)) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "package.json"), "{}");
        execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", `matrix-js-sdk@${version}`], {
          cwd: folder,
          stdio: "pipe",
        });
      }
      sdk = (await import(pathToFileURL(entry).href)) as Discovery;
    } catch (error) {
      console.log(`      skipped: matrix-js-sdk cannot be installed (${(error as Error).message.split("\n")[0]})`);
      this.skip();
    }
  });

  /** The answers of the servers by URL: those of the site for the server name, and versions of the homeserver. */
  async function found(serverName: string, body: unknown, host = "talk.choppa.xyz") {
    sdk.AutoDiscovery.setFetchFn((url) => {
      const asked = String(url);
      if (asked === `https://${serverName}/.well-known/matrix/client`)
        return Promise.resolve(new Response(typeof body === "string" ? body : JSON.stringify(body)));
      if (asked === `https://${host}/_matrix/client/versions`)
        return Promise.resolve(new Response(JSON.stringify({ versions: ["v1.11", "v1.12"] })));
      return Promise.resolve(new Response("", { status: 404 }));
    });
    return (await sdk.AutoDiscovery.findClientConfig(serverName))["m.homeserver"];
  }

  const combinations = [
    ["choppa.xyz", "talk.choppa.xyz"],
    ["example.org", "matrix.example.net"],
    ["a.b.example.org", "a.b.example.org"],
  ] as const;
  for (const [serverName, host] of combinations)
    it(`N13: leads from ${serverName} to ${host}`, async () => {
      const result = await found(serverName, wellKnown({ host, federates: true }).client, host);
      assert.deepEqual([result?.state, result?.base_url], ["SUCCESS", `https://${host}`]);
    });

  const broken: readonly (readonly [string, unknown])[] = [
    ["no JSON", "{"],
    ["another key", { "m.server": "talk.choppa.xyz:443" }],
    ["an address without a scheme", { "m.homeserver": { base_url: "talk.choppa.xyz" } }],
    ["a host where no homeserver answers", { "m.homeserver": { base_url: "https://choppa.xyz" } }],
  ];
  for (const [title, body] of broken)
    it(`refuses ${title}`, async () => {
      assert.notEqual((await found("choppa.xyz", body))?.state, "SUCCESS");
    });
});
