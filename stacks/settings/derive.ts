import type { ChartName } from "../../components/kit/catalogue.ts";
import { compare } from "../../components/kit/stable.ts";
import type { NamespaceSpec } from "../../components/namespaces/namespaces.ts";
import { issuerCredentials } from "../../components/certificates/issuers.ts";
import { postgresCredentials } from "../../components/postgres/credentials.ts";
import type { CredentialSpec } from "../../components/kit/credential.ts";
import type { ParsedSettings } from "./schema.ts";

/** The namespace of cert-manager. */
export const certificatesNamespace = "cert-manager";

/** The namespace of the metrics' custom resource definitions, and later of Prometheus itself. */
export const monitoringNamespace = "monitoring";

/** A host of the stack: `NAME.DOMAIN`, or the name itself where it is a full one. */
export function fullHost(host: string, domain: string): string {
  return host.replace(/^\*\./, "").includes(".") ? host : `${host}.${domain}`;
}

/** The namespaces of a stack: those that components need, those of consumers, and those that the user added, by name. */
export function namespacesOf(settings: ParsedSettings): NamespaceSpec[] {
  const { certificates, monitoring, namespaces, postgresql } = settings;
  const needed = new Map<string, boolean>();
  const need = (name: string, keepsData = false) => needed.set(name, keepsData || (needed.get(name) ?? false));
  if (certificates.enabled) need(certificatesNamespace);
  if (monitoring.serviceMonitors) need(monitoringNamespace);
  if (postgresql.enabled) {
    need(postgresql.namespace, postgresql.engine !== "external");
    for (const database of postgresql.databases) need(database.namespace);
  }
  for (const { namespace } of certificates.hosts) need(namespace);
  const names = [...new Set([...needed.keys(), ...Object.keys(namespaces)])].sort(compare);
  return names.map((name) => {
    const own = namespaces[name];
    return {
      name,
      podSecurity: own?.podSecurity ?? "restricted",
      keepsData: (needed.get(name) ?? false) || (own?.keepsData ?? false),
      ...(own?.quota === undefined ? {} : { quota: own.quota }),
      ...(own?.limitRange === undefined ? {} : { limitRange: own.limitRange }),
    };
  });
}

/** The charts that a stack installs, by name. */
export function chartsOf(settings: ParsedSettings): ChartName[] {
  const { certificates, monitoring, postgresql } = settings;
  const charts: ChartName[] = [];
  if (certificates.enabled) charts.push("cert-manager");
  if (postgresql.enabled && postgresql.engine !== "external") charts.push(postgresql.engine);
  if (monitoring.serviceMonitors) charts.push("prometheus-operator-crds");
  return charts;
}

/** Every generated credential of a stack, by name: known from the settings alone, so that a rotation can be checked first. */
export function credentialsOf(settings: ParsedSettings): CredentialSpec[] {
  const { certificates, postgresql } = settings;
  const names = postgresql.databases.map(({ name }) => name);
  const specs = [
    ...(certificates.enabled ? issuerCredentials(certificates.issuers) : []),
    ...(postgresql.enabled ? postgresCredentials(postgresql.engine, names) : []),
  ];
  return specs.sort((a, b) => compare(a.name, b.name));
}

/** The name under `rotation` that stands for every credential which a number can rotate. */
export const everyCredential = "all";

/** The rotation number of every generated credential: its own, or that of all where a number can rotate it, or 1. */
export function rotationNumbers(settings: ParsedSettings): Record<string, number> {
  const { rotation } = settings;
  return Object.fromEntries(
    credentialsOf(settings).map(({ name, recipe }) => {
      const common = "refuse" in recipe ? 1 : (rotation[everyCredential] ?? 1);
      return [name, rotation[name] ?? common];
    }),
  );
}
