import assert from "node:assert/strict";
import { judgeClusterSettings } from "../../../plan/doctor/judgements/settings.ts";
import type { ClusterFacts, ClusterSettings } from "../../../plan/doctor/judgements/settings.ts";
import { brief, got, live, modest, node, refused } from "./samples.ts";

const slice = (port: number, ...addresses: string[]) => ({
  ...live("kubernetes", { metadata: { namespace: "default" } }),
  endpoints: [{ addresses }],
  ports: [{ name: "https", port }],
});
const service = (namespace: string, name: string, clusterIP: string, targetPort: number | string, selector: object) =>
  live(name, {
    metadata: { namespace },
    spec: { clusterIP, selector, ports: [{ name: "dns", port: 53, protocol: "UDP", targetPort }] },
  });
const kubeDns = service("kube-system", "kube-dns", "10.96.0.10", 53, { "k8s-app": "kube-dns" });
const openshiftLabels = { "dns.operator.openshift.io/daemonset-dns": "default" };
const openshift = service("openshift-dns", "dns-default", "172.30.0.10", "dns", openshiftLabels);
const openshiftPod = live("dns-default-1", {
  metadata: { namespace: "openshift-dns", labels: openshiftLabels },
  spec: { containers: [{ ports: [{ name: "dns", containerPort: 5353 }] }] },
});
const kubelet = (clusterDomain: string, ...clusterDNS: string[]) =>
  got({ kubeletconfig: { clusterDomain, clusterDNS } }) as ClusterFacts["kubelet"];
const daemon = (name: string, args: string[] = []) =>
  live(name, { metadata: { namespace: "kube-system" }, spec: { template: { spec: { containers: [{ args }] } } } });
const options = (mode: string) => ({ ...live("cilium-config"), data: { "policy-cidr-match-mode": mode } });

/** A cluster as kubeadm makes it, with Calico. */
const usual: ClusterFacts = {
  apiServer: got([slice(6443, "192.0.2.1")]),
  nodes: got([node("a", { status: { addresses: [{ type: "InternalIP", address: "192.0.2.1" }] } })]),
  services: got([kubeDns]),
  pods: got([]),
  daemonSets: got([daemon("calico-node")]),
  cilium: got([]),
  kubelet: kubelet("cluster.local", "10.96.0.10"),
};

const fine = ["ok api-server-address", "ok cluster-dns"];

// What differs in the cluster and in the settings, and the setting that fits.
const cases: [string, Partial<ClusterFacts>, Partial<ClusterSettings>, string | undefined][] = [
  ["a cluster as kubeadm makes it", {}, {}, undefined],
  ["microk8s", { apiServer: got([slice(16443, "192.0.2.1")]) }, {}, "apiServerPorts: [443,16443]"],
  ["microk8s, said", { apiServer: got([slice(16443, "192.0.2.1")]) }, { apiServerPorts: [443, 16443] }, undefined],
  ["an API server elsewhere", {}, { apiServerCidrs: ["10.0.0.0/16"] }, 'apiServerCidrs: ["192.0.2.1/32"]'],
  ["an API server with IPv6", { apiServer: got([slice(6443, "2001:db8::1")]) }, {}, undefined],
  [
    "an API server with IPv6, and ranges of IPv4",
    { apiServer: got([slice(6443, "2001:db8::1")]) },
    { apiServerCidrs: ["0.0.0.0/0"] },
    'apiServerCidrs: ["2001:db8::1/128"]',
  ],
  ["nodes elsewhere", {}, { nodeCidrs: ["10.0.0.0/16"] }, 'nodeCidrs: ["10.0.0.0/16","192.0.2.1/32"]'],
  [
    "pods elsewhere",
    {
      pods: got([
        live("a", { status: { podIP: "10.244.0.7" } }),
        live("b", { spec: { hostNetwork: true }, status: { podIP: "192.0.2.1" } }),
      ]),
    },
    { podCidrs: ["10.42.0.0/16"] },
    'podCidrs: ["10.42.0.0/16","10.244.0.7/32"]',
  ],
  [
    "pods where the settings say",
    { pods: got([live("a", { status: { podIP: "10.42.0.7" } })]) },
    { podCidrs: ["10.42.0.0/16"] },
    undefined,
  ],
  ["another domain", { kubelet: kubelet("k8s.example.org", "10.96.0.10") }, {}, 'domain: "k8s.example.org"'],
  [
    "another domain, said",
    { kubelet: kubelet("k8s.example.org.", "10.96.0.10") },
    { domain: "k8s.example.org" },
    undefined,
  ],
  [
    "kubespray's node cache",
    { kubelet: kubelet("cluster.local", "169.254.25.10") },
    {},
    'dnsCidrs: ["169.254.25.10/32"]',
  ],
  [
    "a node cache in iptables mode",
    { daemonSets: got([daemon("node-local-dns", ["-localip", "169.254.20.10,10.96.0.10"])]) },
    {},
    'dnsCidrs: ["10.96.0.10/32","169.254.20.10/32"]',
  ],
  [
    "OpenShift's namespace",
    { services: got([openshift]), kubelet: kubelet("cluster.local", "172.30.0.10") },
    {},
    'dnsNamespace: "openshift-dns"',
  ],
  [
    "OpenShift's port",
    { services: got([openshift]), pods: got([openshiftPod]), kubelet: kubelet("cluster.local", "172.30.0.10") },
    { dnsNamespace: "openshift-dns" },
    "dnsPorts: [5353]",
  ],
  [
    "labels that no DNS pod has",
    { pods: got([live("coredns", { metadata: { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } } })]) },
    { dnsLabels: { app: "dns" } },
    'dnsLabels: {"k8s-app":"kube-dns"}',
  ],
  ["Cilium", { daemonSets: got([daemon("cilium")]) }, {}, 'networkPlugin: "cilium"'],
  ["no Cilium", {}, { networkPlugin: "cilium" }, 'networkPlugin: "standard"'],
];

describe("the settings of the cluster, compared with the live one", () => {
  for (const [name, facts, settings, fix] of cases) {
    it(name, () => {
      const findings = judgeClusterSettings({ ...usual, ...facts }, { ...modest.cluster, ...settings });
      const fixes = findings.flatMap((one) => one.fix ?? []);
      assert.deepEqual(fixes, fix === undefined ? [] : [`set groundplan:cluster.${fix}`]);
      if (fix === undefined) assert.deepEqual(brief(findings), fine);
    });
  }

  it("Cilium that matches nodes by address, or that the settings name", () => {
    const daemonSets = got([daemon("cilium")]);
    const all = [...fine, "ok network-plugin"];
    assert.deepEqual(
      brief(judgeClusterSettings({ ...usual, daemonSets, cilium: got([options("nodes")]) }, modest.cluster)),
      all,
    );
    assert.deepEqual(
      brief(judgeClusterSettings({ ...usual, daemonSets }, { ...modest.cluster, networkPlugin: "cilium" })),
      all,
    );
  });

  it("what cannot be read is unknown, and never a setting", () => {
    const facts = { ...usual, apiServer: refused, kubelet: refused };
    assert.deepEqual(brief(judgeClusterSettings(facts, modest.cluster)), [
      "unknown api-server-address",
      "unknown cluster-dns",
    ]);
    const empty = { ...usual, apiServer: got([]), kubelet: got({}) as ClusterFacts["kubelet"] };
    assert.deepEqual(brief(judgeClusterSettings(empty, modest.cluster)), [
      "unknown api-server-address",
      "unknown cluster-dns",
    ]);
  });
});
