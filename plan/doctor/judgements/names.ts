import { isIP } from "node:net";
import { zoneLine } from "../../records.ts";
import type { NamedHost } from "../../records.ts";
import { answered, counted, listed, notKnown } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import type { Live } from "../probes/kubectl.ts";
import type { Resolved } from "../probes/reach.ts";
import { addressesOf } from "./addresses.ts";

const check = "names";
const area = "network";

/** Logs of external-dns, which say why it does not create a record. */
const logs = "logs -n external-dns deployment/external-dns --tail 20";

type Wanted = Pick<Needs, "acme" | "kubectl" | "named">;

/** A host with what its name resolves to. */
interface Found {
  readonly name: string;
  readonly to: readonly string[];
}

/** Where a host leads to: the settings' own targets, or the addresses that the cluster gave to the gateway's Service. */
function targetsOf(host: NamedHost, addresses: ReadonlyMap<string, readonly string[]>): readonly string[] {
  return host.targets.length > 0 ? host.targets : (addresses.get(host.service) ?? []);
}

/** Names that the hosts lead to, such as that of a cloud's load balancer: what they resolve to is compared. */
export function targetNames(named: readonly NamedHost[], services: Answer<readonly Live[]>): string[] {
  const addresses = answered(services) ? addressesOf(services.got) : new Map<string, string[]>();
  const all = [...[...addresses.values()].flat(), ...named.flatMap((host) => targetsOf(host, addresses))];
  return [...new Set(all)].filter((target) => isIP(target) === 0);
}

/**
 * Whether the stack's hosts have DNS records that lead to the gateway's Service, or to the targets of the settings. Other hosts,
 * which only have a certificate, are compared with all addresses of the cluster.
 *
 * @param resolved what the hosts resolve to
 * @param targets what {@link targetNames} resolve to
 */
export function judgeNames(
  resolved: readonly Resolved[],
  services: Answer<readonly Live[]>,
  targets: readonly Resolved[],
  needs: Wanted,
): readonly Diagnosis[] {
  if (resolved.length === 0) return [];
  const silent = resolved.filter(({ addresses }) => !answered(addresses));
  const [first] = silent;
  if (first !== undefined && silent.length === resolved.length)
    return [
      notKnown(check, area, counted(resolved.length, "host"), answered(first.addresses) ? "" : first.addresses.why),
    ];
  const known = resolved.flatMap(({ name, addresses }) => (answered(addresses) ? [{ name, to: addresses.got }] : []));
  const places = new Places(services, targets, needs.named);
  const missing = known.filter(({ to }) => to.length === 0);
  const elsewhere = known.filter(({ name, to }) => to.length > 0 && !places.isLedTo(name, to));
  if (missing.length + elsewhere.length === 0) {
    const where = places.known ? "resolve to the cluster" : "resolve";
    return [{ check, area, level: "ok", found: `${counted(known.length, "host")}: all ${where}` }];
  }
  return [...unresolved(missing, places, needs), ...misled(elsewhere, places, needs)];
}

/** The addresses of hosts. */
class Places {
  private readonly addresses: ReadonlyMap<string, readonly string[]>;
  private readonly resolved: ReadonlyMap<string, readonly string[]>;
  private readonly named: ReadonlyMap<string, NamedHost>;

  constructor(services: Answer<readonly Live[]>, targets: readonly Resolved[], named: readonly NamedHost[]) {
    this.addresses = answered(services) ? addressesOf(services.got) : new Map<string, string[]>();
    this.resolved = new Map(
      targets.map(({ name, addresses }) => [name, answered(addresses) ? addresses.got : []] as const),
    );
    this.named = new Map(named.map((host) => [host.host, host]));
  }

  /** Whether any address is known. */
  get known(): boolean {
    return [...this.addresses.values()].some((given) => given.length > 0);
  }

  /** A host at the gateway; undefined for another. */
  host(name: string): NamedHost | undefined {
    return this.named.get(name);
  }

  /** What a host leads to, as a record says it. */
  targets(name: string): readonly string[] {
    const host = this.named.get(name);
    return host === undefined ? [...this.addresses.values()].flat() : targetsOf(host, this.addresses);
  }

  /** Addresses of what a host leads to. */
  ends(name: string): readonly string[] {
    return this.targets(name).flatMap((target) => [target, ...(this.resolved.get(target) ?? [])]);
  }

  /** Whether a host that resolves to some addresses leads to the right one, as far as that is known. */
  isLedTo(name: string, to: readonly string[]): boolean {
    const ends = this.ends(name);
    return ends.length === 0 || this.named.get(name)?.proxied === true || to.some((address) => ends.includes(address));
  }

  /** The records to create, as lines of a zone file; none while the address is unknown. */
  lines(name: string): string[] {
    const host = this.named.get(name);
    if (host === undefined) return [];
    return this.targets(name).map((target) => zoneLine(host, target));
  }
}

function unresolved(missing: readonly Found[], places: Places, { acme, kubectl }: Wanted): Diagnosis[] {
  const needed = acme
    ? "DNS records before certificates are requested: ACME connects to the host"
    : "DNS records, so that browsers find the hosts";
  return byMaker(missing, places, "no DNS record yet").map(([made, names, found]) => {
    const lines = names.flatMap((name) => places.lines(name));
    const waits = names.flatMap((name) => places.host(name)?.service ?? []);
    return {
      check,
      area,
      level: "warn",
      found,
      needed,
      ...(made === "external-dns"
        ? { fix: "external-dns creates them within a minute after up: see its logs", commands: [`${kubectl} ${logs}`] }
        : {
            fix:
              lines.length > 0
                ? "create these records"
                : waits.length > 0
                  ? `create A, AAAA or CNAME records with the address of the Service ${listed([...new Set(waits)])} when it has one`
                  : "create records with the address of what serves them",
            records: lines,
          }),
    };
  });
}

function misled(elsewhere: readonly Found[], places: Places, { kubectl }: Wanted): Diagnosis[] {
  return byMaker(elsewhere, places, "an address that is not the gateway's").map(([made, names, found]) => {
    const own = new Set(names);
    const to = [...new Set(elsewhere.filter(({ name }) => own.has(name)).flatMap((one) => one.to))];
    const right = [...new Set(names.flatMap((name) => places.ends(name)))];
    const lines = names.flatMap((name) => places.lines(name));
    return {
      check,
      area,
      level: "warn",
      found: `${found}: ${listed(to)}`,
      needed: `${listed(right)}; correct if a proxy is in front of the cluster: then set dns.targets to its addresses`,
      ...(made === "external-dns"
        ? {
            fix: "external-dns changes only records that it created: see its logs, and delete older records",
            commands: [`${kubectl} ${logs}`],
          }
        : lines.length > 0
          ? { fix: "change these records", records: lines }
          : {}),
    };
  });
}

/** Hosts by who creates their records, each group with a sentence. */
function byMaker(
  found: readonly Found[],
  places: Places,
  what: string,
): [made: "external-dns" | "you", names: string[], found: string][] {
  const groups = Map.groupBy(found, ({ name }) =>
    places.host(name)?.automatic === true ? ("external-dns" as const) : ("you" as const),
  );
  return [...groups].map(([made, members]) => {
    const names = members.map(({ name }) => name);
    return [made, names, `${listed(names)} ${names.length === 1 ? "has" : "have"} ${what}`];
  });
}
