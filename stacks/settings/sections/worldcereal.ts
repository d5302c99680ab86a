import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";
import { containerPath, requiredResources, taskKeys } from "./application.ts";
import { anyRanges } from "./ranges.ts";

const restarts = "Restarts the pods.";
const newHost = "Creates a new host name and certificate. The old host name stops working.";
const newDatabase = "Creates a new, empty database. The old one is kept.";

type Layout = {
  readonly port: number;
  readonly health?: string;
  readonly resources: { readonly cpu: string; readonly memory: string; readonly memoryLimit: string };
  readonly image?: string;
  readonly user?: number;
};

const small = { cpu: "50m", memory: "64Mi", memoryLimit: "256Mi" };
const large = { cpu: "250m", memory: "512Mi", memoryLimit: "2Gi" };

/** WorldCereal's modules. */
export function worldcerealSection() {
  return {
    worldcereal: key(
      z
        .strictObject({
          rdm: key(rdm().optional(), {
            is: "The reference data module, in the namespace `rdm`.",
            unset: "The stack does not run it.",
          }),
          vdm: key(vdm().optional(), {
            is: "The visualization and dissemination module, in the namespace `vdm`.",
            unset: "The stack does not run it.",
          }),
          wctiler: key(wctiler().optional(), {
            is: "WCTiler, which shows tiles, in the namespace `wctiler`.",
            unset: "The stack does not run it.",
          }),
        })
        .prefault({}),
      { is: "WorldCereal's modules: presets of `applications` (docs/worldcereal.md)." },
    ),
  };
}

function rdm() {
  return z.strictObject({
    ...common("rdm", "rdm"),
    apiHost: hostName("rdmapi", "the API, which takes tokens only; `/swagger` is open"),
    databaseHost: hostName("rdmdb", "pgAdmin"),
    ui: part("The pages.", { port: 8080, health: "/", resources: small }),
    api: part("The API, at `/data` of the pages' host and at a host of its own.", { port: 8080, resources: large }),
    pgadmin: key(
      z.strictObject({
        ...partKeys({
          port: 8080,
          resources: { cpu: "50m", memory: "256Mi", memoryLimit: "512Mi" },
          image: "docker.io/dpage/pgadmin4:9.8.0",
          user: 5050,
        }),
        email: key(formats.email(), {
          is: "The name of pgAdmin's first user, whose password is generated (`rotation.pgadmin-pgadmin4-password`).",
          changing: "Creates another first user only in a pgAdmin without data.",
        }),
      }),
      { is: "pgAdmin, which shows the database." },
    ),
  });
}

function vdm() {
  return z.strictObject({
    ...common("vdm", "vdm"),
    apiHost: hostName("vdmapi", "the back end for programs, which takes tokens only"),
    ui: part("The pages.", { port: 9000, health: "/", resources: small }),
    backend: part("The back end, at `/backend` of the pages' host and at a host of its own.", {
      port: 9850,
      resources: large,
    }),
  });
}

function wctiler() {
  return z.strictObject({
    enabled: enabled(),
    host: hostName("wctiler", "the maps"),
    database: key(formats.databaseName().default("wctiler"), {
      is: "The database of tiles on the platform's PostgreSQL. Not used with `external`.",
      changing: newDatabase,
    }),
    external: key(external().optional(), {
      is: "A PostgreSQL server outside the stack with the tables of tiles.",
      unset: "The database is on the platform's PostgreSQL.",
    }),
    table: key(formats.plainText(63, "tiles").default("tiles"), {
      is: "The table of tiles (`WCT_DB_TABLE`).",
      changing: restarts,
    }),
    maxBodySize: key(formats.bytes().default("100Mi"), {
      is: "The largest body of a request, at the gateway and at nginx.",
      changing: restarts,
    }),
    uwsgi: key(
      z
        .strictObject({
          processes: key(z.number().int().min(1).max(256).default(8), {
            is: "Number of processes that draw tiles.",
            unit: "processes",
            changing: restarts,
          }),
          bufferSize: key(z.number().int().min(4096).max(65_535).default(32_768), {
            is: "The largest request without its body, at uWSGI and nginx. A larger one is refused.",
            unit: "bytes",
            changing: restarts,
          }),
          stats: key(formats.port().default(1717), {
            is: "The port with uWSGI's statistics, for programs in the pod.",
            changing: restarts,
          }),
        })
        .prefault({}),
      { is: "Numbers of `uwsgi.ini`." },
    ),
    mapproxy: key(
      z
        .strictObject(partKeys({ port: 8080, resources: { cpu: "500m", memory: "1Gi", memoryLimit: "4Gi" } }))
        .omit({ health: true }),
      { is: "MapProxy, which uWSGI runs. Its port is that of the nginx side-car." },
    ),
    nginx: key(
      z
        .strictObject({
          image: key(formats.image().default("docker.io/nginxinc/nginx-unprivileged:1.29.1-alpine"), {
            is: "The image, with its registry and an exact tag.",
            changing: restarts,
          }),
          resources: resources(small),
        })
        .prefault({}),
      { is: "The nginx side-car." },
    ),
    mapserver: part("MapServer, which draws what is not cached. MapProxy gets its URL as `WCT_MAPSERVER_URL`.", {
      port: 8080,
      resources: { cpu: "500m", memory: "512Mi", memoryLimit: "2Gi" },
    }),
  });
}

const enabled = () =>
  key(z.boolean().default(true), {
    is: "Whether the module runs.",
    changing:
      "Turning it off deletes its pods and hosts. Its clients stay, because roles of the realm name them. In prod, its claims are kept; databases are always kept.",
  });

/** What the modules with pages, an API, files and a database share. */
function common(host: string, database: string) {
  return {
    enabled: enabled(),
    host: hostName(host, "the pages"),
    database: key(formats.databaseName().default(database), {
      is: "Its database and role on the platform's PostgreSQL.",
      changing: newDatabase,
    }),
    storage: key(
      z
        .strictObject({
          size: key(formats.bytes().default("20Gi"), {
            is: `Size of the PersistentVolumeClaim \`${host}-data\`.`,
            changing: "Grows the claim if its storage class allows it. It cannot shrink.",
          }),
          path: key(containerPath().default("/data"), { is: "Where it is mounted.", changing: restarts }),
        })
        .prefault({}),
      { is: "The module's files." },
    ),
    input: key(formats.plainText(200, "Processing Logs").default("Processing Logs"), {
      is: "The title of the input of Graylog that it sends its own logs to, at `LOG_HOST` and `LOG_PORT`.",
      changing: restarts,
    }),
  };
}

function hostName(name: string, what: string) {
  return key(formats.plainHost().default(name), {
    is: `The host of ${what}: \`NAME\` for NAME.DOMAIN, or a full host name.`,
    changing: newHost,
  });
}

function resources(layout: Layout["resources"]) {
  return key(requiredResources().default(layout as never), { is: "Requests and limits.", changing: restarts });
}

function partKeys({ health, image, port, resources: size, user = 1000 }: Layout) {
  const { environment, secretEnvironment } = taskKeys();
  const imageKey = { is: "The image, with its registry and an exact tag.", changing: restarts };
  const healthFormat = formats.formed(/^\/[^\s]*$/, 'a path, such as "/health"', "/health");
  const userId = () => z.number().int().min(1).max(4_294_967_294).default(user);
  return {
    image: key(image === undefined ? formats.image() : formats.image().default(image), imageKey),
    port: key(formats.port().default(port), { is: "The port at which it serves HTTP.", changing: restarts }),
    health: key(health === undefined ? healthFormat.optional() : healthFormat.default(health), {
      is: "The path of the probes.",
      unset: "A connection to the port is enough.",
      changing: restarts,
    }),
    environment,
    secretEnvironment,
    resources: resources(size),
    replicas: key(z.number().int().min(1).max(100).optional(), {
      is: "Number of pods.",
      unit: "pods",
      unset: "Two in prod. One in dev, and with a volume.",
      changing: "Adds or removes pods.",
    }),
    runAs: key(
      z
        .strictObject({
          user: key(userId(), { is: "User ID of the processes.", changing: restarts }),
          group: key(userId(), { is: "Group ID of the processes, which owns the volume.", changing: restarts }),
        })
        .prefault({}),
      { is: "The user of the processes." },
    ),
  };
}

function part(is: string, layout: Layout) {
  return key(z.strictObject(partKeys(layout)), { is });
}

function external() {
  return z.strictObject({
    host: key(formats.address(), { is: "The host name or IP address of the server.", changing: restarts }),
    port: key(formats.port().default(5432), { is: "Its port.", changing: restarts }),
    name: key(formats.plainText(63, "ewoc"), { is: "The name of the database.", changing: restarts }),
    username: key(formats.plainText(63, "wctiler"), { is: "A role that reads the tables.", changing: restarts }),
    passwordSecret: key(formats.secretName(), {
      is: "The secret with its password.",
      changing: restarts,
      secret: true,
    }),
    cidrs: anyRanges("Address ranges of the server, for network policies."),
  });
}
