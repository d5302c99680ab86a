/** Paths in Confluence's container (docker-atlassian-confluence, Dockerfile; docs/docs/containers/CONFLUENCE.md). */
export const paths = {
  home: "/var/atlassian/application-data/confluence",
  backups: "/var/atlassian/application-data/confluence/backups",
  sharedHome: "/var/atlassian/application-data/shared-home",
  /** The home of a Confluence that ran without a cluster, in the container that copies it. */
  previousHome: "/previous-home",
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
 * @param isNode whether it is for a node of a cluster, of which only the first may start before the setup is finished
 * @param folders where it finds its folders; for tests
 */
export function prepareScript(isNode: boolean, folders: typeof paths = paths): string {
  return `set -eu
${isNode ? waitForSetup(folders) : ""}cp -R ${folders.conf}/. ${folders.prepared}/conf/
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

/**
 * Holds back every node but the first until Confluence is set up. A second node that starts during the setup joins the cluster with an
 * empty configuration and creates the schema at the same time. Readiness does not tell: `/status` also answers while the setup waits for
 * the browser. Confluence writes each step to the configuration of the shared home, from which further nodes take their own.
 */
function waitForSetup({ sharedHome }: typeof paths): string {
  return `case "$NODE" in
  *-0) ;;
  *)
    until ${isSetUp(sharedHome)}; do
      echo "waits: the setup of the first node is not finished"
      sleep 5
    done
    ;;
esac

`;
}

/** Whether the configuration in a home is that of a Confluence that has been set up. */
function isSetUp(home: string): string {
  return `grep -qs "<setupStep>complete</setupStep>" ${home}/confluence.cfg.xml`;
}

/**
 * Copies what the nodes of a cluster share from the home of a Confluence that ran alone: attachments, the keys of encrypted passwords, its
 * own `shared-home`, and last the configuration, from which every node takes license, keys and build number. A run that broke off
 * starts again; one that was completed does nothing. The password of the database stays where it is.
 *
 * Sources: Atlassian, "Set up a Confluence Data Center cluster", "Create a shared home directory"; "Production Backup Strategy" for `keys`.
 *
 * @param folders where it finds its folders; for tests
 */
export function moveScript({ previousHome, sharedHome }: typeof paths = paths): string {
  return `set -eu
if [ -f ${sharedHome}/confluence.cfg.xml ]; then
  echo "the shared home is in use: nothing to copy"
  exit 0
fi
if ! ${isSetUp(previousHome)}; then
  echo "the previous home has no confluence.cfg.xml of a finished setup; without a Confluence to move, remove confluence.cluster.moveHome" >&2
  exit 1
fi
for folder in attachments keys; do
  if [ -d "${previousHome}/$folder" ]; then
    mkdir -p "${sharedHome}/$folder"
    cp -R --preserve=mode,timestamps "${previousHome}/$folder/." "${sharedHome}/$folder/"
  fi
done
if [ -d ${previousHome}/shared-home ]; then
  # Without a cluster, Confluence has a second configuration there. In the shared home, it would tell the next run that this one is complete.
  find ${previousHome}/shared-home -mindepth 1 -maxdepth 1 ! -name confluence.cfg.xml \\
    -exec cp -R --preserve=mode,timestamps -t ${sharedHome} {} +
fi
sed '/<property name="hibernate\\.connection\\./d' ${previousHome}/confluence.cfg.xml >${sharedHome}/confluence.cfg.xml.new
mv ${sharedHome}/confluence.cfg.xml.new ${sharedHome}/confluence.cfg.xml
`;
}
