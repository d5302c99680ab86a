import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Bucket } from "../kit/bindings.ts";
import { chartRelease } from "../kit/chart-release.ts";
import { Component, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import type { Environment } from "../kit/environment.ts";
import type { Peer } from "../kit/ledger.ts";
import { metricsEdges, monitorKinds } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import { priorityClass } from "../kit/priority.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { stableJson } from "../kit/stable.ts";
import type { Trusted } from "../kit/trust.ts";
import { chartPods, readByPods, veleroValues } from "./chart.ts";
import { filesCredential } from "./credentials.ts";
import {
  copiesName,
  madePods,
  methodOf,
  policiesName,
  releaseName,
  scheduleName,
  scheduleSpec,
  snapshotAnnotations,
  veleroFolder,
  veleroPods,
  volumePolicies,
} from "./shape.ts";
import type { Copies } from "./shape.ts";

/** Arguments of the component. */
export interface VeleroArgs {
  readonly namespace: string;
  /** The bucket, as every pod of the namespace reaches it. */
  readonly bucket: Bucket;
  readonly copies: Copies;
  readonly trusted?: Trusted;
  /** What reads metrics. Default: nothing, and no ServiceMonitor is created. */
  readonly serviceMonitors?: MetricsReader;
}

/** Velero: copies of whole namespaces, with a Schedule for each, so that each is restored, kept and watched alone. */
export class Velero extends Component {
  private readonly args: VeleroArgs;

  constructor(environment: Environment, args: VeleroArgs, options: pulumi.ComponentResourceOptions) {
    super("velero:Velero", "velero", "velero", environment, options);
    this.args = args;
    const policies = this.policies();
    const release = this.release([this.password(), ...this.agentsConfig()]);
    this.schedules([release, policies.resource]);
    this.connect();
    this.account();
  }

  private policies(): Keyed {
    const { copies, namespace } = this.args;
    const data = { "policies.yaml": stableJson(volumePolicies(copies)) };
    return configMap(this, "volumes", { name: policiesName, namespace }, data);
  }

  /** Velero looks for a Secret of this name before it creates one. */
  private password(): Keyed {
    const { namespace } = this.args;
    const credential = new Credential(this, "files-password", filesCredential);
    const place = { name: "velero-repo-credentials", namespace };
    const key = "repository-password";
    const kept = secret(this, "files-secret", place, { [key]: credential.value }, outlives(this.environment));
    credential.storedIn(kept, key, "Velero's copies of files");
    return kept;
  }

  private agentsConfig(): Keyed[] {
    const { copies, namespace } = this.args;
    if (!copies.agents) return [];
    const config = { podResources: madePods, priorityClassName: priorityClass(this.environment, "platform") };
    return [configMap(this, "copies", { name: copiesName, namespace }, { "config.json": stableJson(config) })];
  }

  private release(read: readonly Keyed[]): pulumi.Resource {
    const { bucket, copies, namespace, serviceMonitors, trusted } = this.args;
    const restartWith = [...readByPods(bucket, trusted), ...read];
    const values = veleroValues(
      {
        bucket,
        agents: copies.agents,
        snapshots: copies.volumes !== "none" && copies.snapshots.length > 0,
        trusted,
        restartWith,
        serviceMonitor: serviceMonitors !== undefined,
      },
      this.environment,
    );
    return chartRelease(
      this,
      "release",
      { chart: "velero", name: releaseName, namespace, values, pods: chartPods(copies.agents) },
      { dependsOn: [bucket.ready, ...restartWith.map(({ resource }) => resource), ...monitorKinds(serviceMonitors)] },
    );
  }

  private schedules(ready: readonly pulumi.Resource[]): void {
    const { copies, namespace } = this.args;
    for (const one of copies.namespaces) {
      this.object(
        CustomResource,
        `schedule-${one}`,
        { name: scheduleName(one), namespace, annotations: snapshotAnnotations(copies) },
        { apiVersion: "velero.io/v1", kind: "Schedule", spec: scheduleSpec(one, copies) },
        { dependsOn: [...ready] },
      );
      this.environment.ledger.backups.push({
        data: `Namespace ${one}`,
        path: `/${veleroFolder(this.environment.stack)}`,
        method: methodOf(copies),
        schedule: copies.schedule,
        keep: copies.keep,
      });
    }
  }

  /** The pods that Velero makes for a time have labels of their own, so all of the namespace may connect. */
  private connect(): void {
    const { namespace, serviceMonitors } = this.args;
    const { cluster, ledger } = this.environment;
    const from: Peer = { kind: "pods", namespace };
    const servers = veleroPods(namespace).servers;
    ledger.edges.push(
      { from, to: { kind: "apiServer" }, ports: cluster.apiServerPorts, purpose: "Velero reads and restores objects" },
      ...metricsEdges(serviceMonitors, servers.peer, [servers.port("metrics")]),
    );
  }

  private account(): void {
    const { copies, namespace } = this.args;
    const { accepted, exemptions } = this.environment.ledger;
    accepted.push({
      check: "GP050",
      object: `Deployment ${namespace}/${releaseName}`,
      reason: "two would make each backup twice; while it restarts, the next backup waits",
    });
    if (!copies.agents) return;
    exemptions.push({
      namespace,
      level: "privileged",
      reason: "Velero's agents read the volumes of all pods of a node, in the folder of its kubelet, as root",
    });
    accepted.push({
      check: "GP010",
      object: `DaemonSet ${namespace}/node-agent`,
      reason: "every node has volumes",
    });
  }
}
