/** Paths in Confluence's container (docker-atlassian-confluence, Dockerfile; docs/docs/containers/CONFLUENCE.md). */
export const paths = {
  home: "/var/atlassian/application-data/confluence",
  backups: "/var/atlassian/application-data/confluence/backups",
  install: "/opt/atlassian/confluence",
  /** The folders with files that the image's entry point writes at each start. */
  conf: "/opt/atlassian/confluence/conf",
  classes: "/opt/atlassian/confluence/confluence/WEB-INF/classes",
  /** The same folders of the volumes, in the container that fills them. */
  prepared: "/prepared",
  scripts: "/scripts",
  /** Certificates in PEM that Java trusts, and its trust store. */
  authorities: "/authorities",
  trust: "/trust",
} as const;

/** The trust store's password, which is Java's default: the store holds public certificates. */
const storePassword = "changeit";

/**
 * Prepares what Confluence needs before it starts, as its own user and with a read-only root filesystem.
 *
 * The entry point writes Tomcat's configuration from `ATL_…` variables, which only root may do in the image's own folders: it gets copies
 * of them. It writes `confluence.cfg.xml` at the first start only, so that a rotated password would never reach it: the script replaces
 * the password in a file that exists.
 *
 * @param folders where it finds its folders; for tests
 */
export function prepareScript(folders: typeof paths = paths): string {
  return `set -eu
cp -R ${folders.conf}/. ${folders.prepared}/conf/
cp -R ${folders.classes}/. ${folders.prepared}/classes/

file=${folders.home}/confluence.cfg.xml
if [ -f "$file" ]; then
  # The password has letters and digits only.
  sed "s|\\(<property name=\\"hibernate.connection.password\\">\\)[^<]*\\(</property>\\)|\\1$ATL_JDBC_PASSWORD\\2|" "$file" >"$file.new"
  if cmp -s "$file" "$file.new"; then rm "$file.new"; else cat "$file.new" >"$file" && rm "$file.new"; fi
fi

if [ -d ${folders.authorities} ]; then
  cp "$JAVA_HOME/lib/security/cacerts" ${folders.trust}/cacerts
  chmod 600 ${folders.trust}/cacerts
  for certificate in ${folders.authorities}/*.crt; do
    name=$(basename "$certificate" .crt)
    keytool -importcert -noprompt -keystore ${folders.trust}/cacerts -storepass ${storePassword} -alias "groundplan-$name" -file "$certificate"
  done
fi
`;
}
