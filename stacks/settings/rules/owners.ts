import { kindOfGateway } from "../../../components/gateway/kinds.ts";
import { fullHost } from "../../../components/kit/names.ts";
import { neededByComponents } from "../derive.ts";
import { configKey } from "../path.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import type { Violation } from "./violation.ts";

/** A thing that one setting of the stack owns. */
interface Owned {
  readonly path: Path;
  /** The value of the setting. */
  readonly value: string;
  /** What it owns, such as a host with a path: equal for two owners of one thing. */
  readonly thing: string;
  /** Whether the rule of its own list compares it with the others of that list. */
  readonly list?: string;
}

/** Findings for things with two owners, each at the later one, with the setting of the first. */
function twice(owners: readonly Owned[], what: string): Violation[] {
  const first = new Map<string, Owned>();
  return owners.flatMap((one): Violation[] => {
    const other = first.get(one.thing);
    if (other === undefined) first.set(one.thing, one);
    if (other === undefined || (other.list !== undefined && other.list === one.list)) return [];
    return [
      {
        path: one.path,
        message: `${configKey(other.path)} already has this ${what}`,
        got: shown(one.value),
        accepts: `a ${what} that no other setting has`,
        fix: "change one of the two",
        relies: [other.path, ["domain"]],
      },
    ];
  });
}

/** Hosts with their paths: those of components and of the gateway's own list, in short and in full. */
export function hostOwners({ domain, gateway, keycloak, logging, midpoint, monitoring }: ParsedSettings): Violation[] {
  if (!gateway.enabled) return [];
  const logins = keycloak.enabled;
  const dashboard = logins && kindOfGateway(gateway.kind).dashboard !== undefined ? gateway.dashboardHost : undefined;
  const components: [Path, string | undefined][] = [
    [["keycloak", "host"], logins ? keycloak.host : undefined],
    [["monitoring", "grafana", "host"], monitoring.enabled ? monitoring.grafana.host : undefined],
    [["monitoring", "prometheus", "host"], monitoring.enabled && logins ? monitoring.prometheus.host : undefined],
    [["monitoring", "alertmanager", "host"], monitoring.enabled && logins ? monitoring.alertmanager.host : undefined],
    [["logging", "graylog", "host"], logging.enabled && logins ? logging.graylog.host : undefined],
    [["midpoint", "host"], midpoint.enabled ? midpoint.host : undefined],
    [["gateway", "dashboardHost"], dashboard],
  ];
  const owned = (path: Path, host: string, route: string, list?: string): Owned => ({
    path,
    value: host,
    thing: `${fullHost(host, domain)}${route}`,
    list,
  });
  return twice(
    [
      ...components.flatMap(([path, host]) => (host === undefined ? [] : [owned(path, host, "/")])),
      ...gateway.hosts.flatMap(({ host, paths }, index) =>
        paths.map((route) => owned(["gateway", "hosts", index, "host"], host, route, "gateway.hosts")),
      ),
    ],
    "host",
  );
}

/** Keycloak's database: none that another component has. */
export function databaseOwners(settings: ParsedSettings): Violation[] {
  const { keycloak, postgresql } = settings;
  if (!keycloak.enabled || !postgresql.enabled) return [];
  const others = neededByComponents({ ...settings, keycloak: { ...keycloak, database: "" } }).databases;
  return others.includes(keycloak.database)
    ? [
        {
          path: ["keycloak", "database"],
          message: "another component already has this database",
          got: shown(keycloak.database),
          accepts: `any name except ${others.filter((name) => name !== "").join(", ")}`,
          fix: { set: "keycloak" },
          relies: [["gateway"], ["monitoring", "enabled"], ["midpoint", "enabled"]],
        },
      ]
    : [];
}
