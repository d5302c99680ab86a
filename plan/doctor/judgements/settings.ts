import { BlockList, isIP } from "node:net";
import type { Cluster } from "../../../components/kit/environment.ts";
import { at, record, records, text, textMap, texts } from "../../../components/kit/unknown.ts";
import { answered, listed, notKnown } from "../diagnosis.ts";
import type { Diagnosis } from "../diagnosis.ts";
import type { Cluster as LiveCluster } from "../probes/cluster.ts";
import type { Live } from "../probes/kubectl.ts";

const area = "network";

/** The checks of this file. */
export const clusterChecks: readonly string[] = [
  "api-server-address",
  "cluster-dns",
  "cluster-settings",
  "network-plugin",
  "node-addresses",
];

/** The settings of the cluster that this file compares with the live one. */
export type ClusterSettings = Cluster & { readonly nodeCidrs: readonly string[] };

/** What the cluster tells of itself. */
export type ClusterFacts = Pick<
  LiveCluster,
  "apiServer" | "cilium" | "daemonSets" | "kubelet" | "nodes" | "pods" | "services"
>;

/** Whether the settings of the section `cluster` fit the cluster; each diagnosis has the setting that would. */
export function judgeClusterSettings(facts: ClusterFacts, settings: ClusterSettings): readonly Diagnosis[] {
  return [
    ...apiServer(facts, settings),
    ...nodeAddresses(facts, settings),
    ...podAddresses(facts, settings),
    ...names(facts, settings),
    ...cilium(facts, settings),
  ];
}

/** A setting that differs from the cluster. */
function differs(check: string, level: "fail" | "warn", found: string, key: string, value: unknown): Diagnosis {
  const needed = "settings that fit the cluster: with others, network policies deny what the platform needs";
  const fix = `set groundplan:cluster.${key}: ${JSON.stringify(value)}`;
  return { check, area, level, found, needed, fix, setting: { key, value } };
}

function apiServer(
  { apiServer: slices }: ClusterFacts,
  { apiServerCidrs, apiServerPorts }: ClusterSettings,
): Diagnosis[] {
  const check = "api-server-address";
  if (!answered(slices)) return [notKnown(check, area, "the API server's address", slices.why)];
  const own = slices.got.filter(({ metadata }) => (metadata.namespace ?? "default") === "default").map(record);
  const ports = unique(own.flatMap((slice) => records(slice["ports"]).map(({ port }) => Number(port))));
  const addresses = unique(
    own.flatMap((slice) => records(slice["endpoints"]).flatMap((one) => texts(one["addresses"]))),
  );
  if (ports.length === 0 || addresses.length === 0)
    return [notKnown(check, area, "the API server's address", "the Service default/kubernetes has no endpoints")];
  const diagnoses: Diagnosis[] = [];
  if (!ports.every((port) => apiServerPorts.includes(port)))
    diagnoses.push(
      differs(check, "fail", `the API server listens on port ${listed(ports.map(String))}`, "apiServerPorts", [
        ...new Set([443, ...ports]),
      ]),
    );
  const outside = addresses.filter((address) => !covered(address, apiServerCidrs));
  if (outside.length > 0)
    diagnoses.push(
      differs(
        check,
        "fail",
        `the API server has the address ${listed(outside)}`,
        "apiServerCidrs",
        addresses.map(single),
      ),
    );
  if (diagnoses.length > 0) return diagnoses;
  return [
    { check, area, level: "ok", found: `the settings have the API server's ports and addresses: ${listed(addresses)}` },
  ];
}

function nodeAddresses({ nodes }: ClusterFacts, { nodeCidrs }: ClusterSettings): Diagnosis[] {
  // The check of the nodes reports that they are unknown.
  if (!answered(nodes)) return [];
  const addresses = nodes.got.flatMap(({ status }) =>
    records(record(status)["addresses"]).flatMap(({ type, address }) =>
      type === "InternalIP" && typeof address === "string" ? [address] : [],
    ),
  );
  const outside = addresses.filter((address) => !covered(address, nodeCidrs));
  if (outside.length === 0) return [];
  const fitting = [...nodeCidrs, ...outside.map(single)];
  return [differs("node-addresses", "warn", `nodes have the addresses ${listed(outside)}`, "nodeCidrs", fitting)];
}

function podAddresses({ nodes, pods }: ClusterFacts, { podCidrs }: ClusterSettings): Diagnosis[] {
  if (!answered(pods)) return [];
  const own = pods.got.filter(({ spec }) => record(spec)["hostNetwork"] !== true);
  const addresses = unique(own.flatMap(({ status }) => text(record(status)["podIP"]) ?? []));
  const outside = addresses.filter((address) => !covered(address, podCidrs));
  if (outside.length === 0) return [];
  const ranges = answered(nodes) ? unique(nodes.got.flatMap(({ spec }) => texts(record(spec)["podCIDRs"]))) : [];
  const others = outside.filter((address) => !covered(address, ranges));
  const fitting = [...podCidrs, ...ranges, ...others.map(single)];
  return [differs("pod-addresses", "warn", `pods have the addresses ${listed(outside)}`, "podCidrs", fitting)];
}

function names(facts: ClusterFacts, settings: ClusterSettings): Diagnosis[] {
  const check = "cluster-dns";
  const { daemonSets, kubelet, pods, services } = facts;
  if (!answered(kubelet)) return [notKnown(check, area, "the cluster's domain and DNS", kubelet.why)];
  const config = record(at(kubelet.got, "kubeletconfig"));
  const domain = text(config["clusterDomain"])?.replace(/\.$/, "");
  const servers = texts(config["clusterDNS"]);
  if (domain === undefined || servers.length === 0)
    return [notKnown(check, area, "the cluster's domain and DNS", "the kubelet's configuration has neither")];
  const diagnoses: Diagnosis[] = [];
  if (domain !== settings.domain)
    diagnoses.push(differs(check, "fail", `the cluster's domain is ${domain}`, "domain", domain));
  const all = answered(services) ? services.got : [];
  const isServer = ({ spec }: Live) => {
    const { clusterIP, clusterIPs } = record(spec);
    return servers.some((server) => server === clusterIP || texts(clusterIPs).includes(server));
  };
  const dns =
    all.find(isServer) ??
    all.find(({ metadata }) => /^(kube-dns|coredns|rke2-coredns.*|dns-default)$/.test(metadata.name));
  // What a cache on each node listens to: addresses of its own, and those of the Service in iptables mode.
  const cache = (answered(daemonSets) ? daemonSets.got : []).filter(({ metadata }) =>
    /^node-?local-?dns$/.test(metadata.name),
  );
  const cached = cache.flatMap(({ spec }) => localAddresses(spec));
  const needed = unique([
    ...cached,
    ...servers.filter((server) => !all.some((one) => isServer(one) && text(record(one.spec)["clusterIP"]) === server)),
  ]);
  const missing = needed.filter((address) => !covered(address, settings.dnsCidrs));
  if (missing.length > 0)
    diagnoses.push(
      differs(
        check,
        "fail",
        `pods ask ${listed(missing)} for names, which is no pod's address`,
        "dnsCidrs",
        needed.map(single),
      ),
    );
  const own = dns?.metadata.namespace;
  if (dns !== undefined && own !== undefined) {
    if (own !== settings.dnsNamespace)
      diagnoses.push(differs(check, "fail", `the DNS Service is ${own}/${dns.metadata.name}`, "dnsNamespace", own));
    const selector = textMap(record(dns.spec)["selector"]);
    const behind = (answered(pods) ? pods.got : []).filter(
      ({ metadata }) =>
        metadata.namespace === own &&
        Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value),
    );
    const ports = targetPorts(dns, behind);
    if (ports.length > 0 && !ports.every((port) => settings.dnsPorts.includes(port)))
      diagnoses.push(
        differs(check, "fail", `the cluster's DNS listens on port ${listed(ports.map(String))}`, "dnsPorts", ports),
      );
    const selects = ({ metadata }: Live) =>
      Object.entries(settings.dnsLabels).every(([key, value]) => metadata.labels?.[key] === value);
    if (behind.length > 0 && !behind.some(selects))
      diagnoses.push(
        differs(check, "fail", "no pod of the cluster's DNS has the labels of the settings", "dnsLabels", selector),
      );
  }
  if (diagnoses.length > 0) return diagnoses;
  return [
    {
      check,
      area,
      level: "ok",
      found: `the settings have the cluster's domain and DNS: ${domain}, ${listed(servers)}`,
    },
  ];
}

/** The addresses in the argument `-localip` of NodeLocal DNSCache. */
function localAddresses(spec: unknown): string[] {
  return records(at(spec, "template", "spec", "containers")).flatMap(({ args }) => {
    const all = texts(args);
    const index = all.findIndex((one) => /^--?localip$/.test(one));
    const inline = all.find((one) => /^--?localip=/.test(one))?.split("=")[1];
    return (inline ?? (index < 0 ? "" : (all[index + 1] ?? ""))).split(",").filter((one) => isIP(one) !== 0);
  });
}

/** The ports of pods to which the port 53 of a Service leads. */
function targetPorts({ spec }: Live, pods: readonly Live[]): number[] {
  const targets = records(record(spec)["ports"]).filter(({ port }) => port === 53);
  const named = pods.flatMap((pod) => records(record(pod.spec)["containers"]).flatMap(({ ports }) => records(ports)));
  return unique(
    targets.flatMap(({ targetPort = 53 }) =>
      typeof targetPort === "number"
        ? [targetPort]
        : named.filter(({ name }) => name === targetPort).map(({ containerPort }) => Number(containerPort)),
    ),
  );
}

function cilium({ cilium: maps, daemonSets }: ClusterFacts, { networkPlugin }: ClusterSettings): Diagnosis[] {
  const check = "network-plugin";
  if (!answered(daemonSets)) return [];
  const runs = daemonSets.got.some(({ metadata }) => metadata.name === "cilium");
  if (!runs)
    return networkPlugin === "cilium"
      ? [
          differs(
            check,
            "fail",
            "the cluster has no Cilium, and so no CiliumNetworkPolicies",
            "networkPlugin",
            "standard",
          ),
        ]
      : [];
  const modes = (answered(maps) ? maps.got : []).map((map) => text(at(map, "data", "policy-cidr-match-mode")) ?? "");
  const byAddress = modes.some((mode) => mode.split(/[\s,]+/).includes("nodes"));
  if (networkPlugin === "cilium" || byAddress)
    return [{ check, area, level: "ok", found: "the settings have what Cilium needs for nodes and the API server" }];
  return [
    differs(check, "warn", "Cilium does not match nodes and the API server by address", "networkPlugin", "cilium"),
  ];
}

/** Whether an address is in one of some ranges of its own family. */
function covered(address: string, cidrs: readonly string[]): boolean {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  const ranges = new BlockList();
  for (const cidr of cidrs) {
    const [network = "", prefix = ""] = cidr.split("/");
    if ((isIP(network) === 6 ? "ipv6" : "ipv4") === family) ranges.addSubnet(network, Number(prefix), family);
  }
  return isIP(address) !== 0 && ranges.check(address, family);
}

function single(address: string): string {
  return `${address}/${isIP(address) === 6 ? 128 : 32}`;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : 1));
}
