import { bucketSecrets } from "../../kit/bindings.ts";
import type { Bucket, BucketAccess } from "../../kit/bindings.ts";
import type { Duration } from "../../kit/quantities.ts";
import { plainSchedule } from "../../kit/schedule.ts";
import { credentialsUrl } from "../../kit/role-agent.ts";
import type { RoleAgent } from "../../kit/role-agent.ts";
import type { Json } from "../graylog/desired.ts";

/** How snapshots of the search cluster are taken. */
export interface SnapshotShape {
  /** A cron schedule as CronJobs take it, in UTC. */
  readonly schedule: string;
  /** How long a snapshot is kept; the last one stays. */
  readonly keep: Duration;
  /** Where the plugin's archive is fetched from; left out: OpenSearch's own host. */
  readonly pluginUrl?: string;
  /** Address ranges (CIDR) of that host. */
  readonly cidrs: readonly string[];
}

/** The repository of snapshots and the policy that fills it, by name. */
const snapshotNames = { repository: "logs", policy: "logs" } as const;

/** The service account of nodes that come to their bucket with a role. */
export const snapshotAccount = "opensearch";

/** What OpenSearch is made to know, as its REST API takes it. */
export interface DesiredSnapshots {
  readonly repository: { readonly name: string; readonly body: { readonly [name: string]: Json } };
  readonly policy: { readonly name: string; readonly body: { readonly [name: string]: Json } };
}

/**
 * The repository (OpenSearch, "Register a snapshot repository", Amazon S3) and the policy ("Snapshot Management API").
 * @param indices patterns of the indices that are kept
 */
export function desiredSnapshots(
  { keep, schedule }: SnapshotShape,
  { bucket }: Pick<Bucket, "bucket">,
  indices: readonly string[],
): DesiredSnapshots {
  // OpenSearch's parser (cron-utils, UNIX) knows no macros and no "?", and refuses "*/60" and "sun-tue".
  const at = { schedule: { cron: { expression: plainSchedule(schedule), timezone: "UTC" } } };
  return {
    repository: { name: snapshotNames.repository, body: { type: "s3", settings: { bucket, client: "default" } } },
    policy: {
      name: snapshotNames.policy,
      body: {
        description: "Kept by Groundplan",
        enabled: true,
        creation: { ...at, time_limit: "4h" },
        deletion: { ...at, condition: { max_age: keep, min_count: 1 }, time_limit: "1h" },
        snapshot_config: {
          date_format: "yyyy-MM-dd-HH:mm",
          date_format_timezone: "UTC",
          ignore_unavailable: "true",
          include_global_state: "false",
          indices: indices.join(","),
          // A shard that is missing is no reason to lose the others as well.
          partial: "true",
          repository: snapshotNames.repository,
        },
      },
    },
  };
}

/** The host of the plugin's archive, and its port. */
export function pluginPort({ pluginUrl }: Pick<SnapshotShape, "pluginUrl">): number {
  const { port, protocol } = new URL(pluginUrl ?? "https://artifacts.opensearch.org");
  return port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
}

/**
 * What a node is configured with, and what its chart is told: the image lacks the plugin, so that each start of a node fetches it.
 * A bucket's keys go into the node's keystore, which takes nothing from its environment.
 */
export function snapshotNode({ pluginUrl }: SnapshotShape, bucket: Bucket) {
  const { access } = bucket;
  const { agent } = access.kind === "role" ? access : {};
  if (access.kind === "role" && agent === undefined) throw new TypeError("the plugin takes a role from an agent only");
  return {
    configuration: [
      `s3.client.default.endpoint: ${JSON.stringify(bucket.endpoint)}`,
      `s3.client.default.protocol: ${new URL(bucket.endpoint).protocol.replace(":", "")}`,
      `s3.client.default.region: ${JSON.stringify(bucket.region)}`,
      `s3.client.default.path_style_access: ${bucket.pathStyle}`,
    ],
    values: {
      plugins: { enabled: true, installList: [pluginUrl ?? "repository-s3"] },
      ...(access.kind === "keys" ? { keystore: [keystore(access)] } : {}),
    },
    keys: bucketSecrets(access),
    role: agent && podIdentity(agent),
  };
}

function keystore({ accessKey, secretKey }: Extract<BucketAccess, { kind: "keys" }>) {
  return {
    secretName: accessKey.secret.name,
    items: [
      { key: accessKey.key, path: "s3.client.default.access_key" },
      { key: secretKey.key, path: "s3.client.default.secret_key" },
    ],
  };
}

/**
 * The role of the service account `account`: EKS' webhook gives a pod the same variables and a token at another path, which
 * OpenSearch's Java agent lets no plugin read, and leaves variables that are there (amazon-eks-pod-identity-webhook, `handler.go`).
 */
function podIdentity(agent: RoleAgent) {
  const folder = "/usr/share/opensearch/config/pod-identity";
  const token = { audience: "pods.eks.amazonaws.com", expirationSeconds: 86_400, path: "token" };
  return {
    account: snapshotAccount,
    environment: [
      { name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", value: credentialsUrl(agent) },
      { name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", value: `${folder}/${token.path}` },
    ],
    volume: { name: "pod-identity", projected: { sources: [{ serviceAccountToken: token }] } },
    mount: { name: "pod-identity", mountPath: folder, readOnly: true },
  };
}
