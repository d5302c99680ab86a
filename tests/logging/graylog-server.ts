import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Answer, shaped, shapes } from "./graylog-shapes.ts";
import type { Body } from "./graylog-shapes.ts";

type Stored = Body & { id: string };

/** A server that behaves as Graylog's REST API of 7.1 where the configuration program uses it. */
export class GraylogServer {
  /** Every request that changes something, as `METHOD /path`. */
  readonly writes: string[] = [];
  /** Graylog makes this one itself. */
  indexSets: Stored[] = [{ id: "a".repeat(24), title: "Default index set", index_prefix: "graylog", default: true }];
  inputs: Stored[] = [];
  streams: Stored[] = [];
  rules: Stored[] = [];
  pipelines: Stored[] = [];
  connections: { stream_id: string; pipeline_ids: string[] }[] = [];
  alerts: Stored[] = [];
  roles: Body[] = [{ name: "Admin" }, { name: "Reader" }];
  users: (Stored & { username: string; password: string })[] = [];
  header: Body = { enabled: false, username_header: "Remote-User" };
  /** Answers of the load balancer's status before it is alive. */
  starting = 0;
  /** The write, counted from 0, at which the connection breaks; the server has done it by then. */
  breakAt = Infinity;
  /** Of the API, once the server listens. */
  address = "";
  private ids = 0;
  private readonly server: Server;

  constructor(rootPassword: string) {
    this.users.push({ id: this.id(), username: "admin", password: rootPassword, roles: ["Admin"], read_only: true });
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
      if (method === "GET") return { status: 200, body: this.read(path) };
      if (request.headers["x-requested-by"] === undefined)
        throw new Answer(
          400,
          'CSRF protection header is missing. Please add a "X-Requested-By" header to your request.',
        );
      const text = Buffer.concat(chunks).toString("utf8");
      const answer = this.write(method, path, (text === "" ? {} : JSON.parse(text)) as Body, user);
      const broken = this.writes.push(`${method} ${path}`) - 1 === this.breakAt;
      return { ...answer, broken };
    } catch (error) {
      if (error instanceof Answer) return { status: error.status, body: error.body };
      return { status: 500, body: { type: "ApiError", message: String(error) } };
    }
  }

  private authenticated(header = ""): string {
    const [name = "", password] = Buffer.from(header.replace("Basic ", ""), "base64").toString("utf8").split(":");
    const user = this.users.find(({ username }) => username === name);
    if (user === undefined || user.password !== password) throw new Answer(401, "Invalid credentials");
    return name;
  }

  private read(path: string): unknown {
    const [, first, second = ""] = /^\/(users|roles)\/([^/]+)$/.exec(path) ?? [];
    if (first === "users") return hidden(found(this.users, ({ username }) => username === decodeURIComponent(second)));
    if (first === "roles") return found(this.roles, ({ name }) => name === decodeURIComponent(second));
    switch (path) {
      case "/system/indices/index_sets":
        return { total: this.indexSets.length, index_sets: this.indexSets, stats: {} };
      case "/system/inputs":
        return { total: this.inputs.length, inputs: this.inputs };
      case "/streams":
        return { total: this.streams.length, streams: this.streams };
      case "/system/pipelines/rule":
        return this.rules;
      case "/system/pipelines/pipeline":
        return this.pipelines;
      case "/system/pipelines/connections":
        return this.connections;
      case "/events/definitions":
        return { total: this.alerts.length, event_definitions: this.alerts };
      case "/users":
        return { users: this.users.map(hidden) };
      case "/system/authentication/http-header-auth-config":
        return this.header;
    }
    throw new Answer(404, "HTTP 404 Not Found");
  }

  private write(method: string, path: string, body: Body, user: string): { status: number; body?: unknown } {
    const at = (pattern: RegExp) => pattern.exec(path)?.slice(1).map(decodeURIComponent);
    const route = `${method} ${path.replace(/[0-9a-f]{24}/g, ":id")}`;
    const [id = "", second = ""] = at(/([0-9a-f]{24})(?:\/\w+\/(.+))?/) ?? [];
    switch (route) {
      case "POST /system/indices/index_sets": {
        shaped(body, shapes.indexSet);
        if (this.indexSets.some((set) => set["index_prefix"] === body["index_prefix"]))
          throw new Answer(
            400,
            `Index prefix "${String(body["index_prefix"])}" would conflict with an existing index set!`,
          );
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
      case "POST /system/inputs": {
        shaped(body, shapes.input);
        const { configuration, ...rest } = body;
        // What the input's form knows beside that is filled in by its defaults.
        const attributes = { charset_name: "UTF-8", override_source: null, ...(configuration as Body) };
        const made = { ...rest, attributes, static_fields: {}, creator_user_id: user, id: this.id() };
        this.inputs.push(made);
        return { status: 201, body: { id: made.id } };
      }
      case "PUT /system/inputs/:id": {
        shaped(body, shapes.input);
        const { configuration, ...rest } = body;
        Object.assign(found(this.inputs, byId(id)), rest, { attributes: configuration, creator_user_id: user });
        return { status: 201, body: { id } };
      }
      case "DELETE /system/inputs/:id":
        this.inputs = removed(this.inputs, id);
        return { status: 204 };
      case "POST /system/inputs/:id/staticfields":
        shaped(body, shapes.staticField);
        (found(this.inputs, byId(id))["static_fields"] as Body)[String(body["key"])] = body["value"];
        return { status: 201 };
      case "POST /streams": {
        shaped(body, shapes.wrapper);
        const { rules = [], ...stream } = shaped(body["entity"] as Body, shapes.stream);
        const made = {
          matching_type: "AND",
          remove_matches_from_default_stream: false,
          ...stream,
          id: this.id(),
          disabled: true,
          creator_user_id: user,
          rules: (rules as Body[]).map((rule) => ({ ...shaped(rule, shapes.streamRule), id: this.id() })),
        };
        this.streams.push(made);
        return { status: 201, body: { stream_id: made.id } };
      }
      case "PUT /streams/:id":
        return { status: 200, body: Object.assign(found(this.streams, byId(id)), body) };
      case "DELETE /streams/:id":
        this.streams = removed(this.streams, id);
        return { status: 204 };
      case "POST /streams/:id/resume":
        found(this.streams, byId(id))["disabled"] = false;
        return { status: 204 };
      case "POST /streams/:id/rules": {
        const rule = { ...shaped(body, shapes.streamRule), id: this.id() };
        (found(this.streams, byId(id))["rules"] as Body[]).push(rule);
        return { status: 201, body: { streamrule_id: rule.id } };
      }
      case "DELETE /streams/:id/rules/:id": {
        const stream = found(this.streams, byId(id));
        stream["rules"] = (stream["rules"] as Stored[]).filter((rule) => rule.id !== second);
        return { status: 204 };
      }
      case "POST /system/pipelines/rule":
        return { status: 200, body: this.sourced(this.rules, body) };
      case "POST /system/pipelines/pipeline":
        return { status: 200, body: this.sourced(this.pipelines, body) };
      case "PUT /system/pipelines/rule/:id":
        return { status: 200, body: Object.assign(found(this.rules, byId(id)), shaped(body, shapes.sourced)) };
      case "PUT /system/pipelines/pipeline/:id":
        return { status: 200, body: Object.assign(found(this.pipelines, byId(id)), shaped(body, shapes.sourced)) };
      case "DELETE /system/pipelines/rule/:id":
        this.rules = removed(this.rules, id);
        return { status: 204 };
      case "DELETE /system/pipelines/pipeline/:id":
        this.pipelines = removed(this.pipelines, id);
        return { status: 204 };
      case "POST /system/pipelines/connections/to_stream": {
        const { stream_id: stream, pipeline_ids: pipelines } = shaped(body, shapes.connection);
        this.connections = this.connections.filter((one) => one.stream_id !== stream);
        this.connections.push({ stream_id: String(stream), pipeline_ids: pipelines as string[] });
        return { status: 200 };
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
        this.alerts.push(made);
        return { status: 200, body: made };
      }
      case "PUT /events/definitions/:id":
        return { status: 200, body: Object.assign(found(this.alerts, byId(id)), shaped(body, shapes.alert)) };
      case "DELETE /events/definitions/:id":
        this.alerts = removed(this.alerts, id);
        return { status: 200 };
      case "POST /roles":
        this.roles.push(shaped(body, shapes.role));
        return { status: 201, body };
      case "POST /users": {
        shaped(body, shapes.user);
        if (this.users.some(({ username }) => username === body["username"]))
          throw new Answer(400, `Cannot create user ${String(body["username"])}. Username is already taken.`);
        this.knownRoles(body);
        this.users.push({ ...body, id: this.id() } as (typeof this.users)[number]);
        return { status: 201 };
      }
      case "PUT /users/:id":
        this.knownRoles(body);
        Object.assign(found(this.users, byId(id)), without(body, "username", "password"));
        return { status: 204 };
      case "PUT /users/:id/password":
        if (user !== "admin") throw new Answer(403, "Not authorized");
        found(this.users, byId(id)).password = String(shaped(body, shapes.password)["password"]);
        return { status: 204 };
      case "DELETE /users/id/:id":
        this.users = removed(this.users, id);
        return { status: 204 };
      case "PUT /system/authentication/http-header-auth-config":
        this.header = shaped(body, shapes.header);
        return { status: 200, body: this.header };
    }
    const field = at(/^\/system\/inputs\/([0-9a-f]{24})\/staticfields\/(.+)$/);
    if (method === "DELETE" && field !== undefined) {
      delete (found(this.inputs, byId(id))["static_fields"] as Body)[field[1] ?? ""];
      return { status: 204 };
    }
    throw new Answer(404, `HTTP 404 Not Found: ${route}`);
  }

  /** The title comes from the source, whatever else is sent. */
  private sourced(list: Stored[], body: Body): Stored {
    const source = String(shaped(body, shapes.sourced)["source"]);
    const title = /"([^"]+)"/.exec(source)?.[1];
    if (title === undefined) throw new Answer(400, "Syntax error in the source");
    const made = { ...body, title, id: this.id() };
    list.push(made);
    return made;
  }

  private knownRoles(body: Body): void {
    const unknown = ((body["roles"] ?? []) as string[]).filter((role) => !this.roles.some(({ name }) => name === role));
    if (unknown.length > 0) throw new Answer(400, `Invalid role names: ${unknown.join(", ").toLowerCase()}`);
  }

  private id(): string {
    return (++this.ids).toString(16).padStart(24, "0");
  }
}

function found<T>(list: readonly T[], is: (one: T) => boolean): T {
  const one = list.find(is);
  if (one === undefined) throw new Answer(404, "HTTP 404 Not Found");
  return one;
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

function without(body: Body, ...names: string[]): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}
