import type { Output } from "@pulumi/pulumi";
import type { Bucket, BucketAccess } from "../kit/bindings.ts";
import type { Peer } from "../kit/ledger.ts";
import type { RoleAgent } from "../kit/role-agent.ts";
import type { Keyed } from "../kit/secret.ts";

/** The server: see docs/decisions/object-store.md. */
export const objectStore = {
  image: "docker.io/versity/versitygw:v1.8.0",
  name: "object-store",
  port: 7070,
  region: "us-east-1",
} as const;

/** The label of the pods of the Jobs that make buckets. */
export const jobRole = "bucket-job";

/** Where buckets are, and how a consumer comes to one. */
export interface Store {
  readonly endpoint: string;
  readonly region: string;
  readonly pathStyle: boolean;
  /** What the names of buckets begin with. */
  readonly prefix: string;
  readonly peer: Peer;
  readonly port: number;
  readonly agent?: RoleAgent;
  /** Gives the pods of a namespace access to a bucket. */
  readonly access: (consumer: Consumer) => Pick<Bucket, "access" | "ready">;
}

/** The key or role of one consumer, which an existing service gives rights of its own. */
export type OwnAccess =
  { readonly accessKeyId: string; readonly secretAccessKey: Output<string> } | { readonly role: string };

/** What a consumer can do in the stack's own store: read and write the objects of a folder, and delete those of one folder in it. */
export interface Limit {
  readonly folder: string;
  readonly removes: string;
}

/** A consumer of a bucket: its namespace, and whether its Secret has the name of a first consumer's in the state. */
export interface Consumer {
  readonly bucket: string;
  readonly namespace: string;
  readonly isFirst: boolean;
  readonly access?: OwnAccess;
  readonly limit?: Limit;
}

/** The logical name of a Secret: that of a bucket's first consumer has no namespace in it. */
export function secretRole({ access, bucket, isFirst, limit, namespace }: Consumer): string {
  if (access !== undefined || limit !== undefined) return `${bucket}-own-secret-${namespace}`;
  return isFirst ? `${bucket}-secret` : `${bucket}-secret-${namespace}`;
}

/** The keys of a bucket, by the names that its Secret has. */
export function byKeys(secretOfKeys: Keyed): BucketAccess {
  const key = (of: string) => ({ secret: secretOfKeys, key: of });
  return { kind: "keys", accessKey: key("access-key"), secretKey: key("secret-key") };
}
