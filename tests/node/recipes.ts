// How the images of a stack are made where no registry can be asked: by repository, from packages.
import { fail } from "node:assert/strict";
import { join } from "node:path";
import { program, resticProgram } from "../backup/deployed.ts";
import { run } from "../cluster/cluster.ts";
import { goFile } from "./programs.ts";
import type { Recipe } from "./images.ts";

/** Debian's programs, of all images that hold some: one file system, so that the node keeps it once. */
const packages = ["postgresql", "socat", "procps", "prometheus-postgres-exporter", "rclone"];

const here = import.meta.dirname;

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

const recipes: Readonly<Record<string, (tag: string) => Recipe>> = {
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
  restic: () => ({
    packages,
    files: {
      "usr/bin/restic": fileOf(resticProgram() ?? fail("restic 0.17 or later is missing: docs/testing-node.md")),
    },
    entrypoint: ["/usr/bin/restic"],
  }),
  versitygw: () => ({
    packages,
    files: { "usr/bin/versitygw": fileOf(program("versitygw") ?? fail("versitygw is missing: docs/testing-node.md")) },
    entrypoint: ["/usr/bin/versitygw"],
  }),
  wiki: () => ({ packages }),
  probe: () => alone(goFile(join(here, "probe.go"))),
  ...Object.fromEntries(
    ["controller", "webhook", "cainjector", "startupapicheck"].map((part) => [
      `cert-manager-${part}`,
      (version: string) => alone(certManager(version), ...(part === "startupapicheck" ? [] : [part])),
    ]),
  ),
};

/** cert-manager's programs in one, compiled as a part of cert-manager's module, whose internal packages it uses. */
function certManager(version: string): string {
  const module = "github.com/cert-manager/cert-manager";
  return goFile(join(here, "cert-manager.go"), `${module}/groundplan-test`, `${module}@${version}`);
}

/** A program that is all that its image holds. */
function alone(program: string, ...args: readonly string[]): Recipe {
  return { files: { program }, entrypoint: ["/program", ...args], user: "65534" };
}

/** The file of a program on PATH. */
function fileOf(name: string): string {
  return run("sh", ["-c", 'command -v "$1"', "sh", name]).out.trim();
}

/** Whether there is a recipe for an image. */
export function isKnown(image: string): boolean {
  return repositoryOf(image) in recipes;
}

/**
 * How to make an image; builds the programs that it needs.
 * @throws Error where there is no recipe
 */
export function recipeOf(image: string): Recipe {
  const recipe = recipes[repositoryOf(image)] ?? fail(`no recipe for ${image}`);
  return recipe(/:([^/:@]+)(@|$)/.exec(image)?.[1] ?? "");
}

/** The last part of a repository's name. */
function repositoryOf(image: string): string {
  return /([^/:@]+)(:[^/:@]+)?(@.*)?$/.exec(image)?.[1] ?? "";
}
