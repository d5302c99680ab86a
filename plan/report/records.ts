import type { Plan } from "../plan.ts";
import { namedHosts, zoneLine } from "../records.ts";
import type { NamedHost } from "../records.ts";
import { code, lines, table } from "./document.ts";
import type { Inline, Section } from "./document.ts";

/** The DNS record of each host at the gateway: as a line of a zone file where its target is known, and who creates it. */
export function recordSection(plan: Pick<Plan, "ledger" | "settings">): Section {
  const rows = namedHosts(plan).map((one) => [code(one.host), record(one), one.automatic ? "external-dns" : "you"]);
  const columns = ["Host", "Record", "Created by"];
  return {
    id: "records",
    title: "DNS records",
    inventory: true,
    blocks: table("records-table", "DNS records of the hosts", columns, rows),
  };
}

function record(one: NamedHost): Inline {
  if (one.targets.length > 0) return lines(one.targets.map((target) => code(zoneLine(one, target))));
  return one.addresses === "nodes"
    ? ["A or AAAA: the addresses of the nodes, at the ports of the Service ", code(one.service)]
    : ["A, AAAA or CNAME: the address of the Service ", code(one.service)];
}
