import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { at, list, text } from "../../components/kit/unknown.ts";
import type { PlannedObject } from "../../plan/objects.ts";
import { root } from "../stacks.ts";
import type { Cluster } from "./cluster.ts";

/** A program of a component that runs on this machine. */
export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
  /** What it has printed so far. */
  readonly output: { readonly out: string; readonly err: string };
}

/**
 * Starts the program of a CronJob's first container, with its variables, and a token of its account for the cluster.
 * @param file the program's, inside the project
 * @param folder of this run, for the token
 * @param change of its variables
 */
export function startProgram(
  cluster: Cluster,
  cronJob: PlannedObject,
  file: string,
  folder: string,
  change: Readonly<Record<string, string>> = {},
): Running {
  const pod = at(cronJob.manifest, "spec", "jobTemplate", "spec", "template", "spec");
  const account = text(at(pod, "serviceAccountName")) ?? "";
  const token = cluster.kubectl(["create", "token", account, "-n", cronJob.namespace ?? ""]).out.trim();
  writeFileSync(join(folder, "token"), token);
  const view = (path: string) =>
    cluster.kubectl(["config", "view", "--raw", "--minify", "-o", `jsonpath={.clusters[0].cluster.${path}}`]).out;
  const url = new URL(view("server"));
  writeFileSync(join(folder, "ca.crt"), Buffer.from(view("certificate-authority-data"), "base64"));
  const [container] = list(at(pod, "containers"));
  const env = list(at(container, "env")).map((one) => [text(at(one, "name")), text(at(one, "value")) ?? ""]);
  const child = spawn(process.execPath, [join(root, file)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...(Object.fromEntries(env) as Record<string, string>),
      ACCOUNT: folder,
      NODE_EXTRA_CA_CERTS: join(folder, "ca.crt"),
      KUBERNETES_SERVICE_HOST: url.hostname,
      KUBERNETES_SERVICE_PORT: url.port,
      ...change,
    },
  });
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (part: string) => (output.out += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (output.err += part));
  const done = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, ...output }));
  });
  return { child, done, output };
}
