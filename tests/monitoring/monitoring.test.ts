import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { ExposureRequest, Gateway, IdentityProvider, OidcClientRequest } from "../../components/kit/bindings.ts";
import type { Environment } from "../../components/kit/environment.ts";
import { secret } from "../../components/kit/secret.ts";
import { grafanaLabels, rolePath } from "../../components/monitoring/grafana.ts";
import { Monitoring } from "../../components/monitoring/monitoring.ts";
import { monitoringWatched } from "../../components/monitoring/watched.ts";
import { retentionSize } from "../../components/monitoring/stack-values.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { Empty, made } from "../kit/environment.ts";
import { recordStack, stacks, variants } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const [dev, prod] = stacks as readonly [TestStack, TestStack];

type Json = Record<string, unknown>;
const at = (value: unknown, ...path: string[]) =>
  path.reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);

async function values(stack: TestStack) {
  const { resources, result } = await recordStack(stack);
  const release = plannedReleases(resources).find(({ chart }) => chart === "kube-prometheus-stack");
  assert.ok(release);
  return { values: release.values, resources, result };
}

/** The component with a gateway and an identity provider that remember what they are asked. */
async function withLogin(pair: { gateway?: boolean; identityProvider?: boolean }) {
  const exposed: ExposureRequest[] = [];
  const clients: OidcClientRequest[] = [];
  const { resources, ledger } = await made((environment: Environment) => {
    const others = new Empty(environment, "others");
    const url = (path: string) => `https://auth.example.org/${path}`;
    const inside = (path: string) => `http://keycloak.auth.svc/${path}`;
    const gateway: Gateway = {
      expose: (request) => {
        exposed.push(request);
        return { host: `${request.host}.example.org`, url: `https://${request.host}.example.org`, ready: others };
      },
      loginRedirectUri: (host) => `https://${host}.example.org/oauth/callback`,
      peer: { kind: "pods", namespace: "gateway" },
    };
    const identityProvider: IdentityProvider = {
      client: (request) => {
        clients.push(request);
        const { name, consumer } = request;
        const place = { name: `${name}-oidc`, namespace: consumer.namespace };
        const own = secret(others, `${name}-oidc`, place, { "client-secret": "s" });
        return {
          clientId: name,
          clientSecret: { secret: own, key: "client-secret" },
          realm: "platform",
          groupsClaim: "groups",
          issuer: url("realms/platform"),
          authorizationUrl: url("auth"),
          logoutUrl: url("logout"),
          discoveryUrl: url("discovery"),
          tokenUrl: url("token"),
          userInfoUrl: url("userinfo"),
          introspectionUrl: url("introspect"),
          jwksUrl: url("jwks"),
          inCluster: {
            discoveryUrl: inside("discovery"),
            tokenUrl: inside("token"),
            userInfoUrl: inside("userinfo"),
            introspectionUrl: inside("introspect"),
            jwksUrl: inside("jwks"),
          },
          role: `${name}_role`,
          ready: others,
        };
      },
    };
    const password = secret(
      others,
      "database",
      { name: "grafana-database", namespace: "monitoring" },
      { password: "p" },
    );
    new Monitoring(
      environment,
      {
        namespace: "monitoring",
        nodesNamespace: "monitoring-nodes",
        nodeCidrs: ["10.0.0.0/16"],
        controlPlane: ["etcd"],
        externalLabels: { region: "x" },
        hosts: { prometheus: "prometheus", alertmanager: "alertmanager", grafana: "grafana" },
        namespaces: ["monitoring"],
        watched: [monitoringWatched("monitoring")],
        secrets: { "chat-url": pulumi.secret("https://hooks.example.org/secret") },
        definitions: others,
        database: {
          host: "pg.example.org",
          port: 5432,
          database: "grafana",
          username: "grafana",
          password: { secret: password, key: "password" },
          ready: others,
        },
        prometheus: {
          replicas: 2,
          retention: "15d",
          scrapeInterval: "30s",
          storage: "10Gi",
          resources: { cpu: "100m", memory: "1Gi", memoryLimit: "2Gi" },
        },
        alertmanager: {
          replicas: 2,
          storage: "1Gi",
          receiver: "chat",
          receivers: [{ name: "chat", kind: "slack", channel: "#a", urlSecret: "chat-url", sendResolved: true }],
          routes: [],
        },
        grafana: {
          replicas: 2,
          resources: { cpu: "100m", memory: "256Mi", memoryLimit: "512Mi" },
          adminGroups: ["admins"],
          editorGroups: [],
          loginForm: false,
          logs: { pluginVersion: "2.34.2", cidrs: ["0.0.0.0/0"] },
        },
        gateway: pair.gateway === true ? gateway : undefined,
        identityProvider: pair.identityProvider === true ? identityProvider : undefined,
      },
      {},
    );
  });
  const [release] = plannedReleases(resources);
  return {
    exposed,
    clients,
    ledger,
    values: release?.values,
    objects: plannedObjects(resources, ({ value }) => value),
  };
}

describe("monitoring", () => {
  it("W22: two Prometheus and two Alertmanager apart in prod, with claims; one of each in dev", async () => {
    for (const [stack, replicas, affinity, storage] of [
      [prod, 2, "hard", "50Gi"],
      [dev, 1, "soft", "5Gi"],
    ] as const) {
      const { values: own } = await values(stack);
      const spec = at(own, "prometheus", "prometheusSpec");
      assert.deepEqual([at(spec, "replicas"), at(spec, "podAntiAffinity")], [replicas, affinity]);
      assert.equal(at(spec, "storageSpec", "volumeClaimTemplate", "spec", "resources", "requests", "storage"), storage);
      assert.deepEqual(at(spec, "externalLabels"), { cluster: stack.name });
      for (const kind of ["serviceMonitor", "podMonitor", "rule", "probe", "scrapeConfig"])
        assert.equal(at(spec, `${kind}SelectorNilUsesHelmValues`), false, kind);
      assert.equal(at(own, "alertmanager", "alertmanagerSpec", "replicas"), replicas);
      assert.deepEqual(at(own, "crds"), { enabled: false });
      for (const part of ["kubeEtcd", "kubeScheduler", "kubeControllerManager", "kubeProxy"])
        assert.deepEqual(at(own, part), { enabled: false }, part);
    }
  });

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
      [{ consumer: "grafana", host: "pgsqlha-pgpool.sysdb.svc.cluster.local", connections: 10, replicas: 2 }],
    );
  });

  it("W30: is nothing where it is off, and of a server that exists where that is chosen", async () => {
    const off = variants.find(({ name }) => name === "no-monitors") ?? prod;
    const { resources } = await recordStack(off);
    assert.deepEqual(
      plannedReleases(resources).filter(({ chart }) => chart.startsWith("kube-prometheus")),
      [],
    );
  });

  it("lets nobody into Prometheus and Alertmanager but behind a login", async () => {
    const { exposed, clients } = await withLogin({ gateway: true, identityProvider: true });
    assert.deepEqual(
      exposed.map(({ host, login, service }) => [host, login?.client.clientId, service.targetPort]),
      [
        ["grafana", undefined, 3000],
        ["prometheus", "prometheus", 9090],
        ["alertmanager", "alertmanager", 9093],
      ],
    );
    assert.deepEqual(
      clients.map(({ name, redirectUris }) => [name, redirectUris]),
      [
        ["grafana", ["https://grafana.example.org/login/generic_oauth"]],
        ["prometheus", ["https://prometheus.example.org/oauth/callback"]],
        ["alertmanager", ["https://alertmanager.example.org/oauth/callback"]],
      ],
    );
    const without = await withLogin({ gateway: true });
    assert.deepEqual(
      without.exposed.map(({ host }) => host),
      ["grafana"],
    );
    assert.deepEqual((await withLogin({ identityProvider: true })).clients, []);
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

  it("keeps the receivers' secrets beside the configuration, in a Secret that Alertmanager mounts", async () => {
    const { objects, values: own, ledger } = await withLogin({});
    const data = (name: string) =>
      objects.find((one) => one.kind === "Secret" && one.name === name)?.manifest["stringData"];
    assert.deepEqual(data("alertmanager-receivers"), { "chat-url": "https://hooks.example.org/secret" });
    assert.ok(!JSON.stringify(data("alertmanager-config")).includes("hooks.example.org"));
    assert.deepEqual(at(own, "alertmanager", "alertmanagerSpec", "secrets"), ["alertmanager-receivers"]);
    const outward = ledger.edges.filter(({ purpose }) => purpose === "alerts to receivers");
    assert.deepEqual(
      outward.map(({ ports, to }) => [ports, to]),
      [[[443], { kind: "outside" }]],
    );
  });

  it("has alerts for each component that the stack has", async () => {
    for (const [stack, components] of [
      [
        prod,
        [
          "certificates",
          "collector",
          "gateway",
          "graylog",
          "keycloak",
          "mongodb",
          "monitoring",
          "opensearch",
          "platform",
          "postgresql",
          "thanos",
        ],
      ],
      [
        {
          ...prod,
          set: [
            "logging.enabled=false",
            "monitoring={enabled: true}",
            "keycloak.enabled=false",
            "keycloak.clients=[]",
            "gateway.enabled=false",
            "certificates.enabled=false",
            "certificates.hosts=[]",
            "certificates.issuers=[]",
          ],
        },
        ["monitoring", "platform", "postgresql"],
      ],
    ] as const) {
      const { resources } = await recordStack(stack);
      const rules = plannedObjects(resources).filter(({ kind }) => kind === "PrometheusRule");
      assert.deepEqual(
        rules.map(({ name }) => name).sort(),
        components.map((component) => `groundplan-${component}`),
      );
      assert.match(JSON.stringify(rules), /sysdb/);
    }
  });

  it("W24: Thanos has a side-car beside each Prometheus, which leaves compaction to one compactor", async () => {
    const stack = variants.find(({ name }) => name === "thanos") ?? prod;
    const { values: own, resources, result } = await values(stack);
    const spec = at(own, "prometheus", "prometheusSpec");
    assert.equal(at(spec, "disableCompaction"), true);
    assert.deepEqual(at(spec, "thanos", "objectStorageConfig"), {
      existingSecret: { name: "thanos-objstore", key: "objstore.yml" },
    });
    const sidecar = (at(spec, "containers") as Json[]).find(({ name }) => name === "thanos-sidecar");
    assert.match(JSON.stringify(sidecar), /AWS_SECRET_ACCESS_KEY.*thanos-bucket/);
    const thanos = plannedReleases(resources).find(({ chart }) => chart === "thanos")?.values;
    assert.equal(at(thanos, "compactor", "replicaCount"), 1);
    assert.deepEqual(at(thanos, "receive"), { enabled: false });
    assert.deepEqual(at(thanos, "query", "endpoints", "static"), [
      "dnssrv+_grpc._tcp.kps-thanos-discovery.monitoring.svc.cluster.local",
    ]);
    const sources = at(own, "grafana", "datasources", "datasources.yaml", "datasources") as Json[];
    assert.deepEqual(
      sources.map(({ name, isDefault }) => [name, isDefault]),
      [
        ["Prometheus", false],
        ["Thanos", true],
        ["Alertmanager", false],
      ],
    );
    const writers = result.ledger.edges.filter(({ purpose }) => purpose === "bucket thanos");
    assert.equal(writers.length, 3);
  });

  it("W24: Thanos comes to a bucket of Amazon's by the role of its service accounts, without a key", async () => {
    const role = "arn:aws:iam::123456789012:role/buckets";
    const { values: own, resources } = await values({
      ...prod,
      set: [
        `buckets={kind: s3, endpoint: "https://s3.eu-west-1.amazonaws.com", region: eu-west-1, roleArn: "${role}"}`,
      ],
    });
    const annotations = { "eks.amazonaws.com/role-arn": role };
    assert.deepEqual(at(own, "prometheus", "serviceAccount", "annotations"), annotations);
    const sidecar = (at(own, "prometheus", "prometheusSpec", "containers") as Json[]).find(
      ({ name }) => name === "thanos-sidecar",
    );
    assert.deepEqual(sidecar?.["env"], []);
    const thanos = plannedReleases(resources).find(({ chart }) => chart === "thanos")?.values;
    assert.deepEqual(at(thanos, "global", "serviceAccount", "annotations"), annotations);
    assert.deepEqual(at(thanos, "compactor", "extraEnv"), []);
    assert.deepEqual(
      plannedObjects(resources).filter(({ kind, name }) => kind === "Secret" && name.endsWith("-bucket")),
      [],
    );
  });

  it("shows logs by a plugin of an exact version, as a user who may read them alone, and fetches nothing else", async () => {
    const stack = variants.find(({ name }) => name === "grafana-logs") ?? prod;
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

  it("reaches nodes in their address range only, at the ports of the parts that are offered", async () => {
    const { ledger } = await withLogin({});
    const [nodes] = ledger.edges.filter(({ purpose }) => purpose.startsWith("metrics of nodes"));
    assert.deepEqual(nodes?.to, { kind: "outside", cidrs: ["10.0.0.0/16"] });
    assert.deepEqual(nodes?.ports, [9100, 10250, 2381]);
  });

  it("leaves a fifth of a claim to the log and compactions", () => {
    assert.equal(retentionSize("50Gi"), "40960MB");
    assert.equal(retentionSize("1Ti"), "838860MB");
  });
});
