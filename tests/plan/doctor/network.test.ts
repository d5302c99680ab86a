import assert from "node:assert/strict";
import { judgeLoadBalancers } from "../../../plan/doctor/judgements/addresses.ts";
import { judgePolicies } from "../../../plan/doctor/judgements/network.ts";
import { chartAddress, judgeReach, registryAddress } from "../../../plan/doctor/judgements/reach.ts";
import type { Live } from "../../../plan/doctor/probes/kubectl.ts";
import type { Reach } from "../../../plan/doctor/probes/reach.ts";
import { brief, got, live, modest, node, refused, said } from "./samples.ts";

function daemon(name: string, ...containers: object[]): Live {
  return live(name, { metadata: { namespace: "kube-system" }, spec: { template: { spec: { containers } } } });
}

describe("the network plug-in", () => {
  const kindnet = (tag: string) =>
    daemon("kindnet", { name: "kindnet-cni", image: `docker.io/kindest/kindnetd:${tag}` });
  const agent = (flag: string) =>
    daemon("aws-node", { name: "aws-node" }, { name: "aws-eks-nodeagent", args: [`--enable-network-policy=${flag}`] });
  const cases: [string, Live[], "ok" | "warn" | "unknown"][] = [
    ["calico-node", [daemon("calico-node")], "ok"],
    ["canal", [daemon("rke2-canal")], "ok"],
    ["cilium", [daemon("cilium"), daemon("cilium-envoy")], "ok"],
    ["antrea", [daemon("antrea-agent")], "ok"],
    ["kube-router", [daemon("kube-router")], "ok"],
    ["weave", [daemon("weave-net")], "ok"],
    ["kube-network-policies beside flannel", [daemon("kube-flannel-ds"), daemon("kube-network-policies")], "ok"],
    ["GKE Dataplane V2", [daemon("anetd")], "ok"],
    ["the AWS agent, on", [agent("true")], "ok"],
    ["the AWS agent, off", [agent("false")], "warn"],
    ["flannel", [daemon("kube-flannel-ds", { name: "kube-flannel" })], "warn"],
    ["kindnet with policies", [kindnet("v20250512-df8de77b")], "ok"],
    ["kindnet without", [kindnet("v20240202-8f1494ea")], "warn"],
    ["kindnet of an unknown tag", [kindnet("latest")], "warn"],
    ["none that is known", [daemon("kube-proxy")], "unknown"],
  ];
  for (const [name, daemons, level] of cases) {
    it(name, () =>
      assert.deepEqual(brief(judgePolicies(got(daemons), got([node("a")]))), [`${level} network-policies`]),
    );
  }

  it("K3s has it inside", () => {
    const k3s = node("a", { status: { nodeInfo: { kubeletVersion: "v1.34.1+k3s1" } } });
    assert.deepEqual(brief(judgePolicies(got([]), got([k3s]))), ["ok network-policies"]);
    assert.deepEqual(brief(judgePolicies(refused, got([k3s]))), ["unknown network-policies"]);
  });
});

describe("addresses from outside", () => {
  const service = (name: string, ingress?: object[]) =>
    live(name, {
      metadata: { namespace: "kong" },
      spec: { type: "LoadBalancer" },
      status: { loadBalancer: { ingress } },
    });
  const gateway = { ...modest, loadBalancers: ["Service kong/proxy"] };
  const cases: [string, { services?: Live[]; deployments?: Live[]; nodes?: Live[] }, typeof modest, string[]][] = [
    ["nothing waits, nothing asks", {}, modest, []],
    ["given", { services: [service("proxy", [{ ip: "192.0.2.1" }])] }, gateway, ["ok load-balancer"]],
    ["waited for by the stack", { services: [service("proxy")] }, gateway, ["fail load-balancer"]],
    ["waited for by somebody else", { services: [service("other")] }, modest, ["warn load-balancer"]],
    ["nobody gives them", {}, gateway, ["warn load-balancer"]],
    [
      "MetalLB",
      { deployments: [live("controller", { metadata: { namespace: "metallb-system" } })] },
      gateway,
      ["ok load-balancer"],
    ],
    [
      "a controller of something else",
      { deployments: [live("controller", { metadata: { namespace: "x" } })] },
      gateway,
      ["warn load-balancer"],
    ],
    [
      "a cloud",
      { nodes: [node("a", { spec: { providerID: "aws:///eu-west-1a/i-1" } })] },
      gateway,
      ["ok load-balancer"],
    ],
    [
      "kind is no cloud",
      { nodes: [node("a", { spec: { providerID: "kind://docker/x/y" } })] },
      gateway,
      ["warn load-balancer"],
    ],
  ];
  for (const [name, { services = [], deployments = [], nodes = [] }, needs, expected] of cases) {
    it(name, () => {
      const answers = {
        services: got(services),
        deployments: got(deployments),
        daemonSets: got([]),
        nodes: got(nodes),
      };
      assert.deepEqual(brief(judgeLoadBalancers(answers, needs)), expected);
    });
  }
});

describe("what is in reach", () => {
  const repository = "https://charts.example.org";
  const needs = {
    ...modest,
    charts: { kind: "addresses", addresses: [repository] },
    registries: ["docker.io"],
  } as const;
  const answers = (chart: Reach["status"], image: Reach["status"]): Reach[] => [
    { address: chartAddress(repository), status: chart },
    { address: registryAddress("docker.io"), status: image },
  ];
  const cases: [string, Reach["status"], Reach["status"], string[]][] = [
    ["all", got(200), got(401), ["ok chart-repositories", "ok image-registries"]],
    [
      "no repository",
      { why: "its name does not resolve" },
      got(200),
      ["fail chart-repositories", "ok image-registries"],
    ],
    ["no index", got(404), got(200), ["fail chart-repositories", "ok image-registries"]],
    ["a broken repository", got(503), got(200), ["fail chart-repositories", "ok image-registries"]],
    ["a repository that answers no HEAD", got(405), got(200), ["ok chart-repositories", "ok image-registries"]],
    ["no registry", got(200), { why: "it refuses connections" }, ["ok chart-repositories", "warn image-registries"]],
    ["something else in its place", got(200), got(404), ["ok chart-repositories", "warn image-registries"]],
  ];
  for (const [name, chart, image, expected] of cases) {
    it(name, () => assert.deepEqual(brief(judgeReach(answers(chart, image), needs)), expected));
  }

  it("asks the right addresses", () => {
    assert.equal(chartAddress("oci://registry-1.docker.io/bitnamicharts/x"), "https://registry-1.docker.io/v2/");
    assert.equal(chartAddress("https://x.example.org/charts/"), "https://x.example.org/charts/index.yaml");
    assert.equal(registryAddress("docker.io"), "https://registry-1.docker.io/v2/");
    assert.equal(registryAddress("registry.example.org:5000"), "https://registry.example.org:5000/v2/");
  });

  it("a folder of charts needs no network, and charts that were not rendered hide their images", () => {
    const folder = { ...modest, charts: { kind: "folder", path: "charts", count: 3 }, unseen: ["sysdb/pg"] } as const;
    assert.deepEqual(brief(judgeReach([], folder)), ["ok chart-repositories", "unknown image-registries"]);
  });

  it("says once what holds for all", () => {
    const two = {
      ...modest,
      charts: { kind: "addresses", addresses: ["https://a.example.org", "https://b.example.org"] },
    } as const;
    const why = { why: "its name does not resolve" };
    const reaches = two.charts.addresses.map((address) => ({ address: chartAddress(address), status: why }));
    const findings = judgeReach(reaches, two);
    assert.equal(findings.length, 1);
    assert.match(said(findings), /a\.example\.org, https:\/\/b\.example\.org: its name/);
  });
});
