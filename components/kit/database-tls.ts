import type { SecretKey } from "./secret.ts";

/** How a client encrypts its connection to PostgreSQL: libpq's `sslmode` (PostgreSQL, "SSL Support", table 32.1). */
export const sslModes = ["verify-full", "verify-ca", "require", "disable"] as const;
export type SslMode = (typeof sslModes)[number];

/** TLS to a database. */
export interface DatabaseTls {
  readonly mode: Exclude<SslMode, "disable">;
  /** The CA certificates in PEM, in the consumer's own namespace. Default: the public CAs of the consumer's image. */
  readonly authority?: SecretKey;
}

/** Whether the client verifies the server's certificate. */
export function verifiesServer({ mode }: DatabaseTls): boolean {
  return mode !== "require";
}

/**
 * The parameters of a JDBC URL (pgJDBC, "Connecting to the Database", SSL), `?` included.
 * @param folder the folder in which the authority's Secret is mounted
 * @param system the parameter that makes the driver use the public CAs of the image: without one, it requires a file
 */
export function jdbcParameters(tls: DatabaseTls, folder: string, system: string): string {
  if (!verifiesServer(tls)) return `?sslmode=${tls.mode}`;
  return `?sslmode=${tls.mode}&${tls.authority === undefined ? system : `sslrootcert=${folder}/${tls.authority.key}`}`;
}
