import { recoveredName } from "../../components/postgres/point-in-time.ts";
import type { ParsedSettings } from "../settings/schema.ts";

/** Whether PostgreSQL's write-ahead log is archived. */
export function archiveOn({ postgresql: { enabled, engine, pointInTime } }: ParsedSettings): boolean {
  return enabled && engine === "cloudnative-pg" && pointInTime.enabled;
}

/** The names of the Clusters that read or write the archive; their service accounts have the same names. */
export function archiveAccounts({ postgresql: { name, pointInTime } }: ParsedSettings): string[] {
  const { recovery } = pointInTime;
  return recovery === undefined ? [name] : [name, recoveredName(name, recovery)];
}
