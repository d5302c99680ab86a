import { z } from "zod";
import { algorithms } from "../../../components/midpoint/algorithms.ts";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const restarts = "Restarts the nodes one after another.";
const another = "Creates another midPoint with claims of its own. The claims and the database of the old one are kept.";

/** midPoint: nodes of one cluster on the platform's PostgreSQL. */
export function midpointSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    midpoint: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether the stack runs midPoint.",
            changing:
              "Turning it off deletes the nodes. PersistentVolumeClaims and the database are kept. In prod, the deletion of the keystore is refused.",
          }),
          namespace: key(formats.shortName().default("mp-demo"), {
            is: "midPoint's namespace, and the prefix of the names of its Secrets and ConfigMaps.",
            changing: another,
          }),
          name: key(formats.shortName().default("mp-pg-demo"), {
            is: "Name of the StatefulSet, and prefix of the names of its Services.",
            changing: another,
          }),
          host: key(formats.plainHost().default("midpoint"), {
            is: "The host at the gateway, if the stack has one: `NAME` for NAME.DOMAIN, or a full host name.",
            changing:
              "Creates another host name and certificate. Logins at the identity provider return to the new host name.",
          }),
          database: key(formats.databaseName().default("midpoint"), {
            is: "The name of its database and role in the platform's PostgreSQL.",
            changing: "Creates a new, empty database. midPoint's data stays in the old one.",
          }),
          replicas: key(z.number().int().min(0).max(20).default(sized(2, 1)), {
            is: "Number of nodes, which start one after another. With 0, midPoint is stopped, and its database, keystore and claims stay. In production, midPoint requires a subscription for more than one.",
            unit: "pods",
            changing: "Adds nodes, or removes those with the highest numbers; their claims are kept.",
          }),
          clustered: key(z.boolean().default(true), {
            is: "Whether the nodes form a cluster, in which they share tasks and notify each other of changes. Required for more than one node.",
            changing: restarts,
          }),
          nodeIdSource: key(z.enum(["hostname", "none"]).default("hostname"), {
            is: "The source of a node's name in the cluster: the pod's host name, or none.",
            changing: restarts,
          }),
          heap: key(heap(sized("1Gi", "512Mi"), sized("2Gi", "1Gi")), {
            is: "Java heap of each node.",
            changing: restarts,
          }),
          resources: key(
            formats.resources(
              sized(
                { cpu: "500m", memory: "3Gi", memoryLimit: "4Gi" },
                { cpu: "250m", memory: "1536Mi", memoryLimit: "2Gi" },
              ),
              "midPoint",
            ),
            { is: "Requests and limits of each node.", changing: restarts },
          ),
          connections: key(z.number().int().min(4).max(500).default(sized(24, 10)), {
            is: "Maximum number of database connections per node, for objects, audit and tasks together.",
            unit: "connections",
            changing: restarts,
          }),
          locale: key(
            formats
              .formed(/^[A-Za-z0-9_.@-]{1,63}$/, 'a locale of the server, such as "en_US.utf8"', "en_US.utf8")
              .default("en_US.utf8"),
            {
              is: "The locale of midPoint's database.",
              changing: "No effect: it is fixed when the database is created.",
            },
          ),
          storage: key(formats.bytes().default(sized("5Gi", "1Gi")), {
            is: "Size of each node's PersistentVolumeClaim (storage role `bulk`). It holds midPoint's home directory, and all files that `sharedFolder` and `files` do not place elsewhere.",
            changing:
              "To grow, resize the claims by hand first, because claim templates are immutable (docs/recovery.md). Shrinking loses data.",
          }),
          sharedFolder: key(sharedFolder().optional(), {
            is: "A folder that every node writes to: an export of an NFS server, writable for user ID 1000. `{ path: /midpoint }` is a folder of the stack's own server.",
            unset: "Each node has its claim only.",
            changing: "Existing files stay in the old folder.",
          }),
          files: key(files(), {
            is: "Where files are stored that must survive a restart of the pod.",
            changing: "Existing files stay in the old place.",
          }),
          keystore: key(keystore(), {
            is: "The keys that midPoint encrypts passwords with.",
          }),
          trust: key(z.array(trusted()).default([]), {
            is: "CA certificates that midPoint trusts for outgoing connections, in addition to `certificates.trust`. It trusts no public CAs.",
            unset: "It trusts the stack's own CAs and those of `certificates.trust`.",
            changing: restarts,
            accepts: "a list of names with certificates",
          }),
          trustOwnAuthorities: key(z.boolean().default(true), {
            is: "Whether midPoint trusts the stack's own CAs.",
            changing: restarts,
          }),
          systems: key(z.array(system()).default([]), {
            is: "Systems outside the cluster that midPoint connects to, such as target systems with accounts, or mail servers.",
            unset: "Network policies block all connections from midPoint to outside the cluster.",
            changing: "Changes network policies only.",
            accepts: "a list of systems",
          }),
          session: key(formats.duration().default("4h"), {
            is: "Idle time after which a browser must log in again.",
            changing: restarts,
          }),
          environment: key(
            z
              .record(
                formats.formed(
                  /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
                  "the name of a variable",
                  "MP_SET_midpoint_intern",
                  128,
                ),
                formats.formed(
                  /^[^$`\\'"\r\n]{0,4000}$/,
                  "text without `$`, backtick, backslash, quotes and line breaks, which the start script gives to a shell",
                  "true",
                  4000,
                ),
              )
              .default({}),
            {
              is: "Further environment variables of the nodes, such as `MP_SET_a_b` for the property `a.b` of config.xml.",
              changing: restarts,
              accepts: "an object of strings by variable",
            },
          ),
          objects: key(formats.relativePath().optional(), {
            is: "A folder, relative to the project, with XML files of objects to import at the first start. They are imported in the order of the number in their name, such as `100-roles.xml`.",
            unset: "No objects are imported.",
            changing: "A new file is imported once. To import a changed file, rename it.",
          }),
          login: key(z.enum(["form", "platform"]).default("form"), {
            is: "How users log in: with midPoint's own form, or at the platform's identity provider.",
            changing:
              "From `form` to `platform`, the default security policy is replaced at the next start. To change it back, edit the policy in midPoint.",
          }),
        })
        .prefault({}),
      { is: "midPoint, which manages identities and their accounts." },
    ),
  };
}

type Bytes = z.input<ReturnType<typeof formats.bytes>>;

function heap(initial: Bytes, maximum: Bytes) {
  return z
    .strictObject({
      initial: key(formats.bytes().default(initial), { is: "Initial heap size.", changing: restarts }),
      maximum: key(formats.bytes().default(maximum), {
        is: "Maximum heap size: at most 80 % of `resources.memoryLimit`, because Java also needs memory outside of the heap.",
        changing: restarts,
      }),
    })
    .prefault({});
}

function sharedFolder() {
  return z.strictObject({
    server: key(formats.address().optional(), {
      is: "The host name or IP address of the NFS server, as the cluster's nodes resolve it.",
      unset: "The stack's own server (`nfs.server`).",
      changing: "Existing files stay in the old folder.",
    }),
    path: key(formats.absolutePath(), {
      is: "The exported folder on the server. On the stack's own server: `/NAME`, which is created.",
      changing: "Existing files stay in the old folder.",
    }),
  });
}

function files() {
  const place = (what: string, folder: string) =>
    key(z.enum(["claim", "shared", "none"]).optional(), {
      is: `Where ${what}: on the node's claim (\`claim\`), below \`${folder}\` in \`sharedFolder\` (\`shared\`), or in the pod only, where they are lost with it (\`none\`).`,
      unset: "The place is `shared` if `sharedFolder` is set, and `claim` otherwise.",
      changing: "Existing files stay in the old place.",
    });
  return z
    .strictObject({
      logs: place("log files are stored", "logs/POD"),
      exports: place("reports and exports are stored", "exports"),
      connectors: place("connectors are loaded from", "connectors"),
    })
    .prefault({});
}

function keystore() {
  const unreadable = "Data that midPoint has encrypted can no longer be read.";
  return z
    .strictObject({
      source: key(z.enum(["state", "import", "shared", "own"]).default("state"), {
        is: "The source of the keystore: `state` stores generated keys in the stack's state, `import` takes the keys of an existing keystore (docs/midpoint.md), `shared` has the first node create it in `sharedFolder`, `own` has each node create its own.",
        changing: `Creates another keystore. ${unreadable}`,
      }),
      firstKey: key(z.enum(algorithms).default("AES-256"), {
        is: "The algorithm of the first key, for `source: state`. Keys that `rotation.midpoint-keys` adds are AES-256.",
        changing: "Creates another key. The plan refuses this as data loss.",
      }),
      keys: key(z.array(importedKey()).default([]), {
        is: "The keys of an existing keystore, for `source: import`. `npm run keystore -- --import FILE` prints them.",
        unset: "Required with `source: import`.",
        changing: `Without a key, data that it has encrypted can no longer be read.`,
        accepts: "a list of aliases, algorithms and secrets",
      }),
      encryptionKey: key(alias().default("default"), {
        is: "The alias of the imported key that midPoint encrypts with, until `rotation.midpoint-keys` adds a key: `encryptionKeyAlias` in midPoint's old configuration.",
        changing: `${restarts} Data stays readable.`,
      }),
    })
    .prefault({});
}

function importedKey() {
  return z.strictObject({
    alias: key(formats.plainText(400, "default"), {
      is: "The alias of the key in the keystore. Case is ignored.",
      changing: `${restarts} Data stays readable: midPoint finds the key of a value by its content.`,
    }),
    algorithm: key(z.enum(algorithms), {
      is: "The algorithm of the key.",
      changing: "It must be the algorithm of the imported key.",
    }),
    keySecret: key(formats.secretName(), {
      is: "The secret with the key in base64. `npm run keystore -- --import FILE --stack STACK` sets it.",
      changing: "Replaces the key. Data that it has encrypted can no longer be read.",
      secret: true,
    }),
  });
}

/** An alias in an option of midPoint's start script, which passes its options through the shell's `eval`. */
function alias() {
  return formats.formed(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    "an alias with letters, digits, '.', '_' and '-', at most 63 characters",
    "strong",
    63,
  );
}

function system() {
  return z.strictObject({
    name: key(formats.name(), {
      is: "The system's name, for the network policy and the diagram.",
      changing: "No effect on running pods.",
    }),
    cidrs: key(z.array(formats.cidr()).min(1), {
      is: "Address ranges of the system.",
      unit: "CIDR",
      changing: "Changes network policies only.",
      accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
    }),
    ports: key(z.array(formats.port()).min(1), {
      is: "The ports of the system.",
      unit: "TCP ports",
      changing: "Changes network policies only.",
      accepts: "a list of ports, such as [636]",
    }),
  });
}

function trusted() {
  return z.strictObject({
    name: key(formats.shortName(), {
      is: "The name of the certificates. `NAME-1` is the alias of the first one.",
      changing: restarts,
    }),
    certificate: key(formats.certificatePem().optional(), {
      is: "The certificates in PEM.",
      unset: "The certificates of `certificateSecret` are used.",
      changing: restarts,
    }),
    certificateSecret: key(formats.secretName().optional(), {
      is: "The secret with the certificates in PEM.",
      unset: "The certificates of `certificate` are used.",
      changing: restarts,
      secret: true,
    }),
  });
}
