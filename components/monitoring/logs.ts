import type { LogsBinding } from "../kit/bindings.ts";
import type { Edge } from "../kit/ledger.ts";
import { secretKeyRef } from "../kit/secret.ts";
import type { Values } from "../kit/merge.ts";
import type { DataSource, MonitoringShape } from "./shape.ts";

/** Grafana's own data source for Elasticsearch asks for its versions, and refuses OpenSearch's. */
const plugin = "grafana-opensearch-datasource";

/** The variable with the password, and where the CA stands. */
const passwordVariable = "LOGS_PASSWORD";
const authority = { folder: "/etc/grafana/logs-authority", file: "ca.crt" } as const;

type Plugin = MonitoringShape["grafana"]["logs"];

/** Plugins that Grafana would fetch beside the one that it is told to (grafana/grafana, pkg/setting/setting_plugins.go). */
const unwanted = [
  "grafana-advisor-app",
  "grafana-exploretraces-app",
  "grafana-lokiexplore-app",
  "grafana-metricsdrilldown-app",
  "grafana-pyroscope-app",
];

/** What Grafana's chart is told, so that it fetches the plugin and finds password and CA. */
export function logsValues({ pluginUrl, pluginVersion }: Plugin, { authority: ca, password }: LogsBinding): Values {
  return {
    plugins: [[plugin, pluginVersion, ...(pluginUrl === undefined ? [] : [pluginUrl])].join("@")],
    envValueFrom: { [passwordVariable]: secretKeyRef(password) },
    extraConfigmapMounts: [{ name: "logs-authority", configMap: ca.name, mountPath: authority.folder, readOnly: true }],
  };
}

/** Grafana's configuration of plugins: the image's own stay, and nothing but what it is told is fetched. */
export function pluginsIni(logs: LogsBinding | undefined): Values {
  const ini = { preinstall_auto_update: false };
  return logs === undefined
    ? { ...ini, preinstall_disabled: true }
    : { ...ini, preinstall_disabled: false, disable_plugins: unwanted.join(",") };
}

/** A data source for each index set (grafana/opensearch-datasource, docs/sources/configure.md, "Provision the data source"). */
export function logsSources(logs: LogsBinding): DataSource[] {
  return logs.indexSets.map(({ title, prefix, pattern }) => ({
    name: `${title} (${prefix})`,
    type: plugin,
    uid: `logs-${prefix}`,
    url: logs.url,
    basicAuth: true,
    basicAuthUser: logs.username,
    jsonData: {
      database: pattern,
      flavor: "opensearch",
      logLevelField: "level",
      logMessageField: "message",
      maxConcurrentShardRequests: 5,
      pplEnabled: false,
      timeField: logs.timeField,
      tlsAuthWithCACert: true,
      version: logs.version,
    },
    secureJsonData: {
      basicAuthPassword: `$__env{${passwordVariable}}`,
      tlsCACert: `$__file{${authority.folder}/${authority.file}}`,
    },
  }));
}

/** The plugin comes from outside. */
export function pluginEdges({ cidrs, pluginUrl }: Plugin, grafana: Edge["from"]): Edge[] {
  const { port, protocol } = new URL(pluginUrl ?? "https://grafana.com");
  const from = port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
  return [{ from: grafana, to: { kind: "outside", cidrs }, ports: [from], purpose: "Grafana's plugin for logs" }];
}
