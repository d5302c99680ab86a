import { randomBytes } from "node:crypto";
import { createServer, request as sendRequest } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders, Server as HttpServer, ServerResponse } from "node:http";
import { choicesOf, gatewayName, keptRole, sameRoles } from "./accounts.ts";
import type { Choices } from "./accounts.ts";
import { Refused, Server } from "./server.ts";
import type { LoginShape } from "../login-shape.ts";

interface User extends Choices {
  readonly id: string;
  readonly roles: readonly string[] | null;
}

/** What the gateway says of the user (components/kit/bindings.ts, Login). */
const given = { user: "x-forwarded-user", email: "x-forwarded-email", groups: "x-forwarded-groups" } as const;

/** Headers that end with this connection (RFC 9110, 7.6.1). */
const ownHeaders = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/** A user that the gateway names has no right here. */
class TurnedAway extends Error {}

/**
 * A proxy before Graylog: everybody comes in under the name with which they logged in at the gateway, with the role of their
 * groups. Graylog itself knows only users that exist, so they are made at their first login, and their role follows their
 * groups at every later one.
 */
export function loginProxy(shape: LoginShape, say: (line: string) => void): HttpServer {
  const known = new Map<string, { role: string; until: number }>();
  const api = new Server(`${shape.graylog}/api`, shape.administrator);
  return createServer((request, response) => {
    if (request.url === "/_status") return void response.writeHead(200).end("ready");
    admit(shape, api, known, request).then(
      (name) => forward(shape, request, response, name),
      (error: unknown) => {
        const away = error instanceof TurnedAway;
        if (!away) say(`failed: ${error instanceof Error ? error.message : String(error)}`);
        response.writeHead(away ? 403 : 502, { "content-type": "text/plain; charset=utf-8" });
        response.end(away ? error.message : "Graylog does not answer; try again in a minute.");
      },
    );
  });
}

async function admit(
  { roles, otherwise, remembersMs, reserved }: LoginShape,
  api: Server,
  known: Map<string, { role: string; until: number }>,
  request: IncomingMessage,
): Promise<string> {
  const name = header(request, given.user).trim();
  if (name === "") throw new TurnedAway("The gateway named no user.");
  if (reserved.some((own) => own.toLowerCase() === name.toLowerCase()))
    throw new TurnedAway(`The name "${name}" belongs to Graylog's own account: log in under another.`);
  const groups = header(request, given.groups)
    .split(",")
    .map((group) => group.trim().replace(/^\//, ""));
  const role = roles.find(({ group }) => groups.includes(group))?.role ?? otherwise;
  if (role === null) throw new TurnedAway("Your account is in none of the groups that may see logs.");
  const seen = known.get(name);
  if (seen === undefined || seen.role !== role || seen.until < Date.now()) {
    await ensureUser(api, name, header(request, given.email), role);
    known.set(name, { role, until: Date.now() + remembersMs });
  }
  return name;
}

/** Makes the user, or gives the role. The password is known to nobody: there is no other way in. */
async function ensureUser(api: Server, name: string, email: string, role: string): Promise<void> {
  const path = `/users/${encodeURIComponent(name)}`;
  let user = await api.find<User>(path);
  if (user === undefined) {
    const password = `${randomBytes(32).toString("base64url")}aA1`;
    const body = {
      username: name,
      password,
      email: email === "" ? `${encodeURIComponent(name)}@localhost.localdomain` : email,
      first_name: name,
      last_name: gatewayName,
      permissions: [],
      roles: [role],
    };
    try {
      await api.send("POST", "/users", body);
      return;
    } catch (error) {
      // Two requests of a new user come at the same time, or reach two of Graylog's pods.
      user = error instanceof Refused && error.status === 400 ? await api.find<User>(path) : undefined;
      if (user === undefined) throw error;
    }
  }
  const actual = user.roles ?? [];
  // The settings name this user and the Job sets the roles. The proxy would undo them.
  if (actual.includes(keptRole) || sameRoles(actual, [role])) return;
  await api.send("PUT", `/users/${user.id}`, { roles: [role], ...choicesOf(user) });
}

function forward(shape: LoginShape, request: IncomingMessage, response: ServerResponse, name: string): void {
  const dropped = [...ownHeaders, shape.userHeader.toLowerCase(), "authorization"];
  const headers: OutgoingHttpHeaders = Object.fromEntries(
    Object.entries(request.headers).filter(([key]) => !dropped.includes(key)),
  );
  const onward = sendRequest(
    `${shape.graylog}${request.url ?? "/"}`,
    { method: request.method, headers: { ...headers, [shape.userHeader]: name } },
    (answer) => {
      const back = Object.entries(answer.headers).filter(([key]) => !ownHeaders.includes(key));
      response.writeHead(answer.statusCode ?? 502, Object.fromEntries(back));
      answer.pipe(response);
    },
  );
  onward.on("error", () => {
    if (!response.headersSent) response.writeHead(502);
    response.end();
  });
  // A browser that leaves takes its request along.
  response.on("close", () => onward.destroy());
  request.pipe(onward);
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

function main(environment: Readonly<Record<string, string | undefined>>): void {
  const shape = JSON.parse(environment["LOGIN"] ?? "null") as Omit<LoginShape, "administrator">;
  const administrator = { username: environment["OWN_USERNAME"] ?? "", password: environment["OWN_PASSWORD"] ?? "" };
  const server = loginProxy({ ...shape, administrator }, (line) => console.log(line));
  server.listen(Number(environment["PORT"]));
  process.on("SIGTERM", () => server.close());
}

if (import.meta.main) main(process.env);
