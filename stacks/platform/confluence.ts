import { adminerClient, confluenceClient, dedicatedPassword } from "../../components/confluence/credentials.ts";
import { Confluence } from "../../components/confluence/confluence.ts";
import type { ConfluenceArgs } from "../../components/confluence/confluence.ts";
import { userSecret } from "../../components/kit/secret.ts";
import type { Settings } from "../settings/settings.ts";
import { ownFolders, sharedFolderOf } from "./folders.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

/** The name of Confluence's database on the platform's PostgreSQL, and of its role. */
const confluenceDatabase = "confluence";

export const confluencePart: Part = {
  section: "confluence",
  on: ({ confluence }) => confluence.enabled,
  needs: ({ confluence }) => {
    const { backups, cluster, database, host, login, name, namespace } = confluence;
    const dedicated = database.kind === "dedicated";
    const hasAdminer = dedicated && database.adminer.enabled;
    return {
      namespaces: [{ name: namespace, keepsData: true }],
      databases: dedicated ? [] : [confluenceDatabase],
      folders: [backups, cluster?.sharedHome].flatMap((folder) => ownFolders(folder, Confluence.account)),
      claims: [
        cluster === undefined ? Confluence.home(name) : Confluence.sharedHome(name),
        ...(backups === undefined ? [] : [Confluence.backups(name)]),
      ].map((claim) => ({ namespace, claim })),
      clients: [...(login === "platform" ? [confluenceClient] : []), ...(hasAdminer ? [adminerClient] : [])],
      hosts: [{ host }, ...(hasAdminer ? [{ host: database.adminer.host, login: true }] : [])],
      credentials: dedicated ? [dedicatedPassword] : [],
      // It exports no metrics without an agent: the dashboard shows what its pods use.
      watched: [{ component: "confluence", title: "Confluence", namespace, alerts: [], panels: [] }],
    };
  },
};

/** The arguments of Confluence. */
export function confluenceArgs({ confluence, secrets }: Settings, offered: Offered): ConfluenceArgs {
  const { backups, cluster, connections, database, heap, host, labels } = confluence;
  const { licenseSecret, login, name, namespace, replicas, storage } = confluence;
  const { gateway, identity } = offered;
  if (gateway === undefined) throw new RangeError("no gateway for Confluence");
  const resources = ({ cpu, memory, memoryLimit }: typeof confluence.resources) => ({
    requests: { cpu, memory },
    limits: { memory: memoryLimit },
  });
  const consumer = { namespace, labels: Confluence.labels };
  return {
    namespace,
    name,
    labels,
    host,
    replicas,
    resources: resources(confluence.resources),
    heap,
    storage,
    backups: backups && sharedFolderOf(backups, offered),
    cluster: cluster && {
      sharedHome:
        cluster.sharedHome === undefined
          ? { size: cluster.sharedStorage }
          : sharedFolderOf(cluster.sharedHome, offered),
      movesHome: cluster.moveHome,
    },
    connections,
    database:
      database.kind === "platform"
        ? offered.database({ name: confluenceDatabase, consumer, locale: "en_US.utf8" })
        : {
            storage: database.storage,
            resources: resources(database.resources),
            adminer: database.adminer.enabled ? database.adminer.host : undefined,
          },
    license: licenseSecret === undefined ? undefined : userSecret(secrets, licenseSecret),
    authorities: offered.certificates?.authorities ?? {},
    gateway,
    identity,
    login: login === "platform",
  };
}
