import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const title = (what: string, changing: string) =>
  key(formats.plainText(200, "System Logs"), { is: `${what}, which identifies it in Graylog.`, changing });

/** Graylog's content: inputs, index sets, streams, processing, alerts and users. */
export function logContent(profile: Profile, applied: string) {
  const retitled = `${applied} With another title, it is created again, and the old one is deleted.`;
  return {
    inputs: key(z.array(input(retitled, applied)).default(defaultInputs()), {
      is: "Ports where Graylog receives messages.",
      changing: `${applied} Inputs that the Job created are deleted when they are removed here. New ports restart the pods.`,
      accepts: "a list of inputs",
    }),
    indexSets: key(z.array(indexSet(applied)).min(1).default(defaultIndexSets(profile)), {
      is: "Index sets, each with its own size and retention.",
      changing: `${applied} Index sets that are removed here are kept with their logs, until you delete them.`,
      accepts: "a list of index sets",
    }),
    defaultIndexSet: key(formats.name().default("system"), {
      is: "Prefix of the index set for messages that match no stream. Only administrators see these messages.",
      changing: applied,
    }),
    streams: key(z.array(stream(retitled, applied)).default(defaultStreams()), {
      is: "Streams: messages of some sources, stored in an index set.",
      changing: `${applied} Streams that the Job created are deleted when they are removed here. Their messages are kept.`,
      accepts: "a list of streams",
    }),
    rules: key(z.array(source("rule", "then", applied)).default([]), {
      is: "Rules of the processing pipelines, in Graylog's language.",
      changing: applied,
      accepts: "a list of rules",
    }),
    pipelines: key(
      z
        .array(
          source("pipeline", "stage", applied).extend({
            streams: key(z.array(formats.plainText(200, "System Logs")).default([]), {
              is: "Titles of the streams whose messages the pipeline processes.",
              changing: applied,
              accepts: "a list of titles of streams",
            }),
          }),
        )
        .default([]),
      {
        is: "Processing pipelines, in Graylog's language.",
        changing: applied,
        accepts: "a list of pipelines",
      },
    ),
    alerts: key(z.array(alert(retitled, applied)).default([]), {
      is: "Alerts, which fire when too many messages of a stream match a query.",
      changing: applied,
      accepts: "a list of alerts",
    }),
    users: key(z.array(user(applied)).default([]), {
      is: "Users that exist before their first login. Other users are created when they first log in at the gateway.",
      changing: `${applied} Users that the Job created are deleted when they are removed here.`,
      accepts: "a list of users",
    }),
  };
}

function input(retitled: string, applied: string) {
  return z.strictObject({
    title: title("The input's title", retitled),
    kind: key(z.enum(["syslog-udp", "gelf-tcp"]), {
      is: "The protocol: syslog over UDP, or GELF over TCP.",
      changing: "Deletes the input and creates it again.",
    }),
    port: key(formats.port(), {
      is: "The port of the input.",
      unit: "port",
      changing: `${applied} Graylog's pods restart.`,
    }),
    threads: key(z.number().int().min(1).max(64).default(4), {
      is: "Number of threads that read from the input.",
      unit: "threads",
      changing: applied,
    }),
    source: key(formats.name().optional(), {
      is: "The field `input_src` of the input's messages.",
      unset: "Messages keep the field that the sender sets, if any.",
      changing: applied,
    }),
    nodePort: key(formats.nodePort().optional(), {
      is: "The port for senders outside the cluster. It is opened on the nodes that run Graylog, so that messages keep the sender's address.",
      unit: "port",
      unset:
        "Only the log collector and namespaces with a connection to it (`namespaces.NAME.connections`) reach the input.",
      changing: "Senders must use the other port.",
    }),
    allowFrom: key(z.array(formats.cidr()).min(1).optional(), {
      is: "Address ranges of senders outside the cluster.",
      unit: "CIDR",
      unset: "With `nodePort`, every address is allowed.",
      changing: "Changes network policies only.",
      accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
    }),
  });
}

function indexSet(applied: string) {
  return z.strictObject({
    prefix: key(formats.name(), {
      is: "Prefix of the names of its indices, which identifies the index set.",
      changing: "Creates a new index set. The old one is kept with its logs.",
    }),
    title: key(formats.plainText(200, "System"), { is: "The title of the index set.", changing: applied }),
    shards: key(z.number().int().min(1).max(100).default(1), {
      is: "Number of primary shards of an index, over which it is distributed to nodes.",
      unit: "shards",
      changing: `${applied} Takes effect with the next index.`,
    }),
    replicas: key(z.number().int().min(0).max(5).default(0), {
      is: "Number of replica shards of each primary shard, on other nodes.",
      unit: "copies",
      changing: `${applied} Takes effect with the next index.`,
    }),
    maxSize: key(formats.bytes().default("1Gi"), {
      is: "Maximum size of an index. Above it, a new index is created.",
      changing: applied,
    }),
    keep: key(z.number().int().min(1).max(10_000).default(10), {
      is: "Number of indices to keep. Above it, the oldest is deleted.",
      unit: "indices",
      changing: `${applied} A smaller number deletes logs.`,
    }),
  });
}

function stream(retitled: string, applied: string) {
  return z.strictObject({
    title: title("The stream's title", retitled),
    indexSet: key(formats.name(), {
      is: "Prefix of the index set that stores its messages.",
      changing: "New messages are stored in the other index set.",
    }),
    sources: key(z.array(formats.name()).min(1), {
      is: "Values of the field `input_src`. Messages with one of them belong to the stream.",
      changing: "Affects new messages only.",
      accepts: 'a list of sources, such as ["system-k8s"]',
    }),
    removeFromDefault: key(z.boolean().default(true), {
      is: "Whether its messages are removed from the default stream.",
      changing: applied,
    }),
    readers: key(z.enum(["everyone", "none"]).default("everyone"), {
      is: "Who can read its messages in addition to administrators: every user who can log in to Graylog, or no other user. Shares with single users, which are created in Graylog, are kept.",
      changing: applied,
    }),
  });
}

function source(kind: "rule" | "pipeline", word: string, applied: string) {
  const body = kind === "rule" ? "when true then drop_message(); end" : 'stage 0 match either rule "title"; end';
  return z.strictObject({
    source: key(
      formats.formed(
        new RegExp(`^\\s*${kind} "[^"]+"[\\s\\S]*\\b${word}\\b[\\s\\S]*\\bend\\s*$`),
        `a ${kind} in Graylog's language that begins with ${kind} "title" and ends with end`,
        `${kind} "title" ${body}`,
        20_000,
      ),
      { is: `The source of the ${kind}, including its title.`, changing: applied },
    ),
  });
}

function alert(retitled: string, applied: string) {
  return z.strictObject({
    title: title("The alert's title", retitled),
    stream: key(formats.plainText(200, "System Logs"), {
      is: "The title of the stream.",
      changing: applied,
    }),
    query: key(formats.plainText(2000, "level:<=3"), {
      is: "The query that messages must match.",
      changing: applied,
    }),
    above: key(z.number().int().min(0).default(0), {
      is: "Number of messages above which it fires.",
      unit: "messages",
      changing: applied,
    }),
    within: key(formats.duration().default("5m"), {
      is: "The time window of the query, and the interval between two queries.",
      changing: applied,
    }),
    priority: key(z.enum(["low", "normal", "high", "critical"]).default("normal"), {
      is: "The priority of the alert.",
      changing: applied,
    }),
  });
}

function user(applied: string) {
  return z.strictObject({
    username: key(formats.plainText(100, "jane"), {
      is: "The user name for the login at the gateway.",
      changing: "Creates a new user. The old one is deleted.",
    }),
    email: key(formats.email(), { is: "The user's e-mail address.", changing: applied }),
    firstName: key(formats.plainText(100, "Jane"), { is: "First name.", changing: applied }),
    lastName: key(formats.plainText(100, "Doe"), { is: "Last name.", changing: applied }),
    roles: key(z.array(formats.plainText(100, "Reader")).min(1).default(["Reader"]), {
      is: "Roles in Graylog. The roles of groups have no effect for this user.",
      changing: applied,
      accepts: 'a list of roles, such as ["Reader"]',
    }),
  });
}

function defaultInputs() {
  return [
    { title: "System Logs (Nodes)", kind: "syslog-udp" as const, port: 30514, threads: 4, source: "system-hosts" },
    { title: "System Logs (Pods)", kind: "syslog-udp" as const, port: 31514, threads: 4, source: "system-k8s" },
    { title: "Processing Logs", kind: "syslog-udp" as const, port: 32514, threads: 8, source: "ewoc" },
    { title: "System Logs (GELF)", kind: "gelf-tcp" as const, port: 12201, threads: 4 },
  ];
}

function defaultIndexSets(profile: Profile) {
  const spread = byProfile(profile, { prod: { shards: 3, replicas: 1 }, dev: { shards: 1, replicas: 0 } });
  const size = byProfile(profile, { prod: "10Gi" as const, dev: "1Gi" as const });
  return [
    {
      prefix: "system",
      title: "System logs",
      ...spread,
      maxSize: "1Gi" as const,
      keep: byProfile(profile, { prod: 10, dev: 3 }),
    },
    {
      prefix: "ewoc",
      title: "Processing logs",
      ...spread,
      maxSize: size,
      keep: byProfile(profile, { prod: 10, dev: 3 }),
    },
  ];
}

function defaultStreams() {
  const shared = { removeFromDefault: true, readers: "everyone" as const };
  return [
    { title: "System Logs", indexSet: "system", sources: ["system-hosts", "system-k8s"], ...shared },
    { title: "Processing Logs", indexSet: "ewoc", sources: ["ewoc"], ...shared },
  ];
}
