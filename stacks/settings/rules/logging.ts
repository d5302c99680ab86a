import { formatBytes, parseBytes } from "../../../components/kit/quantities.ts";
import { sources } from "../../../components/logging/collector/configuration.ts";
import { inputProtocol } from "../../../components/logging/graylog/configuration.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { lowLimit, repeated, unknownName } from "./violation.ts";
import type { Violation, Memory } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["logging", ...rest];

/**
 * The share of OpenSearch's volumes that indices can fill: above it, shards are moved away, and then no more are allocated.
 */
const fill = 0.85;

/** The maximum share of Graylog's volume for the journal, and of its memory limit for the heap. */
const part = 0.8;

/** Snapshots: only of the stack's own search cluster, into a bucket. */
export function loggingSnapshots({ buckets, logging: { search } }: ParsedSettings): Violation[] {
  if (!search.snapshots.enabled) return [];
  const path = at("search", "snapshots", "enabled");
  if (search.kind === "external")
    return [
      {
        path,
        message: "snapshots of an external search cluster are not supported",
        got: "true",
        accepts: "true only with logging.search.kind: opensearch",
        fix: { set: false },
        relies: [at("search", "kind")],
      },
    ];
  if (buckets.kind === "s3" && buckets.roleArn !== undefined)
    return [
      {
        path,
        message: "OpenSearch needs an access key for its bucket, but buckets.roleArn is set instead",
        got: "true",
        accepts: "true only with buckets.accessKeyId and buckets.secretAccessKeySecret",
        fix: { set: false },
        relies: [["buckets", "roleArn"]],
      },
    ];
  if (buckets.kind !== "none") return [];
  return [
    {
      path,
      message: "snapshots need a bucket, but buckets.kind is none",
      got: "true",
      accepts: "true only with buckets.kind: s3, aws or embedded",
      fix: { set: "embedded", at: ["buckets", "kind"] },
      relies: [["buckets", "kind"]],
    },
  ];
}

/** The search cluster: created by the stack, or external. */
export function loggingSearch({ logging: { search } }: ParsedSettings): Violation[] {
  const { external, kind } = search;
  if (kind === "external" && external === undefined)
    return [
      {
        path: at("search", "external"),
        message: "is required with kind: external",
        accepts: "an object with hostsSecret",
        fix: "add external: { hostsSecret: NAME }",
      },
    ];
  if (kind !== "external" && external !== undefined)
    return [
      {
        path: at("search", "external"),
        message: `has no effect with kind: ${kind}`,
        got: shown(external),
        accepts: "a value only with kind: external",
        fix: { set: "external", at: at("search", "kind") },
        relies: [at("search", "kind")],
      },
    ];
  return [];
}

/** Sizes that depend on each other. */
export function loggingSizes({ logging }: ParsedSettings): Violation[] {
  const { collector, graylog, mongodb, search } = logging;
  return [
    ...lowLimit(at("mongodb", "resources"), mongodb.resources),
    ...lowLimit(at("collector", "resources"), collector.resources),
    ...lowLimit(at("graylog", "resources"), graylog.resources),
    ...lowLimit(at("search", "resources"), search.resources),
    ...heap(at("graylog"), graylog, part, "80 % of"),
    ...heap(at("search"), search, 0.5, "half of"),
    ...(parseBytes(graylog.journal) > part * parseBytes(graylog.storage)
      ? [
          {
            path: at("graylog", "journal"),
            message: "is too large for the PersistentVolumeClaim: Graylog stops when the volume is full",
            got: shown(graylog.journal),
            accepts: `at most 80 % of logging.graylog.storage (${graylog.storage})`,
            fix: "reduce it, or increase logging.graylog.storage",
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
): Violation[] {
  const relies = [[...path, "resources"]];
  const where = [...path, "resources"].join(".");
  if (parseBytes(size) > share * parseBytes(resources.memoryLimit))
    return [
      {
        path: [...path, "heap"],
        message: "is too large for the memory limit",
        got: shown(size),
        accepts: `at most ${words} ${where}.memoryLimit (${resources.memoryLimit})`,
        fix: `reduce it, or increase ${where}.memoryLimit`,
        relies,
      },
    ];
  if (parseBytes(size) > parseBytes(resources.memory))
    return [
      {
        path: [...path, "resources", "memory"],
        message: "is less than the heap, which Java allocates at start",
        got: shown(resources.memory),
        accepts: `at least ${size}, the value of heap`,
        fix: { set: size },
        relies: [[...path, "heap"]],
      },
    ];
  return [];
}

/** Replica shards need nodes, and the retention needs storage. */
function indices({ graylog, search }: ParsedSettings["logging"]): Violation[] {
  if (search.kind !== "opensearch") return [];
  const relies = [at("search")];
  const copies = graylog.indexSets.flatMap((set, index): Violation[] =>
    set.replicas < search.replicas
      ? []
      : [
          {
            path: at("graylog", "indexSets", index, "replicas"),
            message: "exceeds the number of other nodes, so the index would never be green",
            got: shown(set.replicas),
            accepts: `at most ${search.replicas - 1}, because logging.search.replicas is ${search.replicas}`,
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
      message: `is too small for the index sets, which need ${formatBytes(kept)} including replicas`,
      got: shown(search.storage),
      accepts: `at least ${formatBytes(Math.ceil(kept / fill / search.replicas / 2 ** 30) * 2 ** 30)} per node, of which 85 % can be used`,
      fix: { set: formatBytes(Math.ceil(kept / fill / search.replicas / 2 ** 30) * 2 ** 30) },
      relies: [at("graylog", "indexSets"), at("search", "replicas")],
    },
  ];
}

/** Numbers of servers that can elect a leader. */
export function loggingReplicas({ logging, profile }: ParsedSettings): Violation[] {
  const { mongodb, search } = logging;
  const two = (name: "mongodb" | "search", what: string): Violation => ({
    path: at(name, "replicas"),
    severity: profile === "prod" ? undefined : "warning",
    message: `two ${what} cannot elect a leader when they lose their connection`,
    got: "2",
    accepts: "1, or at least 3",
    fix: { set: profile === "prod" ? 3 : 1 },
    relies: [["profile"], ...(name === "search" ? [at("search", "kind")] : [])],
  });
  return [
    ...(mongodb.replicas === 2 ? [two("mongodb", "members")] : []),
    ...(search.kind === "opensearch" && search.replicas === 2 ? [two("search", "nodes")] : []),
  ];
}

/** Graylog's content: unique titles, and references to existing names. */
export function loggingContent({ logging: { collector, graylog } }: ParsedSettings): Violation[] {
  const own = (...rest: PropertyKey[]): Path => at("graylog", ...rest);
  const prefixes = [...new Set(graylog.indexSets.map(({ prefix }) => prefix))];
  const inputs = graylog.inputs.map((input, index) => ({ ...input, index }));
  const titles = [...new Set(graylog.streams.map(({ title }) => title))];
  const known = (path: Path, message: string, name: string, names: readonly string[], list: string, key: string) =>
    names.includes(name)
      ? []
      : [unknownName(path, message, name, names, `logging.graylog.${list}`, [own(list, "*", key)])];
  const indexSet = (path: Path, name: string) =>
    known(path, "no index set has this prefix", name, prefixes, "indexSets", "prefix");
  const stream = (path: Path, name: string) =>
    known(path, "no stream has this title", name, titles, "streams", "title");
  const once = (list: "inputs" | "streams" | "alerts", key: string, what: string) =>
    repeated(
      graylog[list] as readonly { readonly title: string }[],
      ({ title }) => title,
      (_, index) => ({
        path: own(list, index, key),
        message: `this ${what} is listed twice`,
        accepts: "each title once",
        fix: "change its title, or remove it",
      }),
    );
  return [
    ...graylog.inputs.flatMap(({ port }, index): Violation[] =>
      port >= 1024
        ? []
        : [
            {
              path: own("inputs", index, "port"),
              message: "Graylog's account is not permitted to listen on a port below 1024",
              got: shown(port),
              accepts: "a port from 1024 to 65535; with nodePort, senders outside the cluster use another port anyway",
              fix: { set: 1000 + port },
            },
          ],
    ),
    ...once("inputs", "title", "input"),
    ...once("streams", "title", "stream"),
    ...once("alerts", "title", "alert"),
    ...(["TCP", "UDP"] as const).flatMap((protocol) =>
      repeated(
        inputs.filter(({ kind }) => inputProtocol(kind) === protocol),
        ({ port }) => String(port),
        ({ index }) => ({
          path: own("inputs", index, "port"),
          message: `two inputs use the same ${protocol} port`,
          accepts: `each ${protocol} port once`,
          fix: "change the port",
        }),
      ),
    ),
    ...repeated(
      inputs.filter(({ nodePort }) => nodePort !== undefined),
      ({ nodePort }) => String(nodePort),
      ({ index }) => ({
        path: own("inputs", index, "nodePort"),
        message: "two inputs use the same node port",
        accepts: "each port once",
        fix: "change the port",
      }),
    ),
    ...repeated(
      graylog.indexSets,
      ({ prefix }) => prefix,
      (_, index) => ({
        path: own("indexSets", index, "prefix"),
        message: "this index set is listed twice",
        accepts: "each prefix once",
        fix: "change its prefix, or remove it",
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

/** Every kind of message that the collector sends needs an input that receives it. */
function transport(
  { enabled, transport: way }: ParsedSettings["logging"]["collector"],
  inputs: ParsedSettings["logging"]["graylog"]["inputs"],
): Violation[] {
  if (!enabled) return [];
  const missing = (what: string, input: string): Violation => ({
    path: at("graylog", "inputs"),
    message: `no input receives ${what}`,
    got: shown(inputs),
    accepts: `an input with ${input}, because logging.collector.transport is ${way}`,
    fix: `add an input with ${input}`,
    relies: [at("collector")],
  });
  if (way === "gelf")
    return inputs.some(({ kind }) => kind === "gelf-tcp")
      ? []
      : [missing("the collector's messages", "kind: gelf-tcp")];
  return Object.entries(sources).flatMap(([from, source]) =>
    inputs.some((input) => input.kind === "syslog-udp" && input.source === source)
      ? []
      : [missing(`the logs of ${from}`, `kind: syslog-udp and source: ${source}`)],
  );
}
