import { createHash } from "node:crypto";

/** A folder of the NFS server, which is one export. */
export interface FolderSpec {
  /** Absolute path of the export with one segment, such as `/midpoint`. */
  readonly path: string;
  /**
   * The account to which all files belong: every client acts as it, also root on a node. Default: clients keep their user IDs,
   * root included, as provisioners of volumes need.
   */
  readonly account?: { readonly user: number; readonly group: number };
}

/** The port of NFS version 4. Version 3 also needs mountd (20048) and rpcbind (111), which the server does not run. */
export const nfsPort = 2049;

/** Paths in the server's container. */
export const serverPaths = {
  /** The claim. */
  data: "/exports",
  configuration: "/etc/ganesha",
  /** For the file with its process ID. */
  run: "/run/ganesha",
} as const;

/** The command that runs the server in the foreground. */
export const serverCommand = [
  "ganesha.nfsd",
  "-F",
  ...["-L", "STDOUT"],
  ...["-f", `${serverPaths.configuration}/ganesha.conf`],
  ...["-p", `${serverPaths.run}/ganesha.pid`],
] as const;

/**
 * The capabilities of the server's process. DAC_READ_SEARCH is for `open_by_handle_at` (open_by_handle_at(2)), by which a
 * user-space server opens a file after a restart; the others are for files of other users, with the IDs of the client.
 */
export const serverCapabilities = [
  "CHOWN",
  "DAC_OVERRIDE",
  "DAC_READ_SEARCH",
  "FOWNER",
  "FSETID",
  "SETGID",
  "SETUID",
] as const;

/** The capabilities of the container that creates the folders. */
export const folderCapabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER"] as const;

/**
 * The configuration of NFS-Ganesha (ganesha-core-config(8), ganesha-export-config(8)).
 *
 * @param folders in any order: an export's number, which file handles of clients contain, is derived from its path
 * @param data the folder of the claim
 */
export function serverConfiguration(folders: readonly FolderSpec[], data: string = serverPaths.data): string {
  return `NFS_CORE_PARAM {
  Protocols = 4;
  NFS_Port = ${nfsPort};
  Enable_NLM = false;
  Enable_RQUOTA = false;
  Enable_UDP = false;
  # File handles contain the file system's own ID: device numbers differ on another node.
  fsid_device = false;
}

NFSV4 {
  Minor_Versions = 0, 1, 2;
  # IDs are numbers, so that server and nodes need no common list of names.
  Only_Numeric_Owners = true;
  # Clients keep their locks when the server restarts: it waits for them this long, in seconds.
  Lease_Lifetime = 30;
  Grace_Period = 45;
  RecoveryBackend = fs;
  RecoveryRoot = ${data}/${recovery};
}

EXPORT_DEFAULTS {
  Protocols = 4;
  Transports = TCP;
  SecType = sys;
  Access_Type = RW;
}
${[...folders]
  .sort((a, b) => (a.path < b.path ? -1 : 1))
  .map((folder) => exportBlock(folder, data))
  .join("")}`;
}

/** The folder of the claim in which the server remembers its clients; no export contains it. */
const recovery = ".ganesha";

function exportBlock({ path, account }: FolderSpec, data: string): string {
  const squash =
    account === undefined
      ? ["Squash = No_Root_Squash;"]
      : ["Squash = All_Squash;", `Anonymous_Uid = ${account.user};`, `Anonymous_Gid = ${account.group};`];
  const lines = [
    `Export_Id = ${exportId(path)};`,
    `Path = ${data}${path};`,
    `Pseudo = ${path};`,
    ...squash,
    "FSAL { Name = VFS; }",
  ];
  return `\nEXPORT {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
}

/**
 * The number of an export, from 1 to 65535, derived from its path: a number by position would change with another folder, and
 * clients could no longer use their file handles.
 */
export function exportId(path: string): number {
  return (createHash("sha256").update(path).digest().readUInt16BE() % 65_535) + 1;
}

/** The shell script that creates the folders before the server starts, and gives them their owners. */
export function folderScript(folders: readonly FolderSpec[], data: string = serverPaths.data): string {
  const lines = [...folders]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, account }) =>
      account === undefined
        ? `folder "${data}${path}" 0:0 0755`
        : `folder "${data}${path}" ${account.user}:${account.group} 0770`,
    );
  return `set -eu
folder() {
  mkdir -p "$1"
  chown "$2" "$1"
  chmod "$3" "$1"
}
folder "${data}/${recovery}" 0:0 0700
${lines.map((line) => `${line}\n`).join("")}`;
}
