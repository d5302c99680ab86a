// The pods that a stack would have, from its plan and from what operators make of its objects: nothing here comes from the
// edges that the pods are to be compared with.
import { controllerPods } from "../../components/aws/controllers.ts";
import { programPods, programs } from "../../components/certificates/cert-manager.ts";
import { collectorsOf } from "../../components/logging/collector/values.ts";
import { graylogLabels } from "../../components/logging/graylog/values.ts";
import { operatorLabels as mongodbOperatorLabels } from "../../components/logging/mongodb.ts";
import { searchLabels } from "../../components/logging/opensearch.ts";
import { monitoringPods, thanosPods } from "../../components/monitoring/pods.ts";
import { externalDnsPods } from "../../components/dns/chart.ts";
import { kongGatewayPods, kongLabels } from "../../components/gateway/kong-chart.ts";
import { traefikGatewayPods } from "../../components/gateway/traefik-chart.ts";
import { podLabels as keycloakLabels } from "../../components/keycloak/keycloakx.ts";
import type { Pods } from "../../components/kit/pods.ts";
import { clusterPods } from "../../components/postgres/cloudnative-pg.ts";
import { pluginPods } from "../../components/postgres/point-in-time.ts";
import { releasePods } from "../../components/postgres/postgresql-ha.ts";
import { veleroPods } from "../../components/velero/shape.ts";
import { workflowsPods } from "../../components/workflows/shape.ts";
import type { PlannedObject, PlannedRelease } from "../../plan/objects.ts";
import type { Endpoint, Pod } from "./evaluator.ts";

/** The objects of a plan, and the releases whose charts were not rendered. */
export interface Planned {
  readonly objects: readonly PlannedObject[];
  readonly notRendered: readonly PlannedRelease[];
}

/** A pod with the TCP ports that its template opens; undefined where the plan cannot tell. */
export interface PlannedPod extends Pod {
  readonly ports?: readonly number[];
}

/** The sides that connections may have. */
export interface Sides {
  /** Pods of the stack that are known: its own, its charts' and those of operators. */
  readonly known: readonly PlannedPod[];
  /** A pod of an application of the user's own in each namespace of the stack. */
  readonly users: readonly Pod[];
  /** Pods that are not the stack's. */
  readonly alien: readonly Pod[];
  readonly addresses: Readonly<
    Record<"apiServer" | "private" | "public" | "public6" | "nodeCache" | "metadata" | "server", Endpoint>
  >;
}

/** An address range of an API server that no other side has. */
export const apiServerRange = "172.20.0.0/28";

/** The address range of the server for the engine `external`, likewise. */
export const serverRange = "172.21.0.0/24";

export function sides(plan: Planned): Sides {
  const address = addresses();
  const named = (namespace: string, name: string, labels: Readonly<Record<string, string>>): Pod => ({
    namespace,
    name,
    labels,
    ip: address(),
  });
  const ofObjects = plan.objects.flatMap((object) =>
    templates(object, plan).map(({ labels, ports }, index) => ({
      ...named(object.namespace ?? "", `${object.name}-${object.kind.toLowerCase()}-${index}`, labels),
      ports,
    })),
  );
  const ofCharts = plan.notRendered.flatMap((release) =>
    declared(release).map((labels, index) => named(release.namespace, `${release.name}-${index}`, labels)),
  );
  const known: PlannedPod[] = [...ofObjects, ...ofCharts];
  const namespaces = plan.objects.filter(({ kind }) => kind === "Namespace").map(({ name }) => name);
  return {
    known,
    users: namespaces.map((namespace) => named(namespace, "user", { app: "user" })),
    alien: [
      named("alien", "alien", { app: "alien" }),
      // The same labels elsewhere must not help.
      ...known
        .map(({ name, labels }) => named("alien", name, labels))
        .filter(({ labels }, index, all) => {
          const same = (other: Pod) => JSON.stringify(other.labels) === JSON.stringify(labels);
          return all.findIndex(same) === index;
        }),
      named("kube-system", "coredns", { "k8s-app": "kube-dns" }),
    ],
    addresses: {
      apiServer: { ip: "172.20.0.1" },
      private: { ip: "192.168.7.7" },
      public: { ip: "203.0.113.7" },
      public6: { ip: "2001:db8::7" },
      nodeCache: { ip: "169.254.20.10" },
      // Where clouds hand out a node's own credentials.
      metadata: { ip: "169.254.169.254" },
      server: { ip: "172.21.0.9" },
    },
  };
}

/** Fresh addresses of the range that pods have. */
function addresses(): () => string {
  let count = 0;
  return () => {
    count++;
    return `10.244.${Math.floor(count / 250)}.${(count % 250) + 1}`;
  };
}

interface Template {
  readonly labels: Readonly<Record<string, string>>;
  readonly ports?: readonly number[];
}

/** The labels of a chart's pods as components know them, where the chart itself is not at hand; two of each. */
function declared({ chart, name, namespace }: PlannedRelease): Readonly<Record<string, string>>[] {
  const labelsOf = (pods: Readonly<Record<string, Pods>>) => Object.values(pods).map(({ labels }) => labels);
  const { grafana, operator, stateMetrics, webhookJobs } = monitoringPods(namespace);
  const pods = {
    "argo-workflows": labelsOf(workflowsPods(namespace)),
    "aws-load-balancer-controller": [controllerPods(namespace).loadBalancers.labels],
    "cert-manager": programs.map((program) => programPods(program, namespace).labels),
    "cluster-autoscaler": [controllerPods(namespace).autoscaler.labels],
    "cloudnative-pg": [clusterPods({ name, namespace }).operators.labels],
    "plugin-barman-cloud": [pluginPods(namespace).labels],
    "external-dns": [externalDnsPods(namespace).labels],
    kong: [kongGatewayPods(namespace).labels, kongLabels],
    keycloakx: [keycloakLabels],
    // They use the network of their nodes, to which policies do not apply.
    "csi-driver-nfs": [],
    "fluent-bit": [collectorsOf(namespace).labels],
    graylog: [graylogLabels],
    "mongodb-kubernetes": [mongodbOperatorLabels],
    opensearch: [searchLabels],
    "postgresql-ha": labelsOf(releasePods({ name, namespace })),
    "kube-prometheus-stack": [
      ...labelsOf({ operator, webhookJobs, stateMetrics, grafana }),
      prometheusPod("prometheus", "kps-prometheus", []).labels,
      prometheusPod("alertmanager", "kps-alertmanager", []).labels,
    ],
    "prometheus-operator-crds": [],
    thanos: labelsOf(thanosPods(namespace)),
    traefik: [traefikGatewayPods(namespace).labels],
    velero: labelsOf(veleroPods(namespace)),
  }[chart];
  if (pods === undefined) throw new Error(`no labels known of the pods of the chart ${chart}`);
  return [...pods, ...pods];
}

/** The pods that come of an object; two of a kind that may have several, which talk to each other. */
function templates(object: PlannedObject, plan: Planned): Template[] {
  const { kind, name, apiVersion } = object;
  const own = (object.manifest["spec"] ?? {}) as { jobTemplate?: { spec: object } };
  const spec = (own.jobTemplate?.spec ?? own) as {
    template?: {
      metadata?: { labels?: Record<string, string> };
      spec?: { containers?: { ports?: ContainerPort[] }[] };
    };
    cluster?: { name: string };
    issuerRef?: { name: string };
  };
  const { template } = spec;
  switch (apiVersion.split("/")[0] ?? "") {
    case "apps":
    case "batch": {
      if (template === undefined) throw new Error(`no pod template in ${kind} ${name}`);
      const ports = (template.spec?.containers ?? []).flatMap(({ ports: opened = [] }) =>
        opened.map(({ containerPort }) => containerPort),
      );
      const pod = { labels: template.metadata?.labels ?? {}, ports };
      return kind === "Job" || kind === "CronJob" ? [pod] : [pod, pod];
    }
    case "postgresql.cnpg.io":
      return kind === "Cluster"
        ? cluster(name, JSON.stringify(own).includes('"recovery":') ? "full-recovery" : "initdb")
        : kind === "Pooler"
          ? [pooler(name, spec.cluster?.name ?? "", template?.metadata?.labels ?? {})]
          : [];
    // MongoDB's operator 1.9, mongodb-community-operator/controllers/construct: the label is the Service's name.
    case "mongodbcommunity.mongodb.com": {
      const metrics = (spec as { prometheus?: { port: number } }).prometheus;
      const member = { labels: { app: `${name}-svc` }, ports: [27017, ...(metrics ? [metrics.port] : [])] };
      return [member, member];
    }
    case "monitoring.coreos.com": {
      const pod =
        kind === "Prometheus"
          ? prometheusPod("prometheus", name, [9090, 8080, 10901, 10902])
          : kind === "Alertmanager"
            ? prometheusPod("alertmanager", name, [9093, 9094, 8080])
            : undefined;
      return pod === undefined ? [] : [pod, pod];
    }
    case "cert-manager.io":
      return kind === "Certificate" && answersByHttp(plan, spec.issuerRef?.name ?? "") ? [solver] : [];
    default:
      return [];
  }
}

interface ContainerPort {
  readonly containerPort: number;
}

/** CloudNativePG 1.30, pkg/specs/pods.go and pkg/specs/jobs.go: instances, and the Jobs that make them. */
function cluster(name: string, first: string): Template[] {
  const own = {
    "app.kubernetes.io/component": "database",
    "app.kubernetes.io/instance": name,
    "app.kubernetes.io/managed-by": "cloudnative-pg",
    "app.kubernetes.io/name": "postgresql",
    "cnpg.io/cluster": name,
  };
  const instance = (number: number, role: string) => ({
    labels: {
      ...own,
      "cnpg.io/instanceName": `${name}-${number}`,
      "cnpg.io/instanceRole": role,
      "cnpg.io/podRole": "instance",
    },
    ports: [5432, 8000, 9187],
  });
  const job = (number: number, role: string) => ({
    labels: { ...own, "cnpg.io/instanceName": `${name}-${number}`, "cnpg.io/jobRole": role },
    ports: [],
  });
  return [instance(1, "primary"), instance(2, "replica"), job(1, first), job(2, "join")];
}

/** CloudNativePG 1.30, pkg/specs/pgbouncer/deployments.go. */
function pooler(name: string, ofCluster: string, labels: Readonly<Record<string, string>>): Template {
  return {
    labels: {
      ...labels,
      "app.kubernetes.io/component": "pooler",
      "app.kubernetes.io/instance": ofCluster,
      "app.kubernetes.io/managed-by": "cloudnative-pg",
      "app.kubernetes.io/name": "postgresql",
      "cnpg.io/cluster": ofCluster,
      "cnpg.io/podRole": "pooler",
      "cnpg.io/poolerName": name,
    },
    ports: [5432, 9127],
  };
}

/** Prometheus operator 0.93, pkg/prometheus/server/statefulset.go and pkg/alertmanager/statefulset.go. */
function prometheusPod(program: "prometheus" | "alertmanager", name: string, ports: readonly number[]): Template {
  return {
    labels: {
      "app.kubernetes.io/instance": name,
      "app.kubernetes.io/managed-by": "prometheus-operator",
      "app.kubernetes.io/name": program,
      [program]: name,
    },
    ports,
  };
}

/** cert-manager 1.21, pkg/issuer/acme/http/pod.go. */
const solver: Template = {
  labels: {
    "acme.cert-manager.io/http-domain": "1234567890",
    "acme.cert-manager.io/http-token": "1234567890",
    "acme.cert-manager.io/http01-solver": "true",
  },
  ports: [8089],
};

function answersByHttp(plan: Planned, issuer: string): boolean {
  const found = plan.objects.find(({ kind, name }) => kind === "ClusterIssuer" && name === issuer);
  return JSON.stringify(found?.manifest["spec"] ?? {}).includes('"http01"');
}
