import assert from "node:assert/strict";
import { catalogue } from "../../components/kit/catalogue.ts";
import { podValues } from "../../components/kit/pod-extras.ts";
import { at, record } from "../../components/kit/unknown.ts";
import { comparePlans } from "../../plan/compare/comparison.ts";
import { readPlan } from "../../plan/compare/read.ts";
import { planJson } from "../../plan/files.ts";
import type { Plan } from "../../plan/plan.ts";
import { podTemplate } from "../../plan/pods.ts";
import { podLabelKey } from "../../stacks/settings/formats.ts";
import { planStack } from "../plans.ts";
import { examples, stackNamed, stacks, variants } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const [label, annotation, priority] = ["example.org/team", "example.org/owner", "maps-high"];
const extras = `{labels: {${label}: maps}, annotations: {${annotation}: "x@example.org"}, priorityClassName: ${priority}}`;

/** A stack, and the same with labels, annotations and a priority for the pods of all its namespaces. */
async function both(stack: TestStack): Promise<readonly [Plan, Plan]> {
  const plain = await planStack(stack);
  const names = plain.objects.filter(({ kind }) => kind === "Namespace").map(({ name }) => name);
  const set = [...(stack.set ?? []), ...names.map((name) => `namespaces.${name}.pods=${extras}`)];
  return [plain, await planStack({ ...stack, set })];
}

/** The paths at which two values differ, with the new value of each that is no object. */
function differences(old: unknown, fresh: unknown, path = ""): string[] {
  if (typeof old !== "object" && typeof fresh !== "object") return old === fresh ? [] : [path];
  const [a, b] = [record(old), record(fresh)];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], `${path}/${key.replaceAll("/", "~")}`),
  );
}

const expected = [label, annotation]
  .map((key) => key.replace("/", "~"))
  .concat("priorityClassName", "podPriorityClassName");
const isExpected = (path: string) =>
  expected.includes(path.split("/").at(-1) ?? "") && !/selector|matchLabels|volumeClaimTemplates/i.test(path);

/** The workflows' defaults are text in a ConfigMap, whose checksum is in the pods. */
const followsValues = (path: string) => /^\/data\/|checksum~/.test(path);
/** Pods to which a chart gives the annotations alone. */
const annotated = /^Job [^/]+\/kong-[a-z-]*migrations$/;
const has = (chart: string) => (podValues[chart as keyof typeof podValues]?.annotations.length ?? 0) > 0;

const many = [
  "dev",
  "worldcereal",
  "midpoint",
  "matrix",
  "confluence",
  "cloudnative-pg",
  "point-in-time",
  "workflows",
  "snapshots",
  "thanos",
  "traefik",
  "velero",
].flatMap((name) => [...stacks, ...examples, ...variants].filter((stack) => stack.name === name));

describe("labels, annotations and priorities of pods", function () {
  this.timeout(300_000);

  for (const stack of many)
    it(`${stack.name}: every pod has them, and nothing else changes`, async () => {
      const [plain, own] = await both(stack);
      const before = new Map([...plain.objects, ...plain.rendered].map((object) => [key(object), object.manifest]));
      const after = [...own.objects, ...own.rendered];
      assert.equal(after.length, before.size);
      let pods = 0;
      const without = new Set(
        own.releases.filter(({ chart }) => !has(chart)).map(({ name, namespace }) => `${namespace}/${name}`),
      );
      for (const object of after) {
        const changed = differences(before.get(key(object)), object.manifest);
        assert.deepEqual(
          changed.filter((path) => !isExpected(path) && !(object.release !== undefined && followsValues(path))),
          [],
          `${object.kind} ${object.name}`,
        );
        const template = podTemplate(object.manifest);
        if (template === undefined || without.has(object.release ?? "")) continue;
        pods++;
        const { annotations, labels } = metadataOf(object.manifest);
        assert.equal(annotations?.[annotation], "x@example.org", template.owner);
        if (annotated.test(template.owner)) continue;
        assert.equal(labels?.[label], "maps", template.owner);
        if (object.kind !== "DaemonSet") assert.equal(template.spec["priorityClassName"], priority, template.owner);
      }
      assert.ok(pods > 0);
      const values = new Map(plain.releases.map((release) => [release.name, release.values]));
      for (const { chart, name, values: fresh } of own.releases) {
        const changed = differences(values.get(name), fresh);
        assert.deepEqual(
          changed.filter((path) => !isExpected(path)),
          [],
          name,
        );
        if (has(chart))
          assert.ok(
            changed.some((path) => path.endsWith("example.org~team")),
            name,
          );
      }
    });

  it("a new label updates what exists: only Jobs, which cannot change, are replaced", async () => {
    const [plain, own] = (await both(stackNamed("worldcereal"))).map((plan) => readPlan(planJson(plan), "plan")) as [
      never,
      never,
    ];
    const { changes } = comparePlans(plain, own);
    assert.ok(changes.length > 20);
    assert.deepEqual(
      changes.filter(({ action, kind }) => action !== (kind === "Job" ? "replace" : "update")),
      [],
    );
  });

  it("no label by which pods are selected can be set", async () => {
    const key = podLabelKey();
    const selected = new Set<string>();
    for (const stack of [...stacks, ...examples, ...variants]) {
      const { objects, rendered, ledger } = await planStack(stack);
      for (const { manifest } of [...objects, ...rendered]) for (const one of selectors(manifest)) selected.add(one);
      for (const { from, to } of ledger.edges)
        for (const peer of [from, to])
          if (peer.kind === "pods") for (const one of Object.keys(peer.labels ?? {})) selected.add(one);
    }
    assert.ok(selected.size > 5);
    // What the user's own connections and hosts name is the user's.
    const free = [...selected].filter((one) => key.safeParse(one).success).sort();
    assert.deepEqual(free, []);
  });

  it("follow Kubernetes' syntax", () => {
    const accepts = (text: string) => podLabelKey().safeParse(text).success;
    const domain = (length: number) => `${"a".repeat(length - 4)}.org`;
    for (const good of [
      "team",
      "a",
      "example.org/Team_1.x",
      `${domain(253)}/${"x".repeat(63)}`,
      "sidecar.istio.io/inject",
      "kueue.x-k8s.io/queue-name",
    ])
      assert.ok(accepts(good), good);
    for (const bad of [
      "",
      "/x",
      "x/",
      "a/b/c",
      "-x",
      "x-",
      `${domain(254)}/x`,
      `example.org/${"x".repeat(64)}`,
      "Example.org/x",
      "app",
      "batch.kubernetes.io/job-name",
      "groundplan/stack",
    ])
      assert.ok(!accepts(bad), bad);
  });

  it("names charts of the catalogue only, and says where those are that have no value", () => {
    const without = Object.keys(catalogue).filter((name) => !(name in podValues));
    assert.deepEqual(without, ["csi-driver-nfs", "mongodb-kubernetes", "prometheus-operator-crds"]);
  });
});

const key = ({ apiVersion, kind, name, namespace, release }: Plan["objects"][number]) =>
  `${apiVersion} ${kind} ${namespace ?? ""}/${name} ${release ?? ""}`;

/** The metadata of the pods that an object makes: a workload of Kubernetes, or one of an operator. */
function metadataOf({ spec }: Readonly<Record<string, unknown>>) {
  const places = [["template"], ["jobTemplate", "spec", "template"], ["statefulSet", "spec", "template"]];
  const found = places.map((place) => at(spec, ...place, "metadata")).find((metadata) => metadata !== undefined);
  return (found ?? at(spec, "inheritedMetadata") ?? {}) as {
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
}

/** The keys of labels by which an object selects pods. */
function selectors(manifest: unknown): string[] {
  if (typeof manifest !== "object" || manifest === null) return [];
  return Object.entries(manifest).flatMap(([name, value]) => {
    if (["podSelector", "selector", "labelSelector"].includes(name)) {
      const { matchExpressions, matchLabels, ...plain } = record(value);
      const listed = Array.isArray(matchExpressions) ? matchExpressions.map((one) => String(record(one)["key"])) : [];
      return [
        ...Object.keys(record(matchLabels)),
        ...listed,
        ...(Object.values(plain).every((one) => typeof one === "string") ? Object.keys(plain) : []),
      ];
    }
    return selectors(value);
  });
}
