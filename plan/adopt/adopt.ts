import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { commandLine } from "../../components/kit/command-line.ts";
import { cacheCompiledCode, projectFolder } from "../project.ts";

cacheCompiledCode();

const { Command, Option } = await import("commander");
const { run } = await import("../command.ts");
const { chosenStack } = await import("../stacks.ts");

interface Options {
  readonly stack?: string;
  readonly settings?: string;
  readonly importFile?: string;
  readonly state?: string;
  readonly out?: string;
}

const command = new Command("adopt")
  .usage("--stack NAME [options]")
  .description(
    "Finds what a stack's cluster already has of the plan, and completes the file for pulumi import. It changes nothing in the cluster and nothing in the state.",
  )
  .option("-s, --stack <name>", "the stack of Pulumi.NAME.yaml")
  .option("--settings <file>", "the settings of another file in the same format")
  .option("--import-file <file>", "complete this file, which npx pulumi preview --import-file has written")
  .addOption(
    new Option(
      "--state <file>",
      "complete this file after the import: a state that npx pulumi stack export has written",
    ).conflicts("importFile"),
  )
  .option("--out <file>", "where the completed file is written; default: out/NAME/adopt.json, or state.json")
  .addHelpText(
    "after",
    `
Examples:
  ${commandLine("adopt", "--stack prod")}
  npx pulumi preview --stack prod --import-file import.json
  ${commandLine("adopt", "--stack prod --import-file import.json")}
  npx pulumi import --stack prod --file out/prod/adopt.json --protect=false --generate-code=false
  npx pulumi stack export --stack prod --file imported.json
  ${commandLine("adopt", "--stack prod --state imported.json")}
  npx pulumi stack import --stack prod --file out/prod/state.json

Exit codes: 0 all can be adopted, 1 some needs a decision first, 2 invalid settings, arguments or files, or no cluster.`,
  )
  .exitOverride();

await run(main);

async function main(args: readonly string[]): Promise<number> {
  command.parse(args, { from: "user" });
  const options = command.opts<Options>();
  const root = projectFolder();
  const { file, stack } = chosenStack(root, options);
  const { importFile, state } = options;
  const given = importFile === undefined ? undefined : resolve(importFile);
  const exported = state === undefined ? undefined : resolve(state);
  const out = resolve(options.out ?? `out/${stack}/${state === undefined ? "adopt" : "state"}.json`);
  const started = process.cwd();
  // A stack's relative paths are relative to the project, as with `pulumi up`.
  process.chdir(root);
  const [{ planProject }, { Kubectl }, { runner }, { DryRun }, { survey }, report, { completed, readList }] =
    await Promise.all([
      import("../project-program.ts"),
      import("../doctor/probes/kubectl.ts"),
      import("../doctor/run.ts"),
      import("./dry-run.ts"),
      import("./survey.ts"),
      import("./report.ts"),
      import("./import-file.ts"),
    ]);
  const write = (text: string) => {
    mkdirSync(dirname(out), { recursive: true });
    // It may have passwords, and the mode is that of a new file only.
    rmSync(out, { force: true });
    writeFileSync(out, text, { mode: 0o600 });
    return relative(started, out);
  };
  if (exported !== undefined) {
    const { readState, settledState } = await import("./state.ts");
    const known = readState(exported);
    const { count, text } = settledState(known, await planProject(root, { stack, file }));
    process.stdout.write(report.stateText({ count, file: write(text), stack }));
    return 0;
  }
  const list = given === undefined ? undefined : readList(given);
  const plan = await planProject(root, { stack, file });
  const { kubeconfig } = plan.settings.cluster;
  const runs = runner(60);
  const dryRun = new DryRun(runs, plan.context, kubeconfig);
  try {
    const found = await survey(plan, new Kubectl(runs, plan.context, kubeconfig, 30), dryRun);
    process.stdout.write(report.reportText(found, plan));
    if (list === undefined) process.stdout.write(report.firstText(found, stack));
    else {
      const { count, text } = completed(list, found.existing);
      process.stdout.write(report.nextText({ file: write(text), count, stack, kept: found.kept }));
    }
    return found.refused.length + found.unowned.length === 0 ? 0 : 1;
  } finally {
    dryRun.close();
  }
}
