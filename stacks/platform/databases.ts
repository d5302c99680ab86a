import { joined } from "../../components/kit/trust.ts";
import { userSecret } from "../../components/kit/secret.ts";
import { parseDuration } from "../../components/kit/quantities.ts";
import { clusterPods } from "../../components/postgres/cloudnative-pg.ts";
import { cloudNativePgWatched } from "../../components/postgres/cloudnative-pg-watched.ts";
import { postgresCredentials } from "../../components/postgres/credentials.ts";
import { recoveredName } from "../../components/postgres/point-in-time.ts";
import { postgresqlHaWatched } from "../../components/postgres/postgresql-ha-watched.ts";
import type { PostgresArgs } from "../../components/postgres/server.ts";
import type { BucketsArgs } from "../../components/storage/bucket.ts";
import { bucketCredentials } from "../../components/storage/credentials.ts";
import type { Settings } from "../settings/settings.ts";
import { awsBuckets } from "./aws.ts";
import { archiveOn } from "./archive.ts";
import { backupBucket } from "./backup.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

/** The namespace of the stack's own object store. */
const bucketsNamespace = "object-store";

export const postgresPart: Part = {
  section: "postgresql",
  on: ({ postgresql }) => postgresql.enabled,
  needs: (settings) => {
    const { engine, namespace, pointInTime } = settings.postgresql;
    if (engine === "external") return { namespaces: [{ name: namespace }] };
    const namespaces = [{ name: namespace, keepsData: true }];
    if (engine === "postgresql-ha") return { namespaces, charts: [engine], watched: [postgresqlHaWatched(namespace)] };
    const archives = archiveOn(settings);
    return {
      namespaces,
      charts: archives ? [engine, "plugin-barman-cloud"] : [engine],
      buckets: archives ? [backupBucket] : [],
      watched: [cloudNativePgWatched(namespace, archives ? parseDuration(pointInTime.maxAge) : undefined)],
    };
  },
  serves: ({ databases }, { postgresql }) => postgresCredentials(postgresql.engine, databases),
};

export const bucketsPart: Part = {
  section: "buckets",
  on: ({ buckets }) => buckets.kind !== "none",
  needs: ({ buckets }) =>
    buckets.kind === "embedded" ? { namespaces: [{ name: bucketsNamespace, keepsData: true }] } : {},
  serves: (needed, { buckets }) => (buckets.kind === "embedded" ? bucketCredentials(needed.buckets) : []),
};

/** What the settings say of PostgreSQL, as the component takes it. */
export function postgresArgs(
  settings: Settings,
  offered: Pick<Offered, "buckets" | "certificates" | "serviceMonitors">,
): PostgresArgs {
  const { certificates, postgresql, secrets } = settings;
  const { serviceMonitors } = offered;
  const { engine, external, maxConnections, name, namespace } = postgresql;
  const { pooler, replicas, resources, sharedBuffers, storage, walStorage } = postgresql;
  return {
    engine,
    external: external && {
      host: external.host,
      port: external.port,
      username: external.username,
      password: userSecret(secrets, external.passwordSecret),
      cidrs: external.cidrs,
      sslMode: external.sslMode,
      authorities: external.caBundle ?? (certificates.trust.length > 0 ? joined(certificates.trust) : undefined),
    },
    name,
    namespace,
    replicas,
    maxConnections,
    sharedBuffers,
    storage,
    walStorage,
    resources,
    pooler,
    pointInTime: archiveOn(settings) ? archiveArgs(settings, offered) : undefined,
    serviceMonitors,
  };
}

/** What the settings say of the archive of the write-ahead log. */
function archiveArgs(
  settings: Settings,
  { buckets, certificates }: Pick<Offered, "buckets" | "certificates">,
): PostgresArgs["pointInTime"] {
  const { name, namespace, pointInTime } = settings.postgresql;
  const { archive = name, keep, objectStoreCa, recovery, schedule } = pointInTime;
  // What archives runs beside the servers, and what recovers in a Job.
  const recovering = recovery && clusterPods({ name: recoveredName(name, recovery), namespace }).recovering;
  const pods = [clusterPods({ name, namespace }).servers, ...(recovering ? [recovering] : [])].map(
    ({ labels }) => labels,
  );
  const bucket = buckets?.bucket({ name: backupBucket, consumer: { namespace, pods, besides: true } });
  if (bucket === undefined) throw new TypeError("the archive has no bucket");
  return {
    bucket,
    archive,
    schedule,
    keep,
    authorities: objectStoreCa === "trust" ? joined(settings.certificates.trust) : undefined,
    recovery: recovery && { at: recovery.at, archive: recovery.archive ?? archive },
    ready: certificates === undefined ? [] : [certificates.installed],
  };
}

/** What the settings say of buckets, as the component takes it. */
export function bucketsArgs(settings: Settings): BucketsArgs {
  const { buckets, secrets } = settings;
  if (buckets.kind === "aws") return awsBuckets(settings);
  const { accessKeyId, cidrs, endpoint, kind, pathStyle, prefix = "", region, roleArn, storage } = buckets;
  const { secretAccessKeySecret } = buckets;
  if (kind !== "s3") return { kind: "embedded", namespace: bucketsNamespace, storage };
  if (endpoint === undefined) throw new TypeError("an object store that exists has an address");
  const service = { kind, endpoint, region, pathStyle, prefix, cidrs };
  if (roleArn !== undefined) return { ...service, access: { role: roleArn } };
  if (accessKeyId === undefined || secretAccessKeySecret === undefined)
    throw new TypeError("an object store that exists has a key or a role");
  return { ...service, access: { accessKeyId, secretAccessKey: userSecret(secrets, secretAccessKeySecret) } };
}
