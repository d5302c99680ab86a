import { join } from "node:path";
import type { Resource } from "@pulumi/pulumi";
import type { Component } from "../kit/component.ts";
import type { Credential } from "../kit/credential.ts";
import { childName } from "../kit/names.ts";
import type { Task } from "../kit/pod.ts";
import { nodeImage, programFiles } from "../kit/program.ts";
import { configMap } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { stableJson } from "../kit/stable.ts";
import { job } from "../kit/workload.ts";
import { bucketScript } from "./bucket-script.ts";
import { policyOf } from "./policy.ts";
import { jobRole, objectStore } from "./store.ts";
import type { Limit } from "./store.ts";

/** The server of the stack's own, as the Jobs that make buckets need it. */
export interface Server {
  readonly namespace: string;
  readonly endpoint: string;
  readonly root: Keyed;
  readonly runAs: { readonly user: number; readonly group: number };
  readonly scripts: Keyed;
  readonly ready: Resource;
}

/** A user of the store. */
export interface User {
  readonly name: string;
  readonly credential: Credential;
}

interface Provisioned {
  readonly bucket: string;
  /** The user's name and key, in the namespace of the server. */
  readonly keys: Keyed;
  readonly rotation: number;
}

/** The variables by which a container is the store's administrator. */
function administrator({ endpoint, root }: Server): NonNullable<Task["env"]> {
  return {
    ADMIN_ACCESS_KEY: { secret: root, key: "username" },
    ADMIN_ENDPOINT_URL: endpoint,
    ADMIN_REGION: objectStore.region,
    ADMIN_SECRET_KEY: { secret: root, key: "password" },
  };
}

const small = { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } } as const;

/** The container that sets the key of a user. @param bucket becomes the user's. Default: it gets none */
function administration(server: Server, keys: Keyed, bucket?: string): Task {
  return {
    name: "admin",
    image: objectStore.image,
    command: ["sh", "/scripts/bucket.sh"],
    env: {
      ...administrator(server),
      ACCESS_KEY: { secret: keys, key: "access-key" },
      ...(bucket !== undefined && { BUCKET: bucket }),
      SECRET_KEY: { secret: keys, key: "secret-key" },
    },
    mounts: { "/scripts": { volume: "scripts", readOnly: true } },
    resources: small,
  };
}

/** The Job that makes a bucket and its owner. */
export function provisionBucket(owner: Component, server: Server, { bucket, keys, rotation }: Provisioned): Resource {
  const { namespace, ready, root, runAs, scripts } = server;
  return job(
    owner,
    jobRole,
    {
      name: childName(bucket, "bucket"),
      namespace,
      pod: { runAs, volumes: { scripts: { from: scripts } }, containers: [administration(server, keys, bucket)] },
    },
    `${bucket}-job`,
    [bucketScript, bucket, rotation],
    { dependsOn: [ready, scripts.resource, keys.resource, root.resource] },
  ).resource;
}

/** The name of the Job of another user of a bucket, and of its Secret. */
export function limitedName(bucket: string, namespace: string): string {
  return childName(bucket, `limited-${namespace}`);
}

/** The program that writes policies, and its ConfigMap. */
export interface PolicyProgram {
  readonly texts: Readonly<Record<string, string>>;
  readonly held: Keyed;
}

/** Makes the program that writes the policies of all buckets. */
export function policyProgram(owner: Component, { namespace }: Server): PolicyProgram {
  const texts = programFiles(join(import.meta.dirname, "programs"), ["policy.ts"], ["call.ts", "signature.ts"]);
  const held = configMap(owner, "policy-program", { name: `${objectStore.name}-policy`, namespace }, texts);
  return { texts, held };
}

/** The Job that makes another user of a bucket, and gives it its part of the bucket's policy. @param after the bucket's Job before */
export function provisionLimited(
  owner: Component,
  server: Server,
  {
    after,
    bucket,
    keys,
    limit,
    namespace: consumer,
    program,
    rotation,
    user,
  }: Provisioned & {
    readonly namespace: string;
    readonly user: string;
    readonly limit: Limit;
    readonly program: PolicyProgram;
    readonly after: Resource;
  },
): Resource {
  const { namespace, root, runAs, scripts } = server;
  const role = `${bucket}-limited-${consumer}`;
  const name = limitedName(bucket, consumer);
  const statements = stableJson(policyOf(bucket, user, limit));
  const writing: Task = {
    name: "policy",
    image: nodeImage,
    command: ["node", "/program/policy.ts"],
    env: { ...administrator(server), BUCKET: bucket, STATEMENTS: statements },
    mounts: { "/program": { volume: "program", readOnly: true } },
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
  };
  return job(
    owner,
    jobRole,
    {
      name,
      namespace,
      pod: {
        runAs,
        volumes: { scripts: { from: scripts }, program: { from: program.held } },
        init: [administration(server, keys)],
        containers: [writing],
      },
    },
    `${role}-job`,
    [bucketScript, program.texts, statements, user, rotation],
    { dependsOn: [after, scripts.resource, program.held.resource, keys.resource, root.resource] },
  ).resource;
}
