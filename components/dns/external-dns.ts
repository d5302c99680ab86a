import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ClusterRole } from "@pulumi/kubernetes/rbac/v1/clusterRole.js";
import { ClusterRoleBinding } from "@pulumi/kubernetes/rbac/v1/clusterRoleBinding.js";
import type * as pulumi from "@pulumi/pulumi";
import { chartRelease } from "../kit/chart-release.ts";
import { Component } from "../kit/component.ts";
import { hostnameAnnotation, targetAnnotation } from "../kit/dns-records.ts";
import type { Environment } from "../kit/environment.ts";
import { metricsEdges, monitorKinds } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import { labelValue } from "../kit/names.ts";
import { grant } from "../kit/rights.ts";
import { secret, userSecret } from "../kit/secret.ts";
import type { Keyed, UserSecrets } from "../kit/secret.ts";
import { externalDnsPods, externalDnsSize, externalDnsValues, releaseName } from "./chart.ts";
import type { ChartArgs } from "./chart.ts";
import { credentialKey, credentialOf, providerEdges } from "./providers.ts";

/** Arguments of the component. */
export interface ExternalDnsArgs extends Omit<ChartArgs, "restartWith" | "secretName" | "selector" | "serviceMonitor"> {
  readonly secrets: UserSecrets;
  /** What reads metrics. Default: nothing, and no ServiceMonitor is created. */
  readonly serviceMonitors?: MetricsReader;
}

/** external-dns: it creates the records of the gateway's hosts, and no other. */
export class ExternalDns extends Component {
  private readonly args: ExternalDnsArgs;

  constructor(environment: Environment, args: ExternalDnsArgs, options: pulumi.ComponentResourceOptions) {
    super("dns:ExternalDns", "external-dns", "external-dns", environment, options);
    this.args = args;
    const credential = this.credential();
    this.release(credential, this.access());
    this.connect();
    this.accept();
  }

  /**
   * Names the hosts, once all of them are known. With targets, they are annotations of a Service that leads nowhere: no controller
   * gives it an address, and external-dns reads nothing else. Otherwise the gateway's own objects name them.
   *
   * @param hosts full names, sorted
   */
  seal(hosts: readonly string[]): void {
    const { namespace, source, zones } = this.args;
    if (source.kind !== "targets" || hosts.length === 0) return;
    this.object(
      Service,
      "hosts",
      {
        name: "hosts",
        namespace,
        annotations: {
          [hostnameAnnotation]: hosts.join(","),
          [targetAnnotation]: source.targets.join(","),
        },
      },
      { spec: { type: "ExternalName", externalName: zones[0] ?? this.environment.domain } },
    );
  }

  private credential(): Keyed | undefined {
    const { namespace, provider, secrets } = this.args;
    const name = credentialOf(provider);
    if (name === undefined) return undefined;
    const place = { name: "dns-provider", namespace };
    return secret(this, "credential", place, { [credentialKey]: userSecret(secrets, name) });
  }

  /** It reads the kind of object that names the hosts, where these are; the chart's own role reads more. */
  private access(): pulumi.Resource[] {
    const { namespace, source } = this.args;
    const verbs = ["get", "list", "watch"];
    if (source.kind === "ingress") {
      const name = releaseName;
      const subjects = [{ kind: "ServiceAccount", name, namespace }];
      const rules = [{ apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs }];
      const role = this.object(ClusterRole, "reader", { name }, { rules });
      const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name };
      return [this.object(ClusterRoleBinding, "reader", { name }, { roleRef, subjects }, { dependsOn: [role] })];
    }
    const place = { name: releaseName, namespace: source.kind === "service" ? source.namespace : namespace };
    const rules = [{ apiGroups: [""], resources: ["services"], verbs }];
    return [grant(this, "reader", place, { name: releaseName, namespace }, rules)];
  }

  private release(credential: Keyed | undefined, access: readonly pulumi.Resource[]): void {
    const { namespace, serviceMonitors, trusted } = this.args;
    const mounted = [...(credential ? [credential] : []), ...(trusted ? [trusted] : [])];
    chartRelease(
      this,
      "release",
      {
        chart: "external-dns",
        name: releaseName,
        namespace,
        values: externalDnsValues({
          ...this.args,
          secretName: credential?.name ?? "",
          selector: `groundplan/stack=${labelValue(this.environment.stack)}`,
          restartWith: mounted,
          serviceMonitor: serviceMonitors !== undefined,
        }),
        pods: [{ kind: "Deployment", name: releaseName, replicas: 1, containers: [externalDnsSize] }],
      },
      { dependsOn: [...access, ...mounted.map(({ resource }) => resource), ...monitorKinds(serviceMonitors)] },
    );
  }

  private connect(): void {
    const { namespace, provider, serviceMonitors } = this.args;
    const pods = externalDnsPods(namespace);
    this.environment.ledger.edges.push(
      {
        from: pods.peer,
        to: { kind: "apiServer" },
        ports: this.environment.cluster.apiServerPorts,
        purpose: "external-dns watches hosts",
      },
      ...providerEdges(provider, pods.peer),
      ...metricsEdges(serviceMonitors, pods.peer, [pods.port("metrics")]),
    );
  }

  private accept(): void {
    this.environment.ledger.accepted.push({
      check: "GP050",
      object: `Deployment ${this.args.namespace}/${releaseName}`,
      reason: "two would overwrite each other's records, and while it restarts, all records stay",
    });
  }
}
