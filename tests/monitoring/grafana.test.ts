import assert from "node:assert/strict";
import { rolePath } from "../../components/monitoring/grafana.ts";
import { grafanaLabels } from "../../components/monitoring/pods.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { at, values, withLogin } from "./alone.ts";
import type { Json } from "./alone.ts";

const prod = stackNamed("prod");

describe("Grafana", () => {
  it("W23: Grafana keeps its data in PostgreSQL, and its replicas tell each other of alerts", async () => {
    const { values: own, result } = await values(prod);
    const grafana = at(own, "grafana");
    assert.deepEqual(at(grafana, "grafana.ini", "database"), {
      type: "postgres",
      host: "pgsqlha-pgpool.sysdb.svc.cluster.local:5432",
      name: "grafana",
      user: "grafana",
      ssl_mode: "disable",
      max_open_conn: 10,
      max_idle_conn: 2,
      conn_max_lifetime: 600,
    });
    assert.deepEqual(at(grafana, "envValueFrom", "GF_DATABASE_PASSWORD"), {
      secretKeyRef: { name: "grafana-database", key: "password" },
    });
    assert.equal(
      at(grafana, "grafana.ini", "unified_alerting", "ha_peers"),
      "grafana-headless.monitoring.svc.cluster.local:9094",
    );
    assert.deepEqual(
      result.ledger.pools.filter(({ consumer }) => consumer === "grafana"),
      [
        {
          consumer: "grafana",
          database: "grafana",
          host: "pgsqlha-pgpool.sysdb.svc.cluster.local",
          connections: 10,
          replicas: 2,
        },
      ],
    );
  });

  it("logs people in to Grafana through the identity provider alone, by itself, with a role by group", async () => {
    const { values: own } = await withLogin({ gateway: true, identityProvider: true });
    const ini = at(own, "grafana", "grafana.ini");
    assert.equal(at(ini, "auth", "disable_login_form"), true);
    const oauth = at(ini, "auth.generic_oauth") as Json;
    assert.deepEqual(
      [oauth["auto_login"], oauth["client_id"], oauth["auth_url"], oauth["token_url"], oauth["role_attribute_strict"]],
      [true, "grafana", "https://auth.example.org/auth", "http://keycloak.auth.svc/token", true],
    );
    assert.deepEqual(at(own, "grafana", "envValueFrom", "GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET"), {
      secretKeyRef: { name: "grafana-oidc", key: "client-secret" },
    });
    assert.equal(at(ini, "server", "root_url"), "https://grafana.example.org/");
    const alone = await withLogin({});
    assert.equal(at(alone.values, "grafana", "grafana.ini", "auth", "disable_login_form"), false);
    assert.equal(at(alone.values, "grafana", "grafana.ini", "auth.generic_oauth"), undefined);
  });

  it("gives roles by group, and looks on to everybody else", () => {
    assert.equal(rolePath({ adminGroups: [], editorGroups: [] }, "groups"), "'Viewer'");
    assert.equal(
      rolePath({ adminGroups: ["a", "b"], editorGroups: ["c d"] }, "groups"),
      "(contains(groups || `[]`, 'a') || contains(groups || `[]`, 'b')) && 'Admin' || " +
        "(contains(groups || `[]`, 'c d')) && 'Editor' || 'Viewer'",
    );
  });

  it("shows logs by a plugin of an exact version, as a user who may read them alone, and fetches nothing else", async () => {
    const stack = stackNamed("grafana-logs");
    const { values: own, resources, result } = await values(stack);
    const grafana = at(own, "grafana");
    assert.deepEqual(at(grafana, "plugins"), ["grafana-opensearch-datasource@2.34.2"]);
    assert.deepEqual(at(grafana, "grafana.ini", "plugins"), {
      disable_plugins:
        "grafana-advisor-app,grafana-exploretraces-app,grafana-lokiexplore-app,grafana-metricsdrilldown-app,grafana-pyroscope-app",
      preinstall_auto_update: false,
      preinstall_disabled: false,
    });
    assert.deepEqual(at(grafana, "envValueFrom", "LOGS_PASSWORD"), {
      secretKeyRef: { name: "logs-reader", key: "password" },
    });
    assert.ok(at(grafana, "envValueFrom", "GF_DATABASE_PASSWORD"));
    const sources = at(grafana, "datasources", "datasources.yaml", "datasources") as Json[];
    const logs = sources.filter(({ type }) => type === "grafana-opensearch-datasource");
    assert.deepEqual(
      logs.map(({ name, uid, url, basicAuthUser, jsonData }) => [
        name,
        uid,
        url,
        basicAuthUser,
        at(jsonData, "database"),
      ]),
      [
        [
          "System logs (system)",
          "logs-system",
          "https://opensearch.logging.svc.cluster.local:9200",
          "reader",
          "system_*",
        ],
        [
          "Processing logs (ewoc)",
          "logs-ewoc",
          "https://opensearch.logging.svc.cluster.local:9200",
          "reader",
          "ewoc_*",
        ],
      ],
    );
    assert.deepEqual(at(logs[0], "secureJsonData"), {
      basicAuthPassword: "$__env{LOGS_PASSWORD}",
      tlsCACert: "$__file{/etc/grafana/logs-authority/ca.crt}",
    });
    const objects = plannedObjects(resources);
    const inMonitoring = (kind: string, name: string) =>
      objects.some((one) => one.kind === kind && one.name === name && one.namespace === "monitoring");
    assert.ok(inMonitoring("Secret", "logs-reader") && inMonitoring("ConfigMap", "logs-authority"));
    const release = resources.find(({ name }) => name === "monitoring-release");
    assert.ok(release?.dependencies.some((urn) => urn.endsWith("logging-search-security-job")));
    assert.deepEqual(
      result.ledger.edges.filter(({ purpose }) => purpose === "reads logs").map(({ from, ports }) => [from, ports]),
      [[{ kind: "pods", namespace: "monitoring", labels: grafanaLabels }, [9200]]],
    );
    // Where it comes from: an address of one's own, at its own port.
    const mirrored = await recordStack({
      ...stack,
      set: [
        "monitoring.grafana.logs={enabled: true, pluginUrl: 'http://mirror.example.org:8081/p.zip', cidrs: [10.1.0.0/16]}",
      ],
    });
    assert.deepEqual(
      mirrored.result.ledger.edges
        .filter(({ purpose }) => purpose === "Grafana's plugin for logs")
        .map(({ to, ports }) => [to, ports]),
      [[{ kind: "outside", cidrs: ["10.1.0.0/16"] }, [8081]]],
    );
    const without = await values(prod);
    assert.equal(at(without.values, "grafana", "plugins"), undefined);
    assert.equal(at(without.values, "grafana", "grafana.ini", "plugins", "preinstall_disabled"), true);
  });
});
