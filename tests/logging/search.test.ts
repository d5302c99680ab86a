import assert from "node:assert/strict";
import { plannedReleases } from "../../plan/objects.ts";
import { named } from "../stacks.ts";
import { alone, before, measured, valuesOf } from "./alone.ts";

describe("the search cluster of logging, and what measures it", () => {
  it("W19, D11: OpenSearch has a heap of half its limit, TLS everywhere and no demonstration's certificates", async () => {
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
});
