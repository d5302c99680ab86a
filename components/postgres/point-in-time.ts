import { accountAnnotations, isAmazonEndpoint } from "../kit/bindings.ts";
import type { Bucket } from "../kit/bindings.ts";
import type { ChartPods } from "../kit/ledger.ts";
import type { Values } from "../kit/merge.ts";
import { Pods } from "../kit/pods.ts";
import { resources } from "../kit/resources.ts";
import { plainSchedule } from "../kit/schedule.ts";

/** The archive of a server's write-ahead log, and its base backups. */
export interface PointInTime {
  /** The bucket, as the servers' pods reach it. */
  readonly bucket: Bucket;
  /** The name of the archive in the bucket (`serverName` of the plugin). */
  readonly archive: string;
  /** When base backups are made: a cron schedule in UTC. */
  readonly schedule: string;
  /** How far back a time can be recovered, as barman writes it: `7d`, `4w`. */
  readonly keep: string;
  /** The CA certificates in PEM that may have issued the store's certificate. Default: the public CAs of the image. */
  readonly authorities?: string;
  /** A second server with the data of a time. Default: none. */
  readonly recovery?: Recovery;
}

/** A server that is made of a base backup and of the write-ahead log up to a time. */
export interface Recovery {
  /** ISO 8601 in UTC, such as `2026-11-20T03:00:00Z`. */
  readonly at: string;
  /** The archive that it is made of. */
  readonly archive: string;
}

/** The release of the plugin, and its Deployment. */
export const pluginRelease = "barman-cloud";

/** The name by which Clusters call the plugin (plugin-barman-cloud, internal/cnpgi/metadata/constants.go). */
const plugin = "barman-cloud.cloudnative-pg.io";

/** The key of the Secret with the store's CA certificates. */
export const authorityKey = "ca.crt";

const operator = { cpu: "10m", memory: "64Mi", memoryLimit: "256Mi" } as const;

/** The container beside each server: the requests and limits of barman-cloud, a Python process for each upload. */
const sidecar = { cpu: "20m", memory: "128Mi", memoryLimit: "1Gi" } as const;

/** The pods of the plugin. Only the operator calls them: what reads and writes the bucket runs beside the servers. */
export function pluginPods(namespace: string) {
  const labels = { "app.kubernetes.io/instance": pluginRelease, "app.kubernetes.io/name": "plugin-barman-cloud" };
  return new Pods(namespace, labels, { plugin: 9090 });
}

/** Values of the chart `plugin-barman-cloud`. */
export function pluginValues(): Values {
  return { fullnameOverride: pluginRelease, crds: { create: true }, resources: resources(operator) };
}

/** The requests of the plugin's pod. */
export function pluginChartPods(): ChartPods[] {
  return [{ name: pluginRelease, kind: "Deployment", replicas: 1, containers: [operator] }];
}

/** The requests of the container that the plugin adds to each server. */
export function archiverContainers({ pointInTime }: { readonly pointInTime?: PointInTime }) {
  return pointInTime === undefined ? [] : [sidecar];
}

/** The folder of all archives of a stack in its bucket. restic's repository is in the folder `STACK`. */
export function archiveFolder(stack: string): string {
  return `point-in-time/${stack}`;
}

/**
 * The spec of the ObjectStore (barmancloud.cnpg.io/v1), from which the plugin makes the options of barman-cloud.
 *
 * barman-cloud puts the bucket into the URL's path where it is given an endpoint, and into the host name where it is not (botocore,
 * `args.py`), and its commands that list and delete take no option for it. So Amazon's own endpoint is left out.
 *
 * @param authority the name of the Secret with the store's CA certificates, which replace the public ones
 */
export function objectStoreSpec({ bucket, keep }: PointInTime, stack: string, authority?: string) {
  const { access, endpoint, region } = bucket;
  const isAmazon = isAmazonEndpoint(endpoint);
  const key = (of: { readonly secret: { readonly name: string }; readonly key: string }) => ({
    name: of.secret.name,
    key: of.key,
  });
  return {
    configuration: {
      destinationPath: `s3://${bucket.bucket}/${archiveFolder(stack)}`,
      endpointURL: isAmazon ? undefined : endpoint,
      endpointCA: authority === undefined ? undefined : { name: authority, key: authorityKey },
      s3Credentials:
        access.kind === "keys"
          ? { accessKeyId: key(access.accessKey), secretAccessKey: key(access.secretKey) }
          : { inheritFromIAMRole: true },
      // Every barman-cloud can read gzip, also without further modules of Python.
      data: { compression: "gzip" },
      wal: { compression: "gzip", maxParallel: 2 },
    },
    retentionPolicy: keep,
    instanceSidecarConfiguration: {
      env: [
        { name: "AWS_DEFAULT_REGION", value: region },
        // Other stores refuse the checksums that boto3 adds (plugin-barman-cloud, "Object Store Providers").
        ...(isAmazon
          ? []
          : ["AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION"].map((name) => ({
              name,
              value: "when_required",
            }))),
      ],
      resources: resources(sidecar),
    },
  };
}

/** What a Cluster's spec has for its archive. @param store the name of the ObjectStore */
export function archiverSpec({ archive, bucket }: PointInTime, store: string) {
  return {
    plugins: [{ name: plugin, isWALArchiver: true, parameters: { barmanObjectName: store, serverName: archive } }],
    ...accountTemplate(bucket),
  };
}

/** What the spec of a recovered Cluster has in addition: where it comes from. It archives nothing itself. */
export function recoverySpec({ archive, at }: Recovery, bucket: Bucket, store: string) {
  const source = "archive";
  const parameters = { barmanObjectName: store, serverName: archive };
  return {
    bootstrap: { recovery: { source, recoveryTarget: { targetTime: at } } },
    externalClusters: [{ name: source, plugin: { name: plugin, parameters } }],
    ...accountTemplate(bucket),
  };
}

/** The annotations of the servers' service account, by which a cloud gives their pods a role. */
function accountTemplate({ access }: Bucket) {
  const annotations = accountAnnotations(access);
  return Object.keys(annotations).length === 0 ? {} : { serviceAccountTemplate: { metadata: { annotations } } };
}

/** The spec of the ScheduledBackup (postgresql.cnpg.io/v1). Its schedule has a field for seconds. */
export function baseBackupSpec({ schedule }: PointInTime, cluster: string) {
  return {
    schedule: `0 ${plainSchedule(schedule)}`,
    // Without a first base backup, no time can be recovered.
    immediate: true,
    backupOwnerReference: "cluster",
    cluster: { name: cluster },
    method: "plugin",
    pluginConfiguration: { name: plugin },
  };
}

/**
 * The name of a recovered server: another time makes another server, because a server takes its data only when it is created. A
 * Cluster's name has at most 50 characters (CloudNativePG, `validateName`), and a server's at most 30 (the settings).
 */
export function recoveredName(name: string, { at }: Pick<Recovery, "at">): string {
  return `${name}-at-${new Date(at).toISOString().replace(/\D/g, "").slice(0, 14)}`;
}
