import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import type { AdministratorBinding, DatabaseBinding, Gateway, IdentityProvider } from "../kit/bindings.ts";
import { claim } from "../kit/claim.ts";
import { outlives } from "../kit/component.ts";
import { serviceHost } from "../kit/environment.ts";
import type { Component } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import type { Server } from "../kit/pod.ts";
import type { Pods } from "../kit/pods.ts";
import type { Bytes } from "../kit/quantities.ts";
import type { Resources } from "../kit/resources.ts";
import { secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { deployment } from "../kit/workload.ts";
import { adminerClient, dedicatedPassword } from "./credentials.ts";

/**
 * PostgreSQL 16, which Confluence 10.2 supports, and whose collation is that of its locale `en_US.utf8`: Confluence has known problems
 * with others, such as `C` (Atlassian, "Database Setup For PostgreSQL").
 */
const image = "docker.io/library/postgres:16.10-alpine";

const adminerImage = "docker.io/library/adminer:5.4.1";

/** The user of both containers: PostgreSQL's in its image; Adminer's files are readable for every user. */
const account = 70;

const folder = "/var/lib/postgresql/data/";

/** The role of the pods. */
export const databaseRole = "database";

/** Inputs of a PostgreSQL of Confluence's own. */
export interface DedicatedArgs {
  readonly namespace: string;
  /** Names of its objects. */
  readonly names: {
    readonly claim: string;
    readonly secret: string;
    readonly service: string;
    readonly workload: string;
  };
  readonly labels: Readonly<Record<string, string>>;
  /** The name of the database and of its superuser. */
  readonly database: string;
  readonly storage: Bytes;
  readonly resources: Resources;
  /** The most connections of one of Confluence's pods, and how many of them run at the same time. */
  readonly connections: number;
  readonly clients: number;
  /** Confluence's pods, which may connect. */
  readonly client: Pods;
  /** The host of Adminer, and what its login needs. Default: no Adminer. */
  readonly adminer?: { readonly host: string; readonly gateway: Gateway; readonly identity: IdentityProvider };
}

/** PostgreSQL's arguments: Confluence's connections and some for administration, and the isolation that Confluence requires. */
export function serverArguments(connections: number): string[] {
  return [
    "postgres",
    "-c",
    `max_connections=${connections + 20}`,
    "-c",
    "default_transaction_isolation=read committed",
  ];
}

/** The options of initdb. */
export const initOptions = "--encoding=UTF8";

/** A PostgreSQL of Confluence's own. */
export interface DedicatedDatabase {
  readonly binding: DatabaseBinding;
  /** Access as its superuser from another namespace, for backups. */
  readonly administrator: (consumer: {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  }) => { readonly database: string; readonly server: AdministratorBinding };
}

/** One PostgreSQL server with its claim and, if wanted, Adminer in the same pod behind a login. */
export function dedicatedDatabase(owner: Component, args: DedicatedArgs): DedicatedDatabase {
  const { clients, connections, database, labels, names, namespace } = args;
  const password = new Credential(owner, "database-password", dedicatedPassword);
  const place = { name: names.secret, namespace, labels };
  const access = secret(
    owner,
    "database-secret",
    place,
    { user: database, password: password.value },
    outlives(owner.environment),
  );
  password.storedIn(access, "password", "confluence");
  const data = claim(owner, "database-claim", {
    name: names.claim,
    namespace,
    labels,
    size: args.storage,
    role: "fast",
  });
  const pods = deployment(
    owner,
    databaseRole,
    {
      name: names.workload,
      namespace,
      labels,
      replicas: 1,
      recreate: true,
      claims: [data.entry],
      pod: {
        priority: "applications",
        runAs: { user: account, group: account },
        volumes: { "data-confluence": { claim: names.claim } },
        containers: [server(args, access), ...(args.adminer === undefined ? [] : [adminer])],
        terminationGracePeriodSeconds: 60,
      },
    },
    { dependsOn: [data.resource] },
  );
  const ports = [
    { name: "postgre", port: 5432, targetPort: "postgre" },
    ...(args.adminer === undefined ? [] : [{ name: "adminer", port: 8080, targetPort: "adminer" }]),
  ];
  const service = owner.object(
    Service,
    "database-service",
    { name: names.service, namespace, labels },
    { spec: { ports, selector: { ...pods.labels } } },
    { dependsOn: [pods.resource] },
  );
  const { ledger } = owner.environment;
  ledger.edges.push({
    from: args.client.peer,
    to: pods.peer,
    ports: [pods.port("postgre")],
    purpose: `database ${database}`,
  });
  ledger.data.push({ data: `Database ${database}` });
  ledger.spareClaims.push({ namespace, claim: names.claim, reason: "dumps of its database are backed up" });
  ledger.accepted.push({
    check: "GP050",
    object: `Deployment ${namespace}/${names.workload}`,
    reason: "Confluence's own PostgreSQL is one server; the platform's PostgreSQL has replicas",
  });
  ledger.pools.push({ consumer: "confluence", database, host: names.service, connections, replicas: clients });
  if (args.adminer !== undefined) exposeAdminer(args, pods, args.adminer);
  const binding: DatabaseBinding = {
    host: names.service,
    port: 5432,
    database,
    username: database,
    password: { secret: access, key: "password" },
    ready: service,
  };
  return {
    binding,
    administrator: (consumer) => {
      const data = { user: database, password: password.value };
      const given = secret(
        owner,
        "database-administrator",
        { name: "confluence-administrator", namespace: consumer.namespace },
        data,
      );
      password.storedIn(given, "password", consumer.namespace);
      ledger.edges.push({
        from: { kind: "pods", ...consumer },
        to: pods.peer,
        ports: [pods.port("postgre")],
        purpose: "dumps of Confluence's database",
      });
      return {
        database,
        server: {
          host: serviceHost(owner.environment, names.service, namespace),
          port: 5432,
          database: "postgres",
          user: { secret: given, key: "user" },
          password: { secret: given, key: "password" },
          image,
        },
      };
    },
  };
}

function server({ clients, connections, database, resources }: DedicatedArgs, access: Keyed): Server {
  const ready = ["pg_isready", "-h", "127.0.0.1", "-U", database];
  return {
    name: "confluence-db",
    image,
    args: serverArguments(clients * connections),
    env: {
      PGDATA: `${folder}db-files/`,
      POSTGRES_DB: database,
      POSTGRES_INITDB_ARGS: initOptions,
      POSTGRES_PASSWORD: { secret: access, key: "password" },
      POSTGRES_USER: { secret: access, key: "user" },
    },
    mounts: { [folder]: { volume: "data-confluence" } },
    writable: ["/tmp", "/var/run/postgresql"],
    ports: { postgre: 5432 },
    probes: {
      startup: { check: { exec: ready }, periodSeconds: 5, failureThreshold: 60 },
      readiness: { check: { exec: ready }, timeoutSeconds: 5 },
      liveness: { check: { tcp: "postgre" }, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
    },
    resources,
  };
}

/** Adminer, whose form has the server of the same pod as default (docker-library, adminer, `ADMINER_DEFAULT_SERVER`). */
const adminer: Server = {
  name: "confluence-db-adminer",
  image: adminerImage,
  env: { ADMINER_DEFAULT_SERVER: "127.0.0.1" },
  writable: ["/tmp"],
  ports: { adminer: 8080 },
  probes: { readiness: { check: { tcp: "adminer" } }, liveness: { check: { tcp: "adminer" }, periodSeconds: 20 } },
  resources: { requests: { cpu: "500m", memory: "300Mi" }, limits: { memory: "500Mi" } },
};

function exposeAdminer(
  { names, namespace }: DedicatedArgs,
  pods: Pods<string>,
  { gateway, host, identity }: NonNullable<DedicatedArgs["adminer"]>,
): void {
  const client = identity.client({
    ...adminerClient,
    consumer: { namespace },
    redirectUris: [gateway.loginRedirectUri(host)],
  });
  gateway.expose({
    host,
    purpose: "Adminer: Confluence's database",
    service: pods.behind(names.service, "adminer", 8080),
    login: { client },
  });
}
