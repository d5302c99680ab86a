import { gatewayKinds, kindOfGateway } from "../../../components/gateway/kinds.ts";
import type { GatewayKind, KindOfGateway, OptionalSetting } from "../../../components/gateway/kinds.ts";
import { fullHost } from "../../../components/kit/names.ts";
import { declaredHosts } from "../declared.ts";
import type { DeclaredHost } from "../declared.ts";
import { neededOf } from "../derive.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { servedClass } from "../names.ts";
import { beyond, lowLimit, needsSwitch, repeated, unknownName } from "./violation.ts";
import { certifiedHosts, solverOf } from "./solver-hosts.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["gateway", ...rest];
const kind = at("kind");

/** What a gateway needs: certificates for its hosts, and a database for Kong. */
export function gatewayNeeds(settings: ParsedSettings): Violation[] {
  const { certificates, gateway, postgresql } = settings;
  if (!gateway.enabled) return [];
  const violations: Violation[] = [];
  const { issued, own } = certifiedHosts(settings);
  const needsIssuer = issued.length > 0 || own.length === 0;
  const named = own.length === 0 ? "" : ` (${issued.map(({ host }) => host).join(", ")})`;
  if (needsIssuer && !certificates.enabled)
    violations.push(
      needsSwitch(at("enabled"), `the gateway's hosts${named} need certificates, but certificates.enabled is false`, [
        "certificates",
        "enabled",
      ]),
    );
  else if (needsIssuer && certificates.issuers.length === 0)
    violations.push({
      path: ["certificates", "issuers"],
      message: `no issuer is configured, but the gateway's hosts${named} need certificates`,
      got: "an empty list",
      accepts: "at least one issuer, or certificate and keySecret for each host in certificates.hosts",
      fix: "add issuers: [{ name: letsencrypt, kind: acme, email: ops@example.org }], or an issuer of kind own-ca, company-ca or self-signed",
      relies: [["profile"], at("enabled"), ["certificates", "issuers"]],
    });
  const { database, title } = kindOfGateway(gateway.kind);
  if (database !== undefined && !postgresql.enabled)
    violations.push({
      path: kind,
      message: `${title} needs PostgreSQL, but postgresql.enabled is false`,
      got: shown(gateway.kind),
      accepts: `${kindsWith((one) => one.database === undefined)}, or ${gateway.kind} with postgresql.enabled: true`,
      fix: { set: true, at: ["postgresql", "enabled"] },
      relies: [at("enabled")],
    });
  return violations;
}

/** The kinds of gateways that have a property, as a message names them. */
function kindsWith(property: (kind: KindOfGateway) => boolean): string {
  return Object.entries(gatewayKinds)
    .filter(([, kind]) => property(kind))
    .map(([name]) => name)
    .join(" or ");
}

/** Keys that only some kinds of gateways support. */
export function gatewaySupport(settings: ParsedSettings): Violation[] {
  const { gateway } = settings;
  const { dashboardHost, defaultHost, ingressClass, login, service } = gateway;
  const supporting = (setting: OptionalSetting) => kindsWith(({ supports }) => supports.includes(setting));
  const keys: [OptionalSetting, Path, string | number | boolean | undefined, Partial<Violation>?][] = [
    ["ingressClass", at("ingressClass"), ingressClass],
    ["defaultHost", at("defaultHost"), defaultHost],
    ["dashboardHost", at("dashboardHost"), dashboardHost],
    ["login.pluginImage", at("login", "pluginImage"), login.pluginImage],
    [
      "login.method: plugin",
      at("login", "method"),
      login.method === "plugin" ? login.method : undefined,
      {
        message: `is not supported with kind: ${gateway.kind}`,
        accepts: `proxy, or plugin with kind: ${supporting("login.method: plugin")}`,
        fix: { set: "proxy" },
      },
    ],
    ["service.proxyProtocol", at("service", "proxyProtocol"), service.proxyProtocol || undefined],
    ...declaredHosts(settings).map(({ maxInFlight, path }): [OptionalSetting, Path, number | undefined] => [
      "hosts.maxInFlight",
      [...path, "maxInFlight"],
      maxInFlight,
    ]),
  ];
  return keys.flatMap(([setting, path, value, rest]): Violation[] =>
    value === undefined || kindOfGateway(gateway.kind).supports.includes(setting)
      ? []
      : [
          {
            path,
            message: `has no effect with kind: ${gateway.kind}`,
            got: shown(value),
            accepts: `a value only with kind: ${supporting(setting)}`,
            fix: { remove: path },
            relies: [kind],
            ...rest,
          },
        ],
  );
}

/** The dashboard's login, and sizes that depend on each other. */
export function gatewayShape({ gateway, keycloak }: ParsedSettings): Violation[] {
  const { dashboardHost, maxReplicas, replicas, resources, workload } = gateway;
  const violations: Violation[] = [];
  if (dashboardHost !== undefined && kindOfGateway(gateway.kind).dashboard && !keycloak.enabled)
    violations.push({
      path: at("dashboardHost"),
      message: "the dashboard needs a login, but keycloak.enabled is false",
      got: shown(dashboardHost),
      accepts: "a value only with keycloak.enabled: true",
      fix: { set: true, at: ["keycloak", "enabled"] },
      relies: [["keycloak", "enabled"]],
    });
  if (maxReplicas !== undefined && workload === "daemonSet")
    violations.push({
      path: at("maxReplicas"),
      message: "has no effect with workload: daemonSet, which runs one pod on each node",
      got: shown(maxReplicas),
      accepts: "a value only with workload: deployment",
      fix: { remove: at("maxReplicas") },
      relies: [at("workload")],
    });
  else if (maxReplicas !== undefined && maxReplicas < replicas)
    violations.push({
      ...beyond(at("maxReplicas"), "is less than replicas", maxReplicas, "at least", ["replicas", replicas]),
      relies: [at("replicas"), ["profile"]],
    });
  return [...violations, ...lowLimit(at("resources"), resources)];
}

/** Hosts of users: unique, with an existing issuer, and with the labels that the gateway needs. */
export function gatewayHosts(settings: ParsedSettings): Violation[] {
  const { certificates, domain, gateway } = settings;
  const { enabled, hosts } = gateway;
  const names = certificates.issuers.map(({ name }) => name);
  if (!enabled && hosts.length > 0)
    return [
      {
        path: at("hosts"),
        message: "hosts need a gateway, but gateway.enabled is false",
        got: shown(hosts),
        accepts: "gateway.enabled: true, or no hosts",
        fix: { set: true, at: at("enabled") },
      },
    ];
  return [
    ...repeated(
      hosts.flatMap((one, index) => one.paths.map((path) => ({ host: one.host, path, index }))),
      ({ host, path }) => `${fullHost(host, domain)}${path}`,
      ({ index }) => ({
        path: at("hosts", index, "host"),
        message: "this host is listed twice with the same path",
        accepts: "each path of a host once",
        fix: "change its paths, or remove it",
        relies: [["domain"], at("hosts", "*", "paths")],
      }),
    ),
    ...declaredHosts(settings).flatMap((one): Violation[] => [
      ...(one.issuer === undefined || names.includes(one.issuer)
        ? []
        : [
            unknownName([...one.path, "issuer"], "no issuer has this name", one.issuer, names, "certificates.issuers", [
              ["certificates", "issuers", "*", "name"],
              ["profile"],
            ]),
          ]),
      ...missingLabels(gateway.kind, one),
    ]),
  ];
}

/** Labels of a host, where its gateway needs them for another key. */
function missingLabels(name: GatewayKind, host: DeclaredHost): Violation[] {
  const set = { sticky: host.sticky, timeout: host.timeout !== undefined };
  const needing = kindOfGateway(name).needsLabels.find((one) => set[one]);
  if (needing === undefined || host.labelled) return [];
  return [
    {
      path: [...host.path, "labels"],
      message: `are required for ${needing} with kind: ${name}`,
      got: shown({}),
      accepts: "the labels of the application's pods",
      fix: "add labels, such as { app: my-app }",
      relies: [kind],
    },
  ];
}

/** ACME challenges must use the ingress class of the gateway, if there is one. */
export function challengeClass(settings: ParsedSettings): Violation[] {
  const { certificates, domain, gateway } = settings;
  if (!gateway.enabled) return [];
  const served = servedClass(gateway);
  const elsewhere = new Set(certificates.hosts.map(({ host }) => fullHost(host, domain)));
  const own = new Set(declaredHosts(settings).map(({ host }) => fullHost(host, domain)));
  const hosts = [...own, ...neededOf(settings).hosts.map(({ host }) => fullHost(host, domain))].filter(
    (host) => own.has(host) || !elsewhere.has(host),
  );
  return certificates.issuers.flatMap((issuer, index) => {
    if (issuer.kind !== "acme") return [];
    const used = new Set(hosts.map((host) => solverOf(host, issuer.solvers, domain)));
    return issuer.solvers.flatMap((solver, number): Violation[] =>
      // A solver that cert-manager uses for none of the gateway's hosts may serve another ingress controller.
      solver.kind !== "http01" || (solver.ingressClass ?? served) === served || (used.size > 0 && !used.has(solver))
        ? []
        : [
            {
              path: ["certificates", "issuers", index, "solvers", number, "ingressClass"],
              message: "must be the ingress class of the gateway",
              got: shown(solver.ingressClass ?? served),
              accepts: served,
              fix: { set: served },
              relies: [at("enabled"), kind, at("ingressClass")],
            },
          ],
    );
  });
}
