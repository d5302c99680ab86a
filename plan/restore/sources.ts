import { recoveredService } from "../../components/kit/ledger.ts";
import type { BackupEntry } from "../../components/kit/ledger.ts";
import { InputError } from "../input-error.ts";
import type { Plan } from "../plan.ts";
import { minute, snapshotAt, snapshotsOf } from "./snapshots.ts";
import type { Restore } from "./steps.ts";

/** What a database is restored from. */
export interface Source {
  readonly from: Restore["from"];
  /** What the restored database's name ends with, with the time before it. */
  readonly id: string;
  /** The time of the data, in ISO 8601. */
  readonly time: string;
}

/**
 * The server with the data of an earlier time.
 * @throws InputError where the stack has none
 */
export function recoveredSource({ ledger, settings }: Pick<Plan, "ledger" | "settings">): Source {
  const { recovery } = settings.postgresql.pointInTime;
  const server = ledger.services.find(({ name }) => name === recoveredService);
  if (recovery === undefined || server === undefined)
    throw new InputError(
      'the stack has no recovered server: set postgresql.pointInTime.recovery.at, and run "pulumi up"',
    );
  return { from: { recovered: server.address.replace(/:\d+$/, "") }, id: "recovered", time: recovery.at };
}

/**
 * The newest snapshot of a backup at a time or before it.
 * @param output of `snapshots.sh`
 * @throws InputError where there is none
 */
export function snapshotSource(output: string, { data, path }: Pick<BackupEntry, "data" | "path">, at: number): Source {
  const snapshot = snapshotAt(snapshotsOf(output), path, at);
  if (snapshot === undefined) {
    const name = data.replace(/^Database /, "");
    throw new InputError(`no backup of ${name} before ${minute(new Date(at).toISOString())}`);
  }
  return { from: { snapshot: snapshot.id }, id: snapshot.id, time: snapshot.time };
}
