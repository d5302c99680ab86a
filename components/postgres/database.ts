import type { Job } from "@pulumi/kubernetes/batch/v1/job.js";
import type * as pulumi from "@pulumi/pulumi";
import type { DatabaseBinding } from "../kit/bindings.ts";
import { verifiesServer } from "../kit/database-tls.ts";
import type { DatabaseTls } from "../kit/database-tls.ts";
import { outlives } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import { childName } from "../kit/names.ts";
import { secret } from "../kit/secret.ts";
import type { Keyed, SecretKey } from "../kit/secret.ts";
import { job } from "../kit/workload.ts";
import { databaseCredential } from "./credentials.ts";
import { databaseEnvironment, databaseScripts, ENTRY_SCRIPT, scramVerifier, SECRET_VARIABLES } from "./script.ts";
import type { DatabaseSpec } from "./script.ts";

/** A requested database. */
export interface DatabaseRequest {
  /** Name of the database and of its role: letters, digits, `-` and `_`. */
  readonly name: string;
  /** The consumer: its namespace gets the Secret, and its pods may connect. Default labels: every pod of the namespace. */
  readonly consumer: { readonly namespace: string; readonly labels?: Readonly<Record<string, string>> };
  /** PostgreSQL extensions. Default: none. */
  readonly extensions?: readonly string[];
  /** Collation and character classes. Default: `C.UTF-8`. It cannot change after the database is created. */
  readonly locale?: string;
}

/** The address of the server or its pooler, and how clients encrypt their connections. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** TLS of clients, and the CA certificates in PEM. Default: plaintext. */
  readonly tls?: { readonly mode: DatabaseTls["mode"]; readonly authorities?: string };
}

/** Where the Jobs connect to the server, and as which user. */
export interface Administration {
  readonly namespace: string;
  readonly host: string;
  readonly port: number;
  readonly user: string | SecretKey;
  readonly password: SecretKey;
  /** TLS of the Jobs' connections. Default: TLS if the server offers it. */
  readonly tls?: DatabaseTls | "disable";
  /** The scripts of {@link databaseScripts}. */
  readonly scripts: Keyed;
  /** Resources that must be ready first. */
  readonly server: readonly pulumi.Resource[];
}

/** The key of the CA certificates in the Secrets of databases. */
export const authorityKey = "ca.crt";

/** The folder with the CA certificates in the Jobs' pods. */
const authorityFolder = "/tls";

/** The labels of the Jobs' pods. */
export const administrationRole = "database-job";

/** psql, of the same major version as the servers. */
export const image = "docker.io/library/postgres:17.6-alpine";

/**
 * Creates a role with a generated password, and a database that it owns: a Job in the server's namespace, which gets a verifier instead
 * of the password, and a Secret in the consumer's namespace with everything that a client needs.
 */
export function database(
  owner: Component,
  administration: Administration,
  { host, port, tls }: ServerAddress,
  { name, consumer, extensions, locale = "C.UTF-8" }: DatabaseRequest,
): { binding: DatabaseBinding; credential: Credential } {
  const credential = new Credential(owner, `${name}-password`, databaseCredential(name));
  const given = secret(
    owner,
    `${name}-secret`,
    { name: childName(name, "database"), namespace: consumer.namespace },
    {
      database: name,
      host,
      password: credential.value,
      port: String(port),
      username: name,
      ...(tls && { sslmode: tls.mode }),
      ...(tls?.authorities !== undefined && { [authorityKey]: tls.authorities }),
    },
    outlives(owner.environment),
  );
  credential.storedIn(given, "password", consumer.namespace);
  const ready = provision(owner, administration, credential, { name, extensions, locale });
  const binding: DatabaseBinding = {
    host,
    port,
    database: name,
    username: name,
    password: { secret: given, key: "password" },
    tls: tls && {
      mode: tls.mode,
      authority: tls.authorities === undefined ? undefined : { secret: given, key: authorityKey },
    },
    ready,
  };
  return { binding, credential };
}

function provision(
  owner: Component,
  { namespace, host, port, user, password, tls, scripts, server }: Administration,
  credential: Credential,
  { name, extensions, locale }: Pick<DatabaseRequest, "name" | "extensions" | "locale">,
): Job {
  const { stack } = owner.environment;
  const salt = `${stack}/${host}/${name}`;
  const verifier = secret(
    owner,
    `${name}-verifier`,
    { name: childName(name, "verifier"), namespace },
    { verifier: credential.value.apply((value) => scramVerifier(value, salt)) },
  );
  credential.storedIn(verifier, "verifier", "the Job that sets it");
  const { folder, ...encryption } = jobTls(tls);
  const environment = databaseEnvironment({
    host,
    port,
    database: name,
    role: name,
    extensions,
    locale,
    ...encryption,
  });
  const plain = Object.entries(environment).map(([variable, value]) => [variable, literal(value)] as const);
  return job(
    owner,
    administrationRole,
    {
      name: childName(name, "database"),
      namespace,
      pod: {
        // psql needs no user in its image, and this ID does not belong to a user of the node.
        runAs: { user: 10001, group: 10001 },
        volumes: { scripts: { from: scripts }, ...(folder && { tls: { from: folder } }) },
        containers: [
          {
            name: "psql",
            image,
            command: ["sh", `/scripts/${ENTRY_SCRIPT}`],
            env: {
              ...Object.fromEntries(plain),
              [SECRET_VARIABLES.user]: typeof user === "string" ? literal(user) : user,
              [SECRET_VARIABLES.password]: password,
              [SECRET_VARIABLES.verifier]: { secret: verifier, key: "verifier" },
            },
            mounts: {
              "/scripts": { volume: "scripts", readOnly: true },
              ...(folder && { [authorityFolder]: { volume: "tls", readOnly: true } }),
            },
            resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
          },
        ],
      },
    },
    `${name}-job`,
    [databaseScripts(), environment, typeof user === "string" ? user : user.key, credential.rotation],
    { dependsOn: [...server, verifier.resource, scripts.resource] },
  ).resource;
}

/** psql's TLS, and the Secret with the CA certificates. `system` is only accepted with `verify-full` (libpq, "sslrootcert"). */
function jobTls(tls: Administration["tls"]): Pick<DatabaseSpec, "sslMode" | "sslRootCertificate"> & { folder?: Keyed } {
  if (tls === undefined) return {};
  if (tls === "disable") return { sslMode: tls };
  const { authority, mode } = tls;
  if (!verifiesServer(tls)) return { sslMode: mode };
  if (authority === undefined) return { sslMode: mode, sslRootCertificate: "system" };
  return { sslMode: mode, sslRootCertificate: `${authorityFolder}/${authority.key}`, folder: authority.secret };
}

/** Escapes a value: Kubernetes would replace `$(NAME)` with another variable's value. */
function literal(value: string): string {
  return value.replaceAll("$", "$$$$");
}
