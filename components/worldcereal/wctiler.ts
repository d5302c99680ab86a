import type { WrittenApplication } from "../kit/application.ts";
import type { Bytes } from "../kit/quantities.ts";
import type { Size } from "../kit/resources.ts";
import { ofPart } from "./part.ts";
import type { Part } from "./part.ts";
import { nginxConf, uwsgiIni } from "./wctiler-files.ts";
import type { Uwsgi } from "./wctiler-files.ts";

/** A PostgreSQL server outside the stack with the tables of tiles. */
export interface TileDatabase {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly username: string;
  /** The NAME of `secrets:NAME`. */
  readonly passwordSecret: string;
  /** Address ranges (CIDR) of the server. */
  readonly cidrs: readonly string[];
}

/** WCTiler: MapProxy behind nginx, with MapServer as its source. */
export interface Tiler {
  readonly host: string;
  /** The database on the platform's PostgreSQL; not used with `external`. */
  readonly database: string;
  readonly external?: TileDatabase;
  /** The table of tiles. */
  readonly table: string;
  readonly uwsgi: Uwsgi;
  /** The largest request, body included. */
  readonly maxBodySize: Bytes;
  readonly mapproxy: Omit<Part, "health">;
  readonly nginx: { readonly image: string; readonly resources: Size };
  readonly mapserver: Part;
}

/** The applications of the module, by part. */
export function tiler(module: Tiler): Record<"mapproxy" | "mapserver", WrittenApplication> {
  const { external, host, mapproxy, mapserver, maxBodySize, nginx, table, uwsgi } = module;
  const server = ofPart(mapproxy);
  const alive = { exec: ["uwsgi", "--connect-and-read", `127.0.0.1:${uwsgi.stats}`] };
  const serving = { http: "/healthz" };
  return {
    mapproxy: {
      ...server,
      // nginx listens at the port.
      ports: {},
      name: "wctiler",
      title: "maps",
      strategy: "Recreate",
      command: ["uwsgi", "--ini", "/etc/wctiler/uwsgi.ini"],
      probes: { readiness: alive, liveness: { ...alive, failures: 6 } },
      environment: { WCT_DB_TABLE: table, ...externalVariables(external), ...mapproxy.environment },
      secretEnvironment: {
        ...(external && { WCT_DB_PASSWORD: external.passwordSecret }),
        ...mapproxy.secretEnvironment,
      },
      files: [{ path: "/etc/wctiler/uwsgi.ini", content: uwsgiIni(uwsgi) }],
      sidecars: [
        {
          name: "nginx",
          image: nginx.image,
          resources: nginx.resources,
          ports: server.ports,
          probes: { readiness: serving, liveness: serving },
          writable: ["/tmp"],
          files: [{ path: "/etc/nginx/nginx.conf", content: nginxConf(mapproxy.port, maxBodySize, uwsgi) }],
        },
      ],
      servicePorts: { http: 80 },
      databases: external === undefined ? [{ name: module.database, environment: variables }] : [],
      connections: [
        {
          kind: "application",
          application: "mapserver",
          variable: "WCT_MAPSERVER_URL",
          purpose: "maps that are not cached",
        },
        ...(external === undefined
          ? []
          : [
              {
                kind: "outside" as const,
                cidrs: external.cidrs,
                ports: [external.port],
                purpose: "the database of tiles",
              },
            ]),
      ],
      hosts: [{ host, login: { client: "wctiler" }, maxBodySize }],
    },
    mapserver: { ...ofPart(mapserver), name: "mapserver", namespace: "wctiler", title: "MapServer" },
  };
}

/** The variables with which WCTiler reads its database. */
const variables = {
  host: "WCT_HOST_DB",
  port: "WCT_DB_PORT",
  database: "WCT_DB_NAME",
  username: "WCT_DB_USER",
  password: "WCT_DB_PASSWORD",
} as const;

function externalVariables(external: TileDatabase | undefined): Record<string, string> {
  if (external === undefined) return {};
  return {
    [variables.host]: external.host,
    [variables.port]: String(external.port),
    [variables.database]: external.name,
    [variables.username]: external.username,
  };
}
