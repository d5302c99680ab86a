// What Cilium allows between the stack's pods and what it knows by identity: nodes and the API server. It does not match these by
// address (docs.cilium.io, "CIDRs" and "Entities Based"), so only the rules with entities count. Not proven here: Cilium itself.
import assert from "node:assert/strict";
import type { Edge, Peer } from "../../components/kit/ledger.ts";
import { list, record, records, text, textMap, texts } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { recordStack, stacks } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { isPod } from "./evaluator.ts";
import type { Pod } from "./evaluator.ts";
import { isOneOf, networkOf } from "./network.ts";

const entities = ["kube-apiserver", "host", "remote-node"] as const;
type Entity = (typeof entities)[number];

const [, prod] = stacks as readonly [TestStack, TestStack];
const stack: TestStack = { ...prod, name: "cilium", set: ["cluster.networkPlugin=cilium"] };

async function ciliumPolicies(of: TestStack): Promise<readonly Data[]> {
  const { resources } = await recordStack(of);
  const objects = plannedObjects(resources).filter(({ kind }) => kind === "CiliumNetworkPolicy");
  assert.ok(objects.every(({ manifest }) => manifest["apiVersion"] === "cilium.io/v2"));
  return objects.map(({ manifest }) => manifest);
}

/** Whether a policy of a pod's namespace that selects it has a rule with the entity and the port. */
function allows(policies: readonly Data[], pod: Pod, entity: Entity, direction: "ingress" | "egress", port: number) {
  return policies.some((policy) => {
    const { namespace } = record(policy["metadata"]);
    const spec = record(policy["spec"]);
    const labels = Object.entries(textMap(record(spec["endpointSelector"])["matchLabels"]));
    if (namespace !== pod.namespace || !labels.every(([key, value]) => pod.labels[key] === value)) return false;
    return records(spec[direction]).some((rule) => {
      const ports = records(rule["toPorts"]).flatMap(({ ports: of }) => records(of));
      return (
        texts(rule[direction === "ingress" ? "fromEntities" : "toEntities"]).includes(entity) &&
        ports.some((one) => text(one["port"]) === String(port) && text(one["protocol"]) === "TCP")
      );
    });
  });
}

/** What an edge declares for an entity: an API server that runs on nodes calls from them, and so do clients of a node port. */
function declares(peer: Peer, entity: Entity, direction: "ingress" | "egress"): boolean {
  if (peer.kind === "apiServer") return entity === "kube-apiserver" || direction === "ingress";
  if (peer.kind !== "outside" || entity === "kube-apiserver") return false;
  return peer.nodes === true || (direction === "ingress" && peer.cidrs === undefined);
}

describe("the network with Cilium", () => {
  it("allows nodes and the API server exactly what the ledger declares", async () => {
    const [{ edges, sides }, policies] = [await networkOf(stack), await ciliumPolicies(stack)];
    const ports = [...new Set([22, 80, ...edges.flatMap((edge) => edge.ports)])].filter((port) => port !== 53);
    const ownOf = (edge: Edge, direction: "ingress" | "egress") =>
      direction === "ingress" ? ([edge.to, edge.from] as const) : ([edge.from, edge.to] as const);
    let allowed = 0;
    for (const pod of [...sides.known, ...sides.users]) {
      for (const direction of ["ingress", "egress"] as const) {
        const own = edges.filter((edge) => {
          const [side] = ownOf(edge, direction);
          return side.kind === "pods" && isPod(pod) && isOneOf(side, pod);
        });
        for (const entity of entities) {
          for (const port of ports) {
            const declared = own.some(
              (edge) => edge.ports.includes(port) && declares(ownOf(edge, direction)[1], entity, direction),
            );
            const is = allows(policies, pod, entity, direction, port);
            assert.equal(is, declared, `${pod.namespace}/${pod.name} ${direction} ${entity} ${port}`);
            if (is) allowed++;
          }
        }
      }
    }
    assert.ok(allowed > 50, `only ${allowed} are allowed`);
  });

  it("lets pods ask the DNS cache of their node", async () => {
    const policies = await ciliumPolicies(stack);
    const { sides } = await networkOf(stack);
    for (const pod of sides.users) assert.ok(allows(policies, pod, "host", "egress", 53), pod.namespace);
    const none = await ciliumPolicies({
      ...stack,
      name: "no-cache",
      set: [...(stack.set ?? []), "cluster.dnsCidrs=[]"],
    });
    for (const pod of sides.users) assert.ok(!allows(none, pod, "host", "egress", 53), pod.namespace);
  });

  it("has standard policies alone where nothing is said of Cilium", async () =>
    assert.deepEqual(list(await ciliumPolicies(prod)), []));
});
