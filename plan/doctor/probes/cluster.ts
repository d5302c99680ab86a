import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import { answered } from "../diagnosis.ts";
import type { Answer } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import type { Kubectl } from "./kubectl.ts";
import type { Live, Row } from "./kubectl.ts";

/** The cluster of the stack's context. */
export interface Context {
  readonly contexts: Answer<ReadonlyMap<string, string>>;
  /** Files that KUBECONFIG names and that do not exist: kubectl reads them as empty. */
  readonly missingFiles?: readonly string[];
  /** Only requested if the context exists. */
  readonly version?: Answer<string>;
}

/** A permission and whether the user has it. */
export interface Right {
  readonly verb: string;
  readonly resource: string;
  readonly may: Answer<boolean>;
}

/** The data of a reachable cluster. */
export interface Cluster {
  readonly nodes: Answer<readonly Live[]>;
  readonly pods: Answer<readonly Live[]>;
  readonly namespaces: Answer<readonly Live[]>;
  readonly storageClasses: Answer<readonly Live[]>;
  readonly priorityClasses: Answer<readonly Live[]>;
  readonly drivers: Answer<readonly Live[]>;
  readonly daemonSets: Answer<readonly Live[]>;
  readonly deployments: Answer<readonly Live[]>;
  readonly services: Answer<readonly Live[]>;
  readonly volumes: Answer<readonly Live[]>;
  readonly jobs: Answer<readonly Live[]>;
  /** EndpointSlices of the Service `kubernetes`. */
  readonly apiServer: Answer<readonly Live[]>;
  /** ConfigMaps with Cilium's options. */
  readonly cilium: Answer<readonly Live[]>;
  /** A kubelet's configuration. */
  readonly kubelet: Answer<unknown>;
  /** Helm's records: namespace, name, type, data, age, release, status, revision. */
  readonly releases: Answer<readonly Row[]>;
  readonly rights: readonly Right[];
  /** Names of claims and Secrets, as `namespace/name`; requested only if the stack generates midPoint's keystore. */
  readonly claimNames: Answer<ReadonlySet<string>>;
  readonly secretNames: Answer<ReadonlySet<string>>;
}

/** Checks first whether the cluster answers: otherwise every other request would wait for its timeout. */
export async function probeContext(kubectl: Kubectl, context: string): Promise<Context> {
  const contexts = await kubectl.contexts();
  if (!answered(contexts)) return { contexts };
  if (!contexts.got.has(context)) return { contexts, missingFiles: missingFiles(process.env["KUBECONFIG"]) };
  return { contexts, version: await kubectl.version() };
}

/** The files that do not exist. @param paths as in KUBECONFIG: paths with the separator of PATH between them */
export function missingFiles(paths = ""): string[] {
  return paths.split(delimiter).filter((path) => path !== "" && !existsSync(path));
}

/** Helm's records of deployed, failed and interrupted operations, without superseded ones. */
const records = "owner=helm,status in (deployed,failed,pending-install,pending-upgrade,pending-rollback,uninstalling)";

/** Sends all other requests, at the same time. */
export async function probeCluster(kubectl: Kubectl, needs: Needs): Promise<Cluster> {
  const rights = probeRights(kubectl, needs);
  const [nodes, pods, namespaces] = [kubectl.list("nodes"), kubectl.list("pods"), kubectl.list("namespaces")];
  const [storageClasses, drivers] = [kubectl.list("storageclasses"), kubectl.list("csidrivers")];
  const [daemonSets, deployments] = [kubectl.list("daemonsets"), kubectl.list("deployments")];
  const services = kubectl.list("services");
  const volumes = needs.volumes.length > 0 ? kubectl.list("persistentvolumes") : none;
  const priorityClasses = needs.priorityClasses.length > 0 ? kubectl.list("priorityclasses") : none;
  const jobs = kubectl.list("jobs", "-l", `groundplan/stack=${needs.stack}`);
  const apiServer = kubectl.list("endpointslices", "-l", "kubernetes.io/service-name=kubernetes");
  const cilium = kubectl.list("configmaps", "--field-selector", "metadata.name=cilium-config");
  const kubelet = nodes.then((answer) => kubeletOf(kubectl, answer));
  const releases = kubectl.table("secrets", records, ["name", "status", "version"]);
  const names = (kind: string) => (needs.keystore === undefined ? noNames : kubectl.names(kind));
  const [claimNames, secretNames] = [names("persistentvolumeclaims"), names("secrets")];
  return {
    claimNames: await claimNames,
    secretNames: await secretNames,
    nodes: await nodes,
    pods: await pods,
    namespaces: await namespaces,
    storageClasses: await storageClasses,
    priorityClasses: await priorityClasses,
    drivers: await drivers,
    daemonSets: await daemonSets,
    deployments: await deployments,
    services: await services,
    volumes: await volumes,
    jobs: await jobs,
    apiServer: await apiServer,
    cilium: await cilium,
    kubelet: await kubelet,
    releases: await releases,
    rights: await rights,
  };
}

const none: Promise<Answer<readonly Live[]>> = Promise.resolve({ got: [] });
const noNames: Promise<Answer<ReadonlySet<string>>> = Promise.resolve({ got: new Set<string>() });

/** The configuration of the first node's kubelet: all nodes have the same domain and DNS. */
async function kubeletOf(kubectl: Kubectl, nodes: Answer<readonly Live[]>): Promise<Answer<unknown>> {
  if (!answered(nodes)) return nodes;
  const [first] = nodes.got;
  return first === undefined ? { why: "the cluster has no nodes" } : kubectl.kubelet(first.metadata.name);
}

/** One request if the user has all permissions, else one for each permission that a first `up` needs. */
async function probeRights(kubectl: Kubectl, needs: Needs): Promise<readonly Right[]> {
  const everything = { verb: "*", resource: "*", may: await kubectl.may("*", "*") };
  if (!answered(everything.may) || everything.may.got) return [everything];
  const resources = [
    "namespaces",
    "secrets",
    "deployments.apps",
    "statefulsets.apps",
    "networkpolicies.networking.k8s.io",
    ...(needs.releases.length > 0
      ? [
          "customresourcedefinitions.apiextensions.k8s.io",
          "clusterroles.rbac.authorization.k8s.io",
          "clusterrolebindings.rbac.authorization.k8s.io",
          "validatingwebhookconfigurations.admissionregistration.k8s.io",
        ]
      : []),
    ...(needs.classes.made.length > 0 ? ["storageclasses.storage.k8s.io"] : []),
    ...(needs.volumes.length > 0 ? ["persistentvolumes"] : []),
  ];
  const rights = resources.flatMap((resource) => ["create", "patch"].map((verb) => ({ verb, resource })));
  return Promise.all(rights.map(async (right) => ({ ...right, may: await kubectl.may(right.verb, right.resource) })));
}
