// A whole login through the gateway: Keycloak by its chart, the realm's Job, oauth2-proxy, and an application behind it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { pageText } from "./application.ts";
import { LoginStack } from "./login-stack.ts";
import { startNode } from "./node.ts";
import type { RealNode } from "./node.ts";
import { administrator, serverImage, startServer } from "./outside.ts";
import { imagesOf, NodeStack } from "./stack.ts";

const stack = { name: "login", file: join(import.meta.dirname, "login.yaml") };
const [wiki, auth] = ["wiki.example.org", "auth.example.org"];

describe("a login on a real node", function () {
  this.timeout(900_000);
  let node: RealNode;
  let deployed: NodeStack;
  let login: LoginStack;

  before("start the node", async function () {
    this.timeout(7_200_000);
    node = await startNode(this, async () => new Map([...(await imagesOf(stack, () => true)), serverImage()]));
    startServer(node);
    deployed = await NodeStack.of(node, { ...stack, secrets: { postgres: administrator } });
  });
  after(() => node?.stop());

  it("starts whole: certificates, the gateway, Keycloak, the realm's Job and the login", async () => {
    const since = Date.now();
    deployed.bring(() => true);
    for (const name of ["wiki", "wiki-login"])
      node.kubectl(["rollout", "status", `deployment/${name}`, "-n", "wiki", "--timeout=180s"]);
    node.tell("the stack runs", since);
    login = await LoginStack.of(node);
  });

  it("lets in who has the role, and tells the application who it is", async () => {
    const since = Date.now();
    const ada = login.visitor();
    const page = await ada.visit(`https://${wiki}/pages/1?x=y`, login.firstUser());
    node.tell("a person has logged in", since);
    assert.equal(page.status, 200, page.url.split("?")[0]);
    assert.equal(page.url, `https://${wiki}/pages/1?x=y`);
    assert.match(page.text, new RegExp(`^${pageText}\\nGET /pages/1\\?x=y\\n`));
    assert.match(page.text, /^X-Forwarded-User: ada$/im);
    assert.match(page.text, /^X-Forwarded-Email: ada@example\.org$/im);
  });

  it("takes the word of the login alone for who it is", async () => {
    const ada = login.visitor();
    await ada.visit(`https://${wiki}/`, login.person("ada"));
    const page = await ada.open(`https://${wiki}/`, undefined, { "x-forwarded-user": "root" });
    assert.equal(page.status, 200);
    assert.match(page.text, /^X-Forwarded-User: ada$/im);
    assert.doesNotMatch(page.text, /: root$/im);
  });

  it("asks who comes without a session to log in, and shows nothing", async () => {
    const stranger = login.visitor();
    const page = await stranger.visit(`https://${wiki}/`);
    assert.equal(new URL(page.url).host, auth);
    assert.doesNotMatch(page.text, new RegExp(pageText));
    const wrong = await login.visitor().visit(`https://${wiki}/`, { username: "ada", password: "wrong" });
    assert.equal(new URL(wrong.url).host, auth);
  });

  it("refuses who has no role, at Keycloak already", async () => {
    await login.createUser("eve");
    const page = await login.visitor().visit(`https://${wiki}/`, login.person("eve"));
    assert.deepEqual([new URL(page.url).host, page.status], [auth, 401]);
    assert.doesNotMatch(page.text, new RegExp(pageText));
  });

  it("lets in who is in a hundred groups, by cookies that a browser keeps", async () => {
    const groups = Array.from({ length: 100 }, (_, index) => `department-of-many-words-${index}`);
    await login.createGroups(groups);
    await login.createUser(
      "max",
      [...groups, "member"].map((group) => `/${group}`),
    );
    const max = login.visitor();
    const page = await max.visit(`https://${wiki}/`, login.person("max"));
    assert.equal(page.status, 200, page.url.split("?")[0]);
    const [, told = ""] = /^X-Forwarded-Groups: (.*)$/im.exec(page.text) ?? [];
    assert.equal(groups.filter((group) => told.includes(group)).length, 100, told.slice(0, 500));
    assert.deepEqual(max.ignored, []);
    const sizes = Object.values(max.cookiesOf(wiki));
    console.log(`      ${sizes.length} cookies with ${sizes.reduce((sum, size) => sum + size, 0)} bytes`);
  });

  it("lets nobody come to the application but the login", () => {
    const to = (host: string, port: number) => `timeout 5 bash -c '</dev/tcp/${host}.wiki.svc.cluster.local/${port}'`;
    const from = (deployment: string, namespace: string, script: string) =>
      node.kubectl(["exec", `deployment/${deployment}`, "-n", namespace, "--", "bash", "-c", script]);
    // It reaches the port itself, so that a refusal is one of the policies.
    from("wiki", "wiki", "timeout 5 bash -c '</dev/tcp/127.0.0.1/8080'");
    assert.throws(() => from("postgres", "server", to("wiki", 8080)));
    assert.throws(() => from("postgres", "server", to("wiki-login", 4180)));
  });

  it("goes on after the death of every pod: a session lives in its cookie, and the realm in the database", async () => {
    const ada = login.visitor();
    assert.equal((await ada.visit(`https://${wiki}/`, login.person("ada"))).status, 200);
    assert.equal((await ada.open(`https://${wiki}/`)).status, 200);
    const since = Date.now();
    for (const namespace of ["wiki", "gateway", "keycloak"])
      node.kubectl(["delete", "pods", "--all", "-n", namespace, "--force", "--grace-period=0"]);
    for (const [namespace, name] of [
      ["gateway", "traefik"],
      ["wiki", "wiki"],
      ["wiki", "wiki-login"],
    ] as const)
      node.kubectl(["rollout", "status", `deployment/${name}`, "-n", namespace, "--timeout=280s"]);
    node.tell("the application is back", since);
    const page = await ada.open(`https://${wiki}/`);
    assert.equal(page.status, 200);
    node.kubectl(["rollout", "status", "statefulset/keycloak", "-n", "keycloak", "--timeout=280s"]);
    node.tell("Keycloak is back", since);
    const again = await login.visitor().visit(`https://${wiki}/`, login.person("ada"));
    assert.equal(again.status, 200);
  });
});
