import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { logContent } from "./log-content.ts";

const restarts = "Restarts its pods one after the other.";
const claims = "Claim templates cannot change: grow the claims by hand first (docs/recovery.md); shrinking loses data.";
const applied = "The configuration Job makes it so.";

/** Graylog with its database, its search cluster and its content, and the collector on every node. */
export function loggingSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    logging: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether the stack gathers logs: Graylog, MongoDB, OpenSearch and Fluent Bit.",
            changing: "Turning it off removes them; in prod what holds data is protected, and claims always stay.",
          }),
          mongodb: key(mongodb(sized), {
            is: "Graylog's database: its configuration, not the logs.",
            changing: "See the keys.",
          }),
          search: key(search(sized), { is: "Where the logs are kept and searched.", changing: "See the keys." }),
          graylog: key(graylog(profile, sized), { is: "Graylog itself, and its content.", changing: "See the keys." }),
          collector: key(collector(sized), {
            is: "Fluent Bit, which reads the logs of every node.",
            changing: "See the keys.",
          }),
        })
        .prefault({}),
      { is: "Logs of pods and nodes, gathered, searched and kept for a while.", changing: "See the keys." },
    ),
  };
}

type Sized = <T>(prod: T, dev: T) => T;

function mongodb(sized: Sized) {
  return z
    .strictObject({
      replicas: key(z.number().int().min(1).max(7).default(sized(3, 1)), {
        is: "Members of the replica set, each on a node of its own.",
        unit: "pods",
        changing: "Adds or removes members; claims of removed ones stay.",
      }),
      storage: key(formats.bytes().default(sized("8Gi", "2Gi")), {
        is: "Size of each member's claim, on the class with the role `fast`.",
        changing: claims,
      }),
      resources: key(
        formats.resources(
          sized(
            { cpu: "200m", memory: "512Mi", memoryLimit: "1Gi" },
            { cpu: "50m", memory: "256Mi", memoryLimit: "512Mi" },
          ),
          "MongoDB",
        ),
        { is: "What each member asks for.", changing: restarts },
      ),
    })
    .prefault({});
}

function search(sized: Sized) {
  return z
    .strictObject({
      kind: key(z.enum(["opensearch", "external"]).default("opensearch"), {
        is: "OpenSearch in the cluster, or an OpenSearch or Elasticsearch 7.10 that exists.",
        changing: "Graylog starts with an empty search cluster; the logs in the other one stay there.",
      }),
      replicas: key(z.number().int().min(1).max(9).default(sized(3, 1)), {
        is: "Nodes of OpenSearch, each on a node of its own.",
        unit: "pods",
        changing: "Adds or removes nodes; claims of removed ones stay. Remove one at a time: shards move first.",
      }),
      heap: key(formats.bytes().default(sized("2Gi", "512Mi")), {
        is: "Java heap of each node: half of its memory limit, the rest is for files.",
        changing: restarts,
      }),
      resources: key(
        formats.resources(
          sized({ cpu: "500m", memory: "4Gi", memoryLimit: "4Gi" }, { cpu: "100m", memory: "1Gi", memoryLimit: "1Gi" }),
          "OpenSearch",
        ),
        { is: "What each node asks for.", changing: restarts },
      ),
      storage: key(formats.bytes().default(sized("120Gi", "10Gi")), {
        is: "Size of each node's claim, on the class with the role `bulk`.",
        changing: claims,
      }),
      mapCount: key(z.enum(["node", "init", "off"]).default(sized("node", "off")), {
        is: "Who raises `vm.max_map_count` to 262144: the nodes' own set-up, a privileged container before each start, or nobody (`off`: slower, fit for small stacks).",
        changing: `${restarts} \`init\` makes the namespace \`privileged\`.`,
      }),
      snapshots: key(
        z
          .strictObject({
            enabled: key(z.boolean().default(false), {
              is: "Whether snapshots of the index sets go to the bucket `opensearch`. Each start of a node fetches the plugin `repository-s3`, which its image lacks.",
              changing: `${restarts} Snapshots in the bucket stay.`,
            }),
            schedule: key(formats.schedule("30 1 * * *").default("30 1 * * *"), {
              is: "When a snapshot is taken, and old ones are deleted. An alert expects one in two days at least.",
              unit: "minute, hour, day of month, month, day of week; UTC",
              changing: "The other schedule at once.",
            }),
            keep: key(formats.duration().default(sized("14d", "3d")), {
              is: "How long a snapshot is kept; the last one stays.",
              changing: "A shorter one deletes snapshots at the next time of the schedule.",
            }),
            pluginUrl: key(
              formats
                .formed(
                  /^https?:\/\/[^\s/@?#]+\/[^\s@?#]+$/,
                  'an address without a name or password in it, such as "https://mirror.example.org/repository-s3-3.6.0.zip"',
                  "https://mirror.example.org/repository-s3-3.6.0.zip",
                )
                .optional(),
              {
                is: "Where the plugin's archive, of the version of OpenSearch, is fetched from.",
                left: "artifacts.opensearch.org, which the cluster must be able to reach.",
                changing: restarts,
              },
            ),
            cidrs: key(z.array(formats.cidr()).min(1).default(["0.0.0.0/0"]), {
              is: "Address ranges in which that host is, for network policies.",
              unit: "CIDR",
              changing: "Network policies only.",
              accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
            }),
          })
          .prefault({}),
        { is: "Snapshots of the stack's own search cluster.", changing: "See the keys." },
      ),
      external: key(
        z
          .strictObject({
            hostsSecret: key(formats.secretName(), {
              is: "The secret with the URIs, user and password in each, separated by commas.",
              left: "An error.",
              changing: "Graylog restarts and uses the other cluster.",
              secret: true,
            }),
            port: key(formats.port().default(9200), {
              is: "The port in those URIs, for network policies.",
              unit: "TCP port",
              changing: "Network policies only.",
            }),
            cidrs: key(z.array(formats.cidr()).min(1).default(["0.0.0.0/0"]), {
              is: "Address ranges in which the hosts are, for network policies.",
              unit: "CIDR",
              changing: "Network policies only.",
              accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
            }),
          })
          .optional(),
        {
          is: "The search cluster that exists, for `kind: external`.",
          left: "An error with `kind: external`.",
          changing: "Graylog restarts and uses the other cluster.",
        },
      ),
    })
    .prefault({});
}

function graylog(profile: Profile, sized: Sized) {
  const threads = (what: string, prod: number) =>
    key(z.number().int().min(1).max(64).default(sized(prod, 1)), {
      is: `Threads that ${what}.`,
      unit: "threads",
      changing: restarts,
    });
  return z
    .strictObject({
      host: key(formats.host().default("graylog"), {
        is: "Where people find it, behind the gateway's login.",
        changing: "Links to the old host break.",
      }),
      replicas: key(z.number().int().min(1).max(9).default(sized(3, 1)), {
        is: "Nodes of Graylog, each on a node of its own; the first is the leader.",
        unit: "pods",
        changing: "Adds or removes nodes; what a removed one's journal held is lost if it was not empty.",
      }),
      heap: key(formats.bytes().default(sized("2Gi", "512Mi")), {
        is: "Java heap of each node.",
        changing: restarts,
      }),
      resources: key(
        formats.resources(
          sized({ cpu: "500m", memory: "3Gi", memoryLimit: "3Gi" }, { cpu: "200m", memory: "1Gi", memoryLimit: "1Gi" }),
          "Graylog",
        ),
        { is: "What each node asks for.", changing: restarts },
      ),
      storage: key(formats.bytes().default(sized("20Gi", "3Gi")), {
        is: "Size of each node's claim for the journal, on the class with the role `fast`.",
        changing: claims,
      }),
      journal: key(formats.bytes().default(sized("10Gi", "1Gi")), {
        is: "Messages that wait for the search cluster on each node, at most; the oldest beyond are lost.",
        changing: restarts,
      }),
      processors: key(
        z
          .strictObject({
            input: threads("take messages from inputs", 2),
            process: threads("process messages", 5),
            output: threads("write messages to the search cluster", 3),
          })
          .prefault({}),
        { is: "Threads of each node's buffers: together not more than its cores.", changing: "See the keys." },
      ),
      groups: key(
        z
          .array(
            z.strictObject({
              group: key(formats.plainText(200, "ops"), {
                is: "The group, as the identity provider names it.",
                left: "An error.",
                changing: "Members have the role from their next request on.",
              }),
              role: key(formats.plainText(100, "Admin"), {
                is: "The role in Graylog, such as `Admin` or `Reader`.",
                left: "An error.",
                changing: "Members have the role from their next request on.",
              }),
            }),
          )
          .default([{ group: "admin", role: "Admin" }]),
        {
          is: "Roles of those who log in at the gateway, by group; the first that fits counts.",
          changing: "Restarts its pods; roles follow at the next request.",
          accepts: "a list of groups with roles",
        },
      ),
      otherwise: key(formats.plainText(100, "Reader").default("Reader"), {
        is: "The role of those in none of the groups; `none` turns them away.",
        changing: "Restarts its pods; roles follow at the next request.",
      }),
      ...logContent(profile, applied),
    })
    .prefault({});
}

function collector(sized: Sized) {
  return z
    .strictObject({
      enabled: key(z.boolean().default(true), {
        is: "Whether Fluent Bit runs on every node; without it, Graylog takes what others send.",
        changing: "What waits on the nodes stays there.",
      }),
      transport: key(z.enum(["gelf", "syslog"]).default("gelf"), {
        is: "GELF over TCP, with every field of Kubernetes; or syslog over UDP, which may lose messages and keeps the text alone.",
        changing: "Restarts the collector on every node.",
      }),
      journal: key(formats.absolutePath().default("/var/log/journal"), {
        is: "Folder of systemd's journal on the nodes; `/run/log/journal` where it is kept in memory, `/none` where there is none.",
        changing: "Restarts the collector on every node.",
      }),
      buffer: key(formats.bytes().default(sized("2Gi", "256Mi")), {
        is: "What may wait for Graylog on each node's disk, for pods and for hosts each; the oldest beyond is lost.",
        changing: "Restarts the collector on every node.",
      }),
      resources: key(
        formats.resources(
          sized(
            { cpu: "50m", memory: "128Mi", memoryLimit: "256Mi" },
            { cpu: "20m", memory: "64Mi", memoryLimit: "192Mi" },
          ),
          "collector",
        ),
        { is: "What it asks for on each node.", changing: "Restarts the collector on every node." },
      ),
    })
    .prefault({});
}
