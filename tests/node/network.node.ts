// Rule 7 of the architecture with policies that a network enforces: every pod of a stack's plan exists with its labels, listens at
// every port that the ledger names, and asks every other. What the API server opens is not asked: on its own node everything from
// there passes, as the kubelet's probes must.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Edge } from "../../components/kit/ledger.ts";
import { stableJson } from "../../components/kit/stable.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { isPod } from "../network/evaluator.ts";
import type { Endpoint, Pod } from "../network/evaluator.ts";
import { declaring, inWords, isOneOf, networkOf } from "../network/network.ts";
import type { Network } from "../network/network.ts";
import { recordStack } from "../stacks.ts";
import { startNode } from "./node.ts";
import type { RealNode } from "./node.ts";
import { goFile } from "./programs.ts";
import { onNode } from "./stack.ts";
import { recipeOf } from "./recipes.ts";
import { Prober } from "./prober.ts";
import type { Question } from "./prober.ts";

const image = "groundplan.test/probe:1";

/** The node, where the API server and the kubelet listen, and an address that is neither the node's nor a pod's. */
const [nodeAddress, outside] = ["10.97.0.2", "198.51.100.2"];
const ofNode = [6443, 10250];

/** Where CoreDNS listens: names, its health and whether it is ready. */
const ofDns = [
  { port: 53, protocol: "TCP" },
  { port: 53, protocol: "UDP" },
  { port: 8080, protocol: "TCP" },
  { port: 8181, protocol: "TCP" },
] as const;

/** Ports that nothing declares, beside those that something does. */
const otherPorts = [22, 53, 80, 443, 31337];

describe("the network on a real node", function () {
  this.timeout(900_000);
  let node: RealNode;
  let prober: Prober;
  let world: number;
  before("start the node", async function () {
    this.timeout(7_200_000);
    node = await startNode(this, () => new Map([[image, recipeOf(image)]]));
    const program = goFile(join(import.meta.dirname, "probe.go"));
    prober = new Prober(node, program);
    world = outsideOf(node, program, portsOf(await networkOf(onNode("dev"))));
  });
  after(() => node?.stop());

  for (const name of ["dev"]) {
    it(`X6: lets pods of ${name} connect as the ledger declares, and in no other way`, async () => {
      const since = Date.now();
      const network = await networkOf(onNode(name));
      const { resources } = await recordStack(onNode(name));
      const objects = plannedObjects(resources).filter(({ kind }) => kind === "Namespace" || kind === "NetworkPolicy");
      prober.create(objects, image, podsOf(network), portsOf(network));
      node.tell(`${prober.pods.length} pods of ${name} run`, since);
      const { missing, excess, open } = await compared(network, 120);
      assert.deepEqual(missing.slice(0, 20), [], `${missing.length} declared, but refused`);
      assert.deepEqual(excess.slice(0, 20), [], `${excess.length} open, but not declared`);
      assert.ok(open > 100, `only ${open} are open`);
    });
  }

  it("notices a policy that is missing, and one that opens too much", async () => {
    const network = await networkOf(onNode("dev"));
    const within = ["-n", "sysdb", "networkpolicy"];
    const { out } = node.kubectl(["get", ...within, "-o", "json"]);
    node.kubectl(["delete", ...within, "name-resolution", "default-deny"]);
    const policies = JSON.parse(out) as { items: { metadata: { name: string }; spec: { egress: unknown } }[] };
    const pooler = policies.items.find(({ metadata }) => metadata.name.startsWith("allow-pgpool"));
    assert.ok(pooler);
    node.kubectl(["patch", ...within, pooler.metadata.name, "--type=merge", "-p", '{"spec":{"egress":[{}]}}']);
    const { missing, excess } = await compared(network, 30, ({ namespace }) => namespace === "sysdb");
    assert.ok(
      missing.some((line) => line.startsWith("sysdb/") && line.endsWith("UDP 53")),
      "a missing policy",
    );
    assert.ok(
      excess.some((line) => line.startsWith("sysdb/pgsqlha")),
      "an open policy",
    );
  });

  /**
   * Asks for every connection, and again for those that are not as declared: policies take seconds to be enforced.
   * @param who the pods that ask; without any, the machine beside the node asks as well
   * @param patience seconds for which it asks again for what differs
   */
  async function compared(network: Network, patience: number, who?: (pod: Pod) => boolean) {
    const since = Date.now();
    const askers = who === undefined ? [...prober.pods, { ip: outside }] : prober.pods.filter(who);
    let [asked, open] = [0, 0];
    const ask = async (from: Endpoint, connections: readonly Expected[]) => {
      const questions = connections.map(({ to, ...rest }) => ({ ip: to.ip, ...rest }));
      const answers = await (isPod(from) ? prober.ask(from, questions) : prober.connect(world, questions));
      asked += answers.length;
      open += answers.filter((is) => is).length;
      return connections.filter(({ expected }, index) => answers[index] !== expected);
    };
    const targets = targetsOf(network);
    const edgesBetween = declaring(network);
    let differing = await inTurns(
      askers,
      async (from) => [from, await ask(from, expectedOf(network, from, targets, edgesBetween))] as const,
    );
    const count = () => differing.reduce((sum, [, connections]) => sum + connections.length, 0);
    node.tell(`${asked} connections asked for, ${open} of them open`, since);
    const again = Date.now();
    while (count() > 0 && Date.now() - again < patience * 1000)
      differing = await inTurns(
        differing,
        async ([from, connections]) => [from, await ask(from, connections)] as const,
      );
    node.tell(`${count()} differ after asking again`, again);
    const words = (expected: boolean) =>
      differing.flatMap(([from, connections]) =>
        connections.filter((one) => one.expected === expected).map((one) => inWords({ from, ...one })),
      );
    return { missing: words(true), excess: words(false), open };
  }

  /** What is asked: the sides and the ports of each. */
  function targetsOf(network: Network): readonly Target[] {
    const udp = network.edges.filter(({ protocol }) => protocol === "UDP").flatMap(({ ports }) => ports);
    const everywhere = portsOf(network).flatMap((port) => [
      { port, protocol: "TCP" as const },
      ...([53, 31337, ...udp].includes(port) ? [{ port, protocol: "UDP" as const }] : []),
    ]);
    return [
      ...prober.pods.map((to) => ({ to, ports: everywhere })),
      { to: { ip: outside }, ports: everywhere },
      { to: { ip: nodeAddress }, ports: ofNode.map((port) => ({ port, protocol: "TCP" as const })) },
      { to: kubeDns(node), ports: ofDns },
    ];
  }
});

interface Target {
  readonly to: Endpoint;
  readonly ports: readonly Pick<Question, "port" | "protocol">[];
}

type Expected = Omit<Question, "ip"> & { readonly to: Endpoint };

/** The connections of a side to all others, and which of them the ledger declares. */
function expectedOf(
  network: Network,
  from: Endpoint,
  targets: readonly Target[],
  edgesBetween: ReturnType<typeof declaring>,
): Expected[] {
  return targets
    .filter(({ to }) => to !== from && !isFree(network, from, to))
    .flatMap(({ to, ports }) => {
      const edges = edgesBetween(from, to);
      const dns = isPod(from) && isPod(to) && to.namespace === "kube-system";
      const declared = ({ port, protocol }: Target["ports"][number]) =>
        edges.some((edge) => edge.ports.includes(port) && (edge.protocol ?? "TCP") === protocol);
      return ports
        .filter(({ port }) => !isBlurred(network, from, to, port))
        .map((one) => ({ to, ...one, expected: declared(one) || (dns && one.port === 53) }));
    });
}

/** Works on all, a few at a time: as many as two cores answer in good time. */
async function inTurns<From, To>(all: readonly From[], work: (one: From) => Promise<To>): Promise<To[]> {
  const [left, done] = [[...all], [] as To[]];
  const worker = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) done.push(await work(next));
  };
  await Promise.all(Array.from({ length: 6 }, worker));
  return done;
}

/**
 * Whether kube-router decides differently from Kubernetes: where one policy with both directions selects both pods, it takes what
 * the policy lets out for what it lets in (its chain of a policy is the same for both pods). So two Prometheus, which may ask any
 * address at the port of node-exporter, may ask each other there as well.
 */
function isBlurred({ edges }: Network, from: Endpoint, to: Endpoint, port: number): boolean {
  if (!isPod(from) || !isPod(to)) return false;
  const same = from.namespace === to.namespace && stableJson(from.labels) === stableJson(to.labels);
  const out = (edge: Edge) => edge.from.kind === "pods" && isOneOf(edge.from, from) && edge.to.kind === "outside";
  return same && edges.some((edge) => out(edge) && edge.ports.includes(port));
}

/** Between pods and addresses of which neither is in a namespace of the stack, no policy of the stack acts. */
function isFree({ namespaces }: Network, ...sides: readonly Endpoint[]): boolean {
  return sides.every((side) => !isPod(side) || !namespaces.has(side.namespace));
}

/** One pod for each set of labels, a second where such pods may talk to each other, and pods that are not the stack's. */
function podsOf({ sides, edges }: Network): Pod[] {
  const like = Map.groupBy(sides.known, ({ namespace, labels }) => stableJson([namespace, labels]));
  const known = [...like.values()].flatMap((same) => {
    const among = edges.some(({ from, to }) =>
      [from, to].every((peer) => peer.kind === "pods" && same.slice(0, 1).some((pod) => isOneOf(peer, pod))),
    );
    return same.slice(0, among ? 2 : 1);
  });
  return [...known, ...sides.users, ...sides.alien.filter(({ namespace }) => namespace !== "kube-system")];
}

function portsOf({ edges }: Network): number[] {
  return [...new Set([...otherPorts, ...edges.flatMap((edge) => edge.ports)])].sort((a, b) => a - b);
}

function kubeDns(node: RealNode): Pod {
  const labels = { "k8s-app": "kube-dns" };
  const args = ["pods", "-n", "kube-system", "-l", "k8s-app=kube-dns", "-o", "jsonpath={.items[0].status.podIP}"];
  return { namespace: "kube-system", name: "coredns", labels, ip: node.kubectl(["get", ...args]).out };
}

/**
 * A machine beside the node, which listens as pods do.
 * @returns a process in its network
 */
function outsideOf(node: RealNode, program: string, ports: readonly number[]): number {
  const script = [
    `unshare -n ${program} listen ${ports.join(",")} < /dev/null > /dev/null 2>&1 & machine=$!`,
    `until [ "$(readlink /proc/$machine/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done`,
    "ip link add outside type veth peer name eth0 netns $machine",
    "ip addr add 198.51.100.1/24 dev outside; ip link set outside up",
    `nsenter -t $machine -n sh -ec 'ip addr add ${outside}/24 dev eth0; ip link set eth0 up; ip link set lo up; ip route add default via 198.51.100.1'`,
    // A refusal is told by ICMP, of which Linux sends one a second to each address.
    "sysctl -qw net.ipv4.icmp_ratemask=0",
    "echo $machine",
  ].join("\n");
  return Number(node.inside(["sh", "-ec", script]).out);
}
