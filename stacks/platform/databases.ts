import type * as pulumi from "@pulumi/pulumi";
import type { PostgresArgs } from "../../components/postgres/postgres.ts";
import type { BucketsArgs } from "../../components/storage/bucket.ts";
import { bucketsNamespace } from "../settings/derive.ts";
import type { Settings } from "../settings/load.ts";
import { userSecret } from "./secrets.ts";

/** What the settings say of PostgreSQL, as the component takes it. */
export function postgresArgs(
  { postgresql, secrets }: Settings,
  serviceMonitors: pulumi.Resource | undefined,
): PostgresArgs {
  const { external, ...rest } = postgresql;
  const password = external && userSecret(secrets, external.passwordSecret);
  return { ...rest, external: external && password && { ...external, password }, serviceMonitors };
}

/** What the settings say of buckets, as the component takes it. */
export function bucketsArgs({ buckets, secrets }: Settings): BucketsArgs {
  const { accessKeyId, cidrs, endpoint, kind, pathStyle, prefix = "", region, roleArn, storage } = buckets;
  const { secretAccessKeySecret } = buckets;
  if (kind !== "s3") return { kind: "embedded", namespace: bucketsNamespace, storage };
  if (endpoint === undefined) throw new TypeError("an object store that exists has an address");
  const service = { kind, endpoint, region, pathStyle, prefix, cidrs };
  if (roleArn !== undefined) return { ...service, access: { role: roleArn } };
  if (accessKeyId === undefined || secretAccessKeySecret === undefined)
    throw new TypeError("an object store that exists has a key or a role");
  return { ...service, access: { accessKeyId, secretAccessKey: userSecret(secrets, secretAccessKeySecret) } };
}
