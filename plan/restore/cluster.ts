import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { at, list, whole } from "../../components/kit/unknown.ts";
import { InputError } from "../input-error.ts";
import { jobOf, stoppedAnnotation } from "./manifest.ts";
import type { Consumer, RestoreCluster } from "./steps.ts";

/** How often the state of a Job or of pods is asked for, in milliseconds. */
export const interval = 2000;

/** A cluster through the user's own kubectl. It stops waiting when the user stops the restore. */
export class KubectlCluster implements RestoreCluster {
  private readonly where: readonly string[];
  protected readonly namespace: string;
  protected readonly signal: AbortSignal;
  private jobs = 0;

  /** @param namespace of the CronJobs of backups */
  constructor(context: string, kubeconfig: string | undefined, namespace: string, signal: AbortSignal) {
    this.where = [...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]), "--context", context];
    this.namespace = namespace;
    this.signal = signal;
  }

  /** Deployments and StatefulSets of a namespace. */
  async workloads(namespace: string): Promise<readonly unknown[]> {
    return list(
      at(JSON.parse(await this.kubectl(["get", "deployments,statefulsets", "-n", namespace, "-o", "json"])), "items"),
    );
  }

  async script(
    cronJob: string,
    script: string,
    env: Readonly<Record<string, string>>,
    claim?: string,
  ): Promise<string> {
    const { namespace } = this;
    // A step that follows although the user has stopped the restore, such as one that undoes an exchange, runs to its end.
    const follows = this.signal.aborted;
    const found: unknown = JSON.parse(await this.kubectl(["get", "cronjob", cronJob, "-n", namespace, "-o", "json"]));
    this.jobs += 1;
    const name = `restore-${Date.now().toString(36)}-${this.jobs}`;
    await this.kubectl(["create", "-f", "-"], JSON.stringify(jobOf(found, name, script, env, claim)));
    try {
      for (;;) {
        const job: unknown = JSON.parse(await this.kubectl(["get", "job", name, "-n", namespace, "-o", "json"]));
        const [succeeded, failed] = ["succeeded", "failed"].map((key) => whole(at(job, "status", key)) ?? 0);
        if (succeeded === 1) return (await this.logs(name)).trim();
        const ended = list(at(job, "status", "conditions")).some((one) => at(one, "type") === "Failed");
        if (failed !== 0 || ended) throw new Error(lastLine(await this.logs(name)) ?? `the Job ${name} failed`);
        if (this.signal.aborted && !follows) throw new Error("stopped by the user");
        await sleep(interval);
      }
    } finally {
      // In the foreground: nothing of it runs when the next step starts.
      await this.kubectl(["delete", "job", name, "-n", namespace, "--cascade=foreground", "--ignore-not-found"]).catch(
        () => "",
      );
    }
  }

  async stop({ kind, name, namespace, replicas }: Consumer): Promise<void> {
    const patch = { metadata: { annotations: { [stoppedAnnotation]: String(replicas) } }, spec: { replicas: 0 } };
    await this.patch({ kind, name, namespace }, patch);
    for (;;) {
      const now: unknown = JSON.parse(await this.kubectl(["get", kind, name, "-n", namespace, "-o", "json"]));
      if ((whole(at(now, "status", "replicas")) ?? 0) === 0) return;
      if (this.signal.aborted) throw new Error("stopped by the user");
      await sleep(interval);
    }
  }

  async start({ kind, name, namespace }: Consumer): Promise<void> {
    const now: unknown = JSON.parse(await this.kubectl(["get", kind, name, "-n", namespace, "-o", "json"]));
    const kept = at(now, "metadata", "annotations", stoppedAnnotation);
    // It was not stopped.
    if (typeof kept !== "string") return;
    const patch = { metadata: { annotations: { [stoppedAnnotation]: null } }, spec: { replicas: Number(kept) } };
    await this.patch({ kind, name, namespace }, patch);
  }

  private async patch({ kind, name, namespace }: Omit<Consumer, "replicas">, patch: object): Promise<void> {
    await this.kubectl(["patch", kind, name, "-n", namespace, "--type=merge", "-p", JSON.stringify(patch)]);
  }

  private logs(job: string): Promise<string> {
    return this.kubectl(["logs", `job/${job}`, "-n", this.namespace, "-c", "restic"]);
  }

  /** @throws InputError with kubectl's last line where it fails */
  protected kubectl(args: readonly string[], input = ""): Promise<string> {
    return new Promise((resolve, reject) => {
      // In a process group of its own, which Ctrl-C in the terminal does not end.
      const child = spawn("kubectl", [...args, ...this.where], { detached: true, stdio: ["pipe", "pipe", "pipe"] });
      let [out, err] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
      child.on("error", () => reject(new InputError("kubectl is not on PATH")));
      child.on("close", (code) => {
        if (code === 0) resolve(out);
        else
          reject(new InputError(lastLine(err) ?? `kubectl ${args[0] ?? ""} failed with exit code ${code ?? "none"}`));
      });
      child.stdin.end(input);
    });
  }
}

function lastLine(text: string): string | undefined {
  return text.trim().split("\n").at(-1) || undefined;
}
