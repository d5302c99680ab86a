import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import type { ExposureRequest, Gateway, IdentityProvider, OidcClientRequest } from "../../components/kit/bindings.ts";
import { Logging } from "../../components/logging/logging.ts";
import type { LoggingArgs } from "../../components/logging/logging.ts";
import { plannedReleases } from "../../plan/objects.ts";
import type { Recorded } from "../../plan/recorder.ts";
import { sums } from "../../plan/sums.ts";
import { loggingArgs } from "../../stacks/platform/logging.ts";
import { loadSettings } from "../../stacks/settings/load.ts";
import { made } from "../kit/environment.ts";
import { named, recordStack, stacks } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const [dev, prod] = stacks as readonly [TestStack, TestStack];

/** The component where Prometheus' kinds exist. */
function measured(settings: object) {
  return alone(settings, undefined, () => new RandomPassword("logging-definitions", { length: 8 }));
}

/** The component alone, with settings of a profile. */
function alone(
  settings: object,
  entrance?: LoggingArgs["entrance"],
  definitions?: () => pulumi.Resource,
  reader?: LoggingArgs["reader"],
) {
  const values = {
    "groundplan:domain": "example.org",
    "groundplan:cluster": { context: "kind" },
    "groundplan:profile": "prod",
    "groundplan:logging": { enabled: true, ...settings },
    ...(JSON.stringify(settings).includes("search-hosts") ? { "secrets:search-hosts": "https://u:p@search:9200" } : {}),
  };
  return made((environment) => {
    const loaded = loadSettings(
      {
        values: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, text(value)])),
        secretKeys: new Set(["secrets:search-hosts"]),
      },
      "test",
    );
    new Logging(environment, { ...loggingArgs(loaded, { ...entrance, serviceMonitors: definitions?.() }), reader }, {});
  });
}

const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

function valuesOf(resources: readonly Recorded[], chart: string): Record<string, never> {
  const found = plannedReleases(resources).find((release) => release.chart === chart);
  assert.ok(found, `no release of ${chart}`);
  return found.values as Record<string, never>;
}

const before = (resources: readonly Recorded[], name: string) =>
  named(resources, name).dependencies.map((urn) => urn.split("::").at(-1));

describe("logging", () => {
  it("W17: Graylog in prod is three nodes with a leader by ordinal, a journal on a claim, and existing secrets", async () => {
    const { resources } = await recordStack(prod);
    const { graylog } = valuesOf(resources, "graylog") as unknown as { graylog: Record<string, unknown> };
    assert.deepEqual(
      ["replicas", "heapSize", "rootUsername", "existingRootSecret"].map((key) => graylog[key]),
      [3, "2048m", "admin", "graylog-root"],
    );
    assert.deepEqual(graylog["journal"], { maxSize: "10240mb" });
    assert.deepEqual(graylog["options"], {
      inputbufferProcessors: 2,
      processbufferProcessors: 5,
      outputbufferProcessors: 3,
    });
    assert.equal((graylog["persistence"] as Record<string, unknown>)["size"], "20Gi");
    assert.deepEqual(graylog["envRaw"], [
      { name: "GRAYLOG_MONGODB_URI", valueFrom: { secretKeyRef: { name: "mongodb-access", key: "uri" } } },
      { name: "GRAYLOG_ELASTICSEARCH_HOSTS", valueFrom: { secretKeyRef: { name: "search-access", key: "uri" } } },
    ]);
  });

  it("W18: MongoDB's connection string names every member, and stands in a Secret of Graylog's namespace", async () => {
    const { objects } = await alone({});
    const access = objects.find(({ kind, name }) => kind === "Secret" && name === "mongodb-access");
    const { uri } = access?.manifest["stringData"] as { uri: string };
    const hosts = [0, 1, 2].map(
      (index) => `graylog-mongodb-${index}.graylog-mongodb-svc.logging.svc.cluster.local:27017`,
    );
    const [, password] = /^mongodb:\/\/graylog:([^@]+)@/.exec(uri) ?? [];
    assert.equal(
      uri,
      `mongodb://graylog:${password}@${hosts.join(",")}/graylog?replicaSet=graylog-mongodb&authSource=graylog`,
    );
    const user = objects.find(({ name }) => name === "graylog-mongodb-user");
    assert.deepEqual(user?.manifest["stringData"], { password });
  });

  it("W19: OpenSearch has a heap of half its limit, TLS everywhere and no demonstration's certificates", async () => {
    const { resources, objects } = await alone({});
    const values = valuesOf(resources, "opensearch") as unknown as Record<string, unknown>;
    assert.equal(values["opensearchJavaOpts"], "-Xms2048m -Xmx2048m");
    assert.deepEqual(values["extraEnvs"], [{ name: "DISABLE_INSTALL_DEMO_CONFIG", value: "true" }]);
    const configuration = (values["config"] as Record<string, string>)["opensearch.yml"] ?? "";
    assert.match(configuration, /plugins\.security\.ssl\.http\.enabled: true/);
    assert.match(configuration, /plugins\.security\.nodes_dn: \["CN=opensearch-node"\]/);
    assert.doesNotMatch(configuration, /allow_mmap/);
    const request = named(resources, "logging-search-node-request").inputs as { dnsNames: string[] };
    assert.ok(request.dnsNames.includes("opensearch.logging.svc.cluster.local"));
    const users = objects.find(({ name }) => name === "opensearch-security")?.manifest["stringData"] as Record<
      string,
      string
    >;
    assert.match(users["internal_users.yml"] ?? "", /"graylog": \{\s+"hash": "made-up-\w+-bcrypt"/);
    const files = ["action_groups", "config", "internal_users", "nodes_dn", "roles", "roles_mapping", "tenants"];
    assert.deepEqual(
      Object.keys(users).sort(),
      files.map((name) => `${name}.yml`),
    );
  });

  it("offers metrics of all that it has, to a Prometheus that logs in as somebody who may do nothing else", async () => {
    const { resources, objects, ledger } = await measured({});
    const monitors = objects.filter(({ kind }) => kind === "PodMonitor" || kind === "ServiceMonitor");
    assert.deepEqual(
      monitors.map(({ kind, name, manifest }) => [kind, name, manifest["spec"]]),
      [
        [
          "PodMonitor",
          "opensearch-exporter",
          {
            selector: {
              matchLabels: {
                "app.kubernetes.io/component": "opensearch-exporter",
                "app.kubernetes.io/name": "graylog",
              },
            },
            podMetricsEndpoints: [{ port: "metrics", interval: "1m", scrapeTimeout: "30s" }],
          },
        ],
        [
          "ServiceMonitor",
          "graylog-mongodb",
          {
            selector: { matchLabels: { app: "graylog-mongodb-svc" } },
            endpoints: [
              {
                port: "prometheus",
                basicAuth: {
                  username: { name: "graylog-mongodb-metrics", key: "username" },
                  password: { name: "graylog-mongodb-metrics", key: "password" },
                },
              },
            ],
          },
        ],
      ],
    );
    const mongodb = objects.find(({ kind }) => kind === "MongoDBCommunity");
    assert.deepEqual((mongodb?.manifest["spec"] as { prometheus?: object }).prometheus, {
      port: 9216,
      username: "prometheus",
      passwordSecretRef: { name: "graylog-mongodb-metrics", key: "password" },
    });
    for (const [later, sooner] of [
      ["logging-mongodb-monitor", "logging-definitions"],
      ["logging-search-monitor", "logging-definitions"],
      ["logging-mongodb", "logging-mongodb-metrics-secret"],
      ["logging-opensearch-exporter", "logging-search-security-job"],
    ] as const)
      assert.ok(before(resources, later).includes(sooner), `${later} after ${sooner}`);
    const files = objects.find(({ name }) => name === "opensearch-security")?.manifest["stringData"] as Record<
      string,
      string
    >;
    const parsed = (name: string) => JSON.parse(files[name] ?? "") as Record<string, Record<string, unknown>>;
    assert.deepEqual(parsed("roles.yml")["metrics"], {
      reserved: true,
      description: "The exporter of metrics",
      cluster_permissions: ["cluster_monitor"],
    });
    assert.equal(parsed("roles.yml")["reader"], undefined);
    assert.deepEqual(parsed("roles_mapping.yml"), {
      _meta: { type: "rolesmapping", config_version: 2 },
      all_access: { reserved: true, users: ["graylog"] },
      metrics: { reserved: true, users: ["metrics"] },
    });
    const { graylog, metrics } = parsed("internal_users.yml");
    assert.notEqual(graylog?.["hash"], metrics?.["hash"]);
    const read = ledger.edges.filter(({ from, purpose }) => purpose === "metrics" && from.kind === "pods");
    assert.deepEqual(read.map(({ ports }) => ports[0]).sort(), [2020, 9114, 9216, 9833].sort());
    const names = ledger.credentials.map(({ name }) => name);
    for (const name of ["mongodb-metrics", "opensearch-metrics"]) assert.ok(names.includes(name), name);
  });

  it("lets somebody else read the indices of its index sets, and nothing more", async () => {
    const { objects, ledger } = await alone({}, undefined, undefined, { namespace: "monitoring", labels: { a: "b" } });
    const files = objects.find(({ name }) => name === "opensearch-security")?.manifest["stringData"] as Record<
      string,
      string
    >;
    const { reader } = JSON.parse(files["roles.yml"] ?? "") as Record<string, unknown>;
    assert.deepEqual(reader, {
      reserved: true,
      description: "Reads logs",
      cluster_permissions: ["cluster_composite_ops_ro", "cluster:monitor/main"],
      index_permissions: [
        {
          index_patterns: ["system_*", "ewoc_*"],
          allowed_actions: ["read", "indices:admin/get*", "indices:admin/mappings/get*"],
        },
      ],
    });
    const place = ({ name, namespace }: { name: string; namespace?: string }) => `${namespace}/${name}`;
    assert.deepEqual(objects.filter(({ namespace }) => namespace === "monitoring").map(place), [
      "monitoring/logs-authority",
      "monitoring/logs-reader",
    ]);
    assert.equal(ledger.edges.filter(({ purpose }) => purpose === "reads logs").length, 1);
    const job = (from: typeof objects) => from.find(({ name }) => name.startsWith("opensearch-security-"))?.name;
    // Another index set is one more that may be read: the Job has to say so.
    const sets = [
      { title: "A", prefix: "a", maxSize: "1Gi", keep: 1 },
      { title: "System", prefix: "system", maxSize: "1Gi", keep: 1 },
    ];
    const content = { indexSets: sets, defaultIndexSet: "system", streams: [] };
    const other = await alone({ graylog: content }, undefined, undefined, { namespace: "monitoring", labels: {} });
    assert.notEqual(job(objects), job(other.objects));
  });

  it("has nobody to read metrics where no kind ServiceMonitor exists", async () => {
    const { objects, ledger } = await alone({});
    assert.deepEqual(
      objects.filter(({ name }) => /metrics|exporter/.test(name)).map(({ name }) => name),
      [],
    );
    const mongodb = objects.find(({ kind }) => kind === "MongoDBCommunity");
    assert.equal("prometheus" in (mongodb?.manifest["spec"] as object), false);
    assert.deepEqual(
      ledger.edges.filter(({ purpose }) => purpose === "metrics"),
      [],
    );
  });

  it("starts in order: stores, users of OpenSearch, Graylog, its content, the collector", async () => {
    const { resources } = await alone({});
    for (const [later, sooner] of [
      ["logging-mongodb", "logging-mongodb-operator"],
      ["logging-search-security-job", "logging-search"],
      ["logging-graylog", "logging-search-security-job"],
      ["logging-graylog", "logging-mongodb"],
      ["logging-configuration-job", "logging-graylog"],
      ["logging-collector", "logging-configuration-job"],
    ] as const)
      assert.ok(before(resources, later).includes(sooner), `${later} after ${sooner}`);
  });

  it("D10: keeps what holds data when it is taken out in prod", async () => {
    const { resources } = await recordStack(prod);
    for (const name of ["logging-mongodb", "logging-search", "logging-graylog"])
      assert.equal(named(resources, name).protect, true, name);
  });

  it("W20: carries its content to the Job, and runs it again when that changes alone", async () => {
    const { objects } = await alone({});
    const content = objects.find(({ kind, name }) => kind === "ConfigMap" && name === "graylog-configuration");
    const desired = JSON.parse((content?.manifest["data"] as Record<string, string>)["configuration.json"] ?? "") as {
      inputs: { title: string; configuration: { port: number; recv_buffer_size: number }; staticFields: object }[];
      indexSets: { prefix: string; maxSize: number; keep: number; default: boolean }[];
      streams: { title: string; matching: string; removeFromDefault: boolean }[];
      userHeader: string | null;
    };
    assert.deepEqual(
      desired.inputs.map(({ title, configuration, staticFields }) => [title, configuration.port, staticFields]),
      [
        ["System Logs (Nodes)", 30514, { input_src: "system-hosts" }],
        ["System Logs (Pods)", 31514, { input_src: "system-k8s" }],
        ["Processing Logs", 32514, { input_src: "ewoc" }],
        ["System Logs (GELF)", 12201, {}],
      ],
    );
    assert.equal(desired.inputs[0]?.configuration.recv_buffer_size, 2_621_440);
    assert.deepEqual(
      desired.indexSets.map(({ prefix, maxSize, keep, default: first }) => [prefix, maxSize / 2 ** 30, keep, first]),
      [
        ["system", 1, 10, true],
        ["ewoc", 10, 10, false],
      ],
    );
    assert.deepEqual(
      desired.streams.map(({ title, matching, removeFromDefault }) => [title, matching, removeFromDefault]),
      [
        ["System Logs", "OR", true],
        ["Processing Logs", "AND", true],
      ],
    );
    assert.equal(desired.userHeader, null);
    const job = (from: typeof objects) =>
      from.find(({ kind, name }) => kind === "Job" && name.startsWith("graylog-"))?.name;
    const other = await alone({ graylog: { defaultIndexSet: "ewoc" } });
    assert.notEqual(job(objects), job(other.objects));
    assert.equal(job(objects), job((await alone({ mongodb: { storage: "9Gi" } })).objects));
  });

  it("opens inputs to senders outside the cluster at ports of its nodes, and leaves the others closed", async () => {
    const inputs = [
      { title: "Racks", kind: "syslog-udp", port: 5140, nodePort: 30514, allowFrom: ["10.9.0.0/16"] },
      { title: "Pods", kind: "gelf-tcp", port: 12201 },
      { title: "Sites", kind: "gelf-tcp", port: 12202, nodePort: 32202 },
    ];
    const { objects, ledger } = await alone({ graylog: { inputs } });
    const service = objects.find(({ kind, name }) => kind === "Service" && name === "graylog-outside");
    const { type, externalTrafficPolicy, ports } = service?.manifest["spec"] as Record<string, unknown>;
    assert.deepEqual([type, externalTrafficPolicy], ["NodePort", "Local"]);
    assert.deepEqual(ports, [
      { name: "in-5140", port: 5140, targetPort: 5140, nodePort: 30514, protocol: "UDP" },
      { name: "in-12202", port: 12202, targetPort: 12202, nodePort: 32202, protocol: "TCP" },
    ]);
    assert.deepEqual(
      ledger.edges
        .filter(({ from }) => from.kind === "outside")
        .map(({ from, ports: to, protocol }) => [from, to, protocol]),
      [
        [{ kind: "outside", cidrs: ["10.9.0.0/16"] }, [5140], "UDP"],
        [{ kind: "outside" }, [12202], "TCP"],
      ],
    );
    assert.equal(
      (await alone({})).objects.some(({ name }) => name === "graylog-outside"),
      false,
    );
  });

  it("uses a search cluster that exists, without one of its own", async () => {
    const { resources, ledger } = await alone({
      search: { kind: "external", external: { hostsSecret: "search-hosts", port: 9243, cidrs: ["10.1.0.0/16"] } },
    });
    assert.deepEqual(
      plannedReleases(resources).map(({ chart }) => chart),
      ["fluent-bit", "graylog", "mongodb-kubernetes"],
    );
    const outward = ledger.edges.filter(({ to }) => to.kind === "outside");
    assert.deepEqual(
      outward.map(({ to, ports }) => [to, ports]),
      [[{ kind: "outside", cidrs: ["10.1.0.0/16"] }, [9243]]],
    );
    assert.equal(
      ledger.credentials.some(({ name }) => name === "graylog-search"),
      false,
    );
  });

  it("says where Pod Security is less than restricted, and why", async () => {
    const levels = async (settings: object) =>
      (await alone(settings)).ledger.exemptions.map(({ namespace, level }) => [namespace, level]);
    assert.deepEqual(await levels({}), [
      ["log-collector", "privileged"],
      ["logging", "baseline"],
    ]);
    assert.deepEqual(await levels({ search: { mapCount: "init" }, collector: { enabled: false } }), [
      ["logging", "privileged"],
    ]);
  });

  it("lets people in at the gateway under their own name, where there is one", async () => {
    const exposed: ExposureRequest[] = [];
    const clients: OidcClientRequest[] = [];
    const entrance = () => {
      const ready = new pulumi.ComponentResource("test:Ready", `ready-${exposed.length}`);
      const gateway: Gateway = {
        expose: (request) => {
          exposed.push(request);
          return { host: "graylog.example.org", url: "https://graylog.example.org", ready };
        },
        loginRedirectUri: (host) => `https://${host}/callback`,
        peer: { kind: "pods", namespace: "gateway" },
      };
      const identity: IdentityProvider = {
        client: (request) => {
          clients.push(request);
          return { clientId: request.name, role: "graylog_role", ready } as unknown as ReturnType<
            IdentityProvider["client"]
          >;
        },
      };
      return { gateway, identity };
    };
    const { resources, objects } = await made((environment) => {
      const settings = loadSettings(
        {
          values: {
            "groundplan:domain": "example.org",
            "groundplan:cluster": '{"context":"kind"}',
            "groundplan:logging":
              '{"enabled":true,"graylog":{"groups":[{"group":"ops","role":"Admin"}],"otherwise":"none"}}',
          },
          secretKeys: new Set(),
        },
        "test",
      );
      new Logging(environment, loggingArgs(settings, entrance()), {});
    });
    assert.deepEqual(clients, [
      {
        name: "graylog",
        realmRoles: ["admin"],
        consumer: { namespace: "logging" },
        redirectUris: ["https://graylog.example.org/callback"],
      },
    ]);
    assert.deepEqual(
      exposed.map(({ host, service, login }) => [
        host,
        service.name,
        service.targetPort,
        login?.client.clientId,
        login?.removeAuthorization,
      ]),
      [["graylog", "graylog-entrance", 8080, "graylog", true]],
    );
    const { graylog } = valuesOf(resources, "graylog") as unknown as {
      graylog: {
        trustedProxies: string;
        externalUri: string;
        sidecarContainers: { name: string; env: { name: string; value?: string }[] }[];
      };
    };
    // No address but the pod's own may say who a user is.
    assert.deepEqual([graylog.trustedProxies, graylog.externalUri], ["127.0.0.1/32", "https://graylog.example.org"]);
    const [sidecar] = graylog.sidecarContainers;
    const told = JSON.parse(sidecar?.env.find(({ name }) => name === "LOGIN")?.value ?? "") as Record<string, unknown>;
    assert.deepEqual([told["roles"], told["otherwise"]], [[{ group: "ops", role: "Admin" }], null]);
    const content = objects.find(({ kind, name }) => kind === "ConfigMap" && name === "graylog-configuration");
    assert.match(JSON.stringify(content?.manifest), /\\"userHeader\\": \\"Remote-User\\"/);
  });

  it("fits a laptop in dev, with everything else", async () => {
    const { cpu, memory } = sums((await recordStack(dev)).result.ledger.podGroups);
    assert.ok(cpu <= 4000 && memory <= 12 * 2 ** 30, `${cpu}m, ${memory} bytes`);
  });
});
