import { dnsPart, dnsZones } from "../../stacks/platform/dns.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { namedHosts } from "../records.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import { at, list, records, text, texts } from "../../components/kit/unknown.ts";

/** Checks of the hosts that users and API clients outside the cluster connect to. */
export const hostChecks: readonly Check[] = [
  {
    id: "GP080",
    title: "Hosts are served over TLS",
    severity: "error",
    reason: "Over plain HTTP, anyone on the network path can read passwords and sessions, and change responses.",
    fix: "List the host in the route's tls section, with the Secret of its certificate.",
    examine: plainHosts,
  },
  {
    id: "GP081",
    title: "Hosts have a certificate",
    severity: "error",
    reason: "Without a certificate for the host, the gateway uses a default certificate that no browser trusts.",
    fix: "Request a certificate from the certificates component, or list the host in certificates.hosts.",
    examine: certificates,
  },
  {
    id: "GP159",
    title: "Every host is in a zone in which external-dns creates records",
    severity: "warning",
    reason: "A host outside of the zones gets no record, and no error stops the update: browsers do not find it.",
    fix: "Add the host's zone to dns.zones, or create the record yourself and accept the finding.",
    examine: recordless,
  },
];

function plainHosts(plan: Plan): Examination {
  const examination = new Examination();
  const { ofKind } = inventoryOf(plan);
  for (const ingress of ofKind("Ingress")) {
    const name = objectName(ingress);
    examination.look(name);
    const secure = records(at(ingress.manifest, "spec", "tls")).flatMap(({ hosts }) => texts(hosts));
    for (const rule of records(at(ingress.manifest, "spec", "rules"))) {
      const host = text(rule["host"]);
      if (host === undefined) examination.find(name, "serves every host over plain HTTP");
      else if (!secure.some((pattern) => covers(pattern, host)))
        examination.find(name, `serves ${host} over plain HTTP`);
    }
  }
  for (const route of ofKind("IngressRoute")) {
    const name = objectName(route);
    examination.look(name);
    const redirects = records(at(route.manifest, "spec", "routes")).every((one) => list(one["middlewares"]).length > 0);
    // A route of the plain HTTP entry point without services only redirects to HTTPS.
    if (at(route.manifest, "spec", "tls") === undefined && !redirects) examination.find(name, "has no tls section");
  }
  for (const gateway of ofKind("Gateway")) {
    examination.look(objectName(gateway));
    for (const listener of records(at(gateway.manifest, "spec", "listeners")))
      if (listener["protocol"] === "HTTPS" && records(at(listener, "tls", "certificateRefs")).length === 0)
        examination.find(
          objectName(gateway),
          `listens for ${text(listener["hostname"]) ?? "every host"} without a certificate`,
        );
  }
  return examination;
}

function certificates(plan: Plan): Examination {
  const examination = new Examination();
  const { has } = inventoryOf(plan);
  const made = certificateSecrets(plan);
  for (const { host, tlsSecret } of plan.ledger.hosts) {
    const name = `Host ${host}`;
    examination.look(name);
    if (tlsSecret === undefined) {
      examination.find(name, "has no certificate");
      continue;
    }
    const id = `${tlsSecret.namespace}/${tlsSecret.name}`;
    const names = made.get(id);
    if (names === undefined && !has("Secret", tlsSecret.namespace, tlsSecret.name))
      examination.find(name, `takes its certificate from ${id}, which is missing`);
    else if (names !== undefined && !names.some((pattern) => covers(pattern, host)))
      examination.find(name, `takes its certificate from ${id}, which is for ${names.join(", ")}`);
  }
  for (const ingress of inventoryOf(plan).ofKind("Ingress")) {
    const name = objectName(ingress);
    examination.look(name);
    for (const { secretName } of records(at(ingress.manifest, "spec", "tls"))) {
      const secret = text(secretName);
      if (secret === undefined || made.has(`${ingress.namespace}/${secret}`)) continue;
      if (!has("Secret", ingress.namespace, secret) && !asksForOne(ingress))
        examination.find(name, `takes its certificate from ${ingress.namespace}/${secret}, which is missing`);
    }
  }
  for (const route of inventoryOf(plan).ofKind("IngressRoute")) {
    examination.look(objectName(route));
    const secret = text(at(route.manifest, "spec", "tls", "secretName"));
    if (secret === undefined || made.has(`${route.namespace}/${secret}`)) continue;
    if (!has("Secret", route.namespace, secret))
      examination.find(objectName(route), `takes its certificate from ${route.namespace}/${secret}, which is missing`);
  }
  return examination;
}

function recordless(plan: Plan): Examination {
  const examination = new Examination();
  const { settings } = plan;
  if (!dnsPart.on(settings)) return examination;
  for (const { automatic, host } of namedHosts(plan)) {
    const name = `Host ${host}`;
    examination.look(name);
    if (!automatic) examination.find(name, `is in none of the zones ${dnsZones(settings).join(", ")}`);
  }
  return examination;
}

/** The hosts of every certificate that is requested from cert-manager, by its Secret. */
function certificateSecrets(plan: Plan): Map<string, string[]> {
  return new Map(
    inventoryOf(plan)
      .ofKind("Certificate")
      .map(({ namespace, manifest }) => [
        `${namespace}/${text(at(manifest, "spec", "secretName"))}`,
        [...texts(at(manifest, "spec", "dnsNames")), text(at(manifest, "spec", "commonName")) ?? ""],
      ]),
  );
}

/** Whether cert-manager creates a certificate for an Ingress by an annotation (its documentation, "Annotated Ingress resource"). */
function asksForOne({ manifest }: PlannedObject): boolean {
  const annotations = at(manifest, "metadata", "annotations");
  return ["cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme"].some(
    (name) => at(annotations, name) !== undefined,
  );
}

/** Whether a certificate's name matches a host: the same name, or a wildcard for its first label. */
function covers(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith("*.") && host.slice(host.indexOf(".")) === pattern.slice(1));
}
