import { answered, listed, notKnown } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import type { Live } from "../probes/kubectl.ts";
import { nodesOf } from "./eligible.ts";

const area = "network";

/** Load balancer controllers, by the name of their Deployment or DaemonSet. */
const givers =
  /(metallb|kube-vip|svclb-|cloud-controller-manager|^controller$|openelb|purelb|aws-load-balancer-controller|porter)/;
/** Clouds with a built-in load balancer, by the scheme of the nodes' provider ID. */
const clouds =
  /^(aws|gce|azure|openstack|digitalocean|hcloud|linode|oci|ocicloud|scaleway|exoscale|equinixmetal|vultr|ibm|alicloud):\/\//;

/** Addresses of Services of type LoadBalancer, by `namespace/name`; empty if the address is pending. */
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

/** Whether the cluster assigns addresses to Services of type LoadBalancer: a chart that waits for one fails at its timeout. */
export function judgeLoadBalancers(
  answers: {
    readonly services: Answer<readonly Live[]>;
    readonly deployments: Answer<readonly Live[]>;
    readonly daemonSets: Answer<readonly Live[]>;
    readonly nodes: Answer<readonly Live[]>;
  },
  { loadBalancers, kubectl }: Pick<Needs, "loadBalancers" | "kubectl">,
): readonly Diagnosis[] {
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
        needed: "a load balancer controller with free addresses",
        fix: "see the events of the Service",
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
    return [{ check, area, level: "ok", found: `the cluster assigns addresses: ${name} has ${listed(given)}` }];
  }
  const controller = [answers.deployments, answers.daemonSets]
    .flatMap((answer) => (answered(answer) ? answer.got : []))
    .find(
      ({ metadata }) =>
        givers.test(metadata.name) && (metadata.name !== "controller" || metadata.namespace === "metallb-system"),
    );
  if (controller !== undefined) {
    const { namespace, name } = controller.metadata;
    return [{ check, area, level: "ok", found: `${namespace}/${name} assigns addresses; none is assigned yet` }];
  }
  const cloud = answered(answers.nodes)
    ? nodesOf(answers.nodes.got).find(({ providerId }) => clouds.test(providerId))
    : undefined;
  if (cloud !== undefined) {
    const found = `the nodes are in a cloud (${cloud.providerId.split(":")[0]}), which usually assigns addresses`;
    return [{ check, area, level: "ok", found }];
  }
  return [
    {
      check,
      area,
      level: "warn",
      found: "no known controller assigns addresses to Services of type LoadBalancer",
      needed: `a controller for ${listed(loadBalancers)}: MetalLB, kube-vip or the cloud's own`,
      fix: "install one: https://metallb.io/installation/",
    },
  ];
}
