import type * as pulumi from "@pulumi/pulumi";
import { accountFolder } from "../../kit/program.ts";
import { chartRelease } from "../../kit/chart-release.ts";
import type { Component } from "../../kit/component.ts";
import { serviceHost } from "../../kit/environment.ts";
import type { Environment } from "../../kit/environment.ts";
import { metricsEdges, monitorKinds } from "../../kit/metrics.ts";
import type { MetricsReader } from "../../kit/metrics.ts";
import type { PodPeer } from "../../kit/pods.ts";
import type { Size } from "../../kit/resources.ts";
import type { InputChoice } from "../graylog/configuration.ts";
import { inputServices } from "../graylog/values.ts";
import { sources } from "./configuration.ts";
import type { Destination } from "./configuration.ts";
import { collectorName, collectorPods, collectorsOf, collectorValues, nodePaths } from "./values.ts";

/** How logs are gathered. */
export interface CollectorArgs {
  readonly transport: Destination["transport"];
  /** Folder of systemd's journal; undefined: hosts' own logs are left alone. */
  readonly journal?: string;
  readonly bufferMegabytes: number;
  readonly resources: Size;
}

/** Where the collector stands, and what it sends to. */
export interface CollectorPlace {
  readonly namespace: string;
  readonly graylog: PodPeer;
  readonly inputs: readonly InputChoice[];
  readonly serviceMonitors?: MetricsReader;
  readonly ready: readonly pulumi.Resource[];
}

/** Fluent Bit on every node. */
export function collector(owner: Component, args: CollectorArgs, place: CollectorPlace): void {
  const { namespace, serviceMonitors } = place;
  const destination = destinationOf(args.transport, place, owner.environment);
  chartRelease(
    owner,
    "collector",
    {
      chart: "fluent-bit",
      name: collectorName,
      namespace,
      values: collectorValues(
        {
          destination,
          ...nodePaths,
          journal: args.journal,
          bufferMegabytes: args.bufferMegabytes,
          api: "https://kubernetes.default.svc:443",
          serviceAccount: accountFolder,
          ownNamespace: namespace,
        },
        args.resources,
        serviceMonitors !== undefined,
      ),
      pods: collectorPods(args.resources),
    },
    // What comes before Graylog listens waits in the nodes' own files; there is no need to gather it.
    { dependsOn: [...place.ready, ...monitorKinds(serviceMonitors)] },
  );
  const collectors = collectorsOf(namespace);
  const from = collectors.peer;
  const { ledger } = owner.environment;
  ledger.edges.push(
    {
      from,
      to: { kind: "apiServer" },
      ports: owner.environment.cluster.apiServerPorts,
      purpose: "names and labels of the pods whose logs it reads",
    },
    destination.transport === "gelf"
      ? { from, to: place.graylog, ports: [destination.port], purpose: "logs" }
      : {
          from,
          to: place.graylog,
          ports: [destination.hostPort, destination.podPort],
          protocol: "UDP",
          purpose: "logs",
        },
  );
  ledger.edges.push(...metricsEdges(serviceMonitors, from, [collectors.port("status")]));
  ledger.exemptions.push({
    namespace,
    level: "privileged",
    reason: "the collector reads the nodes' log files, and keeps on them what Graylog has not taken yet",
  });
  ledger.accepted.push({
    check: "GP010",
    object: `DaemonSet ${namespace}/${collectorName}`,
    reason: "every node has logs",
  });
}

/** Where it sends to: the first input of its kind; by syslog, one for hosts and one for pods. */
function destinationOf(
  transport: Destination["transport"],
  { graylog, inputs }: CollectorPlace,
  environment: Environment,
): Destination {
  const host = (service: string) => serviceHost(environment, service, graylog.namespace);
  const port = (is: (input: InputChoice) => boolean, what: string) => {
    const found = inputs.find(is);
    if (found === undefined) throw new RangeError(`Graylog has no input for ${what}`);
    return found.port;
  };
  if (transport === "gelf")
    return { transport, host: host(inputServices.tcp), port: port(({ kind }) => kind === "gelf-tcp", "GELF") };
  const syslog = (source: string) => port((one) => one.kind === "syslog-udp" && one.source === source, source);
  return {
    transport,
    host: host(inputServices.udp),
    hostPort: syslog(sources.hosts),
    podPort: syslog(sources.pods),
  };
}
