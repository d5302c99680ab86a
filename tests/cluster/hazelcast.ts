import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { cacheOf, mavenFile } from "../maven.ts";

/**
 * The last Hazelcast of either generation: the logs of Confluence 7 and 8 name 3.12 (atlassian/data-center-helm-charts#470), and the
 * version in Confluence 10 is not documented. In 3.12, discovery by Kubernetes is a plugin.
 */
const jars = {
  "3.12": ["com.hazelcast:hazelcast:3.12.13", "com.hazelcast:hazelcast-kubernetes:1.5.6"],
  "5": ["com.hazelcast:hazelcast:5.5.0"],
} as const;

export type HazelcastVersion = keyof typeof jars;

export const hazelcastVersions = Object.keys(jars) as HazelcastVersion[];

/** A pod as Hazelcast sees it: its address, its variables, its options of Java. */
export interface MemberPod {
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
  readonly options: readonly string[];
}

/** What the kubelet gives a pod to call the API server. */
export interface Account {
  readonly server: string;
  readonly token: string;
  readonly authority: string;
}

/** What is missing to run members at the addresses of pods; undefined: nothing. */
export function whyNoMembers(): string | undefined {
  const missing = ["ip", "java", "javac"].filter((name) => spawnSync(name, ["-help"]).error !== undefined);
  if (missing.length > 0)
    return `Hazelcast needs ${missing.join(" and ")}: Debian's packages iproute2 and default-jdk-headless`;
  if (process.getuid?.() !== 0) return "members of Hazelcast need the addresses of pods, which only root may add";
  const absent = Object.values(jars)
    .flat()
    .filter((artifact) => mavenFile(artifact, cacheOf("hazelcast")) === undefined);
  return absent.length > 0 ? `Maven does not have ${absent.join(", ")}` : undefined;
}

/** Members of Hazelcast at the addresses of pods, which this machine takes for the time: no container runs in the pods. */
export class Members {
  private readonly folder = mkdtempSync(join(tmpdir(), "groundplan-hazelcast-"));
  private readonly running: ChildProcess[] = [];
  private readonly counts = new Map<string, number>();
  private readonly addresses: string[] = [];

  /** Starts one. @returns once it counts members */
  async start(version: HazelcastVersion, { address, env, options }: MemberPod, account: Account): Promise<void> {
    const [token, authority] = [join(this.folder, "token"), join(this.folder, "ca.crt")];
    writeFileSync(token, account.token, { mode: 0o600 });
    writeFileSync(authority, account.authority);
    if (spawnSync("ip", ["address", "add", `${address}/32`, "dev", "lo"]).status === 0) this.addresses.push(address);
    const path = jars[version].map((artifact) => mavenFile(artifact, cacheOf("hazelcast"))).join(delimiter);
    const program = [join(import.meta.dirname, "Member.java"), address, account.server, token, authority];
    const member = spawn("java", [...options, "-Xmx128m", "-cp", path, ...program], {
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.running.push(member);
    await new Promise<void>((resolve, reject) => {
      member.once("exit", (code) => reject(new Error(`Hazelcast ${version} at ${address} ended with ${code}`)));
      createInterface({ input: member.stdout }).on("line", (line) => {
        const [, count] = /^members (\d+)$/.exec(line) ?? [];
        if (count === undefined) return;
        this.counts.set(address, Number(count));
        resolve();
      });
    });
  }

  /** The number of members that each one counts, in the order of their start. */
  counted(): number[] {
    return [...this.counts.values()];
  }

  /** Ends all of them, and gives their addresses back. */
  async stop(): Promise<void> {
    const ended = this.running.splice(0).flatMap((member) => {
      const end = new Promise((resolve) => member.once("exit", resolve));
      return member.kill("SIGKILL") ? [end] : [];
    });
    await Promise.all(ended);
    this.counts.clear();
    for (const address of this.addresses.splice(0)) spawnSync("ip", ["address", "del", `${address}/32`, "dev", "lo"]);
  }

  /** Stops, and removes what it wrote. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }
}
