import type { ComponentResourceOptions, Input } from "@pulumi/pulumi";
import { chartRelease } from "../kit/chart-release.ts";
import { Component } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import type { Edge } from "../kit/ledger.ts";
import type { Values } from "../kit/merge.ts";
import { Pods } from "../kit/pods.ts";
import { resources } from "../kit/resources.ts";
import type { Size } from "../kit/resources.ts";
import { spreadOver } from "../kit/spread.ts";
import { controllerAccounts } from "./identities.ts";
import type { Place } from "./names.ts";

/** The controllers that act in AWS from inside the cluster. */
export interface AwsControllersArgs {
  readonly namespace: string;
  readonly place: Place;
  readonly vpcId: Input<string>;
  /** Whether the gateway is behind a load balancer. */
  readonly loadBalancer: boolean;
  /** Whether the number of nodes follows the pods. */
  readonly autoscaler: boolean;
  /** Pods of the controller of load balancers. */
  readonly replicas: number;
  /** Whether cert-manager issues the webhook's certificate. Default: Helm makes one at the installation. */
  readonly certManager: boolean;
  /** How its pods get their roles. */
  readonly agent: (from: Edge["from"]) => Edge;
}

const sizes = {
  loadBalancers: { cpu: "20m", memory: "96Mi", memoryLimit: "384Mi" },
  autoscaler: { cpu: "20m", memory: "128Mi", memoryLimit: "600Mi" },
} as const satisfies Record<string, Size>;

/** Ports of their pods (the charts' templates). */
const ports = {
  loadBalancers: { webhook: 9443, metrics: 8080 },
  autoscaler: { metrics: 8085 },
} as const;

/** Their pods, by the labels of the charts' templates. */
export function controllerPods(namespace: string) {
  const labels = (instance: string, name: string) => ({
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/name": name,
  });
  return {
    loadBalancers: new Pods(
      namespace,
      labels(controllerAccounts.loadBalancers, "aws-load-balancer-controller"),
      ports.loadBalancers,
    ),
    // The chart puts the cloud before its own name.
    autoscaler: new Pods(namespace, labels(controllerAccounts.autoscaler, "aws-cluster-autoscaler"), ports.autoscaler),
  };
}

/** Pod Security `restricted`. */
const podSecurity = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
const containerSecurity = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
};

/** The controller that makes network load balancers of Services, and the one that adds and removes nodes. */
export class AwsControllers extends Component {
  private readonly args: AwsControllersArgs;

  constructor(environment: Environment, args: AwsControllersArgs, options: ComponentResourceOptions) {
    super("aws:AwsControllers", "aws-controllers", "aws", environment, options);
    this.args = args;
    if (args.loadBalancer) this.loadBalancers();
    if (args.autoscaler) this.autoscaler();
  }

  private loadBalancers(): void {
    const { namespace, replicas } = this.args;
    const name = controllerAccounts.loadBalancers;
    const pods = controllerPods(namespace).loadBalancers;
    chartRelease(this, "load-balancers", {
      chart: "aws-load-balancer-controller",
      name,
      namespace,
      values: loadBalancerValues(this.args, pods.labels),
      pods: [{ kind: "Deployment", name, replicas, containers: [sizes.loadBalancers] }],
    });
    this.calls(pods);
    this.environment.ledger.edges.push({
      from: { kind: "apiServer" },
      to: pods.peer,
      ports: [pods.port("webhook")],
      purpose: "the webhook of load balancers",
    });
  }

  private autoscaler(): void {
    const { namespace, place } = this.args;
    const name = controllerAccounts.autoscaler;
    const pods = controllerPods(namespace).autoscaler;
    chartRelease(this, "autoscaler", {
      chart: "cluster-autoscaler",
      name,
      namespace,
      values: autoscalerValues(place),
      pods: [{ kind: "Deployment", name, replicas: 1, containers: [sizes.autoscaler] }],
    });
    this.calls(pods);
    const object = `Deployment ${namespace}/${name}`;
    this.environment.ledger.accepted.push({
      check: "GP050",
      object,
      reason: "while it restarts, no node is added or removed, and everything that runs stays",
    });
  }

  /** Both watch the cluster and call AWS with their role. */
  private calls({ peer }: Pods<string>): void {
    const { apiServerPorts } = this.environment.cluster;
    this.environment.ledger.edges.push(
      { from: peer, to: { kind: "apiServer" }, ports: apiServerPorts, purpose: "Services, nodes and pods" },
      { from: peer, to: { kind: "outside" }, ports: [443], purpose: "AWS' APIs" },
      this.args.agent(peer),
    );
  }
}

/** Values of the chart `aws-load-balancer-controller`. */
function loadBalancerValues(
  { certManager, place, replicas, vpcId }: AwsControllersArgs,
  labels: Readonly<Record<string, string>>,
): Values {
  const name = controllerAccounts.loadBalancers;
  return {
    fullnameOverride: name,
    replicaCount: replicas,
    serviceAccount: { name },
    resources: resources(sizes.loadBalancers),
    podSecurityContext: podSecurity,
    securityContext: containerSecurity,
    podDisruptionBudget: replicas > 1 ? { maxUnavailable: 1 } : undefined,
    configureDefaultAffinity: false,
    ...spreadOver(labels, { replicas }),
    clusterName: place.name,
    // It cannot ask the node for them: the answer ends at the first hop.
    region: place.region,
    vpcId,
    enableCertManager: certManager,
    // Else each upgrade would make another certificate.
    keepTLSSecret: true,
    // The gateway's Service has the annotation that picks this controller: no other Service waits for the webhook.
    enableServiceMutatorWebhook: false,
    createIngressClassResource: false,
    ingressClassParams: { create: false },
    enableShield: false,
    enableWaf: false,
    enableWafv2: false,
    defaultTags: { "groundplan:cluster": place.name },
  };
}

/** Values of the chart `cluster-autoscaler`. */
function autoscalerValues(place: Place): Values {
  const name = controllerAccounts.autoscaler;
  return {
    fullnameOverride: name,
    cloudProvider: "aws",
    awsRegion: place.region,
    autoDiscovery: { clusterName: place.name },
    rbac: { serviceAccount: { name } },
    // Nothing reads its metrics.
    service: { create: false },
    resources: resources(sizes.autoscaler),
    securityContext: { ...podSecurity, runAsUser: 65534, runAsGroup: 65534 },
    containerSecurityContext: containerSecurity,
    extraArgs: {
      // The groups of the zones stay equal.
      "balance-similar-node-groups": true,
      expander: "least-waste",
      // Pods with scratch space, and those of kube-system, may move to another node.
      "skip-nodes-with-local-storage": false,
      "skip-nodes-with-system-pods": false,
    },
  };
}
