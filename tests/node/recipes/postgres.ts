// PostgreSQL of a stack and outside of one, from Debian's packages.
import { packages } from "./packages.ts";
import type { Recipes } from "../images.ts";

/** PostgreSQL 15 in place of 17, alone in place of repmgr's cluster, with the settings of the chart's environment. */
const postgresServer = `#!/bin/bash
set -e
PATH=/usr/lib/postgresql/15/bin:$PATH
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" -A scram-sha-256 -E UTF8 --locale=C.UTF-8
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  echo "include_dir = '/bitnami/postgresql/conf/conf.d'" >> "$PGDATA/postgresql.conf"
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections="$POSTGRESQL_MAX_CONNECTIONS"
`;

/** A PostgreSQL that is not the stack's own, as a service outside has it. */
const otherServer = `#!/bin/bash
set -e
PATH=/usr/lib/postgresql/15/bin:$PATH
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb -D "$PGDATA" -U postgres --pwfile=<(printf %s "$POSTGRES_PASSWORD") -A scram-sha-256 -E UTF8 --locale=C.UTF-8
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp
`;

/** What the chart's probes and its hook before the end call of bitnami's libraries. */
const repmgrFunctions = `
PATH=/usr/lib/postgresql/15/bin:$PATH
POSTGRESQL_ENABLE_TLS=no POSTGRESQL_USERNAME=postgres POSTGRESQL_DATABASE=postgres
POSTGRESQL_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
is_boolean_yes() { [ "$1" = yes ] || [ "$1" = true ]; }
debug_execute() { "$@"; }
info() { echo "$@"; }
retry_while() { "$1"; }
postgresql_enable_nss_wrapper() { :; }
repmgr_check_status() { :; }
repmgr_get_primary_node() { echo other; }
repmgr_get_upstream_node() { echo other; }
postgresql_stop() { pg_ctl -D "$PGDATA" -m fast stop; }
`;

/** Connections go on to the first server as they come; pgpool's own list of users is not looked at. */
const pooler = `#!/bin/bash
backend=\${PGPOOL_BACKEND_NODES#*:}
backend=\${backend%%,*}
socat "UNIX-LISTEN:/opt/bitnami/pgpool/tmp/.s.PGSQL.5432,fork,unlink-early" "TCP:$backend" &
exec socat "TCP-LISTEN:5432,fork,reuseaddr,max-children=$PGPOOL_NUM_INIT_CHILDREN" "TCP:$backend"
`;

const poolerHealth = `#!/bin/bash
PGPASSWORD=$(< "$PGPOOL_POSTGRES_PASSWORD_FILE") exec psql -U postgres -d postgres -h 127.0.0.1 -tA -c 'SELECT 1'
`;

export const postgresImages: Recipes = {
  // The drill starts a server of its own, as the image's user.
  postgres: () => ({
    packages,
    scripts: {
      "etc/passwd": "root:x:0:0::/root:/bin/sh\npostgres:x:70:70::/tmp:/bin/sh\nuser:x:1001:1001::/tmp:/bin/sh\n",
    },
    env: { PATH: "/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
  }),
  "postgresql-repmgr": () => ({
    packages,
    scripts: {
      "entrypoint.sh": postgresServer,
      "opt/bitnami/scripts/libpostgresql.sh": repmgrFunctions,
      "opt/bitnami/scripts/librepmgr.sh": "",
      "opt/bitnami/scripts/postgresql-env.sh": "",
    },
    entrypoint: ["/entrypoint.sh"],
    user: "1001",
  }),
  pgpool: () => ({
    packages,
    scripts: { "entrypoint.sh": pooler, "opt/bitnami/scripts/pgpool/healthcheck.sh": poolerHealth },
    entrypoint: ["/entrypoint.sh"],
    user: "1001",
  }),
  "postgres-exporter": () => ({ packages, entrypoint: ["/usr/bin/prometheus-postgres-exporter"], user: "1001" }),
  "other-server": () => ({
    packages,
    scripts: { "entrypoint.sh": otherServer },
    entrypoint: ["/entrypoint.sh"],
    user: "1001",
  }),
};
