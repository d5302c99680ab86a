import { quoted } from "./finding.ts";
import { mapCount, mapCountAnnotation } from "./judgements/hosts.ts";
import type { Needs } from "./needs.ts";

/** What a host script can prepare. */
export const hostScripts = ["nfs", "nfs-server", "sysctl"] as const;

export type HostScript = (typeof hostScripts)[number];

/** What a script is written for; each has a sensible way of doing without. */
export interface HostScriptOptions {
  /** The directory that an NFS server exports. Left out: `/storage`. */
  readonly path?: string;
  /** The address range of the nodes, such as `192.168.3.0/24`. Left out: the script asks for it as an argument. */
  readonly clients?: string;
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

/** The scripts that a stack's hosts need, by file name; none for a stack that asks nothing of them. */
export function scriptsFor(needs: Pick<Needs, "nfs" | "mapCount">, clients?: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  if (needs.nfs.some(({ driver }) => !driver)) files.set("nfs.sh", hostScript("nfs"));
  for (const { server, path } of needs.nfs) {
    if (server !== undefined && path !== undefined)
      files.set(
        `nfs-server-${server.replace(/[^A-Za-z0-9.-]/g, "_")}${path.replace(/[^A-Za-z0-9.-]+/g, "-")}.sh`,
        hostScript("nfs-server", { path, clients }),
      );
  }
  if (needs.mapCount.length > 0) files.set("sysctl.sh", hostScript("sysctl"));
  return files;
}

/** What every script starts with. `set -e` alone goes on after a failed part of a pipe: none of them has one. */
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

/** A function \`install\` that brings a package under its name of each family (os-release(5), ID and ID_LIKE). */
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
  # Nothing can be installed on Flatcar: its image has the NFS programs, or needs an update.
  flatcar) command -v mount.nfs >/dev/null 2>&1 || fail "this Flatcar has no mount.nfs: update it" ;;
  *) fail "this system is none that is known here: install ${names.debian} (Debian), ${names.redhat} (Red Hat) or the like" ;;
esac
`;
}

function nfsClient(): string {
  return `${head("Makes a node able to mount NFS volumes.", "sh nfs.sh")}${install({
    debian: "nfs-common",
    redhat: "nfs-utils",
    suse: "nfs-client",
    arch: "nfs-utils",
  })}
# Locks of NFS 3 need a daemon; NFS 4 has them inside.
if command -v systemctl >/dev/null 2>&1; then
  systemctl start rpc-statd 2>/dev/null || echo "rpc-statd did not start: NFS 4 works without it"
fi
modprobe nfs 2>/dev/null || grep -qwE 'nfs4?' /proc/filesystems || fail "this kernel has no NFS client"
command -v mount.nfs >/dev/null 2>&1 || fail "mount.nfs is still missing"
echo "this node can mount NFS volumes"
`;
}

function nfsServer({ path = "/storage", clients }: HostScriptOptions): string {
  const ask = "${1:?name the address range of the nodes, such as 192.168.3.0/24}";
  const range = clients === undefined ? ask : `\${1:-${clients}}`;
  return `${head("Makes a machine export a directory to the nodes by NFS.", `sh nfs-server.sh [ADDRESS RANGE [UUID OF THE DISK]]`)}
path=${quoted(path)}
clients="${range}"
disk="\${2:-}"
${install({ debian: "nfs-kernel-server", redhat: "nfs-utils", suse: "nfs-kernel-server", arch: "nfs-utils rpcbind" })}
mkdir -p "$path"
if [ -n "$disk" ] && ! grep -q "^UUID=$disk[[:space:]]" /etc/fstab; then
  echo "UUID=$disk $path ext4 defaults,noatime 0 2" >> /etc/fstab
fi
if grep -q "[[:space:]]$path[[:space:]]" /etc/fstab && ! mountpoint -q "$path"; then mount "$path"; fi
mountpoint -q "$path" || echo "note: $path is no disk of its own; it fills the system's"

# no_root_squash: provisioners make and own directories as root. insecure: the mounts of pods come from high ports.
mkdir -p /etc/exports.d
echo "$path $clients(rw,sync,no_wdelay,no_root_squash,insecure)" > /etc/exports.d/groundplan${path.replace(/[^A-Za-z0-9]+/g, "-").replace(/-$/, "")}.exports
systemctl enable --now rpcbind nfs-server
exportfs -ra
exportfs -s
`;
}

function sysctl(): string {
  return `${head("Lets Elasticsearch and OpenSearch map enough files on a node.", "sh sysctl.sh")}
wanted=${mapCount}
file=/etc/sysctl.d/99-groundplan.conf
present=$(cat /proc/sys/vm/max_map_count)
# A higher value stays: others may need it.
if [ "$present" -lt "$wanted" ]; then
  mkdir -p /etc/sysctl.d
  echo "vm.max_map_count = $wanted" > "$file"
  sysctl -p "$file"
  present=$(cat /proc/sys/vm/max_map_count)
fi
[ "$present" -ge "$wanted" ] || fail "vm.max_map_count is still $present"
echo "vm.max_map_count is $present; where kubectl is, tell the cluster:"
echo "kubectl annotate node $(uname -n) ${mapCountAnnotation}=$present --overwrite"
`;
}
