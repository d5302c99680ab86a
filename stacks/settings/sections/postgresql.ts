import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const restarts = "Restarts the servers one after the other.";
const anotherServer = "A new, empty database server; the old one's claims stay. Move the data with a dump first.";

/** The platform's PostgreSQL and the databases on it. */
export function postgresqlSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    postgresql: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(true), {
            is: "Whether the stack has a PostgreSQL.",
            changing: "Turning it off removes the servers; in prod they are protected, and claims always stay.",
          }),
          engine: key(z.enum(["postgresql-ha", "cloudnative-pg", "external"]).default("postgresql-ha"), {
            is: "How PostgreSQL runs: repmgr with pgpool (its images are frozen upstream), the CloudNativePG operator, or a server that exists.",
            changing: anotherServer,
          }),
          name: key(formats.shortName().default("pgsqlha"), {
            is: "First part of the servers' names.",
            changing: anotherServer,
          }),
          namespace: key(formats.name().default("sysdb"), { is: "The servers' namespace.", changing: anotherServer }),
          replicas: key(z.number().int().min(1).max(9).default(sized(3, 1)), {
            is: "Servers: one primary and its standbys, each on a node of its own.",
            unit: "pods",
            changing: "Adds or removes standbys; claims of removed ones stay.",
          }),
          maxConnections: key(z.number().int().min(20).max(10_000).default(sized(512, 100)), {
            is: "Connections that a server takes at once (`max_connections`).",
            unit: "connections",
            changing: restarts,
          }),
          sharedBuffers: key(formats.bytes().default(sized("80Mi", "32Mi")), {
            is: "Memory that a server keeps pages in (`shared_buffers`); at most half of its memory limit.",
            changing: restarts,
          }),
          storage: key(formats.bytes().default(sized("20Gi", "2Gi")), {
            is: "Size of each server's claim, on the class with the role `fast`.",
            changing:
              "Claim templates cannot change: grow the claims by hand first (docs/recovery.md); shrinking loses data.",
          }),
          resources: key(
            formats.resources(
              sized(
                { cpu: "500m", memory: "1Gi", memoryLimit: "2Gi" },
                { cpu: "100m", memory: "256Mi", memoryLimit: "512Mi" },
              ),
              "server",
            ),
            { is: "What each server asks for.", changing: restarts },
          ),
          pooler: key(
            z
              .strictObject({
                replicas: key(z.number().int().min(1).max(9).default(sized(3, 1)), {
                  is: "Replicas of the connection pooler: pgpool, or PgBouncer with `cloudnative-pg`.",
                  unit: "pods",
                  changing: "Connections through a removed replica break once.",
                }),
                resources: key(
                  formats.resources(
                    sized(
                      { cpu: "100m", memory: "512Mi", memoryLimit: "1Gi" },
                      { cpu: "50m", memory: "256Mi", memoryLimit: "512Mi" },
                    ),
                    "pooler",
                  ),
                  { is: "What each pooler asks for.", changing: "Restarts the poolers one after the other." },
                ),
              })
              .prefault({}),
            { is: "The connection pooler, through which every client goes.", changing: "See the keys." },
          ),
          walStorage: key(formats.bytes().optional(), {
            is: "Size of a claim of its own for the write-ahead log, with `cloudnative-pg`.",
            left: "The log shares the data's claim.",
            changing: "It can be added later, never removed.",
          }),
          external: key(external().optional(), {
            is: "The server that exists, for `engine: external`.",
            left: "An error with `engine: external`.",
            changing: anotherServer,
          }),
          databases: key(z.array(database()).default([]), {
            is: "Databases for applications of your own; components of the platform bring theirs along.",
            left: "None.",
            changing: "Removing one leaves the database and its role on the server; the Secret goes.",
            accepts: "a list of databases",
          }),
        })
        .prefault({}),
      { is: "The platform's PostgreSQL, and the databases on it.", changing: "See the keys." },
    ),
  };
}

function external() {
  return z.strictObject({
    host: key(formats.address(), {
      is: "The server's address.",
      left: "An error.",
      changing: "Every consumer restarts and connects to the other server; nothing is moved there.",
    }),
    port: key(formats.port().default(5432), {
      is: "The server's port.",
      unit: "TCP port",
      changing: "Restarts every consumer.",
    }),
    username: key(formats.plainText(63, "postgres").default("postgres"), {
      is: "A role that may create roles and databases.",
      changing: "Databases and roles are made by it from then on.",
    }),
    passwordSecret: key(formats.secretName(), {
      is: "The secret with that role's password.",
      left: "An error.",
      changing: "Databases and roles are made with it from then on.",
      secret: true,
    }),
    cidrs: key(z.array(formats.cidr()).min(1).default(["0.0.0.0/0"]), {
      is: "Address ranges in which the server is, for network policies.",
      unit: "CIDR",
      changing: "Network policies only.",
      accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
    }),
  });
}

function database() {
  return z.strictObject({
    name: key(formats.databaseName(), {
      is: "The database's name, and its role's.",
      left: "An error.",
      changing: "A new, empty database; the old one stays on the server.",
    }),
    namespace: key(formats.name(), {
      is: "The application's namespace: it gets the Secret `NAME-database`.",
      left: "An error.",
      changing: "The Secret is made in the other namespace, and deleted in this one.",
    }),
    extensions: key(z.array(formats.databaseName()).default([]), {
      is: "PostgreSQL extensions that the database needs.",
      left: "None.",
      changing: "Adds extensions; none is ever dropped.",
      accepts: "a list of extensions' names",
    }),
    locale: key(
      formats
        .formed(/^[A-Za-z0-9_.@-]{1,63}$/, 'a locale of the server, such as "en_US.utf8"', "en_US.utf8")
        .default("C.UTF-8"),
      {
        is: "The locale of the database: collation and character classes.",
        changing: "Nothing: it is fixed when the database is made.",
      },
    ),
  });
}
