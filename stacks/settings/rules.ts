import { fileCommand, leadsTo, overlap, removeCommand, setCommand } from "./path.ts";
import type { Path } from "./path.ts";
import { buckets } from "./rules/buckets.ts";
import { gatewaySolvers, hosts, issuers } from "./rules/certificates.ts";
import type { Finding, Fix, Rule } from "./rules/finding.ts";
import { monitoringNeeds, receivers } from "./rules/monitoring.ts";
import { bodyLimits, clientAddresses, proxyProtocol } from "./rules/clients.ts";
import { challengeClass, gatewayHosts, gatewayNeeds, gatewayShape, gatewaySupport } from "./rules/gateway.ts";
import { midpointCluster, midpointKeys, midpointSizes, midpointTrust } from "./rules/midpoint.ts";
import { keycloakClients, keycloakNeeds, keycloakRealm } from "./rules/keycloak.ts";
import { gatewayLogin, hostLogins } from "./rules/logins.ts";
import { graylogAccounts, graylogLanguage, graylogPrefixes } from "./rules/graylog-content.ts";
import { loggingContent, loggingReplicas, loggingSearch, loggingSnapshots, loggingSizes } from "./rules/logging.ts";
import { chartSource, namespaces, review, rotation, tolerations } from "./rules/platform.ts";
import { databases, postgresEngine, postgresSizes } from "./rules/postgresql.ts";
import {
  clientRoles,
  reservedClaims,
  reservedClients,
  reservedDatabases,
  reservedNamespaces,
  reservedRoles,
  reservedUsers,
} from "./rules/reserved.ts";
import { storageClasses, storageRoles, volumes } from "./rules/storage.ts";
import type { ParsedSettings } from "./schema.ts";
import { setSecret } from "./secrets.ts";

/** Rules between settings. */
const rules: readonly Rule[] = [
  storageClasses,
  storageRoles,
  volumes,
  issuers,
  hosts,
  tolerations,
  chartSource,
  postgresEngine,
  postgresSizes,
  databases,
  buckets,
  monitoringNeeds,
  receivers,
  gatewayNeeds,
  gatewaySupport,
  gatewayShape,
  gatewayLogin,
  gatewayHosts,
  hostLogins,
  challengeClass,
  proxyProtocol,
  clientAddresses,
  bodyLimits,
  gatewaySolvers,
  midpointCluster,
  midpointSizes,
  midpointTrust,
  midpointKeys,
  keycloakNeeds,
  keycloakRealm,
  keycloakClients,
  loggingSearch,
  loggingSnapshots,
  loggingSizes,
  loggingReplicas,
  loggingContent,
  graylogPrefixes,
  graylogLanguage,
  graylogAccounts,
  reservedDatabases,
  reservedClients,
  reservedClaims,
  reservedRoles,
  reservedUsers,
  clientRoles,
  reservedNamespaces,
  namespaces,
  rotation,
  review,
];

/** The findings of all rules, in the order of the rules. */
export function ruleFindings(settings: ParsedSettings): Finding[] {
  return rules.flatMap((rule) => rule(settings));
}

/**
 * Whether a finding is still valid although the schema rejected some of the user's input: nothing that it depends on was
 * rejected.
 *
 * @param original maps a path to the user's input
 * @param refused rejected or removed values, by their path in the input
 */
export function holds(finding: Finding, original: (path: Path) => Path, refused: readonly Path[]): boolean {
  const own = original(finding.path);
  const places = (finding.relies ?? []).map(original);
  return refused.every((path) => !leadsTo(path, own) && !places.some((place) => overlap(place, path)));
}

/** The fix of a finding, in words. */
export function fixText(fix: Fix, path: Path, original: (path: Path) => Path, stack: string): string {
  if (typeof fix === "string") return fix;
  if ("remove" in fix) return removeCommand(original(fix.remove), stack);
  if ("file" in fix) return fileCommand(original(fix.file), stack);
  if ("secret" in fix) return `${setSecret("NAME", stack)} && ${setCommand(original(fix.secret), "NAME", stack)}`;
  return setCommand(original(fix.at ?? path), fix.set, stack);
}
