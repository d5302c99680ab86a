import { at, list, record, records, text, textMap, whole } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";

/** Pods that an operator creates for a custom resource, as far as the resource specifies them. */
export interface OperatedPods {
  readonly replicas: number;
  readonly labels: Readonly<Record<string, string>>;
  /** In the format of a pod's spec. */
  readonly spec: Data;
  /** Claim templates, in the format of a StatefulSet's. */
  readonly claims: readonly unknown[];
  /** Whether the operator adds a disruption budget. */
  readonly disruptionBudget: boolean;
}

type Reader = (name: string, spec: Data) => OperatedPods | undefined;

// Group and kind, and the paths of its fields (each project's API reference).
const readers: Readonly<Record<string, Reader>> = {
  "postgresql.cnpg.io/Cluster": (name, spec) => ({
    replicas: whole(spec["instances"]) ?? 1,
    labels: { "cnpg.io/cluster": name, "cnpg.io/podRole": "instance" },
    spec: {
      nodeSelector: at(spec, "affinity", "nodeSelector"),
      tolerations: at(spec, "affinity", "tolerations"),
      affinity: cnpgAffinity(name, record(spec["affinity"])),
      topologySpreadConstraints: spec["topologySpreadConstraints"],
      priorityClassName: spec["priorityClassName"],
      containers: [{ name: "postgres", image: spec["imageName"], resources: spec["resources"] }],
    },
    claims: [spec["storage"], spec["walStorage"]].flatMap((storage) =>
      storage === undefined ? [] : [claim(at(storage, "size"), at(storage, "storageClass"))],
    ),
    disruptionBudget: spec["enablePDB"] !== false,
  }),
  "postgresql.cnpg.io/Pooler": (name, spec) => ({
    replicas: whole(spec["instances"]) ?? 1,
    labels: { ...textMap(at(spec, "template", "metadata", "labels")), "cnpg.io/poolerName": name },
    spec: record(at(spec, "template", "spec")),
    claims: [],
    disruptionBudget: false,
  }),
  "monitoring.coreos.com/Prometheus": prometheusOperator("prometheus"),
  "monitoring.coreos.com/Alertmanager": prometheusOperator("alertmanager"),
  "monitoring.coreos.com/ThanosRuler": prometheusOperator("thanos-ruler"),
  "mongodbcommunity.mongodb.com/MongoDBCommunity": (name, spec) => {
    const template = record(at(spec, "statefulSet", "spec", "template"));
    const own = record(template["spec"]);
    const version = text(spec["version"]);
    const image = version === undefined ? undefined : `docker.io/mongodb/mongodb-community-server:${version}-ubi9`;
    return {
      replicas: whole(spec["members"]) ?? 1,
      labels: { ...textMap(at(template, "metadata", "labels")), app: `${name}-svc` },
      spec: {
        ...own,
        containers: records(own["containers"]).map((container) =>
          container["name"] === "mongod" ? { image, ...container } : container,
        ),
      },
      claims: list(at(spec, "statefulSet", "spec", "volumeClaimTemplates")),
      disruptionBudget: false,
    };
  },
};

/** The kinds of custom resources for which an operator creates pods, as `group/Kind`. */
export const operatedKinds: readonly string[] = Object.keys(readers);

/** The pods of a custom resource; undefined for an object without pods of an operator. */
export function operatedPods(apiVersion: string, kind: string, name: string, spec: unknown): OperatedPods | undefined {
  return readers[`${apiVersion.split("/")[0]}/${kind}`]?.(name, record(spec));
}

/** Whether the operator stores data of an object of this kind in claims. */
export function keepsClaims(apiVersion: string, kind: string, name: string, spec: unknown): boolean {
  return (operatedPods(apiVersion, kind, name, spec)?.claims.length ?? 0) > 0;
}

function prometheusOperator(container: string): Reader {
  return (name, spec) => ({
    replicas: whole(spec["replicas"]) ?? 1,
    labels: {
      "app.kubernetes.io/instance": name,
      "app.kubernetes.io/managed-by": "prometheus-operator",
      "app.kubernetes.io/name": container,
      // The operator's own labels, which its governing Services and the chart's Services select.
      ...(container === "prometheus" ? { "operator.prometheus.io/name": name } : { [container]: name }),
    },
    spec: {
      ...spec,
      containers: merged(
        [
          { name: container, image: spec["image"], resources: spec["resources"] },
          ...(spec["thanos"] === undefined
            ? []
            : [
                {
                  name: "thanos-sidecar",
                  image: at(spec, "thanos", "image"),
                  resources: at(spec, "thanos", "resources"),
                },
              ]),
        ],
        records(spec["containers"]),
      ),
    },
    claims: [at(spec, "storage", "volumeClaimTemplate")].filter((template) => template !== undefined),
    disruptionBudget: false,
  });
}

/** The operator merges a container of the resource into its own container of the same name (its API reference, `containers`). */
function merged(own: readonly Data[], given: readonly Data[]): Data[] {
  const names = own.map(({ name }) => name);
  return [
    ...own.map((container) => ({ ...container, ...given.find(({ name }) => name === container["name"]) })),
    ...given.filter(({ name }) => !names.includes(name)),
  ];
}

/** CloudNativePG runs servers on different nodes as far as possible, strictly, or not at all (its API reference, "AffinityConfiguration"). */
function cnpgAffinity(name: string, affinity: Data): Data {
  if (affinity["enablePodAntiAffinity"] === false) return {};
  const term = {
    labelSelector: { matchLabels: { "cnpg.io/cluster": name } },
    topologyKey: text(affinity["topologyKey"]) ?? "kubernetes.io/hostname",
  };
  return affinity["podAntiAffinityType"] === "required"
    ? { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } }
    : { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ podAffinityTerm: term }] } };
}

function claim(size: unknown, storageClassName: unknown): Data {
  return { spec: { resources: { requests: { storage: size } }, storageClassName } };
}
