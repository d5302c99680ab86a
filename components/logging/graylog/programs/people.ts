import { randomBytes } from "node:crypto";
import type { Desired } from "../desired.ts";
import { choicesOf, gatewayName, keptRole, sameRoles } from "./accounts.ts";
import type { Choices } from "./accounts.ts";
import { differing } from "./report.ts";
import type { Report } from "./report.ts";
import { Refused } from "./server.ts";
import type { Login, Server } from "./server.ts";

interface User extends Choices {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly roles: readonly string[] | null;
  /** True for the first administrator, whose password is in the server's configuration. */
  readonly read_only: boolean;
  /** True for accounts of programs, such as graylog-sidecar. */
  readonly service_account: boolean;
}

/**
 * Makes the user as whom the Job works, so that everything it makes says so, and sets its present password.
 * @param root the server, as its first administrator
 * @param accepts whether the server takes the user's present password
 */
export async function ownUser(
  root: Server,
  own: Login,
  accepts: () => Promise<boolean>,
  report: Report,
): Promise<void> {
  const { username, password } = own;
  const path = `/users/${encodeURIComponent(username)}`;
  // Looked up first: the API refuses a name that is taken with the same 400 as anything else that it dislikes.
  const user = await root.find<User>(path);
  if (user === undefined) {
    await root.send("POST", "/users", {
      username,
      password,
      email: "groundplan@localhost.localdomain",
      first_name: "Groundplan",
      last_name: "(configuration)",
      permissions: [],
      roles: ["Admin"],
    });
    report.created(`user "${username}", as whom the rest is made`);
  } else if (!(await accepts())) {
    await root.send("PUT", `/users/${user.id}/password`, { password });
    report.updated(`user "${username}"`, ["password"]);
  } else report.unchanged();
}

/** Makes the users, without a password that anybody knows: they come in through the gateway. */
export async function users(server: Server, desired: Desired, ownName: string, report: Report): Promise<void> {
  const list = "/users?include_permissions=false&include_sessions=false";
  const there = (await server.get<{ users: readonly User[] }>(list)).users;
  if (desired.users.length > 0) await markingRole(server, report);
  for (const { username, email, firstName, lastName, roles } of desired.users) {
    const what = `user "${username}"`;
    const body = { email, first_name: firstName, last_name: lastName, roles: [...roles, keptRole] };
    const actual = there.find((user) => user.username === username);
    if (actual === undefined) {
      const password = `${randomBytes(32).toString("base64url")}aA1`;
      await server.send("POST", "/users", { ...body, username, password, permissions: [] });
      report.created(what);
      continue;
    }
    const own = sameRoles(body.roles, actual.roles ?? []) ? body.roles : actual.roles;
    const differed = differing(body, { ...actual, roles: own });
    if (differed.length > 0) {
      await server.send("PUT", `/users/${actual.id}`, { ...body, ...choicesOf(actual) });
      report.updated(what, differed);
    } else report.unchanged();
  }
  for (const { id, last_name: lastName, read_only: first, roles, service_account: service, username } of there) {
    if (username === ownName || first || desired.users.some((user) => user.username === username)) continue;
    if (roles?.includes(keptRole) === true) {
      await server.send("DELETE", `/users/id/${id}`);
      report.removed(`user "${username}"`);
    } else if (lastName !== gatewayName && !service)
      report.note(
        `left user "${username}": neither the settings nor the login proxy created it; delete it by hand if it is not needed`,
      );
  }
}

async function markingRole(server: Server, report: Report): Promise<void> {
  if ((await server.find(`/roles/${encodeURIComponent(keptRole)}`)) !== undefined) return report.unchanged();
  const description = "Marks users whom the configuration keeps: those with it are removed when nobody wants them.";
  await server.send("POST", "/roles", { name: keptRole, description, permissions: [] });
  report.created(`role "${keptRole}"`);
}

/** Says which header of the gateway names the user, or that none does. */
export async function headerLogin(server: Server, { userHeader }: Desired, report: Report): Promise<void> {
  const path = "/system/authentication/http-header-auth-config";
  const actual = await server.get<{ enabled: boolean; username_header: string }>(path);
  const wanted = { enabled: userHeader !== null, username_header: userHeader ?? actual.username_header };
  const differed = differing(wanted, actual);
  if (differed.length === 0) return report.unchanged();
  await server.send("PUT", path, wanted);
  report.updated("login by the gateway's header", differed);
}

/** Whether the server takes a user's password. @throws Refused for any other refusal */
export async function loginAccepted(server: Server, username: string): Promise<boolean> {
  try {
    await server.get(`/users/${encodeURIComponent(username)}`);
    return true;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return false;
    // Logged in, and not allowed or not known: the password was right.
    if (error instanceof Refused && (error.status === 403 || error.status === 404)) return true;
    throw error;
  }
}
