import { repositoryScript } from "./repository-script.ts";
import { fileScripts } from "./file-scripts.ts";
import { begin, restoreScripts } from "./restore-scripts.ts";
import { sizesScript } from "./sizes-script.ts";

/**
 * The scripts of backups, as text for a ConfigMap: POSIX shell, with restic, and the programs of a PostgreSQL or MongoDB image.
 * Everything variable is in the environment: RESTIC_REPOSITORY, RESTIC_PASSWORD, and what each script names. A script that fails
 * writes one line that starts with `backup:` to standard error.
 */
export function backupScripts(): Record<string, string> {
  return {
    "common.sh": common,
    "repository.sh": repositoryScript,
    "postgresql.sh": postgresql,
    "roles.sh": roles,
    "mongodb.sh": mongodb,
    "prune.sh": prune,
    "check.sh": check,
    "sizes.sh": sizesScript,
    "snapshots.sh": snapshots,
    ...restoreScripts,
    ...fileScripts,
  };
}

/** The scripts of pods that only read and restore claims, in the namespaces of the claims. */
export function claimScripts(): Record<string, string> {
  return { "common.sh": common, ...fileScripts };
}

/** The folder of a PostgreSQL server's dumps: DUMPS in the environment of its scripts. */
export const serverFolder = { platform: "/postgresql", confluence: "/postgresql-confluence" } as const;

/** Where dumps are in a snapshot: the path that restic lists and groups by. */
export const dumpPath = {
  postgresql: (database: string, folder: string = serverFolder.platform) => `${folder}/${database}.dump`,
  roles: (folder: string = serverFolder.platform) => `${folder}/roles.sql`,
  mongodb: (database: string) => `/mongodb/${database}.archive`,
} as const;

/**
 * What every script starts with. restic repeats failed requests for 15 minutes, so the repository is first opened with a short
 * timeout. Its exit codes: 10 no repository, 11 locked, 12 wrong password (restic, "Scripting", "Exit codes").
 *
 * When restic gives up a backup, it waits for the command whose output it has stopped reading, and the command waits for a reader
 * (restic 0.18, `CommandReader.Close`): `watch` ends both.
 */
const common = `set -eu
PATH=/tools:$PATH
umask 077
log=$(mktemp "\${TMPDIR:-/tmp}/backup.XXXXXX")
trap 'rm -f "$log" "$log.stalled"' EXIT
child=
stopped() {
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || true
  [ -z "$child" ] || wait "$child" || true
  echo "backup: stopped before the end" >&2
  exit 143
}
trap stopped TERM INT

fail() {
  echo "backup: $*" >&2
  exit 1
}

# restic with the store's options; under: what starts it, such as exec or timeout. A request without any progress is repeated.
under=
store() {
  $under restic --stuck-request-timeout "\${STUCK_SECONDS:-120}s" \${S3_LOOKUP:+-o "s3.bucket-lookup=$S3_LOOKUP"} "$@"
}

# The line that names the cause: of the program that restic runs, or of restic itself.
cause() {
  grep -E 'pg_dump(all)?: error:|mongodump:.*error|Failed:' "$log" | head -n 1 | grep . ||
    grep -E 'Fatal:|error|no space left|denied' "$log" | grep -v 'retrying' | tail -n 1 | grep . ||
    grep . "$log" | tail -n 1
}

# Ends the process of restic once its requests have failed for STALL_SECONDS without a success, or once it has given one up. restic
# removes its lock when it is told to stop, which takes as long as any request to a store that is away.
watch() {
  since=
  given_up=
  while kill -0 "$1"; do
    sleep "\${WATCH_SECONDS:-5}"
    now=$(date +%s)
    case $(grep -aE ' retrying after |operation successful after| failed: ' "$log" | tail -n 1) in
      '' | *'operation successful after'*)
        since=
        continue
        ;;
      *' failed: '*) given_up=\${given_up:-$now} ;;
    esac
    since=\${since:-$now}
    if [ $((now - since)) -ge "\${STALL_SECONDS:-300}" ] || [ $((now - \${given_up:-$now})) -ge 30 ]; then
      echo "$((now - since))" >"$log.stalled"
      kill -TERM "$1"
      sleep 10
      kill -KILL "$1"
      return
    fi
  done
}

attempt() {
  code=0
  rm -f "$log.stalled"
  # restic takes the place of the shell: a signal for the child reaches it.
  (
    under=exec
    "$@"
  ) 2>"$log" &
  child=$!
  watch "$child" >/dev/null 2>&1 &
  watcher=$!
  # The shell itself would write that it was killed.
  wait "$child" 2>/dev/null || code=$?
  child=
  kill "$watcher" 2>/dev/null || true
  [ ! -s "$log.stalled" ] || code=stalled
}

# What the first of the requests failed with that restic repeats.
refusal() {
  sed -n 's/.*retrying after [0-9.a-z]*: //p' "$log" | head -n 1 | grep . || cause
}

# run WHAT COMMAND…: the command's standard output passes through; if it fails, one line says what and why.
run() {
  what=$1
  shift
  attempt "$@"
  [ "$code" = 0 ] || fail "$what: $(explain "$code")"
}

# The same for a command that locks the repository and waits longer than 30 minutes for others. The lock of a killed run stays:
# unlock removes it once nothing has renewed it for 30 minutes, and no lock of a run that goes on (restic, "unlock").
locking() {
  what=$1
  shift
  # restic repeats a refused write to a folder for minutes.
  case $RESTIC_REPOSITORY in
    /*) [ -w "$RESTIC_REPOSITORY/locks" ] || fail "$what: $RESTIC_REPOSITORY is read-only, or the account $(id -u) must not write to it" ;;
  esac
  store unlock >/dev/null 2>"$log" || fail "unlock: $(cause)"
  attempt "$@"
  if [ "$code" = 11 ]; then
    store unlock >/dev/null 2>"$log" || fail "unlock: $(cause)"
    attempt "$@"
  fi
  [ "$code" = 0 ] || fail "$what: $(explain "$code")"
}

# The first file that restic could not read: it writes errors as JSON.
unreadable() {
  sed -n 's/.*"error":{"message":"\\(.*\\)"},"during".*/\\1/p' "$log" | head -n 1 | grep . || cause
}

explain() {
  case $1 in
    3) echo "a file could not be read: $(unreadable)" ;;
    10) echo "no repository at $RESTIC_REPOSITORY" ;;
    11) echo "another run has locked the repository $RESTIC_REPOSITORY" ;;
    12) echo "wrong password for the repository $RESTIC_REPOSITORY" ;;
    124 | 137 | 143) echo "the repository $RESTIC_REPOSITORY did not answer in \${OPEN_SECONDS:-60} s: $(refusal)" ;;
    stalled) echo "the repository $RESTIC_REPOSITORY failed for $(cat "$log.stalled") s, and restic was stopped: $(refusal)" ;;
    *) cause ;;
  esac
}

# Opens the repository, and only sets code: 0, or why not.
try_open() {
  code=0
  # A request to an NFS server that is away ends only when its process is killed.
  under="timeout -k 10 \${OPEN_SECONDS:-60}"
  store cat config --no-lock >"$log" 2>&1 || code=$?
  under=
}

open() {
  try_open
  [ "$code" = 0 ] || fail "$(explain "$code")"
}
`;

/** What a backup reports when it ends: the summary that restic writes as JSON. */
const report = `
summary() {
  sed -n 's/.*"message_type":"summary".*"total_bytes_processed":\\([0-9]*\\).*"snapshot_id":"\\([0-9a-f]*\\)".*/\\2 \\1/p' "$1" |
    { read -r id bytes && echo "$2: snapshot $id, $bytes bytes"; } || fail "$2: restic reported no snapshot"
}
# keep NAME COMMAND…: the command's output as the one file of a snapshot. Without its exit code 0 restic writes no snapshot.
keep() {
  name=$1
  shift
  out=$(mktemp "\${TMPDIR:-/tmp}/summary.XXXXXX")
  locking "$name" store backup --json --quiet --retry-lock 35m --host "$STACK" --tag "$KIND" --stdin-filename "$name" --stdin-from-command -- "$@" >"$out"
  summary "$out" "$name"
  rm -f "$out"
}
`;

/**
 * One database in custom format (PostgreSQL, "pg_dump"). Without compression: restic compresses, and finds the blocks that it
 * already has only in plain data. The name is in PGDATABASE, because pg_dump reads an argument with \`=\` as a connection string.
 */
const postgresql = `${begin}${report}
open
keep "$DUMPS/$PGDATABASE.dump" pg_dump --format=custom --compress=0 --no-password
`;

/** The roles of the server: with their passwords, if the user may read them. */
const roles = `${begin}${report}
open
readable=$(psql -XAtqwc "SELECT has_table_privilege('pg_authid', 'SELECT')" 2>"$log") || fail "roles: $(grep -m 1 . "$log")"
if [ "$readable" = t ]; then
  keep "$DUMPS/roles.sql" pg_dumpall --roles-only --no-password --database="$PGDATABASE"
else
  keep "$DUMPS/roles.sql" pg_dumpall --roles-only --no-role-passwords --no-password --database="$PGDATABASE"
fi
`;

/** One MongoDB database as an archive. The connection string is in a file, because every process may read arguments. */
const mongodb = `${begin}${report}
open
configuration=$(mktemp "\${TMPDIR:-/tmp}/mongodb.XXXXXX")
trap 'rm -f "$log" "$configuration"' EXIT
printf 'uri: "%s"\\n' "$MONGODB_URI" >"$configuration"
keep "/mongodb/$MONGODB_DATABASE.archive" mongodump --config="$configuration" --archive --quiet
`;

/** Removes what the rule does not keep: KEEP has restic's \`--keep-…\` options. Each path of each stack has its own count. */
const prune = `${begin}
open
# What killed backups of files have left. No backup is between its two steps: the command waits for every lock.
locking "retention" store forget --quiet --retry-lock 35m --host "$STACK.part" --unsafe-allow-remove-all
# shellcheck disable=SC2086
locking "retention" store forget --quiet --retry-lock 35m --group-by host,paths $KEEP --prune
echo "retention: done"
`;

/** Checks the structure, and reads one part of all data: another one each week, so that SHARES weeks read everything. */
const check = `${begin}
open
part=$(($(date +%s) / 604800 % SHARES + 1))
locking "check" store check --quiet --retry-lock 35m --read-data-subset="$part/$SHARES"
echo "check: no errors in the structure and in part $part of $SHARES of the data"
`;

/** The list of snapshots as one line of JSON. */
const snapshots = `${begin}
open
run "list" store snapshots --json --no-lock --host "$STACK"
`;
