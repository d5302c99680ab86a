import { output } from "@pulumi/pulumi";
import type { Input } from "@pulumi/pulumi";
import type { DatabaseBinding } from "../kit/bindings.ts";
import { jdbcParameters } from "../kit/database-tls.ts";
import type { DatabaseTls } from "../kit/database-tls.ts";
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
  /** Whether the database has a Keycloak from before the stack, without the client of the realm's Job. */
  readonly existingDatabase: boolean;
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
    extraInitContainers: initContainers(shape, needs),
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
      ...(tls === undefined ? [] : [plain("KC_DB_URL_PROPERTIES", databaseParameters(tls))]),
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

/** The parameters of the JDBC URL. The factory is that of Java's own trust store, which Keycloak fills with the public CAs. */
function databaseParameters(tls: DatabaseTls): string {
  return jdbcParameters(tls, folders.database, "sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory");
}

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

/** What runs in a pod before its server. */
function initContainers({ existingDatabase, resources: size }: ServerShape, needs: ServerNeeds): Input<string> {
  const build = buildContainer(size);
  if (!existingDatabase) return items([build]);
  return output(needs.database.host).apply((host) => items([build, bootstrapContainer(size, needs, host)]));
}

// The chart renders these texts as templates; its values already name the mirror.
const serverImage =
  "{{ .Values.image.repository }}:{{ .Values.image.tag }}{{ with .Values.image.digest }}@{{ . }}{{ end }}";

/**
 * Builds the server once for each pod, with the servers' own image. Without it, each start of a container builds, which takes longer
 * than the start itself: after a crash or a failed liveness probe, the pod is away twice as long.
 */
function buildContainer(size: Size): object {
  return {
    name: "build",
    image: serverImage,
    command: ["/bin/bash", "-c", `set -e; /opt/keycloak/bin/kc.sh build; cp -R ${folders.build}/. /build/`],
    env: Object.entries({ ...buildOptions, JAVA_OPTS_KC_HEAP: heap }).map(([name, value]) => ({ name, value })),
    resources: resources(size),
    securityContext: restricted,
    volumeMounts: [{ name: "build", mountPath: "/build" }],
  };
}

/**
 * Creates the client of the realm's Job in a database that has a Keycloak: its servers create it only together with the realm `master`
 * (Keycloak, "Bootstrapping and recovering an admin account"). Only in the first pod, which starts before the others. The command changes
 * nothing if the client exists, and its exit code is 0 then too.
 */
function bootstrapContainer(size: Size, { automation, database }: ServerNeeds, host: string): object {
  const { password, port, tls, username } = database;
  const plain = {
    ...buildOptions,
    CLIENT_ID: automation.clientId,
    JAVA_OPTS_KC_HEAP: heap,
    KC_DB_URL_DATABASE: database.database,
    KC_DB_URL_HOST: host,
    KC_DB_URL_PORT: String(port),
    KC_DB_USERNAME: username,
    ...(tls && { KC_DB_URL_PROPERTIES: databaseParameters(tls) }),
  };
  return {
    name: "bootstrap",
    image: serverImage,
    command: ["/bin/bash", "-c", bootstrapScript],
    env: [
      ...Object.entries(plain).map(([name, value]) => ({ name, value })),
      { name: "CLIENT_SECRET", valueFrom: secretKeyRef(automation.secret) },
      { name: "KC_DB_PASSWORD", valueFrom: secretKeyRef(password) },
    ],
    resources: resources(size),
    securityContext: restricted,
    volumeMounts: [
      { name: "build", mountPath: folders.build },
      ...(tls?.authority ? [{ name: "database", mountPath: folders.database, readOnly: true }] : []),
    ],
  };
}

const bootstrapScript = `case "$HOSTNAME" in
*-0) exec /opt/keycloak/bin/kc.sh bootstrap-admin service --optimized --client-id="$CLIENT_ID" --client-secret:env=CLIENT_SECRET ;;
esac`;

/** Elements of a YAML list, one per line, for strings that the chart appends to its own elements. */
function items(list: readonly object[]): string {
  return list.map((one) => `- ${stableJson(one)}\n`).join("");
}

/** The requests of its pods. */
export function keycloakxPods({ replicas, resources: own }: ServerShape): ChartPods[] {
  return [{ name: releaseName, kind: "StatefulSet", replicas, containers: [own] }];
}
