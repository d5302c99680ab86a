import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";
import { schedule } from "./schedule.ts";

/** Copies of whole namespaces by Velero. */
export function veleroKey() {
  const nextRun = "The next backups are made this way.";
  return key(
    z
      .strictObject({
        namespaces: key(z.array(formats.name()).default([]), {
          is: "Namespaces of the stack that Velero copies to the bucket `backup`: their objects and volumes. It comes in addition to the backups by restic.",
          unset: "Velero is not installed.",
          changing:
            "Removing a namespace keeps its backups until they are as old as `keep`. Removing the last one removes Velero, and keeps all backups in the bucket.",
          accepts: "a list of names of namespaces",
        }),
        schedule: schedule("45 2 * * *", "When each namespace is copied."),
        keep: key(formats.duration().default("14d"), {
          is: "The age at which Velero deletes a backup and its snapshots.",
          changing: "Applies to backups that are made from then on.",
        }),
        maxAge: key(formats.duration().default("36h"), {
          is: "The age of the last backup of a namespace at which an alert fires. It must be longer than the time between two runs of `schedule`.",
          changing: "Changes an alert.",
        }),
        volumes: key(z.enum(["all", "snapshots", "none"]).default("all"), {
          is: "Which volumes are copied. `snapshots`: those of storage classes with a `snapshotClass`, by a snapshot that stays in the storage system. `all`: these, and the others file by file to the bucket. For that, an agent on each node reads the volumes of all pods as root, and the namespace `velero` is privileged; there is no agent if every class has a `snapshotClass`. `none`: only objects.",
          changing: nextRun,
        }),
        secrets: key(z.boolean().default(false), {
          is: "Whether Secrets are copied. Velero does not encrypt objects: everyone who can read the bucket can read them. Secrets of the stack are also in Pulumi's state.",
          changing: nextRun,
        }),
      })
      .prefault({}),
    { is: "Copies of whole namespaces by Velero, of which a namespace can be restored as it was." },
  );
}
