import { at, record, records, text, whole } from "../../components/kit/unknown.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";

/** Checks that ports and routes, of the program and of charts, have one owner each. */
export const ownerChecks: readonly Check[] = [
  {
    id: "GP107",
    title: "Ports of Services and of nodes have one owner",
    severity: "error",
    reason:
      "The API server rejects a Service with two ports of one number or name, and a second Service with a node port that is in use.",
    fix: "Change one of the ports; `nodePort` can be left out, so that the cluster chooses one.",
    examine: ports,
  },
  {
    id: "GP108",
    title: "Every host and path has one route",
    severity: "error",
    reason: "With two routes for one host and path, the gateway serves either of them, and which one can change.",
    fix: "Change the host or the path of one route.",
    examine: routes,
  },
];

/** The first owner of each thing, and a finding for every later one. */
class Owners {
  private readonly first = new Map<string, string>();
  private readonly examination: Examination;

  constructor(examination: Examination) {
    this.examination = examination;
  }

  /** @param what the thing, as the finding names it */
  claim(thing: string, owner: string, what: string): void {
    const other = this.first.get(thing);
    if (other === undefined) this.first.set(thing, owner);
    else
      this.examination.find(owner, other === owner ? `has ${what} twice` : `has ${what}, which ${other} already has`);
  }
}

function ports(plan: Plan): Examination {
  const examination = new Examination();
  const owners = new Owners(examination);
  for (const service of inventoryOf(plan).ofKind("Service")) {
    const owner = objectName(service);
    examination.look(owner);
    for (const port of records(at(service.manifest, "spec", "ports"))) {
      const protocol = text(port["protocol"]) ?? "TCP";
      const number = `${String(port["port"])}/${protocol}`;
      owners.claim(`${owner} ${number}`, owner, `port ${number}`);
      const name = text(port["name"]);
      if (name !== undefined) owners.claim(`${owner} ${name}`, owner, `a port named ${name}`);
      // Two Services cannot share a node port, whatever their protocols; ports of one Service can, with different protocols.
      const nodePort = whole(port["nodePort"]);
      if (nodePort !== undefined && !sharedInside(service, nodePort, port))
        owners.claim(`node ${nodePort}`, owner, `port ${nodePort} of the nodes`);
    }
  }
  return examination;
}

/** Whether an earlier port of the Service has the node port too, with another protocol. */
function sharedInside({ manifest }: PlannedObject, nodePort: number, port: unknown): boolean {
  const same = records(at(manifest, "spec", "ports")).filter((one) => one["nodePort"] === nodePort);
  const protocols = same.map(({ protocol }) => text(protocol) ?? "TCP");
  return same[0] !== port && new Set(protocols).size === same.length;
}

function routes(plan: Plan): Examination {
  const examination = new Examination();
  const owners = new Owners(examination);
  const { ofKind } = inventoryOf(plan);
  for (const ingress of ofKind("Ingress")) {
    const owner = objectName(ingress);
    const spec = record(ingress.manifest["spec"]);
    examination.look(owner);
    for (const { host, http } of records(spec["rules"]))
      for (const { path } of records(at(http, "paths"))) {
        const route = `${text(host) ?? "*"}${text(path) ?? "/"}`;
        owners.claim(`${text(spec["ingressClassName"]) ?? ""} ${route}`, owner, `the route ${route}`);
      }
  }
  for (const route of ofKind("IngressRoute")) {
    const owner = objectName(route);
    examination.look(owner);
    const entryPoints = JSON.stringify(at(route.manifest, "spec", "entryPoints") ?? []);
    for (const { match } of records(at(route.manifest, "spec", "routes")))
      owners.claim(`${entryPoints} ${String(match)}`, owner, `the route ${String(match)}`);
  }
  return examination;
}
