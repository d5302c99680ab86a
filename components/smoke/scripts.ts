/**
 * The scripts of smoke tests: POSIX shell, run as `sh -c`. Each prints one line with what it has tried, or ends with one line that
 * starts with `smoke test:` on standard error. What they create, they remove, also where they fail.
 */

const begin = `set -eu
log=$(mktemp "\${TMPDIR:-/tmp}/smoke.XXXXXX")
fail() {
  echo "smoke test: $*" >&2
  exit 1
}
# The program's message, without the counts that dd writes as well.
reason() { grep -vE ' (bytes|records) ' "$log" | grep . | head -n 1; }
`;

/** Writes MIB of random data into a folder of FOLDER with fsync, and reads it back. TESTED is the name for the messages. */
export const folderScript = `${begin}
own="$FOLDER/.smoke-test-$(cat /proc/sys/kernel/random/uuid)"
data="$log.data"
trap 'rm -rf "$own" "$log" "$data"' EXIT
trap 'exit 143' TERM INT
mkdir "$own" 2>"$log" || fail "$TESTED: $(reason)"
dd if=/dev/urandom of="$data" bs=1048576 count="\${MIB:-8}" 2>"$log" || fail "$TESTED: $(reason)"
dd if="$data" of="$own/data" bs=1048576 conv=fsync 2>"$log" || fail "$TESTED: $(reason)"
written=$(sha256sum <"$data")
read=$(sha256sum <"$own/data" 2>"$log") || fail "$TESTED: $(reason)"
[ "$written" = "$read" ] || fail "$TESTED: the data that was read is not the data that was written"
echo "$TESTED: \${MIB:-8} MiB written, flushed and read back"
`;

/** Waits for a file of the other pod, at most TRIES seconds. */
const waiting = `wait_for() {
  tries=0
  until [ -s "$1" ]; do
    tries=$((tries + 1))
    [ "$tries" -le "\${TRIES:-600}" ] || fail "$TESTED: $2"
    sleep 1
  done
}
`;

/** One of two pods with the same claim: it writes, and waits until the other one has read and answered. */
export const writerScript = `${begin}${waiting}trap 'rm -f "$log"' EXIT
head -c 1048576 /dev/urandom >"$FOLDER/data" 2>"$log" || fail "$TESTED: $(reason)"
sync "$FOLDER/data" 2>"$log" || fail "$TESTED: $(reason)"
sum=$(sha256sum <"$FOLDER/data")
printf '%s\\n%s\\n' "$NODE" "$sum" >"$FOLDER/written.part"
mv "$FOLDER/written.part" "$FOLDER/written"
wait_for "$FOLDER/answer" "no other pod has read what this one wrote"
[ "$(cat "$FOLDER/answer")" = "$sum" ] || fail "$TESTED: the answer of the other pod is wrong"
echo "$TESTED: written on $NODE, and read by another pod"
`;

/** The other pod: it reads what the first one wrote, and answers with the checksum. SAME_NODE=no: the nodes must differ. */
export const readerScript = `${begin}${waiting}trap 'rm -f "$log"' EXIT
wait_for "$FOLDER/written" "the first pod has written nothing"
{ read -r other && read -r sum; } <"$FOLDER/written"
[ "\${SAME_NODE:-yes}" = yes ] || [ "$other" != "$NODE" ] || fail "$TESTED: both pods run on $NODE"
read=$(sha256sum <"$FOLDER/data" 2>"$log") || fail "$TESTED: $(reason)"
[ "$read" = "$sum" ] || fail "$TESTED: the data that $NODE reads is not the data that $other wrote"
printf '%s\\n' "$read" >"$FOLDER/answer.part" 2>"$log" || fail "$TESTED: $(reason)"
mv "$FOLDER/answer.part" "$FOLDER/answer"
echo "$TESTED: written on $other, read on $NODE"
`;

/** Puts an object into BUCKET, reads it back and deletes it, with rclone: its remote \`store\` is in the environment. */
export const bucketScript = `${begin}
object="store:$BUCKET/.smoke-test-$(cat /proc/sys/kernel/random/uuid)"
trap 'rclone deletefile "$object" >/dev/null 2>&1 || true; rm -f "$log"' EXIT
trap 'exit 143' TERM INT
# rclone's last message, which may have several lines, without the time.
reason() {
  tr -s '\\n\\t ' '   ' <"$log" | sed 's/.*[0-9]\\{4\\}\\/[0-9]\\{2\\}\\/[0-9]\\{2\\} [0-9:]* //; s/^[A-Z]* *: *//; s/ *$//'
}
text=$(cat /proc/sys/kernel/random/uuid)
printf '%s' "$text" | rclone rcat "$object" 2>"$log" || fail "bucket $BUCKET: $(reason)"
read=$(rclone cat "$object" 2>"$log") || fail "bucket $BUCKET: $(reason)"
[ "$read" = "$text" ] || fail "bucket $BUCKET: the object that was read is not the one that was written"
rclone deletefile "$object" 2>"$log" || fail "bucket $BUCKET: $(reason)"
echo "bucket $BUCKET: an object written, read and deleted"
`;

/** Logs in to PGDATABASE as PGUSER, and writes to a table that only this session has. */
export const loginScript = `${begin}
trap 'rm -f "$log"' EXIT
rows=$(psql -XAtqw -v ON_ERROR_STOP=1 -c 'CREATE TEMPORARY TABLE smoke_test AS SELECT 1 AS row; SELECT count(*) FROM smoke_test' 2>"$log") ||
  fail "database $PGDATABASE: $(grep -m 1 . "$log")"
[ "$rows" = 1 ] || fail "database $PGDATABASE: the row that was written is missing"
echo "database $PGDATABASE: logged in as $PGUSER, a row written and read"
`;
