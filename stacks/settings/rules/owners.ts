import { kindOfGateway } from "../../../components/gateway/kinds.ts";
import { fullHost } from "../../../components/kit/names.ts";
import { graylogPorts } from "../../../components/logging/graylog/values.ts";
import type { Needs } from "../../platform/part.ts";
import { declaredClients, declaredDatabases, declaredHosts } from "../declared.ts";
import { ownersIn } from "../derive.ts";
import { decidingPath } from "../modules.ts";
import { loginClient, matrixServerName } from "../names.ts";
import { configKey } from "../path.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { usedNamespaces } from "./reserved.ts";
import type { Fix, Violation } from "./violation.ts";

/** A thing that one setting of the stack owns. */
interface Owned {
  readonly path: Path;
  /** The value of the setting. */
  readonly value: string;
  /** What it owns, such as a host with a path: equal for two owners of one thing. Default: the value. */
  readonly thing?: string;
  /** Whether the rule of its own list compares it with the others of that list. */
  readonly list?: string;
  /** Default: a sentence. */
  readonly fix?: Fix;
  /** What else the owner depends on. */
  readonly relies?: readonly Path[];
}

/** Findings for things with two owners, each at the later one, with the setting of the first. */
function twice(owners: readonly Owned[], what: string): Violation[] {
  const first = new Map<string, Owned>();
  return owners.flatMap((one): Violation[] => {
    const { path, value, thing = value, list, fix = "change one of the two", relies = [] } = one;
    const other = first.get(thing);
    if (other === undefined) first.set(thing, one);
    if (other === undefined || (list !== undefined && list === other.list)) return [];
    return [
      {
        path,
        message: `${configKey(decidingPath(other.path))} already has this ${what}`,
        got: shown(value),
        accepts: `a ${what} that no other setting has`,
        fix,
        relies: [...(other.relies ?? [other.path]), ...relies],
      },
    ];
  });
}

/** The list whose own rule compares its elements with each other; those of applications are compared here. */
function listOf(path: Path): string | undefined {
  return path[0] === "applications" || path[0] === "worldcereal" ? undefined : configKey(path.slice(0, -1));
}

/** What components own, by the section of the settings that each belongs to. */
function ofComponents(settings: ParsedSettings, names: (needs: Needs) => readonly string[], except?: string): Owned[] {
  return ownersIn(settings)
    .filter(({ section }) => section !== except)
    .flatMap(({ section, needs }) =>
      names(needs).map((value) => ({
        path: [section],
        value,
        relies: [
          [section, "enabled"],
          ["gateway", "kind"],
        ],
      })),
    );
}

/** The settings of components that name a host, in short or in full, as far as something serves it. */
export function componentHosts(settings: ParsedSettings): (readonly [path: Path, host: string])[] {
  const { confluence, domain, gateway, keycloak, logging, matrix, midpoint, monitoring, workflows } = settings;
  if (!gateway.enabled) return [];
  const logins = keycloak.enabled;
  const serverName = matrixServerName(settings);
  // The rule of the site says so where the homeserver itself is at this host.
  const atRoot = serverName === fullHost(matrix.host, domain);
  const dashboard = logins && kindOfGateway(gateway.kind).dashboard !== undefined ? gateway.dashboardHost : undefined;
  const hosts: [Path, string | undefined][] = [
    [["keycloak", "host"], logins ? keycloak.host : undefined],
    [["monitoring", "grafana", "host"], monitoring.enabled ? monitoring.grafana.host : undefined],
    [["monitoring", "prometheus", "host"], monitoring.enabled && logins ? monitoring.prometheus.host : undefined],
    [
      ["monitoring", "alertmanager", "host"],
      monitoring.enabled && monitoring.alertmanager.exposed && logins ? monitoring.alertmanager.host : undefined,
    ],
    [["logging", "graylog", "host"], logging.enabled && logins ? logging.graylog.host : undefined],
    [["midpoint", "host"], midpoint.enabled ? midpoint.host : undefined],
    [["matrix", "host"], matrix.enabled ? matrix.host : undefined],
    [["matrix", "element", "host"], matrix.enabled && matrix.element.enabled ? matrix.element.host : undefined],
    [["matrix", "site"], matrix.enabled && matrix.site !== undefined && !atRoot ? serverName : undefined],
    [["workflows", "host"], workflows.enabled && logins ? workflows.host : undefined],
    [["confluence", "host"], confluence.enabled ? confluence.host : undefined],
    [
      ["confluence", "database", "adminer", "host"],
      confluence.enabled && confluence.database.adminer.enabled ? confluence.database.adminer.host : undefined,
    ],
    [["gateway", "dashboardHost"], dashboard],
  ];
  return hosts.flatMap(([path, host]) => (host === undefined ? [] : [[path, host] as const]));
}

/** Hosts with their paths: those of components and of the gateway's own list, in short and in full. */
export function hostOwners(settings: ParsedSettings): Violation[] {
  const { domain, gateway } = settings;
  if (!gateway.enabled) return [];
  const owned = (path: Path, host: string, route: string, list?: string): Owned => ({
    path,
    value: host,
    thing: `${fullHost(host, domain)}${route}`,
    list,
    relies: [path, ["domain"]],
  });
  return twice(
    [
      ...componentHosts(settings).map(([path, host]) => owned(path, host, "/")),
      ...declaredHosts(settings).flatMap(({ host, path, paths }) =>
        paths.map((route) => owned([...path, "host"], host, route, listOf(path))),
      ),
    ],
    "host",
  );
}

/** Databases: those of components, Keycloak's, whose name is a setting, and those that the settings declare. */
export function databaseOwners(settings: ParsedSettings): Violation[] {
  const { keycloak } = settings;
  const own: Owned = { path: ["keycloak", "database"], value: keycloak.database, fix: { set: "keycloak" } };
  return twice(
    [
      ...ofComponents(settings, ({ databases = [] }) => databases, "keycloak"),
      ...(keycloak.enabled ? [own] : []),
      ...declaredDatabases(settings).map(({ name, path }) => ({
        path: [...path, "name"],
        value: name,
        list: listOf(path),
        fix: { remove: path },
      })),
    ],
    "database",
  );
}

/** Clients of the realm: those of components, and those that the settings declare or that logins at hosts bring along. */
export function clientOwners(settings: ParsedSettings): Violation[] {
  const { keycloak } = settings;
  // A Keycloak that is off is a violation of its own: its clients count as they are meant.
  const meant = { ...settings, keycloak: { ...keycloak, enabled: true } };
  const declared = declaredClients(settings).map(({ name, path }) => ({
    path: [...path, "name"],
    value: name,
    list: listOf(path),
    fix: { remove: path },
  }));
  const logins = declaredHosts(settings).flatMap(({ host, login, path: where }): Owned[] => {
    if (login === undefined) return [];
    const value = loginClient(host, login);
    // A login may use a client of the settings.
    if (declared.some((client) => client.value === value)) return [];
    const path = [...where, "login", "client"];
    const relies = [where, ["keycloak", "clients"], ["applications"]];
    return [{ path, value, fix: { set: `${value}-login` }, relies }];
  });
  const brought = ofComponents(meant, ({ clients = [] }) => clients.map(({ name }) => name));
  return twice([...brought, ...(keycloak.enabled ? declared : []), ...logins], "client");
}

/** Ports of the nodes: a cluster gives each to one Service. */
export function nodePortOwners({ gateway, logging }: ParsedSettings): Violation[] {
  const owned = (path: Path, port: number | undefined, list?: string): Owned[] =>
    port === undefined ? [] : [{ path, value: String(port), list }];
  const { httpNodePort, httpsNodePort } = gateway.service;
  const installed = gateway.enabled && kindOfGateway(gateway.kind).chart !== undefined;
  const inputs = logging.enabled ? logging.graylog.inputs : [];
  return twice(
    [
      ...(installed ? owned(["gateway", "service", "httpNodePort"], httpNodePort) : []),
      ...(installed ? owned(["gateway", "service", "httpsNodePort"], httpsNodePort) : []),
      ...inputs.flatMap(({ nodePort }, index) =>
        owned(["logging", "graylog", "inputs", index, "nodePort"], nodePort, "logging.graylog.inputs"),
      ),
    ],
    "port of the nodes",
  );
}

/** Ports on which Graylog itself listens: an input at one of them does not start. */
export function graylogPortOwners({ logging }: ParsedSettings): Violation[] {
  if (!logging.enabled) return [];
  const own: readonly number[] = Object.values(graylogPorts);
  return logging.graylog.inputs.flatMap(({ port }, index): Violation[] =>
    own.includes(port)
      ? [
          {
            path: ["logging", "graylog", "inputs", index, "port"],
            message: "Graylog's pods already have this port, for users, logins or metrics",
            got: shown(port),
            accepts: `a port from 1024 to 65535 except ${own.join(", ")}`,
            fix: "change the port",
          },
        ]
      : [],
  );
}

/** Namespaces of pods that look at their nodes: there, every other pod could run with the same rights. */
export function namespaceOwners(settings: ParsedSettings): Violation[] {
  const privileged = ownersIn(settings).flatMap(({ section, needs: { namespaces = [] } }) =>
    namespaces.filter(({ podSecurity }) => podSecurity === "privileged").map(({ name }) => ({ name, section })),
  );
  return usedNamespaces(settings).flatMap(({ path, name }): Violation[] => {
    const owner = privileged.find((one) => one.name === name);
    if (owner === undefined || path[0] === "namespaces") return [];
    return [
      {
        path,
        message: `${configKey([owner.section])} already has this namespace, for pods that may do everything on their nodes`,
        got: shown(name),
        accepts: "a namespace that no other setting has",
        fix: "use the application's name",
        relies: [[owner.section, "enabled"]],
      },
    ];
  });
}
