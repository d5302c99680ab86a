import assert from "node:assert/strict";
import type { Peer } from "../../components/kit/ledger.ts";
import { stableJson } from "../../components/kit/stable.ts";
import { monitoringPods } from "../../components/monitoring/pods.ts";
import { policies } from "../../components/namespaces/policies.ts";
import { examples, stacks, variants } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { between, isolating, isPod } from "./evaluator.ts";
import type { Connection, Endpoint, NetworkPolicy, Pod } from "./evaluator.ts";
import { declaring, inWords, isOneOf, networkOf } from "./network.ts";
import type { Network } from "./network.ts";
import { apiServerRange, serverRange } from "./pods.ts";

const prometheus = monitoringPods("monitoring").servers.peer;

const [, prod] = stacks as readonly [TestStack, TestStack];

/** What the choices of tests/stacks.ts leave out: the other ways to be connected. */
const further: readonly TestStack[] = [
  {
    ...prod,
    name: "external",
    set: [
      "postgresql.engine=external",
      `postgresql.external={host: db.example.org, passwordSecret: server, cidrs: ["${serverRange}"]}`,
      "secrets:server={secure: v1}",
    ],
  },
  {
    ...prod,
    name: "dns-challenges",
    set: [
      "certificates.issuers=[{name: dns, kind: acme, email: ops@example.org, solvers: [{kind: route53, region: eu-west-1}, {kind: rfc2136, nameserver: '192.0.2.53:5353'}]}]",
      "certificates.identity={kind: pod-identity}",
    ],
  },
  {
    ...prod,
    name: "labelled pods",
    set: ["keycloak", "monitoring", "rdm", "sysdb", "logging"].map(
      (name) => `namespaces.${name}.pods={labels: {example.org/team: maps}, annotations: {example.org/owner: maps}}`,
    ),
  },
];

let told = false;

/** Ports that nothing declares, beside those that something does. */
const otherPorts = [22, 53, 80, 443, 31337];

// Rule 7 of the architecture: what policies allow is what the ledger's edges declare, and the resolution of names.
for (const stack of [...stacks, ...examples, ...variants, ...further]) {
  describe(`the network of ${stack.name}`, () => {
    let network: Network;
    before(async () => {
      network = await networkOf(stack);
    });

    it("X6: allows every declared connection and no other", () => {
      const exact = atKnownAddress(network);
      const { own, foreign } = endpoints(exact);
      const all = [...pairs(own, own), ...pairs(own, foreign), ...pairs(foreign, own)];
      const { missing, excess, allowed } = compared(exact, all);
      assert.deepEqual(missing, [], "declared, but denied");
      assert.deepEqual(excess, [], "allowed, but not declared");
      assert.ok(allowed > 50, `only ${allowed} connections are allowed`);
    });

    // An API server without a known address may be anywhere, so that its ports stay open towards other pods of the cluster.
    it("allows its own pods no more where nobody said at which address the API server is", () => {
      const { own } = endpoints(network);
      // What goes out to any address and what comes in from any are the same rule, where neither address is known.
      const met = pairs(own, own).filter(
        ([from, to]) => !(isOneOf(prometheus, from) && network.edges.some((edge) => meets(edge, to))),
      );
      const { missing, excess } = compared(network, met);
      assert.deepEqual([missing, excess], [[], []]);
      assert.ok(met.length > pairs(own, own).length * 0.8);
    });

    it("denies by default in every namespace, both directions", () => {
      const { cluster, sides, namespaces } = network;
      assert.deepEqual(sides.users.map(({ namespace }) => namespace).sort(), [...namespaces].sort());
      for (const own of sides.users) {
        for (const direction of ["Ingress", "Egress"] as const) {
          const closing = isolating({ cluster, own, direction }).filter(
            ({ spec }) => (spec.ingress ?? []).length + (spec.egress ?? []).length === 0,
          );
          assert.ok(closing.length > 0, `${own.namespace}: ${direction}`);
        }
      }
    });

    // A misspelt label selects nothing, without a word.
    it("has edges between pods that exist, at ports that they open", function () {
      if (!network.rendered) {
        if (!told)
          console.log(
            "      skipped for every stack: npm run test:charts renders charts, with Helm and all charts at hand",
          );
        told = true;
        return this.skip();
      }
      const { edges, sides, namespaces } = network;
      const exists = (peer: Peer) =>
        peer.kind !== "pods" ||
        // Applications of the user's own, and the Prometheus that the user brings.
        isUsers(peer, namespaces) ||
        // The cluster's own, such as its DNS.
        !namespaces.has(peer.namespace) ||
        stableJson(peer) === stableJson(prometheus) ||
        sides.known.some((pod) => isOneOf(peer, pod));
      const dangling = edges.filter(({ from, to }) => !exists(from) || !exists(to));
      assert.deepEqual(dangling, [], "no pod of the plan has these labels");
      const closed = edges.filter(
        ({ to, ports }) =>
          to.kind === "pods" &&
          namespaces.has(to.namespace) &&
          !isUsers(to, namespaces) &&
          !ports.every((port) => sides.known.some((pod) => isOneOf(to, pod) && (pod.ports ?? []).includes(port))),
      );
      assert.deepEqual(closed, [], "no such pod opens these ports");
    });
  });
}

/** Whether an edge lets the API server in to a pod at the port at which kubelets answer Prometheus. */
function meets({ from, to, ports }: Network["edges"][number], endpoint: Endpoint): boolean {
  return from.kind === "apiServer" && ports.includes(10250) && to.kind === "pods" && isOneOf(to, endpoint);
}

/** Whether a peer is an application of the user's own: every pod of a namespace, or the label that test stacks give theirs. */
function isUsers(peer: Peer, namespaces: ReadonlySet<string>): boolean {
  return (
    peer.kind === "pods" &&
    // The nginx that exists already is the user's as well.
    ((peer.labels === undefined && namespaces.has(peer.namespace)) ||
      peer.labels?.["app"] === "user" ||
      peer.namespace === "ingress-nginx")
  );
}

/**
 * The network on a cluster whose API server has known addresses, which are no pod's. Nothing but the policies made from edges
 * knows these addresses; tests/network/needs.test.ts records stacks that set them.
 */
function atKnownAddress(network: Network): Network {
  const { cluster, edges, namespaces, apiServerCidrs } = network;
  const made = (cidrs: readonly string[]): NetworkPolicy[] =>
    policies(edges, namespaces, cidrs).map(
      ({ name, namespace, spec }) => ({ metadata: { name, namespace }, spec }) as NetworkPolicy,
    );
  const key = ({ metadata }: NetworkPolicy) => `${metadata.namespace}/${metadata.name}`;
  const recorded = new Map(cluster.policies.map((policy) => [key(policy), policy]));
  for (const policy of made(apiServerCidrs)) {
    assert.deepEqual(recorded.get(key(policy))?.spec, policy.spec, key(policy));
    recorded.delete(key(policy));
  }
  return {
    ...network,
    cluster: { ...cluster, policies: [...recorded.values(), ...made([apiServerRange])] },
    apiServerCidrs: [apiServerRange],
  };
}

function endpoints({ sides }: Network): { own: Pod[]; foreign: Endpoint[] } {
  const { known: planned, users, alien, addresses } = sides;
  const monitoring = users.find(({ namespace }) => namespace === prometheus.namespace);
  const scraper =
    monitoring === undefined
      ? []
      : [{ ...monitoring, name: "prometheus", labels: prometheus.labels, ip: "10.245.0.1" }];
  return { own: [...planned, ...users, ...scraper], foreign: [...alien, ...Object.values(addresses)] };
}

function pairs(from: readonly Endpoint[], to: readonly Endpoint[]): [Endpoint, Endpoint][] {
  return from.flatMap((source) =>
    to.filter((target) => target !== source).map((target) => [source, target] as [Endpoint, Endpoint]),
  );
}

function compared(network: Network, sidePairs: readonly [Endpoint, Endpoint][]) {
  const { cluster, edges, sides } = network;
  const ports = new Set([
    ...otherPorts,
    ...edges.flatMap((edge) => edge.ports),
    ...sides.known.flatMap((pod) => pod.ports ?? []),
  ]);
  const [missing, excess]: [string[], string[]] = [[], []];
  const edgesBetween = declaring(network);
  let count = 0;
  for (const [from, to] of sidePairs) {
    const declared = edgesBetween(from, to);
    const allows = between(cluster, from, to);
    for (const port of ports) {
      for (const protocol of ["TCP", "UDP"] as const) {
        const connection = { from, to, port, protocol };
        const isDeclared = declared.some((edge) => edge.ports.includes(port) && (edge.protocol ?? "TCP") === protocol);
        const expected = isDeclared || resolvesNames(connection);
        const allowed = allows(port, protocol);
        if (allowed) count++;
        if (expected && !allowed) missing.push(inWords(connection));
        if (allowed && !expected) excess.push(inWords(connection));
      }
    }
  }
  return { missing, excess, allowed: count };
}

/** Every pod of the stack may ask the cluster's DNS and its cache on the node. */
function resolvesNames({ from, to, port }: Connection): boolean {
  const server = isPod(to) ? to.namespace === "kube-system" : to.ip === "169.254.20.10";
  return isPod(from) && server && port === 53;
}
