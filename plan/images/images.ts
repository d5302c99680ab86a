import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { commandLine } from "../../components/kit/command-line.ts";
import { cacheCompiledCode, projectFolder } from "../project.ts";
import type { Run } from "../doctor/run.ts";
import type { Inventory } from "./list.ts";
import type { Failure } from "./registry.ts";

cacheCompiledCode();

const { Command } = await import("commander");
const { run } = await import("../command.ts");
const { chosenStack } = await import("../stacks.ts");
const { InputError } = await import("../input-error.ts");
const { readStackFile } = await import("../stack-file.ts");

interface Options {
  readonly stack?: string;
  readonly settings?: string;
  readonly lock: boolean | string;
  readonly mirror?: string;
  readonly sbom?: string;
}

const defaultLock = "images.lock.json";

const command = new Command("images")
  .usage("--stack NAME [options]")
  .description(
    "Lists the images and charts of a stack, pins them to digests, and copies them to a registry of your own.",
  )
  .option("-s, --stack <name>", "the stack of Pulumi.NAME.yaml")
  .option("--settings <file>", "the settings of another file in the same format")
  .option("--lock [file]", `write the digest of every image, for the setting images.lock (${defaultLock})`, false)
  .option("--mirror <registry>", "copy every image and chart to this registry, for images.mirror and charts.registry")
  .option("--sbom <file>", "write a bill of materials in CycloneDX 1.6")
  .addHelpText(
    "after",
    `
Examples:
  ${commandLine("images", "--stack prod")}
  ${commandLine("images", "--stack prod --lock")}
  ${commandLine("images", "--stack prod --mirror registry.example.org/mirror")}
  ${commandLine("images", "--stack prod --sbom prod.cdx.json")}

--lock and --mirror use crane, and --mirror uses Helm for charts, with the logins of \`docker login\` and \`helm registry login\`.
Exit codes: 0 done, 1 some images or charts failed, 2 invalid settings or arguments, or a missing program.`,
  )
  .exitOverride();

await run(main);

async function main(args: readonly string[]): Promise<number> {
  const options = command.parse(args, { from: "user" }).opts<Options>();
  const root = projectFolder();
  const { file, stack } = chosenStack(root, options);
  const sbom = options.sbom === undefined ? undefined : resolve(options.sbom);
  // A stack's relative paths are relative to the project, as with `pulumi up`.
  process.chdir(root);
  const [{ makePlan }, { imagesSetting, inventory, inventoryText, upstreamConfig }, { runner }] = await Promise.all([
    import("../plan.ts"),
    import("./list.ts"),
    import("../doctor/run.ts"),
  ]);
  const { projectName, projectProgram } = await import("../project-program.ts");
  const config = readStackFile(file, [], projectName(root));
  const plan = await makePlan(stack, upstreamConfig(config), await projectProgram(root));
  const found = inventory(plan);
  if ((options.lock !== false || options.mirror !== undefined) && found.unseen.length > 0)
    throw new InputError(
      `the images of ${found.unseen.join(", ")} are unknown, because their charts were not rendered: install Helm, and allow access to the charts (\`${commandLine("plan", `--stack ${stack}`)}\` shows the reason)`,
    );
  const lock = options.lock === false ? imagesSetting(config)["lock"] : undefined;
  const known = typeof lock === "string" ? await digestsOf(lock) : {};
  const shell = runner(600, 4);
  if (options.lock !== false) return locked(found, options.lock === true ? defaultLock : options.lock, shell);
  if (options.mirror !== undefined) return copied(found, options.mirror, known, shell);
  if (sbom !== undefined) {
    const { billOfMaterials } = await import("./sbom.ts");
    writeFileSync(sbom, billOfMaterials(stack, found, known));
    return 0;
  }
  process.stdout.write(inventoryText(found, known));
  return 0;
}

async function digestsOf(file: string): Promise<Record<string, string>> {
  const { lockedDigests } = await import("../../stacks/settings/rules/images.ts");
  let text: string | undefined;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // Without the file, there are no digests: `--lock` writes it.
  }
  return lockedDigests(text) ?? {};
}

async function locked({ images }: Inventory, file: string, shell: Run): Promise<number> {
  const { resolveDigests } = await import("./registry.ts");
  const { stableJson } = await import("../../components/kit/stable.ts");
  const { digests, failures } = await resolveDigests(images, shell);
  // A lock without some of the images would leave them unpinned without a word.
  if (failures.length > 0) return failed(failures, `${file} was not written`);
  writeFileSync(file, `${stableJson({ images: digests }, 2)}\n`);
  process.stdout.write(`${file} has the digests of ${images.length} images: set images.lock to it\n`);
  return 0;
}

async function copied(
  { charts, images }: Inventory,
  mirror: string,
  digests: Readonly<Record<string, string>>,
  shell: Run,
): Promise<number> {
  const { collisions, copyChart, copyImage } = await import("./registry.ts");
  const { registry } = await import("../../stacks/settings/formats.ts");
  if (!registry().safeParse(mirror).success)
    throw new InputError(`--mirror: ${mirror} is not a registry without scheme, such as registry.example.org/mirror`);
  const same = collisions(images);
  if (same.length > 0)
    throw new InputError(
      `these images have one name in a mirror, so that one would replace the other: ${same.map((names) => names.join(" and ")).join("; ")}`,
    );
  const folder = mkdtempSync(join(tmpdir(), "groundplan-charts-"));
  try {
    const failures: Failure[] = [];
    const note = (name: string, why: string | undefined) => {
      if (why === undefined) process.stdout.write(`copied ${name}\n`);
      else failures.push({ name, why });
    };
    await Promise.all([
      ...images.map(async ({ name, digest }) => {
        note(name, await copyImage(name, digests[name] ?? digest, mirror, shell));
      }),
      ...charts.map(async (chart) => {
        note(`chart ${chart.name} ${chart.version}`, await copyChart(chart, mirror, folder, shell));
      }),
    ]);
    if (failures.length > 0) return failed(failures, "run the command again: what was copied is not copied twice");
    process.stdout.write(
      `${images.length} images and ${charts.length} charts are copied. Set images.mirror to ${mirror}, charts.source to oci and charts.registry to oci://${mirror}/charts\n`,
    );
    return 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function failed(failures: readonly Failure[], end: string): number {
  for (const { name, why } of failures) process.stderr.write(`${name}: ${why}\n`);
  process.stderr.write(`${failures.length} failed; ${end}\n`);
  return 1;
}
