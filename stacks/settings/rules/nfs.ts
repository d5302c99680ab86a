import { anyAddress } from "../../../components/kit/environment.ts";
import { exportId } from "../../../components/nfs/exports.ts";
import { shareClass } from "../../../components/nfs/shares.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { repeated } from "./violation.ts";
import type { Violation } from "./violation.ts";

const clusterIP = ["nfs", "server", "clusterIP"];

/** Settings that name a folder of an NFS server; without a server, it is the stack's own. */
function folders(settings: ParsedSettings) {
  const { backup, confluence, midpoint, nfs, storage } = settings;
  const { sharedFolder } = midpoint;
  const { backups, cluster: nodes } = confluence;
  return [
    ...(midpoint.enabled && sharedFolder !== undefined
      ? [{ at: ["midpoint", "sharedFolder"] as Path, ...sharedFolder }]
      : []),
    ...(confluence.enabled && backups !== undefined ? [{ at: ["confluence", "backups"] as Path, ...backups }] : []),
    ...(confluence.enabled && nodes?.sharedHome !== undefined
      ? [{ at: ["confluence", "cluster", "sharedHome"] as Path, ...nodes.sharedHome }]
      : []),
    ...(backup.folder !== undefined && backup.enabled !== false
      ? [{ at: ["backup", "folder"] as Path, ...backup.folder }]
      : []),
    ...nfs.shares.map(({ server, path }, index) => ({ at: ["nfs", "shares", index] as Path, server, path })),
    ...storage.volumes.flatMap(({ source }, index) =>
      source.kind === "nfs"
        ? [{ at: ["storage", "volumes", index, "source"] as Path, server: source.server, path: source.path }]
        : [],
    ),
  ];
}

/** The stack's own server: its address, and the nodes that may connect. */
export function nfsServer(settings: ParsedSettings): Violation[] {
  const { cluster, nfs } = settings;
  const violations: Violation[] = [];
  if (!nfs.server.enabled)
    return folders(settings)
      .filter(({ server }) => server === undefined)
      .map(({ at }) => ({
        path: [...at, "server"],
        message: "is missing, and the stack has no NFS server of its own",
        accepts: "the address of an NFS server, or none with nfs.server.enabled: true",
        fix: "set it, or enable nfs.server",
        relies: [["nfs", "server", "enabled"]],
      }));
  if (nfs.server.clusterIP === undefined)
    violations.push({
      path: clusterIP,
      message: "is missing",
      accepts: "an unused IP address in the cluster's range of Service addresses",
      fix: "choose one of the first 16 addresses of the range: `kubectl get service kubernetes -n default` shows the first",
      relies: [["nfs", "server", "enabled"]],
    });
  if (cluster.nodeCidrs.some((cidr) => anyAddress.includes(cidr)))
    violations.push({
      path: ["cluster", "nodeCidrs"],
      message: "contains every address, so that every pod and machine could mount the folders of the NFS server",
      got: shown(cluster.nodeCidrs),
      accepts: "the address ranges of the nodes only, because NFS does not check who a client is",
      fix: "list the ranges of the nodes; with an overlay network, also the addresses that nodes have in it",
      relies: [["nfs", "server", "enabled"]],
    });
  return violations;
}

/** The first name `PATH-NUMBER` whose export number is free. */
function renamed(path: string, all: readonly { readonly path: string }[]): string {
  const taken = new Set(all.map((one) => exportId(one.path)));
  for (let number = 2; ; number += 1) if (!taken.has(exportId(`${path}-${number}`))) return `${path}-${number}`;
}

/** A folder of the stack's own server: one name below its root, with one consumer. */
export function nfsFolders(settings: ParsedSettings): Violation[] {
  if (!settings.nfs.server.enabled) return [];
  const own = folders(settings).filter(({ server }) => server === undefined);
  return [
    ...own
      .filter(({ path }) => !/^\/[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(path))
      .map(({ at, path }) => ({
        path: [...at, "path"],
        message: "is not the name of a folder on the stack's own NFS server",
        got: shown(path),
        accepts: "/ and one name with letters, digits, '-' and '_'",
        fix: { set: `/${/[A-Za-z0-9][A-Za-z0-9_-]*/.exec(path)?.[0] ?? "data"}` },
        relies: [[...at, "server"]],
      })),
    ...own.flatMap(({ at, path }, index) => {
      const other = own.slice(0, index).find((one) => one.path !== path && exportId(one.path) === exportId(path));
      return other === undefined
        ? []
        : [
            {
              path: [...at, "path"],
              message: `has the same export number as ${other.path}: ${exportId(path)} is derived from the name`,
              got: shown(path),
              accepts: "a name whose export number no other folder of the server has",
              fix: { set: renamed(path, own) },
              relies: [[...at, "server"]],
            },
          ];
    }),
    ...repeated(
      own,
      ({ path }) => path,
      ({ at }) => ({
        path: [...at, "path"],
        message: "another setting already uses this folder of the NFS server",
        accepts: "a folder that no other setting uses",
        fix: "choose another name",
        relies: own.map((one) => [...one.at, "path"]),
      }),
    ),
  ];
}

/** Servers that a node cannot reach by the given name or address. */
export function nfsAddresses(settings: ParsedSettings): Violation[] {
  return folders(settings).flatMap(({ at, server }): Violation[] => {
    if (server === undefined) return [];
    const why = unusable(server, settings.cluster.domain);
    return why === undefined
      ? []
      : [
          {
            path: [...at, "server"],
            message: why,
            got: shown(server),
            accepts: "an IP address, or a host name that the nodes resolve",
            fix: "use the server's IP address; of a Service, the cluster IP: `kubectl get service NAME -n NAMESPACE`",
            relies: [["cluster", "domain"]],
          },
        ];
  });
}

function unusable(server: string, domain: string): string | undefined {
  if (/\.svc$/.test(server) || /\.svc\./.test(server) || server.endsWith(`.${domain}`))
    return "is the name of a Service: nodes mount the folder, and do not resolve names of the cluster";
  if (server === "localhost" || /^127\.|^0\.0\.0\.0$|^::1?$/.test(server))
    return "is an address of every node itself, not of a server";
  return undefined;
}

/** Shares: names, classes, and what the chosen program can do. */
export function nfsShares({ nfs, storage }: ParsedSettings): Violation[] {
  const at = (index: number, ...rest: PropertyKey[]): Path => ["nfs", "shares", index, ...rest];
  const classes = storage.classes.map(({ name }) => name);
  return [
    ...repeated(
      nfs.shares,
      ({ name }) => name,
      (_, index) => ({
        path: at(index, "name"),
        message: "this share is listed twice",
        accepts: "each name once",
        fix: "rename or remove it",
      }),
    ),
    ...nfs.shares.flatMap(({ name, pathPattern, reclaimPolicy }, index): Violation[] => [
      ...(classes.includes(shareClass(name))
        ? [
            {
              path: at(index, "name"),
              message: `storage.classes already has the class ${shareClass(name)}`,
              got: shown(name),
              accepts: "a name whose class nfs-NAME does not exist yet",
              fix: "rename one of the two",
              relies: [["storage", "classes", "*", "name"]],
            },
          ]
        : []),
      ...(nfs.provisioner === "nfs-subdir-external-provisioner" &&
      reclaimPolicy === "Delete" &&
      pathPattern?.includes("/") === true
        ? [
            {
              path: at(index, "pathPattern"),
              message:
                "has more than one level: with Delete, nfs-subdir-external-provisioner v4.0.2 deletes the folder of the last level in the root of the share, which may be another volume's",
              got: shown(pathPattern),
              accepts: "a pattern without /, or reclaimPolicy: Retain, or provisioner: csi-driver-nfs",
              fix: { set: pathPattern.replaceAll("/", "-") },
              relies: [at(index, "reclaimPolicy"), ["nfs", "provisioner"]],
            },
          ]
        : []),
      ...(pathPattern !== undefined && !(pathPattern.includes("${namespace}") && pathPattern.includes("${claim}"))
        ? [
            {
              path: at(index, "pathPattern"),
              message: "gives several claims the same folder",
              got: shown(pathPattern),
              accepts: "a pattern with both ${namespace} and ${claim}",
              fix: { set: "${namespace}-${claim}" },
              relies: [],
            },
          ]
        : []),
    ]),
  ];
}

/** The server's own claim cannot be on a folder that the server itself provides. */
export function nfsCircle({ nfs, storage }: ParsedSettings): Violation[] {
  const own = nfs.shares.filter(({ server }) => server === undefined);
  const chosen = own.find(({ name, default: isDefault }) =>
    storage.roles.bulk === undefined ? isDefault : storage.roles.bulk === shareClass(name),
  );
  if (!nfs.server.enabled || chosen === undefined) return [];
  return [
    {
      path: ["storage", "roles", "bulk"],
      message: "is a class on the stack's own NFS server, whose claim has this role: it would wait for itself",
      got: shown(shareClass(chosen.name)),
      accepts: "a class that does not need this server",
      fix: "use another class",
      relies: [
        ["nfs", "server", "enabled"],
        ["nfs", "shares"],
      ],
    },
  ];
}
