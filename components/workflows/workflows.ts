import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { ValidatingAdmissionPolicy } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicy.js";
import { ValidatingAdmissionPolicyBinding } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicyBinding.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import type { ComponentResourceOptions, Resource } from "@pulumi/pulumi";
import { accountAnnotations, bucketSecrets } from "../kit/bindings.ts";
import type { Bucket, DatabaseBinding, Gateway, OidcClient } from "../kit/bindings.ts";
import { chartRelease } from "../kit/chart-release.ts";
import { Component } from "../kit/component.ts";
import { serviceHost } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import type { Edge, Peer } from "../kit/ledger.ts";
import { metricsEdges, monitorKinds } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import { childName } from "../kit/names.ts";
import { podExtras } from "../kit/pod-extras.ts";
import { grant } from "../kit/rights.ts";
import type { Rule } from "../kit/rights.ts";
import { combinedChecksum, secret } from "../kit/secret.ts";
import type { Keyed, SecretKey } from "../kit/secret.ts";
import {
  accesses,
  controllerRules,
  groupRoles,
  ruleAnnotations,
  serverRules,
  tokenSecret,
  workflowRules,
} from "./access.ts";
import type { Access } from "./access.ts";
import { processingPolicy } from "./policy.ts";
import { controllerName, releaseName, serverName, workflowAccount, workflowsClient, workflowsPods } from "./shape.ts";
import type { WorkflowsShape } from "./shape.ts";
import type { WorkflowObject } from "./templates.ts";
import { argoPods, argoValues } from "./values.ts";

/** What the component is told. */
export interface WorkflowsArgs extends WorkflowsShape {
  /** The host of the server: `NAME` for NAME.DOMAIN, or a full host name. */
  readonly host: string;
  readonly database: DatabaseBinding;
  /** The bucket of artifacts, with its keys in the namespace of workflows. */
  readonly bucket: Bucket;
  /** CA certificates in PEM that the object store's certificate comes from. Default: public CAs. */
  readonly bucketAuthorities?: string;
  /** Lets the server connect to the bucket, to show artifacts and logs. */
  readonly connectBucket: (from: Peer, purpose: string) => void;
  readonly client: OidcClient;
  readonly gateway: Gateway;
  /** What reads metrics. Default: nothing, and no ServiceMonitor is created. */
  readonly serviceMonitors?: MetricsReader;
  /** WorkflowTemplates and CronWorkflows of the settings. */
  readonly templates: readonly WorkflowObject[];
}

/** The labels of the server's pods, for the policies of what it connects to. */
export function serverLabels(namespace: string): Readonly<Record<string, string>> {
  return workflowsPods(namespace).server.labels;
}

/**
 * Argo Workflows: a server and a controller on the platform's nodes, and the namespace of workflows, whose pods run on the nodes for
 * processing only.
 */
export class Workflows extends Component {
  private readonly args: WorkflowsArgs;
  private readonly accesses: readonly Access[];

  constructor(environment: Environment, args: WorkflowsArgs, options: ComponentResourceOptions) {
    super("workflows:Workflows", "workflows", releaseName, environment, options);
    this.args = args;
    const authorities = this.authorities();
    const readable = [...bucketSecrets(args.bucket.access), ...(authorities ? [authorities.secret] : [])];
    this.accesses = accesses(
      args,
      readable.map(({ name }) => name),
    );
    const bounds = this.bounds();
    const release = this.release(authorities, [...bounds, ...this.rights()]);
    this.templates(release);
    this.record();
  }

  /** The CA certificates of the object store where its own pods find them. */
  private authorities(): SecretKey | undefined {
    const { bucketAuthorities, processing } = this.args;
    if (bucketAuthorities === undefined) return undefined;
    const key = "ca.crt";
    const place = { name: "artifact-authorities", namespace: processing.namespace };
    return { secret: secret(this, "artifact-authorities", place, { [key]: bucketAuthorities }), key };
  }

  /** What the API server refuses, whatever a workflow says: it exists before the first workflow. */
  private bounds(): Resource[] {
    const name = childName(`groundplan-${this.environment.stack}`, "workflows");
    const policy = this.object(
      ValidatingAdmissionPolicy,
      "policy",
      { name },
      { spec: processingPolicy(this.args.processing, this.accesses) },
    );
    const binding = this.object(
      ValidatingAdmissionPolicyBinding,
      "policy-binding",
      { name },
      { spec: { policyName: name, validationActions: ["Deny"] } },
      { dependsOn: [policy] },
    );
    return [binding];
  }

  /** Service accounts and their rights in the namespace of workflows. */
  private rights(): Resource[] {
    const { bucket, namespace } = this.args;
    const tokens = this.accesses.map(({ name }) => tokenSecret(name));
    const own = { name: workflowAccount, annotations: accountAnnotations(bucket.access) };
    return [
      ...this.account(own, workflowRules),
      ...this.accesses.flatMap((access) =>
        this.account({ name: access.name, annotations: ruleAnnotations(access) }, access.rules),
      ),
      this.grant("controller", { name: controllerName, namespace }, controllerRules),
      this.grant("server", { name: serverName, namespace }, serverRules(tokens)),
    ];
  }

  /** A service account with a token in a Secret, which others read, and its rights. */
  private account(
    { annotations, name }: { readonly name: string; readonly annotations: Readonly<Record<string, string>> },
    rules: readonly Rule[],
  ): Resource[] {
    const { namespace } = this.args.processing;
    const account = this.object(
      ServiceAccount,
      `${name}-account`,
      { name, namespace, annotations },
      { automountServiceAccountToken: false },
    );
    const token = this.object(
      Secret,
      `${name}-token`,
      { name: tokenSecret(name), namespace, annotations: { "kubernetes.io/service-account.name": name } },
      { type: "kubernetes.io/service-account-token" },
      { dependsOn: [account] },
    );
    return [token, this.grant(name, { name, namespace }, rules)];
  }

  /** Rights in the namespace of workflows. */
  private grant(
    name: string,
    account: { readonly name: string; readonly namespace: string },
    rules: readonly Rule[],
  ): Resource {
    return grant(this, name, { name, namespace: this.args.processing.namespace }, account, rules);
  }

  /** The server and the controller. @param before what they need from the start */
  private release(authorities: SecretKey | undefined, before: readonly Resource[]): Resource {
    const { args, environment } = this;
    const { bucket, client, database, serviceMonitors } = args;
    const { url } = this.expose();
    const reads: Keyed[] = [database.password.secret, ...(client.clientSecret ? [client.clientSecret.secret] : [])];
    const written = [...reads, ...bucketSecrets(bucket.access), ...(authorities ? [authorities.secret] : [])];
    return chartRelease(
      this,
      "release",
      {
        chart: "argo-workflows",
        name: releaseName,
        namespace: args.namespace,
        values: argoValues(args, {
          database,
          bucket,
          bucketAuthorities: authorities,
          client,
          url,
          accesses: this.accesses,
          pullSecret: environment.images.pullSecret,
          extras: podExtras(environment, args.processing.namespace),
          serviceMonitor: serviceMonitors !== undefined,
          checksum: combinedChecksum(reads),
        }),
        pods: argoPods(args),
      },
      {
        dependsOn: [
          ...before,
          database.ready,
          bucket.ready,
          client.ready,
          ...written.map(({ resource }) => resource),
          ...monitorKinds(serviceMonitors),
        ],
      },
    );
  }

  private expose() {
    const { gateway, host, namespace } = this.args;
    return gateway.expose({
      host,
      purpose: "Argo Workflows: workflows, their logs and artifacts",
      service: workflowsPods(namespace).server.behind(serverName, "web"),
      // The browser follows logs of running steps in one request.
      timeout: "1h",
      access: {
        who: `users with the role ${this.args.client.role ?? workflowsClient.name}; what they may do follows from their groups`,
      },
    });
  }

  /** The objects of the folder, once their kinds exist. */
  private templates(release: Resource): void {
    const { processing, templates } = this.args;
    for (const { annotations, kind, labels, name, spec } of templates) {
      const role = kind === "WorkflowTemplate" ? "template" : "schedule";
      const place = { name, namespace: processing.namespace, labels, annotations };
      const body = { apiVersion: "argoproj.io/v1alpha1", kind, spec };
      this.object(CustomResource, `${role}-${name}`, place, body, { dependsOn: [release] });
    }
  }

  private record(): void {
    const { args, environment } = this;
    const { connections, database, namespace, processing, replicas, serviceMonitors } = args;
    const { ledger } = environment;
    const { controller, server } = workflowsPods(namespace);
    const workflows: Peer = { kind: "pods", namespace: processing.namespace };
    const apiServer = { to: { kind: "apiServer" }, ports: environment.cluster.apiServerPorts } as const;
    const edges: Edge[] = [
      { from: controller.peer, ...apiServer, purpose: "the controller runs workflows" },
      { from: server.peer, ...apiServer, purpose: "the server shows and submits workflows" },
      { from: workflows, ...apiServer, purpose: "pods of workflows report their results" },
      ...metricsEdges(serviceMonitors, controller.peer, [controller.port("metrics")]),
    ];
    ledger.edges.push(...edges);
    args.connectBucket(server.peer, "the server shows artifacts and logs of workflows");
    ledger.groupRoles.push(...groupRoles(this.accesses));
    const { database: name, host } = database;
    if (typeof host === "string")
      for (const consumer of [controllerName, serverName])
        ledger.pools.push({ consumer, database: name, host, connections, replicas });
    ledger.services.push({
      name: serverName,
      address: `${serviceHost(environment, serverName, namespace)}:${server.port("web")}`,
      purpose: "Argo Workflows, for programs in the cluster",
    });
  }
}
