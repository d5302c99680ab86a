import assert from "node:assert/strict";
import fc from "fast-check";
import { checks, runChecks } from "../../../plan/checks/checks.ts";
import { proofOf } from "../../../plan/checks/proof.ts";
import type { Plan } from "../../../plan/plan.ts";
import { today } from "./cases/case.ts";
import { object, one, planOf, release } from "./draft.ts";
import type { Draft, DraftObject } from "./draft.ts";
import { after, definition, goodDraft, policy, workload } from "./good.ts";

/** The good plan with one of everything else that a check reads. */
function richDraft(): Draft {
  const draft = goodDraft();
  const custom: [string, string, object][] = [
    ["monitoring.coreos.com", "ServiceMonitor", { selector: { matchLabels: {} }, endpoints: [{ port: "http" }] }],
    ["monitoring.coreos.com", "Prometheus", { replicas: 2, storage: { volumeClaimTemplate: {} } }],
    ["mongodbcommunity.mongodb.com", "MongoDBCommunity", { members: 3, version: "8.0.1", statefulSet: { spec: {} } }],
    [
      "postgresql.cnpg.io",
      "Pooler",
      { cluster: { name: "db" }, pgbouncer: { parameters: {} }, template: { spec: {} } },
    ],
    ["traefik.io", "IngressRoute", { routes: [{ match: "a", middlewares: [] }] }],
    ["gateway.networking.k8s.io", "Gateway", { listeners: [{ protocol: "HTTPS", tls: {} }] }],
  ];
  draft.objects.push(
    ...custom.flatMap(([group, kind, spec]) => [
      definition(group, kind),
      object(`${group}/v1`, kind, "app/one", { spec }, after("app/operator")),
    ]),
    object("batch/v1", "CronJob", "app/cron", {
      spec: { jobTemplate: { spec: { template: { spec: { containers: [{}] } } } } },
    }),
    object("v1", "PersistentVolumeClaim", "app/claim", { spec: { storageClassName: "fast" } }),
    object("v1", "PersistentVolume", "volume", { spec: { persistentVolumeReclaimPolicy: "Delete" } }),
  );
  draft.releases.push(release("app", "pg", "postgresql-ha", { pgpool: { numInitChildren: 10 } }));
  draft.settings["images"] = { mirror: "registry.example.org", tags: {} };
  return draft;
}

/** Every path of members in a value. */
function paths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, member]) => paths(member, [...path, key]))];
}

function replaced(value: unknown, [first, ...rest]: readonly string[], by: unknown): unknown {
  if (first === undefined) return by;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  copy[first] = replaced(copy[first], rest, by);
  return copy;
}

function examine(plan: Plan): void {
  for (const check of checks) {
    const { examined, findings } = check.examine(plan, today);
    assert.ok(new Set(findings.map((finding) => finding.object)).size <= examined, check.id);
    for (const finding of findings) assert.match(finding.object, /^\w+ ./, check.id);
  }
  for (const rule of proofOf(runChecks(plan, today), plan).rules) assert.ok(rule.held >= 0, rule.id);
}

/** What charts have put where something else belongs, and worse. */
const oddities: readonly unknown[] = [
  null,
  undefined,
  "",
  "text",
  0,
  -1,
  1.5,
  true,
  [],
  {},
  [null],
  [[]],
  ["a"],
  [{}],
  { a: null },
];

describe("checks of odd objects", function () {
  this.timeout(300_000);

  it("never throw, whatever stands in place of any member of any manifest", () => {
    const draft = richDraft();
    const places = draft.objects.map(({ manifest }) => paths(manifest));
    assert.ok(places.flat().length > 500);
    // One odd member in every object at once, so that few runs reach all places; within an object none hides another.
    const choices = fc.tuple(...places.map((own) => fc.tuple(fc.constantFrom(...own), fc.constantFrom(...oddities))));
    fc.assert(
      fc.property(choices, (odd) => {
        const objects = draft.objects.map((candidate, index): DraftObject => {
          const [path, by] = odd[index] ?? [[], {}];
          return { ...candidate, manifest: replaced(candidate.manifest, path, by) ?? {} };
        });
        examine(planOf({ ...draft, objects }));
      }),
      { numRuns: 400 },
    );
  });

  it("never throw on manifests of any shape", () => {
    const kinds = [...new Set(richDraft().objects.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))];
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.dictionary(fc.string(), fc.anything()),
        fc.anything(),
        (id, manifest, spec) => {
          const [apiVersion = "", kind = ""] = id.split(" ");
          const draft = goodDraft();
          draft.objects.push(
            object(
              apiVersion,
              kind,
              "app/odd",
              {},
              { manifest: { ...manifest, apiVersion, kind, spec: jsonOf(spec) } },
            ),
          );
          examine(planOf(draft));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("take an empty plan", () => {
    const draft = goodDraft();
    Object.assign(draft, { objects: [], releases: [] });
    draft.ledger.hosts.length = 0;
    draft.ledger.edges.length = 0;
    const { totals } = runChecks(planOf(draft), today);
    assert.deepEqual(totals, { error: 0, warning: 0, info: 0 });
  });
});

describe("checks of a large plan", function () {
  this.timeout(300_000);

  it("take time in proportion to the objects of one namespace", () => {
    // Time of this process, and the least of three: other programs on the machine are none of the checks' doing.
    const time = (workloads: number) => {
      const plan = largePlan(workloads);
      return Math.min(
        ...[1, 2, 3].map(() => {
          const before = process.cpuUsage();
          runChecks(plan, today);
          const { user, system } = process.cpuUsage(before);
          return user + system;
        }),
      );
    };
    time(100);
    const [few, many] = [time(500), time(2000)];
    // Four times the objects: 4 in proportion, 16 where each is compared with each.
    assert.ok(many < 9 * few, `${few / 1000} ms for 500 workloads, ${many / 1000} ms for 2,000`);
  });
});

/** A namespace of workloads, each with a Service and a policy, that all talk to one database. */
function largePlan(workloads: number) {
  const draft = goodDraft();
  draft.settings["cluster"] = {
    context: "test",
    version: "1.36",
    nodeGroups: [{ name: "a", nodes: 9, cpu: "64", memory: "512Gi" }],
  };
  for (let index = 0; index < workloads; index++) {
    const name = `app/w${index}`;
    const labels = { app: `w${index}` };
    draft.objects.push(
      ...workload("Deployment", name, "docker.io/library/postgres:17.6"),
      object("v1", "Service", name, { spec: { selector: labels, ports: [{ port: 80, targetPort: "http" }] } }),
      policy(`w${index}`, {
        podSelector: { matchLabels: labels },
        policyTypes: ["Egress"],
        egress: [{ to: [{ podSelector: { matchLabels: { app: "mongo" } } }], ports: [{ port: 27017 }] }],
      }),
    );
    const mongo = { kind: "pods", namespace: "app", labels: { app: "mongo" } } as const;
    draft.ledger.edges.push({
      from: { kind: "pods", namespace: "app", labels },
      to: mongo,
      ports: [27017],
      purpose: `w${index}`,
    });
    // As the Network component writes it: one rule, and a peer for each consumer.
    (one(draft, "NetworkPolicy app/mongo").manifest.spec.ingress[0].from as object[]).push({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "app" } },
      podSelector: { matchLabels: labels },
    });
  }
  return planOf(draft);
}

/** A value as JSON would bring it, as far as it can be written. */
function jsonOf(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? "null") as unknown;
  } catch {
    return null;
  }
}
