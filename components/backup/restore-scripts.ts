/** How every script begins: see scripts.ts. */
export const begin = `here=$(dirname "$0")
. "$here/common.sh"
`;

/** What scripts that restore share: psql without the user's configuration, and the dump of a snapshot as a command's input. */
const reading = `
sql() { psql -XAtqw -v ON_ERROR_STOP=1 "$@"; }
given() { store dump --quiet --no-lock --host "$STACK" --path "$FILE" "$SNAPSHOT" "$FILE"; }
# into COMMAND…: the file FILE of the snapshot SNAPSHOT as standard input of a command. Both must succeed.
into() {
  rm -f "$log.code"
  { given 2>"$log" || echo "$?" >"$log.code"; } | "$@" 2>"$log.restore" || {
    reason=$(grep -m 1 . "$log.restore" || cause)
    [ ! -s "$log.code" ] || reason=$(cause)
    fail "restore of $FILE: $reason"
  }
  [ ! -s "$log.code" ] || fail "restore of $FILE: $(cause)"
  rm -f "$log.restore"
}
`;

/**
 * What a restored database must have: tables, and rows in each of TABLES (names separated by spaces, with a schema if it is not
 * \`public\`). It prints the exact number of rows of every table as JSON, because names may contain any character.
 */
const verify = `
sql >"$log.rows" 2>"$log" <<'SQL' || fail "rows of $PGDATABASE: $(grep -m 1 . "$log")"
SET search_path = pg_catalog;
SELECT format('SELECT json_build_array(%L, count(*)) FROM %I.%I', format('%I.%I', nspname, relname), nspname, relname)
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY nspname, relname \\gexec
SQL
while IFS= read -r line; do printf 'rows %s\\n' "$line"; done <"$log.rows"
tables=$(($(wc -l <"$log.rows")))
for table in \${TABLES:-}; do
  case $table in *.*) ;; *) table="public.$table" ;; esac
  rows=$(sed -n "s/^\\[\\"$table\\", \\([0-9]*\\)\\]$/\\1/p" "$log.rows")
  [ -n "$rows" ] || fail "the restored database has no table $table"
  [ "$rows" != 0 ] || fail "the table $table of the restored database is empty"
done
rm -f "$log.rows"
[ "$tables" -gt 0 ] || fail "the restored database has no tables"
echo "verified: $tables tables of \${ORIGIN:-snapshot $SNAPSHOT} in $PGDATABASE"
`;

/**
 * Restores a dump of PGDATABASE into the new database TARGET, beside the present one, which stays as it is. TARGET gets the
 * encoding, locale, owner and access rights of PGDATABASE. It is restored under another name, so that a database called TARGET
 * is always whole and verified. With RECOVERED, the host of a server with the data of an earlier time, it is a copy of the
 * database of that server, by the same user.
 */
const restore = `${begin}${reading}
case $TARGET in *[!a-z0-9_]*) fail "TARGET is $TARGET; it may have lower-case letters, digits and _" ;; esac
FILE="$DUMPS/$PGDATABASE.dump"
SOURCE=$PGDATABASE
PART="\${TARGET}_part"
export PART SOURCE TARGET
PGDATABASE=postgres
if [ -n "\${RECOVERED:-}" ]; then
  FILE="$SOURCE of $RECOVERED"
  ORIGIN=$RECOVERED
  given() { PGHOST=$RECOVERED PGDATABASE=$SOURCE pg_dump --format=custom --no-password; }
else
  open
fi
present=$(sql 2>"$log" <<'SQL'
\\getenv target TARGET
\\getenv source SOURCE
SELECT count(*) FILTER (WHERE datname = :'target'), count(*) FILTER (WHERE datname = :'source') FROM pg_database;
SQL
) || fail "the server: $(grep -m 1 . "$log")"
case $present in
  '0|1') ;;
  '1|1')
    echo "restored already: $TARGET"
    exit 0
    ;;
  *) fail "no database $SOURCE; \\"pulumi up\\" creates it empty" ;;
esac
drop() { PGDATABASE=postgres sql -c "DROP DATABASE IF EXISTS $PART" >/dev/null 2>&1 || true; }
trap 'drop; rm -f "$log" "$log.code"' EXIT
# What a killed run has left.
drop
sql >/dev/null 2>"$log" <<'SQL' || fail "creation of $TARGET: $(grep -m 1 . "$log")"
\\getenv target PART
\\getenv source SOURCE
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L',
  :'target', pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype)
FROM pg_database WHERE datname = :'source' \\gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'target')
FROM pg_database WHERE datname = :'source' AND datacl IS NOT NULL \\gexec
SELECT format('GRANT %s ON DATABASE %I TO %s', privilege_type, :'target',
  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM pg_database, aclexplode(datacl) WHERE datname = :'source' \\gexec
SQL
into pg_restore --exit-on-error --no-password --dbname="$PART"
PGDATABASE=$PART
. "$here/verify.sh"
PGDATABASE=postgres
sql -c "ALTER DATABASE $PART RENAME TO $TARGET" 2>"$log" || fail "rename of $PART: $(grep -m 1 . "$log")"
`;

/**
 * Exchanges the names of PGDATABASE and TARGET in one transaction: the old database is then called OLD. A database with
 * connections cannot be renamed. pgpool takes a terminated session for a stopped server and fails over, except where the
 * statement passes through it with the number written out (pgpool-II, "pg_terminate_backend").
 */
const swap = `${begin}
sql() { psql -XAtqw -v ON_ERROR_STOP=1 "$@"; }
LIVE=$PGDATABASE
export LIVE TARGET OLD
PGDATABASE=postgres
state() {
  sql 2>"$log" <<'SQL'
\\getenv live LIVE
\\getenv target TARGET
\\getenv old OLD
SELECT count(*) FILTER (WHERE datname = :'live'), count(*) FILTER (WHERE datname = :'target'),
  count(*) FILTER (WHERE datname = :'old') FROM pg_database;
SQL
}
case $(state) in
  '1|1|0') ;;
  '1|0|1') echo "swapped already: $LIVE is the restored database"; exit 0 ;;
  *) fail "the databases $LIVE and $TARGET must exist, and $OLD must not" ;;
esac
tries=0
until sql --single-transaction 2>"$log" <<'SQL'
\\getenv live LIVE
\\getenv target TARGET
\\getenv old OLD
SELECT format('ALTER DATABASE %I RENAME TO %I', :'live', :'old') \\gexec
SELECT format('ALTER DATABASE %I RENAME TO %I', :'target', :'live') \\gexec
SQL
do
  tries=$((tries + 1))
  [ "$tries" -le 30 ] || fail "swap: $(grep -m 1 . "$log"); $LIVE is the old database, as before"
  sessions=$(sql <<'SQL'
\\getenv live LIVE
\\getenv target TARGET
SELECT pid FROM pg_stat_activity WHERE datname IN (:'live', :'target') AND pid <> pg_backend_pid();
SQL
) || sessions=
  for session in $sessions; do sql -c "SELECT pg_terminate_backend($session)" >/dev/null 2>&1 || true; done
  sleep 1
done
echo "swapped: $LIVE is the restored database, and the old one is $OLD"
`;

/**
 * Proves that the newest backups of PGDATABASE and of the roles can be restored, on a server of its own in DRILL_FOLDER: nothing
 * of the platform's server takes part. The server needs an account with a name, and listens on a socket only.
 */
const drill = `${begin}${reading}
SOURCE=$PGDATABASE
SNAPSHOT=latest
open
data="$DRILL_FOLDER/data"
socket="$DRILL_FOLDER/socket"
rm -rf "$data" "$socket"
mkdir -p "$socket"
clean() {
  pg_ctl stop --pgdata "$data" --mode immediate >/dev/null 2>&1 || true
  rm -rf "$data" "$socket" "$log" "$log.code"
}
trap clean EXIT
run "initdb" initdb --pgdata "$data" --username postgres --auth trust --encoding UTF8 --locale C --no-sync >/dev/null
options="-c listen_addresses='' -c unix_socket_directories='$socket' -c fsync=off -c full_page_writes=off -c max_wal_size=256MB"
pg_ctl start --wait --pgdata "$data" --log "$log.server" --options "$options" >/dev/null 2>&1 ||
  fail "start of the scratch server: $(tail -n 1 "$log.server")"
unset PGPASSWORD PGPORT
PGHOST=$socket PGUSER=postgres PGDATABASE=postgres
export PGHOST PGUSER PGDATABASE SOURCE
# The role of the scratch server itself exists already, so single statements may fail.
FILE="$DUMPS/roles.sql"
into psql -XAtqw --output /dev/null
sql >/dev/null 2>"$log" <<'SQL' || fail "creation of $SOURCE: $(grep -m 1 . "$log")"
\\getenv source SOURCE
SELECT format('CREATE DATABASE %I %s TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C''', :'source',
  (SELECT format('OWNER %I', rolname) FROM pg_roles WHERE rolname = :'source')) \\gexec
SQL
FILE="$DUMPS/$SOURCE.dump"
# An argument with "=" would be read as a connection string; pg_restore takes no other name.
case $SOURCE in *=*) fail "the name $SOURCE has a =" ;; esac
into pg_restore --exit-on-error --no-password --dbname="$SOURCE"
PGDATABASE=$SOURCE
. "$here/verify.sh"
`;

/** The scripts of restores and drills, by name. */
export const restoreScripts: Readonly<Record<string, string>> = {
  "restore.sh": restore,
  "swap.sh": swap,
  "drill.sh": drill,
  "verify.sh": verify,
};
