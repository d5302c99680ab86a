import * as pulumi from "@pulumi/pulumi";
import type { DatabaseBinding, LogsBinding, OidcClient } from "../kit/bindings.ts";
import { serviceHost } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import type { GroupRole } from "../kit/ledger.ts";
import { resources } from "../kit/resources.ts";
import { secretKeyRef } from "../kit/secret.ts";
import type { SecretKey } from "../kit/secret.ts";
import { spreadOver } from "../kit/spread.ts";
import { goTrust, trustedMount } from "../kit/trust.ts";
import type { Trusted } from "../kit/trust.ts";
import type { Values } from "../kit/merge.ts";
import { logsValues, pluginsIni } from "./logs.ts";
import { monitoringPods } from "./pods.ts";
import { names, sizes } from "./shape.ts";
import type { DataSource, MonitoringShape } from "./shape.ts";

/** Connections that one replica keeps to its database at most. */
export const grafanaConnections = 10;

/** The folder with the CA certificates of its database. */
const databaseFolder = "/etc/grafana-database";

/** The label and value of ConfigMaps that hold dashboards. */
export const dashboardLabel = { grafana_dashboard: "1" } as const;

/** What Grafana is given by others. */
export interface GrafanaBindings {
  readonly namespace: string;
  readonly cluster: Environment["cluster"];
  readonly database: DatabaseBinding;
  /** Secret with `admin-user` and `admin-password`. */
  readonly adminSecret: string;
  /** What Grafana encrypts secrets in its database with. */
  readonly secretKey: SecretKey;
  /** Who logs in; left out: the administrator alone. */
  readonly client?: OidcClient;
  /** Where browsers reach it, such as `https://grafana.example.org`; left out: through a port-forward only. */
  readonly url?: string;
  /** Changes when a Secret that it reads does. */
  readonly checksum: pulumi.Input<string>;
  /** Further data sources. */
  readonly dataSources: readonly DataSource[];
  /** CA certificates of data sources and the plugins' host. Default: public CAs only. */
  readonly trusted?: Trusted;
  /** Logs that it shows; left out: none. */
  readonly logs?: LogsBinding;
}

/** Grafana's part of the values of the chart `kube-prometheus-stack`. */
export function grafanaValues(shape: MonitoringShape["grafana"], bindings: GrafanaBindings): Values {
  const { adminSecret, checksum, client, database, dataSources, logs, namespace, secretKey, trusted } = bindings;
  const { labels } = monitoringPods(namespace).grafana;
  const ofLogs: Values = logs === undefined ? {} : logsValues(shape.logs, logs);
  const mounts = [
    ...((ofLogs["extraConfigmapMounts"] as object[] | undefined) ?? []),
    ...(trusted === undefined ? [] : [{ ...trustedMount, configMap: trusted.name }]),
  ];
  return {
    ...ofLogs,
    fullnameOverride: names.grafana,
    replicas: shape.replicas,
    admin: { existingSecret: adminSecret },
    rbac: { namespaced: true },
    testFramework: { enabled: false },
    initChownData: { enabled: false },
    persistence: { enabled: false },
    serviceMonitor: { enabled: true },
    extraSecretMounts: database.tls?.authority && [
      {
        name: "database-tls",
        mountPath: databaseFolder,
        secretName: database.tls.authority.secret.name,
        readOnly: true,
        defaultMode: 0o440,
      },
    ],
    env: trusted && { [goTrust.name]: goTrust.value },
    extraConfigmapMounts: mounts.length > 0 ? mounts : undefined,
    resources: resources(shape.resources),
    podAnnotations: { "groundplan/checksum": checksum },
    enableServiceLinks: false,
    // The first start of a release makes the tables, which takes longer than the liveness probe waits.
    startupProbe: { httpGet: { path: "/api/health", port: "grafana" }, periodSeconds: 5, failureThreshold: 60 },
    headlessService: shape.replicas > 1 ? true : undefined,
    podDisruptionBudget: shape.replicas > 1 ? { maxUnavailable: 1 } : undefined,
    ...spreadOver(labels, shape),
    envValueFrom: {
      ...(ofLogs["envValueFrom"] as Values | undefined),
      GF_DATABASE_PASSWORD: secretKeyRef(database.password),
      GF_SECURITY_SECRET_KEY: secretKeyRef(secretKey),
      ...(client?.clientSecret === undefined
        ? {}
        : { GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: secretKeyRef(client.clientSecret) }),
    },
    "grafana.ini": grafanaIni(shape, bindings),
    // From its own configuration, so that no second side-car watches for ConfigMaps that never change.
    datasources: { "datasources.yaml": { apiVersion: 1, prune: true, datasources: dataSources.map(provisioned) } },
    // The platform's own say the same in a tenth of the size, and name no metric that nothing here exports.
    defaultDashboardsEnabled: false,
    sidecar: {
      resources: resources(sizes.sidecar),
      datasources: { enabled: false },
      dashboards: {
        enabled: true,
        label: "grafana_dashboard",
        labelValue: dashboardLabel.grafana_dashboard,
        // Its own namespace, which is all that its role lets it read.
        searchNamespace: null,
        resource: "configmap",
        // Grafana looks at the folder itself, every ten seconds; asking it to would need the administrator's password.
        skipReload: true,
        provider: { folder: "Groundplan" },
      },
    },
  };
}

/** Grafana's configuration (grafana.com/docs, "Configure Grafana"). Secrets come from environment variables. */
function grafanaIni(shape: MonitoringShape["grafana"], bindings: GrafanaBindings): Values {
  const { client, database, namespace, url } = bindings;
  const gossip = monitoringPods(namespace).grafana.port("gossip");
  return {
    analytics: {
      check_for_plugin_updates: false,
      check_for_updates: false,
      feedback_links_enabled: false,
      reporting_enabled: false,
    },
    auth: {
      // Basic authentication stays, so that an administrator who is locked out can still call the API.
      disable_login_form: client !== undefined && !shape.loginForm,
      signout_redirect_url: client && signOut(client, url),
    },
    "auth.generic_oauth": client && genericOauth(shape, client),
    database: {
      type: "postgres",
      host: pulumi.interpolate`${database.host}:${database.port}`,
      name: database.database,
      user: database.username,
      // The platform's own pooler offers no TLS; network policies protect the connection.
      ssl_mode: database.tls?.mode ?? "disable",
      ca_cert_path: database.tls?.authority && `${databaseFolder}/${database.tls.authority.key}`,
      max_open_conn: grafanaConnections,
      max_idle_conn: 2,
      conn_max_lifetime: 600,
    },
    news: { news_feed_enabled: false },
    // It fetches and updates plugins from the network on each start otherwise; those of the image stay.
    plugins: pluginsIni(bindings.logs),
    security: { cookie_secure: url !== undefined, disable_gravatar: true },
    server: url === undefined ? {} : { domain: new URL(url).hostname, root_url: `${url}/` },
    unified_alerting: {
      enabled: true,
      ...(shape.replicas > 1
        ? {
            ha_listen_address: `\${POD_IP}:${gossip}`,
            ha_advertise_address: `\${POD_IP}:${gossip}`,
            ha_peers: `${serviceHost(bindings, `${names.grafana}-headless`, namespace)}:${gossip}`,
          }
        : {}),
    },
    users: { allow_sign_up: false, auto_assign_org_role: "Viewer" },
  };
}

/**
 * Who may do what follows from the groups in the user's token: the JMESPath of `role_attribute_path`.
 * @param claim the claim that lists them
 */
export function rolePath(
  { adminGroups, editorGroups }: Pick<MonitoringShape["grafana"], "adminGroups" | "editorGroups">,
  claim: string,
): string {
  const list = `${claimPath(claim)} || \`[]\``;
  const inAny = (groups: readonly string[], role: string) =>
    groups.length === 0
      ? []
      : [`(${groups.map((group) => `contains(${list}, '${group}')`).join(" || ")}) && '${role}'`];
  return [...inAny(adminGroups, "Admin"), ...inAny(editorGroups, "Editor"), "'Viewer'"].join(" || ");
}

/** The roles that {@link rolePath} gives by group. */
export function grafanaRoles({
  adminGroups,
  editorGroups,
}: Pick<MonitoringShape["grafana"], "adminGroups" | "editorGroups">): GroupRole[] {
  const of = (groups: readonly string[], role: string) =>
    groups.map((group) => ({ application: "Grafana", role, group }));
  return [...of(adminGroups, "Admin"), ...of(editorGroups, "Editor")];
}

/** A claim's name as JMESPath writes it (specification, "Identifiers"). */
function claimPath(claim: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(claim) ? claim : JSON.stringify(claim);
}

function genericOauth(shape: MonitoringShape["grafana"], client: OidcClient): Values {
  return {
    enabled: true,
    name: "Keycloak",
    auto_login: true,
    // Users that the identity provider lets through have the client's role already.
    allow_sign_up: true,
    client_id: client.clientId,
    scopes: "openid profile email",
    use_pkce: true,
    use_refresh_token: true,
    auth_url: client.authorizationUrl,
    token_url: client.inCluster.tokenUrl,
    api_url: client.inCluster.userInfoUrl,
    login_attribute_path: "preferred_username",
    name_attribute_path: "name",
    email_attribute_path: "email",
    groups_attribute_path: claimPath(client.groupsClaim),
    role_attribute_path: rolePath(shape, client.groupsClaim),
    role_attribute_strict: true,
  };
}

/** Logging out of Grafana logs out of the identity provider as well (OpenID Connect RP-Initiated Logout 1.0, section 2). */
function signOut({ clientId, logoutUrl }: OidcClient, url: string | undefined): string {
  const back = url === undefined ? "" : `&post_logout_redirect_uri=${encodeURIComponent(`${url}/login`)}`;
  return `${logoutUrl}?client_id=${encodeURIComponent(clientId)}${back}`;
}

function provisioned({ isDefault = false, jsonData = {}, ...source }: DataSource): object {
  return { ...source, access: "proxy", editable: false, isDefault, jsonData: { ...jsonData } };
}
