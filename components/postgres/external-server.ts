import type { Component } from "../kit/component.ts";
import { secret } from "../kit/secret.ts";
import { authorityKey } from "./database.ts";
import type { PostgresArgs, Server } from "./server.ts";

/** A server that exists. */
export function externalServer(owner: Component, { external, namespace }: PostgresArgs): Server {
  if (external === undefined) throw new TypeError("the engine external needs the server that exists");
  const place = { name: "external-db", namespace };
  const { authorities, host, password, port: externalPort, sslMode, username } = external;
  const data = { username, password, ...(authorities !== undefined && { [authorityKey]: authorities }) };
  const own = secret(owner, "external-secret", place, data);
  const address = {
    host,
    port: externalPort,
    tls: sslMode === "disable" ? undefined : { mode: sslMode, authorities },
  };
  const peer = { kind: "outside", cidrs: external.cidrs } as const;
  const administration = {
    namespace,
    host,
    port: externalPort,
    user: { secret: own, key: "username" },
    password: { secret: own, key: "password" },
    tls:
      sslMode === "disable"
        ? sslMode
        : { mode: sslMode, authority: authorities === undefined ? undefined : { secret: own, key: authorityKey } },
    server: [],
  };
  return { address, peer, administration, administrationPeer: peer };
}
