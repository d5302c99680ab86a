import { catalogue, chartFile } from "../../../components/kit/catalogue.ts";
import type { ChartName } from "../../../components/kit/catalogue.ts";
import { parseBytes } from "../../../components/kit/quantities.ts";
import { chartsOf, credentialsOf, everyCredential } from "../derive.ts";
import { quoted } from "../path.ts";
import type { Path } from "../path.ts";
import { nearest, shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { repeated } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** What decides which charts and credentials a stack has. */
const choices: readonly Path[] = [
  ["certificates", "enabled"],
  ["logging", "enabled"],
  ["logging", "search", "kind"],
  ["logging", "collector", "enabled"],
  ["monitoring", "enabled"],
  ["gateway", "enabled"],
  ["gateway", "kind"],
  ["midpoint", "enabled"],
  ["midpoint", "keystore", "source"],
  ["keycloak", "clients"],
  ["keycloak", "enabled"],
  ["keycloak", "realm", "users"],
  ["monitoring", "serviceMonitors"],
  ["postgresql", "enabled"],
  ["postgresql", "engine"],
];

/** Tolerations that the API server would refuse. */
export function tolerations({ placement }: ParsedSettings): Finding[] {
  const at = (index: number, key: string) => ["placement", "tolerations", index, key];
  return placement.tolerations.flatMap((one, index): Finding[] => {
    if (one.operator === "Equal" && one.key === undefined)
      return [
        {
          path: at(index, "key"),
          message: "is missing, and the operator is Equal",
          accepts: "a taint's key, or operator: Exists for every taint",
          fix: one.value === undefined ? { set: "Exists", at: at(index, "operator") } : { set: "dedicated" },
          relies: [at(index, "operator")],
        },
      ];
    if (one.operator === "Exists" && one.value !== undefined)
      return [
        {
          path: at(index, "value"),
          message: "contradicts operator: Exists, which compares no value",
          got: shown(one.value),
          accepts: "either a value, or operator: Exists",
          fix: { remove: at(index, "value") },
        },
      ];
    return [];
  });
}

/** Each source of charts has a key of its own. */
export function chartSource({ charts }: ParsedSettings): Finding[] {
  const kinds = [
    ["oci", "registry", "an address that starts with oci://", "oci://registry.example.org/charts"],
    ["folder", "folder", "a path relative to the project", "charts"],
  ] as const;
  return kinds.flatMap(([source, key, accepts, example]): Finding[] => {
    if (charts.source === source && charts[key] === undefined)
      return [
        {
          path: ["charts", key],
          message: `is missing, and charts.source is ${source}`,
          accepts,
          fix: { set: example },
        },
      ];
    if (charts.source !== source && charts[key] !== undefined)
      return [
        {
          path: ["charts", key],
          message: `says nothing while charts.source is ${charts.source}`,
          got: shown(charts[key]),
          accepts: `charts.source: ${source} with it`,
          fix: { set: source, at: ["charts", "source"] },
          relies: [["charts", "source"]],
        },
      ];
    return [];
  });
}

/** A folder of charts holds those that the stack needs. `present` is undefined where there is no such folder. */
export function missingCharts(settings: ParsedSettings, present: readonly string[] | undefined): Finding[] {
  const { folder, source } = settings.charts;
  const missing = chartsOf(settings).filter((name) => present?.includes(chartFile(name)) !== true);
  if (source !== "folder" || folder === undefined || missing.length === 0) return [];
  return [
    {
      path: ["charts", "folder"],
      message: present === undefined ? "there is no such folder" : "the folder lacks charts",
      got: shown(folder),
      accepts: `a folder relative to the project that holds ${missing.map(chartFile).join(", ")}`,
      fix: missing.map((name) => pullCommand(name, folder)).join(" && "),
      relies: choices,
    },
  ];
}

function pullCommand(name: ChartName, folder: string): string {
  const { repository, version } = catalogue[name];
  const from = repository.startsWith("oci://") ? `${repository}/${name}` : `${name} --repo ${repository}`;
  return `helm pull ${from} --version ${version} --destination ${quoted(folder)}`;
}

/** Namespaces that belong to the cluster, and defaults of containers that contradict each other. */
export function namespaces(settings: ParsedSettings): Finding[] {
  const { certificates, gateway, midpoint, postgresql } = settings;
  const used: [Path, string][] = [
    ...Object.keys(settings.namespaces).map((name): [Path, string] => [["namespaces", name], name]),
    [["postgresql", "namespace"], postgresql.namespace],
    [["midpoint", "namespace"], midpoint.namespace],
    ...postgresql.databases.map(({ namespace }, index): [Path, string] => [
      ["postgresql", "databases", index, "namespace"],
      namespace,
    ]),
    ...certificates.hosts.map(({ namespace }, index): [Path, string] => [
      ["certificates", "hosts", index, "namespace"],
      namespace,
    ]),
    [["gateway", "namespace"], gateway.namespace],
    ...gateway.hosts.map(({ namespace }, index): [Path, string] => [
      ["gateway", "hosts", index, "namespace"],
      namespace,
    ]),
  ];
  return [
    ...used.flatMap(([path, name]): Finding[] =>
      name === "default" || name.startsWith("kube-")
        ? [
            {
              path,
              message: "this namespace belongs to the cluster",
              got: shown(name),
              accepts: "any but default and kube-…",
              fix: "name it after what stands in it",
            },
          ]
        : [],
    ),
    ...Object.entries(settings.namespaces).flatMap(([name, { limitRange }]): Finding[] => {
      const { memory, memoryLimit } = limitRange ?? {};
      if (memory === undefined || memoryLimit === undefined || parseBytes(memory) <= parseBytes(memoryLimit)) return [];
      const path = ["namespaces", name, "limitRange", "memoryLimit"];
      const accepts = `at least ${memory}, which is memory beside it`;
      return [
        { path, message: "is below what a container asks for", got: shown(memoryLimit), accepts, fix: { set: memory } },
      ];
    }),
  ];
}

/** Rotation numbers name generated secrets that a number can rotate. */
export function rotation(settings: ParsedSettings): Finding[] {
  const { postgresql } = settings;
  // Databases without a server are a finding of their own: here they count as they are meant.
  const enabled = postgresql.enabled || postgresql.databases.length > 0;
  const known = credentialsOf({ ...settings, postgresql: { ...postgresql, enabled } });
  const names = [everyCredential, ...known.map(({ name }) => name)];
  const relies = [...choices, ["certificates", "issuers"], ["postgresql", "databases", "*", "name"]];
  return Object.entries(settings.rotation).flatMap(([name, number]): Finding[] => {
    const path = ["rotation", name];
    const credential = known.find((one) => one.name === name);
    if (credential === undefined && name !== everyCredential) {
      const near = nearest(name, names);
      return [
        {
          path,
          message: "there is no generated secret of this name",
          got: shown(name),
          accepts: names.join(", "),
          fix: near === undefined ? { remove: path } : `did you mean groundplan:rotation.${near}?`,
          relies,
        },
      ];
    }
    if (credential !== undefined && number > 1 && "refuse" in credential.recipe)
      return [
        {
          path,
          message: `this secret cannot be rotated by a number: ${credential.recipe.refuse}`,
          got: shown(number),
          accepts: "1",
          fix: { remove: path },
          relies,
        },
      ];
    return [];
  });
}

/** Node groups, and a budget that can be compared with something. */
export function review({ budget, cluster, prices }: ParsedSettings): Finding[] {
  return [
    ...repeated(
      cluster.nodeGroups,
      ({ name }) => name,
      (_, index) => ({
        path: ["cluster", "nodeGroups", index, "name"],
        message: "this node group is listed twice",
        accepts: "each name once",
        fix: "give it another name, or take it out",
      }),
    ),
    ...(budget === undefined || prices !== undefined
      ? []
      : [
          {
            path: ["budget"],
            message: "says nothing without prices",
            got: shown(budget),
            accepts: "prices with it",
            fix: "add prices, of which a sum can be made, or take the budget out",
            relies: [["prices"]],
          },
        ]),
  ];
}
