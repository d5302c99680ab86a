import { catalogue, chartFile, chartVersion } from "../../../components/kit/catalogue.ts";
import type { ChartName } from "../../../components/kit/catalogue.ts";
import { parseBytes } from "../../../components/kit/quantities.ts";
import { everyCredential } from "../../../components/kit/credential.ts";
import { inAws } from "../../platform/in-aws.ts";
import { chartsOf, credentialsOf } from "../derive.ts";
import { quoted } from "../path.ts";
import type { Path } from "../path.ts";
import { nearest, shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { repeated } from "./violation.ts";
import type { Violation } from "./violation.ts";

/** Settings that determine the charts and credentials of a stack. */
const choices: readonly Path[] = [
  ["cluster", "provider"],
  ["aws", "processing"],
  ["gateway", "service", "type"],
  ["certificates", "enabled"],
  ["logging", "enabled"],
  ["logging", "search", "kind"],
  ["logging", "collector", "enabled"],
  ["monitoring", "enabled"],
  ["gateway", "enabled"],
  ["gateway", "kind"],
  ["confluence", "enabled"],
  ["confluence", "database", "kind"],
  ["matrix", "enabled"],
  ["matrix", "registration"],
  ["midpoint", "enabled"],
  ["midpoint", "keystore", "source"],
  ["keycloak", "clients"],
  ["keycloak", "enabled"],
  ["keycloak", "realm", "users"],
  ["monitoring", "serviceMonitors"],
  ["postgresql", "enabled"],
  ["postgresql", "engine"],
  ["workflows", "enabled"],
];

/** Tolerations that the API server rejects. */
export function tolerations({ placement, workflows }: ParsedSettings): Violation[] {
  return [
    ...refusedTolerations(["placement", "tolerations"], placement.tolerations),
    ...(workflows.enabled
      ? refusedTolerations(["workflows", "processing", "tolerations"], workflows.processing.tolerations ?? [])
      : []),
  ];
}

function refusedTolerations(path: Path, all: ParsedSettings["placement"]["tolerations"]): Violation[] {
  const at = (index: number, key: string) => [...path, index, key];
  return all.flatMap((one, index): Violation[] => {
    if (one.operator === "Equal" && one.key === undefined)
      return [
        {
          path: at(index, "key"),
          message: "is required with operator: Equal",
          accepts: "a taint's key, or operator: Exists for every taint",
          fix: one.value === undefined ? { set: "Exists", at: at(index, "operator") } : { set: "dedicated" },
          relies: [at(index, "operator")],
        },
      ];
    if (one.operator === "Exists" && one.value !== undefined)
      return [
        {
          path: at(index, "value"),
          message: "cannot be combined with operator: Exists, which ignores the value",
          got: shown(one.value),
          accepts: "either a value, or operator: Exists",
          fix: { remove: at(index, "value") },
        },
      ];
    return [];
  });
}

/** Each source of charts has its own key. */
export function chartSource({ charts }: ParsedSettings): Violation[] {
  const kinds = [
    ["oci", "registry", "a URL that starts with oci://", "oci://registry.example.org/charts"],
    ["folder", "folder", "a path relative to the project", "charts"],
  ] as const;
  return kinds.flatMap(([source, key, accepts, example]): Violation[] => {
    if (charts.source === source && charts[key] === undefined)
      return [
        {
          path: ["charts", key],
          message: `is required with charts.source: ${source}`,
          accepts,
          fix: { set: example },
        },
      ];
    if (charts.source !== source && charts[key] !== undefined)
      return [
        {
          path: ["charts", key],
          message: `has no effect with charts.source: ${charts.source}`,
          got: shown(charts[key]),
          accepts: `a value only with charts.source: ${source}`,
          fix: { set: source, at: ["charts", "source"] },
          relies: [["charts", "source"]],
        },
      ];
    return [];
  });
}

/** The folder of charts must contain those that the stack needs. `present` is undefined if the folder does not exist. */
export function missingCharts(settings: ParsedSettings, present: readonly string[] | undefined): Violation[] {
  const { folder, source } = settings.charts;
  const missing = chartsOf(settings).filter((name) => present?.includes(chartFile(name, settings.charts)) !== true);
  if (source !== "folder" || folder === undefined || missing.length === 0) return [];
  return [
    {
      path: ["charts", "folder"],
      message: present === undefined ? "the folder does not exist" : "the folder does not contain all charts",
      got: shown(folder),
      accepts: `a folder relative to the project that contains ${missing.map((name) => chartFile(name, settings.charts)).join(", ")}`,
      fix: missing.map((name) => pullCommand(name, chartVersion(name, settings.charts), folder)).join(" && "),
      relies: choices,
    },
  ];
}

function pullCommand(name: ChartName, version: string, folder: string): string {
  const { repository } = catalogue[name];
  const from = repository.startsWith("oci://") ? `${repository}/${name}` : `${name} --repo ${repository}`;
  return `helm pull ${from} --version ${version} --destination ${quoted(folder)}`;
}

/** Contradicting defaults of containers. */
export function namespaces(settings: ParsedSettings): Violation[] {
  return Object.entries(settings.namespaces).flatMap(([name, { limitRange }]): Violation[] => {
    const { memory, memoryLimit } = limitRange ?? {};
    if (memory === undefined || memoryLimit === undefined || parseBytes(memory) <= parseBytes(memoryLimit)) return [];
    const path = ["namespaces", name, "limitRange", "memoryLimit"];
    const accepts = `at least ${memory}, the value of memory`;
    return [
      {
        path,
        message: "is less than the default memory request",
        got: shown(memoryLimit),
        accepts,
        fix: { set: memory },
      },
    ];
  });
}

/** Rotation numbers must refer to generated secrets that a number can rotate. */
export function rotation(settings: ParsedSettings): Violation[] {
  const { postgresql } = settings;
  // Databases without a server are reported by another rule: here, treat the server as enabled.
  const enabled = postgresql.enabled || postgresql.databases.length > 0;
  const known = credentialsOf({ ...settings, postgresql: { ...postgresql, enabled } });
  const names = [everyCredential, ...known.map(({ name }) => name)];
  const relies = [...choices, ["certificates", "issuers"], ["postgresql", "databases", "*", "name"]];
  return Object.entries(settings.rotation).flatMap(([name, number]): Violation[] => {
    const path = ["rotation", name];
    const credential = known.find((one) => one.name === name);
    if (credential === undefined && name !== everyCredential) {
      const near = nearest(name, names);
      return [
        {
          path,
          message: "no generated secret has this name",
          got: shown(name),
          accepts: names.join(", "),
          fix: near === undefined ? { remove: path } : `did you mean groundplan:rotation.${near}?`,
          relies,
          unless: { kind: "credential", name },
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

/** Node groups, and a budget, which needs prices: those of the settings, or those of AWS. */
export function review(settings: ParsedSettings): Violation[] {
  const { budget, cluster, prices } = settings;
  return [
    ...repeated(
      cluster.nodeGroups,
      ({ name }) => name,
      (_, index) => ({
        path: ["cluster", "nodeGroups", index, "name"],
        message: "this node group is listed twice",
        accepts: "each name once",
        fix: "rename or remove it",
      }),
    ),
    ...(budget === undefined || prices !== undefined || inAws(settings)
      ? []
      : [
          {
            path: ["budget"],
            message: "has no effect without prices",
            got: shown(budget),
            accepts: "a budget only with prices",
            fix: "add prices, or remove the budget",
            relies: [["prices"]],
          },
        ]),
  ];
}
