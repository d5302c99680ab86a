import { defaultCluster } from "../../../components/kit/environment.ts";
import type { Answer, Diagnosis } from "../../../plan/doctor/diagnosis.ts";
import type { Needs } from "../../../plan/doctor/needs.ts";
import type { Live } from "../../../plan/doctor/probes/kubectl.ts";

/** What a stack asks that asks for nothing; a test adds what it is about. */
export const modest: Needs = {
  stack: "prod",
  production: true,
  context: "ours",
  kubectl: "kubectl --context ours",
  helm: "helm --kube-context ours",
  cluster: {
    ...defaultCluster,
    provider: "context",
    dnsLabels: {},
    apiServerPorts: [...defaultCluster.apiServerPorts],
    apiServerCidrs: [...defaultCluster.apiServerCidrs],
    podCidrs: [...defaultCluster.podCidrs],
    dnsCidrs: [...defaultCluster.dnsCidrs],
    dnsPorts: [...defaultCluster.dnsPorts],
    context: "ours",
    nodeCidrs: ["0.0.0.0/0", "::/0"],
    version: "1.35",
    nodeGroups: [],
  },
  placement: { nodeSelector: {}, tolerations: [] },
  podGroups: [],
  namespaces: ["apps", "sysdb"],
  releases: [],
  classes: { made: [], existing: [], usesDefault: false },
  priorityClasses: [],
  volumes: [],
  charts: { kind: "addresses", addresses: [] },
  registries: [],
  unseen: [],
  hosts: [],
  named: [],
  acme: false,
  loadBalancers: [],
  nfs: [],
  mapCount: [],
};

/** An object of the API. */
export function live(name: string, rest: Omit<Partial<Live>, "metadata"> & { metadata?: object } = {}): Live {
  return { ...rest, metadata: { name, ...rest.metadata } };
}

/** A node that takes pods: 4 cores, 8 GiB, 110 pods. */
export function node(
  name: string,
  more: { labels?: object; annotations?: object; spec?: object; status?: object } = {},
): Live {
  return {
    metadata: { name, labels: { ...more.labels }, annotations: { ...more.annotations } },
    spec: { ...more.spec },
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      allocatable: { cpu: "4", memory: "8388608Ki", pods: "110" },
      nodeInfo: { kubeletVersion: "v1.34.1" },
      ...more.status,
    },
  };
}

export function got<T>(value: T): Answer<T> {
  return { got: value };
}

export const refused = { why: "forbidden" };

/** A finding without its words: what a table of judgements compares. */
export function brief(findings: readonly Diagnosis[]): string[] {
  return findings.map(({ check, level }) => `${level} ${check}`);
}

/** Everything that a finding says. */
export function said(findings: readonly Diagnosis[]): string {
  return findings
    .flatMap(({ found, needed = "", fix = "", commands = [] }) => [found, needed, fix, ...commands])
    .join("\n");
}
