import type { types } from "@pulumi/kubernetes";
import { Output } from "@pulumi/pulumi";
import type { Input } from "@pulumi/pulumi";
import { placed } from "./environment.ts";
import type { Environment, Placement } from "./environment.ts";
import { pulledImage, pullSecrets } from "./images.ts";
import type { Bytes } from "./quantities.ts";
import { nodeDisk } from "./resources.ts";
import type { Resources } from "./resources.ts";
import { podPriority } from "./pod-extras.ts";
import type { Priority } from "./priority.ts";
import { secretKeyRef } from "./secret.ts";
import type { Keyed, SecretKey } from "./secret.ts";
import { compare } from "./stable.ts";
import type { StorageRole } from "./storage-class.ts";

type PodSpec = types.input.core.v1.PodSpec;
type K8sContainer = types.input.core.v1.Container;
type K8sProbe = types.input.core.v1.Probe;
type LifecycleHooks = types.input.core.v1.Lifecycle;

/** A probe of a container. Times in seconds; defaults are Kubernetes'. */
export interface Probe {
  readonly check:
    { readonly http: string; readonly port: string } | { readonly tcp: string } | { readonly exec: readonly string[] };
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
}

/** A container that runs to completion: an init container, or one of a Job. */
export interface Task {
  readonly name: string;
  /** With an exact tag. */
  readonly image: string;
  /** `Always` if the publisher moves the tag. Default: a node pulls an image once. */
  readonly pull?: "Always";
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, Input<string> | SecretKey | PodField>>;
  /** ConfigMaps and Secrets of which each key is a variable. */
  readonly envFrom?: readonly Keyed[];
  readonly resources: Resources;
  /** Volumes of the pod by mount path. */
  readonly mounts?: Readonly<Record<string, Mount>>;
  /** Writable paths: each is an emptyDir volume, because the root filesystem is read-only. */
  readonly writable?: readonly string[];
  /**
   * Linux capabilities, such as `CHOWN`. The component records an exemption with the reason. Default: none, as `restricted`
   * requires.
   */
  readonly capabilities?: readonly string[];
}

/** A field of the pod itself as a variable's value: every other variable of the container may say `$(NAME)` of it. */
export interface PodField {
  readonly field: "metadata.name" | "metadata.namespace" | "status.podIP" | "spec.nodeName";
}

/** A mount of a volume in a container. */
export interface Mount {
  readonly volume: string;
  /** A folder of the volume. Default: its root. */
  readonly subPath?: string;
  /** The same with variables of the container in it, such as `logs/$(POD_NAME)`: a folder for each pod. */
  readonly subPathExpr?: string;
  readonly readOnly?: boolean;
}

/** A container with ports: its probes are required. */
export interface Server extends Task {
  /** Port numbers by name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly probes: { readonly readiness: Probe; readonly liveness: Probe; readonly startup?: Probe };
  /** A preStop command, which runs within the grace period. Default: a Deployment's server goes on for some seconds. */
  readonly preStop?: readonly string[];
}

/** The source of a volume. */
export type Volume =
  | { readonly from: Keyed; readonly mode?: number }
  /** Several in one folder: their keys must be unique. */
  | { readonly projected: readonly Keyed[]; readonly mode?: number }
  | { readonly claim: string }
  /** An empty directory that containers of the pod share at different paths. */
  | { readonly empty: true }
  /** An NFS export that the kubelet mounts: Pod Security `restricted` rejects it. */
  | { readonly nfs: { readonly server: string; readonly path: string } }
  /** A volume that exists as long as the pod: empty, or with the content of a VolumeSnapshot of the pod's namespace. */
  | {
      readonly ephemeral: { readonly size: Bytes; readonly snapshot?: string } & (
        { readonly role: StorageRole } | { readonly class: string | undefined }
      );
    };

/** A pod: the fields that differ between applications. The rest comes from the environment. */
export interface Pod<Main extends Task> {
  readonly containers: readonly Main[];
  readonly init?: readonly Task[];
  readonly volumes?: Readonly<Record<string, Volume>>;
  /**
   * The numeric user and group of the processes. The group also owns the volumes. 0 is root, for which the component records an
   * exemption with the reason; volumes then keep their owner.
   */
  readonly runAs: { readonly user: number; readonly group: number };
  /** Further groups of the processes, which own none of the volumes. Default: none. */
  readonly groups?: readonly number[];
  /** A service account by which a cloud knows the pod; no token for the API server is mounted. Default: that of the namespace. */
  readonly identity?: string;
  /** The termination grace period in seconds. Default: 30. */
  readonly terminationGracePeriodSeconds?: number;
  /** The service account with which the pod calls the API server. Default: the pod gets no token. */
  readonly serviceAccount?: string;
  /** The nodes that it runs on. Default: those of the platform. */
  readonly placement?: Placement;
  /** Default: `platform`. */
  readonly priority?: Priority;
}

/** The Secrets and ConfigMaps that a pod uses. */
export function podSources(pod: Pod<Task>): Keyed[] {
  const fromEnv = [...(pod.init ?? []), ...pod.containers].flatMap((container) =>
    Object.values(container.env ?? {}).flatMap((value) => (isSecretKey(value) ? [value.secret] : [])),
  );
  const whole = [...(pod.init ?? []), ...pod.containers].flatMap(({ envFrom = [] }) => envFrom);
  const fromVolumes = Object.values(pod.volumes ?? {}).flatMap((volume) =>
    "from" in volume ? [volume.from] : "projected" in volume ? volume.projected : [],
  );
  return [...fromEnv, ...whole, ...fromVolumes];
}

/**
 * The pod's spec: Pod Security `restricted` (Kubernetes, "Pod Security Standards"), placed where the environment says, its
 * images from the mirror, a service-account token only for a pod with an account.
 */
export function podSpec(
  pod: Pod<Task | Server>,
  namespace: string,
  environment: Environment,
  { drained = false }: { readonly drained?: boolean } = {},
): PodSpec {
  const { images } = environment;
  const { user, group } = pod.runAs;
  const tasks = [...(pod.init ?? []), ...pod.containers];
  const grace = pod.terminationGracePeriodSeconds ?? 30;
  const drain = drained ? drainHook(environment, grace) : undefined;
  const scratch = [...new Set(tasks.flatMap((task) => task.writable ?? []))].sort(compare);
  return {
    serviceAccountName: pod.serviceAccount ?? pod.identity,
    automountServiceAccountToken: pod.serviceAccount !== undefined,
    enableServiceLinks: false,
    ...placed(pod.placement ?? environment.placement),
    priorityClassName: podPriority(environment, namespace, pod.priority ?? "platform"),
    imagePullSecrets: pullSecrets(images),
    securityContext: {
      runAsNonRoot: user !== 0,
      runAsUser: user,
      runAsGroup: group,
      supplementalGroups: pod.groups && [...pod.groups],
      fsGroup: group === 0 ? undefined : group,
      // Without this, the kubelet changes the ownership of every file in a large volume at each start.
      fsGroupChangePolicy: group === 0 ? undefined : "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationGracePeriodSeconds: grace,
    initContainers: filled(pod.init?.map((task) => container(task, environment, scratch))),
    containers: pod.containers.map((task) => container(task, environment, scratch, drain)),
    volumes: filled([
      ...Object.entries(pod.volumes ?? {}).map(([name, volume]) => ({ name, ...volumeSource(volume, environment) })),
      ...scratch.map((_, index) => ({ name: scratchVolume(index), emptyDir: {} })),
    ]),
  };
}

/**
 * What keeps a server going for some seconds after its pod is deleted: nodes and gateways learn of the deletion while the server gets its
 * signal, and until they have, they send it connections (Kubernetes, "Pod Lifecycle", "Pod Termination Flow"). It needs no program in
 * the image.
 * @param grace the pod's termination grace period in seconds
 * @returns undefined in a cluster that does not know it, which would refuse the pod
 */
export function drainHook({ cluster }: Pick<Environment, "cluster">, grace: number): LifecycleHooks | undefined {
  const seconds = Math.min(drainSeconds, Math.floor(grace / 2));
  const known = Number(cluster.version.split(".")[1]) >= sleepVersion;
  return known && seconds > 0 ? { preStop: { sleep: { seconds } } } : undefined;
}

const drainSeconds = 5;

/** The first minor version of Kubernetes that has `preStop.sleep` (KEP-3960). */
const sleepVersion = 30;

function container(
  task: Task | Server,
  environment: Environment,
  scratch: readonly string[],
  drain?: LifecycleHooks,
): K8sContainer {
  const mounts = Object.entries(task.mounts ?? {}).map(([mountPath, { volume, ...rest }]) => ({
    name: volume,
    mountPath,
    ...rest,
  }));
  const writable = (task.writable ?? []).map((path) => ({
    name: scratchVolume(scratch.indexOf(path)),
    mountPath: path,
  }));
  return {
    name: task.name,
    image: pulledImage(task.image, environment.images),
    imagePullPolicy: task.pull,
    command: task.command && [...task.command],
    args: task.args && [...task.args],
    env: filled(task.env && variables(task.env)),
    envFrom: filled(
      task.envFrom?.map(({ kind, name }) => (kind === "Secret" ? { secretRef: { name } } : { configMapRef: { name } })),
    ),
    resources: {
      requests: { ...task.resources.requests, ...nodeDisk.requests },
      limits: { ...task.resources.limits, ...nodeDisk.limits },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"], add: task.capabilities && [...task.capabilities] },
      readOnlyRootFilesystem: true,
    },
    volumeMounts: filled([...mounts, ...writable]),
    ...("ports" in task
      ? {
          lifecycle: task.preStop === undefined ? drain : { preStop: { exec: { command: [...task.preStop] } } },
          ports: filled(Object.entries(task.ports).map(([name, containerPort]) => ({ name, containerPort }))),
          readinessProbe: probe(task.probes.readiness),
          livenessProbe: probe(task.probes.liveness),
          startupProbe: task.probes.startup && probe(task.probes.startup),
        }
      : {}),
  };
}

/** A list with elements: the API server drops an empty one, which would then differ from the program's at every preview. */
function filled<T>(list: T[] | undefined): T[] | undefined {
  return list?.length === 0 ? undefined : list;
}

/**
 * The variables by name, fields of the pod first, and last those whose value names other variables: Kubernetes expands `$(NAME)` only
 * from earlier variables.
 */
function variables(env: NonNullable<Task["env"]>): types.input.core.v1.EnvVar[] {
  const rank = (value: Input<string> | SecretKey | PodField) =>
    isPodField(value) ? 0 : namedVariables(value).some((name) => name in env && !isPodField(env[name] ?? "")) ? 2 : 1;
  return Object.entries(env)
    .sort(([a, x], [b, y]) => rank(x) - rank(y) || compare(a, b))
    .map(([name, value]) => {
      if (isPodField(value)) return { name, valueFrom: { fieldRef: { fieldPath: value.field } } };
      if (isSecretKey(value)) return { name, valueFrom: secretKeyRef(value) };
      // A variable without a value is empty.
      return { name, value: value === "" ? undefined : value };
    });
}

/** The variables that a value names as `$(NAME)`; `$$(NAME)` is no name (Kubernetes, EnvVar, `value`). */
export function namedVariables(value: unknown): string[] {
  if (typeof value !== "string") return [];
  return [...value.matchAll(/\$\$|\$\(([^()]+)\)/g)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

function probe({ check, ...times }: Probe): K8sProbe {
  if ("http" in check) return { httpGet: { path: check.http, port: check.port }, ...times };
  if ("tcp" in check) return { tcpSocket: { port: check.tcp }, ...times };
  return { exec: { command: [...check.exec] }, ...times };
}

function volumeSource(volume: Volume, environment: Environment): object {
  if ("ephemeral" in volume) {
    const { ephemeral } = volume;
    const spec = {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: ephemeral.size } },
      storageClassName: "role" in ephemeral ? environment.scratchClass(ephemeral.role) : ephemeral.class,
      dataSource:
        ephemeral.snapshot === undefined
          ? undefined
          : { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: ephemeral.snapshot },
    };
    return { ephemeral: { volumeClaimTemplate: { spec } } };
  }
  if ("claim" in volume) return { persistentVolumeClaim: { claimName: volume.claim } };
  if ("nfs" in volume) return { nfs: { server: volume.nfs.server, path: volume.nfs.path } };
  if ("empty" in volume) return { emptyDir: {} };
  const defaultMode = volume.mode;
  if ("projected" in volume)
    return {
      projected: {
        defaultMode,
        sources: volume.projected.map(({ kind, name }) =>
          kind === "Secret" ? { secret: { name } } : { configMap: { name } },
        ),
      },
    };
  if (volume.from.kind === "Secret") return { secret: { secretName: volume.from.name, defaultMode } };
  return { configMap: { name: volume.from.name, defaultMode } };
}

function scratchVolume(index: number): string {
  return `scratch-${index}`;
}

function isSecretKey(value: Input<string> | SecretKey | PodField): value is SecretKey {
  return typeof value === "object" && !isOutput(value) && "secret" in value;
}

function isPodField(value: Input<string> | SecretKey | PodField): value is PodField {
  return typeof value === "object" && !isOutput(value) && "field" in value;
}

/** An output appears to have every property. */
function isOutput(value: unknown): value is Output<string> {
  return Output.isInstance(value);
}
