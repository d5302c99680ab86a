import { solverFor } from "../../../components/kit/solvers.ts";
import { fullHost } from "../../../components/kit/names.ts";
import { declaredHosts } from "../declared.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { componentHosts } from "./owners.ts";
import type { Violation } from "./violation.ts";

type Issuer = ParsedSettings["certificates"]["issuers"][number];
type Solver = Extract<Issuer, { kind: "acme" }>["solvers"][number];

/** The solver that cert-manager uses for a host, whose selectors may have short names. */
export function solverOf(
  host: string,
  solvers: readonly Solver[],
  domain: string,
  labels?: Readonly<Record<string, string>>,
): Solver | undefined {
  const full = solvers.map((solver) => ({ ...solver, hosts: solver.hosts.map((name) => fullHost(name, domain)) }));
  const found = solverFor(host, full, labels);
  return found && solvers[full.indexOf(found)];
}

/** A host for which cert-manager would use none of an issuer's solvers. */
export function unsolved(
  path: Path,
  { host: name, labels }: { readonly host: string; readonly labels?: Readonly<Record<string, string>> },
  issuer: Issuer | undefined,
  domain: string,
): Violation[] {
  const host = fullHost(name, domain);
  if (issuer?.kind !== "acme" || solverOf(host, issuer.solvers, domain, labels) !== undefined) return [];
  const relies: Path[] = [
    ["certificates", "issuer"],
    ["certificates", "issuers"],
  ];
  if (name.startsWith("*.") && issuer.solvers.every(({ kind }) => kind === "http01"))
    return [
      {
        path,
        message: "HTTP-01 does not support wildcard certificates",
        got: shown(name),
        accepts: "a host without a wildcard, or an issuer with a DNS solver, such as route53 or rfc2136",
        fix: `list each host, or add a DNS solver to the issuer ${issuer.name}`,
        relies,
      },
    ];
  return [
    {
      path,
      message: `no solver of the issuer ${issuer.name} is used for this host`,
      got: shown(host),
      accepts: `a host that a solver selects: ${issuer.solvers.map(selection).join("; ")}`,
      fix: `add a solver without zones, hosts and labels to the issuer ${issuer.name}, or the host's zone to one of them`,
      relies: [...relies, ["domain"]],
    },
  ];
}

/** What a solver selects, in words. */
function selection({ hosts, labels, zones }: Solver): string {
  const parts = [
    ...(zones.length > 0 ? [`in ${zones.join(" or ")}`] : []),
    ...(hosts.length > 0 ? [hosts.join(" or ")] : []),
    ...Object.entries(labels).map(([key, value]) => `with the label ${key}: ${value}`),
  ];
  return parts.length === 0 ? "without a wildcard" : parts.join(", ");
}

/** A host at the gateway, of any list or component. */
interface GatewayHost {
  readonly path: Path;
  readonly host: string;
  readonly issuer?: string;
}

/** Hosts at the gateway whose certificate an issuer creates, and those with a certificate of the user's own. */
export function certifiedHosts(settings: ParsedSettings): Readonly<Record<"issued" | "own", readonly GatewayHost[]>> {
  const { certificates, domain, gateway } = settings;
  if (!gateway.enabled) return { issued: [], own: [] };
  const certified = new Set(
    certificates.hosts.filter(({ keySecret }) => keySecret !== undefined).map(({ host }) => fullHost(host, domain)),
  );
  const hosts: GatewayHost[] = [
    ...declaredHosts(settings).map(({ path, host, issuer }) => ({ path: [...path, "host"], host, issuer })),
    ...componentHosts(settings).map(([path, host]) => ({ path, host })),
    ...(gateway.defaultHost === undefined
      ? []
      : [{ path: ["gateway", "defaultHost"], host: gateway.defaultHost } as const]),
  ];
  const isOwn = ({ host }: GatewayHost) => certified.has(fullHost(host, domain));
  return { issued: hosts.filter((one) => !isOwn(one)), own: hosts.filter(isOwn) };
}

/** Hosts at the gateway, of every list and component: a solver of their issuer is used for each. */
export function gatewaySolvers(settings: ParsedSettings): Violation[] {
  const { certificates, domain } = settings;
  if (!certificates.enabled) return [];
  const { issuers: list } = certificates;
  const labels = new Map(certificates.hosts.map((one) => [fullHost(one.host, domain), one.labels]));
  return certifiedHosts(settings).issued.flatMap(({ path, host, issuer }) => {
    const used = list.find(({ name }) => name === (issuer ?? certificates.issuer ?? list[0]?.name));
    return unsolved(path, { host, labels: labels.get(fullHost(host, domain)) }, used, domain);
  });
}

/** Selectors that cancel each other, so that a solver is never used. */
export function solverSelectors({ certificates, domain }: ParsedSettings): Violation[] {
  return certificates.issuers.flatMap((issuer, index) =>
    issuer.kind !== "acme"
      ? []
      : issuer.solvers.flatMap((solver, number): Violation[] => {
          const { hosts, kind, labels, zones } = solver;
          const at = (key: string) => ["certificates", "issuers", index, "solvers", number, key];
          const used = hosts.some((host) => solverOf(fullHost(host, domain), [solver], domain, labels) !== undefined);
          if (hosts.length === 0 || used) return [];
          const wildcards = kind === "http01" && hosts.every((host) => host.startsWith("*."));
          return [
            {
              path: at("hosts"),
              message: wildcards
                ? "HTTP-01 does not support wildcard certificates, so this solver is never used"
                : "none of these hosts is in a zone of this solver, so it is never used",
              got: shown(hosts),
              accepts: wildcards
                ? "a host without a wildcard, or a DNS solver"
                : `hosts in ${zones.join(" or ")}, or hosts without zones`,
              fix: wildcards ? "list each host, or use a DNS solver" : { remove: at("zones") },
              relies: [at("zones"), ["domain"]],
            },
          ];
        }),
  );
}
