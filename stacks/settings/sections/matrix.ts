import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const restarts = "Restarts the homeserver.";
const routes = "Changes routes and certificates only.";

/** Matrix: a homeserver, with optional sites. */
export function matrixSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    matrix: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether the stack runs a Matrix homeserver.",
            changing: "Turning it off deletes the homeserver. In prod, its PersistentVolumeClaim is kept.",
          }),
          homeserver: key(z.enum(["tuwunel", "conduit"]).default("tuwunel"), {
            is: "The homeserver: `conduit`, or `tuwunel`, its maintained successor.",
            changing:
              "From `conduit` to `tuwunel`, the database is migrated at the first start, and Conduit can no longer read it: the plan refuses this until `allowDataLoss` names it (docs/matrix.md). The other direction is not possible.",
          }),
          namespace: key(formats.shortName().default("matrix"), {
            is: "The namespace of the homeserver and its sites.",
            changing: "Creates another homeserver with a claim of its own. The old claim is kept.",
          }),
          name: key(formats.shortName().default("matrix"), {
            is: "Prefix of the names of the homeserver's objects.",
            changing: "Creates another homeserver with a claim of its own. The old claim is kept.",
          }),
          serverName: key(formats.domain().optional(), {
            is: "The server name: the part of user IDs and room aliases after the colon.",
            unset: "The stack's `domain` is used.",
            changing:
              "Impossible once the homeserver has started: users, rooms and signatures contain it. The plan refuses it as data loss.",
          }),
          host: key(formats.plainHost().default("matrix"), {
            is: "The host of the homeserver: `NAME` for NAME.DOMAIN, or a full host name.",
            changing: "Clients and other servers use the new host after they have read the delegation again.",
          }),
          replicas: key(z.number().int().min(0).max(20).default(1), {
            is: "1, or 0 to stop the homeserver, for example for an offline backup. Its database can be opened by one process only.",
            unit: "pods",
            changing: restarts,
          }),
          storage: key(storage(sized("50Gi", "5Gi")), {
            is: "The PersistentVolumeClaim with the database and the media.",
          }),
          resources: key(
            formats.resources(
              sized(
                { cpu: "250m", memory: "1Gi", memoryLimit: "2Gi" },
                { cpu: "50m", memory: "256Mi", memoryLimit: "1Gi" },
              ),
              "homeserver",
            ),
            { is: "Requests and limits of the homeserver.", changing: restarts },
          ),
          maxRequestSize: key(z.number().int().min(1_000_000).max(2_000_000_000).default(20_971_520), {
            is: "Maximum size of a request, which limits uploads.",
            unit: "bytes",
            changing: restarts,
          }),
          registration: key(z.boolean().default(true), {
            is: "Whether users can register with the generated token. The first user is the administrator.",
            changing: `${restarts} Existing accounts stay.`,
          }),
          federation: key(federation(), { is: "Connections with other Matrix servers." }),
          delegation: key(z.enum(["homeserver", "static", "none"]).default("homeserver"), {
            is: "What answers `/.well-known/matrix/client` and `/.well-known/matrix/server` at the server name, if that is not `host`: the homeserver, a static site, or a server outside the stack (`none`).",
            changing: routes,
          }),
          site: key(formats.relativePath().optional(), {
            is: "A folder, relative to the project, with text files of a site at the server name, such as `index.html`.",
            unset: "The server name has no site.",
            changing: "Restarts the site's pods.",
          }),
          element: key(element(), { is: "Element Web, a client in the browser." }),
          login: key(z.enum(["password", "platform"]).default("password"), {
            is: "How users log in: with a password of the homeserver's own, or also at the platform's identity provider (tuwunel only).",
            changing: restarts,
          }),
          turn: key(turn().optional(), {
            is: "TURN servers, which relay calls between clients that cannot reach each other.",
            unset: "Calls need a direct connection.",
            changing: restarts,
          }),
          options: key(
            z
              .record(
                formats.formed(
                  /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/,
                  'a field of the homeserver\'s configuration, such as "log" or "media.path"',
                  "log",
                ),
                formats.plainText(4000, "warn", 0),
              )
              .default({}),
            {
              is: "Additional fields of the homeserver's configuration, in the notation of its variables. Fields that the homeserver does not read are rejected.",
              changing: restarts,
              accepts: "an object of strings by field",
            },
          ),
        })
        .prefault({}),
      { is: "Matrix, a protocol for messages and calls." },
    ),
  };
}

function storage(size: z.input<ReturnType<typeof formats.bytes>>) {
  return z
    .strictObject({
      size: key(formats.bytes().default(size), {
        is: "Size of the claim.",
        changing: "Grows the volume, if its class allows it. Shrinking is not possible.",
      }),
      role: key(z.enum(["fast", "bulk"]).default("fast"), {
        is: "The storage role, which gives the class.",
        changing: "Not possible: a claim keeps its class. The plan refuses it as data loss.",
      }),
    })
    .prefault({});
}

function federation() {
  return z
    .strictObject({
      enabled: key(z.boolean().default(false), {
        is: "Whether the homeserver exchanges messages with other servers. If so, network policies allow connections to any address at ports 443 and 8448.",
        changing: "Turning it off ends all connections; rooms of other servers get no more messages.",
      }),
      trustedServers: key(z.array(formats.domain()).default(["matrix.org"]), {
        is: "Servers that are asked for the signing keys of servers that do not answer.",
        changing: restarts,
        accepts: 'a list of server names, such as ["matrix.org"]',
      }),
    })
    .prefault({});
}

function element() {
  return z
    .strictObject({
      enabled: key(z.boolean().default(false), {
        is: "Whether the stack serves Element Web.",
        changing: "Turning it off deletes the client; accounts and messages stay on the homeserver.",
      }),
      host: key(formats.plainHost().default("element"), {
        is: "The host of the client: `NAME` for NAME.DOMAIN, or a full host name. Do not use the homeserver's host.",
        changing: "Users log in again at the new host.",
      }),
    })
    .prefault({});
}

function turn() {
  return z.strictObject({
    uris: key(
      z
        .array(
          formats.formed(
            /^(turns?|stuns?):[A-Za-z0-9.:[\]-]+(\?transport=(udp|tcp))?$/,
            'a URI such as "turn:turn.example.org?transport=udp"',
            "turn:turn.example.org?transport=udp",
          ),
        )
        .min(1),
      { is: "URIs of the servers.", changing: restarts, accepts: "a list of URIs" },
    ),
    secretSecret: key(formats.secretName(), {
      is: "The secret with the `static-auth-secret` of the servers.",
      changing: restarts,
      secret: true,
    }),
    ttl: key(formats.duration().default("1d"), {
      is: "How long a client can use the credentials that it gets.",
      changing: restarts,
    }),
  });
}
