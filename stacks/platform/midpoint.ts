import type * as pulumi from "@pulumi/pulumi";
import type { Certificates } from "../../components/certificates/certificates.ts";
import type { IdentityProvider } from "../../components/kit/bindings.ts";
import { MidPoint } from "../../components/midpoint/midpoint.ts";
import type { MidPointArgs } from "../../components/midpoint/midpoint.ts";
import type { Postgres } from "../../components/postgres/postgres.ts";
import { midpointDatabase } from "../settings/derive.ts";
import type { Settings } from "../settings/load.ts";
import { userSecret } from "./secrets.ts";

/** What the settings say of midPoint, as the component takes it. */
export function midpointArgs(
  { midpoint, midpointObjects: objects, secrets }: Settings,
  postgres: Postgres,
  {
    certificates,
    gateway,
    identity,
  }: Pick<MidPointArgs, "gateway"> & {
    readonly certificates: Certificates | undefined;
    readonly identity: IdentityProvider | undefined;
  },
): MidPointArgs {
  const { files, keystore, locale, namespace, nodeIdSource, resources, sharedFolder } = midpoint;
  const consumer = { namespace, labels: MidPoint.labels };
  const trusted: Record<string, pulumi.Input<string>> = midpoint.trustOwnAuthorities
    ? { ...certificates?.authorities }
    : {};
  for (const { name, certificate, certificateSecret = "" } of midpoint.trust)
    trusted[name] = certificate ?? userSecret(secrets, certificateSecret);
  const kept = sharedFolder === undefined ? "claim" : "shared";
  const { exports = kept, connectors = kept, logs = kept } = files;
  const { cpu, memory, memoryLimit } = resources;
  return {
    ...midpoint,
    keystore: { source: keystore.source, firstKeyBits: Number(keystore.firstKey.slice("AES-".length)) },
    nodeIdSource: nodeIdSource === "none" ? undefined : nodeIdSource,
    trusted,
    database: postgres.database({ name: midpointDatabase, consumer, extensions: MidPoint.extensions, locale }),
    gateway,
    identity: midpoint.login === "platform" ? identity : undefined,
    shared: sharedFolder,
    files: { connectors, exports, logs },
    resources: { requests: { cpu, memory }, limits: { memory: memoryLimit } },
    objects,
  };
}
