import assert from "node:assert/strict";
import fc from "fast-check";
import { counts } from "../../../plan/compare/change.ts";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import { readPlan } from "../../../plan/compare/read.ts";
import type { SavedPlan } from "../../../plan/compare/schema.ts";
import { planJson } from "../../../plan/files.ts";
import { sentinel } from "../../../plan/recorder.ts";
import { planStack } from "../../plans.ts";
import { examples, stacks, variants } from "../../stacks.ts";
import { losses, object, plan, planned, told } from "./fixtures.ts";

describe("two plans of a stack", () => {
  const volume = (name: string, path: string) =>
    `{name: ${name}, size: 5Gi, claim: {namespace: rdm, name: ${name}}, source: {kind: nfs, server: nfs.example.org, path: ${path}}}`;
  let base: SavedPlan;
  let head: SavedPlan;
  before(async () => {
    base = ledgerOnly(
      await planned(
        "dev",
        `storage.volumes=[${volume("one", "/one")}, ${volume("two", "/two")}]`,
        "certificates.hosts=[]",
        "gateway={}",
      ),
    );
    head = ledgerOnly(
      renamed(
        await planned(
          "dev",
          `storage.volumes=[${volume("two", "/other")}]`,
          "postgresql.resources.memory=512Mi",
          "rotation.hello-database=2",
          "certificates.enabled=false",
          "certificates.hosts=[]",
          "gateway={}",
        ),
        "postgres-scripts",
        "postgres-texts",
      ),
    );
  });

  it("show a rename, a resize, a rotation, a removed component and a changed volume, and nothing else", () => {
    const { changes } = comparePlans(base, head);
    const inside = (name: string) => told(changes.filter(({ component }) => component === name));
    assert.deepEqual(inside("storage"), ["- PersistentVolume one", "± PersistentVolume two"]);
    assert.deepEqual(inside("certificates"), [
      "- ClusterIssuer own-ca",
      "- PrivateKey certificates-issuer-own-ca-key",
      "- Release cert-manager/cert-manager",
      "- Secret cert-manager/own-ca-issuer",
      "- SelfSignedCert certificates-issuer-own-ca-certificate",
    ]);
    assert.deepEqual(inside("postgres"), [
      "+ ConfigMap sysdb/database-scripts",
      "- ConfigMap sysdb/database-scripts",
      "± Job sysdb/hello-database-job-11744164",
      "± RandomPassword postgres-hello-password",
      "~ Release sysdb/pgsqlha",
      "~ Secret hello/hello-database",
      "~ Secret sysdb/hello-verifier",
      "~ Secret sysdb/pgsqlha-pgpool-users",
    ]);
    const rest = changes.filter(({ component }) => !["storage", "certificates", "postgres"].includes(component));
    assert.deepEqual(
      told(rest).filter(
        (line) =>
          !/cert-manager\/|^- (Namespace cert-manager|Component certificates)$|prometheus|dashboard-(certificates|platform)/i.test(
            line,
          ),
      ),
      [],
    );
  });

  it("name the fields, with secrets hidden", () => {
    const { changes } = comparePlans(base, head);
    const fields = (name: string) =>
      changes.find(({ label }) => label === name)?.fields.map(({ path, old, new: fresh }) => [path, old, fresh]);
    assert.deepEqual(fields("RandomPassword postgres-hello-password"), [["keepers.rotation", "1", "2"]]);
    assert.deepEqual(fields("PersistentVolume two"), [["spec.nfs.path", "/two", "/other"]]);
    const [resized] = (fields("Release sysdb/pgsqlha") ?? []).filter(([path]) => path?.includes("memory"));
    assert.deepEqual(resized, ["values.postgresql.resources.requests.memory", "256Mi", "512Mi"]);
    const [[path, old, fresh] = []] = fields("Secret hello/hello-database") ?? [];
    assert.equal(path, "stringData.password");
    assert.match(`${old} ${fresh}`, /^\(secret [0-9a-f]{8}\) \(secret [0-9a-f]{8}\)$/);
    assert.notEqual(old, fresh);
  });

  it("tell what follows: the rotation with its recipe, the Job, the restart", () => {
    const { consequences, unknown, settings } = comparePlans(base, head);
    assert.deepEqual(
      consequences.rotations.map(({ credential, from, to, recipe }) => [credential, from, to, recipe]),
      [
        [
          "hello-database",
          1,
          2,
          "a Job sets it with ALTER ROLE; then its consumers restart, whose old pods cannot open connections meanwhile",
        ],
      ],
    );
    assert.equal(consequences.jobs.length, 1);
    assert.match(consequences.jobs[0]?.label ?? "", /^Job sysdb\/hello-database-job-/);
    assert.deepEqual(consequences.restarts, [
      { label: "Release sysdb/pgsqlha", causes: ["a Secret or ConfigMap that it uses", "requests and limits"] },
    ]);
    assert.deepEqual(consequences.failures, []);
    assert.deepEqual(
      unknown.map(({ release }) => release),
      ["cert-manager/cert-manager", "sysdb/pgsqlha"],
    );
    assert.ok(settings.some(({ path, new: fresh }) => path === "postgresql.resources.memory" && fresh === "512Mi"));
  });

  it("X8: refuse what would lose data, and only that", () => {
    const refused = losses(base, head).filter(({ status }) => status === "refused");
    assert.deepEqual(
      refused.map(({ name }) => name),
      ["PersistentVolume one", "PersistentVolume two", "PrivateKey certificates-issuer-own-ca-key"],
    );
  });

  it("show no generated value", () => {
    const comparison = comparePlans(base, head);
    assert.ok(!JSON.stringify([comparison, losses(base, head)]).includes(sentinel));
  });
});

describe("a comparison", () => {
  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`of ${stack.name} with itself is empty, saved or not`, async () => {
      const made = await planStack(stack);
      const [one, other] = [readPlan(planJson(made), "a"), readPlan(planJson(made), "b")];
      const { changes, settings, consequences, unknown } = comparePlans(one, shuffled(other));
      assert.deepEqual(
        [changes, settings, consequences, unknown],
        [[], [], { restarts: [], jobs: [], rotations: [], failures: [] }, []],
      );
      assert.deepEqual(losses(one, other), []);
    });
  }

  it("does not depend on the order of anything", () => {
    fc.assert(
      fc.property(plans(), plans(), (a, b) => {
        assert.deepEqual(comparePlans(a, b), comparePlans(shuffled(a), shuffled(b)));
      }),
    );
  });

  it("is the reverse of the reverse", () => {
    fc.assert(
      fc.property(plans(), plans(), (a, b) => {
        const [there, back] = [counts(comparePlans(a, b).changes), counts(comparePlans(b, a).changes)];
        assert.deepEqual([there.create, there.delete], [back.delete, back.create]);
        assert.equal(there.update + there.replace, back.update + back.replace);
      }),
    );
  });

  it("leads from the base to the head: what it creates, deletes and changes is the difference", () => {
    fc.assert(
      fc.property(plans(), plans(), (a, b) => {
        const { changes } = comparePlans(a, b);
        const applied = new Map(a.resources.map((item) => [item.urn, item.inputs as unknown]));
        for (const { old, fresh } of changes) {
          if (old !== undefined) applied.delete(old.urn);
          if (fresh !== undefined) applied.set(fresh.urn, fresh.body);
        }
        assert.deepEqual(applied, new Map(b.resources.map((item) => [item.urn, item.inputs as unknown])));
      }),
    );
  });

  it("takes time in proportion to the number of objects", function () {
    this.timeout(300_000);
    const many = (count: number, image: string) =>
      plan(
        Array.from({ length: count }, (_, index) =>
          object("apps/v1", "Deployment", `ns/a${index}`, {
            spec: {
              template: { spec: { containers: [{ name: "a", image, env: [{ name: "A", value: String(index) }] }] } },
            },
          }),
        ),
      );
    const time = (count: number) => {
      const [base, head] = [many(count, "a:1"), many(count, "a:2")];
      // Time of this process: other programs on the machine do not count.
      const before = process.cpuUsage();
      losses(base, head);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    time(500);
    const [few, tenfold] = [time(1000), time(10_000)];
    assert.ok(tenfold < 40 * Math.max(few, 5), `1,000 in ${few} ms, 10,000 in ${tenfold} ms`);
  });
});

/** A plan as on a machine without Helm. */
function ledgerOnly(made: SavedPlan): SavedPlan {
  const notRendered = made.releases.map(({ namespace, name }) => ({
    release: `${namespace}/${name}`,
    reason: "no Helm",
  }));
  return { ...made, rendered: [], notRendered };
}

function renamed(made: SavedPlan, from: string, to: string): SavedPlan {
  return JSON.parse(JSON.stringify(made).replaceAll(`::${from}"`, `::${to}"`)) as SavedPlan;
}

/** The same plan in another order: of resources, objects and keys. */
function shuffled(made: SavedPlan): SavedPlan {
  const keys = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(keys);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, member]) => [key, keys(member)]),
    );
  };
  const turned = keys(made) as SavedPlan;
  return { ...turned, resources: turned.resources.toReversed(), rendered: turned.rendered.toReversed() };
}

function plans(): fc.Arbitrary<SavedPlan> {
  const kinds = [
    ["v1", "ConfigMap"],
    ["apps/v1", "Deployment"],
    ["batch/v1", "Job"],
    ["v1", "PersistentVolumeClaim"],
  ] as const;
  const one = fc
    .tuple(
      fc.constantFrom(...kinds),
      fc.integer({ min: 0, max: 5 }),
      fc.dictionary(fc.constantFrom("a", "b", "c"), fc.jsonValue()),
    )
    .map(([[apiVersion, kind], index, spec]) =>
      object(apiVersion, kind, `ns/n${index}`, JSON.parse(JSON.stringify({ spec })) as { spec: object }),
    );
  return fc.uniqueArray(one, { selector: ({ urn }) => urn, maxLength: 12 }).map((resources) => plan(resources));
}
