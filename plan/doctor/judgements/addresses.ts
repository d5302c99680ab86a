import { isIP } from "node:net";
import { answered, counted, listed, notKnown } from "../finding.ts";
import type { Answer, Finding } from "../finding.ts";
import type { Needs } from "../needs.ts";
import type { Live } from "../probes/kubectl.ts";
import type { Resolved } from "../probes/reach.ts";
import { nodesOf } from "./eligible.ts";

const area = "network";

/** Controllers that give addresses, by the name of their Deployment or DaemonSet. */
const givers =
  /(metallb|kube-vip|svclb-|cloud-controller-manager|^controller$|openelb|purelb|aws-load-balancer-controller|porter)/;
/** Clouds that bring one along, by the scheme of the nodes' provider id. */
const clouds =
  /^(aws|gce|azure|openstack|digitalocean|hcloud|linode|oci|ocicloud|scaleway|exoscale|equinixmetal|vultr|ibm|alicloud):\/\//;

/** The type of the record that leads to a name, an IPv4 or an IPv6 address, by the number that `isIP` gives. */
const recordTypes: Readonly<Record<number, string>> = { 0: "CNAME", 4: "A", 6: "AAAA" };

/** Addresses of Services of type LoadBalancer, by `namespace/name`; empty where one waits. */
export function addressesOf(services: readonly Live[]): ReadonlyMap<string, readonly string[]> {
  const balanced = services.filter(({ spec }) => (spec as { type?: string } | undefined)?.type === "LoadBalancer");
  return new Map(
    balanced.map(({ metadata, status }) => {
      const { loadBalancer } = (status ?? {}) as {
        loadBalancer?: { ingress?: readonly { ip?: string; hostname?: string }[] };
      };
      const given = (loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
      return [`${metadata.namespace ?? "default"}/${metadata.name}`, given];
    }),
  );
}

/** Whether anything gives a Service of type LoadBalancer its address: a chart that waits for one fails at its timeout. */
export function judgeLoadBalancers(
  answers: {
    readonly services: Answer<readonly Live[]>;
    readonly deployments: Answer<readonly Live[]>;
    readonly daemonSets: Answer<readonly Live[]>;
    readonly nodes: Answer<readonly Live[]>;
  },
  { loadBalancers, kubectl }: Pick<Needs, "loadBalancers" | "kubectl">,
): readonly Finding[] {
  const check = "load-balancer";
  const { services } = answers;
  if (!answered(services)) return [notKnown(check, area, "the Services", services.why)];
  const addresses = addressesOf(services.got);
  const waiting = [...addresses].filter(([, given]) => given.length === 0).map(([name]) => name);
  const served = [...addresses].filter(([, given]) => given.length > 0);
  if (waiting.length > 0) {
    return [
      {
        check,
        area,
        level: loadBalancers.length > 0 ? "fail" : "warn",
        found: `${listed(waiting)} ${waiting.length === 1 ? "waits" : "wait"} for an address`,
        needed: "a controller that gives addresses, with some left",
        fix: "see what it says of the Service",
        commands: waiting.slice(0, 3).map((name) => {
          const [namespace = "", service = ""] = name.split("/");
          return `${kubectl} describe service ${service} -n ${namespace}`;
        }),
      },
    ];
  }
  if (loadBalancers.length === 0) return [];
  if (served.length > 0) {
    const [[name, given] = ["", []]] = served;
    return [{ check, area, level: "ok", found: `addresses are given: ${name} has ${listed(given)}` }];
  }
  const controller = [answers.deployments, answers.daemonSets]
    .flatMap((answer) => (answered(answer) ? answer.got : []))
    .find(
      ({ metadata }) =>
        givers.test(metadata.name) && (metadata.name !== "controller" || metadata.namespace === "metallb-system"),
    );
  if (controller !== undefined) {
    const { namespace, name } = controller.metadata;
    return [{ check, area, level: "ok", found: `${namespace}/${name} gives addresses; none is given yet` }];
  }
  const cloud = answered(answers.nodes)
    ? nodesOf(answers.nodes.got).find(({ providerId }) => clouds.test(providerId))
    : undefined;
  if (cloud !== undefined) {
    const found = `the nodes are those of a cloud (${cloud.providerId.split(":")[0]}), which gives addresses as a rule`;
    return [{ check, area, level: "ok", found }];
  }
  return [
    {
      check,
      area,
      level: "warn",
      found: "nothing is known here that gives addresses to Services",
      needed: `a controller for ${listed(loadBalancers)}: MetalLB, kube-vip or a cloud's own`,
      fix: "install one: https://metallb.io/installation/",
    },
  ];
}

/** Whether the stack's hosts are known to the name servers, and lead to the cluster where it has an address. */
export function judgeNames(
  resolved: readonly Resolved[],
  services: Answer<readonly Live[]>,
  targets: readonly Resolved[],
  { acme }: Pick<Needs, "acme">,
): readonly Finding[] {
  const check = "names";
  if (resolved.length === 0) return [];
  const given = answered(services) ? [...addressesOf(services.got).values()].flat() : [];
  // A cloud gives a name in the place of an address: what it stands for counts.
  const ours = new Set([...given, ...targets.flatMap(({ addresses }) => (answered(addresses) ? addresses.got : []))]);
  const silent = resolved.filter(({ addresses }) => !answered(addresses));
  const [first] = silent;
  if (first !== undefined && silent.length === resolved.length)
    return [
      notKnown(check, area, counted(resolved.length, "host"), answered(first.addresses) ? "" : first.addresses.why),
    ];
  const known = resolved.flatMap(({ name, addresses }) => (answered(addresses) ? [{ name, to: addresses.got }] : []));
  const missing = known.filter(({ to }) => to.length === 0);
  const elsewhere = known.filter(
    ({ to }) => to.length > 0 && ours.size > 0 && !to.some((address) => ours.has(address)),
  );
  const records = (names: readonly { name: string }[]) => {
    const to = [...given][0] ?? "the address that the load balancer gets";
    return names.slice(0, 9).map(({ name }) => `${name}. IN ${recordTypes[isIP(to)] ?? ""} ${to}`);
  };
  const findings: Finding[] = [];
  if (missing.length > 0) {
    findings.push({
      check,
      area,
      level: "warn",
      found: `${listed(missing.map(({ name }) => name))} ${missing.length === 1 ? "has" : "have"} no address`,
      needed: acme
        ? "records before certificates are asked for: ACME looks for the host"
        : "records, for browsers to find them",
      fix:
        given.length === 0
          ? "add records once the load balancer has its address"
          : `add ${records(missing).join("; ")}`,
    });
  }
  if (elsewhere.length > 0) {
    const [one] = elsewhere;
    findings.push({
      check,
      area,
      level: "warn",
      found: `${listed(elsewhere.map(({ name }) => name))} leads elsewhere: ${one === undefined ? "" : listed(one.to)}`,
      needed: `an address of the cluster: ${listed([...ours])}; right where a proxy stands between`,
      fix: `change ${records(elsewhere).join("; ")}`,
    });
  }
  if (findings.length > 0) return findings;
  const where = ours.size > 0 ? "lead to the cluster" : "resolve";
  return [{ check, area, level: "ok", found: `${counted(known.length, "host")}: all ${where}` }];
}
