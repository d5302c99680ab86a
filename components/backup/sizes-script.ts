import { begin } from "./restore-scripts.ts";

/**
 * The size of the last backup of each path, which restic keeps in the snapshot. It fails if one has less than half of the largest of the
 * three before it: a dump of an emptied database is complete, and so nothing else would tell. Backups that were always small change that
 * much without a reason. A snapshot without a size, of restic before 0.17, is left out.
 */
export const sizesScript = `${begin}
open
locking "sizes" store snapshots --json --retry-lock 35m --host "$STACK" >"$log.json"
# Time, bytes and path of each snapshot, one a line.
sed 's/},{"time":/},\\
{"time":/g' "$log.json" |
  sed -n 's/.*{"time":"\\([^"]*\\)".*"paths":\\["\\([^"]*\\)"\\].*"total_bytes_processed":\\([0-9]*\\).*/\\1 \\3 \\2/p' |
  LC_ALL=C sort >"$log.sizes"
rm -f "$log.json"
awk -v least=102400 '
  {
    path = $0
    sub(/^[^ ]+ [^ ]+ /, "", path)
    count[path]++
    bytes[path, count[path]] = $2 + 0
  }
  END {
    for (path in count) {
      n = count[path]
      last = bytes[path, n]
      most = 0
      for (i = n - 3; i < n; i++) if (i > 0 && bytes[path, i] > most) most = bytes[path, i]
      shrunk = most >= least && last * 2 < most
      printf "%s %s: %.0f bytes%s\\n", shrunk ? "shrunk" : "size", path, last, shrunk ? sprintf(" after %.0f", most) : ""
    }
  }' "$log.sizes" | LC_ALL=C sort >"$log.report"
cat "$log.report"
shrunk=$(sed -n 's/^shrunk //p' "$log.report" | tr '\\n' ';')
rm -f "$log.sizes" "$log.report"
[ -z "$shrunk" ] || fail "less than half of an earlier backup: \${shrunk%;}"
`;
