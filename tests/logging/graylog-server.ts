import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Inputs } from "./graylog-inputs.ts";
import { checkedSource, parse } from "./graylog-parsers.ts";
import { Answer, found, shaped, shapes, without } from "./graylog-shapes.ts";
import type { Body } from "./graylog-shapes.ts";
import { Streams } from "./graylog-streams.ts";
import { Users } from "./graylog-users.ts";

type Stored = Body & { id: string };

/** A server that behaves as Graylog's REST API of 7.1 where the configuration program uses it. */
export class GraylogServer {
  /** Every request that changes something, as `METHOD /path`. */
  readonly writes: string[] = [];
  /** The default index set, which Graylog creates itself, and those of requests. */
  indexSets: Stored[] = [{ id: "a".repeat(24), title: "Default index set", index_prefix: "graylog", default: true }];
  readonly flows = new Streams();
  /** On two nodes. */
  readonly running = new Inputs(["node-1", "node-2"]);
  rules: Stored[] = [];
  pipelines: Stored[] = [];
  connections: { stream_id: string; pipeline_ids: string[] }[] = [];
  alerts: Stored[] = [];
  readonly accounts: Users;
  header: Body = { enabled: false, username_header: "Remote-User" };
  /** Answers of the load balancer's status before it is alive. */
  starting = 0;
  /** The write, counted from 0, at which the connection breaks; the server has done it by then. */
  breakAt = Infinity;
  /** Of the API, once the server listens. */
  address = "";
  private ids = 0x100;
  private readonly server: Server;

  constructor(rootPassword: string) {
    this.accounts = new Users(rootPassword, () => this.id());
    this.server = createServer((request, response) => {
      void this.handle(request).then(
        ({ status, body, broken }) => {
          if (broken) return response.destroy();
          response.writeHead(status, { "content-type": "application/json" });
          response.end(body === undefined ? "" : JSON.stringify(body));
        },
        () => response.destroy(),
      );
    });
  }

  get inputs() {
    return this.running.list;
  }

  /** The streams of requests, without Graylog's own. */
  get streams() {
    return this.flows.list;
  }

  get users() {
    return this.accounts.list;
  }

  /** Begins to answer at a port, which is a free one where none is given. */
  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.address = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/api`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage): Promise<{ status: number; body?: unknown; broken?: boolean }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "GET", url = "" } = request;
    const { pathname } = new URL(url, "http://graylog");
    const path = pathname.replace("/api", "");
    try {
      if (path === "/system/lbstatus") return this.starting-- > 0 ? { status: 503, body: "DEAD" } : { status: 200 };
      const user = this.authenticated(request.headers.authorization);
      if (method === "GET") return { status: 200, body: this.read(path, user) };
      if (request.headers["x-requested-by"] === undefined)
        throw new Answer(
          400,
          'CSRF protection header is missing. Please add a "X-Requested-By" header to your request.',
        );
      const text = Buffer.concat(chunks).toString("utf8");
      const body = (text === "" ? {} : JSON.parse(text)) as Body;
      const asked = this.asked(`${method} ${path}`, body);
      if (asked !== undefined) return asked;
      const answer = this.write(method, path, body, user);
      const broken = this.writes.push(`${method} ${path}`) - 1 === this.breakAt;
      return { ...answer, broken };
    } catch (error) {
      if (error instanceof Answer) return { status: error.status, body: error.body };
      return { status: 500, body: { type: "ApiError", message: String(error) } };
    }
  }

  private authenticated(header = ""): string {
    const [name = "", password] = Buffer.from(header.replace("Basic ", ""), "base64").toString("utf8").split(":");
    const user = this.accounts.all.find(({ username }) => username === name);
    if (user === undefined || user.password !== password) throw new Answer(401, "Invalid credentials");
    return name;
  }

  /** Answers a question that comes as POST; undefined: it changes something. */
  private asked(route: string, body: Body): { status: number; body: unknown } | undefined {
    const stream = /^POST \/authz\/shares\/entities\/grn::::stream:(\w+)\/prepare$/.exec(route)?.[1];
    if (stream === undefined) return parse(route, body);
    return { status: 200, body: { selected_grantee_capabilities: this.flows.shares.get(stream) ?? {} } };
  }

  private read(path: string, user: string): unknown {
    const [, first, second = ""] = /^\/(users|roles)\/([^/]+)$/.exec(path) ?? [];
    if (first === "users") return hidden(this.accounts.named(decodeURIComponent(second)));
    if (first === "roles") return found(this.accounts.roles, ({ name }) => name === decodeURIComponent(second));
    switch (path) {
      case "/system/indices/index_sets":
        return { total: this.indexSets.length, index_sets: this.indexSets, stats: {} };
      case "/system/inputs":
        return { total: this.running.list.length, inputs: this.running.list };
      case "/cluster/inputstates":
        return this.running.read();
      case "/streams": {
        const { roles } = this.accounts.named(user);
        const streams = this.flows.seenBy(this.grn(user), (roles as string[]).includes("Admin"));
        return { total: streams.length, streams };
      }
      case "/system/pipelines/rule":
        return this.rules;
      case "/system/pipelines/pipeline":
        return this.pipelines;
      case "/system/pipelines/connections":
        return this.connections;
      case "/events/definitions":
        return { total: this.alerts.length, event_definitions: this.alerts };
      case "/users":
        return { users: this.accounts.all.map(hidden) };
      case "/system/authentication/http-header-auth-config":
        return this.header;
    }
    throw new Answer(404, "HTTP 404 Not Found");
  }

  private write(method: string, path: string, body: Body, user: string): { status: number; body?: unknown } {
    const at = (pattern: RegExp) => pattern.exec(path)?.slice(1).map(decodeURIComponent);
    const route = `${method} ${path.replace(/[0-9a-f]{24}/g, ":id")}`;
    const [id = "", second = ""] = at(/([0-9a-f]{24})(?:\/\w+\/(.+))?/) ?? [];
    const newId = () => this.id();
    const answer: { status: number; body?: unknown } | undefined =
      this.running.write(route, path, body, user, newId) ??
      this.accounts.write(route, id, body, user, newId) ??
      this.flows.write(route, [id, second], body, user, this.grn(user), newId);
    if (answer !== undefined) return answer;
    switch (route) {
      case "POST /system/indices/index_sets": {
        shaped(body, shapes.indexSet);
        this.checkPrefix(String(body["index_prefix"]));
        const made = { ...body, id: this.id(), default: false, can_be_default: true };
        this.indexSets.push(made);
        return { status: 200, body: made };
      }
      case "PUT /system/indices/index_sets/:id":
        // IndexSetUpdateRequest ignores what it does not know.
        return {
          status: 200,
          body: Object.assign(found(this.indexSets, byId(id)), without(body, "default", "index_prefix")),
        };
      case "PUT /system/indices/index_sets/:id/default":
        for (const set of this.indexSets) set["default"] = set.id === id;
        return { status: 200 };
      case "POST /system/pipelines/rule":
        return { status: 200, body: this.sourced(this.rules, body) };
      case "POST /system/pipelines/pipeline":
        return { status: 200, body: this.sourced(this.pipelines, body) };
      case "PUT /system/pipelines/rule/:id":
      case "PUT /system/pipelines/pipeline/:id": {
        checkedSource(shaped(body, shapes.sourced));
        return { status: 200, body: Object.assign(found([...this.rules, ...this.pipelines], byId(id)), body) };
      }
      case "DELETE /system/pipelines/rule/:id":
        this.rules = removed(this.rules, id);
        return { status: 204 };
      case "DELETE /system/pipelines/pipeline/:id":
        // Its streams go on naming it.
        this.pipelines = removed(this.pipelines, id);
        return { status: 204 };
      case "POST /system/pipelines/connections/to_stream": {
        const { stream_id: stream, pipeline_ids: pipelines } = shaped(body, shapes.connection);
        const unknown = (pipelines as string[]).find((one) => !this.pipelines.some(byId(one)));
        if (unknown !== undefined) throw new Answer(404, `No pipeline with id ${unknown}`);
        this.connections = this.connections.filter((one) => one.stream_id !== stream);
        this.connections.push({ stream_id: String(stream), pipeline_ids: pipelines as string[] });
        return { status: 200, body: { id: this.id(), stream_id: stream, pipeline_ids: pipelines } };
      }
      case "POST /events/definitions": {
        shaped(body, shapes.wrapper);
        // The server fills in defaults beside what is sent.
        const made = {
          storage: [],
          updated_at: "2026-01-01",
          ...shaped(body["entity"] as Body, shapes.alert),
          id: this.id(),
        };
        Object.assign((made as Body)["config"] as Body, {
          event_limit: 0,
          use_cron_scheduling: false,
          stream_categories: [],
        });
        this.alerts.push(made);
        return { status: 200, body: made };
      }
      case "PUT /events/definitions/:id":
        return { status: 200, body: Object.assign(found(this.alerts, byId(id)), shaped(body, shapes.alert)) };
      case "DELETE /events/definitions/:id":
        this.alerts = removed(this.alerts, id);
        return { status: 200, body: {} };
      case "PUT /system/authentication/http-header-auth-config":
        this.header = shaped(body, shapes.header);
        return { status: 200, body: this.header };
    }
    throw new Answer(404, `HTTP 404 Not Found: ${route}`);
  }

  /** The title comes from the source, whatever else is sent. */
  private sourced(list: Stored[], body: Body): Stored {
    const title = /"([^"]+)"/.exec(checkedSource(shaped(body, shapes.sourced)))?.[1];
    const made = { ...body, title, id: this.id() };
    list.push(made);
    return made;
  }

  private checkPrefix(prefix: string): void {
    const there = [...this.indexSets.map((set) => String(set["index_prefix"])), "gl-events", "gl-system-events"];
    const other = there.find((one) => one.startsWith(prefix) || prefix.startsWith(one));
    if (other !== undefined)
      throw new Answer(400, `Index prefix '${prefix}' would conflict with existing index set prefix '${other}'`);
  }

  private grn(username: string): string {
    return `grn::::user:${this.accounts.named(username).id}`;
  }

  private id(): string {
    return (++this.ids).toString(16).padStart(24, "0");
  }
}

function removed<T extends Stored>(list: readonly T[], id: string): T[] {
  found(list, byId(id));
  return list.filter((one) => one.id !== id);
}

function byId(id: string): (one: Stored) => boolean {
  return (one) => one.id === id;
}

function hidden(user: Body): Body {
  return without(user, "password");
}
