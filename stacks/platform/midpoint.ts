import { userSecret } from "../../components/kit/secret.ts";
import type { UserSecrets } from "../../components/kit/secret.ts";
import type * as pulumi from "@pulumi/pulumi";
import { midPointClient, midPointCredentials } from "../../components/midpoint/credentials.ts";
import { keyBits } from "../../components/midpoint/algorithms.ts";
import { MidPoint } from "../../components/midpoint/midpoint.ts";
import type { MidPointArgs } from "../../components/midpoint/midpoint.ts";
import { trustedAuthorities } from "./certificates.ts";
import type { Settings } from "../settings/settings.ts";
import type { Offered } from "./offered.ts";
import { ownFolders, sharedFolderOf } from "./folders.ts";
import type { Part } from "./part.ts";

/** The name of midPoint's database, and of its role. */
/** The first part of the aliases of the stack's CA certificates: no name in `midpoint.trust` contains a dot. */
const companyAlias = "certificates.trust";

export const midpointPart: Part = {
  section: "midpoint",
  on: ({ midpoint }) => midpoint.enabled,
  needs: ({ gateway, midpoint }) => {
    const { administrator, keys, keystore } = midPointCredentials;
    const { host, login, namespace } = midpoint;
    return {
      namespaces: [{ name: namespace, keepsData: true }],
      databases: [midpoint.database],
      folders: ownFolders(midpoint.sharedFolder, MidPoint.account),
      claims: [
        ...MidPoint.claims(midpoint.name, midpoint.replicas).map((claim) => ({ namespace, claim })),
        ...(midpoint.sharedFolder === undefined ? [] : [{ namespace, claim: "shared" }]),
      ],
      clients: login === "platform" ? [midPointClient] : [],
      hosts: gateway.enabled ? [{ host }] : [],
      credentials: [administrator, ...(isStored(midpoint.keystore.source) ? [keystore, keys] : [])],
      // It exports no metrics of its own: the dashboard shows what its pods use.
      watched: [{ component: "midpoint", title: "midPoint", namespace, alerts: [], panels: [] }],
    };
  },
};

type Stored = Settings["midpoint"]["keystore"];

/** Whether the stack writes the keystore. */
const isStored = (source: Stored["source"]) => source === "state" || source === "import";

function keystoreArgs(
  { encryptionKey, firstKey, keys, source }: Stored,
  secrets: UserSecrets,
): MidPointArgs["keystore"] {
  const firstKeyBits = keyBits(firstKey);
  if (source !== "import") return { source, firstKeyBits };
  const imported = keys.map(({ alias, algorithm, keySecret }) => ({
    alias,
    bits: keyBits(algorithm),
    secret: keySecret,
    value: userSecret(secrets, keySecret),
  }));
  return { source: "state", firstKeyBits, imported: { keys: imported, encryptionKey } };
}

/** What the settings say of midPoint, as the component takes it. */
export function midpointArgs(settings: Settings, offered: Offered): MidPointArgs {
  const { midpoint, midpointObjects: objects, secrets } = settings;
  const { clustered, connections, files, heap, host, keystore, locale, login, name } = midpoint;
  const { namespace, nodeIdSource, replicas, resources, session, sharedFolder, storage, systems } = midpoint;
  const consumer = { namespace, labels: MidPoint.labels };
  const trusted: Record<string, pulumi.Input<string>> = midpoint.trustOwnAuthorities
    ? { ...offered.certificates?.authorities }
    : {};
  for (const { name: alias, certificate, certificateSecret = "" } of midpoint.trust)
    trusted[alias] = certificate ?? userSecret(secrets, certificateSecret);
  const company = trustedAuthorities(settings);
  if (company.length > 0) trusted[companyAlias] = company.join("\n");
  const kept = sharedFolder === undefined ? "claim" : "shared";
  const { exports = kept, connectors = kept, logs = kept } = files;
  const { cpu, memory, memoryLimit } = resources;
  return {
    name,
    namespace,
    replicas,
    clustered,
    nodeIdSource: nodeIdSource === "none" ? undefined : nodeIdSource,
    keystore: keystoreArgs(keystore, secrets),
    trusted,
    database: offered.database({ name: midpoint.database, consumer, extensions: MidPoint.extensions, locale }),
    connections,
    heap,
    resources: { requests: { cpu, memory }, limits: { memory: memoryLimit } },
    storage,
    shared: sharedFolder && sharedFolderOf(sharedFolder, offered),
    files: { connectors, exports, logs },
    session,
    systems,
    variables: midpoint.environment,
    objects,
    host,
    gateway: offered.gateway,
    identity: login === "platform" ? offered.identity : undefined,
  };
}
