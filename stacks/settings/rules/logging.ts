import { formatBytes, parseBytes } from "../../../components/kit/quantities.ts";
import { sources } from "../../../components/logging/collector/configuration.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { lowLimit, repeated, unknownName } from "./finding.ts";
import type { Finding, Memory } from "./finding.ts";

const at = (...rest: PropertyKey[]): Path => ["logging", ...rest];

/** The part of OpenSearch's claims that indices may fill: above it, it moves shards away, and then takes no more. */
const fill = 0.85;

/** The part of its claim that Graylog's journal may fill, and the part of its limit that its heap may. */
const part = 0.8;

/** Snapshots: of the stack's own search cluster, into a bucket. */
export function loggingSnapshots({ buckets, logging: { enabled, search } }: ParsedSettings): Finding[] {
  if (!search.snapshots.enabled || !enabled) return [];
  const path = at("search", "snapshots", "enabled");
  if (search.kind === "external")
    return [
      {
        path,
        message: "whoever runs the search cluster that exists takes its snapshots",
        got: "true",
        accepts: "logging.search.kind: opensearch with it",
        fix: { set: false },
        relies: [at("search", "kind")],
      },
    ];
  if (buckets.kind === "s3" && buckets.roleArn !== undefined)
    return [
      {
        path,
        message: "OpenSearch comes to its bucket with a key, and buckets.roleArn leaves it without one",
        got: "true",
        accepts: "buckets.accessKeyId and buckets.secretAccessKeySecret with it",
        fix: { set: false },
        relies: [["buckets", "roleArn"]],
      },
    ];
  if (buckets.kind !== "none") return [];
  return [
    {
      path,
      message: "snapshots are kept in a bucket, and there is no object store",
      got: "true",
      accepts: "buckets.kind: s3 or embedded with it",
      fix: { set: "embedded", at: ["buckets", "kind"] },
      relies: [["buckets", "kind"]],
    },
  ];
}

/** The search cluster: one that the stack makes, or one that exists. */
export function loggingSearch({ logging: { search } }: ParsedSettings): Finding[] {
  const { external, kind } = search;
  if (kind === "external" && external === undefined)
    return [
      {
        path: at("search", "external"),
        message: "is missing, and the kind is external",
        accepts: "an object with hostsSecret",
        fix: "add external: { hostsSecret: NAME }",
      },
    ];
  if (kind !== "external" && external !== undefined)
    return [
      {
        path: at("search", "external"),
        message: `says nothing while the kind is ${kind}`,
        got: shown(external),
        accepts: "kind: external with it",
        fix: { set: "external", at: at("search", "kind") },
        relies: [at("search", "kind")],
      },
    ];
  return [];
}

/** Sizes that must fit each other. */
export function loggingSizes({ logging }: ParsedSettings): Finding[] {
  const { collector, graylog, mongodb, search } = logging;
  return [
    ...lowLimit(at("mongodb", "resources"), mongodb.resources),
    ...lowLimit(at("collector", "resources"), collector.resources),
    ...lowLimit(at("graylog", "resources"), graylog.resources),
    ...lowLimit(at("search", "resources"), search.resources),
    ...heap(at("graylog"), graylog, part, "four fifths of"),
    ...heap(at("search"), search, 0.5, "half of"),
    ...(parseBytes(graylog.journal) > part * parseBytes(graylog.storage)
      ? [
          {
            path: at("graylog", "journal"),
            message: "leaves too little of the claim: a full volume stops Graylog",
            got: shown(graylog.journal),
            accepts: `at most four fifths of logging.graylog.storage, which is ${graylog.storage}`,
            fix: "write less here, or raise logging.graylog.storage",
            relies: [at("graylog", "storage")],
          },
        ]
      : []),
    ...indices(logging),
  ];
}

function heap(
  path: Path,
  { heap: size, resources }: { readonly heap: string; readonly resources: Memory },
  share: number,
  words: string,
): Finding[] {
  const relies = [[...path, "resources"]];
  const where = [...path, "resources"].join(".");
  if (parseBytes(size) > share * parseBytes(resources.memoryLimit))
    return [
      {
        path: [...path, "heap"],
        message: "leaves too little of the memory limit to the rest",
        got: shown(size),
        accepts: `at most ${words} ${where}.memoryLimit, which is ${resources.memoryLimit}`,
        fix: `write less here, or raise ${where}.memoryLimit`,
        relies,
      },
    ];
  if (parseBytes(size) > parseBytes(resources.memory))
    return [
      {
        path: [...path, "resources", "memory"],
        message: "is less than the heap, which Java takes at once",
        got: shown(resources.memory),
        accepts: `at least ${size}, which is the heap`,
        fix: { set: size },
        relies: [[...path, "heap"]],
      },
    ];
  return [];
}

/** Copies need nodes, and what is kept needs room. */
function indices({ graylog, search }: ParsedSettings["logging"]): Finding[] {
  if (search.kind !== "opensearch") return [];
  const relies = [at("search")];
  const copies = graylog.indexSets.flatMap((set, index): Finding[] =>
    set.replicas < search.replicas
      ? []
      : [
          {
            path: at("graylog", "indexSets", index, "replicas"),
            message: "asks for more copies than there are further nodes: the index would never be whole",
            got: shown(set.replicas),
            accepts: `at most ${search.replicas - 1}, since logging.search.replicas is ${search.replicas}`,
            fix: { set: search.replicas - 1 },
            relies,
          },
        ],
  );
  const kept = graylog.indexSets.reduce(
    (sum, { keep, maxSize, replicas }) => sum + keep * parseBytes(maxSize) * (1 + replicas),
    0,
  );
  const room = fill * search.replicas * parseBytes(search.storage);
  if (kept <= room) return copies;
  return [
    ...copies,
    {
      path: at("search", "storage"),
      message: `has no room for what the index sets keep: ${formatBytes(kept)} with copies`,
      got: shown(search.storage),
      accepts: `claims of which 85 % hold that: ${formatBytes(Math.ceil(kept / fill / search.replicas / 2 ** 30) * 2 ** 30)} each`,
      fix: { set: formatBytes(Math.ceil(kept / fill / search.replicas / 2 ** 30) * 2 ** 30) },
      relies: [at("graylog", "indexSets"), at("search", "replicas")],
    },
  ];
}

/** Numbers of servers that can agree on a leader. */
export function loggingReplicas({ logging, profile }: ParsedSettings): Finding[] {
  const { mongodb, search } = logging;
  const two = (name: "mongodb" | "search", what: string): Finding => ({
    path: at(name, "replicas"),
    ...(profile === "prod" ? {} : { severity: "warning" }),
    message: `two ${what} cannot agree on a leader when they lose each other`,
    got: "2",
    accepts: "1, or 3 and more",
    fix: { set: profile === "prod" ? 3 : 1 },
    relies: [["profile"], ...(name === "search" ? [at("search", "kind")] : [])],
  });
  return [
    ...(mongodb.replicas === 2 ? [two("mongodb", "members")] : []),
    ...(search.kind === "opensearch" && search.replicas === 2 ? [two("search", "nodes")] : []),
  ];
}

/** Graylog's content: each title once, and names that stand for something. */
export function loggingContent({ logging: { collector, graylog } }: ParsedSettings): Finding[] {
  const own = (...rest: PropertyKey[]): Path => at("graylog", ...rest);
  const prefixes = [...new Set(graylog.indexSets.map(({ prefix }) => prefix))];
  const titles = [...new Set(graylog.streams.map(({ title }) => title))];
  const known = (path: Path, message: string, name: string, names: readonly string[], list: string, key: string) =>
    names.includes(name)
      ? []
      : [unknownName(path, message, name, names, `logging.graylog.${list}`, [own(list, "*", key)])];
  const indexSet = (path: Path, name: string) =>
    known(path, "there is no index set of this name", name, prefixes, "indexSets", "prefix");
  const stream = (path: Path, name: string) =>
    known(path, "there is no stream of this title", name, titles, "streams", "title");
  const once = (list: "inputs" | "streams" | "alerts", key: string, what: string) =>
    repeated(
      graylog[list] as readonly { readonly title: string }[],
      ({ title }) => title,
      (_, index) => ({
        path: own(list, index, key),
        message: `this ${what} is listed twice`,
        accepts: "each title once",
        fix: "give it another title, or take it out",
      }),
    );
  return [
    ...once("inputs", "title", "input"),
    ...once("streams", "title", "stream"),
    ...once("alerts", "title", "alert"),
    ...repeated(
      graylog.inputs,
      ({ port }) => String(port),
      (_, index) => ({
        path: own("inputs", index, "port"),
        message: "two inputs at one port",
        accepts: "each port once",
        fix: "give it another port",
      }),
    ),
    ...repeated(
      graylog.inputs.map((input, index) => ({ ...input, index })).filter(({ nodePort }) => nodePort !== undefined),
      ({ nodePort }) => String(nodePort),
      ({ index }) => ({
        path: own("inputs", index, "nodePort"),
        message: "two inputs at one port of the nodes",
        accepts: "each port once",
        fix: "give it another port",
      }),
    ),
    ...repeated(
      graylog.indexSets,
      ({ prefix }) => prefix,
      (_, index) => ({
        path: own("indexSets", index, "prefix"),
        message: "this index set is listed twice",
        accepts: "each prefix once",
        fix: "give it another prefix, or take it out",
      }),
    ),
    ...indexSet(own("defaultIndexSet"), graylog.defaultIndexSet),
    ...graylog.streams.flatMap((one, index) => indexSet(own("streams", index, "indexSet"), one.indexSet)),
    ...graylog.alerts.flatMap((one, index) => stream(own("alerts", index, "stream"), one.stream)),
    ...graylog.pipelines.flatMap((one, index) =>
      one.streams.flatMap((title, place) => stream(own("pipelines", index, "streams", place), title)),
    ),
    ...transport(collector, graylog.inputs),
  ];
}

/** What the collector sends needs an input that takes it. */
function transport(
  { enabled, transport: way }: ParsedSettings["logging"]["collector"],
  inputs: ParsedSettings["logging"]["graylog"]["inputs"],
): Finding[] {
  if (!enabled) return [];
  const missing = (what: string, input: string): Finding => ({
    path: at("graylog", "inputs"),
    message: `no input takes ${what}`,
    got: shown(inputs),
    accepts: `an input with ${input}, since logging.collector.transport is ${way}`,
    fix: `add one with ${input}`,
    relies: [at("collector")],
  });
  if (way === "gelf")
    return inputs.some(({ kind }) => kind === "gelf-tcp")
      ? []
      : [missing("what the collector sends", "kind: gelf-tcp")];
  return Object.entries(sources).flatMap(([from, source]) =>
    inputs.some((input) => input.kind === "syslog-udp" && input.source === source)
      ? []
      : [missing(`the logs of ${from}`, `kind: syslog-udp and source: ${source}`)],
  );
}
