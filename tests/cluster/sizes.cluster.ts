// The program that records the sizes of backups, with the rights and the PrometheusRule of a stack, on a real API server.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "../../components/kit/unknown.ts";
import { plannedObjects } from "../../plan/objects.ts";
import type { PlannedObject } from "../../plan/objects.ts";
import { hasPromtool, promtool } from "../monitoring/promtool.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { eventually, useCluster } from "./cluster.ts";
import type { Cluster, KubernetesObject } from "./cluster.ts";
import { definitionsOf } from "./definitions.ts";
import { startProgram } from "./program.ts";

const namespace = "backup";
const program = "components/backup/programs/sizes.ts";
const snapshot = (path: string, day: number, bytes: number) => ({
  ...{ time: `2026-11-${day}T03:00:00.123456789Z`, paths: [path] },
  summary: { total_bytes_processed: bytes },
});

interface Rule {
  readonly record: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
}

describe("the sizes of backups, on a cluster", function () {
  this.timeout(600_000);
  let cluster: Cluster;
  let folder: string;
  let objects: readonly PlannedObject[];

  const named = (kind: string, name: string) =>
    objects.find((one) => one.kind === kind && one.namespace === namespace && one.name === name) ??
    assert.fail(`${kind} ${name}`);
  const rule = () => cluster.get<KubernetesObject>(["prometheusrules", "backup-sizes", "-n", namespace])[0];
  const series = () =>
    ((at(rule(), "spec", "groups") ?? []) as { rules: Rule[] }[])
      .flatMap(({ rules }) => rules)
      .map(({ expr, labels, record: name }) => {
        // The dashboard's query.
        assert.equal(name, "groundplan_backup_size_bytes");
        return `${labels["repository"]} ${labels["path"]} ${expr}`;
      });
  /** Runs the program of a CronJob with a list of snapshots. */
  const record = (cronJob: string, snapshots: unknown, change = {}) => {
    const file = join(folder, "snapshots.json");
    writeFileSync(file, JSON.stringify(snapshots));
    return startProgram(cluster, named("CronJob", cronJob), program, folder, { SNAPSHOTS: file, ...change }).done;
  };
  /** What `pulumi up` does with the objects: a server-side apply as the manager of its own fields. */
  const apply = (manifests: readonly object[]) =>
    cluster.kubectl(["apply", "--server-side", "--field-manager=pulumi", "-f", "-"], manifests);
  const own = () =>
    [
      named("PrometheusRule", "backup-sizes"),
      named("Role", "backup-sizes"),
      named("RoleBinding", "backup-sizes"),
      named("ServiceAccount", "backup"),
    ].map(({ manifest }) => manifest);

  before(async function () {
    cluster = await useCluster(this);
    const definitions = definitionsOf("prometheus-operator-crds");
    if (definitions === undefined) {
      console.log("      skipped: the definitions of prometheus-operator are not at hand");
      return this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "groundplan-sizes-"));
    objects = plannedObjects((await recordStack(stackNamed("prod"))).resources);
    cluster.kubectl(["apply", "--server-side", "-f", "-"], definitions);
    cluster.kubectl(["create", "namespace", namespace]);
    await eventually(60, () => apply(own()));
  });
  // Missing where this was skipped. Other tests create the namespace, too.
  after(() => {
    (cluster as Cluster | undefined)?.kubectl([
      "delete",
      "namespace",
      namespace,
      "--ignore-not-found",
      "--timeout=120s",
    ]);
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it("are in the PrometheusRule after a run, in place of those of the run before", async () => {
    const wiki = "/postgresql/wiki.dump";
    assert.deepEqual(await record("backup-sizes", [snapshot(wiki, 10, 5_000_000)]), {
      code: 0,
      out: `size ${wiki}: 5000000 bytes\n`,
      err: "",
    });
    assert.deepEqual(series(), [`prod ${wiki} vector(5000000)`]);
    const odd = `/claims/maps/"odd" {{ $value }} é`;
    await record("backup-sizes", [snapshot(wiki, 10, 5_000_000), snapshot(wiki, 11, 6_000_000), snapshot(odd, 11, 7)]);
    assert.deepEqual(series(), [`prod ${odd} vector(7)`, `prod ${wiki} vector(6000000)`]);
  });

  it("are what Prometheus accepts as rules", function () {
    if (!hasPromtool) return this.skip();
    const { status, said } = promtool(
      { "rules.json": { groups: at(rule(), "spec", "groups") } },
      "check",
      "rules",
      "rules.json",
    );
    assert.equal(status, 0, said);
    assert.match(said, /2 rules/);
  });

  it("fail the run where a backup shrank, and are recorded first", async () => {
    const { code, err } = await record("backup-sizes", [snapshot("/a.dump", 1, 900_000), snapshot("/a.dump", 2, 10)]);
    assert.equal(code, 1);
    assert.equal(err, "backup: less than half of an earlier backup: /a.dump: 10 bytes after 900000\n");
    assert.deepEqual(series(), ["prod /a.dump vector(10)"]);
  });

  it("of another repository stand beside them, and an empty repository has none", async () => {
    await record("backup-sizes", [snapshot("/a.dump", 1, 20)], { REPOSITORY: "prod.maps" });
    assert.deepEqual(series(), ["prod /a.dump vector(10)", "prod.maps /a.dump vector(20)"]);
    assert.deepEqual(await record("backup-sizes", []), { code: 0, out: "", err: "" });
    assert.deepEqual(series(), ["prod.maps /a.dump vector(20)"]);
  });

  it("stay at the next up, which has no conflict and changes nothing", () => {
    const before = rule()?.metadata.resourceVersion;
    apply(own());
    assert.equal(rule()?.metadata.resourceVersion, before);
    const labelled = own().map((manifest, index) =>
      index === 0
        ? { ...manifest, metadata: { ...(at(manifest, "metadata") as object), labels: { team: "maps" } } }
        : manifest,
    );
    apply(labelled);
    assert.notEqual(rule()?.metadata.resourceVersion, before);
    assert.deepEqual(series(), ["prod.maps /a.dump vector(20)"]);
  });

  it("are all that the account may write", async () => {
    const { code, err } = await record("backup-sizes", [], { RULE: "groundplan-backup" });
    assert.equal(code, 1);
    assert.match(err, /^backup: PATCH \S+ prometheusrules\S* "groundplan-backup" is forbidden: [^\n]+\n$/);
    const account = ["-n", namespace, `--as=system:serviceaccount:${namespace}:backup`];
    const may = (...question: string[]) => {
      try {
        return cluster.kubectl(["auth", "can-i", ...question, ...account]).out.trim();
      } catch {
        return "no";
      }
    };
    assert.equal(may("patch", "prometheusrules/backup-sizes"), "yes");
    for (const [verb, resource] of [
      ["patch", "prometheusrules"],
      ["create", "prometheusrules"],
      ["delete", "prometheusrules/backup-sizes"],
      ["get", "secrets"],
    ] as const)
      assert.equal(may(verb, resource), "no", `${verb} ${resource}`);
  });
});
