import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../stacks.ts";
import { node } from "./samples.ts";

/** What a run of the doctor gave. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Every call of kubectl, as its arguments stood. */
  readonly calls: readonly string[];
}

/**
 * A machine of its own for one run: a kubectl that answers from files and writes down how it was called, and a Pulumi CLI in
 * the place where `npx pulumi` keeps its own.
 */
export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), "groundplan-doctor-"));
  private readonly answers = join(this.folder, "answers");
  private readonly log = join(this.folder, "calls");
  private readonly programs = join(this.folder, "programs");

  constructor() {
    for (const name of ["answers", "programs", "state", "home"]) mkdirSync(join(this.folder, name));
    for (const name of ["cat", "sh", "sleep"]) symlinkSync(`/bin/${name}`, join(this.programs, name));
    this.program(join(this.programs, "kubectl"), kubectl);
    const { version } = JSON.parse(readFileSync(join(root, "node_modules", "pulumi", "package.json"), "utf8")) as {
      version: string;
    };
    const bin = join(this.folder, "home", "versions", version, "bin");
    mkdirSync(bin, { recursive: true });
    this.program(join(bin, "pulumi"), pulumi);
    this.answer("config-view", {
      contexts: [{ name: "kind-groundplan", context: { cluster: "c" } }],
      clusters: [{ name: "c", cluster: { server: "https://10.0.0.1:6443" } }],
    });
    this.answer("version", { serverVersion: { gitVersion: "v1.34.1" } });
    this.list("nodes", [node("a"), node("b")]);
    this.list("storageclasses", [
      { metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } } },
    ]);
    this.list("daemonsets", [{ metadata: { name: "calico-node", namespace: "kube-system" } }]);
  }

  /** What `kubectl VERB KIND` prints: a text as it is, anything else as JSON. */
  answer(name: string, what: unknown): void {
    writeFileSync(join(this.answers, name), typeof what === "string" ? what : JSON.stringify(what));
  }

  list(kind: string, items: readonly unknown[]): void {
    this.answer(`get-${kind}`, { apiVersion: "v1", kind: "List", items });
  }

  /** Has one command of kubectl do something else: lines of a shell. */
  script(name: string, lines: string): void {
    writeFileSync(join(this.answers, `${name}.sh`), lines);
  }

  /** Takes kubectl away. */
  withoutKubectl(): void {
    rmSync(join(this.programs, "kubectl"));
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, "plan", "doctor", "doctor.ts"), ...args],
      {
        cwd: this.folder,
        encoding: "utf8",
        timeout: 240_000,
        env: {
          // No kubectl and no Pulumi of this machine.
          PATH: this.programs,
          HOME: this.folder,
          XDG_CACHE_HOME: join(this.folder, "cache"),
          ANSWERS: this.answers,
          CALLS: this.log,
          PULUMI_HOME: join(this.folder, "home"),
          PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
          ...env,
        },
      },
    );
    const calls = existsSync(this.log) ? readFileSync(this.log, "utf8").trim().split("\n") : [];
    return { status, stdout, stderr, calls };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private program(path: string, text: string): void {
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  }
}

const kubectl = `#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
name=$1
case $1 in config | get | auth) name=$1-$2 ;; esac
if [ -f "$ANSWERS/$name.sh" ]; then . "$ANSWERS/$name.sh"; exit 0; fi
if [ -f "$ANSWERS/$name" ]; then cat "$ANSWERS/$name"; exit 0; fi
case $name in
  get-secrets) ;;
  get-*) echo '{"items": []}' ;;
  auth-can-i) echo yes ;;
  *) echo "error: this kubectl does not know $*" >&2; exit 64 ;;
esac
`;

// As the real one does, it marks an empty backend as soon as it is asked anything, unless it is made to assume the old layout.
const pulumi = `#!/bin/sh
[ "$PULUMI_DIY_BACKEND_LEGACY_LAYOUT" = true ] || [ "$1" = version ] || echo 1 > "\${PULUMI_BACKEND_URL#file://}/meta.yaml"
case "$1 $2" in
  version*) echo v3.265.0 ;;
  whoami*) echo me ;;
  "stack export") echo "error: no stack named 'dev' found" >&2; exit 255 ;;
  *) echo "error: this pulumi does not know $*" >&2; exit 64 ;;
esac
`;
