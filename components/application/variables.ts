import type { Input } from "@pulumi/pulumi";
import type { Bucket, DatabaseBinding, OidcClient } from "../kit/bindings.ts";
import type { ApplicationBucket, ApplicationClient, ApplicationDatabase, ApplicationSpec } from "../kit/application.ts";
import type { SecretKey } from "../kit/secret.ts";

/** Variables of a container: values, and references to keys of Secrets. */
export type Environment = Readonly<Record<string, Input<string> | SecretKey>>;

/** The names of the variables that a container gets from bindings, in the order of the settings; the same name twice is a mistake. */
export function bindingVariables(application: ApplicationSpec, byRole: boolean): string[] {
  const { buckets, clients, connections, databases, generated, logs } = application;
  return [
    ...databases.flatMap(({ environment }) => Object.values(environment)),
    ...buckets.flatMap(({ environment: { accessKey, secretKey, ...rest } }) => [
      ...Object.values(rest),
      ...(byRole ? [] : [accessKey, secretKey]),
    ]),
    ...clients.flatMap(({ environment: { clientSecret, ...rest }, kind }) => [
      ...Object.values(rest),
      ...(kind === "public" ? [] : [clientSecret]),
    ]),
    ...generated.map(({ variable }) => variable),
    ...(logs === undefined ? [] : Object.values(logs.environment)),
    ...connections.flatMap((one) => (one.kind === "application" && one.variable !== undefined ? [one.variable] : [])),
  ];
}

export function databaseVariables({ environment: names }: ApplicationDatabase, binding: DatabaseBinding): Environment {
  return {
    [names.host]: binding.host,
    [names.port]: String(binding.port),
    [names.database]: binding.database,
    [names.username]: binding.username,
    [names.password]: binding.password,
  };
}

/** Without keys where the pods' service account has a role. */
export function bucketVariables({ environment: names }: ApplicationBucket, bucket: Bucket): Environment {
  const { access } = bucket;
  const keys =
    access.kind === "keys" ? { [names.accessKey]: access.accessKey, [names.secretKey]: access.secretKey } : {};
  return { [names.endpoint]: bucket.endpoint, [names.region]: bucket.region, [names.bucket]: bucket.bucket, ...keys };
}

export function clientVariables({ environment: names }: ApplicationClient, client: OidcClient): Environment {
  const held = client.clientSecret === undefined ? {} : { [names.clientSecret]: client.clientSecret };
  return {
    [names.clientId]: client.clientId,
    [names.issuer]: client.issuer,
    [names.discoveryUrl]: client.inCluster.discoveryUrl,
    ...held,
  };
}
