import type { ChartName } from "../../components/kit/catalogue.ts";
import { compare } from "../../components/kit/stable.ts";
import type { NamespaceSpec } from "../../components/namespaces/namespaces.ts";
import { dashboardClient, gatewayCredentials, kongDatabase } from "../../components/gateway/credentials.ts";
import { credentialsOfLogging, graylogClient, searchBucket } from "../../components/logging/credentials.ts";
import { issuerCredentials } from "../../components/certificates/issuers.ts";
import {
  grafanaCredentials,
  grafanaDatabase,
  monitoringClients,
  thanosBucket,
} from "../../components/monitoring/credentials.ts";
import { midPointCredentials } from "../../components/midpoint/credentials.ts";
import type { Parts } from "../../components/monitoring/rules/alerts.ts";
import { clientRole, hasSecret } from "../../components/keycloak/clients.ts";
import type { RealmClient } from "../../components/keycloak/clients.ts";
import { keycloakCredentials } from "../../components/keycloak/credentials.ts";
import { postgresCredentials } from "../../components/postgres/credentials.ts";
import { bucketCredentials } from "../../components/storage/credentials.ts";
import type { CredentialSpec } from "../../components/kit/credential.ts";
import type { ParsedSettings } from "./schema.ts";

/** The namespace of cert-manager. */
export const certificatesNamespace = "cert-manager";

/** The namespace of the metrics' custom resource definitions, of Prometheus, Alertmanager and Grafana. */
export const monitoringNamespace = "monitoring";

/** The namespace of what looks at the nodes: the only one with node-exporter, so that its Pod Security level is nobody else's. */
export const nodesNamespace = "monitoring-nodes";

/** The name of midPoint's database, and of its role. */
export const midpointDatabase = "midpoint";

/** The namespace of Graylog, its database and its search cluster. */
export const loggingNamespace = "logging";

/** The namespace of the collector alone, whose pods see the nodes' files. */
export const collectorNamespace = "log-collector";

/** A host of the stack: `NAME.DOMAIN`, or the name itself where it is a full one. */
export function fullHost(host: string, domain: string): string {
  return host.replace(/^\*\./, "").includes(".") ? host : `${host}.${domain}`;
}

/** The namespaces of a stack: those that components need, those of consumers, and those that the user added, by name. */
export function namespacesOf(settings: ParsedSettings): NamespaceSpec[] {
  const { buckets, certificates, gateway, keycloak, logging, midpoint, monitoring, namespaces, postgresql } = settings;
  const needed = new Map<string, boolean>();
  const levels = new Map<string, NamespaceSpec["podSecurity"]>();
  const need = (name: string, keepsData = false) => needed.set(name, keepsData || (needed.get(name) ?? false));
  if (certificates.enabled) need(certificatesNamespace);
  if (monitoring.serviceMonitors) need(monitoringNamespace);
  if (buckets.kind === "embedded") need(bucketsNamespace, true);
  if (monitoring.enabled) {
    need(monitoringNamespace, true);
    need(nodesNamespace);
    levels.set(nodesNamespace, "privileged");
  }
  if (logging.enabled) {
    need(loggingNamespace, true);
    // Graylog's chart prepares its volume as root; the collector reads the nodes' files.
    levels.set(loggingNamespace, raisesMapCount(settings) ? "privileged" : "baseline");
    if (logging.collector.enabled) {
      need(collectorNamespace);
      levels.set(collectorNamespace, "privileged");
    }
  }
  if (postgresql.enabled) {
    need(postgresql.namespace, postgresql.engine !== "external");
    for (const database of postgresql.databases) need(database.namespace);
  }
  if (midpoint.enabled) need(midpoint.namespace, true);
  if (keycloak.enabled) {
    need(keycloak.namespace);
    for (const { namespace } of keycloak.clients) if (namespace !== undefined) need(namespace);
  }
  for (const { namespace } of certificates.hosts) need(namespace);
  if (gateway.enabled) {
    if (gateway.kind !== "nginx") need(gateway.namespace);
    for (const { namespace } of gateway.hosts) need(namespace);
  }
  const names = [...new Set([...needed.keys(), ...Object.keys(namespaces)])].sort(compare);
  return names.map((name) => {
    const own = namespaces[name];
    return {
      name,
      podSecurity: levels.get(name) ?? own?.podSecurity ?? "restricted",
      keepsData: (needed.get(name) ?? false) || (own?.keepsData ?? false),
      ...(own?.quota === undefined ? {} : { quota: own.quota }),
      ...(own?.limitRange === undefined ? {} : { limitRange: own.limitRange }),
    };
  });
}

function raisesMapCount({ logging: { search } }: ParsedSettings): boolean {
  return search.kind === "opensearch" && search.mapCount === "init";
}

/** The charts that a stack installs, by name. */
export function chartsOf(settings: ParsedSettings): ChartName[] {
  const { certificates, gateway, keycloak, logging, monitoring, postgresql } = settings;
  const charts: ChartName[] = [];
  if (certificates.enabled) charts.push("cert-manager");
  if (keycloak.enabled) charts.push("keycloakx");
  if (postgresql.enabled && postgresql.engine !== "external") charts.push(postgresql.engine);
  if (gateway.enabled && gateway.kind !== "nginx") charts.push(gateway.kind);
  if (monitoring.serviceMonitors) charts.push("prometheus-operator-crds");
  if (monitoring.enabled) charts.push("kube-prometheus-stack");
  if (logging.enabled) {
    charts.push("graylog", "mongodb-kubernetes");
    if (logging.search.kind === "opensearch") charts.push("opensearch");
    if (logging.collector.enabled) charts.push("fluent-bit");
  }
  if (monitoring.enabled && monitoring.thanos.enabled) charts.push("thanos");
  return charts;
}

/** The namespace of the stack's own object store. */
export const bucketsNamespace = "object-store";

/** The buckets that components ask for. */
export function componentBuckets(settings: ParsedSettings): string[] {
  return [
    ...(settings.monitoring.thanos.enabled ? [thanosBucket] : []),
    ...(takesSnapshots(settings) ? [searchBucket] : []),
  ];
}

/** Whether the stack's own search cluster keeps snapshots in a bucket. */
export function takesSnapshots({ logging: { enabled, search } }: Pick<ParsedSettings, "logging">): boolean {
  return enabled && search.kind === "opensearch" && search.snapshots.enabled;
}

/** What a stack has of what alerts and dashboards are about. */
export function monitoredParts(settings: ParsedSettings): Parts {
  const { certificates, gateway, keycloak, logging, midpoint, monitoring, postgresql } = settings;
  const { engine } = postgresql;
  const { kind } = gateway;
  return {
    namespaces: namespacesOf(settings).map(({ name }) => name),
    monitoring: { namespace: monitoringNamespace },
    certificates: certificates.enabled ? { namespace: certificatesNamespace } : undefined,
    postgresql: postgresql.enabled && engine !== "external" ? { engine, namespace: postgresql.namespace } : undefined,
    gateway: gateway.enabled && kind !== "nginx" ? { kind, namespace: gateway.namespace } : undefined,
    thanos: monitoring.thanos.enabled ? { namespace: monitoringNamespace } : undefined,
    keycloak: keycloak.enabled ? { namespace: keycloak.namespace } : undefined,
    midpoint: midpoint.enabled ? { namespace: midpoint.namespace } : undefined,
    graylog: logging.enabled ? { namespace: loggingNamespace } : undefined,
    mongodb: logging.enabled ? { namespace: loggingNamespace } : undefined,
    opensearch:
      logging.enabled && logging.search.kind === "opensearch"
        ? { namespace: loggingNamespace, snapshots: takesSnapshots(settings) }
        : undefined,
    collector: logging.enabled && logging.collector.enabled ? { namespace: collectorNamespace } : undefined,
  };
}

/** Whether Grafana reads the logs of the stack's own search cluster. */
export function showsLogs({ logging, monitoring }: Pick<ParsedSettings, "logging" | "monitoring">): boolean {
  return (
    monitoring.enabled && monitoring.grafana.logs.enabled && logging.enabled && logging.search.kind === "opensearch"
  );
}

/** The databases that components bring along. */
export function componentDatabases({ gateway, keycloak, midpoint, monitoring }: ParsedSettings): string[] {
  return [
    ...(keycloak.enabled ? [keycloak.database] : []),
    ...(gateway.enabled && gateway.kind === "kong" ? [kongDatabase] : []),
    ...(monitoring.enabled ? [grafanaDatabase] : []),
    ...(midpoint.enabled ? [midpointDatabase] : []),
  ];
}

/** The clients of the realm: those that the user asks for and those that components bring along. */
export function clientsOf(settings: ParsedSettings): RealmClient[] {
  const { keycloak } = settings;
  return keycloak.enabled ? [...keycloak.clients, ...componentClients(settings), ...hostClients(settings)] : [];
}

/** The clients of the realm that components bring along: of each, what is known from the settings alone. */
export function componentClients({ gateway, logging, midpoint, monitoring }: ParsedSettings): RealmClient[] {
  return [
    ...(gateway.enabled && logging.enabled ? [graylogClient] : []),
    ...(gateway.enabled && monitoring.enabled ? Object.values(monitoringClients) : []),
    ...(gateway.enabled && gateway.dashboardHost !== undefined ? [dashboardClient] : []),
    ...(midpoint.enabled && midpoint.login === "platform" ? [{ name: "midpoint" }] : []),
  ];
}

/** The clients that logins in front of the user's own applications bring along, in the order of their hosts. */
export function hostClients({ gateway, keycloak }: Pick<ParsedSettings, "gateway" | "keycloak">): RealmClient[] {
  const declared = new Set(keycloak.clients.map(({ name }) => name));
  return gateway.hosts.flatMap(({ host, login }) => {
    if (login === undefined) return [];
    const name = loginClient(host, login);
    return declared.has(name) ? [] : [{ name, realmRoles: login.realmRoles }];
  });
}

/** The hosts of the user's own applications before which a client of the realm stands. */
export function hostsOf(client: string, { gateway }: Pick<ParsedSettings, "gateway">): string[] {
  return gateway.hosts.flatMap(({ host, login }) =>
    login !== undefined && loginClient(host, login) === client ? [host] : [],
  );
}

/** The client's name of a login in front of a host. */
export function loginClient(host: string, { client }: { readonly client?: string | undefined }): string {
  return client ?? host.split(".")[0] ?? host;
}

/** Every role of a stack's realm that others may include: `ROLE` of the realm, `CLIENT.ROLE` of its clients. */
export function rolesOf(settings: ParsedSettings): string[] {
  const clients = clientsOf(settings);
  const own = [
    ...settings.keycloak.realm.roles.map(({ name }) => name),
    ...clients.flatMap((one) => one.realmRoles ?? []),
  ];
  const ofClients = clients.flatMap(({ name, roles = [] }) =>
    [clientRole(name), ...roles].map((role) => `${name}.${role}`),
  );
  return [...new Set([...own, ...ofClients])].sort(compare);
}

/** Every generated credential of a stack, by name: known from the settings alone, so that a rotation can be checked first. */
export function credentialsOf(settings: ParsedSettings): CredentialSpec[] {
  const { certificates, gateway, keycloak, logging, midpoint, monitoring, postgresql } = settings;
  const names = [...postgresql.databases.map(({ name }) => name), ...componentDatabases(settings)];
  const { administrator, keys, keystore } = midPointCredentials;
  const clients = clientsOf(settings).filter(hasSecret);
  const specs = [
    ...(keycloak.enabled
      ? keycloakCredentials(
          clients.map(({ name }) => name),
          keycloak.realm.users.map(({ username }) => username),
        )
      : []),
    ...(certificates.enabled ? issuerCredentials(certificates.issuers) : []),
    ...(postgresql.enabled ? postgresCredentials(postgresql.engine, names) : []),
    ...(gateway.enabled ? gatewayCredentials(gateway.kind, logsInAtTheEdge(settings)) : []),
    ...(logging.enabled
      ? credentialsOfLogging(logging.search, { metrics: monitoring.serviceMonitors, reader: showsLogs(settings) })
      : []),
    ...(monitoring.enabled ? Object.values(grafanaCredentials) : []),
    ...(settings.buckets.kind === "embedded" ? bucketCredentials(componentBuckets(settings)) : []),
    ...(midpoint.enabled ? [administrator] : []),
    ...(midpoint.enabled && midpoint.keystore.source === "state" ? [keystore, keys] : []),
  ];
  return specs.sort((a, b) => compare(a.name, b.name));
}

/** Whether a host has a login before it. */
function logsInAtTheEdge(settings: ParsedSettings): boolean {
  const { gateway, keycloak, logging, monitoring } = settings;
  const own = gateway.dashboardHost !== undefined || gateway.hosts.some(({ login }) => login !== undefined);
  const behind = logging.enabled || monitoring.enabled || own;
  return gateway.enabled && keycloak.enabled && behind;
}

/** How people log in at the edge: the plugin where there is an image with it. */
export function loginMethod({ gateway }: Pick<ParsedSettings, "gateway">): "proxy" | "plugin" {
  const { method, pluginImage } = gateway.login;
  return method ?? (pluginImage === undefined ? "proxy" : "plugin");
}

/** The name under `rotation` that stands for every credential which a number can rotate. */
export const everyCredential = "all";

/** The rotation number of every generated credential: its own, or that of all where a number can rotate it, or 1. */
export function rotationNumbers(settings: ParsedSettings): Record<string, number> {
  const { rotation } = settings;
  return Object.fromEntries(
    credentialsOf(settings).map(({ name, recipe }) => {
      const common = "refuse" in recipe ? 1 : (rotation[everyCredential] ?? 1);
      return [name, rotation[name] ?? common];
    }),
  );
}
