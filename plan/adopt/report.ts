import { commandLine } from "../../components/kit/command-line.ts";
import type { Plan } from "../plan.ts";
import { handOver } from "./found.ts";
import type { KeptPassword } from "./found.ts";
import type { Survey } from "./survey.ts";

/** What a cluster has of a plan, and what to decide before it can be adopted. */
export function reportText(survey: Survey, { context, notRendered, settings: { cluster } }: Plan): string {
  const { adopted, isolated, refused, secrets, unowned, warnings } = survey;
  const kubectl = `kubectl${cluster.kubeconfig === undefined ? "" : ` --kubeconfig ${cluster.kubeconfig}`} --context ${context}`;
  const replaced = secrets.filter(({ keeps }) => !keeps).map(({ label }) => label);
  const keeping = secrets.filter(({ keeps }) => keeps).map(({ label }) => label);
  const sections = [
    section(`The context ${context} has ${adopted.length} objects and releases of the plan:`, adopted),
    section(
      'Not adopted, because they cannot become the planned objects. Change the setting that differs, import the key, or delete the object when you can do without it: claims stay, and kubectl delete --cascade=orphan also keeps the pods of a StatefulSet. Until then, pulumi up stops at them with "already exists":',
      refused.map(({ label, why }) => `${label}: ${why}`),
    ),
    section(
      "Objects of charts that Helm has not installed. Helm takes them over with:",
      unowned.flatMap((one) => [
        `${one.label}, for the release ${one.release}`,
        ...handOver(one, kubectl).map((line) => `  ${line}`),
      ]),
    ),
    section(
      "Charts that could not be rendered, so that their objects are not in this list:",
      notRendered.map(({ reason, release }) => `${release}: ${reason}`),
    ),
    section("Secrets that keep a password that cannot be changed on its server; other keys get new values:", keeping),
    section("Secrets that get new values at the next up; restart what still uses the old ones:", replaced),
    section("Pods that Pod Security would refuse, with isolation: enforced:", warnings),
    section(
      "Pods without a declared connection, which network policies would cut off, with isolation: enforced:",
      isolated,
    ),
  ];
  return sections.join("");
}

/** What to run next, without a list of Pulumi. */
export function firstText({ adopted, refused, unowned }: Survey, stack: string): string {
  if (adopted.length + refused.length + unowned.length === 0)
    return lines([
      "The cluster has no object of the plan, so there is nothing to adopt. Next:",
      `  npx pulumi up --stack ${stack}`,
    ]);
  return lines([
    "Next:",
    `  npx pulumi preview --stack ${stack} --import-file import.json`,
    `  ${commandLine("adopt", `--stack ${stack} --import-file import.json`)}`,
  ]);
}

/** What to run with the completed list. */
export function nextText({
  count,
  file,
  kept,
  stack,
}: {
  readonly count: number;
  readonly file: string;
  readonly kept: readonly KeptPassword[];
  readonly stack: string;
}): string {
  const passwords = kept.map(({ name }) => name).join(", ");
  return lines([
    `${file} has ${count} resources to import.`,
    ...(kept.length === 0
      ? []
      : [`It contains these passwords in plaintext: ${passwords}. Delete it after the import.`]),
    "Next:",
    `  npx pulumi import --stack ${stack} --file ${file} --protect=false --generate-code=false`,
    `  npx pulumi stack export --stack ${stack} --file imported.json`,
    `  ${commandLine("adopt", `--stack ${stack} --state imported.json`)}`,
  ]);
}

/** What to run with the completed state. */
export function stateText({
  count,
  file,
  stack,
}: {
  readonly count: number;
  readonly file: string;
  readonly stack: string;
}): string {
  return lines([
    `${file} is the state with ${count} resources as the program sets them. Next:`,
    `  npx pulumi stack import --stack ${stack} --file ${file}`,
    // Other programs own fields of the objects.
    `  export PULUMI_K8S_ENABLE_PATCH_FORCE=true`,
    `  npx pulumi preview --stack ${stack} --diff`,
    `  npx pulumi up --stack ${stack}`,
  ]);
}

function section(title: string, entries: readonly string[]): string {
  return entries.length === 0 ? "" : lines([title, ...entries.map((entry) => `  ${entry}`), ""]);
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
