import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const restarts = "Restarts the nodes one after the other.";
const another = "Another midPoint with claims of its own; the old one's claims and database stay.";

/** midPoint: nodes of one cluster on the platform's PostgreSQL. */
export function midpointSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    midpoint: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether the stack has a midPoint.",
            changing:
              "Turning it off removes the nodes; claims and the database stay, the keystore is refused to go in prod.",
          }),
          namespace: key(formats.shortName().default("mp-demo"), {
            is: "midPoint's namespace, and the first part of the names of its Secrets and ConfigMaps.",
            changing: another,
          }),
          name: key(formats.shortName().default("mp-pg-demo"), {
            is: "Name of the StatefulSet, and the first part of its Services' names.",
            changing: another,
          }),
          host: key(formats.host().default("midpoint"), {
            is: "The host at the gateway, where the stack has one: `NAME` for NAME.DOMAIN, or a full name.",
            changing: "Another address and certificate; logins at the identity provider return to the new one.",
          }),
          replicas: key(z.number().int().min(1).max(20).default(sized(2, 1)), {
            is: "Nodes, started one after the other. In production midPoint wants a subscription for more than one.",
            unit: "pods",
            changing: "Adds nodes, or removes those with the highest numbers; their claims stay.",
          }),
          clustered: key(z.boolean().default(true), {
            is: "Whether nodes share tasks and tell each other of changes; more than one need it.",
            changing: restarts,
          }),
          nodeIdSource: key(z.enum(["hostname", "none"]).default("hostname"), {
            is: "Where a node's name in the cluster comes from: the pod's name, or nowhere.",
            changing: restarts,
          }),
          heap: key(heap(sized("1Gi", "512Mi"), sized("2Gi", "1Gi")), {
            is: "Memory of Java's heap in each node.",
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
            { is: "What each node asks for.", changing: restarts },
          ),
          connections: key(z.number().int().min(4).max(500).default(sized(24, 10)), {
            is: "Connections of each node to the database at most, for objects, audit and tasks together.",
            unit: "connections",
            changing: restarts,
          }),
          locale: key(
            formats
              .formed(/^[A-Za-z0-9_.@-]{1,63}$/, 'a locale of the server, such as "en_US.utf8"', "en_US.utf8")
              .default("en_US.utf8"),
            {
              is: "The locale of midPoint's database.",
              changing: "Nothing: it is fixed when the database is made.",
            },
          ),
          storage: key(formats.bytes().default(sized("5Gi", "1Gi")), {
            is: "Size of each node's claim, on the class with the role `bulk`: its home, with what the next two keys leave there.",
            changing:
              "Claim templates cannot change: grow the claims by hand first (docs/recovery.md); shrinking loses data.",
          }),
          sharedFolder: key(sharedFolder().optional(), {
            is: "A folder that every node writes to: an export of an NFS server, writable for the account 1000.",
            left: "None: each node has its claim alone.",
            changing: "What stands in the old folder stays there.",
          }),
          files: key(files(), {
            is: "Where files are kept that outlive a pod.",
            changing: "What stands in the old place stays there.",
          }),
          keystore: key(keystore(), {
            is: "The keys with which midPoint encrypts passwords.",
            changing: "See the keys.",
          }),
          trust: key(z.array(trusted()).default([]), {
            is: "Certificates of authorities that midPoint trusts when it connects to others: it knows no other authority.",
            left: "None but the stack's own.",
            changing: restarts,
            accepts: "a list of names with certificates",
          }),
          trustOwnAuthorities: key(z.boolean().default(true), {
            is: "Whether midPoint trusts the stack's own certificate authorities.",
            changing: restarts,
          }),
          systems: key(z.array(system()).default([]), {
            is: "Systems outside the cluster that midPoint connects to: those whose accounts it manages, mail servers.",
            left: "None: the network denies midPoint every way out.",
            changing: "Network policies only.",
            accepts: "a list of systems",
          }),
          session: key(formats.duration().default("4h"), {
            is: "How long a browser may be idle before it has to log in again.",
            changing: restarts,
          }),
          objects: key(formats.relativePath().optional(), {
            is: "A folder, relative to the project, with XML files of objects that are imported at the first start, by the number that each name begins with, such as `100-roles.xml`.",
            left: "No objects.",
            changing: "A new file is imported once; a changed one only under another name.",
          }),
          login: key(z.enum(["form", "platform"]).default("form"), {
            is: "How people log in: with midPoint's own form, or at the platform's identity provider.",
            changing:
              "From form to platform, the default security policy is replaced at the next start; back, it is changed in midPoint.",
          }),
        })
        .prefault({}),
      { is: "midPoint, for identities and their accounts.", changing: "See the keys." },
    ),
  };
}

type Bytes = z.input<ReturnType<typeof formats.bytes>>;

function heap(initial: Bytes, maximum: Bytes) {
  return z
    .strictObject({
      initial: key(formats.bytes().default(initial), { is: "What Java takes at the start.", changing: restarts }),
      maximum: key(formats.bytes().default(maximum), {
        is: "What Java takes at most: four fifths of `resources.memoryLimit` or less, since it needs memory beside the heap.",
        changing: restarts,
      }),
    })
    .prefault({});
}

function sharedFolder() {
  return z.strictObject({
    server: key(formats.address(), {
      is: "The NFS server, as the cluster's nodes reach it.",
      left: "An error.",
      changing: "What stands in the old folder stays there.",
    }),
    path: key(formats.absolutePath(), {
      is: "The exported folder on it.",
      left: "An error.",
      changing: "What stands in the old folder stays there.",
    }),
  });
}

function files() {
  const place = (what: string, folder: string) =>
    key(z.enum(["claim", "shared", "none"]).optional(), {
      is: `Where ${what}: in the node's claim, in \`sharedFolder\` below \`${folder}\`, or only as long as the pod lives.`,
      left: "In the shared folder where there is one, else in the claim.",
      changing: "What stands in the old place stays there.",
    });
  return z
    .strictObject({
      logs: place("log files are", "logs/POD"),
      exports: place("reports and exports are", "exports"),
      connectors: place("connectors are looked for", "connectors"),
    })
    .prefault({});
}

function keystore() {
  return z
    .strictObject({
      source: key(z.enum(["state", "shared", "own"]).default("state"), {
        is: "Where the keystore comes from: the stack's state, the first node, which makes it in `sharedFolder`, or each node by itself.",
        changing: "Another keystore: what midPoint has encrypted can no longer be read.",
      }),
      firstKey: key(z.enum(["AES-256", "AES-192", "AES-128"]).default("AES-256"), {
        is: "The first key, for `source: state`; keys that `rotation.midpoint-keys` adds are AES-256.",
        changing: "Another key: refused as a loss of data.",
      }),
    })
    .prefault({});
}

function system() {
  return z.strictObject({
    name: key(formats.name(), {
      is: "What it is, for the network policy and the picture.",
      left: "An error.",
      changing: "Nothing that runs.",
    }),
    cidrs: key(z.array(formats.cidr()).min(1), {
      is: "Address ranges in which it is.",
      unit: "CIDR",
      left: "An error.",
      changing: "Network policies only.",
      accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
    }),
    ports: key(z.array(formats.port()).min(1), {
      is: "The ports at which it answers.",
      unit: "TCP ports",
      left: "An error.",
      changing: "Network policies only.",
      accepts: "a list of ports, such as [636]",
    }),
  });
}

function trusted() {
  return z.strictObject({
    name: key(formats.shortName(), {
      is: "A name for the certificates: `NAME-1` is the first one's alias.",
      left: "An error.",
      changing: restarts,
    }),
    certificate: key(formats.certificatePem().optional(), {
      is: "The certificates in PEM.",
      left: "Those of `certificateSecret`.",
      changing: restarts,
    }),
    certificateSecret: key(formats.secretName().optional(), {
      is: "The secret with the certificates in PEM.",
      left: "Those of `certificate`.",
      changing: restarts,
      secret: true,
    }),
  });
}
