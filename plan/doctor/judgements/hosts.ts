import { answered, listed } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import type { Live } from "../probes/kubectl.ts";
import { eligible, nodesOf } from "./eligible.ts";
import { commandLine } from "../../../components/kit/command-line.ts";

const area = "nodes";

/** The minimum with which Elasticsearch and OpenSearch start. */
export const mapCount = 262_144;
/** The node annotation with the value, which is not in the API: the host script prints the command that sets it. */
export const mapCountAnnotation = "groundplan/vm.max_map_count";

type Asked = Pick<Needs, "mapCount" | "nfs" | "placement" | "stack">;

/** Requirements for nodes that are not visible in the API: `vm.max_map_count` and the NFS client. */
export function judgeHosts(
  nodes: Answer<readonly Live[]>,
  daemonSets: Answer<readonly Live[]>,
  needs: Asked,
): readonly Diagnosis[] {
  return [...judgeMapCount(nodes, daemonSets, needs), ...judgeNfs(needs)];
}

function judgeMapCount(nodes: Answer<readonly Live[]>, daemonSets: Answer<readonly Live[]>, needs: Asked): Diagnosis[] {
  const check = "max-map-count";
  if (needs.mapCount.length === 0) return [];
  const setter = answered(daemonSets)
    ? daemonSets.got.find(({ spec }) => JSON.stringify(spec ?? {}).includes("max_map_count"))
    : undefined;
  if (setter !== undefined) {
    const { namespace, name } = setter.metadata;
    return [{ check, area, level: "ok", found: `${namespace}/${name} sets vm.max_map_count on the nodes` }];
  }
  const used = answered(nodes) ? eligible(nodesOf(nodes.got), needs.placement) : [];
  const said = used.map(({ name, annotations }) => ({ name, value: annotations[mapCountAnnotation] }));
  const low = said.filter(({ value }) => value !== undefined && !(Number(value) >= mapCount));
  const base = {
    check,
    area,
    needed: `at least ${mapCount}, for ${listed(needs.mapCount)}`,
    fix: "run this script on each node as root",
    commands: [hostScript("sysctl")],
  } as const;
  if (low.length > 0)
    return [{ ...base, level: "fail", found: `vm.max_map_count is too low on ${listed(low.map(({ name }) => name))}` }];
  const silent = said.filter(({ value }) => value === undefined);
  if (said.length > 0 && silent.length === 0)
    return [{ check, area, level: "ok", found: `vm.max_map_count is ${mapCount} or more on every node` }];
  return [
    { ...base, level: "unknown", found: "vm.max_map_count of the nodes is unknown: it is not visible in the API" },
  ];
}

function judgeNfs({ nfs }: Asked): Diagnosis[] {
  const plain = nfs.filter(({ driver }) => !driver);
  if (plain.length === 0) return [];
  const servers = [...new Set(plain.map(({ server }) => server ?? "a server that the chart chooses"))];
  return [
    {
      check: "nfs-client",
      area,
      level: "unknown",
      found: "it is unknown whether the nodes can mount NFS: this is not visible in the API",
      needed: `the NFS client, for ${listed(plain.map(({ by }) => by))} from ${listed(servers)}`,
      fix: "run this script on each node as root",
      commands: [hostScript("nfs")],
    },
  ];
}

function hostScript(name: string): string {
  return `${commandLine("doctor", `--host-script ${name}`, { silent: true })} > ${name}.sh`;
}
