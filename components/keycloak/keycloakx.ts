import type { Input } from "@pulumi/pulumi";
import type { DatabaseBinding } from "../kit/bindings.ts";
import { jdbcParameters } from "../kit/database-tls.ts";
import type { ChartPods } from "../kit/ledger.ts";
import { Pods } from "../kit/pods.ts";
import { resources } from "../kit/resources.ts";
import type { Size } from "../kit/resources.ts";
import { combinedChecksum, secretKeyRef } from "../kit/secret.ts";
import type { Keyed, SecretKey } from "../kit/secret.ts";
import { apart } from "../kit/spread.ts";
import { stableJson } from "../kit/stable.ts";
import { trustedVolume, trustFolder, trustVolume } from "../kit/trust.ts";
import type { Trusted } from "../kit/trust.ts";
import type { Values } from "../kit/merge.ts";

/** Keycloak's release line 26.7. */
const imageTag = "26.7.3";

/** The release's name, and the prefix of its objects' names. */
export const releaseName = "keycloak";

/** The chart's labels of Keycloak's pods. */
export const podLabels = { "app.kubernetes.io/instance": releaseName, "app.kubernetes.io/name": "keycloakx" } as const;

/** The Service of Keycloak's pods. */
export const serviceName = `${releaseName}-http`;

/** Ports of the pods (Keycloak, "All configuration"; 57800 is 7800 and 50000, where JGroups checks whether a server is alive). */
export const ports = { http: 8080, https: 8443, management: 9000, cluster: [7800, 57800] } as const;

/** The pods of the servers. */
export function serverPods(namespace: string): Pods<"http" | "https" | "management"> {
  return new Pods(namespace, podLabels, { http: ports.http, https: ports.https, management: ports.management });
}

/** Ports of the Service. */
export const servicePorts = { http: 80, https: 443 } as const;

/** The shape of the servers. */
export interface ServerShape {
  readonly namespace: string;
  readonly replicas: number;
  /** The maximum number of database connections of each server. */
  readonly connections: number;
  readonly resources: Size;
  /** `LoadBalancer`: the Service also has an address outside the cluster. */
  readonly serviceType: "ClusterIP" | "LoadBalancer";
  readonly serviceMonitor: boolean;
}

/** Bindings of the servers. */
export interface ServerNeeds {
  /** `https://HOST`. */
  readonly publicUrl: string;
  readonly database: DatabaseBinding;
  /** The first administrator's password, and the secret of the client of the realm's Job. */
  readonly administrator: { readonly username: string; readonly password: SecretKey };
  readonly automation: { readonly clientId: string; readonly secret: SecretKey };
  /** The Secret with the certificate for HTTPS inside the cluster. */
  readonly certificate?: string;
  /** CA certificates of directories, mail servers and identity providers. Default: public CAs only. */
  readonly trusted?: Trusted;
  /** The cluster's domain. Default: `cluster.local`. */
  readonly clusterDomain?: string;
}

/**
 * Values of the chart `keycloakx`. Several values are strings that the chart renders as YAML templates; JSON is valid YAML.
 *
 * A pod opens its ports only after the database migration, the import and the join of the cluster, so the startup probe covers all of
 * them. The next pod starts when this one is ready, so that only one server migrates at a time.
 */
export function keycloakxValues(shape: ServerShape, needs: ServerNeeds): Values {
  const { replicas, connections } = shape;
  const { publicUrl, database, administrator, automation, certificate, clusterDomain, trusted } = needs;
  const plain = (name: string, value: string) => ({ name, value });
  const fromSecret = (name: string, key: SecretKey) => ({ name, valueFrom: secretKeyRef(key) });
  const probe = (path: string, times: Record<string, number>) =>
    stableJson({ httpGet: { path, port: "http-internal", scheme: "HTTP" }, ...times });
  const { tls } = database;
  const volumes = mountedVolumes(needs);
  const secrets: Keyed[] = [database.password.secret, administrator.password.secret, automation.secret.secret];
  if (trusted !== undefined) secrets.push(trusted);
  return {
    fullnameOverride: releaseName,
    clusterDomain,
    image: { tag: imageTag },
    replicas,
    podManagementPolicy: "OrderedReady",
    command: ["/opt/keycloak/bin/kc.sh", "start", "--optimized"],
    extraInitContainers: items([buildContainer(shape.resources)]),
    http: { relativePath: "/" },
    cache: { stack: "default" },
    proxy: { enabled: true, mode: "xforwarded", http: { enabled: true } },
    metrics: { enabled: true },
    health: { enabled: true },
    database: {
      vendor: "postgres",
      hostname: database.host,
      port: database.port,
      database: database.database,
      username: database.username,
      existingSecret: database.password.secret.name,
      existingSecretKey: database.password.key,
    },
    extraEnv: items([
      fromSecret("KC_BOOTSTRAP_ADMIN_CLIENT_SECRET", automation.secret),
      fromSecret("KC_BOOTSTRAP_ADMIN_PASSWORD", administrator.password),
      plain("KC_BOOTSTRAP_ADMIN_CLIENT_ID", automation.clientId),
      plain("KC_BOOTSTRAP_ADMIN_USERNAME", administrator.username),
      // By default, JGroups binds to a private address, but pods may have other addresses.
      { name: "KC_CACHE_EMBEDDED_NETWORK_BIND_ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      plain("KC_DB_POOL_MAX_SIZE", String(connections)),
      // The factory of Java's own trust store, which Keycloak fills with the public CAs.
      ...(tls === undefined
        ? []
        : [plain("KC_DB_URL_PROPERTIES", jdbcParameters(tls, folders.database, `sslfactory=${javaFactory}`))]),
      plain("KC_HOSTNAME", publicUrl),
      // Clients inside the cluster connect to the Service, which returns the public issuer.
      plain("KC_HOSTNAME_BACKCHANNEL_DYNAMIC", "true"),
      plain("JAVA_OPTS_KC_HEAP", heap),
      // In addition to Java's own (Keycloak, "Configuring trusted certificates").
      ...(trusted === undefined
        ? []
        : [plain("KC_TRUSTSTORE_PATHS", trusted.files.map((file) => `${trustFolder}/${file}`).join())]),
      ...(certificate === undefined
        ? []
        : [
            plain("KC_HTTPS_CERTIFICATE_FILE", `${folders.certificate}/tls.crt`),
            plain("KC_HTTPS_CERTIFICATE_KEY_FILE", `${folders.certificate}/tls.key`),
            // Probes and metrics are not changed.
            plain("KC_HTTP_MANAGEMENT_SCHEME", "http"),
          ]),
    ]),
    extraVolumes: items(volumes),
    extraVolumeMounts: items(volumes.map(({ name }) => ({ name, mountPath: folders[name], readOnly: true }))),
    extraPorts: ports.cluster.map((containerPort) => ({ name: `cluster-${containerPort}`, containerPort })),
    service: {
      type: shape.serviceType === "ClusterIP" ? undefined : shape.serviceType,
      httpPort: servicePorts.http,
      httpsPort: certificate === undefined ? 0 : servicePorts.https,
    },
    startupProbe: probe("/health/started", { failureThreshold: 180, periodSeconds: 5, timeoutSeconds: 5 }),
    livenessProbe: probe("/health/live", { failureThreshold: 6, periodSeconds: 10, timeoutSeconds: 5 }),
    readinessProbe: probe("/health/ready", { failureThreshold: 3, periodSeconds: 10, timeoutSeconds: 5 }),
    podAnnotations: { "groundplan/checksum": combinedChecksum(secrets) },
    podSecurityContext: {
      fsGroup: 1000,
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: "RuntimeDefault" },
    },
    securityContext: restricted,
    serviceAccount: { automountServiceAccountToken: false },
    enableServiceLinks: false,
    resources: resources(shape.resources),
    affinity: replicas > 1 ? stableJson(apart(podLabels)) : "",
    podDisruptionBudget: replicas > 1 ? { maxUnavailable: 1 } : {},
    serviceMonitor: { enabled: shape.serviceMonitor },
  } satisfies Record<string, Input<unknown>>;
}

/**
 * Where volumes are mounted, by name: `kc.sh build` writes the first one (Keycloak, "Configuring Keycloak", "Optimize the Keycloak
 * startup").
 */
const folders = {
  build: "/opt/keycloak/lib/quarkus",
  certificate: "/certificate",
  database: "/database",
  [trustVolume]: trustFolder,
} as const;

/** pgJDBC's socket factory that uses Java's trust store. */
const javaFactory = "org.postgresql.ssl.DefaultJavaSSLFactory";

function mountedVolumes({ certificate, database: { tls }, trusted }: ServerNeeds) {
  const volumes: ({ name: keyof typeof folders } & Record<string, unknown>)[] = [
    { name: "build", emptyDir: { sizeLimit: "64Mi" } },
  ];
  if (certificate !== undefined) volumes.push({ name: "certificate", secret: { secretName: certificate } });
  if (tls?.authority) volumes.push({ name: "database", secret: { secretName: tls.authority.secret.name } });
  if (trusted !== undefined) volumes.push(trustedVolume(trusted));
  return volumes;
}

const heap = "-XX:MaxRAMPercentage=65 -XX:InitialRAMPercentage=40";

/**
 * The build options of the servers (Keycloak, "All configuration", "build"). The chart sets the same variables for the servers, which
 * would ignore other values.
 */
const buildOptions = {
  KC_DB: "postgres",
  KC_HEALTH_ENABLED: "true",
  KC_HTTP_RELATIVE_PATH: "/",
  KC_METRICS_ENABLED: "true",
} as const;

const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  runAsUser: 1000,
} as const;

/**
 * Builds the server once for each pod, with the servers' own image. Without it, each start of a container builds, which takes longer
 * than the start itself: after a crash or a failed liveness probe, the pod is away twice as long.
 */
function buildContainer(size: Size): object {
  return {
    name: "build",
    // The chart renders this text as a template; its values already name the mirror.
    image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}{{ with .Values.image.digest }}@{{ . }}{{ end }}",
    command: ["/bin/bash", "-c", `set -e; /opt/keycloak/bin/kc.sh build; cp -R ${folders.build}/. /build/`],
    env: Object.entries({ ...buildOptions, JAVA_OPTS_KC_HEAP: heap }).map(([name, value]) => ({ name, value })),
    resources: resources(size),
    securityContext: restricted,
    volumeMounts: [{ name: "build", mountPath: "/build" }],
  };
}

/** Elements of a YAML list, one per line, for strings that the chart appends to its own elements. */
function items(list: readonly object[]): string {
  return list.map((one) => `- ${stableJson(one)}\n`).join("");
}

/** The requests of its pods. */
export function keycloakxPods({ replicas, resources: own }: ServerShape): ChartPods[] {
  return [{ name: releaseName, kind: "StatefulSet", replicas, containers: [own] }];
}
