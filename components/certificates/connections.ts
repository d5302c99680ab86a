import type { Edge } from "../kit/ledger.ts";
import { metricsEdges } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import { programPods, programs } from "./cert-manager.ts";
import { dnsServer } from "./dns-solvers.ts";
import { identityEdges } from "../kit/cloud-identity.ts";
import type { CloudIdentity } from "../kit/cloud-identity.ts";
import { serverPort } from "./issuers.ts";
import type { Issuer } from "./issuers.ts";

/** The connections of cert-manager. @param apiServerPorts of the cluster's API server */
export function certificateEdges(
  {
    identity,
    issuers,
    namespace,
    serviceMonitors,
  }: {
    readonly namespace: string;
    readonly issuers: readonly Issuer[];
    readonly identity?: CloudIdentity;
    readonly serviceMonitors?: MetricsReader;
  },
  apiServerPorts: readonly number[],
): Edge[] {
  const webhook = programPods("webhook", namespace);
  return [
    {
      from: { kind: "pods", namespace },
      to: { kind: "apiServer" },
      ports: apiServerPorts,
      purpose: "cert-manager watches certificates",
    },
    {
      from: { kind: "apiServer" },
      to: webhook.peer,
      ports: [webhook.port("webhook")],
      purpose: "cert-manager's webhook",
    },
    ...challengeEdges(issuers, identity, namespace),
    ...programs
      .map((program) => programPods(program, namespace))
      .flatMap((pods) => metricsEdges(serviceMonitors, pods.peer, [pods.port("metrics")])),
  ];
}

/** The controller's connections to ACME servers, to DNS servers and their APIs, and to hosts whose challenge it checks. */
function challengeEdges(issuers: readonly Issuer[], identity: CloudIdentity | undefined, namespace: string): Edge[] {
  const from = programPods("controller", namespace).peer;
  const outward = { from, to: { kind: "outside" } } as const;
  const acme = issuers.filter((issuer) => issuer.kind === "acme");
  if (acme.length === 0) return [];
  const solvers = acme.flatMap((issuer) => issuer.solvers);
  const dns = solvers.filter((solver) => solver.kind !== "http01");
  const edges: Edge[] = [{ ...outward, ports: [...new Set(acme.map(serverPort))], purpose: "ACME" }];
  if (dns.length < solvers.length)
    // A gateway may redirect it to HTTPS.
    edges.push({ ...outward, ports: [80, 443], purpose: "its own look at the file of an ACME challenge" });
  if (dns.length > 0) {
    // It queries the zone's own name servers, first by UDP.
    const purpose = "its own look at the DNS record of an ACME challenge";
    edges.push({ ...outward, ports: [53], protocol: "UDP", purpose }, { ...outward, ports: [53], purpose });
    edges.push(...identityEdges(identity, from));
  }
  const servers = dns.flatMap((solver) => dnsServer(solver) ?? []);
  const byPurpose = new Map(servers.map((server) => [`${server.purpose} ${server.protocol} ${server.port}`, server]));
  for (const { port, protocol, purpose } of byPurpose.values())
    edges.push({ ...outward, ports: [port], protocol, purpose });
  return edges;
}
