import { Pods } from "../kit/pods.ts";
import type { Toleration } from "../kit/environment.ts";
import type { Duration } from "../kit/quantities.ts";
import type { Size } from "../kit/resources.ts";

/** The release, and the first part of the names of what is in it. */
export const releaseName = "argo-workflows";

/** The Services, and the service accounts, of the server and the controller (chart argo-workflows, `_helpers.tpl`). */
export const serverName = `${releaseName}-server`;
export const controllerName = `${releaseName}-workflow-controller`;

/** The label that the pods of the server and of the controller share. */
export const releaseLabels = { "app.kubernetes.io/instance": releaseName } as const;

/** The database of the archive, and of what is too large for a Workflow object. */
export const workflowsDatabase = "workflows";

/** The bucket of artifacts and logs. */
export const workflowsBucket = "workflows";

/** The client of the server at the identity provider. */
export const workflowsClient = { name: "workflows", realmRoles: ["admin"] } as const;

/** The service account of workflows' pods. */
export const workflowAccount = "workflow";

/** The nodes, the account and the limits of workflows. */
export interface ProcessingShape {
  readonly namespace: string;
  /** Labels of the nodes; empty: any node. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly runAs: { readonly user: number; readonly group: number };
  /** What a container asks for that says nothing itself. */
  readonly resources: Size;
  readonly deadline: Duration;
  /** How long a finished workflow stays in the cluster. */
  readonly keep: Duration;
  readonly parallelism: number;
}

/** The shape of Argo Workflows of one stack. */
export interface WorkflowsShape {
  readonly namespace: string;
  /** Of the server, and of the controller. */
  readonly replicas: number;
  readonly resources: { readonly controller: Size; readonly server: Size };
  readonly adminGroups: readonly string[];
  readonly editorGroups: readonly string[];
  /** How long the archive keeps a workflow. */
  readonly archive: Duration;
  /** The most database connections of a replica. */
  readonly connections: number;
  readonly onlyTemplates: boolean;
  readonly processing: ProcessingShape;
}

/** What the containers that Argo adds to a pod ask for: one gets inputs, one stores outputs and waits for the end. */
export const executorSize: Size = {
  cpu: "10m",
  memory: "64Mi",
  memoryLimit: "512Mi",
};

/** The pods of the release. The controller's port of health is for probes only. */
export function workflowsPods(namespace: string) {
  const named = (name: string) => ({ ...releaseLabels, "app.kubernetes.io/name": name });
  return {
    server: new Pods(namespace, named(serverName), { web: 2746 }),
    controller: new Pods(namespace, named(controllerName), { metrics: 9090 }),
  };
}
