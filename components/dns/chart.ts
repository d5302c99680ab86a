import { hostRecordTypes } from "../kit/dns-records.ts";
import { Pods } from "../kit/pods.ts";
import { parseDuration } from "../kit/quantities.ts";
import type { Duration } from "../kit/quantities.ts";
import { mergeValues } from "../kit/merge.ts";
import type { Values } from "../kit/merge.ts";
import { resources } from "../kit/resources.ts";
import type { Size } from "../kit/resources.ts";
import { combinedChecksum } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { goTrust, trustedMount, trustedVolume } from "../kit/trust.ts";
import type { Trusted } from "../kit/trust.ts";
import { providerNames, providerValues } from "./providers.ts";
import type { DnsProvider } from "./providers.ts";

/** The release's name, and the name of its objects and its service account. */
export const releaseName = "external-dns";

export const externalDnsSize = { cpu: "10m", memory: "64Mi", memoryLimit: "256Mi" } as const satisfies Size;

/** Its pods, by the labels and the port of the chart's templates. */
export function externalDnsPods(namespace: string): Pods<"metrics"> {
  const labels = { "app.kubernetes.io/instance": releaseName, "app.kubernetes.io/name": "external-dns" };
  return new Pods(namespace, labels, { metrics: 7979 });
}

/** Which objects name the hosts. */
export type HostSource =
  /** The gateway's Service of type LoadBalancer, by an annotation: its address is the target. */
  | { readonly kind: "service"; readonly namespace: string }
  /** A Service of external-dns' own, by annotations with the hosts and their targets. */
  | { readonly kind: "targets"; readonly targets: readonly string[] }
  /** The stack's Ingress objects, whose status the gateway's controller sets. */
  | { readonly kind: "ingress" };

/** What the chart's values follow from. */
export interface ChartArgs {
  readonly namespace: string;
  readonly provider: DnsProvider;
  readonly source: HostSource;
  /** The names of the zones, at least one. */
  readonly zones: readonly string[];
  readonly policy: "upsert-only" | "sync" | "create-only";
  /** Whose records these are: unique among all that write to the zones. */
  readonly owner: string;
  readonly ttl: Duration;
  /** The label of the stack's objects, as a selector. */
  readonly selector: string;
  /** The Secret with the provider's credential. */
  readonly secretName: string;
  readonly trusted?: Trusted;
  /** What its pod reads when it starts. */
  readonly restartWith: readonly Keyed[];
  readonly serviceMonitor: boolean;
}

/**
 * The name of the record that says whose another record is: `a-owner.HOST` for the A record of HOST. The default, `a-HOST`, would be
 * outside of the zone for a host that is the zone's own name.
 */
export const ownerPrefix = "%{record_type}-owner.";

/** Values of the chart `external-dns`. */
export function externalDnsValues(args: ChartArgs): Values {
  const { namespace, owner, policy, provider, restartWith, secretName, selector, serviceMonitor, source } = args;
  const { trusted, ttl, zones } = args;
  const { env, extraArgs, ...byProvider } = providerValues(provider, secretName, zones);
  return mergeValues(byProvider, {
    fullnameOverride: releaseName,
    serviceAccount: { name: releaseName },
    // The component has a role of its own, which reads less.
    rbac: { create: false },
    provider: { name: providerNames[provider.kind] },
    sources: [source.kind === "ingress" ? "ingress" : "service"],
    namespaced: source.kind !== "ingress",
    sourceNamespace: source.kind === "ingress" ? undefined : source.kind === "service" ? source.namespace : namespace,
    // Challenges of cert-manager are Ingress objects too.
    labelFilter: source.kind === "ingress" ? selector : undefined,
    domainFilters: [...zones],
    managedRecordTypes: [...hostRecordTypes],
    policy,
    registry: "txt",
    txtOwnerId: owner,
    txtPrefix: ownerPrefix,
    // A new host has its records at once.
    triggerLoopOnEvent: true,
    logFormat: "json",
    env: [...(env as object[]), ...(trusted ? [goTrust] : [])],
    extraArgs: {
      ...(extraArgs as object),
      "min-ttl": `${parseDuration(ttl)}s`,
      // Otherwise it also watches pods, endpoints and nodes, for Services of other types.
      "service-type-filter":
        source.kind === "ingress" ? undefined : source.kind === "service" ? "LoadBalancer" : "ExternalName",
    },
    ...(trusted && { extraVolumes: [trustedVolume(trusted)], extraVolumeMounts: [trustedMount] }),
    podAnnotations: restartWith.length === 0 ? undefined : { "groundplan/checksum": combinedChecksum(restartWith) },
    resources: resources(externalDnsSize),
    serviceMonitor: { enabled: serviceMonitor },
  });
}
