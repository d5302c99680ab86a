import { at, records } from "../../components/kit/unknown.ts";
import { visibleTextAt } from "./hidden.ts";
import type { Item } from "./items.ts";
import type { Risk } from "./loss.ts";

/** An object that changes or goes. */
interface Case {
  readonly old: Item;
  readonly fresh?: Item;
  /** It goes: deleted, or replaced. */
  readonly goes: boolean;
}

type Told = Omit<Risk, "name" | "change">;

/** What becomes of the archive of PostgreSQL's write-ahead log when its store (`barmancloud.cnpg.io/ObjectStore`) changes. */
export function archivePlace({ fresh, goes, old }: Case): Told | undefined {
  const was = place(old);
  if (goes)
    return {
      effect: "exposed",
      reason: `nothing is archived to ${was} from then on: later times cannot be recovered, and nothing deletes what is there`,
      remedy: "keep postgresql.pointInTime.enabled: true, or name it in allowDataLoss where dumps are enough",
    };
  const is = place(fresh);
  if (was === is) return undefined;
  return {
    effect: "orphaned",
    reason: `the archive begins again at ${is}: earlier times are in ${was}, where nothing deletes them`,
    remedy: "copy the archive to the new place first, or keep the old one until its times are not needed",
  };
}

/** What becomes of the archive of a server (`postgresql.cnpg.io/Cluster`) whose name in the store changes. */
export function archiveOfServer({ fresh, goes, old }: Case): Told | undefined {
  const [was, is] = [archiveName(old), archiveName(fresh)];
  if (goes || was === undefined || is === undefined || was === is) return undefined;
  return {
    effect: "orphaned",
    reason: `the archive ${was} ends, and ${is} begins empty: earlier times can be recovered only with the name ${was}, and nothing deletes them`,
    remedy: "keep postgresql.pointInTime.archive while the servers keep their data",
  };
}

function place(store: Item | undefined): string {
  return visibleTextAt(store?.body, "spec", "configuration", "destinationPath") ?? "another place";
}

/** The name of a server's archive: its own by default (plugin-barman-cloud, "Parameters"); undefined: it has none. */
function archiveName(server: Item | undefined): string | undefined {
  const plugin = records(at(server?.body, "spec", "plugins")).find(({ isWALArchiver }) => isWALArchiver === true);
  return plugin && (visibleTextAt(plugin, "parameters", "serverName") ?? server?.name);
}
