// What the tests of a login ask of its stack on a node: visitors in front of the gateway, and an administrator of Keycloak.
import assert from "node:assert/strict";
import type { KubernetesObject } from "../cluster/cluster.ts";
import type { RealNode } from "./node.ts";
import { Visitor } from "./visitor.ts";
import type { Entrance } from "./visitor.ts";

interface Service extends KubernetesObject {
  readonly spec: { readonly ports: readonly { readonly name: string; readonly nodePort?: number }[] };
}

interface Secret extends KubernetesObject {
  readonly data: Readonly<Record<string, string>>;
}

const realm = "platform";

/** The stack of `login.yaml` while it runs. */
export class LoginStack {
  private readonly node: RealNode;
  private readonly entrance: Entrance;
  /** Keycloak's address on this machine. */
  private readonly keycloak: string;

  private constructor(node: RealNode, entrance: Entrance, keycloak: string) {
    this.node = node;
    this.entrance = entrance;
    this.keycloak = keycloak;
  }

  static async of(node: RealNode): Promise<LoginStack> {
    const [gateway] = node.get<Service>(["service", "traefik", "-n", "gateway"]);
    const port = gateway?.spec.ports.find(({ name }) => name === "websecure")?.nodePort ?? assert.fail("no node port");
    const forwarded = await node.forward(1, `10.97.0.2:${port}`);
    const authority = secretOf(node, "cert-manager", "own-ca-issuer", "tls.crt");
    const keycloak = await node.forward(1, "keycloak-http.keycloak.svc.cluster.local:80");
    return new LoginStack(node, { port: Number(new URL(forwarded).port), authority }, keycloak);
  }

  /** A browser without cookies. */
  visitor(): Visitor {
    return new Visitor(this.entrance);
  }

  /** What the realm's first user knows: the generated password, and what the first login asks for. */
  firstUser(): Readonly<Record<string, string>> {
    const password = secretOf(this.node, "keycloak", "keycloak-realm", "USER_ADA");
    const chosen = passwordOf("ada");
    return {
      ...{ username: "ada", password, "password-new": chosen, "password-confirm": chosen },
      ...{ email: "ada@example.org", firstName: "Ada", lastName: "L" },
    };
  }

  /** What a person knows whom {@link createUser} created, or who has logged in once. */
  person(username: string): Readonly<Record<string, string>> {
    return { username, password: passwordOf(username) };
  }

  /** Creates a user. @param groups paths, which must exist */
  async createUser(username: string, groups: readonly string[] = []): Promise<void> {
    await this.administer("POST", `${realm}/users`, {
      ...{ username, groups, enabled: true, email: `${username}@example.org`, emailVerified: true },
      ...{ firstName: username, lastName: "Test" },
      credentials: [{ type: "password", value: passwordOf(username), temporary: false }],
    });
  }

  /** Creates groups of the realm. */
  async createGroups(names: readonly string[]): Promise<void> {
    const token = await this.token();
    for (const name of names) await this.administer("POST", `${realm}/groups`, { name }, token);
  }

  /** A token of the client by which the realm's Job logs in. */
  private async token(): Promise<string> {
    const form = {
      grant_type: "client_credentials",
      client_id: "groundplan",
      client_secret: secretOf(this.node, "keycloak", "keycloak-admin", "client-secret"),
    };
    const asked = await fetch(`${this.keycloak}/realms/master/protocol/openid-connect/token`, {
      method: "POST",
      body: new URLSearchParams(form),
    });
    assert.equal(asked.status, 200);
    return ((await asked.json()) as { access_token: string }).access_token;
  }

  /** A request of an administrator. */
  private async administer(method: string, path: string, body: unknown, token?: string): Promise<void> {
    const answer = await fetch(`${this.keycloak}/admin/realms/${path}`, {
      method,
      headers: { authorization: `Bearer ${token ?? (await this.token())}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.text()}`);
  }
}

/** A value of a Secret on the node. */
export function secretOf(node: RealNode, namespace: string, name: string, key: string): string {
  const [secret] = node.get<Secret>(["secret", name, "-n", namespace]);
  return Buffer.from(secret?.data[key] ?? assert.fail(`no ${key} in ${namespace}/${name}`), "base64").toString();
}

function passwordOf(username: string): string {
  return `Correct-horse-${username}-7`;
}
