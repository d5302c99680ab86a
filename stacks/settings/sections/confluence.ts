import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const restarts = "Restarts Confluence.";
const another = "Creates another Confluence with claims of its own. The old claims are kept.";

/** Confluence, on the platform's PostgreSQL or on one of its own. */
export function confluenceSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    confluence: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether the stack runs Confluence. New Data Center licenses are sold until 2026-03-30, and Confluence becomes read-only on 2029-03-28 (docs/confluence.md).",
            changing: "Turning it off deletes Confluence. In prod, its claims are kept; its database is always kept.",
          }),
          namespace: key(formats.shortName().default("confluence"), {
            is: "The namespace of Confluence and of a database of its own.",
            changing: another,
          }),
          name: key(formats.shortName().default("confluence"), {
            is: "The middle of the names of its objects, such as `dep-NAME`, and the label `app`.",
            changing: another,
          }),
          labels: key(z.record(formats.labelKey(), formats.labelValue()).default({}), {
            is: "Additional labels of its objects and pods, such as `zone` and `env`. The value of `env` is also part of the name of the database's Secret.",
            changing: restarts,
            accepts: "an object of labels; values must be strings",
          }),
          host: key(formats.plainHost().default("confluence"), {
            is: "The host: `NAME` for NAME.DOMAIN, or a full host name.",
            changing: `${restarts} Then change the base URL in Confluence, too.`,
          }),
          replicas: key(z.number().int().min(0).max(20).default(1), {
            is: "The number of nodes: 1, more with `cluster`, or 0 to stop Confluence.",
            unit: "pods",
            changing:
              "Starts or stops nodes, the highest number first. Their claims are kept. A dedicated server of the database restarts, because it then accepts more connections.",
          }),
          cluster: key(cluster(sized).optional(), {
            is: "A cluster of nodes with a shared home. `{}` has the shared home on the storage role `shared`.",
            unset: "One pod with a home of its own.",
            changing:
              "Replaces the pod by nodes. Stop Confluence first (`replicas: 0`), and set `moveHome`: without it, the plan refuses the loss of the home (docs/confluence.md).",
          }),
          licenseSecret: key(formats.secretName().optional(), {
            is: "The secret with the Data Center license.",
            unset: "The setup in the browser asks for it.",
            changing: "Only a new installation reads it; later, change the license in Confluence.",
            secret: true,
          }),
          heap: key(formats.bytes().default(sized("2Gi", "1Gi")), {
            is: "Java heap. `resources.memoryLimit` must be at least 1Gi larger.",
            changing: restarts,
          }),
          resources: key(
            formats.resources(
              sized(
                { cpu: "1", memory: "3Gi", memoryLimit: "4Gi" },
                { cpu: "500m", memory: "1536Mi", memoryLimit: "2560Mi" },
              ),
              "Confluence",
            ),
            { is: "Requests and limits of Confluence.", changing: restarts },
          ),
          storage: key(formats.bytes().default(sized("20Gi", "8Gi")), {
            is: "Size of the claim of its home (storage role `bulk`), with attachments and the search index.",
            changing: "Grows the volume, if its class allows it. Shrinking is not possible.",
          }),
          backups: key(folder("Existing backups stay in the old folder.").optional(), {
            is: "A folder for Confluence's own backups, apart from its home: an export of an NFS server, writable for user ID 2002. `{ path: /confluence }` is a folder of the stack's own server. Not for a cluster.",
            unset: "Backups are in the home.",
            changing: "Existing backups stay in the old folder.",
          }),
          connections: key(z.number().int().min(10).max(500).default(sized(60, 20)), {
            is: "Maximum number of database connections of one node.",
            unit: "connections",
            changing: restarts,
          }),
          database: key(database(), { is: "Confluence's database." }),
          login: key(z.enum(["form", "platform"]).default("form"), {
            is: "`platform` creates a client at the identity provider, with which single sign-on is configured in Confluence (docs/confluence.md).",
            changing: "Creates or deletes the client.",
          }),
        })
        .prefault({}),
      { is: "Confluence Data Center, a wiki." },
    ),
  };
}

function folder(changing: string) {
  return z.strictObject({
    server: key(formats.address().optional(), {
      is: "The host name or IP address of the NFS server, as the cluster's nodes resolve it.",
      unset: "The stack's own server (`nfs.server`).",
      changing,
    }),
    path: key(formats.absolutePath(), {
      is: "The exported folder on the server. On the stack's own server: `/NAME`, which is created.",
      changing,
    }),
  });
}

function cluster(sized: <T>(prod: T, dev: T) => T) {
  const kept = "Existing files stay in the old folder: copy them while Confluence is stopped.";
  return z.strictObject({
    sharedHome: key(folder(kept).optional(), {
      is: "The folder of the shared home: an export of an NFS server, writable for user ID 2002. `{ path: /confluence }` is a folder of the stack's own server.",
      unset: "A claim with the storage role `shared`, whose class must offer ReadWriteMany.",
      changing: kept,
    }),
    sharedStorage: key(formats.bytes().default(sized("20Gi", "8Gi")), {
      is: "Size of the claim of the shared home, with attachments. Without effect on a folder.",
      changing: "Grows the volume, if its class allows it. Shrinking is not possible.",
    }),
    setupFinished: key(z.boolean().default(false), {
      is: "Whether the setup in the browser is finished: `https://HOST/status` answers `RUNNING`. Required for more than one node.",
      changing: "Nothing by itself.",
    }),
    moveHome: key(z.boolean().default(false), {
      is: "Whether Confluence ran without a cluster before: its claim is kept, and a Job copies its files to an empty shared home before the first node starts.",
      changing: "Turning it off removes the old claim, which the plan refuses as data loss.",
    }),
  });
}

function database() {
  return z
    .strictObject({
      kind: key(z.enum(["platform", "dedicated"]).default("platform"), {
        is: "The platform's PostgreSQL, which may also be an existing server, or a `dedicated` server with one replica.",
        changing: "Starts with an empty database: move the data with a dump first.",
      }),
      storage: key(formats.bytes().default("15Gi"), {
        is: "Size of the claim of the dedicated server (storage role `fast`).",
        changing: "Grows the volume, if its class allows it. Shrinking is not possible.",
      }),
      resources: key(
        formats.resources({ cpu: "500m", memory: "300Mi", memoryLimit: "1000Mi" }, "dedicated PostgreSQL"),
        { is: "Requests and limits of the dedicated server.", changing: "Restarts the server." },
      ),
      adminer: key(adminer(), {
        is: "Adminer, a user interface of the dedicated server, behind the platform's login.",
      }),
    })
    .prefault({});
}

function adminer() {
  return z
    .strictObject({
      enabled: key(z.boolean().default(false), {
        is: "Whether Adminer runs next to the dedicated server. Not possible in prod.",
        changing: "Restarts the server.",
      }),
      host: key(formats.plainHost().default("confluencedb"), {
        is: "Its host: `NAME` for NAME.DOMAIN, or a full host name.",
        changing: "Creates another host name and certificate.",
      }),
    })
    .prefault({});
}
