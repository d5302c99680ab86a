import assert from "node:assert/strict";
import { podValues } from "../../components/kit/pod-extras.ts";
import { nested } from "../../components/kit/values.ts";
import { nearest } from "../../stacks/settings/problems.ts";
import { once } from "../stacks.ts";
import { allReleases, chartDefaults, knowsSubcharts } from "./charts.ts";

// Parts of a chart's values whose members are Kubernetes', not the chart's: any name may stand there.
const open =
  /(^|\.)(grafana\.ini|envValueFrom|datasources\.datasources\.yaml|nodeSelector|podAnnotations|annotations|labels|resources|podSecurityContext|securityContext|containerSecurityContext|livenessProbe|readinessProbe|startupProbe|lifecycle|chartChecksum)(\.|$)/;

// Values that a chart's templates read, and that its defaults mention in a comment at most.
const undeclared = new Set([
  // Kubernetes' own type, of which the chart's defaults use some members.
  "keycloakx securityContext.allowPrivilegeEscalation",
  "keycloakx securityContext.capabilities",
  "kube-prometheus-stack alertmanager.alertmanagerSpec.configSecret",
  "kube-prometheus-stack grafana.fullnameOverride",
  // Kubernetes' own type, of which the chart's defaults use some members.
  "kube-prometheus-stack prometheus-node-exporter.securityContext.seccompProfile",
  // In a comment of its defaults, and in its StatefulSet.
  "opensearch persistence.storageClass",
]);

/**
 * What charts read without a default: the value paths, and where the chart says so.
 *
 * kong 3.4.1: README.md ("Kong Parameters": each name under `env` becomes a variable KONG_NAME, and one under
 * `ingressController.env` a variable CONTROLLER_NAME), values.yaml in comments, templates/_helpers.tpl.
 */
const unlisted: Readonly<Record<string, RegExp>> = {
  // argo-workflows 1.0.18: values.yaml in a comment.
  "argo-workflows": /^(controller|server)\.pdb\.maxUnavailable$/,
  // aws-load-balancer-controller 3.5.0: templates/deployment.yaml copies both contexts into the pod.
  "aws-load-balancer-controller": /^(podSecurityContext\.(runAsNonRoot|seccompProfile)|securityContext\.capabilities)$/,
  // cluster-autoscaler 9.59.0: values.yaml ("Additional container arguments": each becomes an option of the program).
  "cluster-autoscaler": /^extraArgs\.[a-z-]+$/,
  // external-dns 1.21.1: README.md ("extraArgs": each becomes an option of the program), and templates/deployment.yaml, which copies the
  // annotations of the pod.
  "external-dns": /^extraArgs\.[a-z0-9-]+$/,
  kong: /^(fullnameOverride|env\.\w+|ingressController\.env\.\w+|ingressController\.admissionWebhook\.certificate\.(caBundle|secretName)|proxy\.externalTrafficPolicy|proxy\.(http|tls)\.nodePort|podDisruptionBudget\.maxUnavailable|topologySpreadConstraints|image\.pullSecrets)$/,
  // kube-prometheus-stack 88.5.3: values.yaml in a comment, and the templates of the operator, of grafana, of kube-state-metrics and of
  // prometheus-node-exporter.
  "kube-prometheus-stack":
    /^(grafana|kube-state-metrics|prometheus-node-exporter|prometheusOperator)\.priorityClassName$/,
  // traefik 41.3.0: values.schema.json ("TLS Options are created as TLSOption CRDs"), templates/_service.tpl (`service.spec`).
  traefik: /^(service\.spec\.externalTrafficPolicy|tlsOptions\.default|tlsStore\.default)$/,
};

type Json = Record<string, unknown>;

/** Paths of values that the chart does not know, each with the nearest name that it does. */
export function unknownPaths(
  values: unknown,
  defaults: unknown,
  schema: unknown,
  path: readonly string[] = [],
): string[] {
  if (typeof values !== "object" || values === null || Array.isArray(values)) return [];
  return Object.entries(values).flatMap(([key, value]) => {
    const here = [...path, key];
    if (open.test(here.join("."))) return [];
    const known = [...names(defaults), ...names((schema as Json | undefined)?.["properties"])];
    const inner = (schema as { properties?: Json } | undefined)?.properties?.[key];
    if (!known.includes(key)) {
      const near = nearest(key, known);
      return [`${here.join(".")}${near === undefined ? "" : ` (nearest: ${[...path, near].join(".")})`}`];
    }
    const default_ = (defaults as Json | undefined)?.[key];
    // An empty default, such as `resources: {}`, says nothing about what may stand in it.
    const isEmpty = typeof default_ === "object" && default_ !== null && Object.keys(default_).length === 0;
    return isEmpty && inner === undefined ? [] : unknownPaths(value, default_, resolved(inner, schema), here);
  });
}

function names(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

/** A schema's part with its reference followed; definitions travel along, since references name them from the root. */
function resolved(part: unknown, root: unknown): unknown {
  const definitions = (root as Json | undefined)?.["$defs"];
  const reference = (part as { $ref?: string } | undefined)?.$ref;
  const target =
    reference === undefined ? part : (definitions as Json | undefined)?.[reference.replace("#/$defs/", "")];
  return typeof target === "object" && target !== null ? { ...target, $defs: definitions } : target;
}

// Rule 5 of the architecture: Helm ignores a misspelt key without a word.
describe("values of charts", function () {
  this.timeout(300_000);

  it("exist in each chart's defaults or schema", async function () {
    const releases = await allReleases();
    if (chartDefaults("cert-manager") === undefined) {
      console.log("      skipped: the charts' defaults are not at hand (../shared/charts)");
      return this.skip();
    }
    let checked = 0;
    const charts = new Map<string, ReturnType<typeof chartDefaults>>();
    const unknowable = new Set(
      releases
        .map(({ release }) => release.chart)
        .filter((chart) => !knowsSubcharts(chart) || chartDefaults(chart) === undefined),
    );
    for (const chart of unknowable)
      console.log(`      skipped for ${chart}: neither it nor its defaults are at hand, with the charts inside`);
    for (const { stack, release } of releases) {
      if (unknowable.has(release.chart)) continue;
      const chart = once(charts, release.chart, () => chartDefaults(release.chart));
      assert.ok(chart, `no defaults of ${release.chart}`);
      const schema = resolved(
        (chart.schema as Json | undefined)?.["$ref"] === undefined
          ? chart.schema
          : { $ref: (chart.schema as Json)["$ref"] },
        chart.schema,
      );
      const unknown = unknownPaths(release.values, chart.defaults, schema).filter(
        (path) =>
          !undeclared.has(`${release.chart} ${path}`) &&
          unlisted[release.chart]?.test(path.split(" ")[0] ?? "") !== true,
      );
      assert.deepEqual(unknown, [], `${release.chart} in ${stack.name}`);
      checked++;
    }
    assert.ok(checked >= 20, `only ${checked} releases`);
  });

  it("exist where labels and annotations of pods go", function () {
    let checked = 0;
    for (const [name, { annotations, labels }] of Object.entries(podValues)) {
      const chart = knowsSubcharts(name) ? chartDefaults(name) : undefined;
      if (chart === undefined) continue;
      for (const path of [...labels, ...annotations]) {
        const unknown = unknownPaths(nested(path, {}), chart.defaults, resolved(chart.schema, chart.schema));
        assert.deepEqual(unknown, [], name);
      }
      checked++;
    }
    if (checked === 0) {
      console.log("      skipped: the charts' defaults are not at hand (../shared/charts)");
      this.skip();
    }
  });

  it("names a misspelt path and the nearest one", () => {
    const defaults = { pgpool: { replicaCount: 1, resources: {} } };
    assert.deepEqual(unknownPaths({ pgpool: { replicaCuont: 2, resources: { anything: 1 } } }, defaults, undefined), [
      "pgpool.replicaCuont (nearest: pgpool.replicaCount)",
    ]);
    assert.deepEqual(unknownPaths({ pgpol: {} }, defaults, undefined), ["pgpol (nearest: pgpool)"]);
  });
});
