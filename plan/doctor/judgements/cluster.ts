import { answered, listed, notKnown } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import type { Context, Right } from "../probes/cluster.ts";
import type { Live } from "../probes/kubectl.ts";

/** The oldest Kubernetes version that the platform is tested with. */
const oldest = [1, 30] as const;
/** The first minor version in which Pod Security admission is always available (Kubernetes 1.25, "Pod Security Admission graduates"). */
const podSecuritySince = 25;

const area = "cluster";

/** Whether the cluster of the stack's context answers, its address and its version. */
export function judgeContext(
  { contexts, version, missingFiles = [] }: Context,
  needs: Pick<Needs, "context" | "kubeconfig" | "kubectl" | "stack">,
): readonly Diagnosis[] {
  const check = "context";
  if (!answered(contexts)) return [judgeKubectl(contexts.why)];
  const server = contexts.got.get(needs.context);
  if (server === undefined) {
    const names = [...contexts.got.keys()];
    // The setting wins over the variable.
    const missing = needs.kubeconfig === undefined ? missingFiles : [];
    return [
      {
        check,
        area,
        level: "fail",
        found:
          missing.length > 0
            ? `no context ${needs.context}: KUBECONFIG names ${listed(missing, 3)}, which does not exist`
            : `${needs.kubeconfig ?? "the kubeconfig"} has no context ${needs.context}`,
        needed: names.length === 0 ? "a kubeconfig with that context" : `that context, or one of ${listed(names, 6)}`,
        fix: "set the correct context in the settings, or fetch the kubeconfig of the cluster",
        commands: [`npx pulumi config set --path groundplan:cluster.context NAME --stack ${needs.stack}`],
      },
    ];
  }
  const where = `${needs.context} is the cluster at ${server === "" ? "an unknown address" : server}`;
  if (version === undefined || !answered(version)) {
    const why = version === undefined ? "it was not requested" : version.why;
    return [
      {
        check,
        area,
        level: "fail",
        found: `${where}, but it does not answer: ${why}`,
        needed: "a reachable API server, and valid credentials",
        fix: "check the network, the VPN and the credentials; this shows the full error",
        commands: [`${needs.kubectl} get --raw /readyz`],
      },
    ];
  }
  return [{ check, area, level: "ok", found: where }, ...judgeVersion(version.got)];
}

function judgeKubectl(why: string): Diagnosis {
  if (!why.endsWith("is not on PATH"))
    return { check: "kubectl", area, level: "fail", found: `the kubeconfig cannot be read: ${why}` };
  return {
    check: "kubectl",
    area,
    level: "fail",
    found: "kubectl is not on PATH: the cluster was not checked",
    needed: "kubectl, for these checks and for repairs",
    fix: "install it: https://kubernetes.io/docs/tasks/tools/",
  };
}

function judgeVersion(version: string): Diagnosis[] {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  if (Number.isNaN(major) || Number.isNaN(minor))
    return [notKnown("kubernetes-version", area, "the version", `"${version}" is not a version`)];
  const oldEnough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
  const diagnoses: Diagnosis[] = [
    {
      check: "kubernetes-version",
      area,
      level: oldEnough ? "ok" : "fail",
      found: `Kubernetes ${version}`,
      ...(oldEnough ? {} : { needed: `${oldest.join(".")} or later`, fix: "upgrade the cluster" }),
    },
  ];
  if (major === 1 && minor < podSecuritySince) {
    diagnoses.push({
      check: "pod-security",
      area,
      level: "fail",
      found: "the server has no Pod Security admission",
      needed: `Kubernetes 1.${podSecuritySince} or later`,
      fix: "upgrade the cluster",
    });
  }
  return diagnoses;
}

/** Whether the user has permission to create the stack's objects. */
export function judgeRights(rights: readonly Right[], { kubectl }: Pick<Needs, "kubectl">): readonly Diagnosis[] {
  const check = "rights";
  const asked = rights.flatMap(({ verb, resource, may }) => (answered(may) ? [{ verb, resource, may: may.got }] : []));
  if (asked.length === 0) {
    const [first] = rights;
    const why = first === undefined || answered(first.may) ? "no permission was checked" : first.may.why;
    return [notKnown(check, area, "your permissions", why)];
  }
  const denied = asked.filter(({ verb, may }) => !may && verb !== "*");
  if (denied.length > 0) {
    return [
      {
        check,
        area,
        level: "fail",
        found: `you have no permission to ${listed(denied.map(({ verb, resource }) => `${verb} ${resource}`))}`,
        needed: "cluster administrator, or these permissions",
        fix: "ask an administrator for them; this lists your permissions",
        commands: [`${kubectl} auth can-i --list`],
      },
    ];
  }
  const all = asked.some(({ verb, may }) => verb === "*" && may);
  return [{ check, area, level: "ok", found: all ? "you have all permissions" : "you have the required permissions" }];
}

/** Namespaces of the stack that already exist: Pulumi does not adopt existing objects. */
export function judgeNamespaces(
  namespaces: Answer<readonly Live[]>,
  needs: Pick<Needs, "namespaces" | "stack" | "kubectl">,
  known: number | undefined,
): readonly Diagnosis[] {
  const check = "namespaces";
  if (!answered(namespaces)) return [notKnown(check, area, "the namespaces", namespaces.why)];
  const present = namespaces.got.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined && needs.namespaces.includes(metadata.name),
  );
  const stackOf = ({ metadata }: Live) => metadata.labels?.["groundplan/stack"];
  const foreign = present.filter((one) => stackOf(one) === undefined);
  const others = present.filter((one) => ![undefined, needs.stack].includes(stackOf(one)));
  const own = present.filter((one) => stackOf(one) === needs.stack);
  const diagnoses: Diagnosis[] = [];
  if (foreign.length > 0) {
    diagnoses.push({
      check,
      area,
      level: "fail",
      found: `namespaces already exist and are not from this stack: ${names(foreign)}`,
      needed: "namespaces that do not exist yet: `up` does not adopt existing objects",
      fix: "choose other names in the settings; or check the content, and delete empty namespaces",
      commands: foreign.map(({ metadata }) => `${needs.kubectl} get all,pvc -n ${metadata.name}`),
    });
  }
  if (others.length > 0) {
    const stacks = [...new Set(others.map(stackOf))].join(", ");
    diagnoses.push({
      check,
      area,
      level: "fail",
      found: `namespaces belong to the stack ${stacks}: ${names(others)}`,
      needed: "a cluster for each stack, or other names",
      fix: "check groundplan:cluster.context, then the names of the namespaces",
    });
  }
  if (own.length > 0 && known === 0) {
    diagnoses.push({
      check,
      area,
      level: "fail",
      found: `the cluster already contains this stack (${names(own)}), but its state is empty`,
      needed: "the state of this stack",
      fix: "log in to the backend with that state; `npx pulumi whoami -v` shows the current backend",
      commands: ["npx pulumi whoami -v"],
    });
  }
  if (diagnoses.length > 0) return diagnoses;
  const found =
    own.length > 0 ? "the existing namespaces are from this stack" : "none of the stack's namespaces exists yet";
  return [{ check, area, level: "ok", found }];
}

function names(objects: readonly Live[]): string {
  return listed(objects.map(({ metadata }) => metadata.name));
}

/** Programs that can be installed only once per cluster, by the value of `app.kubernetes.io/name` on their Deployments. */
const singletons = ["cert-manager", "cloudnative-pg"];

/** A second installation of a program that manages the whole cluster. */
export function judgeNeighbours(
  deployments: Answer<readonly Live[]>,
  { releases, kubectl }: Pick<Needs, "releases" | "kubectl">,
): readonly Diagnosis[] {
  if (!answered(deployments)) return [notKnown("neighbours", area, "the Deployments", deployments.why)];
  return singletons.flatMap((program): Diagnosis[] => {
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
        found: `${program} already runs in the namespace ${namespace}`,
        needed: "one installation per cluster: two would manage the same objects",
        fix: `uninstall the other one, or disable it in the settings; this shows the other one`,
        commands: [`${kubectl} get deployments -n ${namespace} -l app.kubernetes.io/name=${program}`],
      },
    ];
  });
}
