import type { Input } from "@pulumi/pulumi";
import type { DatabaseBinding } from "../kit/bindings.ts";
import { verifiesServer } from "../kit/database-tls.ts";
import type { DatabaseTls } from "../kit/database-tls.ts";
import { chartImage } from "../kit/images.ts";
import type { ImagePolicy } from "../kit/images.ts";
import { Pods } from "../kit/pods.ts";
import { resources } from "../kit/resources.ts";
import { combinedChecksum, secretKeyRef } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import type { Values } from "../kit/merge.ts";
import { autoscaling, isReplicated, spread } from "./installation.ts";
import type { ChartPods } from "../kit/ledger.ts";
import type { Installation } from "./installation.ts";

/** The release's name, and the prefix of the names of its objects. */
export const kongRelease = "kong";

/** Its Service for clients outside the cluster (the chart's template `service-kong-proxy.yaml`). */
export const kongService = `${kongRelease}-proxy`;

/** The last release line with open-source images: docs/decisions/gateways.md. */
export const kongImage = "docker.io/library/kong:3.9.3";

/** Its ingress controller; the chart's tag `3.5` moves. */
const controllerImage = "docker.io/kong/kubernetes-ingress-controller:3.5.13";

/** Labels of every pod of the release: the gateway's and those of its migrations. */
export const kongLabels = { "app.kubernetes.io/instance": kongRelease, "app.kubernetes.io/name": "kong" };

/** Labels of the gateway's pods. */
const kongGatewayLabels = { ...kongLabels, "app.kubernetes.io/component": "app" };

/** Ports of the pods (the chart's `proxy`, `status`, `ingressController`). */
const kongPorts = { http: 8000, https: 8443, status: 8100, controllerMetrics: 10255, webhook: 8080 } as const;

/** The gateway's pods. */
export function kongGatewayPods(namespace: string): Pods<keyof typeof kongPorts> {
  return new Pods(namespace, kongGatewayLabels, kongPorts);
}

/** The name of the admission webhook's Service in its certificate. */
export function webhookHost(namespace: string): string {
  return `${kongRelease}-validation-webhook.${namespace}.svc`;
}

const workers = 2;

/** The concurrent queries of a worker, and so its connections. */
const connectionsPerWorker = 4;

/** The maximum number of database connections of one pod. */
export const kongConnections = workers * connectionsPerWorker;

const controller = { cpu: "50m", memory: "128Mi", memoryLimit: "512Mi" } as const;
const migrations = { cpu: "50m", memory: "128Mi", memoryLimit: "512Mi" } as const;

/** Additional inputs of Kong. */
export interface KongNeeds {
  readonly images: ImagePolicy;
  /** Whether the cluster has IPv6 addresses only. */
  readonly ipv6Only: boolean;
  readonly database: DatabaseBinding;
  /** The image with the plugin `oidc`; undefined for the stock image. */
  readonly pluginImage?: string;
  /** The admission webhook's self-signed certificate. */
  readonly webhook: { readonly secret: Keyed; readonly certificate: Input<string> };
}

/** Values of the chart `kong`: with a database, its ingress controller in the same pods. */
export function kongValues(installation: Installation, needs: KongNeeds): Values {
  const { database, images, pluginImage, webhook } = needs;
  const { largeHeaders, replicas, service, workload, trustedProxies } = installation;
  const off = { enabled: false };
  return {
    fullnameOverride: kongRelease,
    image: {
      ...chartImage(pluginImage ?? kongImage, images),
      // The chart derives features from the tag, but the tag of a custom image may not start with Kong's version.
      effectiveSemver: "3.9.3",
    },
    deployment: { daemonset: workload === "daemonSet" },
    replicaCount: replicas,
    autoscaling: autoscaling(installation),
    podDisruptionBudget: isReplicated(installation) ? { enabled: true, maxUnavailable: 1 } : off,
    ...spread(installation, kongGatewayLabels),
    env: {
      database: "postgres",
      pg_host: database.host,
      pg_port: String(database.port),
      pg_database: database.database,
      pg_user: database.username,
      pg_password: { valueFrom: secretKeyRef(database.password) },
      ...(database.tls && databaseTls(database.tls)),
      pg_max_concurrent_queries: String(connectionsPerWorker),
      nginx_worker_processes: String(workers),
      // The database has no A record in an IPv6 cluster, and Kong requests no other by default (kong.conf, "dns_order").
      dns_order: needs.ipv6Only ? "LAST,SRV,AAAA,CNAME" : undefined,
      anonymous_reports: "off",
      plugins: pluginImage && "bundled,oidc",
      ...(trustedProxies.length === 0
        ? {}
        : { trusted_ips: trustedProxies.join(","), ...realAddress(service.proxyProtocol) }),
      ...(largeHeaders ? headerBuffers : {}),
    },
    // Each is mounted at /etc/secrets/NAME.
    secretVolumes: database.tls?.authority && [database.tls.authority.secret.name],
    resources: resources(installation.resources),
    initContainerResources: resources(migrations),
    migrations: { preUpgrade: true, postUpgrade: true, backoffLimit: 10, resources: resources(migrations) },
    // A changed Secret restarts the pods.
    podAnnotations: { "groundplan/checksum": combinedChecksum([database.password.secret, webhook.secret]) },
    proxy: {
      type: service.type,
      annotations: { ...service.annotations },
      // Preserves the client's address, for allow lists and logs.
      externalTrafficPolicy: service.type === "LoadBalancer" ? "Local" : "Cluster",
      http: { enabled: true, ...nodePort(service.nodePorts.http), parameters: listening(service) },
      tls: { enabled: true, ...nodePort(service.nodePorts.https), parameters: listening(service, ["http2"]) },
    },
    // For the controller in the same pod. Network policies block all other pods.
    admin: { enabled: true, type: "ClusterIP", http: { enabled: true }, tls: off },
    manager: off,
    portal: off,
    portalapi: off,
    ingressController: {
      enabled: true,
      image: chartImage(controllerImage, images),
      ingressClass: kongRelease,
      // Our own class, because the chart queries the cluster before it creates one.
      createIngressClass: false,
      env: { anonymous_reports: "false", kong_admin_tls_skip_verify: false },
      resources: resources(controller),
      admissionWebhook: {
        enabled: true,
        // Ignore Secrets without Kong's label.
        filterSecrets: true,
        certificate: { provided: true, secretName: webhook.secret.name, caBundle: webhook.certificate },
      },
    },
    serviceMonitor: { enabled: installation.serviceMonitor, trustCRDsExist: installation.serviceMonitor },
  };
}

/**
 * Buffers for the large headers of logins, of which each connection takes some: cookies of requests, and headers of responses. nginx requires that the busy buffers are
 * at least twice the header buffer, and smaller than all proxy buffers but one (nginx.org, ngx_http_proxy_module).
 */
const headerBuffers = {
  nginx_proxy_large_client_header_buffers: "64 2m",
  nginx_proxy_proxy_buffer_size: "2m",
  nginx_proxy_proxy_buffers: "4 2m",
  nginx_proxy_proxy_busy_buffers_size: "4m",
};

/**
 * TLS to the database (Kong, "Configuration Reference", PostgreSQL settings). Kong verifies the certificate, but not the host name in
 * it (pgmoon, `send_ssl_message`).
 */
function databaseTls(tls: DatabaseTls): Values {
  const { authority } = tls;
  return {
    pg_ssl: "on",
    pg_ssl_verify: verifiesServer(tls) ? "on" : undefined,
    // With the default of 1, a chain with two intermediate certificates would be rejected.
    lua_ssl_verify_depth: verifiesServer(tls) ? "10" : undefined,
    lua_ssl_trusted_certificate: authority && `system,/etc/secrets/${authority.secret.name}/${authority.key}`,
  };
}

/** The client's address is the last one that is not a trusted proxy (nginx.org, ngx_http_realip_module). */
function realAddress(proxyProtocol: boolean): Values {
  return { real_ip_header: proxyProtocol ? "proxy_protocol" : "X-Forwarded-For", real_ip_recursive: "on" };
}

/** Parameters of a port, beside the chart's own; undefined for those alone. */
function listening({ proxyProtocol }: Installation["service"], own: readonly string[] = []): string[] | undefined {
  return proxyProtocol ? [...own, "proxy_protocol"] : undefined;
}

/** The requests of its pods. */
export function kongPods({ workload, replicas, resources: own }: Installation): ChartPods[] {
  const containers = [controller, own];
  return workload === "daemonSet"
    ? [{ name: kongRelease, kind: "DaemonSet", replicas: 1, containers }]
    : [{ name: kongRelease, kind: "Deployment", replicas, containers }];
}

function nodePort(port: number | undefined): { nodePort?: number } {
  return port === undefined ? {} : { nodePort: port };
}
