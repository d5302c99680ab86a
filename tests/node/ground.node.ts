// The ground of a platform: namespaces that enforce Pod Security and refuse connections, PostgreSQL, databases and an application.
import assert from "node:assert/strict";
import { asApplication, startApplication } from "./application.ts";
import { imagesOf, NodeStack, onNode } from "./stack.ts";
import { startNode } from "./node.ts";
import type { RealNode } from "./node.ts";

const stack = onNode("dev");

/** The namespace of the application `hello`, and of PostgreSQL. */
const [hello, database] = ["hello", "sysdb"];

describe("the ground of dev on a real node", function () {
  this.timeout(900_000);
  let node: RealNode;
  let deployed: NodeStack;
  before("start the node", async function () {
    this.timeout(7_200_000);
    node = await startNode(this, () => imagesOf(stack, ({ namespace }) => namespace === database));
    deployed = await NodeStack.of(node, stack);
  });
  after(() => node?.stop());

  it("runs PostgreSQL and completes the Job of every database", () => {
    const since = Date.now();
    deployed.bring(({ kind, name }) => kind === "Release" && name === "prometheus-operator-crds");
    deployed.bring(({ namespace }) => namespace === database);
    node.tell("PostgreSQL and its databases", since);
    const jobs = node.get(["jobs", "-n", database]);
    assert.deepEqual(jobs.map(({ metadata }) => metadata.name.replace(/-database-job-.*/, "")).sort(), [
      "grafana",
      "hello",
      "keycloak",
      "kong",
    ]);
  });

  it("gives the application its database by the Secret alone", () => {
    const since = Date.now();
    deployed.bring(({ kind, namespace }) => kind === "Secret" && namespace === hello);
    startApplication(node);
    const sql =
      "CREATE TABLE greetings (word text); INSERT INTO greetings VALUES ('hello'); SELECT word FROM greetings";
    const { out } = asApplication(node, sql);
    node.tell("the application writes and reads", since);
    assert.match(out, /^hello$/m);
  });

  it("closes the database to other applications, and other databases to the application", () => {
    assert.throws(() => asApplication(node, "SELECT 1", { PGDATABASE: "keycloak" }), /permission denied for database/);
    assert.throws(() => asApplication(node, "SELECT 1", { PGUSER: "keycloak" }), /password authentication failed/);
  });

  it("refuses a pod that is not restricted", () => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "root", namespace: hello } };
    const spec = { containers: [{ name: "root", image: "groundplan.test/probe:1" }] };
    assert.throws(() => node.kubectl(["apply", "-f", "-"], [{ ...pod, spec }]), /violates PodSecurity "restricted/);
  });
});
