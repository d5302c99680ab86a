import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { cacheCompiledCode, projectFolder } from "../project.ts";

cacheCompiledCode();

const { Command } = await import("commander");
const { run } = await import("../command.ts");
const { chosenStack } = await import("../stacks.ts");
const { volumesOf, volumesYaml } = await import("./block.ts");

interface Options {
  readonly stack?: string;
  readonly settings?: string;
  readonly context?: string;
  readonly out?: string;
}

const command = new Command("volumes")
  .usage("--stack NAME [options]")
  .description(
    "Writes the setting storage.volumes from the volumes of a live cluster, so that another cluster can use them. It only reads.",
  )
  .option("-s, --stack <name>", "the stack of Pulumi.NAME.yaml")
  .option("--settings <file>", "the settings of another file in the same format")
  .option("--context <name>", "read this kubeconfig context instead of the stack's")
  .option("--out <file>", "write to a file instead of standard output")
  .exitOverride();

await run(main);

async function main(args: readonly string[]): Promise<number> {
  command.parse(args, { from: "user" });
  const options = command.opts<Options>();
  const root = projectFolder();
  const { file, stack } = chosenStack(root, options);
  const out = options.out === undefined ? undefined : resolve(options.out);
  // A stack's relative paths are relative to the project, as with `pulumi up`.
  process.chdir(root);
  const [
    { InputError },
    { readStackFile },
    { projectName },
    { loadSettings },
    { namespacesOf },
    { answered },
    { Kubectl },
    { runner },
  ] = await Promise.all([
    import("../input-error.ts"),
    import("../stack-file.ts"),
    import("../project-program.ts"),
    import("../../stacks/settings/load.ts"),
    import("../../stacks/settings/derive.ts"),
    import("../doctor/diagnosis.ts"),
    import("../doctor/probes/kubectl.ts"),
    import("../doctor/run.ts"),
  ]);
  const { values, secretKeys } = readStackFile(file, [], projectName(root));
  const settings = loadSettings({ values, secretKeys: new Set(secretKeys) }, stack);
  const context = options.context ?? settings.cluster.context;
  const volumes = await new Kubectl(runner(60), context, settings.cluster.kubeconfig, 30).list("persistentvolumes");
  if (!answered(volumes)) throw new InputError(`the volumes of ${context} cannot be read: ${volumes.why}`);
  const found = volumesOf(volumes.got, new Set(namespacesOf(settings).map(({ name }) => name)));
  const yaml = volumesYaml(found, `the context ${context}`);
  if (out === undefined) process.stdout.write(yaml);
  else writeFileSync(out, yaml);
  for (const one of found.left) process.stderr.write(`not included: ${one}\n`);
  process.stderr.write(`${found.entries.length} volumes${out === undefined ? "" : ` in ${out}`}\n`);
  // A script must notice data that stays behind.
  return found.left.length === 0 ? 0 : 1;
}
