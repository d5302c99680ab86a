import { begin } from "./restore-scripts.ts";

/** Where a claim is mounted in a pod, and so its path in the backups. */
export function claimPath({ claim, namespace }: { readonly claim: string; readonly namespace: string }): string {
  return `/claims/${namespace}/${claim}`;
}

/** The first part of the names of folders that a restore leaves in a share: no backup contains them. */
export const besidePrefix = ".groundplan-";

/**
 * The files of FILES, a folder that is mounted read-only. Where a file cannot be read, restic writes a snapshot without it and ends
 * with 3 (restic, "Backing up", "Exit status codes"). Therefore each snapshot is first written for the host STACK.part, and is
 * given to STACK only after the exit code 0: a killed run leaves nothing that a restore or the retention takes for a backup. A
 * file that disappears while restic reads its folder is no error.
 */
const files = `${begin}
open
[ -d "$FILES" ] || fail "no folder $FILES"
out=$(mktemp "\${TMPDIR:-/tmp}/summary.XXXXXX")
trap 'rm -f "$log" "$log.stalled" "$out"' EXIT
# The parent, whose unchanged files are not read again, may be of either host.
locking "$FILES" store backup --json --quiet --retry-lock 35m --host "$STACK.part" --group-by paths --tag "$KIND" --one-file-system \\
  --exclude "$FILES/lost+found" --exclude "$FILES/${besidePrefix}*" "$FILES" >"$out"
part=$(sed -n 's/.*"message_type":"summary".*"snapshot_id":"\\([0-9a-f]*\\)".*/\\1/p' "$out")
bytes=$(sed -n 's/.*"message_type":"summary".*"total_bytes_processed":\\([0-9]*\\).*/\\1/p' "$out")
[ -n "$part" ] || fail "$FILES: restic reported no snapshot"
locking "$FILES" store rewrite --retry-lock 35m --new-host "$STACK" "$part" >"$out"
id=$(sed -n 's/^saved new snapshot //p' "$out")
[ -n "$id" ] || fail "$FILES: restic reported no snapshot"
echo "$FILES: snapshot $id, $bytes bytes"
`;

/** Restores SNAPSHOT of FILES into the folder INTO, and reads every restored file again (restic, "Restoring from backup"). */
const restoring = `
# restored INTO
restored() {
  out=$(mktemp "\${TMPDIR:-/tmp}/summary.XXXXXX")
  trap 'rm -f "$log" "$log.stalled" "$out"' EXIT
  run "restore of $FILES" store restore --json --quiet --no-lock --host "$STACK" --path "$FILES" --sparse --verify --target "$1" "$SNAPSHOT:$FILES" >"$out"
  count=$(sed -n 's/.*"message_type":"summary".*"total_files":\\([0-9]*\\).*/\\1/p' "$out")
  [ "\${count:-0}" -gt 0 ] || fail "restore of $FILES: snapshot $SNAPSHOT has no files"
  echo "verified: $count files and folders of snapshot $SNAPSHOT in $1"
}
`;

/**
 * Restores SNAPSHOT into the claim that is mounted at FILES, or into its folder INTO. It can be repeated: restic writes what is
 * missing or different.
 */
const restoreFiles = `${begin}${restoring}
open
target="$FILES\${INTO:+/$INTO}"
mkdir -p "$target" 2>"$log" || fail "restore of $FILES: $(cause)"
restored "$target"
`;

/** Restores the newest backup of FILES into DRILL_FOLDER, which nothing else uses. */
const drillFiles = `${begin}${restoring}
SNAPSHOT=latest
open
target="$DRILL_FOLDER/files"
rm -rf "$target"
mkdir -p "$target"
restored "$target"
chmod -R u+rwX "$target" 2>/dev/null || true
rm -rf "$target"
`;

/**
 * Exchanges the files of a share at FILES with those of its folder TARGET; the old ones are then in its new folder OLD. While it runs,
 * a file of the share names both folders, and another one says that all old files have been moved: a run that is repeated completes
 * the exchange, and takes no restored file for an old one. With BACK=yes, an exchange that has not ended is undone.
 */
const swapFiles = `${begin}
note="$FILES/${besidePrefix}swap"
moved="$note-moved"
# move FROM TO: every entry of a folder, whatever its name, but not what a restore has made.
move() {
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    case \${entry##*/} in ${besidePrefix}* | lost+found) continue ;; esac
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    mv "$entry" "$2/" 2>"$log" || fail "exchange of $FILES: $(grep -m 1 . "$log")"
  done
}
if [ -s "$note" ]; then
  { read -r TARGET && read -r OLD; } <"$note"
elif [ "\${BACK:-no}" = yes ]; then
  echo "whole: $FILES"
  exit 0
else
  [ -d "$FILES/$TARGET" ] || fail "no folder $FILES/$TARGET"
  [ ! -e "$FILES/$OLD" ] || fail "the folder $FILES/$OLD exists"
  rm -f "$moved"
  { printf '%s\\n' "$TARGET" "$OLD" >"$note.new" && mv "$note.new" "$note"; } 2>"$log" || fail "exchange of $FILES: $(cause)"
fi
target="$FILES/$TARGET" old="$FILES/$OLD"
mkdir -p "$target" "$old"
if [ "\${BACK:-no}" = yes ]; then
  [ ! -e "$moved" ] || move "$FILES" "$target"
  rm -f "$moved"
  move "$old" "$FILES"
  rmdir "$old"
  rm -f "$note"
  echo "undone: $FILES has the old files"
  exit 0
fi
if [ ! -e "$moved" ]; then
  move "$FILES" "$old"
  : >"$moved"
fi
move "$target" "$FILES"
rmdir "$target"
rm -f "$moved" "$note"
echo "swapped: $FILES has the restored files, and the old ones are in $OLD"
`;

/** The scripts of claims and shared folders, by name. */
export const fileScripts: Readonly<Record<string, string>> = {
  "files.sh": files,
  "restore-files.sh": restoreFiles,
  "swap-files.sh": swapFiles,
  "drill-files.sh": drillFiles,
};
