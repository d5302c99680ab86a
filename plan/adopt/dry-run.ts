import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failure } from "../doctor/run.ts";
import type { Run } from "../doctor/run.ts";

/** Asks the API server what it would do. Every request is a dry run: nothing is stored. */
export class DryRun {
  private readonly run: Run;
  private readonly where: readonly string[];
  private readonly folder: string;
  private files = 0;

  constructor(run: Run, context: string, kubeconfig: string | undefined) {
    this.run = run;
    this.where = [...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]), "--context", context];
    this.folder = mkdtempSync(join(tmpdir(), "groundplan-adopt-"));
  }

  /**
   * Whether an existing object could become the planned one in place, by server-side apply as Pulumi uses it: the API server's message
   * where it refuses.
   */
  async refusal(manifest: object): Promise<string | undefined> {
    this.files += 1;
    const file = join(this.folder, `${this.files}.json`);
    writeFileSync(file, JSON.stringify(manifest), { mode: 0o600 });
    const apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=groundplan-adopt"];
    const outcome = await this.run("kubectl", [...apply, "--dry-run=server", "-f", file, ...this.where]);
    // Of several causes, kubectl prints each in a line of its own.
    return failure("kubectl", outcome)?.replace(/^\* /, "");
  }

  /** What the API server warns of if a namespace gets labels: pods that a Pod Security Standard would refuse. */
  async warnings(namespace: string, labels: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const set = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    const args = ["label", "--dry-run=server", "--overwrite", "namespace", namespace, ...set, ...this.where];
    const outcome = await this.run("kubectl", args);
    const why = failure("kubectl", outcome);
    if (why !== undefined || outcome.kind !== "ended") return [why ?? "kubectl failed"];
    return outcome.stderr.split("\n").flatMap((line) => /^Warning: (.*)$/.exec(line)?.[1] ?? []);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
