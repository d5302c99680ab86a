import assert from "node:assert/strict";
import { stackNamed, stacks } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { check, goTool, stream, written } from "./go-tools.ts";
import type { Written } from "./go-tools.ts";

const kubeScore = { name: "kube-score", package: "github.com/zegl/kube-score/cmd/kube-score", version: "v1.20.0" };

/** What kube-score finds critical in objects of our own, as `Kind check: message`, and why it stays. */
const exemptions: Readonly<Record<string, string>> = {
  "NetworkPolicy networkpolicy-targets-pod: The NetworkPolicys selector doesn't match any pods":
    "it is for pods that no file shows: those of operators and of the user's own applications; tests/network knows them",
  "Job container-image-pull-policy: ImagePullPolicy is not set to Always":
    "tags are exact, and a node that has the image starts the pod while the registry is away",
  "CronJob container-image-pull-policy: ImagePullPolicy is not set to Always":
    "tags are exact, and a node that has the image starts the pod while the registry is away",
  "CronJob container-resources: CPU limit is not set":
    "requests share the CPU; a limit takes it away while the node has some to spare",
  "CronJob container-security-context-user-group-id: The container is running with a low user ID":
    "initdb and mongodump look up the account of their image, which has a low number",
  "CronJob container-security-context-user-group-id: The container running with a low group ID":
    "initdb and mongodump look up the account of their image, which has a low number",
  "Deployment container-image-pull-policy: ImagePullPolicy is not set to Always":
    "tags are exact, and a node that has the image starts the pod while the registry is away",
  "Deployment container-resources: CPU limit is not set":
    "requests share the CPU; a limit takes it away while the node has some to spare",
  "Job container-security-context-user-group-id: The container is running with a low user ID":
    "the files of OpenSearch's and Graylog's images belong to a low user",
  "Job container-security-context-user-group-id: The container running with a low group ID":
    "the files of OpenSearch's and Graylog's images belong to a low group",
  "Job container-resources: CPU limit is not set":
    "requests share the CPU; a limit takes it away while the node has some to spare",
};

/** What it says of objects whose other side is a chart's, where charts are not at hand. */
const unseen: readonly string[] = [
  "Ingress ingress-targets-service: No service match was found",
  "Service service-targets-pod: The services selector does not match any pods",
];

const common = [
  // As above: exact tags, and no CPU limits.
  "container-image-pull-policy",
  "container-resources",
];
const lowUser = [...common, "container-security-context-user-group-id"];
/** Programs that write beside their own files. */
const writable = [...lowUser, "container-security-context-readonlyrootfilesystem"];

/**
 * What it finds critical in charts, by workload: a ceiling that only goes down. Images whose files belong to a low user start
 * as that user only, and the programs without a readiness probe serve nothing but metrics.
 */
const ceiling: Readonly<Record<string, readonly string[]>> = {
  "DaemonSet log-collector/fluent-bit": lowUser,
  "DaemonSet monitoring-nodes/node-exporter": [...common, "pod-probes-identical"],
  "Deployment cert-manager/cert-manager": [...lowUser, "pod-probes"],
  "Deployment cert-manager/cert-manager-cainjector": [...lowUser, "pod-probes"],
  "Deployment cert-manager/cert-manager-webhook": lowUser,
  "Deployment gateway/kong": lowUser,
  // Its chart takes requests of CPU and memory only, and no security context of the container.
  "Deployment logging/mongodb-operator": [
    "container-ephemeral-storage-request-and-limit",
    "container-image-pull-policy",
    "container-security-context-readonlyrootfilesystem",
    "container-security-context-user-group-id",
  ],
  "Deployment monitoring/grafana": [...writable, "pod-probes-identical"],
  "Deployment monitoring/kps-operator": [...common, "pod-probes-identical"],
  "Deployment monitoring/kube-state-metrics": common,
  "Deployment monitoring/thanos-query": lowUser,
  "Deployment sysdb/cnpg-operator": [...common, "pod-probes-identical"],
  "Deployment sysdb/pgsqlha-pgpool": lowUser,
  "Job cert-manager/cert-manager-startupapicheck": lowUser,
  "Job gateway/kong-init-migrations": lowUser,
  "Job gateway/kong-post-upgrade-migrations": lowUser,
  "Job gateway/kong-pre-upgrade-migrations": lowUser,
  "Job monitoring/kps-admission-create": lowUser,
  "Job monitoring/kps-admission-patch": lowUser,
  // Their pods are the cluster's own, or an operator makes them.
  "Service kube-system/kps-coredns": ["service-targets-pod"],
  "Service monitoring/kps-alertmanager": ["service-targets-pod"],
  "Service monitoring/kps-prometheus": ["service-targets-pod"],
  "Service monitoring/kps-thanos-discovery": ["service-targets-pod"],
  "StatefulSet keycloak/keycloak": writable,
  "StatefulSet logging/graylog": [...writable, "pod-probes-identical"],
  "StatefulSet logging/opensearch": [...writable, "pod-probes-identical"],
  // Nobody calls these pods by name, so that their chart gives them no headless Service.
  "StatefulSet monitoring/thanos-compactor": [...lowUser, "statefulset-has-servicename"],
  "StatefulSet monitoring/thanos-storegateway": [...lowUser, "statefulset-has-servicename"],
  "StatefulSet sysdb/pgsqlha-postgresql": lowUser,
};

/** An object's critical findings. */
interface Scored {
  readonly kind: string;
  /** `Kind namespace/name`. */
  readonly name: string;
  readonly findings: readonly { readonly check: string; readonly message: string }[];
}

interface Score {
  readonly type_meta: { readonly kind: string };
  readonly object_meta: { readonly name: string; readonly namespace?: string };
  readonly checks: readonly {
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly summary: string }[] | null;
  }[];
}

/** kube-score's grade of what it calls critical. */
const critical = 1;

describe("kube-score", function () {
  this.timeout(1_200_000);
  const all: { stack: TestStack; output: Written; scored: Scored[] }[] = [];

  before(async function () {
    const program = goTool(this, kubeScore);
    for (const stack of [...stacks, stackNamed("cloudnative-pg")]) {
      const output = await written(stack);
      // Together, since policies and disruption budgets are judged by the pods that they select.
      const args = ["score", "--kubernetes-version", `v${output.plan.settings.cluster.version}`];
      const rendered = output.plan.rendered.map(({ manifest, namespace }) =>
        // As Helm installs it: charts may leave out the namespace of their release.
        JSON.stringify({ ...manifest, metadata: { ...(manifest["metadata"] as object), namespace } }),
      );
      const text = stream([...output.own, ...rendered.map((one) => `${one}\n`)]);
      const scores = check(program, [...args, "--output-format", "json", "-"], text) as Score[];
      all.push({ stack, output, scored: scores.map(scoredOf) });
    }
  });

  it("finds nothing critical in objects of our own but what is exempted", () => {
    const used = new Set<string>();
    for (const { stack, output, scored } of all) {
      const own = new Set(output.plan.objects.map(identity));
      const mine = scored.filter(({ name }) => own.has(name));
      assert.ok(mine.length > 10 && mine.some(({ kind }) => kind === "Job"), `${stack.name}: ${mine.length} objects`);
      const open = mine.flatMap(({ kind, name, findings }) =>
        findings.flatMap(({ check: id, message }) => {
          const exemption = `${kind} ${id}: ${message}`;
          if (output.plan.notRendered.length > 0 && unseen.includes(exemption)) return [];
          if (!(exemption in exemptions)) return [`${name} ${id}: ${message}`];
          used.add(exemption);
          return [];
        }),
      );
      assert.deepEqual(open, [], stack.name);
    }
    assert.deepEqual([...used].sort(), Object.keys(exemptions).sort(), "exemptions of what is not found any more");
  });

  it("finds no more in charts than it did", function () {
    const missing = all.flatMap(({ output }) => output.plan.notRendered);
    if (missing.length > 0) {
      console.log(`      skipped: ${missing[0]?.release}: ${missing[0]?.reason}`);
      return this.skip();
    }
    const found = new Map<string, Set<string>>();
    for (const { output, scored } of all) {
      const rendered = new Set(output.plan.rendered.map(identity));
      for (const { name, findings } of scored.filter((one) => rendered.has(one.name) && one.findings.length > 0))
        found.set(name, new Set([...(found.get(name) ?? []), ...findings.map((finding) => finding.check)]));
    }
    for (const [name, checks] of [...found].sort()) console.log(`      ${checks.size} critical in ${name}`);
    assert.deepEqual(
      Object.fromEntries([...found].map(([name, checks]) => [name, [...checks].sort()])),
      Object.fromEntries(Object.entries(ceiling).map(([name, checks]) => [name, [...checks].sort()])),
      "more than the ceiling is a new weakness; less lowers the ceiling",
    );
  });
});

function scoredOf({ type_meta: { kind }, object_meta: { name, namespace }, checks }: Score): Scored {
  return {
    kind,
    name: identity({ kind, name, namespace }),
    findings: checks
      .filter(({ grade, skipped }) => grade <= critical && !skipped)
      .flatMap(({ check: { id }, comments }) =>
        (comments ?? [{ summary: "" }]).map(({ summary }) => ({ check: id, message: summary })),
      ),
  };
}

function identity({ kind, name, namespace }: { kind: string; name: string; namespace?: string }): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}
