/** A pod template wherever it stands in an object, plain data. */
export interface PodTemplate {
  /** `Kind namespace/name` of the object that holds it. */
  readonly owner: string;
  /** Whether its containers run to their end. */
  readonly once: boolean;
  readonly spec: PodSpecData;
}

interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly allowPrivilegeEscalation?: boolean;
  readonly privileged?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly seccompProfile?: { readonly type?: string };
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}

interface ContainerData {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly unknown[];
  readonly readinessProbe?: unknown;
  readonly livenessProbe?: unknown;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, unknown>>;
    readonly limits?: Readonly<Record<string, unknown>>;
  };
  readonly securityContext?: SecurityContext;
}

interface PodSpecData {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly automountServiceAccountToken?: boolean;
  readonly serviceAccountName?: string;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: SecurityContext;
  readonly initContainers?: readonly ContainerData[];
  readonly containers?: readonly ContainerData[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}

/** What a pod template lacks: a rule's name, the container where it is one's, and what is wrong. */
export interface PodFinding {
  readonly rule:
    "placement" | "requests and limits" | "probes" | "Pod Security" | "image tag" | "service-account token";
  readonly where: string;
  readonly message: string;
}

/** Volume kinds that Pod Security `restricted` accepts (Kubernetes, "Pod Security Standards", Restricted, "Volume Types"). */
const restrictedVolumes = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/** The pod template of an object, if it has one. */
export function podTemplate(object: Readonly<Record<string, unknown>>): PodTemplate | undefined {
  const { kind, metadata, spec } = object as {
    kind: string;
    metadata: { name: string; namespace?: string };
    spec?: Record<string, unknown>;
  };
  const owner = `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;
  const template = (value: unknown) => (value as { template?: { spec?: PodSpecData } } | undefined)?.template?.spec;
  switch (kind) {
    case "Deployment":
    case "StatefulSet":
    case "DaemonSet":
    case "ReplicaSet":
      return found(owner, false, template(spec));
    case "Job":
      return found(owner, true, template(spec));
    case "CronJob":
      return found(owner, true, template((spec?.["jobTemplate"] as { spec?: unknown } | undefined)?.spec));
    case "Pod":
      return found(owner, false, spec);
    default:
      return undefined;
  }
}

/**
 * What is wrong with a pod template by rule 2 of the architecture: placed, with requests and limits, probes where it serves,
 * Pod Security `restricted`, an exact image tag, and a service-account token only where the pod says that it needs one.
 *
 * @param nodeSelector labels that every pod must select; empty for none
 */
export function podFindings(
  { owner, once, spec }: PodTemplate,
  nodeSelector: Readonly<Record<string, string>>,
): PodFinding[] {
  const findings: PodFinding[] = [];
  const say = (rule: PodFinding["rule"], where: string, message: string) => findings.push({ rule, where, message });
  for (const [key, value] of Object.entries(nodeSelector)) {
    if (spec.nodeSelector?.[key] !== value) say("placement", owner, `selects no nodes by ${key}=${value}`);
  }
  if (spec.automountServiceAccountToken !== false && ["", "default", undefined].includes(spec.serviceAccountName)) {
    say("service-account token", owner, "mounts the token of the default service account");
  }
  for (const [key, value] of Object.entries({
    hostNetwork: spec.hostNetwork,
    hostPID: spec.hostPID,
    hostIPC: spec.hostIPC,
  })) {
    if (value === true) say("Pod Security", owner, `uses ${key}`);
  }
  for (const volume of spec.volumes ?? []) {
    const kind = Object.keys(volume).find((key) => key !== "name") ?? "emptyDir";
    if (!restrictedVolumes.includes(kind)) say("Pod Security", owner, `has a volume of kind ${kind}`);
  }
  const serving = spec.containers ?? [];
  for (const container of [...(spec.initContainers ?? []), ...serving]) {
    const where = `${owner} container ${container.name}`;
    for (const message of securityMessages(container.securityContext ?? {}, spec.securityContext ?? {}))
      say("Pod Security", where, message);
    const { requests = {}, limits = {} } = container.resources ?? {};
    const missing = [
      ["requests.cpu", requests["cpu"]],
      ["requests.memory", requests["memory"]],
      ["limits.memory", limits["memory"]],
    ].filter(([, value]) => value === undefined);
    if (missing.length > 0)
      say("requests and limits", where, `lacks ${missing.map(([name]) => String(name)).join(", ")}`);
    const tag = imageTag(container.image ?? "");
    if (tag === undefined || tag === "latest")
      say("image tag", where, `image ${container.image} has ${tag === undefined ? "no tag" : "the tag latest"}`);
  }
  for (const container of serving) {
    if (once || (container.ports ?? []).length === 0) continue;
    const lacking = (["readinessProbe", "livenessProbe"] as const).filter((probe) => container[probe] === undefined);
    if (lacking.length > 0) say("probes", `${owner} container ${container.name}`, `lacks ${lacking.join(" and ")}`);
  }
  return findings;
}

function found(owner: string, once: boolean, spec: PodSpecData | undefined): PodTemplate | undefined {
  return spec === undefined ? undefined : { owner, once, spec };
}

/** Pod Security Standards, profile Restricted, for one container: its own security context wins over the pod's. */
function securityMessages(own: SecurityContext, pod: SecurityContext): string[] {
  const messages: string[] = [];
  if ((own.runAsNonRoot ?? pod.runAsNonRoot) !== true) messages.push("runAsNonRoot is not true");
  if ((own.runAsUser ?? pod.runAsUser) === 0) messages.push("runs as user 0");
  if (own.privileged === true) messages.push("is privileged");
  if (own.allowPrivilegeEscalation !== false) messages.push("allowPrivilegeEscalation is not false");
  if (!(own.capabilities?.drop ?? []).includes("ALL")) messages.push("does not drop ALL capabilities");
  if ((own.capabilities?.add ?? []).some((name) => name !== "NET_BIND_SERVICE")) messages.push("adds capabilities");
  const profile = own.seccompProfile?.type ?? pod.seccompProfile?.type;
  if (profile !== "RuntimeDefault" && profile !== "Localhost") messages.push("has no seccomp profile");
  return messages;
}

function imageTag(image: string): string | undefined {
  const named = image.split("@")[0] ?? "";
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  return colon < 0 ? (image.includes("@") ? "by digest" : undefined) : named.slice(colon + 1);
}
