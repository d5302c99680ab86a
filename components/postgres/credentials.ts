import type { CredentialSpec } from "../kit/credential.ts";

/** The engine of PostgreSQL: repmgr with pgpool, the CloudNativePG operator, or an existing server. */
export type Engine = "postgresql-ha" | "cloudnative-pg" | "external";

const initialOnly =
  "PostgreSQL reads it only when its data directory is first created: change it on the server (docs/recovery.md)";

/** The generated credentials of the servers themselves. An existing server has its own. */
export const serverCredentials = {
  "postgresql-ha": {
    superuser: { name: "postgresql-superuser", recipe: { refuse: initialOnly } },
    replication: { name: "postgresql-replication", recipe: { refuse: initialOnly } },
    poolerCheck: { name: "pgpool-check", recipe: { refuse: initialOnly } },
    poolerAdmin: { name: "pgpool-admin", recipe: { rotate: "restarts pgpool" } },
  },
  "cloudnative-pg": {
    superuser: {
      name: "postgresql-superuser",
      recipe: { rotate: "the operator sets it on the server; the database Jobs use it the next time they run" },
    },
  },
  external: {},
} as const satisfies Record<Engine, Record<string, CredentialSpec>>;

/** The credential of one database's role. */
export function databaseCredential(name: string): CredentialSpec {
  return {
    name: `${name}-database`,
    recipe: {
      rotate:
        "a Job sets it with ALTER ROLE; then its consumers restart, whose old pods cannot open connections meanwhile",
    },
  };
}

/** All generated credentials of an engine with these databases. */
export function postgresCredentials(engine: Engine, databases: readonly string[]): CredentialSpec[] {
  return [...Object.values<CredentialSpec>(serverCredentials[engine]), ...databases.map(databaseCredential)];
}
