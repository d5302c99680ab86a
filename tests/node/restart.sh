#!/bin/bash
# Ends every container of a node, containerd and the kubelet at once, as the loss of power does, and starts the latter two again.
# Numbers of processes are those of the node, which sees no others.
# usage: restart.sh HOME CONTROL-GROUP
set -eu
run=$1/run
mapfile -d '' -t kubelet < "/proc/$(cat "$run/kubelet.pid")/cmdline"
mapfile -d '' -t containerd < "/proc/$(cat "$run/containerd.pid")/cmdline"
kill -9 "$(cat "$run/kubelet.pid")" "$(cat "$run/containerd.pid")"
for process in /proc/[0-9]*; do
  case $(tr '\0' ' ' 2>/dev/null < "$process/cmdline") in
    *containerd-shim*) kill -9 "${process#/proc/}" || true ;;
  esac
done
find "/sys/fs/cgroup/memory/$2" -name cgroup.procs -exec cat {} + | sort -u | while read -r process; do
  kill -9 "$process" || true
done
launch() {
  local name=$1
  shift
  setsid nohup "$@" >> "$run/log/$name.log" 2>&1 < /dev/null &
  echo $! > "$run/$name.pid"
}
launch containerd "${containerd[@]}"
# A kubelet that finds no containerd ends.
until ctr version > /dev/null 2>&1; do sleep 0.2; done
launch kubelet "${kubelet[@]}"
