import type { types } from "@pulumi/kubernetes";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
import { CronJob } from "@pulumi/kubernetes/batch/v1/cronJob.js";
import { Job } from "@pulumi/kubernetes/batch/v1/job.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import type { Resource } from "@pulumi/pulumi";
import { keepsData } from "./component.ts";
import type { ChildOptions, Component } from "./component.ts";
import type { PodGroup } from "./ledger.ts";
import { contentName } from "./names.ts";
import { podSources, podSpec } from "./pod.ts";
import { podExtras } from "./pod-extras.ts";
import type { Pod, Server, Task } from "./pod.ts";
import { Pods } from "./pods.ts";
import type { Bytes } from "./quantities.ts";
import { combinedChecksum } from "./secret.ts";
import { spreadOver } from "./spread.ts";
import type { Spread } from "./spread.ts";
import { stableJson } from "./stable.ts";
import type { StorageRole } from "./storage-class.ts";

type PodSpec = types.input.core.v1.PodSpec;
type PodTemplateSpec = types.input.core.v1.PodTemplateSpec;

interface Place {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface Replicated extends Place {
  readonly pod: Pod<Server>;
  readonly replicas: number;
  /** Default: `preferred`. */
  readonly spread?: Spread;
}

interface Stateless extends Omit<Replicated, "pod"> {
  /** A container without ports, such as a controller, needs no probes: Kubernetes restarts it when it ends. */
  readonly pod: Pod<Task | Server>;
  /** Whether old pods end before new ones start, because two must not work at the same time. Default: false. */
  readonly recreate?: boolean;
  /** The most replicas, of which `replicas` are the fewest: an autoscaler sets their number. Default: always `replicas`. */
  readonly maxReplicas?: number;
  /** The claims that its pods mount. */
  readonly claims?: PodGroup["claims"];
}

interface Stateful extends Replicated {
  /** Name of the headless Service for the pods' DNS names. */
  readonly serviceName: string;
  /** One claim a pod, by volume name. They stay when the pods go. */
  readonly claims?: Readonly<Record<string, { readonly size: Bytes; readonly role: StorageRole }>>;
}

interface Repeated extends Place {
  readonly pod: Pod<Task>;
  /** Retries after the first failure. Default: 6. */
  readonly backoffLimit?: number;
  /** Timeout of the Job in seconds. Default: 900. */
  readonly activeDeadlineSeconds?: number;
  /** Where its pods run relative to others. Default: anywhere. */
  readonly affinity?: PodSpec["affinity"];
}

interface Once extends Repeated {
  /** The seconds after its end when Kubernetes deletes it, with its pods. Default: it stays. */
  readonly ttlSecondsAfterFinished?: number;
  /** Whether `up` waits for its end. Default: true. */
  readonly awaited?: boolean;
}

/** What was made, with its pods as edges, Services and routes name them. */
export class Workload<Made extends Resource> extends Pods {
  readonly resource: Made;

  constructor(owner: Component, role: string, spec: Place & { readonly pod: Pod<Task | Server> }, resource: Made) {
    const ports = spec.pod.containers.flatMap((container) =>
      "ports" in container ? Object.entries(container.ports) : [],
    );
    super(spec.namespace, owner.selector(role), Object.fromEntries(ports));
    this.resource = resource;
  }
}

/** A Deployment with its disruption budget. */
export function deployment(
  owner: Component,
  role: string,
  spec: Stateless,
  options?: ChildOptions,
): Workload<Deployment> {
  record(owner, "Deployment", spec, spec.maxReplicas ?? spec.replicas, spec.claims);
  disruptionBudget(owner, role, spec);
  const { maxReplicas, recreate } = spec;
  // A number of its own would undo that of the autoscaler at each `up`.
  const replicas = maxReplicas === undefined ? spec.replicas : undefined;
  const strategy = recreate === true ? { type: "Recreate" } : undefined;
  // With `recreate`, no other pod could take the connections.
  const body = { replicas, strategy, ...selected(owner, role, spec, recreate !== true) };
  return new Workload(owner, role, spec, owner.object(Deployment, role, place(spec), { spec: body }, options));
}

/** A StatefulSet with its disruption budget; in production it is protected, and its claims are always retained. */
export function statefulSet(
  owner: Component,
  role: string,
  spec: Stateful,
  options?: ChildOptions,
): Workload<StatefulSet> {
  const claims = Object.entries(spec.claims ?? {}).map(([name, { size, role: storage }]) => ({
    name,
    size,
    storageClass: owner.environment.storageClass(storage),
  }));
  record(owner, "StatefulSet", spec, spec.replicas, claims);
  disruptionBudget(owner, role, spec);
  const body = {
    replicas: spec.replicas,
    serviceName: spec.serviceName,
    podManagementPolicy: "OrderedReady",
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    ...selected(owner, role, spec),
    volumeClaimTemplates: claims.map(({ name, size, storageClass: storageClassName }) => ({
      metadata: { name, labels: owner.selector(role) },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: size } },
        storageClassName,
      },
    })),
  };
  const kept = { ...keepsData(owner.environment), ...options };
  return new Workload(owner, role, spec, owner.object(StatefulSet, role, place(spec), { spec: body }, kept));
}

/**
 * A Job that runs again when its description changes: its name ends in a hash of the description. A changed secret also replaces it,
 * through the checksum in its immutable template.
 *
 * @param role the label of its pods, which Jobs of one kind share
 * @param logicalName its own last part of the logical name
 * @param content what the name's hash is made of besides the description, such as the texts of the ConfigMaps it runs
 */
export function job(
  owner: Component,
  role: string,
  spec: Once,
  logicalName: string,
  content: unknown,
  options: ChildOptions = {},
): Workload<Job> {
  record(owner, "Job", spec, 1);
  const name = contentName(
    spec.name,
    "job",
    stableJson([content, spec.pod.containers.map((task) => [task.image, task.command, task.args])]),
  );
  const activeDeadlineSeconds = spec.activeDeadlineSeconds ?? 900;
  const waits: Readonly<Record<string, string>> =
    spec.awaited === false
      ? { "pulumi.com/skipAwait": "true" }
      : // Without this, a failed Job would make every later `up` fail until it is deleted.
        { "pulumi.com/replaceUnready": "true" };
  const resource = owner.object(
    Job,
    logicalName,
    { ...place(spec), name, annotations: waits },
    {
      spec: {
        backoffLimit: spec.backoffLimit ?? 6,
        activeDeadlineSeconds,
        ttlSecondsAfterFinished: spec.ttlSecondsAfterFinished,
        template: template(owner, role, spec, { restartPolicy: "Never", affinity: spec.affinity }),
      },
    },
    // Longer than the Job's own timeout, because Pulumi's default of ten minutes is shorter.
    { customTimeouts: { create: `${activeDeadlineSeconds + 60}s` }, ...options },
  );
  return new Workload(owner, role, spec, resource);
}

/**
 * A Job on a schedule, never two at once: if a run is still in progress, the next one is skipped.
 * @param role the label of its pods
 * @param schedule minute, hour, day of month, month, day of week (cron), in UTC
 */
export function cronJob(
  owner: Component,
  role: string,
  spec: Repeated & {
    readonly schedule: string;
    /** Whether it never starts by itself: it is the template of Jobs that others start. Default: false. */
    readonly suspend?: true;
  },
  options: ChildOptions = {},
): Workload<CronJob> {
  record(owner, "Job", spec, 1);
  const resource = owner.object(
    CronJob,
    role,
    place(spec),
    {
      spec: {
        schedule: spec.schedule,
        suspend: spec.suspend,
        timeZone: "Etc/UTC",
        concurrencyPolicy: "Forbid",
        // A run that the controller could not start within this time is skipped.
        startingDeadlineSeconds: 3600,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          spec: {
            backoffLimit: spec.backoffLimit ?? 6,
            activeDeadlineSeconds: spec.activeDeadlineSeconds ?? 900,
            template: template(owner, role, spec, { restartPolicy: "Never", affinity: spec.affinity }),
          },
        },
      },
    },
    options,
  );
  return new Workload(owner, role, spec, resource);
}

function selected(owner: Component, role: string, spec: Omit<Stateless, "claims">, drained = false) {
  const matchLabels = owner.selector(role);
  return { selector: { matchLabels }, template: template(owner, role, spec, spreadOver(matchLabels, spec), drained) };
}

function template(
  owner: Component,
  role: string,
  spec: Place & { pod: Pod<Task> },
  extra: Partial<PodSpec>,
  drained = false,
): PodTemplateSpec {
  const sources = podSources(spec.pod);
  const { annotations, labels } = podExtras(owner.environment, spec.namespace);
  const annotated = {
    ...annotations,
    ...(sources.length > 0 && { "groundplan/checksum": combinedChecksum(sources) }),
  };
  return {
    metadata: {
      labels: { ...labels, ...spec.labels, ...owner.labels(role) },
      annotations: Object.keys(annotated).length === 0 ? undefined : annotated,
    },
    spec: { ...podSpec(spec.pod, spec.namespace, owner.environment, { drained }), ...extra },
  };
}

/**
 * A disruption budget that allows draining one replica at a time; none for a single replica, whose budget would block every drain.
 * @param spec the pods' labels, where they are not those of the owner's role: for what a chart or an operator makes
 */
export function disruptionBudget(
  owner: Component,
  role: string,
  spec: Place & { readonly replicas: number; readonly selector?: Readonly<Record<string, string>> },
): void {
  if (spec.replicas < 2) return;
  owner.object(PodDisruptionBudget, `${role}-disruption`, place(spec), {
    spec: { maxUnavailable: 1, selector: { matchLabels: { ...(spec.selector ?? owner.selector(role)) } } },
  });
}

function record(
  owner: Component,
  kind: PodGroup["kind"],
  spec: Place & { pod: Pod<Task> },
  replicas: number,
  claims?: PodGroup["claims"],
): void {
  owner.environment.ledger.podGroups.push({
    component: owner.label,
    name: spec.name,
    namespace: spec.namespace,
    kind,
    replicas,
    containers: spec.pod.containers.map(({ resources }) => resources.requests),
    claims,
  });
}

function place({ name, namespace, labels }: Place): Place {
  return { name, namespace, labels };
}
