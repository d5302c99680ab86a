import { at, record, records, text, textMap, whole } from "../components/kit/unknown.ts";
import type { Data } from "../components/kit/unknown.ts";
import { operatedPods } from "./checks/operators.ts";
import { containerMessages, isVolumeAccepted, podMessages } from "./pod-security.ts";
import type { PodSecurityLevel, SecurityContext } from "./pod-security.ts";

/** A pod template wherever it stands in an object, plain data. */
export interface PodTemplate {
  /** `Kind namespace/name` of the object that holds it. */
  readonly owner: string;
  /** Whether its containers run to their end. */
  readonly once: boolean;
  /** Whether an operator makes the pods, and adds probes, security context and service account itself. */
  readonly operated: boolean;
  /** Pods that run at the same time; a DaemonSet counts once. */
  readonly replicas: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpecData;
  /** Claim templates: one claim of each for every pod. */
  readonly claims: readonly Data[];
  /** Whether an operator adds a disruption budget. */
  readonly disruptionBudget: boolean;
}

/** A container, with everything else that its manifest says. */
export interface ContainerData extends Data {
  readonly name: string;
  readonly image?: string;
  readonly ports: readonly Data[];
  readonly env: readonly Data[];
  readonly resources: { readonly requests: Data; readonly limits: Data };
  readonly securityContext: SecurityContext;
}

/** A pod's spec, with everything else that its manifest says. */
export interface PodSpecData extends Data {
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly securityContext: SecurityContext;
  readonly initContainers: readonly ContainerData[];
  readonly containers: readonly ContainerData[];
  readonly volumes: readonly Data[];
}

/** What one rule says of a pod template. */
export interface PodMessage {
  readonly message: string;
  readonly container?: string;
}

/** The pod template of an object, if it has one. */
export function podTemplate(object: Data): PodTemplate | undefined {
  const kind = text(object["kind"]) ?? "";
  const name = text(at(object, "metadata", "name")) ?? "";
  const namespace = text(at(object, "metadata", "namespace"));
  const spec = object["spec"];
  const template = at(spec, "template");
  const found = (pod: unknown, more: Partial<PodTemplate> = {}): PodTemplate | undefined =>
    typeof pod !== "object" || pod === null
      ? undefined
      : {
          owner: `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`,
          once: false,
          operated: false,
          replicas: whole(at(spec, "replicas")) ?? 1,
          labels: textMap(at(template, "metadata", "labels")),
          claims: [],
          disruptionBudget: false,
          ...more,
          spec: podSpec(record(pod)),
        };
  switch (kind) {
    case "Deployment":
    case "ReplicaSet":
    case "ReplicationController":
    case "DaemonSet":
      return found(at(template, "spec"));
    case "StatefulSet":
      return found(at(template, "spec"), { claims: records(at(spec, "volumeClaimTemplates")) });
    case "Job":
      return found(at(template, "spec"), { once: true, replicas: whole(at(spec, "parallelism")) ?? 1 });
    case "CronJob": {
      const job = at(spec, "jobTemplate", "spec");
      const labels = textMap(at(job, "template", "metadata", "labels"));
      return found(at(job, "template", "spec"), {
        once: true,
        replicas: whole(at(job, "parallelism")) ?? 1,
        labels,
      });
    }
    case "Pod":
      return found(spec, { replicas: 1, labels: textMap(at(object, "metadata", "labels")) });
    default: {
      const pods = operatedPods(text(object["apiVersion"]) ?? "", kind, name, spec);
      if (pods === undefined) return undefined;
      const { replicas, labels, disruptionBudget } = pods;
      return found(pods.spec, { operated: true, replicas, labels, disruptionBudget, claims: records(pods.claims) });
    }
  }
}

/** Rule 2 of the architecture by its parts. */
export const podRules = {
  placement: ({ spec }: PodTemplate, nodeSelector: Readonly<Record<string, string>>): PodMessage[] =>
    Object.entries(nodeSelector)
      .filter(([key, value]) => spec.nodeSelector[key] !== value)
      .map(([key, value]) => ({ message: `selects no nodes by ${key}=${value}` })),

  "requests and limits": (template: PodTemplate): PodMessage[] =>
    allContainers(template).flatMap(({ name, resources: { requests, limits } }) => {
      const missing = [
        ["requests.cpu", requests["cpu"]],
        ["requests.memory", requests["memory"]],
        ["limits.memory", limits["memory"]],
      ].filter(([, value]) => value === undefined || value === null);
      return missing.length === 0
        ? []
        : [{ message: `lacks ${missing.map(([key]) => String(key)).join(", ")}`, container: name }];
    }),

  probes: ({ once, operated, spec }: PodTemplate): PodMessage[] =>
    runningContainers(spec).flatMap((container) => {
      if (once || operated || container.ports.length === 0) return [];
      const lacking = ["readinessProbe", "livenessProbe"].filter((probe) => container[probe] === undefined);
      return lacking.length === 0 ? [] : [{ message: `lacks ${lacking.join(" and ")}`, container: container.name }];
    }),

  "Pod Security": (template: PodTemplate): PodMessage[] => securityMessages(template, "restricted"),

  "image tag": (template: PodTemplate): PodMessage[] =>
    allContainers(template).flatMap(({ name, image }) => {
      // Without an image the operator chooses one.
      if (template.operated && image === undefined) return [];
      const tag = imageTag(image ?? "");
      if (tag !== undefined && tag !== "latest") return [];
      const message = `image ${image} has ${tag === undefined ? "no tag" : "the tag latest"}`;
      return [{ message, container: name }];
    }),

  "service-account token": ({ operated, spec }: PodTemplate): PodMessage[] =>
    !operated &&
    spec["automountServiceAccountToken"] !== false &&
    ["", "default", undefined, null].includes(spec["serviceAccountName"] as string | undefined)
      ? [{ message: "mounts the token of the default service account" }]
      : [],
};

/** Every container of a pod, those that prepare it first. */
export function allContainers({ spec }: PodTemplate): ContainerData[] {
  return [...spec.initContainers, ...spec.containers];
}

/** The containers that run as long as their pod: an init container with restartPolicy Always is a sidecar. */
export function runningContainers({ containers, initContainers }: PodSpecData): ContainerData[] {
  return [...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always"), ...containers];
}

/** What keeps a pod from a level of the Pod Security Standards. An operator's pods are the operator's to secure. */
export function securityMessages(template: PodTemplate, level: PodSecurityLevel): PodMessage[] {
  const { operated, spec } = template;
  if (operated || level === "privileged") return [];
  const messages: PodMessage[] = ["hostNetwork", "hostPID", "hostIPC"]
    .filter((key) => spec[key] === true)
    .map((key) => ({ message: `uses ${key}` }));
  for (const volume of spec.volumes) {
    const kind = Object.keys(volume).find((key) => key !== "name") ?? "emptyDir";
    if (!isVolumeAccepted(kind, level)) messages.push({ message: `has a volume of kind ${kind}` });
  }
  // The standards judge the pod's fields too, whether or not every container replaces them.
  messages.push(...podMessages(spec.securityContext, level).map((message) => ({ message })));
  for (const container of allContainers(template)) {
    const say = containerMessages(container, spec.securityContext, level);
    messages.push(...say.map((message) => ({ message, container: container.name })));
  }
  return messages;
}

/** The spec with every part that rules read in its shape, whatever the manifest holds. */
function podSpec(spec: Data): PodSpecData {
  return {
    ...spec,
    nodeSelector: textMap(spec["nodeSelector"]),
    securityContext: record(spec["securityContext"]),
    initContainers: records(spec["initContainers"]).map(container),
    containers: records(spec["containers"]).map(container),
    volumes: records(spec["volumes"]),
  };
}

function container(data: Data): ContainerData {
  const { image, ...rest } = data;
  return {
    ...rest,
    ...(typeof image === "string" ? { image } : {}),
    name: text(data["name"]) ?? "",
    ports: records(data["ports"]),
    env: records(data["env"]),
    resources: {
      requests: record(at(data, "resources", "requests")),
      limits: record(at(data, "resources", "limits")),
    },
    securityContext: record(data["securityContext"]),
  };
}

function imageTag(image: string): string | undefined {
  const named = image.split("@")[0] ?? "";
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  return colon < 0 ? (image.includes("@") ? "by digest" : undefined) : named.slice(colon + 1);
}
