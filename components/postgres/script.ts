import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import type { SslMode } from "../kit/database-tls.ts";

/**
 * The Job that gives one consumer its own role, password and database on PostgreSQL 13 or later, as text.
 *
 * The Job never holds the password. It sends a SCRAM-SHA-256 verifier, which PostgreSQL stores as it is: no log, activity
 * view or pooler can show a password, and a repeated run compares two texts. psql's `\password` would draw a new salt each
 * time; a trial login proves nothing behind `trust`, or a pooler with sessions that the old password opened.
 */

/** What one consumer gets, and where. No field is secret. Names have 1 to 63 bytes of UTF-8. */
export interface DatabaseSpec {
  /** Name or address of the server, its read-write service or its pooler (in session mode, without load balancing). */
  host: string;
  /** Default 5432. */
  port?: number;
  /** A changed name makes a second database; the first one stays. */
  database: string;
  /** Owner of the database. A changed name makes a second role, which takes over the database but not what is in it. */
  role: string;
  /** Extensions to create, in this order. Default none. One that is left out later is not dropped. */
  extensions?: readonly string[];
  /** LC_COLLATE and LC_CTYPE of a new database, such as `en_US.utf8`. Default: the server's. Later changes do nothing. */
  locale?: string;
  /** Database that the administrator connects to first. Default `postgres`. */
  maintenanceDatabase?: string;
  /** libpq's sslmode. Default `prefer`. */
  sslMode?: SslMode | "prefer";
  /** Path of the mounted authority for `verify-ca` and `verify-full`, or `system`: the CAs of the image. Default: none. */
  sslRootCertificate?: string;
  /** Seconds to wait for the server, and once more for the new database. Default 300. */
  waitSeconds?: number;
}

/** Variables that the pod takes from Secrets: the administrator's name and password, and {@link scramVerifier}'s text. */
export const SECRET_VARIABLES = { user: "PGUSER", password: "PGPASSWORD", verifier: "ROLE_VERIFIER" } as const;
/** Key of {@link databaseScripts} that the container runs with `sh`; the other files lie beside it. */
export const ENTRY_SCRIPT = "provision.sh";

// NAMEDATALEN - 1: PostgreSQL cuts a longer name off without an error.
const NAME_BYTES = 63;

function textProblems(label: string, value: string): string[] {
  if (value === "") return [`${label} is empty`];
  // Neither an environment variable nor a PostgreSQL text can hold NUL.
  return value.includes("\0") || !value.isWellFormed() ? [`${label} is not valid text: NUL or half a character`] : [];
}

function nameProblems(label: string, value: string): string[] {
  const bytes = Buffer.byteLength(value);
  if (bytes <= NAME_BYTES) return textProblems(label, value);
  return [`${label} "${value}" has ${bytes} bytes; PostgreSQL keeps ${NAME_BYTES} and cuts the rest off`];
}

/** Everything that is wrong with a specification, one plain sentence each; empty when it can be used. */
export function databaseProblems(spec: DatabaseSpec): string[] {
  const { port = 5432, database, role, extensions = [], maintenanceDatabase = "postgres", waitSeconds = 300 } = spec;
  const problems = [
    ...textProblems("host", spec.host),
    ...nameProblems("maintenanceDatabase", maintenanceDatabase),
    ...nameProblems("database", database),
    ...nameProblems("role", role),
    ...extensions.flatMap((name) => nameProblems("extension", name)),
    ...textProblems("locale", spec.locale ?? "C"),
    ...textProblems("sslRootCertificate", spec.sslRootCertificate ?? "/"),
  ];
  if (!Number.isInteger(port) || port < 1 || port > 65535) problems.push(`port is ${port}; it goes from 1 to 65535`);
  if (!Number.isInteger(waitSeconds) || waitSeconds < 1)
    problems.push(`waitSeconds is ${waitSeconds}; it must be a whole number from 1 on`);
  if (["postgres", "template0", "template1", maintenanceDatabase].includes(database))
    problems.push(`database "${database}" belongs to the server; choose another name`);
  // get_rolespec_oid and IsReservedName in PostgreSQL's source; `postgres` is the administrator nearly everywhere.
  if (["postgres", "public", "none"].includes(role) || role.startsWith("pg_"))
    problems.push(`role "${role}" belongs to the server; choose another name`);
  // check_valid_extension_name in PostgreSQL's extension.c.
  for (const name of extensions.filter((name) => /--|^-|-$|[/\\]/.test(name)))
    problems.push(`extension "${name}" is no extension name: no slash, no "--", no hyphen at either end`);
  return problems;
}

/**
 * The plain environment variables of the Job, sorted by name.
 *
 * The values are raw. In a pod's `env[].value` Kubernetes replaces `$(NAME)` and halves `$$`, so write each `$` twice
 * there, or pass the record as a ConfigMap with `envFrom`, which replaces nothing.
 *
 * @throws Error that lists every problem of {@link databaseProblems}.
 */
export function databaseEnvironment(spec: DatabaseSpec): Record<string, string> {
  const problems = databaseProblems(spec);
  if (problems.length > 0) throw new Error(`This database cannot be provided:\n- ${problems.join("\n- ")}`);
  return {
    // JSON, because an extension's name may hold any separator.
    DATABASE_EXTENSIONS: JSON.stringify([...new Set(spec.extensions)]),
    DATABASE_LOCALE: spec.locale ?? "",
    DATABASE_NAME: spec.database,
    PGAPPNAME: "groundplan",
    PGCLIENTENCODING: "UTF8",
    PGCONNECT_TIMEOUT: "5",
    PGDATABASE: spec.maintenanceDatabase ?? "postgres",
    PGHOST: spec.host,
    PGPORT: String(spec.port ?? 5432),
    PGSSLMODE: spec.sslMode ?? "prefer",
    PGSSLROOTCERT: spec.sslRootCertificate ?? "",
    ROLE_NAME: spec.role,
    WAIT_SECONDS: String(spec.waitSeconds ?? 300),
  };
}

/**
 * The text that PostgreSQL keeps of a password, `SCRAM-SHA-256$4096:SALT$StoredKey:ServerKey` (RFC 5802, RFC 7677,
 * `scram_build_secret` in PostgreSQL's scram-common.c). It is secret too: it allows guessing and posing as the server.
 *
 * @param password Printable ASCII or Latin letters (U+00A1 to U+021F). Clients prepare anything else in different ways
 *   (SASLprep, RFC 4013), so it would open the database to some of them only.
 * @param salt Public text, the same on each run and different for each role, such as `STACK/HOST/ROLE`; never made
 *   from the password.
 * @throws Error without the password's text when it is empty or holds another character.
 */
export function scramVerifier(password: string, salt: string): string {
  if (password === "") throw new Error("The password of a database role is empty.");
  // SASLprep drops U+00AD, the soft hyphen. The others are in Unicode 3.2, where it is NFKC alone.
  if (!/^[\x20-\x7e\u00a1-\u00ac\u00ae-\u021f]+$/.test(password))
    throw new Error("The password of a database role holds a character beyond printable ASCII and Latin letters.");
  const rounds = 4096;
  const saltBytes = createHash("sha256").update(salt).digest().subarray(0, 16);
  const salted = pbkdf2Sync(password.normalize("NFKC"), saltBytes, rounds, 32, "sha256");
  const key = (label: string) => createHmac("sha256", salted).update(label).digest();
  const keys = [createHash("sha256").update(key("Client Key")).digest(), key("Server Key")];
  const [text, ...texts] = [saltBytes, ...keys].map((bytes) => bytes.toString("base64"));
  return `SCRAM-SHA-256$${rounds}:${text}$${texts.join(":")}`;
}

// POSIX sh as in busybox. Without `set -u`: a missing variable gets the same plain message as an empty one. Secrets
// reach only `[` and `case`, which are part of the shell, so they stand in no argument list.
const shell = String.raw`# Gives one consumer its own role, password and database. It may run any number of times.
set -e
here=$(dirname "$0")
fail() { printf '%s\n' "$1" >&2; exit 1; }
check_name() {
  [ -n "$2" ] || fail "$1 is empty"
  [ "$(printf %s "$2" | wc -c)" -le ${NAME_BYTES} ] || fail "$1 has more than ${NAME_BYTES} bytes; PostgreSQL cuts it off"
}
check_name ROLE_NAME "$ROLE_NAME"
check_name DATABASE_NAME "$DATABASE_NAME"
[ -n "$PGUSER" ] && [ -n "$PGPASSWORD" ] || fail "PGUSER or PGPASSWORD is empty"
# PostgreSQL takes any other text for a password in clear and hashes it.
case "$ROLE_VERIFIER" in
  'SCRAM-SHA-256$4096:'*'$'*':'*) ;;
  '') fail "ROLE_VERIFIER is empty" ;;
  *) fail "ROLE_VERIFIER is not a SCRAM-SHA-256 verifier" ;;
esac
query() { psql --no-psqlrc --no-password --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 "$@"; }
# A server that starts, or a standby that is about to be promoted, is worth waiting for. The function is named in full:
# the database's owner may put its own schema in front of pg_catalog.
wait_for() {
  deadline=$(($(date +%s) + WAIT_SECONDS))
  until answer=$(query --command='SELECT pg_catalog.pg_is_in_recovery()' 2>&1) && [ "$answer" = f ]; do
    [ "$answer" != t ] || answer='the server is a standby and takes no changes'
    left=$((deadline - $(date +%s)))
    [ "$left" -gt 0 ] || fail "gave up on $1 after $WAIT_SECONDS s: $answer"
    printf 'waiting for %s, %s s left: %s\n' "$1" "$left" "$answer"
    sleep 2
  done
}
wait_for PostgreSQL
query --file="$here/server.sql"
# As a variable, because psql reads an argument with "=" or "://" as a whole connection string. The second wait is for
# poolers that open a session on each standby, where the new database arrives later.
export PGDATABASE="$DATABASE_NAME"
wait_for 'the database'
query --file="$here/database.sql"
`;

// Both sessions. pg_catalog alone is searched, so that nothing a consumer defines in its database runs as administrator.
// Two Jobs take turns, because catalogs refuse concurrent changes ("tuple concurrently updated").
const preamble = String.raw`\set SHOW_CONTEXT never
\getenv role ROLE_NAME
\getenv database DATABASE_NAME
SET search_path = pg_catalog;
SET client_min_messages = warning;
SET lock_timeout = '60s';
SELECT pg_advisory_lock(hashtext('groundplan')) AS turn \gset
`;

const server = String.raw`${preamble}\getenv locale DATABASE_LOCALE
-- The statements that carry the verifier stay out of logs and statistics. A managed server may forbid some of this.
DO $quiet$
DECLARE setting record; denied text := '';
BEGIN
  FOR setting IN SELECT name, quiet FROM pg_settings JOIN (VALUES
    ('auto_explain.log_min_duration', '-1'), ('debug_print_parse', 'off'), ('debug_print_plan', 'off'),
    ('debug_print_rewritten', 'off'), ('log_min_duration_sample', '-1'), ('log_min_duration_statement', '-1'),
    ('log_min_error_statement', 'panic'), ('log_statement', 'none'), ('log_transaction_sample_rate', '0'),
    ('pg_stat_statements.track', 'none'), ('pgaudit.log', 'none')) AS wanted (name, quiet) USING (name)
  LOOP
    BEGIN PERFORM set_config(setting.name, setting.quiet, false);
    EXCEPTION WHEN insufficient_privilege THEN denied := concat_ws(', ', nullif(denied, ''), setting.name);
    END;
  END LOOP;
  IF denied <> '' THEN
    RAISE WARNING 'a log may show the verifier, never the password: this administrator may not set %', denied;
  END IF;
END
$quiet$;
-- RAISE with a plain message: psql has no way to leave with an error code.
SELECT format('DO %L', format('BEGIN RAISE EXCEPTION USING MESSAGE = %L; END', reason)) FROM (
  SELECT format('role %I runs the server (superuser, replication or administrator) and is left alone', rolname)
  FROM pg_roles WHERE rolname = :'role' AND (rolsuper OR rolreplication OR rolname = current_user)
  UNION ALL
  SELECT format('database %I belongs to the server and is left alone', datname)
  FROM pg_database WHERE datname = :'database' AND (datistemplate OR datname IN ('postgres', current_database()))
) AS refusal (reason) \gexec

-- psql runs the columns of a row from left to right, and nothing for NULL. An existing role gets only what differs,
-- because a mere mention of some attributes needs a superuser.
SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', :'role'),
  format('SELECT %L', format('role %I: created', :'role'))
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role')
UNION ALL
SELECT CASE WHEN differs <> '' THEN format('ALTER ROLE %I %s', rolname, differs) END,
  format('SELECT %L', format('role %I: %s', rolname, coalesce('set ' || nullif(differs, ''), 'unchanged')))
FROM pg_roles, concat_ws(' ', CASE WHEN NOT rolcanlogin THEN 'LOGIN' END, CASE WHEN rolcreatedb THEN 'NOCREATEDB' END,
  CASE WHEN rolcreaterole THEN 'NOCREATEROLE' END, CASE WHEN rolbypassrls THEN 'NOBYPASSRLS' END) AS differs
WHERE rolname = :'role' \gexec

\getenv verifier ROLE_VERIFIER
\set same false
SELECT has_table_privilege('pg_authid', 'SELECT') AS comparable \gset
\if :comparable
  SELECT EXISTS (SELECT FROM pg_authid WHERE rolname = :'role' AND rolpassword = :'verifier') AS same \gset
\endif
\if :same
  \echo password of :"role": unchanged
\else
  ALTER ROLE :"role" PASSWORD :'verifier';
  \echo password of :"role": set
\endif

-- An administrator without superuser gives databases only to roles that it may become, and acts on what it inherits.
SELECT NOT (pg_has_role(:'role', 'USAGE') AND pg_has_role(:'role',
  CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)) AS stranger \gset
\if :stranger
  GRANT :"role" TO CURRENT_USER;
  \echo role :"role": granted to the administrator
\endif

SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8''', :'database', :'role')
    || CASE WHEN :'locale' = '' THEN '' ELSE format(' LOCALE %L', :'locale') END,
  format('SELECT %L', format('database %I: created', :'database'))
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
UNION ALL
SELECT CASE WHEN owner <> :'role' THEN format('ALTER DATABASE %I OWNER TO %I', datname, :'role') END,
  format('SELECT %L', format('database %I: %s', datname, CASE owner WHEN :'role' THEN 'unchanged' ELSE 'owner set' END))
FROM pg_database, pg_get_userbyid(datdba) AS owner WHERE datname = :'database' \gexec
SELECT format('database %I: keeps encoding %s and locale %s, not UTF8 %s; only a dump and a restore change them',
  datname, encoding, datcollate, :'locale')
FROM (SELECT datname, pg_encoding_to_char(encoding) AS encoding, datcollate FROM pg_database) AS present
WHERE datname = :'database' AND (encoding <> 'UTF8' OR :'locale' NOT IN ('', datcollate));

SELECT NOT has_database_privilege(:'role', :'database', 'CONNECT') OR EXISTS (
  SELECT FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) AS entry
  WHERE datname = :'database' AND entry.grantee = 0) AS open \gset
\if :open
  REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
  GRANT ALL ON DATABASE :"database" TO :"role";
  \echo access to :"database": closed to PUBLIC
\else
  \echo access to :"database": unchanged
\endif
`;

const database = String.raw`${preamble}\getenv extensions DATABASE_EXTENSIONS
CREATE SCHEMA IF NOT EXISTS public AUTHORIZATION :"role";
-- From PostgreSQL 15 on its owner is pg_database_owner, which stands for the database's owner.
SELECT CASE WHEN foreign_owner THEN format('ALTER SCHEMA public OWNER TO %I', :'role') END,
  CASE WHEN open THEN 'REVOKE ALL ON SCHEMA public FROM PUBLIC' END,
  format('SELECT %L', 'schema public: ' || CASE WHEN foreign_owner OR open THEN 'reserved' ELSE 'unchanged' END)
FROM (
  SELECT pg_get_userbyid(nspowner) NOT IN (:'role', 'pg_database_owner') AS foreign_owner, EXISTS (
    SELECT FROM aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS entry WHERE entry.grantee = 0) AS open
  FROM pg_namespace WHERE nspname = 'public'
) AS present \gexec

-- The first schema of search_path takes the extension; naming it in the statement would refuse those that choose theirs.
SELECT CASE WHEN absent THEN 'SET search_path = public' END,
  CASE WHEN absent THEN format('CREATE EXTENSION %I', name) END,
  CASE WHEN absent THEN 'SET search_path = pg_catalog' END,
  format('SELECT %L', format('extension %I: %s', name, CASE WHEN absent THEN 'created' ELSE 'unchanged' END))
FROM (
  SELECT name, place, NOT EXISTS (SELECT FROM pg_extension WHERE extname = name) AS absent
  FROM json_array_elements_text(:'extensions'::json) WITH ORDINALITY AS list (name, place)
) AS wanted ORDER BY place \gexec
`;

/** The Job's files, for a ConfigMap's `data`: always the same text, without a name or a value of any consumer. */
export function databaseScripts(): Record<string, string> {
  return { "database.sql": database, [ENTRY_SCRIPT]: shell, "server.sql": server };
}
