import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const title = (what: string, changing: string) =>
  key(formats.plainText(200, "System Logs"), { is: `${what}: its identity in Graylog.`, left: "An error.", changing });

/** What stands in Graylog: inputs, index sets, streams, processing, alerts and users. */
export function logContent(profile: Profile, applied: string) {
  const anew = `${applied} Under another title it is made anew, and the old one removed.`;
  return {
    inputs: key(z.array(input(anew, applied)).default(defaultInputs()), {
      is: "Ports at which Graylog takes messages.",
      changing: `${applied} Inputs that it made and that are taken out are removed; its pods restart for new ports.`,
      accepts: "a list of inputs",
    }),
    indexSets: key(z.array(indexSet(applied)).min(1).default(defaultIndexSets(profile)), {
      is: "Sets of indices, each with its own size and time to keep.",
      changing: `${applied} Sets that are taken out stay with their logs, until somebody deletes them.`,
      accepts: "a list of index sets",
    }),
    defaultIndexSet: key(formats.name().default("system"), {
      is: "Prefix of the index set of messages that no stream takes.",
      changing: applied,
    }),
    streams: key(z.array(stream(anew, applied)).default(defaultStreams()), {
      is: "Streams: the messages of some sources, kept in an index set.",
      changing: `${applied} Streams that it made and that are taken out are removed; their messages stay.`,
      accepts: "a list of streams",
    }),
    rules: key(z.array(source("rule", "then", applied)).default([]), {
      is: "Rules of the processing pipelines, in Graylog's language.",
      left: "None.",
      changing: applied,
      accepts: "a list of rules",
    }),
    pipelines: key(
      z
        .array(
          source("pipeline", "stage", applied).extend({
            streams: key(z.array(formats.plainText(200, "System Logs")).default([]), {
              is: "Titles of the streams whose messages go through it.",
              left: "None.",
              changing: applied,
              accepts: "a list of titles of streams",
            }),
          }),
        )
        .default([]),
      {
        is: "Processing pipelines, in Graylog's language.",
        left: "None.",
        changing: applied,
        accepts: "a list of pipelines",
      },
    ),
    alerts: key(z.array(alert(anew, applied)).default([]), {
      is: "Alerts: too many messages of a stream that match a query.",
      left: "None.",
      changing: applied,
      accepts: "a list of alerts",
    }),
    users: key(z.array(user(applied)).default([]), {
      is: "Users that exist before they first log in; those of the gateway are made when they do.",
      left: "None.",
      changing: `${applied} Users that it made and that are taken out are removed.`,
      accepts: "a list of users",
    }),
  };
}

function input(anew: string, applied: string) {
  return z.strictObject({
    title: title("The input's title", anew),
    kind: key(z.enum(["syslog-udp", "gelf-tcp"]), {
      is: "Syslog in datagrams, or GELF over TCP.",
      left: "An error.",
      changing: "The input is removed and made anew.",
    }),
    port: key(formats.port(), {
      is: "Its port.",
      unit: "port",
      left: "An error.",
      changing: `${applied} Graylog's pods restart.`,
    }),
    threads: key(z.number().int().min(1).max(64).default(4), {
      is: "Threads that read it.",
      unit: "threads",
      changing: applied,
    }),
    source: key(formats.name().optional(), {
      is: "The field `input_src` of its messages.",
      left: "Messages bring their own, or none.",
      changing: applied,
    }),
    nodePort: key(formats.nodePort().optional(), {
      is: "The port at which senders outside the cluster reach it: on the nodes that run Graylog, so that messages keep their senders' addresses.",
      unit: "port",
      left: "It is reached from inside the cluster alone.",
      changing: "Senders need the other port.",
    }),
    allowFrom: key(z.array(formats.cidr()).min(1).optional(), {
      is: "Address ranges of these senders.",
      unit: "CIDR",
      left: "Any, with `nodePort`.",
      changing: "Network policies only.",
      accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
    }),
  });
}

function indexSet(applied: string) {
  return z.strictObject({
    prefix: key(formats.name(), {
      is: "First part of its indices' names: its identity.",
      left: "An error.",
      changing: "A new set; the old one stays with its logs.",
    }),
    title: key(formats.plainText(200, "System"), { is: "Its title.", left: "An error.", changing: applied }),
    shards: key(z.number().int().min(1).max(100).default(1), {
      is: "Shards of an index: on how many nodes it is spread.",
      unit: "shards",
      changing: `${applied} It counts from the next index on.`,
    }),
    replicas: key(z.number().int().min(0).max(5).default(0), {
      is: "Copies of each shard on further nodes.",
      unit: "copies",
      changing: `${applied} It counts from the next index on.`,
    }),
    maxSize: key(formats.bytes().default("1Gi"), { is: "Size after which a new index is begun.", changing: applied }),
    keep: key(z.number().int().min(1).max(10_000).default(10), {
      is: "Indices that are kept; the oldest beyond is deleted.",
      unit: "indices",
      changing: `${applied} Fewer delete logs.`,
    }),
  });
}

function stream(anew: string, applied: string) {
  return z.strictObject({
    title: title("The stream's title", anew),
    indexSet: key(formats.name(), {
      is: "Prefix of its index set.",
      left: "An error.",
      changing: "New messages go there.",
    }),
    sources: key(z.array(formats.name()).min(1), {
      is: "Values of the field `input_src`: one of them makes a message belong to it.",
      left: "An error.",
      changing: "New messages only.",
      accepts: 'a list of sources, such as ["system-k8s"]',
    }),
    removeFromDefault: key(z.boolean().default(true), {
      is: "Whether its messages leave the default stream.",
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
        `a ${kind} in Graylog's language, which begins with ${kind} "title" and ends with end`,
        `${kind} "title" ${body}`,
        20_000,
      ),
      { is: `The ${kind}'s source; its title stands in it.`, left: "An error.", changing: applied },
    ),
  });
}

function alert(anew: string, applied: string) {
  return z.strictObject({
    title: title("The alert's title", anew),
    stream: key(formats.plainText(200, "System Logs"), {
      is: "The stream's title.",
      left: "An error.",
      changing: applied,
    }),
    query: key(formats.plainText(2000, "level:<=3"), {
      is: "What a message must match.",
      left: "An error.",
      changing: applied,
    }),
    above: key(z.number().int().min(0).default(0), {
      is: "Messages above which it fires.",
      unit: "messages",
      changing: applied,
    }),
    within: key(formats.duration().default("5m"), {
      is: "Within which time, and how often it looks.",
      changing: applied,
    }),
    priority: key(z.enum(["low", "normal", "high", "critical"]).default("normal"), {
      is: "How much it matters.",
      changing: applied,
    }),
  });
}

function user(applied: string) {
  return z.strictObject({
    username: key(formats.plainText(100, "jane"), {
      is: "The name under which the user logs in at the gateway.",
      left: "An error.",
      changing: "A new user; the old one is removed.",
    }),
    email: key(formats.email(), { is: "The user's e-mail address.", left: "An error.", changing: applied }),
    firstName: key(formats.plainText(100, "Jane"), { is: "First name.", left: "An error.", changing: applied }),
    lastName: key(formats.plainText(100, "Doe"), { is: "Last name.", left: "An error.", changing: applied }),
    roles: key(z.array(formats.plainText(100, "Reader")).min(1).default(["Reader"]), {
      is: "Roles in Graylog.",
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
  return [
    { title: "System Logs", indexSet: "system", sources: ["system-hosts", "system-k8s"], removeFromDefault: true },
    { title: "Processing Logs", indexSet: "ewoc", sources: ["ewoc"], removeFromDefault: true },
  ];
}
