import assert from "node:assert/strict";
import type { Edge } from "../../components/kit/ledger.ts";
import { policies } from "../../components/namespaces/policies.ts";

const own = new Set(["a", "b"]);
const web = { kind: "pods", namespace: "a", labels: { "app.kubernetes.io/component": "web" } } as const;
const db = { kind: "pods", namespace: "b", labels: { "app.kubernetes.io/component": "db" } } as const;
const edge = (from: Edge["from"], to: Edge["to"], ...ports: number[]): Edge => ({ from, to, ports, purpose: "test" });

describe("network policies from edges", () => {
  it("open both ends of an edge between pods, and nothing else", () => {
    const [egress, ingress, ...rest] = policies([edge(web, db, 5432)], own, []);
    assert.deepEqual(rest, []);
    const peer = (namespace: string, component: string) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
      podSelector: { matchLabels: { "app.kubernetes.io/component": component } },
    });
    const ports = [{ port: 5432, protocol: "TCP" }];
    assert.deepEqual(egress?.spec, {
      podSelector: { matchLabels: web.labels },
      policyTypes: ["Egress"],
      egress: [{ to: [peer("b", "db")], ports }],
    });
    assert.deepEqual(ingress?.spec, {
      podSelector: { matchLabels: db.labels },
      policyTypes: ["Ingress"],
      ingress: [{ from: [peer("a", "web")], ports }],
    });
  });

  it("join consumers of one server in one rule", () => {
    const consumers = ["a", "b"].map((namespace) => edge({ kind: "pods", namespace }, db, 5432));
    const server = policies(consumers, own, []).find(({ spec }) => "ingress" in spec);
    const [rule, ...rest] = (server?.spec as { ingress: { from: unknown[] }[] }).ingress;
    assert.deepEqual([rule?.from.length, rest], [2, []]);
  });

  it("know the API server by its addresses, and the outside by any or the given ones", () => {
    const made = policies(
      [
        edge({ kind: "apiServer" }, web, 10250),
        edge(web, { kind: "outside" }, 443),
        edge(web, { kind: "outside", cidrs: ["10.1.0.0/16"] }, 5432),
      ],
      own,
      ["10.0.0.1/32"],
    );
    assert.equal(made.length, 1);
    assert.deepEqual(made[0]?.spec.ingress, [
      { from: [{ ipBlock: { cidr: "10.0.0.1/32" } }], ports: [{ port: 10250, protocol: "TCP" }] },
    ]);
    assert.deepEqual(made[0]?.spec.egress, [
      {
        to: [{ ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }],
        ports: [{ port: 443, protocol: "TCP" }],
      },
      { to: [{ ipBlock: { cidr: "10.1.0.0/16" } }], ports: [{ port: 5432, protocol: "TCP" }] },
    ]);
  });

  it("leave namespaces alone that are not the stack's", () =>
    assert.deepEqual(policies([edge({ kind: "outside" }, { ...db, namespace: "other" }, 1)], own, []), []));

  it("let the stack's own pods out to what every pod may reach", () =>
    assert.deepEqual(
      policies([edge({ kind: "cluster" }, db, 1)], own, []).map(({ namespace, spec }) => [namespace, spec.policyTypes]),
      [
        ["a", ["Egress"]],
        ["b", ["Ingress"]],
        ["b", ["Egress"]],
      ],
    ));

  // To Kubernetes an empty list means everything.
  it("make nothing of an edge without ports or without addresses", () =>
    assert.deepEqual(policies([edge(web, db), edge(web, { kind: "outside", cidrs: [] }, 1)], own, []), []));

  it("keep protocols apart", () =>
    assert.deepEqual(
      policies([{ ...edge(web, { kind: "outside", cidrs: ["10.0.0.1/32"] }, 53), protocol: "UDP" }], own, [])[0]?.spec
        .egress,
      [{ to: [{ ipBlock: { cidr: "10.0.0.1/32" } }], ports: [{ port: 53, protocol: "UDP" }] }],
    ));

  it("do not depend on the order of the edges", () => {
    const edges = [edge(web, db, 5432), edge(db, web, 80), edge({ kind: "cluster" }, web, 80)];
    assert.deepEqual(policies(edges, own, []), policies([...edges].reverse(), own, []));
  });
});
