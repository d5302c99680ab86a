import type * as pulumi from "@pulumi/pulumi";
import { chartRelease } from "../kit/chart-release.ts";
import { keepsData, outlives } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import { serviceHost, unusualDomain } from "../kit/environment.ts";
import { monitorKinds } from "../kit/metrics.ts";
import { secret } from "../kit/secret.ts";
import { serverCredentials } from "./credentials.ts";
import { postgresqlHaPods, postgresqlHaValues, releasePods } from "./postgresql-ha.ts";
import { credentialSecret, metrics, port, shapeOf } from "./server.ts";
import type { PostgresArgs, Server } from "./server.ts";

/** The Secret with the credentials of the repmgr servers, in their namespace. */
const serverSecret = "system-db";

/** pgpool's users in the format of its chart: both lists separated by `;`. */
export interface PoolerUsers {
  readonly usernames: string;
  readonly passwords: string;
}

/**
 * Servers with repmgr behind pgpool.
 * @param told pgpool's users, which are known when every database has been requested
 */
export function postgresqlHaServer(owner: Component, args: PostgresArgs, told: pulumi.Output<PoolerUsers>): Server {
  const { name, namespace } = args;
  const shape = shapeOf(args, owner.environment);
  const specs = serverCredentials["postgresql-ha"];
  const superuser = new Credential(owner, "superuser", specs.superuser);
  const own = credentialSecret(owner, args.namespace, "server-secret", serverSecret, {
    password: superuser,
    "repmgr-password": new Credential(owner, "replication", specs.replication),
  });
  // Separate from the servers' Secret, so that a new pooler password does not restart them.
  const pooler = credentialSecret(owner, args.namespace, "pooler-secret", `${name}-pgpool`, {
    "admin-password": new Credential(owner, "pooler-admin", specs.poolerAdmin),
    "sr-check-password": new Credential(owner, "pooler-check", specs.poolerCheck),
  });
  const place = { name: `${name}-pgpool-users`, namespace };
  const content = { usernames: told.usernames, passwords: told.passwords };
  const users = secret(owner, "pooler-users", place, content, outlives(owner.environment));
  const secrets = { server: own, pooler, users };
  const release = chartRelease(
    owner,
    "release",
    {
      chart: "postgresql-ha",
      name,
      namespace,
      values: postgresqlHaValues(shape, secrets, unusualDomain(owner.environment)),
      pods: postgresqlHaPods(shape),
    },
    {
      ...keepsData(owner.environment),
      dependsOn: [own.resource, pooler.resource, users.resource, ...monitorKinds(args.serviceMonitors)],
    },
  );
  const { poolers, servers } = releasePods(args);
  const toServers = { to: servers.peer, ports: [servers.port("postgresql")] };
  owner.environment.ledger.edges.push(
    { from: servers.peer, ...toServers, purpose: "replication" },
    { from: poolers.peer, ...toServers, purpose: "pgpool to its servers" },
    ...metrics(args.serviceMonitors, servers),
  );
  const address = { host: serviceHost(owner.environment, `${name}-pgpool`, namespace), port };
  const administration = {
    namespace,
    ...address,
    user: "postgres",
    password: { secret: own, key: "password" },
    server: [release],
  };
  return {
    address,
    peer: poolers.peer,
    administration,
    administrationPeer: poolers.peer,
    superuser,
    poolerUsers: users,
  };
}
