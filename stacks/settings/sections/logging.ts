import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { anyRanges } from "./ranges.ts";
import { logContent } from "./log-content.ts";

const restarts = "Restarts its pods one after another.";
const claims =
  "To grow, resize the claims by hand first, because claim templates are immutable (docs/recovery.md). Shrinking loses data.";
const applied = "The configuration Job applies it.";

/** Graylog with its database, its search cluster and its content, and the collector on every node. */
export function loggingSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    logging: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether the stack collects logs, with Graylog, MongoDB, OpenSearch and Fluent Bit.",
            changing:
              "Turning it off deletes them. In prod, objects that hold data are protected, and PersistentVolumeClaims are always kept.",
          }),
          mongodb: key(mongodb(sized), {
            is: "Graylog's database, which stores its configuration but no logs.",
          }),
          search: key(search(sized), { is: "The search cluster, which stores the logs." }),
          graylog: key(graylog(profile, sized), { is: "Graylog and its content." }),
          collector: key(collector(sized), {
            is: "Fluent Bit, which reads the logs of every node.",
          }),
        })
        .prefault({}),
      { is: "Collection, search and retention of logs of pods and nodes." },
    ),
  };
}

type Sized = <T>(prod: T, dev: T) => T;

function mongodb(sized: Sized) {
  return z
    .strictObject({
      replicas: key(z.number().int().min(1).max(7).default(sized(3, 1)), {
        is: "Members of the replica set, each on its own node.",
        unit: "pods",
        changing: "Adds or removes members. The claims of removed ones are kept.",
      }),
      storage: key(formats.bytes().default(sized("8Gi", "2Gi")), {
        is: "Size of each member's PersistentVolumeClaim (storage role `fast`).",
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
        { is: "Requests and limits of each member.", changing: restarts },
      ),
    })
    .prefault({});
}

function search(sized: Sized) {
  return z
    .strictObject({
      kind: key(z.enum(["opensearch", "external"]).default("opensearch"), {
        is: "OpenSearch in the cluster, or an existing OpenSearch or Elasticsearch 7.10.",
        changing: "Graylog starts with an empty search cluster. The logs stay in the old one.",
      }),
      replicas: key(z.number().int().min(1).max(9).default(sized(3, 1)), {
        is: "OpenSearch nodes, each on its own Kubernetes node.",
        unit: "pods",
        changing:
          "Adds or removes nodes. The claims of removed ones are kept. Remove one node at a time, because its shards must move first.",
      }),
      heap: key(formats.bytes().default(sized("2Gi", "512Mi")), {
        is: "Java heap of each node: at most half of its memory limit. The rest is for the file cache.",
        changing: restarts,
      }),
      resources: key(
        formats.resources(
          sized({ cpu: "500m", memory: "4Gi", memoryLimit: "4Gi" }, { cpu: "100m", memory: "1Gi", memoryLimit: "1Gi" }),
          "OpenSearch",
        ),
        { is: "Requests and limits of each node.", changing: restarts },
      ),
      storage: key(formats.bytes().default(sized("120Gi", "10Gi")), {
        is: "Size of each node's PersistentVolumeClaim (storage role `bulk`).",
        changing: claims,
      }),
      mapCount: key(z.enum(["node", "init", "off"]).default(sized("node", "off")), {
        is: "How `vm.max_map_count` is raised to 262144: by the setup of the nodes (`node`), by a privileged container before each start (`init`), or not at all (`off`: slower, for small stacks only).",
        changing: `${restarts} \`init\` makes the namespace \`privileged\`.`,
      }),
      snapshots: key(
        z
          .strictObject({
            enabled: key(z.boolean().default(false), {
              is: "Whether snapshots of the index sets are stored in the bucket `opensearch`. Each node downloads the plugin `repository-s3` at its start, because the image does not have it.",
              changing: `${restarts} Snapshots in the bucket are kept.`,
            }),
            schedule: key(formats.schedule("30 1 * * *").default("30 1 * * *"), {
              is: "When a snapshot is taken and old ones are deleted. Use at least one run every two days: an alert expects it.",
              unit: "minute, hour, day of month, month, day of week; UTC",
              changing: "Changes the schedule at once.",
            }),
            keep: key(formats.duration().default(sized("14d", "3d")), {
              is: "How long a snapshot is kept. The last one is never deleted.",
              changing: "A shorter one deletes snapshots at the next scheduled time.",
            }),
            pluginUrl: key(
              formats
                .formed(
                  /^https?:\/\/[^\s/@?#]+\/[^\s@?#]+$/,
                  'a URL without a user name or password, such as "https://mirror.example.org/repository-s3-3.6.0.zip"',
                  "https://mirror.example.org/repository-s3-3.6.0.zip",
                )
                .optional(),
              {
                is: "The URL of the plugin's archive, in the version of OpenSearch.",
                unset:
                  "The plugin is downloaded from artifacts.opensearch.org, which the cluster must be able to reach.",
                changing: restarts,
              },
            ),
            cidrs: anyRanges("Address ranges of the host in that URL, for network policies."),
          })
          .prefault({}),
        { is: "Snapshots of the stack's own search cluster." },
      ),
      external: key(
        z
          .strictObject({
            hostsSecret: key(formats.secretName(), {
              is: "The secret with the URIs, separated by commas. Each URI contains the user name and password.",
              changing: "Restarts Graylog, which then uses the other cluster.",
              secret: true,
            }),
            port: key(formats.port().default(9200), {
              is: "The port in these URIs, for network policies.",
              unit: "TCP port",
              changing: "Changes network policies only.",
            }),
            cidrs: anyRanges("Address ranges of the hosts in these URIs, for network policies."),
          })
          .optional(),
        {
          is: "The existing search cluster, for `kind: external`.",
          unset: "Required with `kind: external`.",
          changing: "Restarts Graylog, which then uses the other cluster.",
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
      host: key(formats.plainHost().default("graylog"), {
        is: "The host name of Graylog, behind the gateway's login.",
        changing: "Links to the old host name stop working.",
      }),
      replicas: key(z.number().int().min(1).max(9).default(sized(3, 1)), {
        is: "Graylog nodes, each on its own Kubernetes node. The first one is the leader.",
        unit: "pods",
        changing: "Adds or removes nodes. Messages in the journal of a removed one are lost.",
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
        { is: "Requests and limits of each node.", changing: restarts },
      ),
      storage: key(formats.bytes().default(sized("20Gi", "3Gi")), {
        is: "Size of each node's PersistentVolumeClaim for the journal (storage role `fast`).",
        changing: claims,
      }),
      journal: key(formats.bytes().default(sized("10Gi", "1Gi")), {
        is: "Maximum size of each node's journal of messages that wait for the search cluster. Above it, the oldest messages are lost.",
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
        { is: "Threads of each node's buffers. Each may use a CPU core: Graylog's CPU limit is at least their sum." },
      ),
      groups: key(
        z
          .array(
            z.strictObject({
              group: key(formats.plainText(200, "ops"), {
                is: "The name of the group in the identity provider.",
                changing: "Members get the role with their next request.",
              }),
              role: key(formats.plainText(100, "Admin"), {
                is: "The role in Graylog, such as `Admin` or `Reader`.",
                changing: "Members get the role with their next request.",
              }),
            }),
          )
          .default([{ group: "admin", role: "Admin" }]),
        {
          is: "Roles of users who log in at the gateway, by group. The first match is used.",
          changing: "Restarts its pods. Users get the role with their next request.",
          accepts: "a list of groups with roles",
        },
      ),
      otherwise: key(formats.plainText(100, "Reader").default("Reader"), {
        is: "The role of users who are in none of the groups. `none` denies access.",
        changing: "Restarts its pods. Users get the role with their next request.",
      }),
      ...logContent(profile, applied),
    })
    .prefault({});
}

function collector(sized: Sized) {
  return z
    .strictObject({
      enabled: key(z.boolean().default(true), {
        is: "Whether Fluent Bit runs on every node. Without it, Graylog receives only messages from other senders.",
        changing: "Buffered messages stay on the nodes.",
      }),
      transport: key(z.enum(["gelf", "syslog"]).default("gelf"), {
        is: "`gelf` is GELF over TCP, with all Kubernetes fields. `syslog` is syslog over UDP, which may lose messages and has the text only.",
        changing: "Restarts the collector on every node.",
      }),
      journal: key(formats.absolutePath().default("/var/log/journal"), {
        is: "Directory of the systemd journal on the nodes: `/run/log/journal` if it is in memory, `/none` if there is none.",
        changing: "Restarts the collector on every node.",
      }),
      buffer: key(formats.bytes().default(sized("2Gi", "256Mi")), {
        is: "Maximum size of the disk buffer on each node, for logs of pods and of hosts each. Above it, the oldest messages are lost.",
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
        { is: "Requests and limits of each pod.", changing: "Restarts the collector on every node." },
      ),
    })
    .prefault({});
}
