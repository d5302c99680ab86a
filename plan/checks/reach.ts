import { at, record, records, text, whole } from "../../components/kit/unknown.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { allContainers } from "../pods.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { admits, policiesOf } from "./policies.ts";

/** The check that something may connect to what the stack offers. */
export const reachChecks: readonly Check[] = [
  {
    id: "GP087",
    title: "Every Service port has a client",
    severity: "info",
    reason:
      "A port that no network policy opens is reached with `kubectl port-forward` only. If it was meant for others, their connections time out.",
    fix: "Record the client's connection in the ledger or in namespaces.NAME.connections, or remove the port.",
    examine: services,
  },
];

function services(plan: Plan): Examination {
  const examination = new Examination();
  const { namespaces, ofKind, select, unseen } = inventoryOf(plan);
  for (const service of ofKind("Service")) {
    const { manifest, namespace = "" } = service;
    const selector = record(at(manifest, "spec", "selector"));
    // This stack restricts no pods of other namespaces, and a release that was not rendered may bring the pods.
    if (!namespaces.has(namespace) || unseen.has(namespace) || Object.keys(selector).length === 0) continue;
    const pods = select(namespace, { matchLabels: selector });
    if (pods.length === 0) continue;
    examination.look(objectName(service));
    const closed = portsOf(service).filter((port) => !pods.some((pod) => open(plan, pod, port)));
    if (closed.length > 0)
      examination.find(
        objectName(service),
        `no policy of ${namespace} lets a client reach port ${closed.map(({ shown }) => shown).join(", ")}`,
      );
  }
  return examination;
}

interface Port {
  readonly shown: string;
  readonly protocol: string;
  readonly number: (pod: Pod) => number | undefined;
}

/** The ports of a Service with the ports of pods behind them. */
function portsOf({ manifest }: PlannedObject): Port[] {
  return records(at(manifest, "spec", "ports")).map(({ name, port, protocol, targetPort }) => {
    const target = targetPort ?? port;
    const kind = text(protocol) ?? "TCP";
    return {
      shown: `${String(port)}${kind === "TCP" ? "" : `/${kind}`}${text(name) === undefined ? "" : ` (${String(name)})`}`,
      protocol: kind,
      number: (pod) => whole(target) ?? numberOf(pod, target),
    };
  });
}

function numberOf(pod: Pod, name: unknown): number | undefined {
  const ports = allContainers(pod).flatMap((container) => container.ports);
  return whole(ports.find((port) => port["name"] === name)?.["containerPort"]);
}

/** Whether a policy allows ingress at a port of a pod, or none restricts it. */
function open(plan: Plan, pod: Pod, { number, protocol }: Port): boolean {
  // Policies have no effect on pods in the network of their node.
  if (pod.spec["hostNetwork"] === true) return true;
  const wanted = number(pod);
  const own = policiesOf(plan).of("Ingress", pod.namespace, pod.labels);
  if (own.length === 0 || wanted === undefined) return true;
  return own.some(({ rules }) => rules.Ingress.some((rule) => admits(rule, wanted, protocol, pod)));
}
