// Rotations by the number that an operator raises, with Pulumi's engine on a real node, while clients keep asking: the order of the
// engine decides for how long anything is refused.
import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { Engine, good, missingProgram } from "../engine/programs.ts";
import { cacheOf } from "../maven.ts";
import { skip } from "../cluster/cluster.ts";
import { Asker } from "./asker.ts";
import type { Asked } from "./asker.ts";
import { LoginStack, secretOf } from "./login-stack.ts";
import { startNode } from "./node.ts";
import type { RealNode } from "./node.ts";
import { administrator, serverImage, startServer } from "./outside.ts";
import { imagesOf } from "./stack.ts";
import type { Visitor } from "./visitor.ts";

const stack = { name: "login", file: join(import.meta.dirname, "login.yaml") };
const [wiki, auth] = ["wiki.example.org", "auth.example.org"];

describe("rotations on a real node", function () {
  this.timeout(1_200_000);
  let node: RealNode;
  let engine: Engine;
  let login: LoginStack;
  /** The application's address on this machine, without the login. */
  let application: string;

  before("start the node", async function () {
    this.timeout(7_200_000);
    const missing = missingProgram();
    if (missing !== undefined) skip(this, `${missing} is not on PATH or in ~/.cache/groundplan/engine`);
    node = await startNode(this, async () => new Map([...(await imagesOf(stack, () => true)), serverImage()]));
    startServer(node);
    engine = new Engine(stack.name, stack.file, node.kubeconfig);
    symlinkSync(cacheOf("charts"), join(engine.project, "cached-charts"));
    const context = node.kubectl(["config", "current-context"]).out.trim();
    await good(engine.init());
    await set("cluster.context", context);
    await set("charts.source", "folder");
    await set("charts.folder", "cached-charts");
    await good(engine.pulumi(["config", "set", "--secret", "secrets:postgres", administrator]));
  });
  after(() => {
    (engine as Engine | undefined)?.remove();
    node?.stop();
  });

  const set = (key: string, value: string) =>
    good(engine.pulumi(["config", "set", "--path", `groundplan:${key}`, value]));
  const up = () => good(engine.pulumi(["up", "--yes", "--skip-preview"]));

  /** Asks the application itself. */
  const asking = (path: string) => async () => {
    const answer = await fetch(`${application}${path}`, { signal: AbortSignal.timeout(20_000) });
    return answer.ok ? undefined : `${answer.status} ${(await answer.text()).trim().split("\n").at(-1)}`;
  };

  /** Asks the application through the login, with a session. */
  const sessionOf = (visitor: Visitor) => async () => {
    const page = await visitor.open(`https://${wiki}/`);
    return page.status === 200 ? undefined : `${page.status} ${page.location.slice(0, 60)}`;
  };

  /** Raises a number while clients ask. @returns what each was answered */
  async function rotated<Name extends string>(
    credential: string,
    clients: Readonly<Record<Name, () => Promise<string | undefined>>>,
  ): Promise<Record<Name, Asked>> {
    const askers = Object.entries<() => Promise<string | undefined>>(clients).map(
      ([name, ask]) => [name, new Asker(ask)] as const,
    );
    const since = Date.now();
    try {
      await set(`rotation.${credential}`, "2");
      await up();
    } finally {
      node.tell(`${credential} rotated`, since);
    }
    const asked: (readonly [string, Asked])[] = [];
    for (const [name, asker] of askers) {
      const answers = await asker.stop();
      const { answered, refused, outage } = answers;
      console.log(`      ${name}: ${answered} answered, ${refused.length} refused within ${outage.toFixed(1)} s`);
      for (const why of new Set(refused.map((one) => one.why.replace(/, request id.*/, "").slice(0, 200))))
        console.log(`        ${why}`);
      asked.push([name, answers]);
    }
    return Object.fromEntries(asked) as Record<Name, Asked>;
  }

  it("comes up whole by the engine, first time", async () => {
    const since = Date.now();
    await up();
    node.tell("the stack runs", since);
    login = await LoginStack.of(node);
    application = await node.forward(1, "wiki.wiki.svc.cluster.local:8080");
    for (const path of ["/", "/database", "/bucket"]) assert.equal(await asking(path)(), undefined);
  });

  it("a database's password: the application is there throughout", async () => {
    const before = secretOf(node, "wiki", "wiki-database", "password");
    const { page, database } = await rotated("wiki-database", { page: asking("/"), database: asking("/database") });
    assert.notEqual(secretOf(node, "wiki", "wiki-database", "password"), before);
    assert.deepEqual(page.refused, []);
    assert.equal(await asking("/database")(), undefined);
    assert.ok(database.outage < 60);
  });

  it("a bucket's key", async () => {
    const { page, bucket } = await rotated("pages-bucket", { page: asking("/"), bucket: asking("/bucket") });
    assert.deepEqual(page.refused, []);
    assert.equal(await asking("/bucket")(), undefined);
    assert.ok(bucket.outage < 60);
  });

  it("the object store's administrator", async () => {
    const { bucket } = await rotated("object-store-root", { bucket: asking("/bucket") });
    assert.equal(await asking("/bucket")(), undefined);
    assert.ok(bucket.outage < 120);
  });

  it("a client's secret: sessions stay, and who logs in waits until the login knows it", async () => {
    const [ada, again] = [login.visitor(), login.visitor()];
    await ada.visit(`https://${wiki}/`, login.firstUser());
    await again.visit(`https://${wiki}/`, login.person("ada"));
    const { session, entering } = await rotated("wiki-oidc", {
      session: sessionOf(ada),
      // Keycloak knows the browser: no password is asked for.
      entering: async () => {
        again.forget(wiki);
        const page = await again.visit(`https://${wiki}/`);
        return page.status === 200 ? undefined : `${page.status} at ${new URL(page.url).pathname}`;
      },
    });
    assert.deepEqual(session.refused, []);
    assert.ok(entering.outage < 120, `${entering.outage} s`);
    again.forget(wiki);
    assert.equal((await again.visit(`https://${wiki}/`)).status, 200);
  });

  it("the key of the sessions: everyone logs in again, and Keycloak knows them still", async () => {
    const ada = login.visitor();
    await ada.visit(`https://${wiki}/`, login.person("ada"));
    await rotated("login-sessions", { page: asking("/") });
    const page = await ada.open(`https://${wiki}/`);
    assert.equal(page.status, 302);
    assert.equal(new URL(page.location).host, auth);
    assert.equal((await ada.visit(`https://${wiki}/`)).status, 200);
  });

  it("the password of Keycloak's database: sessions stay while it restarts, until their tokens are renewed", async () => {
    const ada = login.visitor();
    await ada.visit(`https://${wiki}/`, login.person("ada"));
    const { session } = await rotated("keycloak-database", { session: sessionOf(ada) });
    // The login renews tokens every five minutes, which needs Keycloak.
    assert.ok(session.refused.every(({ at }) => at > 280));
    assert.equal((await login.visitor().visit(`https://${wiki}/`, login.person("ada"))).status, 200);
  });
});
