import { answered, listed, notKnown } from "../finding.ts";
import type { Answer, Finding } from "../finding.ts";
import type { Needs } from "../needs.ts";
import type { Context, Right } from "../probes/cluster.ts";
import type { Live } from "../probes/kubectl.ts";

/** The oldest server that the platform is tested with. */
const oldest = [1, 30] as const;
/** Since then Pod Security is part of every server (Kubernetes 1.25, "Pod Security Admission graduates"). */
const podSecuritySince = 25;

const area = "cluster";

/** Whether the stack's context leads to a cluster that answers, and to which; its version. */
export function judgeContext(
  { contexts, version }: Context,
  needs: Pick<Needs, "context" | "kubeconfig" | "kubectl" | "stack">,
): readonly Finding[] {
  const check = "context";
  if (!answered(contexts)) return [judgeKubectl(contexts.why)];
  const server = contexts.got.get(needs.context);
  if (server === undefined) {
    const names = [...contexts.got.keys()];
    return [
      {
        check,
        area,
        level: "fail",
        found: `${needs.kubeconfig ?? "the kubeconfig"} has no context ${needs.context}`,
        needed: names.length === 0 ? "a kubeconfig with that context" : `that context, or one of ${listed(names, 6)}`,
        fix: "name the right one in the settings, or fetch the kubeconfig of the cluster",
        commands: [`npx pulumi config set --path groundplan:cluster.context NAME --stack ${needs.stack}`],
      },
    ];
  }
  const where = `${needs.context} is the cluster at ${server === "" ? "an unknown address" : server}`;
  if (version === undefined || !answered(version)) {
    const why = version === undefined ? "it was not asked" : version.why;
    return [
      {
        check,
        area,
        level: "fail",
        found: `${where}, and it does not answer: ${why}`,
        needed: "an API server in reach, and a login that it takes",
        fix: "look at the network, the VPN and the login; this shows the error in full",
        commands: [`${needs.kubectl} get --raw /readyz`],
      },
    ];
  }
  return [{ check, area, level: "ok", found: where }, ...judgeVersion(version.got)];
}

function judgeKubectl(why: string): Finding {
  if (!why.endsWith("is not on PATH"))
    return { check: "kubectl", area, level: "fail", found: `the kubeconfig cannot be read: ${why}` };
  return {
    check: "kubectl",
    area,
    level: "fail",
    found: "kubectl is not on PATH: nothing of the cluster was looked at",
    needed: "kubectl, for these checks and for mending what goes wrong",
    fix: "install it: https://kubernetes.io/docs/tasks/tools/",
  };
}

function judgeVersion(version: string): Finding[] {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  if (Number.isNaN(major) || Number.isNaN(minor))
    return [notKnown("kubernetes-version", area, "the version", `"${version}" is none`)];
  const oldEnough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
  const findings: Finding[] = [
    {
      check: "kubernetes-version",
      area,
      level: oldEnough ? "ok" : "fail",
      found: `Kubernetes ${version}`,
      ...(oldEnough ? {} : { needed: `${oldest.join(".")} or later`, fix: "upgrade the cluster" }),
    },
  ];
  if (major === 1 && minor < podSecuritySince) {
    findings.push({
      check: "pod-security",
      area,
      level: "fail",
      found: "the server has no Pod Security admission",
      needed: `Kubernetes 1.${podSecuritySince} or later`,
      fix: "upgrade the cluster",
    });
  }
  return findings;
}

/** Whether the user may make what the stack is made of. */
export function judgeRights(rights: readonly Right[], { kubectl }: Pick<Needs, "kubectl">): readonly Finding[] {
  const check = "rights";
  const asked = rights.flatMap(({ verb, resource, may }) => (answered(may) ? [{ verb, resource, may: may.got }] : []));
  if (asked.length === 0) {
    const [first] = rights;
    const why = first === undefined || answered(first.may) ? "nothing was asked" : first.may.why;
    return [notKnown(check, area, "what you may do", why)];
  }
  const denied = asked.filter(({ verb, may }) => !may && verb !== "*");
  if (denied.length > 0) {
    return [
      {
        check,
        area,
        level: "fail",
        found: `you may not ${listed(denied.map(({ verb, resource }) => `${verb} ${resource}`))}`,
        needed: "the rights of a cluster administrator, or those",
        fix: "ask an administrator for them; this lists what you have",
        commands: [`${kubectl} auth can-i --list`],
      },
    ];
  }
  const all = asked.some(({ verb, may }) => verb === "*" && may);
  return [
    { check, area, level: "ok", found: all ? "you may do everything" : "you may make everything that is needed" },
  ];
}

/** Namespaces of the stack that somebody else made: Pulumi does not take over what exists. */
export function judgeNamespaces(
  namespaces: Answer<readonly Live[]>,
  needs: Pick<Needs, "namespaces" | "stack" | "kubectl">,
  known: number | undefined,
): readonly Finding[] {
  const check = "namespaces";
  if (!answered(namespaces)) return [notKnown(check, area, "the namespaces", namespaces.why)];
  const present = namespaces.got.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined && needs.namespaces.includes(metadata.name),
  );
  const stackOf = ({ metadata }: Live) => metadata.labels?.["groundplan/stack"];
  const foreign = present.filter((one) => stackOf(one) === undefined);
  const others = present.filter((one) => ![undefined, needs.stack].includes(stackOf(one)));
  const own = present.filter((one) => stackOf(one) === needs.stack);
  const findings: Finding[] = [];
  if (foreign.length > 0) {
    findings.push({
      check,
      area,
      level: "fail",
      found: `namespaces exist that this stack did not make: ${names(foreign)}`,
      needed: "namespaces that are the stack's own: `up` refuses to take over what exists",
      fix: "name others in the settings; or look inside, and delete what is empty",
      commands: foreign.map(({ metadata }) => `${needs.kubectl} get all,pvc -n ${metadata.name}`),
    });
  }
  if (others.length > 0) {
    const stacks = [...new Set(others.map(stackOf))].join(", ");
    findings.push({
      check,
      area,
      level: "fail",
      found: `namespaces belong to the stack ${stacks}: ${names(others)}`,
      needed: "a cluster for each stack, or other names",
      fix: "look at groundplan:cluster.context, then at the names of the namespaces",
    });
  }
  if (own.length > 0 && known === 0) {
    findings.push({
      check,
      area,
      level: "fail",
      found: `the cluster holds this stack already (${names(own)}), and its state is empty`,
      needed: "the state that made it",
      fix: "log in to the backend that has it; `npx pulumi whoami -v` tells which is chosen",
      commands: ["npx pulumi whoami -v"],
    });
  }
  if (findings.length > 0) return findings;
  const found = own.length > 0 ? "the stack's namespaces are its own" : "none of the stack's namespaces is taken";
  return [{ check, area, level: "ok", found }];
}

function names(objects: readonly Live[]): string {
  return listed(objects.map(({ metadata }) => metadata.name));
}

/** Programs of which a cluster bears one, by the value of `app.kubernetes.io/name` on their Deployments. */
const singletons = ["cert-manager", "cloudnative-pg"];

/** A second installation of a program that works on the whole cluster. */
export function judgeNeighbours(
  deployments: Answer<readonly Live[]>,
  { releases, kubectl }: Pick<Needs, "releases" | "kubectl">,
): readonly Finding[] {
  if (!answered(deployments)) return [notKnown("neighbours", area, "the Deployments", deployments.why)];
  return singletons.flatMap((program): Finding[] => {
    const own = releases.find(({ chart }) => chart === program);
    if (own === undefined) return [];
    const rival = deployments.got.find(
      ({ metadata }) => metadata.labels?.["app.kubernetes.io/name"] === program && metadata.namespace !== own.namespace,
    );
    if (rival === undefined) return [];
    const { namespace = "default" } = rival.metadata;
    return [
      {
        check: "neighbours",
        area,
        level: "fail",
        found: `${program} runs in the namespace ${namespace} already`,
        needed: "one in a cluster: both would answer for the same objects",
        fix: `take the other away, or turn it off here; this shows it`,
        commands: [`${kubectl} get deployments -n ${namespace} -l app.kubernetes.io/name=${program}`],
      },
    ];
  });
}
