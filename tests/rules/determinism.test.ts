import assert from "node:assert/strict";
import { stableJson } from "../../components/kit/stable.ts";
import { planFiles } from "../../plan/files.ts";
import type { Plan } from "../../plan/plan.ts";
import { Secret } from "../../plan/recorder.ts";
import type { Recorded } from "../../plan/recorder.ts";
import { planMarkdown, planTree } from "../plan/report/plans.ts";
import { planAnew, planStack } from "../plans.ts";
import { examples, recordStack, stacks, variants } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const withSecrets = ({ inputs, ...rest }: Recorded) =>
  stableJson({
    ...rest,
    inputs: JSON.parse(
      JSON.stringify(inputs, (_, value: unknown) => (value instanceof Secret ? { secret: value.value } : value)),
    ),
  });

/** Logical names of the resources that differ between two settings. */
async function changed(stack: TestStack, ...set: string[]): Promise<string[]> {
  const before = (await recordStack(stack)).resources;
  const after = (await recordStack({ ...stack, set: [...(stack.set ?? []), ...set] })).resources;
  const old = new Map(before.map((resource) => [resource.urn, withSecrets(resource)]));
  assert.deepEqual(
    after.map(({ urn }) => urn),
    before.map(({ urn }) => urn),
  );
  return after.filter((resource) => old.get(resource.urn) !== withSecrets(resource)).map(({ name }) => name);
}

const written = (plan: Plan) => [
  ...planFiles(plan).entries(),
  ["tree", planTree(plan, 100)],
  ["Markdown", planMarkdown(plan)],
];

// Rule 4 of the architecture. What takes long to draw, the page, is compared in tests/plan/report/html.test.ts.
describe("two runs", () => {
  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`D1: give the same bytes for ${stack.name}`, async () => {
      assert.deepEqual(written(await planAnew(stack)), written(await planStack(stack)));
    });
  }
});

describe("raising one rotation number", () => {
  const [dev] = stacks;
  assert.ok(dev);

  it("X2: changes a database's password, where it stands, the Job that sets it and the pooler that asks for it, nothing else", async () => {
    assert.deepEqual(await changed(dev, "rotation.hello-database=2"), [
      "postgres-hello-job",
      "postgres-hello-secret",
      "postgres-hello-verifier",
      "postgres-pooler-users",
      "postgres-release",
      "postgres-hello-password",
    ]);
  });

  it("leaves the neighbour's database alone", async () => {
    const two = {
      ...dev,
      set: ["postgresql.databases=[{name: hello, namespace: hello}, {name: other, namespace: other}]"],
    };
    const names = await changed(two, "rotation.hello-database=2");
    assert.deepEqual(
      names.filter((name) => name.includes("other")),
      [],
    );
    assert.equal(names.length, 6);
  });

  it("of the pooler's administrator restarts the pooler, and runs no Job anew", async () => {
    const names = await changed(dev, "rotation.pgpool-admin=2");
    assert.deepEqual(names, ["postgres-pooler-secret", "postgres-release", "postgres-pooler-admin"]);
  });

  it("of all changes every credential that can be rotated, and none that would break data", async () => {
    const names = (await changed(dev, "rotation.all=2")).filter((name) =>
      /password$|superuser|replication|pooler-(admin|check)$/.test(name),
    );
    assert.deepEqual(names, [
      "logging-configuration-password",
      "logging-mongodb-metrics-password",
      "logging-mongodb-password",
      "logging-root-password",
      "logging-search-metrics-password",
      "logging-search-password",
      "postgres-grafana-password",
      "postgres-hello-password",
      "postgres-keycloak-password",
      "postgres-kong-password",
      "postgres-pooler-admin",
    ]);
  });

  it("of one wins over that of all", async () => {
    const numbers = async (...set: string[]) => {
      const { ledger } = (await recordStack({ ...dev, set })).result;
      return Object.fromEntries(ledger.credentials.map(({ name, rotation }) => [name, rotation]));
    };
    assert.deepEqual(await numbers("rotation={all: 3, pgpool-admin: 2}"), {
      "alertmanager-oidc": 3,
      "grafana-admin": 1,
      "grafana-database": 3,
      "grafana-oidc": 3,
      "grafana-secret-key": 1,
      "ada-first-password": 1,
      "graylog-admin": 3,
      "graylog-configuration": 3,
      "graylog-mongodb": 3,
      "graylog-oidc": 3,
      "graylog-password-secret": 1,
      "graylog-search": 3,
      "hello-database": 3,
      "hello-oidc": 3,
      "keycloak-admin": 1,
      "keycloak-automation": 1,
      "keycloak-database": 3,
      "kong-database": 3,
      "kong-webhook-key": 1,
      "login-sessions": 3,
      "mongodb-metrics": 3,
      "opensearch-authority": 1,
      "opensearch-metrics": 3,
      "prometheus-oidc": 3,
      "own-ca-key": 1,
      "pgpool-admin": 2,
      "pgpool-check": 1,
      "postgresql-replication": 1,
      "postgresql-superuser": 1,
    });
  });

  it("changes nothing where the number stays 1", async () =>
    assert.deepEqual(await changed(dev, "rotation.hello-database=1"), []));
});
