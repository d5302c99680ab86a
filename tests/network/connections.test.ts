import assert from "node:assert/strict";
import { recordStack, stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { allows } from "./evaluator.ts";
import type { Endpoint, Pod } from "./evaluator.ts";
import { networkOf } from "./network.ts";

const prod = stackNamed("prod");
const stack: TestStack = {
  ...prod,
  set: [
    `namespaces=${JSON.stringify({
      shop: {
        connections: [
          { kind: "within", labels: { app: "shop" }, ports: [8080], purpose: "the pages ask the shop" },
          {
            kind: "namespace",
            namespace: "stock",
            labels: { app: "shop" },
            otherLabels: { app: "stock" },
            ports: [9000],
            purpose: "the shop reads its stock",
          },
          { kind: "namespace", direction: "from", namespace: "stock", ports: [514], protocol: "UDP", purpose: "news" },
          { kind: "apiServer", labels: { app: "shop" }, purpose: "the shop watches its Jobs" },
          { kind: "outside", labels: { app: "shop" }, cidrs: ["192.0.2.0/24"], ports: [443], purpose: "payments" },
          { kind: "outside", direction: "from", labels: { app: "shop" }, ports: [8443], purpose: "partners" },
        ],
      },
      stock: {},
    })}`,
    "cluster.apiServerCidrs=[198.51.100.0/28]",
  ],
};

const pod = (namespace: string, app: string, ip: string): Pod => ({ namespace, name: app, labels: { app }, ip });
const shop = pod("shop", "shop", "10.9.0.1");
const pages = pod("shop", "pages", "10.9.0.2");
const stock = pod("stock", "stock", "10.9.1.1");
const other = pod("stock", "other", "10.9.1.2");
const alien = pod("alien", "shop", "10.9.2.1");
const bank: Endpoint = { ip: "192.0.2.7" };
const internet: Endpoint = { ip: "203.0.113.1" };
const apiServer: Endpoint = { ip: "198.51.100.1" };

describe("connections of applications", function () {
  this.timeout(60_000);

  const packets: readonly [what: string, Endpoint, Endpoint, number, "TCP" | "UDP", boolean][] = [
    ["within the namespace", pages, shop, 8080, "TCP", true],
    ["within the namespace, to other pods", shop, pages, 8080, "TCP", false],
    ["within the namespace, at another port", pages, shop, 8081, "TCP", false],
    ["to another namespace", shop, stock, 9000, "TCP", true],
    ["to other pods there", shop, other, 9000, "TCP", false],
    ["from other pods", pages, stock, 9000, "TCP", false],
    ["in the other direction", stock, shop, 9000, "TCP", false],
    ["from another namespace", other, pages, 514, "UDP", true],
    ["from another namespace, by the other protocol", other, pages, 514, "TCP", false],
    ["from a namespace that is not named", alien, shop, 8080, "TCP", false],
    ["to the API server", shop, apiServer, 6443, "TCP", true],
    ["to the API server, from other pods", pages, apiServer, 6443, "TCP", false],
    ["to addresses outside", shop, bank, 443, "TCP", true],
    ["to other addresses", shop, internet, 443, "TCP", false],
    ["from outside", internet, shop, 8443, "TCP", true],
    ["from outside, to other pods", internet, pages, 8443, "TCP", false],
  ];
  for (const [what, from, to, port, protocol, passes] of packets)
    it(`${passes ? "pass" : "are denied"} ${what}`, async () => {
      const { cluster } = await networkOf(stack);
      assert.equal(allows(cluster, { from, to, port, protocol }), passes);
    });

  it("are in the ledger with their purposes", async () => {
    const { ledger } = (await recordStack(stack)).result;
    for (const purpose of ["the pages ask the shop", "news", "payments", "partners", "the shop watches its Jobs"])
      assert.ok(
        ledger.edges.some((edge) => edge.purpose === purpose),
        purpose,
      );
  });

  it("W20: let WorldCereal's processing send its logs to Graylog", async () => {
    const { cluster } = await networkOf(stackNamed("worldcereal"));
    const labels = { "app.kubernetes.io/instance": "graylog", "app.kubernetes.io/name": "graylog" };
    const graylog: Pod = { namespace: "logging", name: "graylog", labels, ip: "10.9.4.1" };
    const from = pod("argo", "workflow", "10.9.3.1");
    assert.ok(allows(cluster, { from, to: graylog, port: 32514, protocol: "UDP" }));
    assert.ok(!allows(cluster, { from: { ...from, namespace: "rdm" }, to: graylog, port: 32514, protocol: "UDP" }));
    // Of its modules, those that are declared to send.
    const module = (namespace: string, name: string): Pod => ({
      ...from,
      namespace,
      labels: { "app.kubernetes.io/name": name, "app.kubernetes.io/component": "application" },
    });
    const sends = (one: Pod) => allows(cluster, { from: one, to: graylog, port: 32514, protocol: "UDP" });
    assert.deepEqual(
      [module("rdm", "rdmapi"), module("vdm", "be"), module("rdm", "rdmui-nginx"), module("vdm", "rdmapi")].map(sends),
      [true, true, false, false],
    );
  });

  it("W27: lead WCTiler to its database and to MapServer, and nobody else there", async () => {
    const { cluster } = await networkOf(stackNamed("worldcereal"));
    const of = (name: string, ip: string): Pod => ({
      ...{ namespace: "wctiler", name, ip },
      labels: { "app.kubernetes.io/name": name, "app.kubernetes.io/component": "application" },
    });
    const [wctiler, mapserver] = [of("wctiler", "10.9.5.1"), of("mapserver", "10.9.5.2")];
    const pgpool: Pod = {
      ...{ namespace: "sysdb", name: "pgpool", ip: "10.9.5.3" },
      labels: {
        "app.kubernetes.io/component": "pgpool",
        "app.kubernetes.io/instance": "pgsqlha",
        "app.kubernetes.io/name": "postgresql-ha",
      },
    };
    assert.ok(allows(cluster, { from: wctiler, to: pgpool, port: 5432 }));
    assert.ok(allows(cluster, { from: wctiler, to: mapserver, port: 8080 }));
    assert.ok(!allows(cluster, { from: mapserver, to: pgpool, port: 5432 }));
    assert.ok(!allows(cluster, { from: mapserver, to: wctiler, port: 8080 }));
  });
});
