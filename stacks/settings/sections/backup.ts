import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { schedule } from "./schedule.ts";
import { veleroKey } from "./velero.ts";

const elsewhere = "A new, empty repository is created there. Existing snapshots stay in the old one.";

/** Backups of databases, what is kept of them, and their proof. */
export function backupSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  const kept = (least: number, standard: number, is: string) =>
    key(z.number().int().min(least).max(10_000).default(standard), {
      is,
      unit: "snapshots",
      changing: "A lower number deletes snapshots at the next run of `pruneSchedule`.",
    });
  return {
    backup: key(
      z
        .strictObject({
          enabled: key(z.boolean().optional(), {
            is: "Whether the databases are backed up by restic, encrypted, to the bucket `backup` or to `folder`.",
            unset: "Backups are on if `folder` is set. In prod, they are also on if `buckets.kind` is not `none`.",
            changing: "Turning it off keeps all snapshots, and the Secrets with the two passwords in prod.",
          }),
          folder: key(folder().optional(), {
            is: "A shared folder for the repository, in place of the bucket `backup`: an export of an NFS server, writable for the group ID 10001 (or with `all_squash` for every client). `{ path: /backup }` is a folder of the stack's own server.",
            unset: "The repository is in the bucket `backup`.",
            changing: elsewhere,
          }),
          schedule: schedule("15 1 * * *", "When each database is dumped."),
          except: key(z.array(formats.databaseName()).default([]), {
            is: "Databases on PostgreSQL that are not backed up. In prod each needs an exemption from the check GP110.",
            unset: "Every database is backed up.",
            changing: "Adding a database keeps its snapshots.",
            accepts: "a list of names of databases",
          }),
          files: key(
            z
              .strictObject({
                ...ownAccess(),
                except: key(
                  z
                    .array(
                      z.strictObject({
                        claim: key(
                          formats.formed(
                            /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/,
                            'the namespace and the name of a claim, such as "maps/tiles"',
                            "maps/tiles",
                          ),
                          { is: "The claim, as NAMESPACE/NAME.", changing: "Keeps its snapshots." },
                        ),
                        reason: key(formats.plainText(500, "the tiles are rendered again"), {
                          is: "Why it needs no backup. The plan shows it, and the check GP116 accepts it.",
                          changing: "Changes a text.",
                        }),
                      }),
                    )
                    .default([]),
                  {
                    is: "Claims whose files are not backed up.",
                    unset: "Every claim with files of the stack's components and applications is backed up.",
                    changing: "Adding a claim keeps its snapshots.",
                    accepts: "a list of claims, each with a reason",
                  },
                ),
              })
              .prefault({}),
            { is: "Backups of files: of claims, and of shared folders." },
          ),
          keep: key(
            z
              .strictObject({
                last: kept(1, 3, "The newest snapshots of each database that are always kept."),
                daily: kept(0, sized(14, 3), "Days with a snapshot, of which the last one each is kept."),
                weekly: kept(0, sized(8, 0), "Weeks with a snapshot, of which the last one each is kept."),
                monthly: kept(0, sized(12, 0), "Months with a snapshot, of which the last one each is kept."),
              })
              .prefault({}),
            { is: "Which snapshots of each database are kept. A snapshot that any rule keeps is kept." },
          ),
          pruneSchedule: schedule(
            "15 5 * * *",
            "When snapshots that no rule keeps are deleted, and the sizes of the last ones are compared with those before.",
          ),
          check: key(
            z
              .strictObject({
                schedule: schedule(
                  "15 6 * * 0",
                  "When the repository is checked: its structure, and a part of its data.",
                ),
                shares: key(z.number().int().min(1).max(52).default(12), {
                  is: "The number of parts of the data. Each week another part is read, so that all data is read in this number of weeks.",
                  unit: "parts",
                  changing: "The next check reads a part of the other size.",
                }),
              })
              .prefault({}),
            { is: "Checks of the repository." },
          ),
          maxAge: key(formats.duration().default("36h"), {
            is: "The age of the last backup of a database at which an alert fires. It must be longer than the time between two runs of `schedule`.",
            changing: "Changes an alert.",
          }),
          drill: key(
            z
              .strictObject({
                enabled: key(z.boolean().default(sized(true, false)), {
                  is: "Whether the last backup of each database is regularly restored into a scratch server and checked.",
                  changing: "Adds or removes the CronJobs.",
                }),
                schedule: schedule("15 8 * * 0", "When the backups are restored."),
                storage: key(formats.bytes().default(sized("20Gi", "2Gi")), {
                  is: "Size of the scratch server's volume (storage role `bulk`), which exists only during the drill. It must hold the largest database.",
                  changing: "The next drill uses the other size.",
                }),
                tables: key(
                  z
                    .record(
                      formats.databaseName(),
                      z.array(
                        formats.formed(
                          /^(?:[a-z_][a-z0-9_]{0,62}\.)?[a-z_][a-z0-9_]{0,62}$/,
                          'the name of a table, such as "public.realm"',
                          "public.realm",
                        ),
                      ),
                    )
                    .default({}),
                  {
                    is: "Tables that must have rows after a restore, by database; without a schema, of the schema `public`. They are required besides those that Groundplan knows of its own components.",
                    unset: "Of your own databases, at least one table must exist.",
                    changing: "The next drill checks these tables.",
                    accepts: "an object of lists of tables by database",
                  },
                ),
                maxAge: key(formats.duration().default("8d"), {
                  is: "The age of the last successful drill at which an alert fires.",
                  changing: "Changes an alert.",
                }),
              })
              .prefault({}),
            { is: "Drills: restores of the last backups into a scratch server that nothing else uses." },
          ),
          velero: veleroKey(),
        })
        .prefault({}),
      { is: "Backups of the databases, their retention, checks and drills." },
    ),
  };
}

function folder() {
  return z.strictObject({
    server: key(formats.address().optional(), {
      is: "The host name or IP address of the NFS server, as the cluster's nodes resolve it.",
      unset: "The stack's own server (`nfs.server`).",
      changing: elsewhere,
    }),
    path: key(formats.absolutePath(), {
      is: "The exported folder on the server. On the stack's own server: `/NAME`, which is created.",
      changing: elsewhere,
    }),
  });
}

/** The key or role of pods in the namespaces of claims. */
function ownAccess() {
  const changing = "The next backups of files use it.";
  const unset = "They use the key or role of `buckets`, which can delete every backup.";
  return {
    accessKeyId: key(formats.plainText(128, "AKIAIOSFODNN7EXAMPLE").optional(), {
      is: "The ID of an access key of their own for pods that back up files, where `buckets` has a key. It needs no right to delete more than locks (docs/backup.md).",
      unset,
      changing,
    }),
    secretAccessKeySecret: key(formats.secretName().optional(), {
      is: "The secret with its secret access key.",
      unset: "Required with `accessKeyId`.",
      changing,
      secret: true,
    }),
    roleArn: key(formats.roleArn().optional(), {
      is: "An AWS role of their own for pods that back up files, where `buckets` has a role. It must trust the service account `backup` of the namespaces of claims. It needs no right to delete more than locks (docs/backup.md).",
      unset,
      changing,
    }),
  };
}
