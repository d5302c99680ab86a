// A Keycloak that runs as a stack deploys it, and what people, programs and administrators ask of it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../postgres/server.ts";
import type { Server } from "../postgres/server.ts";
import { beginLogin, Browser } from "./browser.ts";
import type { Answer } from "./browser.ts";
import type { Deployed } from "./deployed.ts";
import { buildServer, freePorts, startNode } from "./node.ts";
import type { Node } from "./node.ts";

type Json = Record<string, unknown>;

/** Keycloak's folder in its image. */
const home = "/opt/keycloak";

/** Where the programs are: Keycloak's folder, the archive of keycloak-config-cli, the folder of PostgreSQL's programs. */
interface Programs {
  readonly distribution: string;
  readonly configCli: string;
  readonly postgres: string;
}

/** A login's last answer, what it began with, and the tokens if somebody was let in. */
type LoggedIn = Answer & {
  readonly forms: number;
  readonly begun: ReturnType<typeof beginLogin>;
  readonly tokens: { access_token: string; id_token: string; refresh_token: string } | undefined;
};

/** One or two servers on one database. */
export class RunningKeycloak {
  /** What the stack deploys, of whose servers these are. */
  readonly server: Deployed;
  /** A folder for files of the tests. */
  readonly folder = mkdtempSync(join(tmpdir(), "groundplan-realm-"));
  second?: Node;
  /** Seconds of the build. */
  build = 0;
  private readonly programs: Programs;
  private readonly started: { first?: Node; postgres?: Server } = {};
  private ports: readonly number[] = [];

  constructor(server: Deployed, programs: Programs) {
    this.server = server;
    this.programs = programs;
  }

  get first(): Node {
    return this.started.first ?? assert.fail("the first server does not run");
  }

  get postgres(): Server {
    return this.started.postgres ?? assert.fail("PostgreSQL does not run");
  }

  /** The first server's address on this machine. */
  get url(): string {
    return this.first.url;
  }

  /** The address that browsers see. */
  get publicUrl(): string {
    return String(this.server.server["KC_HOSTNAME"]);
  }

  /** Builds the server, and starts PostgreSQL and the first server. */
  async startFirst(): Promise<Node> {
    this.build = buildServer(this.programs.distribution, this.server.build);
    const postgres = await startServer(this.programs.postgres);
    this.started.postgres = postgres;
    const made = await postgres.sql("CREATE ROLE keycloak LOGIN PASSWORD 'database-password'", "postgres");
    assert.equal(made.code, 0, made.err);
    await postgres.sql("CREATE DATABASE keycloak OWNER keycloak");
    // Both at once, so that the second is not given a port that the first listens at.
    this.ports = await freePorts(2);
    this.started.first = await this.start(0, {});
    return this.first;
  }

  /** Starts the second server, with environment variables besides. */
  async startSecond(further: Readonly<Record<string, string>>): Promise<Node> {
    this.second = await this.start(1, further);
    return this.second;
  }

  async stop(): Promise<void> {
    await this.second?.stop("SIGKILL");
    await this.started.first?.stop("SIGKILL");
    this.started.postgres?.stop();
    for (const path of [this.folder, this.programs.distribution]) rmSync(path, { recursive: true, force: true });
  }

  private start(index: number, further: Readonly<Record<string, string>>): Promise<Node> {
    const environment = {
      ...this.server.server,
      ...further,
      ...this.database(),
    };
    return startNode(this.programs.distribution, this.server.command, environment, this.ports[index] ?? 0);
  }

  /** Where the database is, as the chart says it. */
  private database(): Record<string, string> {
    return {
      KC_DB_URL_HOST: "127.0.0.1",
      KC_DB_URL_PORT: String(this.postgres.port),
      KC_DB_URL_DATABASE: "keycloak",
      KC_DB_USERNAME: "keycloak",
      KC_DB_PASSWORD: "database-password",
    };
  }

  /** Runs the Job of a stack, or what repairs drift, against the first server. */
  async apply({ document, job }: Deployed, environment = job) {
    const file = join(this.folder, "realm.json");
    writeFileSync(file, document);
    const began = Date.now();
    const child = spawn("java", ["-Xmx256m", "-jar", this.programs.configCli], {
      env: {
        PATH: process.env["PATH"],
        ...environment,
        KEYCLOAK_URL: this.url,
        IMPORT_FILES_LOCATIONS: file,
        KEYCLOAK_CLIENTSECRET: this.server.server["KC_BOOTSTRAP_ADMIN_CLIENT_SECRET"],
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (text += part.toString()));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { code, text, seconds: (Date.now() - began) / 1000 };
  }

  /** The export of a realm with its users, as `kc.sh export` writes it beside running servers. */
  async exported(realm: string): Promise<string> {
    const file = join(this.folder, `${realm}-export.json`);
    const args = ["export", "--optimized", "--realm", realm, "--users", "same_file", "--file", file];
    await this.run([join(home, "bin", "kc.sh"), ...args], this.server.server);
    return readFileSync(file, "utf8");
  }

  /**
   * Runs a command of a pod with its environment, and this database.
   * @returns what it printed
   */
  async run(
    [program = "", ...args]: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<string> {
    const here = (path: string) => path.replaceAll(home, this.programs.distribution);
    const child = spawn(here(program), args.map(here), {
      env: {
        PATH: process.env["PATH"],
        ...environment,
        ...this.database(),
        JAVA_OPTS_KC_HEAP: "-Xms128m -Xmx512m",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (text += part.toString()));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    assert.equal(code, 0, text);
    return text;
  }

  /** A program's request to the provider, at the address inside the cluster. */
  async post(url: string, form: Record<string, string>): Promise<{ status: number; body: Json }> {
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
    return { status: answer.status, body: (await answer.json()) as Json };
  }

  realmUrl(realm: string, node = this.first): string {
    return `${node.url}/realms/${realm}/protocol/openid-connect`;
  }

  tokenAt(realm: string, form: Record<string, string>, node = this.first) {
    return this.post(`${this.realmUrl(realm, node)}/token`, form);
  }

  /** A request of an administrator, as people make them in the console. */
  async administer(method: string, path: string, body?: unknown): Promise<unknown> {
    const { body: token } = await this.tokenAt("master", {
      grant_type: "client_credentials",
      client_id: this.server.server["KC_BOOTSTRAP_ADMIN_CLIENT_ID"] ?? "",
      client_secret: this.server.server["KC_BOOTSTRAP_ADMIN_CLIENT_SECRET"] ?? "",
    });
    const answer = await fetch(`${this.url}/admin/realms/${path}`, {
      method,
      headers: { authorization: `Bearer ${String(token["access_token"])}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  async makeUser(realm: string, username: string, groups: string[], attributes: Json = {}): Promise<void> {
    await this.administer("POST", `${realm}/users`, {
      username,
      enabled: true,
      email: `${username}@example.org`,
      emailVerified: true,
      firstName: username,
      lastName: "Test",
      attributes,
      groups,
      credentials: [{ type: "password", value: this.passwordOf(username), temporary: false }],
    });
  }

  passwordOf(username: string): string {
    return `Correct-horse-${username}-7`;
  }

  person(username: string): { username: string; password: string } {
    return { username, password: this.passwordOf(username) };
  }

  browser(node = () => this.url): Browser {
    return new Browser(this.publicUrl, node);
  }

  /** A login as oauth2-proxy makes it: code with PKCE, the client's secret, state and nonce. */
  async login(
    { realm, clients }: Deployed,
    client: string,
    redirectUri: string,
    who: { agent: Browser; node?: Node; person: Record<string, string>; hint?: string },
  ): Promise<LoggedIn> {
    const begun = beginLogin(`${this.publicUrl}/realms/${realm}/protocol/openid-connect/auth`, client, redirectUri);
    const hint = who.hint === undefined ? "" : `&kc_idp_hint=${who.hint}`;
    const answer = await who.agent.follow(`${begun.url}${hint}`, who.person);
    if (answer.location === "") return { ...answer, begun, tokens: undefined };
    const back = new URL(answer.location);
    assert.equal(back.origin + back.pathname, redirectUri);
    assert.equal(back.searchParams.get("state"), begun.state);
    const secret = clients[client]?.["client-secret"];
    const { status, body } = await this.tokenAt(
      realm,
      {
        grant_type: "authorization_code",
        code: back.searchParams.get("code") ?? "",
        redirect_uri: redirectUri,
        client_id: client,
        code_verifier: begun.verifier,
        ...(secret === undefined ? {} : { client_secret: secret }),
      },
      who.node,
    );
    assert.equal(status, 200, JSON.stringify(body));
    return { ...answer, begun, tokens: body as LoggedIn["tokens"] };
  }
}
