import { paths } from "./environment.ts";

/** The scripts of a node's containers, by name: they run with the image's bash, and hold no secret. */
export function nodeScripts(): Record<string, string> {
  return {
    "prepare.sh": prepare,
    "schema.sh": schema,
    "stop.sh": stop,
    "lock.sql": lock,
    ...Object.fromEntries(guards.map(({ name, table, complete }) => [`${name}.sql`, guard(name, table, complete)])),
  };
}

/**
 * Makes the folders of the shared volume, which belong to midPoint's account that way: a folder that the kubelet makes for a
 * `subPath` belongs to root, and NFS knows no `fsGroup`.
 *
 * Post-initial objects are imported by the first node alone: a later node with a home of its own would import them again, over
 * what people have changed since. A file that ends in `.done` is neither copied nor imported (`bin/midpoint.sh`,
 * `PostInitialDataImport`).
 */
const prepare = `set -eu
umask 0027
if [ -d /shared ]; then
  mkdir -p "/shared/logs/$POD_NAME" /shared/exports /shared/connectors /shared/poi /shared/keystore
fi
case "$POD_NAME" in
  *-0) ;;
  *)
    target="${paths.initHome}/post-initial-objects"
    [ -d /shared ] && target=/shared/poi
    mkdir -p "$target"
    for file in ${paths.objects}/*.xml; do
      [ -e "$file" ] || continue
      done="$target/\${file##*/}.done"
      [ -e "$done" ] || : > "$done"
    done
    ;;
esac
`;

/**
 * Ends Java before the container is told to stop, once no new request comes: the start script passes the signal on, and then
 * ends at once, and the container and Java with it.
 */
const stop = `sleep 5
process=$(cat ${paths.process}) || exit 0
kill -TERM "$process" || exit 0
while kill -0 "$process" 2>/dev/null; do sleep 1; done
`;

/**
 * Creates the native schema where it is missing, and brings it up to date.
 *
 * Ninja runs all scripts of one call on one connection, so the lock that the first takes holds until the last has ended: of two
 * pods that start together, one waits, and then finds the schema. The end of a connection, and the reset that pgpool and
 * PgBouncer do then (\`DISCARD ALL\`), releases it. What the upgrade has done already it does not do again.
 */
const schema = `set -eu
sql=${paths.program}/doc/config/sql/native
run() {
  mode=$1
  shift
  ${paths.program}/bin/ninja.sh -B run-sql --mode "$mode" --scripts "$@"
}
create() {
  name=$1
  mode=$2
  shift 2
  if output=$(run "$mode" "${paths.scripts}/$name.sql" "$@" 2>&1); then
    echo "$name: created"
  elif printf '%s\\n' "$output" | grep -q "groundplan: $name exists"; then
    echo "$name: exists"
  else
    printf '%s\\n' "$output" >&2
    exit 1
  fi
}
create repository REPOSITORY "$sql/postgres.sql"
create quartz REPOSITORY "$sql/postgres-quartz.sql"
create audit AUDIT "$sql/postgres-audit.sql"
run REPOSITORY ${paths.scripts}/lock.sql "$sql/postgres-upgrade.sql"
run AUDIT ${paths.scripts}/lock.sql "$sql/postgres-audit-upgrade.sql"
`;

/** A number of our own for the advisory lock: "mp" in ASCII, then zeros. */
const lockNumber = 0x6d700000;

/** In a block, since a pooler that spreads reads may send a plain SELECT to another server. */
const lock = `DO $$ BEGIN
  PERFORM pg_advisory_lock(${lockNumber});
END $$;
`;

/**
 * The parts of the schema, each with the table that tells whether it is there, and what its script writes last, where it does
 * (\`config/sql/native\` of 4.10: \`apply_change\` notes the number of the newest change).
 */
const guards = [
  { name: "repository", table: "m_global_metadata", complete: "schemaChangeNumber" },
  { name: "quartz", table: "qrtz_job_details", complete: undefined },
  { name: "audit", table: "ma_audit_event", complete: "schemaAuditChangeNumber" },
] as const;

/** Takes the lock, and ends the run with an error where the part exists: the scripts after it are then not run. */
function guard(name: string, table: string, complete: string | undefined): string {
  const half =
    complete === undefined
      ? ""
      : `    EXECUTE 'SELECT count(*) FROM m_global_metadata WHERE name = ''${complete}''' INTO found;
    IF found = 0 THEN
      RAISE EXCEPTION 'groundplan: ${name} is half made: drop the schema % and start again', current_schema();
    END IF;
`;
  return `DO $$ DECLARE found bigint; BEGIN
  PERFORM pg_advisory_lock(${lockNumber});
  IF to_regclass('${table}') IS NOT NULL THEN
${half}    RAISE EXCEPTION 'groundplan: ${name} exists';
  END IF;
END $$;
`;
}
