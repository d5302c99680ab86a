import type { Plan } from "../plan.ts";
import { commandLine } from "../../components/kit/command-line.ts";
import { cacheCompiledCode, projectFolder } from "../project.ts";
import type { KubectlCluster } from "./cluster.ts";
import type { Restore } from "./steps.ts";

cacheCompiledCode();

const { Command, InvalidArgumentError } = await import("commander");
const { chosenStack } = await import("../stacks.ts");
const { InputError } = await import("../input-error.ts");

interface Options {
  readonly stack?: string;
  readonly settings?: string;
  readonly database?: string;
  readonly claim?: string;
  readonly at?: number;
  readonly recovered: boolean;
  readonly confirm: boolean;
  readonly start: boolean;
}

const command = new Command("restore")
  .usage("--stack NAME [options]")
  .description(
    "Lists the backups of a stack, or restores a database or the files of a claim. It uses kubectl, and the context of the settings.",
  )
  .option("-s, --stack <name>", "the stack of Pulumi.NAME.yaml")
  .option("--settings <file>", "the settings of another file in the same format, such as examples/midpoint.yaml")
  .option("-d, --database <name>", "restore this database beside the present one, and verify it")
  .option("-c, --claim <name>", "restore the files of this claim, as NAMESPACE/NAME or NAME, next to the current ones")
  .option("--at <time>", "from the last backup before this time, such as 2026-11-20T03:00Z; default: now", time)
  .option("--recovered", "from the server of postgresql.pointInTime.recovery instead of a backup", false)
  .option("--confirm", "then stop the consumers, exchange old and restored data, and start the consumers", false)
  .option("--start", "end a restore of --database or --claim that was interrupted, and start its consumers", false)
  .addHelpText(
    "after",
    `
Examples:
  ${commandLine("restore", "--stack prod")}
  ${commandLine("restore", "--stack prod --database keycloak --at 2026-11-20T03:00Z")}
  ${commandLine("restore", "--stack prod --database keycloak --at 2026-11-20T03:00Z --confirm")}
  ${commandLine("restore", "--stack prod --database keycloak --recovered")}
  ${commandLine("restore", "--stack prod --claim chat/conduit-pv-claim --at 2026-11-20T03:00Z")}

Ctrl-C stops the restore; consumers that were stopped are started again.
Exit codes: 0 restored, 1 a step failed or was stopped, 2 invalid settings or arguments.`,
  )
  .exitOverride();

async function main(args: readonly string[]): Promise<number> {
  const options = command.parse(args, { from: "user" }).opts<Options>();
  const root = projectFolder();
  const { file, stack } = chosenStack(root, options);
  process.chdir(root);
  const [{ planProject }, { KubectlCluster: Cluster }] = await Promise.all([
    import("../project-program.ts"),
    import("./cluster.ts"),
  ]);
  const plan = await planProject(root, { stack, file });
  if (!plan.ledger.backups.some(({ cronJob }) => cronJob !== undefined))
    throw new InputError(
      `the stack ${stack} has no backups: set backup.folder, or buckets.kind and in a dev stack backup.enabled`,
    );
  const abort = new AbortController();
  process.on("SIGINT", () => {
    if (!abort.signal.aborted) print("stopping: consumers that were stopped are started again");
    abort.abort();
  });
  const { kubeconfig } = plan.settings.cluster;
  const cluster = new Cluster(plan.context, kubeconfig, backupNamespace(plan), abort.signal);
  if (options.recovered && (options.database === undefined || options.at !== undefined))
    throw new InputError("--recovered needs --database, and excludes --at: the server has the data of its own time");
  if (options.claim !== undefined && options.database !== undefined)
    throw new InputError("--database and --claim exclude each other: restore one after the other");
  if (options.claim !== undefined) {
    const { restoreClaim } = await import("./claim.ts");
    const { claim } = options;
    return restoreClaim(plan, cluster, { ...options, claim, stack }, { signal: abort.signal, kubeconfig }, print);
  }
  if (options.database === undefined) return listed(plan, cluster);
  if (options.start) return started(plan, cluster, options.database);
  return restored(plan, cluster, { ...options, database: options.database }, abort.signal);
}

/** Lists the backups in every repository of the stack. */
async function listed({ ledger }: Plan, cluster: KubectlCluster): Promise<number> {
  const { listText, snapshotsOf } = await import("./snapshots.ts");
  const checkJobs = [...new Set(ledger.backups.flatMap(({ checkJob }) => checkJob ?? []))];
  const lists = await Promise.allSettled(checkJobs.map((name) => cluster.script(name, "snapshots.sh", {})));
  const read = lists.flatMap((one) => (one.status === "fulfilled" ? snapshotsOf(one.value) : []));
  print(listText(read, Date.now()));
  const failures = lists.flatMap((one, index) => (one.status === "rejected" ? [[checkJobs[index], one.reason]] : []));
  for (const [name, reason] of failures)
    process.stderr.write(
      `the repository of ${name} cannot be read: ${reason instanceof Error ? reason.message : reason}\n`,
    );
  return failures.length === 0 ? 0 : 1;
}

async function started(plan: Plan, cluster: KubectlCluster, database: string): Promise<number> {
  for (const consumer of await consumers(plan, cluster, database)) await cluster.start(consumer);
  return 0;
}

async function restored(
  plan: Plan,
  cluster: KubectlCluster,
  { at = Date.now(), confirm, database, recovered, stack }: Options & { readonly database: string },
  signal: AbortSignal,
): Promise<number> {
  const { minute, restoredNames } = await import("./snapshots.ts");
  const { restoreSteps, runSteps } = await import("./steps.ts");
  const { recoveredSource, snapshotSource } = await import("./sources.ts");
  const backup = plan.ledger.backups.find(({ data }) => data === `Database ${database}`);
  if (backup === undefined) {
    const known = plan.ledger.backups.flatMap(({ data }) => /^Database (.+)$/.exec(data)?.[1] ?? []);
    throw new InputError(`no backup of a database "${database}"; there are ${known.join(", ")}`);
  }
  const { checkJob, cronJob, tables } = backup;
  if (cronJob === undefined || checkJob === undefined) throw new TypeError(`no CronJob of ${backup.data}`);
  const source = recovered
    ? recoveredSource(plan)
    : snapshotSource(await cluster.script(checkJob, "snapshots.sh", {}), backup, at);
  const restore: Restore = {
    database,
    cronJob,
    from: source.from,
    ...restoredNames(source, database, Date.now()),
    tables: tables ?? [],
    consumers: await consumers(plan, cluster, database),
  };
  const what = recovered ? `data of ${source.time}` : `backup of ${minute(source.time)}`;
  const steps = restoreSteps(restore, confirm);
  print(`The ${what} will be restored:`);
  for (const [index, { title }] of steps.entries()) print(`  ${index + 1}. ${title}`);
  const { failures, stopped } = await runSteps(steps, cluster, signal, print);
  for (const { reason, title } of failures) process.stderr.write(`failed: ${title}: ${reason}\n`);
  if (failures.length > 0 || stopped) {
    process.stderr.write(
      `${database} is in use as before, or as the swap left it; see docs/backup.md, "A restore that failed"\n`,
    );
    return 1;
  }
  const again = recovered ? "--recovered" : `--at ${new Date(at).toISOString()}`;
  print(
    confirm
      ? `The ${what} is in use as ${database}. The old database is ${restore.old}: remove it when nothing needs it.`
      : `${database} is still the old database. To use ${restore.target} instead: ${commandLine("restore", `--stack ${stack ?? plan.stack} --database ${database} ${again} --confirm`)}`,
  );
  return 0;
}

/** The workloads whose pods may connect to a database, as the plan's connections say. */
async function consumers(plan: Plan, cluster: KubectlCluster, database: string) {
  const { consumersOf } = await import("./manifest.ts");
  const peers = plan.ledger.edges.flatMap(({ from, purpose }) =>
    purpose === `database ${database}` && from.kind === "pods" ? [from] : [],
  );
  const found = await Promise.all(
    peers.map(async (peer) => consumersOf(await cluster.workloads(peer.namespace), peer)),
  );
  return found.flat();
}

function backupNamespace({ objects }: Plan): string {
  return objects.find(({ kind, name }) => kind === "CronJob" && name === "backup-check")?.namespace ?? "backup";
}

function time(text: string): number {
  const at = Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`);
  if (Number.isNaN(at)) throw new InvalidArgumentError("a time such as 2026-11-20T03:00Z is accepted");
  return at;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

// Not by `run` of command.ts: it ends the process at Ctrl-C, and here consumers must be started first.
const { failed } = await import("../command.ts");
process.exitCode = await main(process.argv.slice(2)).catch(failed);
