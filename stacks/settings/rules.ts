import { z } from "zod";
import { bare, defaultOf, isScalar, schemaAt, step, valueAt } from "./key.ts";
import { fileCommand, leadsTo, overlap, removeCommand, setCommand } from "./path.ts";
import { atModule } from "./modules.ts";
import type { Path } from "./path.ts";
import { applicationContainers } from "./rules/application-containers.ts";
import { applicationVariables } from "./rules/application-variables.ts";
import { applicationNames, applicationNeeds, applicationPods, applicationReferences } from "./rules/applications.ts";
import { awsCluster, awsNeeds, awsUses } from "./rules/aws.ts";
import { backup } from "./rules/backup.ts";
import { buckets } from "./rules/buckets.ts";
import { chartOverrides, chartSecrets, chartVersions } from "./rules/charts.ts";
import { hosts, issuers } from "./rules/certificates.ts";
import type { Violation, Fix, Rule } from "./rules/violation.ts";
import { monitoringNeeds, receivers } from "./rules/monitoring.ts";
import { connectionNamespaces } from "./rules/connections.ts";
import { bodyLimits, clientAddresses, proxyProtocol } from "./rules/clients.ts";
import { challengeClass, gatewayHosts, gatewayNeeds, gatewayShape, gatewaySupport } from "./rules/gateway.ts";
import { dnsProvider, dnsRecords } from "./rules/dns.ts";
import { confluenceNeeds, confluenceSizes } from "./rules/confluence.ts";
import { matrixNeeds, matrixOptions } from "./rules/matrix.ts";
import { midpointCluster, midpointSizes, midpointTrust } from "./rules/midpoint.ts";
import { midpointImport, midpointKeys } from "./rules/midpoint-keystore.ts";
import { keycloakClients, keycloakNeeds, keycloakRealm } from "./rules/keycloak.ts";
import { gatewayLogin, hostLogins } from "./rules/logins.ts";
import { graylogAccounts, graylogLanguage, graylogPrefixes } from "./rules/graylog-content.ts";
import { loggingContent, loggingReplicas, loggingSearch, loggingSnapshots, loggingSizes } from "./rules/logging.ts";
import { nfsAddresses, nfsCircle, nfsFolders, nfsServer, nfsShares } from "./rules/nfs.ts";
import { documentSizes, hostLengths } from "./rules/lengths.ts";
import {
  clientOwners,
  databaseOwners,
  graylogPortOwners,
  hostOwners,
  namespaceOwners,
  nodePortOwners,
} from "./rules/owners.ts";
import { ecrKeys, ecrPulls, registryPassword } from "./rules/registry.ts";
import { podPriorities } from "./rules/pod-extras.ts";
import { chartSource, namespaces, review, rotation, tolerations } from "./rules/platform.ts";
import { databases, postgresArchive, postgresEngine, postgresSizes, postgresTls } from "./rules/postgresql.ts";
import {
  clientRoles,
  reservedClaims,
  reservedClients,
  reservedDatabases,
  reservedNamespaces,
  reservedRoles,
  reservedUsers,
} from "./rules/reserved.ts";
import { gatewaySolvers, solverSelectors } from "./rules/solver-hosts.ts";
import { cloudIdentities, solverCredentials, webhookSecrets } from "./rules/solvers.ts";
import { storageClasses, storageRoles, volumes } from "./rules/storage.ts";
import { velero } from "./rules/velero.ts";
import { workflowsNamespaces, workflowsNeeds, workflowsNodes } from "./rules/workflows.ts";
import type { ParsedSettings } from "./schema.ts";
import { setSecret } from "./secrets.ts";

/** Components whose settings have no effect while they are off. */
type Component = "confluence" | "logging" | "matrix" | "midpoint" | "monitoring" | "postgresql" | "workflows";

/** Rules on a component's own settings, which have no effect while it is off. */
function whereOn(component: Component, rules: readonly Rule[]): Rule[] {
  return rules.map((rule) => (settings) => (settings[component].enabled ? rule(settings) : []));
}

/** Rules between settings. */
const rules: readonly Rule[] = [
  storageClasses,
  storageRoles,
  volumes,
  nfsServer,
  nfsFolders,
  nfsAddresses,
  nfsShares,
  nfsCircle,
  issuers,
  solverCredentials,
  solverSelectors,
  cloudIdentities,
  webhookSecrets,
  hosts,
  tolerations,
  chartSource,
  registryPassword,
  ecrKeys,
  ecrPulls,
  chartSecrets,
  chartOverrides,
  chartVersions,
  postgresEngine,
  ...whereOn("postgresql", [postgresArchive, postgresSizes]),
  postgresTls,
  databases,
  awsNeeds,
  awsCluster,
  awsUses,
  buckets,
  backup,
  velero,
  monitoringNeeds,
  ...whereOn("monitoring", [receivers]),
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
  dnsProvider,
  dnsRecords,
  ...whereOn("midpoint", [midpointCluster, midpointSizes, midpointTrust, midpointImport, midpointKeys]),
  ...whereOn("matrix", [matrixNeeds, matrixOptions]),
  ...whereOn("confluence", [confluenceNeeds, confluenceSizes]),
  ...whereOn("workflows", [workflowsNeeds, workflowsNodes, workflowsNamespaces]),
  keycloakNeeds,
  keycloakRealm,
  keycloakClients,
  ...whereOn("logging", [
    loggingSearch,
    loggingSnapshots,
    loggingSizes,
    loggingReplicas,
    loggingContent,
    graylogPrefixes,
    graylogLanguage,
    graylogAccounts,
  ]),
  hostLengths,
  documentSizes,
  hostOwners,
  databaseOwners,
  clientOwners,
  nodePortOwners,
  graylogPortOwners,
  namespaceOwners,
  reservedDatabases,
  reservedClients,
  reservedClaims,
  reservedRoles,
  reservedUsers,
  clientRoles,
  reservedNamespaces,
  applicationNames,
  applicationNeeds,
  applicationContainers,
  applicationVariables,
  applicationPods,
  applicationReferences,
  namespaces,
  podPriorities,
  connectionNamespaces,
  rotation,
  review,
];

/** The violations of all rules, in the order of the rules. */
export function ruleFindings(settings: ParsedSettings): Violation[] {
  const findings = rules.flatMap((rule) => rule(settings)).map(atModule);
  // Two applications of a module may have one setting, such as a host.
  const seen = new Set<string>();
  return findings.filter(({ message, path }) => {
    const id = JSON.stringify([path, message]);
    return path[0] !== "worldcereal" || (!seen.has(id) && seen.add(id));
  });
}

/**
 * Whether a violation is still valid although the schema rejected some of the user's input: nothing that it depends on was
 * rejected.
 *
 * @param original maps a path to the user's input
 * @param refused rejected or removed values, by their path in the input
 */
export function holds(violation: Violation, original: (path: Path) => Path, refused: readonly Path[]): boolean {
  const own = original(violation.path);
  const places = (violation.relies ?? []).map(original);
  return refused.every((path) => !leadsTo(path, own) && !places.some((place) => overlap(place, path)));
}

/** What the fix of a violation needs to know of the settings. */
export interface FixContext {
  readonly schema: z.ZodType;
  /** The settings with their defaults. */
  readonly value: unknown;
  /** The user's input. */
  readonly input: unknown;
  /** Maps a path to the user's input. */
  readonly original: (path: Path) => Path;
  readonly stack: string;
}

/** The fix of a violation, in words. */
export function fixText(fix: Fix, path: Path, context: FixContext): string {
  const { original, stack } = context;
  if (typeof fix === "string") return fix;
  if ("remove" in fix) return removeCommand(original(fix.remove), stack);
  if ("file" in fix) return fileCommand(original(fix.file), stack);
  if ("secret" in fix) return `${setSecret("NAME", stack)} && ${setCommand(original(fix.secret), "NAME", stack)}`;
  const at = fix.at ?? path;
  const whole = defaultAround(at, context);
  if (whole === undefined) return setCommand(original(at), fix.set, stack);
  // The commands write the default in full, with the new value: a part of it alone would replace it.
  const own = original(at);
  const leaves = leavesOf(
    valueAt(context.value, whole),
    original(whole),
    schemaAt(context.schema, whole, context.value),
  );
  const others = leaves.filter(([place]) => !leadsTo(place, own));
  const after = others.findIndex(([place]) => follows(place, own));
  others.splice(after < 0 ? others.length : after, 0, [own, fix.set]);
  return others.map(([place, value]) => setCommand(place, value, stack)).join(" && ");
}

/** Whether a path is in a later element of a list than another: an element can only be set after those before it. */
function follows(path: Path, other: Path): boolean {
  const at = path.findIndex((name, index) => name !== other[index]);
  const [one, two] = [path[at], other[at]];
  return typeof one === "number" && typeof two === "number" && one > two;
}

/** The list or object around a path that is a default as a whole, so that a part of it in the input replaces it. */
function defaultAround(path: Path, { schema, value, input, original }: FixContext): Path | undefined {
  return path
    .map((_, length) => path.slice(0, length))
    .find((around) => {
      const here = schemaAt(schema, around, value);
      const isDefault = here instanceof z.ZodDefault && !(bare(here) instanceof z.ZodRecord);
      return around.length > 0 && isDefault && valueAt(input, original(around)) === undefined;
    });
}

/** The values in a list or object, without those that are the defaults of their own keys. */
function leavesOf(
  value: unknown,
  path: Path,
  schema: z.ZodType | undefined,
): [path: Path, value: string | number | boolean][] {
  if (isScalar(value)) return schema !== undefined && defaultOf(schema) === value ? [] : [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => {
    const key = Array.isArray(value) ? Number(name) : name;
    return leavesOf(one, [...path, key], schema && step(schema, key, value));
  });
}
