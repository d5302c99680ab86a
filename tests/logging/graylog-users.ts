// Users and roles as Graylog has them.
import { Answer, found, shaped, shapes, without } from "./graylog-shapes.ts";
import type { Body } from "./graylog-shapes.ts";

export type User = Body & { id: string; username: string; password: string };

/** Members of a user that a change clears when it leaves them out. */
const cleared = ["timezone", "startpage"] as const;

/** The accounts of a server. */
export class Users {
  list: User[];
  roles: Body[] = [{ name: "Admin" }, { name: "Reader" }];
  /** The account of agents, which the server creates itself. */
  private readonly sidecar: User;

  constructor(rootPassword: string, newId: () => string) {
    this.list = [
      {
        id: newId(),
        username: "admin",
        password: rootPassword,
        roles: ["Admin"],
        read_only: true,
        service_account: false,
      },
    ];
    this.sidecar = {
      id: newId(),
      username: "graylog-sidecar",
      password: "generated",
      roles: ["Reader"],
      read_only: false,
      service_account: true,
    };
  }

  get all(): User[] {
    return [...this.list, this.sidecar];
  }

  named(username: string): User {
    return found(this.all, (one) => one.username === username);
  }

  /** Answers what is about users and roles; undefined: something else. */
  write(route: string, id: string, body: Body, user: string, newId: () => string) {
    switch (route) {
      case "POST /roles":
        this.roles.push(shaped(body, shapes.role));
        return { status: 201, body };
      case "POST /users": {
        shaped(body, shapes.user);
        if (this.all.some(({ username }) => username === body["username"]))
          throw new Answer(400, `Cannot create user ${String(body["username"])}. Username is already taken.`);
        if (String(body["password"]).length < 6)
          throw new Answer(400, "Password must be at least 6 characters long.\n");
        const made = { read_only: false, service_account: false, ...body, ...this.roleNames(body) };
        this.list.push({ ...made, id: newId() } as unknown as User);
        return { status: 201 };
      }
      case "PUT /users/:id": {
        const change = { ...shaped(without(body, "username"), shapes.userChange), ...this.roleNames(body) };
        const actual = found(this.list, (one) => one.id === id);
        for (const name of cleared) actual[name] = null;
        Object.assign(actual, change);
        return { status: 204 };
      }
      case "PUT /users/:id/password":
        if (user !== "admin") throw new Answer(403, "Not authorized");
        found(this.list, (one) => one.id === id).password = String(shaped(body, shapes.password)["password"]);
        return { status: 204 };
      case "DELETE /users/id/:id":
        found(this.list, (one) => one.id === id);
        this.list = this.list.filter((one) => one.id !== id);
        return { status: 204 };
    }
    return undefined;
  }

  /** The roles of a body in the case in which they are stored: it does not matter in which they are sent. */
  private roleNames(body: Body): Body {
    if (body["roles"] === undefined) return {};
    const sent = (body["roles"] as string[]).map((role) => role.toLowerCase());
    const stored = this.roles.map(({ name }) => String(name)).filter((name) => sent.includes(name.toLowerCase()));
    const unknown = sent.filter((role) => !stored.some((name) => name.toLowerCase() === role));
    if (unknown.length > 0) throw new Answer(400, `Invalid role names: ${unknown.join(", ")}`);
    return { roles: stored };
  }
}
