import assert from "node:assert/strict";
import { retentionSize } from "../../components/monitoring/stack-values.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { at, values, withLogin } from "./alone.ts";

const dev = stackNamed("dev");
const prod = stackNamed("prod");

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

  it("W30: is nothing where it is off", async () => {
    const off = stackNamed("no-monitors");
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
          "backup",
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
        ["backup", "monitoring", "platform", "postgresql"],
      ],
    ] as const) {
      const { resources } = await recordStack(stack);
      const rules = plannedObjects(resources).filter(
        ({ kind, name }) => kind === "PrometheusRule" && name !== "backup-sizes",
      );
      assert.deepEqual(
        rules.map(({ name }) => name).sort(),
        components.map((component) => `groundplan-${component}`),
      );
      assert.match(JSON.stringify(rules), /sysdb/);
    }
  });

  it("reaches nodes in their address range only, at the ports of the parts that are offered", async () => {
    const { ledger } = await withLogin({});
    const [nodes] = ledger.edges.filter(({ purpose }) => purpose.startsWith("metrics of nodes"));
    assert.deepEqual(nodes?.to, { kind: "outside", cidrs: ["10.0.0.0/16"], nodes: true });
    assert.deepEqual(nodes?.ports, [9100, 10250, 2381]);
  });

  it("leaves a fifth of a claim to the log and compactions", () => {
    assert.equal(retentionSize("50Gi"), "40960MB");
    assert.equal(retentionSize("1Ti"), "838860MB");
  });
});
