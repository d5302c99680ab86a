import { answered, notKnown } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Live } from "../probes/kubectl.ts";
import { nodesOf } from "./eligible.ts";

const area = "network";

interface Daemon {
  readonly name: string;
  readonly containers: readonly { readonly name: string; readonly image: string; readonly arguments: string }[];
}

/** A CNI plugin, how its DaemonSet is recognised, and whether it enforces NetworkPolicies. */
interface PlugIn {
  readonly name: string;
  readonly is: RegExp;
  /** Default: always. */
  readonly enforces?: (daemon: Daemon) => boolean;
  readonly fix?: string;
}

/** The first release of kindnet with network policies, by the date in its tag (kind 0.24.0, release notes). */
const kindnetSince = 20240813;

/** Known plugins; in a cluster with two, one that enforces policies is enough. */
const plugIns: readonly PlugIn[] = [
  { name: "Calico", is: /^(calico-node|canal|rke2-canal)$/ },
  { name: "Cilium", is: /^cilium$/ },
  { name: "Antrea", is: /^antrea-agent/ },
  { name: "kube-router", is: /^kube-router/ },
  { name: "Weave Net", is: /^weave-net$/ },
  { name: "kube-network-policies", is: /^kube-network-policies/ },
  { name: "GKE Dataplane V2", is: /^anetd/ },
  { name: "Azure network policies", is: /^azure-npm/ },
  { name: "OVN-Kubernetes", is: /^ovnkube-node/ },
  { name: "Kube-OVN", is: /^kube-ovn-cni/ },
  {
    name: "the AWS VPC CNI plugin",
    is: /^aws-node$/,
    enforces: ({ containers }) =>
      containers.some(
        ({ name, arguments: all }) => name === "aws-eks-nodeagent" && /enable-network-policy=true/.test(all),
      ),
    fix: `enable them: aws eks update-addon --cluster-name NAME --addon-name vpc-cni --configuration-values '{"enableNetworkPolicy":"true"}'`,
  },
  {
    name: "kindnet",
    is: /^kindnet$/,
    enforces: ({ containers }) => {
      const dates = containers.map(({ image }) => Number(/:v(\d{8})-/.exec(image)?.[1] ?? 0));
      return dates.some((date) => date >= kindnetSince);
    },
    fix: "recreate the cluster with kind 0.24 or later",
  },
  {
    name: "flannel",
    is: /^kube-flannel/,
    enforces: ({ containers }) => containers.some(({ name }) => name.includes("network-polic")),
    fix: "add kube-network-policies, or use another CNI plugin",
  },
];

/** Whether the cluster enforces NetworkPolicies: otherwise the platform's policies have no effect. */
export function judgePolicies(
  daemonSets: Answer<readonly Live[]>,
  nodes: Answer<readonly Live[]>,
): readonly Diagnosis[] {
  const check = "network-policies";
  if (!answered(daemonSets)) return [notKnown(check, area, "the CNI plugin", daemonSets.why)];
  const known = daemonSets.got.map(daemonOf).flatMap((daemon) => {
    const plugIn = plugIns.find(({ is }) => is.test(daemon.name));
    return plugIn === undefined ? [] : [{ ...plugIn, does: plugIn.enforces?.(daemon) ?? true }];
  });
  const good = known.find(({ does }) => does);
  if (good !== undefined) return [{ check, area, level: "ok", found: `${good.name} enforces network policies` }];
  // K3s includes the controller of kube-router, without a DaemonSet.
  if (answered(nodes) && nodesOf(nodes.got).some(({ kubelet }) => kubelet.includes("+k3s")))
    return [
      {
        check,
        area,
        level: "ok",
        found: "K3s enforces network policies, unless it runs with --disable-network-policy",
      },
    ];
  const [bad] = known;
  const needed =
    "a CNI plugin that enforces them, such as Cilium or Calico: otherwise any pod can connect to any other";
  if (bad !== undefined)
    return [
      { check, area, level: "warn", found: `${bad.name} does not enforce network policies`, needed, fix: bad.fix },
    ];
  return [{ check, area, level: "unknown", found: "the CNI plugin is unknown", needed }];
}

function daemonOf({ metadata, spec }: Live): Daemon {
  const { template } = (spec ?? {}) as {
    template?: {
      spec?: { containers?: readonly { name: string; image?: string; args?: unknown; command?: unknown }[] };
    };
  };
  const containers = template?.spec?.containers ?? [];
  return {
    name: metadata.name,
    containers: containers.map(({ name, image = "", args, command }) => ({
      name,
      image,
      arguments: JSON.stringify([command, args]),
    })),
  };
}
