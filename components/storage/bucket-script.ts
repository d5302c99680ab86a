/**
 * The shell script of a bucket's Job: it waits for the server, gives the key to its user and the bucket to that user, and finds
 * everything done when it runs again. It is told by environment variables: BUCKET (without it, the user gets none), ACCESS_KEY, SECRET_KEY, and ADMIN_* for
 * the administrator (versitygw 1.8, `versitygw admin --help`).
 */
export const bucketScript = `set -eu
tries=0
until users=$(versitygw admin list-users 2>&1); do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "the object store does not answer: $users" >&2
    exit 1
  fi
  sleep 2
done

# A first column that is exactly the name: one name may be a part of another.
named() {
  awk -v name="$2" '$1 == name { found = 1 } END { exit !found }' <<EOF
$1
EOF
}

if named "$users" "$ACCESS_KEY"; then
  versitygw admin update-user --access "$ACCESS_KEY" --secret "$SECRET_KEY"
  echo "user $ACCESS_KEY: has the present key"
else
  versitygw admin create-user --access "$ACCESS_KEY" --secret "$SECRET_KEY" --role user
  echo "user $ACCESS_KEY: made"
fi

[ -n "\${BUCKET:-}" ] || exit 0
buckets=$(versitygw admin list-buckets)
if named "$buckets" "$BUCKET"; then
  versitygw admin change-bucket-owner --bucket "$BUCKET" --owner "$ACCESS_KEY"
  echo "bucket $BUCKET: there already"
else
  versitygw admin create-bucket --bucket "$BUCKET" --owner "$ACCESS_KEY"
  echo "bucket $BUCKET: made"
fi
`;
