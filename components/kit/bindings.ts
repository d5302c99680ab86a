import type { Input, Resource } from "@pulumi/pulumi";
import type { SecretKey } from "./secret.ts";

/** Access to one database on the platform's PostgreSQL. */
export interface DatabaseBinding {
  /** DNS name or address of the server or its pooler. */
  readonly host: Input<string>;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  /** The password, in the consumer's own namespace. */
  readonly password: SecretKey;
  /** What must exist before a consumer starts: the role with its present password and the database. */
  readonly ready: Resource;
}

/** A TLS certificate, in a Secret of type `kubernetes.io/tls` in the consumer's own namespace. */
export interface CertificateBinding {
  readonly host: string;
  readonly secretName: string;
  readonly ready: Resource;
}
