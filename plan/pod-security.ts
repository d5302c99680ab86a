import { at, record, records, text, texts } from "../components/kit/unknown.ts";
import type { Data } from "../components/kit/unknown.ts";

/** A security context, of a pod or a container. */
export interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly allowPrivilegeEscalation?: boolean;
  readonly privileged?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly procMount?: string;
  readonly seccompProfile?: { readonly type?: string };
  readonly appArmorProfile?: { readonly type?: string };
  readonly seLinuxOptions?: Data;
  readonly windowsOptions?: Data;
  /** Of a pod. */
  readonly sysctls?: unknown;
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}

/** The levels of the Pod Security Standards, from the strictest. */
export type PodSecurityLevel = "restricted" | "baseline" | "privileged";

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

/** Capabilities that Pod Security `baseline` lets a container add (the same page, Baseline, "Capabilities"). */
const baselineCapabilities = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

/** Sysctls that Pod Security `baseline` accepts (the same page, Baseline, "Sysctls"); the last two since Kubernetes 1.32. */
const baselineSysctls: readonly unknown[] = [
  "kernel.shm_rmid_forced",
  ...["ip_local_port_range", "ip_local_reserved_ports", "ip_unprivileged_port_start", "ping_group_range"].map(ipv4),
  ...["fin_timeout", "keepalive_intvl", "keepalive_probes", "keepalive_time", "syncookies", "rmem", "wmem"].map(
    (name) => ipv4(`tcp_${name}`),
  ),
];

function ipv4(name: string): string {
  return `net.ipv4.${name}`;
}

/** SELinux types that it accepts. */
const baselineTypes = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/** Whether a level accepts a kind of volume. */
export function isVolumeAccepted(kind: string, level: PodSecurityLevel): boolean {
  return level === "restricted" ? restrictedVolumes.includes(kind) : kind !== "hostPath";
}

/** What a pod's own security context may not say, whether or not every container replaces it. */
export function podMessages(context: SecurityContext, level: PodSecurityLevel): string[] {
  const unsafe = records(context.sysctls).some(({ name }) => !baselineSysctls.includes(name));
  return [...(unsafe ? ["sets sysctls that are not safe"] : []), ...eitherMessages(context, level)];
}

/** A container's fields that the standards judge. */
interface JudgedContainer {
  readonly ports: readonly Data[];
  readonly securityContext: SecurityContext;
  readonly [key: string]: unknown;
}

/** What keeps a container from a level. @param pod the pod's security context */
export function containerMessages(container: JudgedContainer, pod: SecurityContext, level: PodSecurityLevel): string[] {
  const { ports, securityContext } = container;
  return [
    ...baselineMessages(securityContext, ports),
    ...(callsHost(container) ? ["has a probe or lifecycle hook with a host"] : []),
    ...eitherMessages(securityContext, level),
    ...(level === "restricted" ? restrictedMessages(securityContext, pod) : []),
  ];
}

/** What neither a pod nor a container may say. */
function eitherMessages(context: SecurityContext, level: PodSecurityLevel): string[] {
  const { appArmorProfile, runAsNonRoot, runAsUser, seccompProfile, seLinuxOptions, windowsOptions } = context;
  const messages: string[] = [];
  if (seccompProfile?.type === "Unconfined") messages.push("runs without seccomp");
  if (appArmorProfile?.type === "Unconfined") messages.push("runs without AppArmor");
  const { role = "", type = "", user = "" } = record(seLinuxOptions);
  if (role !== "" || user !== "" || !baselineTypes.includes(text(type) ?? "other"))
    messages.push("sets SELinux options");
  if (windowsOptions?.["hostProcess"] === true) messages.push("runs as a host process of Windows");
  if (level === "restricted" && runAsNonRoot === false) messages.push("runAsNonRoot is not true");
  if (level === "restricted" && runAsUser === 0) messages.push("runs as user 0");
  return messages;
}

/** Pod Security Standards, profile Baseline, for one container. */
function baselineMessages(own: SecurityContext, ports: readonly Data[]): string[] {
  const messages: string[] = [];
  if (own.privileged === true) messages.push("is privileged");
  if (ports.some(({ hostPort }) => typeof hostPort === "number" && hostPort !== 0)) messages.push("uses a host port");
  if (texts(own.capabilities?.add).some((name) => !baselineCapabilities.includes(name)))
    messages.push("adds capabilities");
  if (own.procMount !== undefined && own.procMount !== "Default") messages.push(`has procMount ${own.procMount}`);
  return messages;
}

/**
 * Whether the kubelet would call another host than the pod for a probe or a lifecycle hook
 * (the same page, Baseline, "Host Probes / Lifecycle Hooks", since Kubernetes 1.34).
 */
function callsHost(container: JudgedContainer): boolean {
  const probes = ["livenessProbe", "readinessProbe", "startupProbe"].map((name) => container[name]);
  const hooks = ["postStart", "preStop"].map((name) => at(container["lifecycle"], name));
  return [...probes, ...hooks].some((handler) =>
    ["httpGet", "tcpSocket"].some((action) => (text(at(handler, action, "host")) ?? "") !== ""),
  );
}

/** What profile Restricted asks for on top. */
function restrictedMessages(own: SecurityContext, pod: SecurityContext): string[] {
  const messages: string[] = [];
  if ((own.runAsNonRoot ?? pod.runAsNonRoot) === undefined) messages.push("runAsNonRoot is not true");
  if (own.allowPrivilegeEscalation !== false) messages.push("allowPrivilegeEscalation is not false");
  if (!texts(own.capabilities?.drop).includes("ALL")) messages.push("does not drop ALL capabilities");
  const added = texts(own.capabilities?.add).filter((name) => baselineCapabilities.includes(name));
  if (added.some((name) => name !== "NET_BIND_SERVICE")) messages.push("adds capabilities");
  const profile = own.seccompProfile?.type ?? pod.seccompProfile?.type;
  if (profile !== "RuntimeDefault" && profile !== "Localhost" && profile !== "Unconfined")
    messages.push("has no seccomp profile");
  return messages;
}
