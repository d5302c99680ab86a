// Which roles Grafana and Graylog derive from the tokens of an administrator, and of a user without the group.
import assert from "node:assert/strict";
import { at, records, textAt, texts } from "../../components/kit/unknown.ts";
import { plannedReleases } from "../../plan/objects.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { secretVariable } from "../../components/keycloak/representation.ts";
import { claimsOf } from "./browser.ts";
import { deployed } from "./deployed.ts";
import type { Deployed } from "./deployed.ts";
import type { RunningKeycloak } from "./running.ts";

type Claims = Readonly<Record<string, unknown>>;

/** The stack prod, with a realm of its own beside that of dev. */
export const prod: TestStack = { ...stackNamed("prod"), set: ["keycloak.realm.name=production"] };

const stacks = [
  { stack: stackNamed("dev"), domain: "dev.example.org", administrator: "ada" },
  { stack: prod, domain: "example.org", administrator: "ada" },
  { stack: stackNamed("worldcereal"), domain: "worldcereal.example.org", administrator: "worldcereal-admin" },
];

/** Tests of the roles of all three stacks, against the Keycloak that runs then. */
export function roles(running: () => RunningKeycloak): void {
  describe("roles in applications", () => {
    for (const { stack, domain, administrator } of stacks) {
      const redirects = {
        grafana: `https://grafana.${domain}/login/generic_oauth`,
        graylog: `https://graylog.${domain}/oauth2/callback`,
      };

      it(`${stack.name}: the administrator gets the role in Grafana and Graylog, a user without the group does not`, async () => {
        const keycloak = running();
        const there = await deployed(stack);
        const roleOf = await rolesOf(stack);
        await keycloak.makeUser(there.realm, "plain", []);
        await assign(keycloak, there, "plain", Object.keys(redirects));
        const claims = async (client: keyof typeof redirects, person: Record<string, string>) => {
          const who = { agent: keycloak.browser(), person };
          const { tokens, text } = await keycloak.login(there, client, redirects[client], who);
          assert.ok(tokens !== undefined, text);
          if (client === "grafana") return claimsOf(tokens.id_token);
          // The login in front of Graylog asks for what its tokens lack.
          const headers = { authorization: `Bearer ${tokens.access_token}` };
          const answer = await fetch(`${keycloak.realmUrl(there.realm)}/userinfo`, { headers });
          return { ...claimsOf(tokens.id_token), ...((await answer.json()) as Claims) };
        };
        const first = await firstLogin(keycloak, there, administrator, redirects.graylog);
        for (const client of ["grafana", "graylog"] as const) {
          const [high, low] = [await claims(client, first), await claims(client, keycloak.person("plain"))];
          for (const one of [high, low]) assert.deepEqual(one["roles"], [`${client}_role`]);
          assert.equal(low[roleOf.claim], undefined, JSON.stringify(low));
          if (client === "graylog") assert.deepEqual([high, low].map(roleOf.graylog), ["Admin", "Reader"]);
          // WorldCereal's Grafana is deployed separately.
          else if (roleOf.grafana === undefined) assert.deepEqual(high[roleOf.claim], ["ewoc_platform_admin"]);
          else assert.deepEqual([high, low].map(roleOf.grafana), ["Admin", "Viewer"]);
        }
        await keycloak.makeUser(there.realm, "stranger", []);
        for (const client of ["grafana", "graylog"] as const) {
          const who = { agent: keycloak.browser(), person: keycloak.person("stranger") };
          assert.equal((await keycloak.login(there, client, redirects[client], who)).tokens, undefined);
        }
      });
    }
  });
}

/** The first login of a user of the settings, who changes the generated password, unless an earlier test did. */
async function firstLogin(keycloak: RunningKeycloak, there: Deployed, username: string, redirect: string) {
  const chosen = keycloak.person(username);
  const generated = there.job[secretVariable("user", username)] ?? "";
  const profile = { email: `${username}@example.org`, firstName: "Ada", lastName: "L" };
  const changed = { ...profile, "password-new": chosen.password, "password-confirm": chosen.password };
  const login = (password: string) =>
    keycloak.login(there, "graylog", redirect, {
      agent: keycloak.browser(),
      person: { username, password, ...changed },
    });
  // Asked first, since a wrong password is tried again by the browser, and locks the user out for a while.
  const [user] = records(
    await keycloak.administer("GET", `${there.realm}/users?username=${username}&briefRepresentation=false`),
  );
  if (texts(user?.["requiredActions"]).includes("UPDATE_PASSWORD")) {
    const { tokens, text } = await login(generated);
    assert.ok(tokens !== undefined, text);
  }
  return chosen;
}

/** Gives a user the roles of clients directly, without any group. */
async function assign(keycloak: RunningKeycloak, { realm }: Deployed, username: string, clients: string[]) {
  const idOf = async (path: string) => records(await keycloak.administer("GET", `${realm}/${path}`))[0]?.["id"];
  const user = String(await idOf(`users?username=${username}`));
  for (const client of clients) {
    const id = String(await idOf(`clients?clientId=${client}`));
    const role = await keycloak.administer("GET", `${realm}/clients/${id}/roles/${client}_role`);
    await keycloak.administer("POST", `${realm}/users/${user}/role-mappings/clients/${id}`, [role]);
  }
}

/** What a stack's Grafana and Graylog make of a token's claims, as their releases say it. */
async function rolesOf(stack: TestStack) {
  const { resources, result } = await recordStack(stack);
  const claim = result.settings.keycloak.realm.groupsClaim;
  const valuesOf = (chart: string) => plannedReleases(resources).find((one) => one.chart === chart)?.values;
  const monitoring = valuesOf("kube-prometheus-stack");
  const path = textAt(monitoring, "grafana", "grafana.ini", "auth.generic_oauth", "role_attribute_path");
  const container = records(at(valuesOf("graylog"), "graylog", "sidecarContainers"))[0];
  const told = records(container?.["env"]).find(({ name }) => name === "LOGIN")?.["value"];
  const login = JSON.parse(String(told)) as { roles: { group: string; role: string }[]; otherwise: string };
  const groups = (claims: Claims) => (claims[claim] as string[] | undefined) ?? [];
  return {
    claim,
    graylog: (claims: Claims) =>
      login.roles.find(({ group }) => groups(claims).includes(group))?.role ?? login.otherwise,
    grafana: path === undefined ? undefined : (claims: Claims) => evaluated(path, claims),
  };
}

/** The value of `role_attribute_path`: the first role of which a group is in the claim, or the last text. */
function evaluated(path: string, claims: Claims): string {
  for (const [, condition = "", role = ""] of path.matchAll(/\((.*?)\) && '(\w+)'/g)) {
    const tests = [...condition.matchAll(/contains\((\w+) \|\| `\[\]`, '([^']*)'\)/g)];
    assert.ok(tests.length > 0, condition);
    if (tests.some(([, claim = "", group = ""]) => (claims[claim] as string[] | undefined)?.includes(group)))
      return role;
  }
  return /'(\w+)'$/.exec(path)?.[1] ?? assert.fail(path);
}
