import { fullHost } from "../names.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { beyond, lowLimit, needsSwitch, repeated, unknownName } from "./finding.ts";
import type { Finding } from "./finding.ts";

const at = (...rest: PropertyKey[]): Path => ["gateway", ...rest];
const kind = at("kind");

/** What a gateway needs: certificates for its hosts, and a database where it is Kong. */
export function gatewayNeeds({ certificates, gateway, postgresql }: ParsedSettings): Finding[] {
  if (!gateway.enabled) return [];
  const findings: Finding[] = [];
  if (!certificates.enabled)
    findings.push(
      needsSwitch(at("enabled"), "its hosts need certificates, and certificates are off", ["certificates", "enabled"]),
    );
  else if (certificates.issuers.length === 0)
    findings.push({
      path: ["certificates", "issuers"],
      message: "there is none, and the gateway's hosts need one",
      got: "an empty list",
      accepts: "at least one issuer",
      fix: "add issuers: [{ name: letsencrypt, kind: acme, email: ops@example.org }], or one of kind own-ca, company-ca or self-signed",
      relies: [["profile"], at("enabled")],
    });
  if (gateway.kind === "kong" && !postgresql.enabled)
    findings.push({
      path: kind,
      message: "Kong keeps its routes in a database, and PostgreSQL is off",
      got: shown(gateway.kind),
      accepts: "postgresql.enabled: true with it, or traefik",
      fix: { set: true, at: ["postgresql", "enabled"] },
      relies: [at("enabled")],
    });
  return findings;
}

/** Keys that only one kind of gateway has, and sizes that must fit each other. */
export function gatewayShape({ gateway, keycloak }: ParsedSettings): Finding[] {
  const { dashboardHost, defaultHost, ingressClass, maxReplicas, replicas, resources, workload } = gateway;
  const findings: Finding[] = [];
  if (ingressClass !== undefined && gateway.kind !== "nginx")
    findings.push({
      path: at("ingressClass"),
      message: `says nothing while the kind is ${gateway.kind}, whose class has its name`,
      got: shown(ingressClass),
      accepts: "kind: nginx with it",
      fix: { remove: at("ingressClass") },
      relies: [kind],
    });
  const ofTraefik = { defaultHost, dashboardHost };
  for (const [name, value] of Object.entries(ofTraefik))
    if (value !== undefined && gateway.kind !== "traefik")
      findings.push({
        path: at(name),
        message: `says nothing while the kind is ${gateway.kind}`,
        got: shown(value),
        accepts: "kind: traefik with it",
        fix: { remove: at(name) },
        relies: [kind],
      });
  if (dashboardHost !== undefined && gateway.kind === "traefik" && !keycloak.enabled)
    findings.push({
      path: at("dashboardHost"),
      message: "nobody makes the login that it stands behind: Keycloak is off",
      got: shown(dashboardHost),
      accepts: "keycloak.enabled: true with it",
      fix: { set: true, at: ["keycloak", "enabled"] },
      relies: [["keycloak", "enabled"]],
    });
  for (const [index, { maxInFlight }] of gateway.hosts.entries())
    if (maxInFlight !== undefined && gateway.kind !== "traefik")
      findings.push({
        path: at("hosts", index, "maxInFlight"),
        message: `only Traefik counts requests under way, and the kind is ${gateway.kind}`,
        got: shown(maxInFlight),
        accepts: "kind: traefik with it",
        fix: { remove: at("hosts", index, "maxInFlight") },
        relies: [kind],
      });
  if (maxReplicas !== undefined && workload === "daemonSet")
    findings.push({
      path: at("maxReplicas"),
      message: "a DaemonSet has as many pods as there are nodes",
      got: shown(maxReplicas),
      accepts: "workload: deployment with it",
      fix: { remove: at("maxReplicas") },
      relies: [at("workload")],
    });
  else if (maxReplicas !== undefined && maxReplicas < replicas)
    findings.push({
      ...beyond(at("maxReplicas"), "is below what it starts with", maxReplicas, "at least", ["replicas", replicas]),
      relies: [at("replicas"), ["profile"]],
    });
  return [...findings, ...lowLimit(at("resources"), resources)];
}

/** Hosts of users: each once, with an issuer that exists, and with what their gateway needs to know. */
export function gatewayHosts(settings: ParsedSettings): Finding[] {
  const { certificates, domain, gateway } = settings;
  const { enabled, hosts } = gateway;
  const names = certificates.issuers.map(({ name }) => name);
  if (!enabled && hosts.length > 0)
    return [
      {
        path: at("hosts"),
        message: "hosts without a gateway",
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
        fix: "give it other paths, or take it out",
        relies: [["domain"], at("hosts", "*", "paths")],
      }),
    ),
    ...hosts.flatMap((one, index): Finding[] => [
      ...(one.issuer === undefined || names.includes(one.issuer)
        ? []
        : [
            unknownName(
              at("hosts", index, "issuer"),
              "there is no issuer of this name",
              one.issuer,
              names,
              "certificates.issuers",
              [["certificates", "issuers", "*", "name"], ["profile"]],
            ),
          ]),
      ...(gateway.kind === "kong" && Object.keys(one.labels).length === 0 && (one.sticky || one.timeout !== undefined)
        ? [
            {
              path: at("hosts", index, "labels"),
              message: `Kong needs them for ${one.sticky ? "sticky" : "timeout"}`,
              got: shown(one.labels),
              accepts: "the labels of the application's pods",
              fix: "add labels, such as { app: my-app }",
              relies: [kind],
            },
          ]
        : []),
    ]),
  ];
}

/** The file of an ACME challenge is served by this gateway, where there is one. */
export function challengeClass({ certificates, gateway }: ParsedSettings): Finding[] {
  if (!gateway.enabled) return [];
  const served = gateway.ingressClass ?? gateway.kind;
  return certificates.issuers.flatMap((issuer, index) =>
    issuer.kind !== "acme"
      ? []
      : issuer.solvers.flatMap((solver, number): Finding[] =>
          solver.kind !== "http01" || solver.ingressClass === served
            ? []
            : [
                {
                  path: ["certificates", "issuers", index, "solvers", number, "ingressClass"],
                  message: `the gateway serves the class ${served}`,
                  got: shown(solver.ingressClass),
                  accepts: served,
                  fix: { set: served },
                  relies: [at("enabled"), kind, at("ingressClass")],
                },
              ],
        ),
  );
}
