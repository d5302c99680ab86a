import assert from "node:assert/strict";
import fc from "fast-check";
import type { Edge, Peer } from "../../components/kit/ledger.ts";
import { defaultDeny, policies } from "../../components/namespaces/policies.ts";
import { allows, inRange, isPod } from "./evaluator.ts";
import type { Cluster, Endpoint, NetworkPolicy, Pod, Protocol } from "./evaluator.ts";
import { isOneOf } from "./network.ts";

// Few names, labels, ports and addresses, so that random edges meet, overlap and contain one another.
const own = ["a", "b"] as const;
const namespaces = [...own, "other"] as const;
const labelSets = [{}, { app: "x" }, { app: "x", role: "p" }, { app: "y" }, { role: "p" }] as const;
const ports = [1, 2, 3] as const;
const protocols: readonly Protocol[] = ["TCP", "UDP"];
const apiServerCidrs = ["172.20.0.0/28"];

const endpoints: readonly Endpoint[] = [
  ...namespaces.flatMap((namespace, n) =>
    labelSets.map((labels, index): Pod => ({
      namespace,
      name: `pod-${index}`,
      labels,
      ip: `10.244.${n}.${index + 1}`,
    })),
  ),
  ...["172.20.0.1", "10.1.0.1", "203.0.113.7", "2001:db8::7"].map((ip) => ({ ip })),
];

const pods = fc.record({
  kind: fc.constant("pods" as const),
  namespace: fc.constantFrom(...namespaces),
  labels: fc.option(fc.constantFrom(...labelSets), { nil: undefined }),
});
const peer: fc.Arbitrary<Peer> = fc.oneof(
  { weight: 6, arbitrary: pods },
  fc.constant({ kind: "cluster" as const }),
  fc.constant({ kind: "apiServer" as const }),
  fc.record({
    kind: fc.constant("outside" as const),
    // Two ranges that pods have addresses of as well, and none at all.
    cidrs: fc.option(
      fc.subarray(["10.1.0.0/16", "203.0.113.0/24", "10.244.2.0/24", "10.244.0.0/31", "2001:db8::/32"]),
      { nil: undefined },
    ),
  }),
);
const anyEdge: fc.Arbitrary<Edge> = fc.record({
  from: peer,
  to: peer,
  ports: fc.subarray([...ports]),
  protocol: fc.constantFrom(undefined, "TCP", "UDP"),
  purpose: fc.constant("test"),
});

/** What all pods may reach, or be reached from, in several namespaces alike. */
const common: fc.Arbitrary<Edge> = fc
  .tuple(fc.constantFrom(...namespaces), fc.boolean())
  .map(([namespace, receives]): Edge => {
    const [all, some]: [Peer, Peer] = [{ kind: "cluster" }, { kind: "pods", namespace, labels: { app: "x" } }];
    return { ...(receives ? { from: all, to: some } : { from: some, to: all }), ports: [1], purpose: "test" };
  });
const edge = fc.oneof({ weight: 3, arbitrary: anyEdge }, { weight: 1, arbitrary: common });

/** Whether a peer takes an endpoint, as the ledger words it; address ranges take whoever has such an address. */
function takes(side: Peer, endpoint: Endpoint): boolean {
  switch (side.kind) {
    case "pods":
      return isOneOf(side, endpoint);
    case "cluster":
      return isPod(endpoint);
    case "apiServer":
      return apiServerCidrs.some((cidr) => inRange(endpoint.ip, cidr));
    case "outside":
      return side.cidrs?.some((cidr) => inRange(endpoint.ip, cidr)) ?? true;
  }
}

describe("policies of random ledgers", function () {
  this.timeout(300_000);

  it("allow exactly what the edges say", () => {
    let [open, closed] = [0, 0];
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 8 }), (edges) => {
        const cluster = clusterOf(edges);
        for (const from of endpoints) {
          for (const to of endpoints.filter((endpoint) => endpoint !== from)) {
            for (const port of ports) {
              for (const protocol of protocols) {
                const declared = edges.filter(
                  (one) =>
                    one.ports.includes(port) &&
                    (one.protocol ?? "TCP") === protocol &&
                    takes(one.from, from) &&
                    takes(one.to, to),
                );
                // A side that is a pod of the stack needs an edge that says so of this side: an address range declares
                // nothing about the pods that happen to have its addresses.
                const expected =
                  (!isOwn(from) || declared.some((one) => isPods(one.from))) &&
                  (!isOwn(to) || declared.some((one) => isPods(one.to)));
                const allowed = allows(cluster, { from, to, port, protocol });
                assert.equal(allowed, expected, JSON.stringify({ from, to, port, protocol }));
                if (allowed && (isOwn(from) || isOwn(to))) open++;
                else closed++;
              }
            }
          }
        }
      }),
      { numRuns: 150 },
    );
    // Neither side of the comparison is trivial.
    assert.ok(open > 1000 && closed > 1000, `${open} open, ${closed} closed`);
  });

  it("do not depend on the order of the edges, nor on repetition", () =>
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 8 }), (edges) => {
        const made = policies(edges, new Set(own), apiServerCidrs);
        assert.deepEqual(policies([...edges, ...edges].reverse(), new Set(own), apiServerCidrs), made);
        const names = made.map(({ namespace, name }) => `${namespace}/${name}`);
        assert.equal(new Set(names).size, names.length, "two policies of one name");
      }),
      { numRuns: 200 },
    ));
});

function clusterOf(edges: readonly Edge[]): Cluster {
  const made = [
    ...own.map((namespace) => ({ namespace, spec: defaultDeny })),
    ...policies(edges, new Set(own), apiServerCidrs),
  ];
  return {
    namespaces: Object.fromEntries(namespaces.map((name) => [name, { "kubernetes.io/metadata.name": name }])),
    policies: made.map(({ namespace, spec }) => ({ metadata: { namespace }, spec }) as unknown as NetworkPolicy),
  };
}

function isOwn(endpoint: Endpoint): boolean {
  return isPod(endpoint) && (own as readonly string[]).includes(endpoint.namespace);
}

function isPods({ kind }: Peer): boolean {
  return kind === "pods" || kind === "cluster";
}
