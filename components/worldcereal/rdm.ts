import type { ApplicationConnection, WrittenApplication } from "../kit/application.ts";
import { ofPart } from "./part.ts";
import type { Part, Storage } from "./part.ts";

/** The reference data module: pages, an API for them and for programs, and pgAdmin for its database. */
export interface ReferenceData {
  readonly host: string;
  readonly apiHost: string;
  readonly databaseHost: string;
  readonly database: string;
  readonly storage: Storage;
  /** The title of the input of Graylog that the API sends its logs to. */
  readonly input: string;
  readonly ui: Part;
  readonly api: Part;
  readonly pgadmin: Part & { readonly email: string };
}

/**
 * The applications of the module, by part.
 * @param database the connection of pgAdmin
 */
export function referenceData(
  module: ReferenceData,
  database: ApplicationConnection,
): Record<"ui" | "api" | "pgadmin", WrittenApplication> {
  const { api, apiHost, databaseHost, host, input, pgadmin, storage, ui } = module;
  const inside = { namespace: "rdm", servicePorts: { http: 80 } };
  return {
    ui: {
      ...ofPart(ui),
      ...inside,
      name: "rdmui-nginx",
      title: "reference data",
      writable: ["/tmp", "/var/cache/nginx"],
      hosts: [{ host, login: { client: "rdm" } }],
    },
    api: {
      ...ofPart(api),
      ...inside,
      name: "rdmapi",
      title: "reference data for programs",
      databases: [{ name: module.database }],
      volumes: [{ claim: "rdm-data", path: storage.path, size: storage.size }],
      logs: { input },
      hosts: [
        { host, paths: ["/data"], login: { client: "rdm" } },
        { host: apiHost, apiOnly: true, login: { client: "rdmapi" } },
        { host: apiHost, paths: ["/swagger"] },
      ],
    },
    pgadmin: {
      ...ofPart(pgadmin),
      ...inside,
      name: "pgadmin-pgadmin4",
      title: "the database of reference data",
      environment: {
        PGADMIN_CUSTOM_CONFIG_DISTRO_FILE: "/tmp/config_distro.py",
        PGADMIN_DEFAULT_EMAIL: pgadmin.email,
        PGADMIN_DISABLE_POSTFIX: "true",
        PGADMIN_LISTEN_PORT: String(pgadmin.port),
        ...pgadmin.environment,
      },
      probes: {
        readiness: { http: "/misc/ping" },
        liveness: { http: "/misc/ping" },
        // Its first start makes its own database.
        startup: { failures: 30 },
      },
      generated: [{ name: "password", variable: "PGADMIN_DEFAULT_PASSWORD" }],
      writable: ["/tmp", "/var/lib/pgadmin"],
      connections: [database],
      hosts: [{ host: databaseHost, login: { client: "rdm" } }],
    },
  };
}
