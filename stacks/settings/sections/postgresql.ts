import { z } from "zod";
import { sslModes } from "../../../components/kit/database-tls.ts";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { anyRanges } from "./ranges.ts";

const restarts = "Restarts the servers one after another.";
const anotherServer =
  "Creates a new, empty database server. The claims of the old one are kept. Move the data with a dump first.";

/** The platform's PostgreSQL and the databases on it. */
export function postgresqlSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    postgresql: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(true), {
            is: "Whether the stack has PostgreSQL, in the cluster or external.",
            changing:
              "Turning it off deletes the servers. In prod they are protected, and PersistentVolumeClaims are always kept.",
          }),
          engine: key(z.enum(["postgresql-ha", "cloudnative-pg", "external"]).default("postgresql-ha"), {
            is: "How PostgreSQL runs: `postgresql-ha` is repmgr with pgpool (upstream no longer updates its images), `cloudnative-pg` is the CloudNativePG operator, `external` is an existing server.",
            changing: anotherServer,
          }),
          name: key(formats.shortName().default("pgsqlha"), {
            is: "Prefix of the servers' names.",
            changing: anotherServer,
          }),
          namespace: key(formats.name().default("sysdb"), { is: "The servers' namespace.", changing: anotherServer }),
          replicas: key(z.number().int().min(1).max(9).default(sized(3, 1)), {
            is: "Servers: one primary and its standbys, each on its own node.",
            unit: "pods",
            changing: "Adds or removes standbys. The claims of removed ones are kept.",
          }),
          maxConnections: key(z.number().int().min(20).max(10_000).default(sized(512, 100)), {
            is: "Maximum number of connections per server (`max_connections`).",
            unit: "connections",
            changing: restarts,
          }),
          sharedBuffers: key(formats.bytes().default(sized("80Mi", "32Mi")), {
            is: "Memory of a server for cached pages (`shared_buffers`): at most half of its memory limit.",
            changing: restarts,
          }),
          storage: key(formats.bytes().default(sized("20Gi", "2Gi")), {
            is: "Size of each server's PersistentVolumeClaim (storage role `fast`).",
            changing:
              "To grow, resize the claims by hand first, because claim templates are immutable (docs/recovery.md). Shrinking loses data.",
          }),
          resources: key(
            formats.resources(
              sized(
                { cpu: "500m", memory: "1Gi", memoryLimit: "2Gi" },
                { cpu: "100m", memory: "256Mi", memoryLimit: "512Mi" },
              ),
              "server",
            ),
            { is: "Requests and limits of each server.", changing: restarts },
          ),
          pooler: key(
            z
              .strictObject({
                replicas: key(z.number().int().min(1).max(9).default(sized(3, 1)), {
                  is: "Replicas of the connection pooler: pgpool, or PgBouncer with `cloudnative-pg`.",
                  unit: "pods",
                  changing: "Connections through a removed replica are closed once.",
                }),
                resources: key(
                  formats.resources(
                    sized(
                      { cpu: "100m", memory: "512Mi", memoryLimit: "1Gi" },
                      { cpu: "50m", memory: "256Mi", memoryLimit: "512Mi" },
                    ),
                    "pooler",
                  ),
                  { is: "Requests and limits of each pooler.", changing: "Restarts the poolers one after another." },
                ),
              })
              .prefault({}),
            { is: "The connection pooler, which every client connects through." },
          ),
          walStorage: key(formats.bytes().optional(), {
            is: "Size of a separate PersistentVolumeClaim for the write-ahead log, with `cloudnative-pg`.",
            unset: "The write-ahead log is on the same claim as the data.",
            changing: "It can be added later, but never removed.",
          }),
          pointInTime: key(pointInTime().prefault({}), {
            is: "The archive of the write-ahead log, with `cloudnative-pg`: with it, the servers' data can be recovered as it was at any time.",
          }),
          external: key(external().optional(), {
            is: "The existing server, for `engine: external`.",
            unset: "Required with `engine: external`.",
            changing: anotherServer,
          }),
          databases: key(z.array(database()).default([]), {
            is: "Databases for your own applications. Components of the platform create their own.",
            changing: "Removing one keeps the database and its role on the server. The Secret is deleted.",
            accepts: "a list of databases",
          }),
        })
        .prefault({}),
      { is: "The platform's PostgreSQL and its databases." },
    ),
  };
}

const laterBackups = "Affects the next base backup.";

function pointInTime() {
  return z.strictObject({
    enabled: key(z.boolean().default(false), {
      is: "Whether the write-ahead log and base backups are written to the bucket `backup` by CloudNativePG's plugin for barman-cloud. They are encrypted by the bucket only, unlike backups by restic. With `buckets.roleArn`, the role must trust the service account of the servers first (docs/backup.md).",
      changing:
        "Restarts the servers one after another. Turning it off keeps what is in the bucket, and nothing deletes it any more.",
    }),
    archive: key(formats.shortName().optional(), {
      is: "The name of the archive in the bucket. A new, empty server needs a new name: the plugin never writes to the archive of another server.",
      unset: "`postgresql.name` is used.",
      changing: "Begins a new, empty archive. Times before the change can be recovered only with `recovery.archive`.",
    }),
    schedule: key(formats.schedule("45 0 * * *").default("45 0 * * *"), {
      is: "When base backups are made. A recovery replays the write-ahead log from the last one before its time on.",
      unit: "minute, hour, day of month, month, day of week; UTC",
      changing: "Changes the schedule at once.",
    }),
    keep: key(
      formats
        .formed(/^[1-9][0-9]{0,3}[dwm]$/, 'a number of days (d), weeks (w) or months (m), such as "7d"', "7d")
        .default("7d"),
      {
        is: "How far back a time can be recovered. Older base backups and log files are deleted.",
        changing: "A shorter time deletes base backups and log files within half an hour.",
      },
    ),
    maxAge: key(formats.duration().default("36h"), {
      is: "The age of the last base backup at which an alert fires. It must be longer than the time between two runs of `schedule`.",
      changing: "Changes an alert.",
    }),
    objectStoreCa: key(z.enum(["public", "trust"]).default("public"), {
      is: "Who has issued the certificate of the object store: a public CA, or one of `certificates.trust`. barman-cloud trusts either one or the other.",
      changing: laterBackups,
    }),
    recovery: key(recovery().optional(), {
      is: "A second server beside the platform's, with the data of an earlier time. `npm run restore -- --database NAME --recovered` copies a database of it back.",
      unset: "There is no second server.",
      changing: "Removing it deletes the second server and its volumes. The platform's own servers are not affected.",
    }),
  });
}

function recovery() {
  return z.strictObject({
    at: key(
      formats.formed(
        /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/,
        'a time in UTC, such as "2026-11-20T03:00:00Z"',
        "2026-11-20T03:00:00Z",
      ),
      {
        is: "The time: after the first base backup, and before the newest log file in the archive.",
        changing: "Creates a server with the data of the other time, and deletes the present one.",
      },
    ),
    archive: key(formats.shortName().optional(), {
      is: "The name of the archive that it is made of, such as that of a server that was lost.",
      unset: "The archive of the platform's servers (`pointInTime.archive`).",
      changing: "No effect on a server that exists.",
    }),
  });
}

function external() {
  return z.strictObject({
    host: key(formats.address(), {
      is: "The server's host name or IP address.",
      changing: "Every consumer restarts and connects to the other server. Data is not moved.",
    }),
    port: key(formats.port().default(5432), {
      is: "The server's port.",
      unit: "TCP port",
      changing: "Restarts every consumer.",
    }),
    username: key(formats.plainText(63, "postgres").default("postgres"), {
      is: "A role that is allowed to create roles and databases.",
      changing: "Databases and roles are created by the new role.",
    }),
    passwordSecret: key(formats.secretName(), {
      is: "The secret with the password of that role.",
      changing: "Databases and roles are created with the new password.",
      secret: true,
    }),
    sslMode: key(z.enum(sslModes).default("verify-full"), {
      is: "TLS of all connections to the server, for components, Jobs and the Secrets of databases: `verify-full` verifies the server's certificate and host name (Kong verifies the certificate only), `verify-ca` the certificate, `require` neither, and `disable` sends everything in plaintext.",
      changing: "Restarts every consumer.",
    }),
    caBundle: key(formats.certificatePem().optional(), {
      is: "The certificates in PEM of the CAs that may sign the server's certificate, such as the bundle of its region for AWS RDS. The Secret of each database contains them as `ca.crt`.",
      unset: "The CAs of `certificates.trust` are used, or the public CAs of each client's image if there are none.",
      changing: "Restarts every consumer.",
    }),
    cidrs: anyRanges("Address ranges of the server, for network policies."),
  });
}

/** A database of an application. */
export function database() {
  return z.strictObject({
    name: key(formats.databaseName(), {
      is: "The name of the database and of its role.",
      changing: "Creates a new, empty database. The old one stays on the server.",
    }),
    namespace: key(formats.name(), {
      is: "The application's namespace, which gets the Secret `NAME-database`.",
      changing: "Creates the Secret in the other namespace and deletes it in this one.",
    }),
    extensions: key(z.array(formats.extensionName()).default([]), {
      is: "PostgreSQL extensions that the database needs.",
      changing: "Adds extensions. None is ever dropped.",
      accepts: "a list of names of extensions",
    }),
    locale: key(
      formats
        .formed(/^[A-Za-z0-9_.@-]{1,63}$/, 'a locale of the server, such as "en_US.utf8"', "en_US.utf8")
        .default("C.UTF-8"),
      {
        is: "The locale of the database: collation and character classes.",
        changing: "No effect: it is fixed when the database is created.",
      },
    ),
  });
}
