import { answered, guarded } from "./diagnosis.ts";
import type { Area, Diagnosis } from "./diagnosis.ts";
import { judgeLoadBalancers } from "./judgements/addresses.ts";
import { judgeAws } from "./judgements/aws.ts";
import { judgeCapacity } from "./judgements/capacity.ts";
import { judgeContext, judgeNamespaces, judgeNeighbours, judgeRights } from "./judgements/cluster.ts";
import { judgeDrift } from "./judgements/drift.ts";
import { judgeHosts } from "./judgements/hosts.ts";
import { judgeKeystore } from "./judgements/keystore.ts";
import { judgeLeftovers } from "./judgements/leftovers.ts";
import { judgeNames, targetNames } from "./judgements/names.ts";
import { judgePolicies } from "./judgements/network.ts";
import { judgeNodes, judgeSpread } from "./judgements/nodes.ts";
import { acmeDirectory, chartAddress, judgeReach, pulumiDownloads, registryAddress } from "./judgements/reach.ts";
import { judgeClusterSettings } from "./judgements/settings.ts";
import { judgeInterrupted, judgeState } from "./judgements/state.ts";
import { judgePriorities } from "./judgements/priorities.ts";
import { judgeStorage } from "./judgements/storage.ts";
import { judgeTools } from "./judgements/tools.ts";
import type { Needs } from "./needs.ts";
import { probeAws } from "./probes/aws.ts";
import { probeCluster, probeContext } from "./probes/cluster.ts";
import { probeInventory } from "./probes/inventory.ts";
import { Kubectl } from "./probes/kubectl.ts";
import { probeDelegation, probeNames, probeReach } from "./probes/reach.ts";
import type { Resolved } from "./probes/reach.ts";
import { probeState } from "./probes/state.ts";
import type { State } from "./probes/state.ts";
import { probeTools } from "./probes/tools.ts";
import type { Tools } from "./probes/tools.ts";
import type { Run } from "./run.ts";

/** Parameters of the probes. */
export interface Surroundings {
  /** The project's folder. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly run: Run;
  /** The timeout in seconds of one request to the cluster. */
  readonly seconds: number;
  /** Whether to skip repositories, registries and name servers. */
  readonly offline: boolean;
}

/** The timeout in seconds of a repository, a registry or a name server. */
const reachSeconds = 5;

/** Results that do not need the settings: the tools and the state. */
export interface Local {
  readonly tools: Tools;
  readonly state: State;
  readonly diagnoses: readonly Diagnosis[];
}

/** Checks the tools and the state. */
export async function examineLocal(stack: string, stackFile: string, at: Surroundings): Promise<Local> {
  const [tools, downloads] = await Promise.all([
    probeTools(at.root, at.env, at.run),
    at.offline ? undefined : probeReach(pulumiDownloads, reachSeconds),
  ]);
  const cli = tools.cached?.path ?? tools.own?.path;
  const state = await probeState(at.root, stack, stackFile, cli, at.env, at.run);
  const diagnoses = [
    ...guarded("pulumi-cli", "tools", () => judgeTools(tools, downloads?.status)),
    ...guarded("backend", "state", () => judgeState(state, stack)),
    ...guarded("lock", "leftovers", () => judgeInterrupted(state, stack)),
  ];
  return { tools, state, diagnoses };
}

/** Checks the cluster of a stack, its host names, and the remote services that it needs. */
export async function examineWorld(needs: Needs, state: State, at: Surroundings): Promise<readonly Diagnosis[]> {
  const [cloud, cluster, names, reach] = await Promise.all([
    at.offline ? [] : examineCloud(needs, at),
    examineCluster(needs, state, at),
    at.offline ? [] : probeNames(needs.hosts.map(concrete), reachSeconds),
    at.offline ? [] : examineReach(needs),
  ]);
  return [...cloud, ...cluster.diagnoses, ...(await examineNames(names, cluster.services, needs, at)), ...reach];
}

async function examineCloud({ aws }: Needs, { run }: Surroundings): Promise<readonly Diagnosis[]> {
  if (aws === undefined) return [];
  const [answers, delegated] = await Promise.all([probeAws(aws, run), probeDelegation(aws.domain, reachSeconds)]);
  return guarded("aws-account", "cloud", () => judgeAws(answers, aws, delegated));
}

type Services = Parameters<typeof judgeNames>[1];

async function examineCluster(
  needs: Needs,
  { stack }: State,
  { run, seconds }: Surroundings,
): Promise<{ readonly diagnoses: readonly Diagnosis[]; readonly services: Services }> {
  const kubectl = new Kubectl(run, needs.context, needs.kubeconfig, seconds);
  const context = await probeContext(kubectl, needs.context);
  const diagnoses = guarded("context", "cluster", () => judgeContext(context, needs));
  if (context.version === undefined || !answered(context.version))
    return { diagnoses, services: { why: "the cluster does not answer" } };
  const known = answered(stack) && stack.got !== "none" ? stack.got : undefined;
  const [found, inventory] = await Promise.all([
    probeCluster(kubectl, needs),
    known === undefined ? undefined : probeInventory(kubectl, needs.stack, known),
  ]);
  const own = new Set(
    (answered(found.namespaces) ? found.namespaces.got : [])
      .filter(({ metadata }) => metadata.labels?.["groundplan/stack"] === needs.stack)
      .map(({ metadata }) => metadata.name),
  );
  const { nodes, daemonSets, namespaces, services } = found;
  const judgements: [string, Area, () => readonly Diagnosis[]][] = [
    ["rights", "cluster", () => judgeRights(found.rights, needs)],
    ["namespaces", "cluster", () => judgeNamespaces(namespaces, needs, known?.resources)],
    ["neighbours", "cluster", () => judgeNeighbours(found.deployments, needs)],
    ["priority-classes", "cluster", () => judgePriorities(found.priorityClasses, needs)],
    ["nodes", "nodes", () => judgeNodes(nodes, needs)],
    ["node-count", "nodes", () => judgeSpread(nodes, needs)],
    ["capacity", "nodes", () => judgeCapacity(nodes, found.pods, needs, own)],
    ["hosts", "nodes", () => judgeHosts(nodes, daemonSets, needs)],
    ["storage", "storage", () => judgeStorage(found.storageClasses, found.drivers, found.volumes, needs)],
    ["midpoint-keystore", "storage", () => judgeKeystore(stack, found.claimNames, found.secretNames, needs)],
    ["network-policies", "network", () => judgePolicies(daemonSets, nodes)],
    ["cluster-settings", "network", () => judgeClusterSettings(found, needs.cluster)],
    ["load-balancer", "network", () => judgeLoadBalancers(found, needs)],
    ["leftovers", "leftovers", () => judgeLeftovers(found, needs)],
    ["drift", "drift", () => (known && inventory ? judgeDrift(known, inventory, found.releases, needs) : [])],
  ];
  const judged = judgements.flatMap(([check, area, judge]) => guarded(check, area, judge));
  return { diagnoses: [...diagnoses, ...judged], services };
}

/** A name that a wildcard matches. */
function concrete(host: string): string {
  return host.replace(/^\*\./, "groundplan-doctor.");
}

async function examineNames(
  names: readonly Resolved[],
  services: Services,
  needs: Needs,
  { offline }: Surroundings,
): Promise<readonly Diagnosis[]> {
  if (offline) return [];
  const targets = await probeNames(targetNames(needs.named, services), reachSeconds);
  return guarded("names", "network", () => judgeNames(names, services, targets, needs));
}

async function examineReach(needs: Needs): Promise<readonly Diagnosis[]> {
  const { charts, registries, acme } = needs;
  const addresses = [
    ...(charts.kind === "addresses" ? charts.addresses.map(chartAddress) : []),
    ...registries.map(registryAddress),
    ...(acme ? [acmeDirectory] : []),
  ];
  const reaches = await Promise.all([...new Set(addresses)].map((address) => probeReach(address, reachSeconds)));
  return guarded("reach", "remote services", () => judgeReach(reaches, needs));
}
