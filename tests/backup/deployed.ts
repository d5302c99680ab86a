import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { at, list, record, text } from "../../components/kit/unknown.ts";
import { plannedObjects } from "../../plan/objects.ts";
import type { PlannedObject } from "../../plan/objects.ts";
import { recordStack } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

/** A container as the stack deploys it: its command, and its variables with the content of Secrets. */
export interface Deployed {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The numeric user and group of its processes, and their further groups. */
  readonly user: number;
  readonly group: number;
  readonly groups: readonly number[];
}

/** The backups of a stack: the containers by the name of their Job or CronJob, and the scripts. */
export async function deployedBackups(stack: TestStack): Promise<{
  readonly containers: ReadonlyMap<string, Deployed>;
  readonly scripts: Readonly<Record<string, string>>;
  /** The script that creates a bucket; empty in a stack without its own object store. */
  readonly bucket: string;
}> {
  const { containers, objects } = await deployedContainers(stack);
  const own = objects.filter(({ namespace }) => namespace === "backup" || namespace === "object-store");
  const scripts = own.find(({ kind, name }) => kind === "ConfigMap" && name === "backup-scripts");
  const bucket = own.find(({ kind, name }) => kind === "ConfigMap" && name === "object-store-scripts");
  return {
    containers,
    scripts: record(scripts?.manifest["data"]) as Record<string, string>,
    bucket: text(at(bucket?.manifest, "data", "bucket.sh")) ?? "",
  };
}

/**
 * The first container of each Job and CronJob of a stack, by the name of the Job without its hash, its init containers as
 * `JOB/CONTAINER`, and the stack's objects.
 */
export async function deployedContainers(
  stack: TestStack,
): Promise<{ readonly containers: ReadonlyMap<string, Deployed>; readonly objects: readonly PlannedObject[] }> {
  const { resources } = await recordStack(stack);
  const objects = plannedObjects(resources, ({ value }) => value);
  const secrets = new Map(
    objects.filter(({ kind }) => kind === "Secret").map((one) => [`${one.namespace}/${one.name}`, one]),
  );
  const containers = objects.flatMap((object): [string, Deployed][] => {
    const spec =
      object.kind === "CronJob" ? at(object.manifest, "spec", "jobTemplate", "spec") : at(object.manifest, "spec");
    if (object.kind !== "CronJob" && object.kind !== "Job") return [];
    const job = object.name.replace(/-job-[0-9a-f]{8}$/, "");
    const pod = at(spec, "template", "spec");
    const read = (container: unknown) => deployed(container, at(pod, "securityContext"), object, secrets);
    return [
      ...list(at(pod, "containers"))
        .slice(0, 1)
        .map((container): [string, Deployed] => [job, read(container)]),
      ...list(at(pod, "initContainers")).map((container): [string, Deployed] => [
        `${job}/${text(at(container, "name")) ?? ""}`,
        read(container),
      ]),
    ];
  });
  return { containers: new Map(containers), objects };
}

function deployed(
  container: unknown,
  security: unknown,
  { namespace }: PlannedObject,
  secrets: ReadonlyMap<string, PlannedObject>,
): Deployed {
  const env = list(at(container, "env")).map((variable): [string, string] => {
    const name = text(at(variable, "name")) ?? "";
    const ref = at(variable, "valueFrom", "secretKeyRef");
    if (ref === undefined) return [name, text(at(variable, "value")) ?? ""];
    const source = secrets.get(`${namespace}/${text(at(ref, "name"))}`);
    return [name, text(at(source?.manifest, "stringData", text(at(ref, "key")) ?? "")) ?? ""];
  });
  return {
    command: list(at(container, "command")).map(String),
    env: Object.fromEntries(env),
    user: Number(at(security, "runAsUser")),
    group: Number(at(security, "runAsGroup")),
    groups: list(at(security, "supplementalGroups")).map(Number),
  };
}

/** The path of a program on PATH or in the cache of tests; undefined without it. */
export function program(
  name: string,
  isGood: (version: string) => boolean = () => true,
  args: readonly string[] = ["--version"],
): string | undefined {
  const cached = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "groundplan", "bin", name);
  return [name, cached].find((path) => {
    if (path === cached && !existsSync(cached)) return false;
    const { status, stdout } = spawnSync(path, args, { encoding: "utf8" });
    return status === 0 && isGood(stdout);
  });
}

/** restic from 0.17 on: the first version that ends with the code of the command whose output it reads. */
export function resticProgram(): string | undefined {
  return program("restic", (version) => Number(/restic 0\.(\d+)/.exec(version)?.[1] ?? 0) >= 17, ["version"]);
}

/** An S3-compatible server of this test run. */
export interface Store {
  readonly endpoint: string;
  /** The folder with the objects of buckets. */
  readonly objects: string;
  signal(name: NodeJS.Signals): void;
  stop(): void;
}

export const root = { access: "root", secret: "root-secret" };

/**
 * Starts versitygw as the stack's own object store runs.
 * @param number of the store in this process, which gives its port
 * @param folder for all that it keeps. Default: a new one
 */
export function startStore(
  versitygw: string,
  number = 0,
  folder: string = mkdtempSync(join(tmpdir(), "groundplan-store-")),
): Store {
  for (const name of ["objects", "meta", "users"]) mkdirSync(join(folder, name));
  const port = 20_000 + ((process.pid + number) % 20_000);
  const running = spawn(versitygw, ["posix", join(folder, "objects")], {
    stdio: "ignore",
    env: {
      ...process.env,
      ROOT_ACCESS_KEY: root.access,
      ROOT_SECRET_KEY: root.secret,
      VGW_HEALTH: "/_health",
      VGW_IAM_DIR: join(folder, "users"),
      VGW_META_SIDECAR: join(folder, "meta"),
      VGW_PORT: `127.0.0.1:${port}`,
      VGW_REGION: "us-east-1",
    },
  });
  const stop = () => {
    running.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", stop);
  const signal = (name: NodeJS.Signals) => void running.kill(name);
  return { endpoint: `http://127.0.0.1:${port}`, objects: join(folder, "objects"), signal, stop };
}

/** Writes the scripts where a pod mounts them. */
export function writeScripts(folder: string, scripts: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(scripts)) writeFileSync(join(folder, name), content);
}
