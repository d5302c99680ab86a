import type * as pulumi from "@pulumi/pulumi";
import type { CertificateBinding, DatabaseBinding } from "../kit/bindings.ts";
import type { Component } from "../kit/component.ts";
import type { Peer } from "../kit/ledger.ts";
import { metricsEdges } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import type { Pods } from "../kit/pods.ts";
import type { Duration } from "../kit/quantities.ts";
import type { Installation } from "./installation.ts";

/** Arguments of a gateway that the stack installs. */
export interface InstallArgs {
  readonly installation: Installation;
  readonly ingressClass: string;
  readonly hsts: Duration;
  /** The image with Kong's plugin `oidc`. */
  readonly pluginImage?: string;
  /** The namespace of the existing controller, for a kind that installs nothing. */
  readonly controllerNamespace: string;
  /** The host of the gateway's own dashboard: `NAME` for NAME.DOMAIN, or a full host name. Default: no dashboard. */
  readonly dashboardHost?: string;
  /** The certificate for host names that have none. Default: the gateway's own, which browsers reject. */
  readonly defaultCertificate?: CertificateBinding;
  /** Creates the gateway's database. */
  readonly database: (request: {
    readonly name: string;
    readonly consumer: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
  }) => DatabaseBinding;
  /** The pods that request the file of an ACME challenge through the gateway, in addition to the ACME server. Default: none. */
  readonly challenger?: Peer;
  /** What reads metrics. Default: nothing, and no ServiceMonitor is created. */
  readonly serviceMonitors?: MetricsReader;
}

/** An installed gateway. */
export interface Installed {
  readonly pods: Pods<"http" | "https">;
  /** The Service that clients outside the cluster connect to. */
  readonly service: { readonly namespace: string; readonly name: string };
  /** The resources that routes wait for. */
  readonly ready: readonly pulumi.Resource[];
}

/** Records the connections of every installed gateway. @param metrics ports of its metrics endpoints */
export function connect(
  owner: Component,
  { challenger, serviceMonitors }: InstallArgs,
  pods: Pods<"http" | "https">,
  metrics: readonly number[],
): void {
  const { edges } = owner.environment.ledger;
  const entries = [pods.port("http"), pods.port("https")];
  const { peer } = pods;
  edges.push(
    { from: { kind: "outside" }, to: peer, ports: entries, purpose: "every host" },
    {
      from: peer,
      to: { kind: "apiServer" },
      ports: owner.environment.cluster.apiServerPorts,
      purpose: "the gateway watches routes",
    },
  );
  if (challenger !== undefined)
    edges.push({
      from: challenger,
      to: peer,
      ports: entries,
      purpose: "its own look at the file of an ACME challenge",
    });
  edges.push(...metricsEdges(serviceMonitors, peer, metrics));
}
