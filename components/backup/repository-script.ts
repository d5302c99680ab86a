import { begin } from "./restore-scripts.ts";

/**
 * Creates the repository, and makes RESTIC_PASSWORD one of its two passwords. The other is RECOVERY_PASSWORD, which never
 * changes: with it a new RESTIC_PASSWORD is added, and every other password is removed. The data is not encrypted again: both
 * passwords only encrypt its key (restic, "Manage repository keys").
 */
export const repositoryScript = `${begin}
daily=$RESTIC_PASSWORD
as_recovery() { RESTIC_PASSWORD=$RECOVERY_PASSWORD; export RESTIC_PASSWORD; }
as_daily() { RESTIC_PASSWORD=$daily; export RESTIC_PASSWORD; }
# The ID of the key that the present password opens: restic marks it with "current".
current_key() {
  keys=$(store key list --json 2>"$log") || fail "keys: $(cause)"
  printf '%s' "$keys" | tr '{' '\\n' | sed -n 's/.*"current":true.*"id":"\\([0-9a-f]*\\)".*/\\1/p'
}
all_keys() { printf '%s' "$keys" | tr '{' '\\n' | sed -n 's/.*"id":"\\([0-9a-f]*\\)".*/\\1/p'; }

# Pods with other accounts write to a repository in a folder through its group (restic, "Group accessible repositories"): restic makes
# new files readable for the group where the file config is.
share_folder() {
  case $RESTIC_REPOSITORY in
    /*)
      chmod -R g+rX "$RESTIC_REPOSITORY" && find "$RESTIC_REPOSITORY" -type d -exec chmod g+ws {} + ||
        fail "access rights of $RESTIC_REPOSITORY cannot be set"
      ;;
  esac
}

as_recovery
try_open
if [ "$code" = 10 ]; then
  run "create" store init --repository-version 2 >/dev/null
  share_folder
  echo "repository $RESTIC_REPOSITORY: created"
elif [ "$code" != 0 ]; then
  fail "$(explain "$code")"
else
  echo "repository $RESTIC_REPOSITORY: exists"
fi
current_key >/dev/null
recovery=$(current_key)

as_daily
try_open
case $code in
  0) echo "password: unchanged" ;;
  12)
    new=$(mktemp "\${TMPDIR:-/tmp}/password.XXXXXX")
    trap 'rm -f "$log" "$new"' EXIT
    printf '%s' "$daily" >"$new"
    as_recovery
    run "new password" store key add --new-password-file "$new" >/dev/null
    echo "password: added"
    as_daily
    ;;
  *) fail "$(explain "$code")" ;;
esac
current=$(current_key)
[ -n "$recovery" ] && [ -n "$current" ] && [ "$recovery" != "$current" ] || fail "the list of passwords cannot be read"
keys=$(store key list --json 2>"$log") || fail "keys: $(cause)"
for key in $(all_keys); do
  case $key in
    "$recovery" | "$current") ;;
    *)
      run "remove an old password" store key remove "$key" >/dev/null
      echo "password $key: removed"
      ;;
  esac
done
`;
