import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Command } from "commander";
import { run } from "../plan/command.ts";
import { compiled } from "../components/kit/command-line.ts";
import { cacheCompiledCode } from "../plan/project.ts";
import { certificates, gateways, parts } from "./answers.ts";
import type { Answers, Contexts, Flags } from "./answers.ts";

cacheCompiledCode();

interface Options extends Flags {
  readonly yes: boolean;
}

const command = new Command("groundplan init")
  .argument("[folder]", "the folder of the project", ".")
  .description(
    "Creates a project: two stacks, a program, a test, workflows. It overwrites nothing, and shows the plan of dev.",
  )
  .option("--name <name>", "name of the project; default: the folder's name")
  .option("--domain <domain>", "domain of prod; hosts of dev are below dev.DOMAIN; default: example.org")
  .option("--context <name>", "kubeconfig context of dev; default: the current context")
  .option("--prod-context <name>", "kubeconfig context of prod; default: NAME-prod")
  .option("--gateway <kind>", `gateway: ${gateways.join(", ")}; default: kong`)
  .option("--certificates <issuer>", `certificates of prod: ${certificates.join(", ")}; default: letsencrypt`)
  .option(
    "--with <parts>",
    `what to run, separated by commas: ${parts.join(", ")}, or none; default: keycloak,monitoring`,
  )
  .option("-y, --yes", "ask nothing, as without a terminal", false)
  .addHelpText(
    "after",
    `
Examples:
  npx groundplan init platform
  npx groundplan init platform --domain example.org --gateway traefik --with keycloak,monitoring,logging --yes

Exit codes: 0 created, 2 invalid arguments or files that exist, 130 left with Ctrl-C; then nothing was created.`,
  )
  .exitOverride();

/** The folder of the template, which is in the package beside dist/. */
const template = join(import.meta.dirname, ...(compiled ? [".."] : []), "..", "template");

async function main(args: readonly string[]): Promise<number> {
  command.parse(args, { from: "user" });
  const options = command.opts<Options>();
  const folder = resolve(command.processedArgs[0] as string);
  const [
    { answersOf, defaultAnswers },
    { projectFiles },
    { kubeconfigContexts },
    { readFolder, filesToWrite, writeProject },
  ] = await Promise.all([
    import("./answers.ts"),
    import("./files.ts"),
    import("./kubeconfig.ts"),
    import("./write.ts"),
  ]);
  const contexts = kubeconfigContexts(process.env);
  const defaults = defaultAnswers(folder, contexts);
  const filesOf = (answers: Answers) => projectFiles(readFolder(template), answers);
  // Before any question: wrong flags, and files in the way.
  let answers = answersOf(options, defaults);
  filesToWrite(folder, filesOf(answers));
  if (process.stdin.isTTY && process.stdout.isTTY && !options.yes) {
    const asked = await questions(options, defaults, contexts, folder, filesOf(answers).size);
    if (asked === undefined) return 130;
    answers = answersOf(asked, defaults);
  }
  const files = filesOf(answers);
  let plan = "";
  await writeProject(folder, files, async (staged) => {
    plan = await planText(staged);
  });
  process.stdout.write(`${plan}\n\n${summary(folder, files, answers, contexts)}`);
  return 0;
}

/** The flags with the answers of the terminal; undefined if the user leaves. */
async function questions(
  flags: Flags,
  defaults: Answers,
  contexts: Contexts,
  folder: string,
  count: number,
): Promise<Flags | undefined> {
  const { agreed, ask, Cancelled } = await import("./ask.ts");
  try {
    const given = await ask(flags, defaults, contexts);
    return (await agreed(count, folder)) ? given : undefined;
  } catch (error) {
    if (error instanceof Cancelled) return undefined;
    throw error;
  }
}

/** The plan of dev, and a check that prod's settings are valid, before the files are moved to their place. */
async function planText(folder: string): Promise<string> {
  const [{ makePlan }, { review }, { reportOf }, { terminalText, unmarked }, { readStackFile }, { projectName }] =
    await Promise.all([
      import("../plan/plan.ts"),
      import("../plan/review.ts"),
      import("../plan/report/report.ts"),
      import("../plan/report/terminal.ts"),
      import("../plan/stack-file.ts"),
      import("../plan/project-program.ts"),
    ]);
  const project = projectName(folder);
  // The new index.ts adds nothing, and its packages are not installed yet.
  const planned = async (stack: string) =>
    makePlan(stack, readStackFile(join(folder, `Pulumi.${stack}.yaml`), [], project));
  await planned("prod");
  const dev = await planned("dev");
  const today = new Date().toISOString().slice(0, 10);
  return terminalText(reportOf(review(dev, today)), unmarked, process.stdout.isTTY ? process.stdout.columns : Infinity);
}

function summary(
  folder: string,
  files: ReadonlyMap<string, string>,
  { context }: Answers,
  { names }: { readonly names: readonly string[] },
): string {
  const place = relative(process.cwd(), folder);
  const installed = existsSync(join(folder, "node_modules", "groundplan"));
  const unknown = names.includes(context)
    ? ""
    : `\nThe context ${context} is not in the kubeconfig${names.length === 0 ? "" : `, which has ${names.join(", ")}`}: create the cluster, or change Pulumi.dev.yaml.\n`;
  return `Created ${files.size} files in ${folder}: ${[...files.keys()].join(", ")}
${unknown}
Next:
${place === "" ? "" : `  cd ${place}\n`}${installed ? "" : "  npm install\n"}  npm start                                  # plan dev
  npm test                                   # test the plans of dev and prod
  npx groundplan doctor --stack dev          # check what the cluster lacks
  npx pulumi up --stack dev                  # deploy; README.md says how to log in first
`;
}

await run(main);
