import type { AdministratorBinding } from "../kit/bindings.ts";
import { verifiesServer } from "../kit/database-tls.ts";
import type { Task } from "../kit/pod.ts";
import { paths } from "./repository.ts";
import type { serverFolder } from "./scripts.ts";

/** A PostgreSQL server, and its databases that are backed up. */
export interface DatabaseServer {
  /** Whose it is. */
  readonly kind: keyof typeof serverFolder;
  readonly server: AdministratorBinding;
  readonly databases: readonly string[];
  /** Tables that must have rows after a restore, by database. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
}

/** The first part of the names of a server's CronJobs. */
export function jobStem(what: string, kind: DatabaseServer["kind"]): string {
  return kind === "platform" ? what : `${what}-${kind}`;
}

/** The variables of libpq (PostgreSQL, "Environment Variables"). */
export function login({ host, port, user, password, tls }: AdministratorBinding): NonNullable<Task["env"]> {
  const plain = { PGCONNECT_TIMEOUT: "30", PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password };
  if (tls === undefined) return plain;
  if (tls === "disable" || !verifiesServer(tls)) return { ...plain, PGSSLMODE: tls === "disable" ? tls : tls.mode };
  const root = tls.authority === undefined ? "system" : `${paths.authority}/${tls.authority.key}`;
  return { ...plain, PGSSLMODE: tls.mode, PGSSLROOTCERT: root };
}
