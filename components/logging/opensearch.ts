import { everyAddress, isIpv6Only, serviceHost } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import { pulledImage } from "../kit/images.ts";
import type { ChartPods } from "../kit/ledger.ts";
import { Pods } from "../kit/pods.ts";
import { parseBytes } from "../kit/quantities.ts";
import type { Bytes } from "../kit/quantities.ts";
import { resources } from "../kit/resources.ts";
import type { Size } from "../kit/resources.ts";
import { combinedChecksum } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { spreadOverZones } from "../kit/spread.ts";
import { javaTrust, trustedMount, trustedVolume } from "../kit/trust.ts";
import type { Trusted } from "../kit/trust.ts";
import type { Values } from "../kit/merge.ts";
import type { snapshotNode } from "./snapshots/policy.ts";

/** The shape of the search cluster. */
export interface SearchShape {
  readonly namespace: string;
  readonly replicas: number;
  readonly heap: Bytes;
  readonly resources: Size;
  readonly storage: Bytes;
  readonly storageClass?: string;
  /** Who raises `vm.max_map_count` on the nodes; `off`: files are read without mapping them, which is slower. */
  readonly mapCount: "node" | "init" | "off";
}

/** The release, its Service and its pods' first name. */
export const searchName = "opensearch";

/** The REST API's port, and that between nodes. */
export const searchPorts = { http: 9200, transport: 9300 } as const;

/** The user as whom Graylog comes. */
export const searchUser = "graylog";

/** Further users, each with a role of the same name: who reads metrics, and who reads logs elsewhere than in Graylog. */
export const searchUsers = { metrics: "metrics", reader: "reader" } as const;

/** The labels of its pods. */
export const searchLabels = { "app.kubernetes.io/instance": searchName, "app.kubernetes.io/name": "opensearch" };

/** Its pods. */
export function searchNodes(namespace: string): Pods<keyof typeof searchPorts> {
  return new Pods(namespace, searchLabels, searchPorts);
}

/** Subjects of the certificates that nodes know each other by, and that its administration uses. */
export const searchSubjects = { node: "opensearch-node", administrator: "opensearch-administrator" } as const;

/** The version, that of the chart's own image. */
export const searchVersion = "3.6.0";

/** The image. */
export const searchImage = `docker.io/opensearchproject/opensearch:${searchVersion}`;

/** The user and group of the image's processes. */
export const searchAccount = { user: 1000, group: 1000 } as const;

/** Where certificates and the security configuration stand in its pods. */
export const searchPaths = {
  certificates: "/usr/share/opensearch/config/certificates",
  security: "/usr/share/opensearch/config/opensearch-security",
  // OpenSearch's Java agent lets plugins read files of this folder.
  trust: "/usr/share/opensearch/config/trust",
} as const;

const setup = { cpu: "10m", memory: "32Mi", memoryLimit: "64Mi" } as const;

/** What fills a keystore is a program of Java's. */
const javaSetup = { cpu: "10m", memory: "64Mi", memoryLimit: "384Mi" } as const;

/** What OpenSearch asks a node for (its documentation, "Important settings"). */
const mapCount = 262_144;

/** Names at which the nodes are called, and so for which their certificate is. */
export function searchHosts(
  { namespace, replicas }: Pick<SearchShape, "namespace" | "replicas">,
  environment: Pick<Environment, "cluster">,
): string[] {
  const services = [searchName, `${searchName}-headless`];
  const domains = ["", `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.${environment.cluster.domain}`];
  const pods = Array.from({ length: replicas }, (_, index) => `${searchName}-${index}`);
  return [
    ...services.flatMap((service) => domains.map((domain) => `${service}${domain}`)),
    ...pods.map((pod) => `${pod}.${serviceHost(environment, `${searchName}-headless`, namespace)}`),
  ];
}

/** Where clients reach it. */
export function searchHost(namespace: string, environment: Pick<Environment, "cluster">): string {
  return serviceHost(environment, searchName, namespace);
}

/** Values of the chart `opensearch`: security and TLS on, between the nodes too, with certificates of the stack's own. */
export function searchValues(
  shape: SearchShape,
  environment: Pick<Environment, "cluster" | "images">,
  secrets: { readonly certificates: Keyed; readonly security: Keyed },
  snapshots?: ReturnType<typeof snapshotNode> & { readonly trusted?: Trusted },
): Values {
  const heap = `${Math.floor(parseBytes(shape.heap) / 2 ** 20)}m`;
  const several = shape.replicas > 1;
  const role = snapshots?.role;
  const trust = snapshots?.trusted && trustStore(snapshots.trusted, environment);
  const prepared = [...(shape.mapCount === "init" ? [raiseMapCount(environment)] : []), ...(trust?.containers ?? [])];
  return {
    fullnameOverride: searchName,
    masterService: searchName,
    networkHost: isIpv6Only(environment) ? everyAddress(environment) : undefined,
    clusterName: "logs",
    replicas: shape.replicas,
    singleNode: !several,
    opensearchJavaOpts: [`-Xms${heap}`, `-Xmx${heap}`, ...(trust?.options ?? [])].join(" "),
    resources: resources(shape.resources),
    initResources: resources(snapshots === undefined ? setup : javaSetup),
    ...snapshots?.values,
    persistence: {
      // The group of the volume is set by the kubelet; the chart's own way runs as root.
      enableInitChown: false,
      size: shape.storage,
      storageClass: shape.storageClass,
    },
    podSecurityContext: {
      fsGroup: searchAccount.group,
      fsGroupChangePolicy: "OnRootMismatch",
      runAsUser: searchAccount.user,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      runAsNonRoot: true,
      runAsUser: searchAccount.user,
    },
    securityConfig: { config: { securityConfigSecret: secrets.security.name } },
    secretMounts: [{ name: "certificates", secretName: secrets.certificates.name, path: searchPaths.certificates }],
    // Else it would make certificates and an administrator that everybody knows.
    extraEnvs: [{ name: "DISABLE_INSTALL_DEMO_CONFIG", value: "true" }, ...(role?.environment ?? [])],
    rbac: role && { create: true, serviceAccountName: role.account },
    config: { "opensearch.yml": configuration(shape, everyAddress(environment), snapshots?.configuration) },
    podAnnotations: {
      "groundplan/checksum": combinedChecksum([
        secrets.certificates,
        ...(snapshots?.keys ?? []),
        ...(snapshots?.trusted === undefined ? [] : [snapshots.trusted]),
      ]),
    },
    antiAffinity: several ? "hard" : "soft",
    ...spreadOverZones(searchLabels, shape.replicas),
    maxUnavailable: 1,
    enableServiceLinks: false,
    startupProbe: { ...tcp, periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 60, initialDelaySeconds: 10 },
    livenessProbe: { ...tcp, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 10 },
    extraInitContainers: someOf(prepared),
    extraVolumes: someOf([...(trust?.volumes ?? []), ...(role === undefined ? [] : [role.volume])]),
    extraVolumeMounts: someOf([...(trust?.mounts ?? []), ...(role === undefined ? [] : [role.mount])]),
  };
}

/** A list that has something; the chart's default otherwise. */
function someOf<T>(all: readonly T[]): readonly T[] | undefined {
  return all.length > 0 ? all : undefined;
}

const tcp = { tcpSocket: { port: searchPorts.http } };

function raiseMapCount({ images }: Pick<Environment, "images">) {
  const script = `[ "$(sysctl -n vm.max_map_count)" -ge ${mapCount} ] || sysctl -w vm.max_map_count=${mapCount}`;
  return {
    name: "max-map-count",
    image: pulledImage("docker.io/library/busybox:1.37.0", images),
    command: ["sh", "-c", script],
    securityContext: { privileged: true, runAsNonRoot: false, runAsUser: 0 },
    resources: resources(setup),
  };
}

/** A trust store for Java: the image's with the company's CAs, for the client of the object store and the installer of plugins. */
function trustStore(trusted: Trusted, { images }: Pick<Environment, "images">) {
  const { options, script } = javaTrust("/usr/share/opensearch/jdk", `${searchPaths.trust}/cacerts`, { trusted: true });
  const mount = { name: "trust", mountPath: searchPaths.trust };
  return {
    options,
    volumes: [{ name: "trust", emptyDir: {} }, trustedVolume(trusted)],
    mounts: [{ ...mount, readOnly: true }],
    containers: [
      {
        name: "trust",
        image: pulledImage(searchImage, images),
        command: ["sh", "-c", script],
        resources: resources(javaSetup),
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          runAsUser: searchAccount.user,
        },
        volumeMounts: [mount, trustedMount],
      },
    ],
  };
}

function configuration({ mapCount: who }: SearchShape, host: string, further: readonly string[] = []): string {
  const files = (role: string) =>
    [
      `plugins.security.ssl.${role}.pemcert_filepath: certificates/node.crt`,
      `plugins.security.ssl.${role}.pemkey_filepath: certificates/node.key`,
      `plugins.security.ssl.${role}.pemtrustedcas_filepath: certificates/ca.crt`,
    ].join("\n");
  return `network.host: ${host === "::" ? '"::"' : host}
${files("transport")}
plugins.security.ssl.transport.enforce_hostname_verification: false
plugins.security.ssl.http.enabled: true
${files("http")}
plugins.security.allow_default_init_securityindex: true
plugins.security.nodes_dn: ["CN=${searchSubjects.node}"]
plugins.security.authcz.admin_dn: ["CN=${searchSubjects.administrator}"]
plugins.security.restapi.roles_enabled: ["all_access"]
# Graylog makes its indices itself: a misspelt name is an error instead of a new index.
action.auto_create_index: false
${who === "off" ? "node.store.allow_mmap: false\n" : ""}${further.map((line) => `${line}\n`).join("")}`;
}

/** The bcrypt hashes of users' passwords. */
export interface SearchHashes {
  readonly graylog: string;
  /** Left out: no program reads metrics. */
  readonly metrics?: string;
  /** Left out: only Graylog reads logs. */
  readonly reader?: string;
}

/**
 * The security plugin's configuration by file (OpenSearch, "Modifying the YAML files"): basic authentication against internal
 * users. Graylog's may do everything with indices and the cluster; the others have a role of their own.
 *
 * @param what.readable patterns of the indices whose messages the reader may read
 * @param what.snapshots whether there are snapshots whose age is measured
 */
export function securityFiles(
  hashes: SearchHashes,
  { readable = [], snapshots = false }: { readonly readable?: readonly string[]; readonly snapshots?: boolean } = {},
): Record<string, string> {
  const file = (type: string, content: object) =>
    JSON.stringify({ _meta: { type, config_version: 2 }, ...content }, undefined, 2) + "\n";
  const basic = {
    http_enabled: true,
    order: 0,
    http_authenticator: { type: "basic", challenge: true },
    authentication_backend: { type: "intern" },
  };
  const roles = {
    metrics: {
      description: "The exporter of metrics",
      cluster_permissions: [
        "cluster_monitor",
        ...(snapshots ? ["cluster:admin/repository/get", "cluster:admin/snapshot/get"] : []),
      ],
    },
    reader: {
      description: "Reads logs",
      // Several searches in one request, and the version of the cluster.
      cluster_permissions: ["cluster_composite_ops_ro", "cluster:monitor/main"],
      index_permissions: [
        { index_patterns: readable, allowed_actions: ["read", "indices:admin/get*", "indices:admin/mappings/get*"] },
      ],
    },
  };
  const others = (["metrics", "reader"] as const).flatMap((name) => {
    const hash = hashes[name];
    return hash === undefined ? [] : [{ name: searchUsers[name], hash, role: roles[name] }];
  });
  const ofOthers = (content: (other: (typeof others)[number]) => object) =>
    Object.fromEntries(others.map((other) => [other.name, { reserved: true, ...content(other) }]));
  // JSON is YAML as well (YAML 1.2.2, section 1.3).
  return {
    "action_groups.yml": file("actiongroups", {}),
    "config.yml": file("config", {
      config: { dynamic: { http: { anonymous_auth_enabled: false }, authc: { basic_internal_auth_domain: basic } } },
    }),
    "internal_users.yml": file("internalusers", {
      [searchUser]: { hash: hashes.graylog, reserved: true, description: "Graylog" },
      ...ofOthers(({ hash, role }) => ({ hash, description: role.description })),
    }),
    // Empty, and asked for by the program that makes the nodes know the files.
    "nodes_dn.yml": file("nodesdn", {}),
    "roles.yml": file(
      "roles",
      ofOthers(({ role }) => role),
    ),
    "roles_mapping.yml": file("rolesmapping", {
      all_access: { reserved: true, users: [searchUser] },
      ...ofOthers(({ name }) => ({ users: [name] })),
    }),
    "tenants.yml": file("tenants", {}),
  };
}

/** What its pods ask for. */
export function searchPods(shape: SearchShape): ChartPods[] {
  const { storageClass } = shape;
  return [
    {
      name: searchName,
      kind: "StatefulSet",
      replicas: shape.replicas,
      containers: [shape.resources],
      claims: [{ name: searchName, size: shape.storage, storageClass }],
    },
  ];
}
