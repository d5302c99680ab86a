import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseBytes, parseCpu } from "../../components/kit/quantities.ts";
import { kindsOfEveryCluster } from "../../plan/charts.ts";
import { documentsIn } from "../../plan/manifests.ts";
import type { PlannedRelease } from "../../plan/objects.ts";
import { podTemplate } from "../../plan/pods.ts";
import { stableJson } from "../../components/kit/stable.ts";
import { planStack } from "../plans.ts";
import { stacks } from "../stacks.ts";
import { allReleases, cachedChart, hasHelm } from "./charts.ts";
import { podFindings } from "../pods.ts";

// What charts do that rule 2 would refuse, and why it stays.
const exemptions: Record<string, string> = {
  "argo-workflows probes Deployment argo-system/argo-workflows-workflow-controller container controller":
    "it has no callers: it only serves metrics, and the chart has no readiness probe for it",
  "cert-manager probes Deployment cert-manager/cert-manager container cert-manager-controller":
    "it only serves metrics, and the chart has no readiness probe for it",
  "cert-manager probes Deployment cert-manager/cert-manager-cainjector container cert-manager-cainjector":
    "it only serves metrics, and the chart has no probes for it",
  "cluster-autoscaler probes Deployment aws-system/cluster-autoscaler container aws-cluster-autoscaler":
    "it has no callers: it only serves metrics, and the chart has no readiness probe for it",
  "csi-driver-nfs placement DaemonSet nfs-storage/csi-nfs-node": "every node mounts volumes",
  ...Object.fromEntries(
    [
      "DaemonSet nfs-storage/csi-nfs-node",
      ...["liveness-probe", "node-driver-registrar", "nfs"].map(
        (one) => `DaemonSet nfs-storage/csi-nfs-node container ${one}`,
      ),
      "Deployment nfs-storage/csi-nfs-controller",
      ...["csi-provisioner", "csi-resizer", "liveness-probe", "nfs"].map(
        (one) => `Deployment nfs-storage/csi-nfs-controller container ${one}`,
      ),
    ].map((where) => [`csi-driver-nfs Pod Security ${where}`, "it mounts volumes on nodes, in a namespace of its own"]),
  ),
  "fluent-bit placement DaemonSet log-collector/fluent-bit": "every node has logs",
  "fluent-bit Pod Security DaemonSet log-collector/fluent-bit": "it reads its node's files, in a namespace of its own",
  "fluent-bit Pod Security DaemonSet log-collector/fluent-bit container fluent-bit":
    "the node's files belong to root alone, in a namespace of its own",
  "graylog Pod Security StatefulSet graylog container setup": "the chart gives the journal's volume to Graylog as root",
  "opensearch Pod Security StatefulSet opensearch container max-map-count":
    "it raises vm.max_map_count on its node, where the settings ask for that",
  "velero placement DaemonSet velero/node-agent": "every node has volumes",
  "velero probes DaemonSet velero/node-agent container node-agent":
    "it has no callers, and the chart has no probes for it",
  "velero Pod Security DaemonSet velero/node-agent": "it reads the volumes of its node, in a namespace of its own",
  "velero Pod Security DaemonSet velero/node-agent container node-agent":
    "volumes belong to any account, so it is root, in a namespace of its own",
  "kube-prometheus-stack placement DaemonSet monitoring-nodes/node-exporter": "every node is measured",
  "kube-prometheus-stack Pod Security DaemonSet monitoring-nodes/node-exporter":
    "it reads its node, in a namespace of its own",
};

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: {
    readonly replicas?: number;
    readonly volumeClaimTemplates?: { spec: { resources: { requests: { storage: string } } } }[];
  };
}

/** The objects of a release as Helm renders them with our values. */
export function render(release: PlannedRelease, file: string): Rendered[] {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-"));
  try {
    const values = join(folder, "values.json");
    writeFileSync(values, JSON.stringify(release.values));
    const groups = ["monitoring.coreos.com/v1", "cert-manager.io/v1", ...kindsOfEveryCluster].flatMap((group) => [
      "--api-versions",
      group,
    ]);
    const text = execFileSync(
      "helm",
      [
        "template",
        release.name,
        file,
        "--namespace",
        release.namespace,
        "--kube-version",
        "1.34.0",
        "--values",
        values,
        ...groups,
      ],
      {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    return documentsIn(text).flatMap((document) => (document as Rendered | null | undefined) ?? []);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("rendered charts", function () {
  this.timeout(480_000);

  it("take our values and satisfy rule 2 of the architecture", async function () {
    const releases = await allReleases();
    const missing = [...new Set(releases.map(({ release }) => release.chart))].filter(
      (chart) => cachedChart(chart) === undefined,
    );
    if (missing.length > 0) console.log(`      skipped for charts that are not in the cache: ${missing.join(", ")}`);
    const rendered = releases.filter(({ release }) => !missing.includes(release.chart));
    if (!hasHelm() || rendered.length === 0) {
      if (!hasHelm()) console.log("      skipped: helm is not on PATH");
      return this.skip();
    }
    const used = new Set<string>();
    const seen = new Set<string>();
    let templates = 0;
    for (const { stack, release, nodeSelector } of rendered) {
      // Most choices leave most charts as they are.
      const { chart, name, namespace, values } = release;
      const key = stableJson([chart, name, namespace, values, nodeSelector]);
      if (seen.has(key)) continue;
      seen.add(key);
      const objects = render(release, cachedChart(release.chart) ?? "");
      assert.ok(objects.length > 3, release.chart);
      for (const object of objects) {
        if (object.kind === "Secret")
          assert.fail(`${stack.name}: ${release.chart} generates the Secret ${object.metadata.name}`);
        const template = podTemplate({ ...object });
        if (template === undefined) continue;
        templates++;
        const findings = podFindings(template, nodeSelector).filter(({ rule, where }) => {
          const exemption = `${release.chart} ${rule} ${where}`;
          if (exemption in exemptions) used.add(exemption);
          return !(exemption in exemptions);
        });
        assert.deepEqual(findings, [], `${release.chart} in ${stack.name}`);
      }
    }
    assert.ok(templates > (missing.length === 0 ? 20 : 0), `only ${templates} pod templates`);
    assert.deepEqual(
      Object.keys(exemptions).filter((one) => !used.has(one) && !missing.some((chart) => one.startsWith(`${chart} `))),
      [],
      "exemptions that nothing needs",
    );
  });

  it("ask for what the plan sums up", async function () {
    const file = (chart: string) => cachedChart(chart) ?? "";
    if (!hasHelm() || file("postgresql-ha") === "" || file("cert-manager") === "") return this.skip();
    for (const stack of stacks) {
      const plan = await planStack(stack);
      // What operators make of resources of the stack's own counts as well; Jobs do not last.
      const own = plan.objects.map(({ manifest }) => manifest as unknown as Rendered);
      const lasting = [...plan.releases.flatMap((release) => render(release, file(release.chart))), ...own]
        .flatMap((object) => podTemplate({ ...object }) ?? [])
        .filter(({ once }) => !once);
      const total = { cpu: 0, memory: 0, claims: 0, pods: 0 };
      for (const { replicas, spec, claims } of lasting) {
        total.pods += replicas;
        for (const { resources } of spec.containers) {
          total.cpu += replicas * parseCpu(String(resources.requests["cpu"]));
          total.memory += replicas * parseBytes(String(resources.requests["memory"]));
        }
        for (const claim of claims as { spec: { resources: { requests: { storage: string } } } }[])
          total.claims += replicas * parseBytes(claim.spec.resources.requests.storage);
      }
      const { cpu, memory, pods, claims } = plan.sums;
      assert.deepEqual(
        { cpu, memory, pods, claims: Object.values(claims).reduce((sum, size) => sum + size, 0) },
        total,
        stack.name,
      );
    }
  });

  it("render the same twice, so that a preview shows no change", async function () {
    const [first] = (await allReleases()).filter(({ release }) => release.chart === "postgresql-ha");
    const file = cachedChart("postgresql-ha");
    if (!hasHelm() || file === undefined || first === undefined) return this.skip();
    assert.deepEqual(render(first.release, file), render(first.release, file));
  });
});
