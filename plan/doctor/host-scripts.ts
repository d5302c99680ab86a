import { quoted } from "./diagnosis.ts";
import { mapCount, mapCountAnnotation } from "./judgements/hosts.ts";
import type { Needs } from "./needs.ts";

/** The host scripts. */
export const hostScripts = ["nfs", "nfs-server", "sysctl"] as const;

export type HostScript = (typeof hostScripts)[number];

/** Parameters of a script. */
export interface HostScriptOptions {
  /** The directory that an NFS server exports. Default: `/storage`. */
  readonly path?: string;
  /** The address ranges of the nodes with spaces between them, such as `192.168.3.0/24`. Default: the script requires them. */
  readonly clients?: string;
  /** The account of all files. Default: those of several accounts, among them root, as provisioners of volumes need. */
  readonly account?: { readonly user: number; readonly group: number };
}

/** The text of a host script, for any POSIX shell: the same bytes for the same options. */
export function hostScript(name: HostScript, options: HostScriptOptions = {}): string {
  switch (name) {
    case "nfs":
      return nfsClient();
    case "nfs-server":
      return nfsServer(options);
    case "sysctl":
      return sysctl();
  }
}

/** The scripts that a stack's hosts need, by file name; none for a stack without requirements for its hosts. */
export function scriptsFor(needs: Pick<Needs, "nfs" | "mapCount">, clients?: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  if (needs.nfs.some(({ driver }) => !driver)) files.set("nfs.sh", hostScript("nfs"));
  for (const { account, server, path } of needs.nfs) {
    if (server === undefined || path === undefined) continue;
    const name = `nfs-server-${server.replace(/[^A-Za-z0-9.-]/g, "_")}${path.replace(/[^A-Za-z0-9.-]+/g, "-")}.sh`;
    // A folder of two consumers with different accounts is one of several accounts.
    const same = needs.nfs.filter((one) => one.server === server && one.path === path);
    const isOne = same.every((one) => one.account?.user === account?.user && one.account?.group === account?.group);
    files.set(name, hostScript("nfs-server", { path, clients, account: isOne ? account : undefined }));
  }
  if (needs.mapCount.length > 0) files.set("sysctl.sh", hostScript("sysctl"));
  return files;
}

/** The start of every script. `set -e` does not detect a failure inside a pipe, so the scripts contain none. */
function head(what: string, usage: string): string {
  return `#!/bin/sh
# ${what}
# usage: ${usage}
# It may be run again: what is done already stays as it is.
set -eu

fail() {
  echo "$*" >&2
  exit 1
}

[ "$(id -u)" -eq 0 ] || fail "run this as root"
`;
}

/** Shell code that installs a package by its name in each family of distributions (os-release(5), ID and ID_LIKE). */
function install(names: {
  readonly debian: string;
  readonly redhat: string;
  readonly suse: string;
  readonly arch: string;
}): string {
  return `
family=unknown
if [ -r /etc/os-release ]; then
  # shellcheck source=/dev/null
  . /etc/os-release
  for id in \${ID:-} \${ID_LIKE:-}; do
    case $id in
      debian | ubuntu) family=debian ;;
      rhel | fedora | centos | rocky | almalinux | ol | amzn) family=redhat ;;
      suse | opensuse | opensuse-leap | opensuse-tumbleweed | sles | sle-micro) family=suse ;;
      arch | archlinux | manjaro) family=arch ;;
      flatcar) family=flatcar ;;
      *) continue ;;
    esac
    break
  done
fi

case $family in
  debian)
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install -y --no-install-recommends ${names.debian}
    ;;
  redhat)
    if command -v dnf >/dev/null 2>&1; then dnf install -y ${names.redhat}; else yum install -y ${names.redhat}; fi
    ;;
  suse) zypper --non-interactive install --no-recommends ${names.suse} ;;
  arch) pacman -S --needed --noconfirm ${names.arch} ;;
  # Flatcar has no package manager: its image contains the NFS programs, or needs an update.
  flatcar) command -v mount.nfs >/dev/null 2>&1 || fail "mount.nfs is missing on this Flatcar: update it" ;;
  *) fail "this distribution is not supported: install the equivalent of ${names.debian} (Debian) or ${names.redhat} (Red Hat)" ;;
esac
`;
}

function nfsClient(): string {
  return `${head("Installs the NFS client, so that a node can mount NFS volumes.", "sh nfs.sh")}${install({
    debian: "nfs-common",
    redhat: "nfs-utils",
    suse: "nfs-client",
    arch: "nfs-utils",
  })}
# Locks of NFS 3 need a daemon; NFS 4 does not.
if command -v systemctl >/dev/null 2>&1; then
  systemctl start rpc-statd 2>/dev/null || echo "rpc-statd did not start; NFS 4 works without it"
fi
modprobe nfs 2>/dev/null || grep -qwE 'nfs4?' /proc/filesystems || fail "this kernel has no NFS client"
command -v mount.nfs >/dev/null 2>&1 || fail "mount.nfs is still missing"
echo "this node can mount NFS volumes"
`;
}

function nfsServer({ path = "/storage", clients, account }: HostScriptOptions): string {
  const ask = "${1:?the address range of the nodes is required, such as 192.168.3.0/24}";
  const range = clients === undefined ? ask : `\${1:-${clients}}`;
  const squash = account === undefined ? "no_root_squash" : "root_squash";
  const owned =
    account === undefined
      ? ""
      : `
# The pods have this account. Others of the group, such as those of backups, write to it too.
chown ${account.user}:${account.group} "$path"
chmod 2770 "$path"
`;
  return `${head("Installs an NFS server that exports a directory to the nodes.", `sh nfs-server.sh ["ADDRESS RANGE…" [UUID OF THE DISK]]`)}
path=${quoted(path)}
clients="${range}"
disk="\${2:-}"
# Without file names in place of a "*".
set -f
entries=
for client in $clients; do
  case $client in
    "*" | 0.0.0.0* | ::/* | */0) fail "$client is every machine: give the address range of the nodes" ;;
  esac
  entries="$entries $client(rw,sync,no_wdelay,${squash},insecure)"
done
set +f
[ -n "$entries" ] || fail "the address range of the nodes is required, such as 192.168.3.0/24"
${install({ debian: "nfs-kernel-server", redhat: "nfs-utils", suse: "nfs-kernel-server", arch: "nfs-utils rpcbind" })}
mkdir -p "$path"
if [ -n "$disk" ] && ! grep -q "^UUID=\${disk}[[:space:]]" /etc/fstab; then
  echo "UUID=$disk $path ext4 defaults,noatime 0 2" >> /etc/fstab
fi
if grep -q "[[:space:]]\${path}[[:space:]]" /etc/fstab && ! mountpoint -q "$path"; then mount "$path"; fi
mountpoint -q "$path" || echo "note: $path is not on a separate disk; it uses the system disk"
${owned}
# ${account === undefined ? "no_root_squash: provisioners create and own directories as root. " : ""}insecure: pods mount from high ports.
mkdir -p /etc/exports.d
echo "$path$entries" > /etc/exports.d/groundplan${path.replace(/[^A-Za-z0-9]+/g, "-").replace(/-$/, "")}.exports
systemctl enable --now rpcbind nfs-server
exportfs -ra
exportfs -s
`;
}

function sysctl(): string {
  return `${head("Raises vm.max_map_count for Elasticsearch and OpenSearch.", "sh sysctl.sh")}
wanted=${mapCount}
file=/etc/sysctl.d/99-groundplan.conf
present=$(cat /proc/sys/vm/max_map_count)
# Keep a higher value: other programs may need it.
if [ "$present" -lt "$wanted" ]; then
  mkdir -p /etc/sysctl.d
  echo "vm.max_map_count = $wanted" > "$file"
  sysctl -p "$file"
  present=$(cat /proc/sys/vm/max_map_count)
fi
[ "$present" -ge "$wanted" ] || fail "vm.max_map_count is still $present"
echo "vm.max_map_count is $present; record it in the cluster, on a machine with kubectl:"
echo "kubectl annotate node $(uname -n) ${mapCountAnnotation}=$present --overwrite"
`;
}
