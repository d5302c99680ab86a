import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "./stacks.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly if?: string;
  readonly "runs-on"?: string;
  readonly "timeout-minutes"?: number;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

interface Event {
  readonly workflows?: readonly string[];
  readonly branches?: readonly string[];
  readonly tags?: readonly string[];
}

/** A workflow as its file says, as far as the rules look at it. */
export interface Workflow {
  readonly name?: string;
  readonly on?: Readonly<Record<string, Event | null>>;
  readonly permissions?: unknown;
  readonly concurrency?: { readonly "cancel-in-progress"?: unknown };
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs?: Readonly<Record<string, Job>>;
}

type Rule = (workflow: Workflow, text: string) => string[];

export const jobsOf = ({ jobs = {} }: Workflow) => Object.entries(jobs);
const stepsOf = (workflow: Workflow) =>
  jobsOf(workflow).flatMap(([job, { steps = [] }]) => steps.map((step) => ({ job, step })));
/** The events that start a workflow; a push of nothing but tags is `tag`. */
const eventsOf = ({ on = {} }: Workflow) =>
  Object.entries(on).map(([event, only]) =>
    event === "push" && only?.tags !== undefined && only.branches === undefined ? "tag" : event,
  );
const startsWith = (workflow: Workflow, event: string) => Object.keys(workflow.on ?? {}).includes(event);
export const scripts = ({ steps = [] }: Job) => steps.map(({ run = "" }) => run).join("\n");

/** What a fork's code can be kept out by: only branches of this repository pass. */
const ownBranch = "github.event.pull_request.head.repo.full_name == github.repository";

/** The rights that any workflow here needs, and the events that may come with them. */
const rights: Readonly<Record<string, readonly string[]>> = {
  "contents: read": ["push", "pull_request", "tag", "workflow_dispatch"],
  "id-token: write": ["pull_request", "tag", "workflow_dispatch"],
  "actions: read": ["workflow_run"],
  "pull-requests: write": ["workflow_run"],
  // An image is published from the main branch only, never from what a pull request brings.
  "packages: write": ["push", "workflow_dispatch"],
};

/** The rules, each a pure function over a workflow and its text. */
export const rules: Readonly<Record<string, Rule>> = {
  "the token has no rights but those that a job names": (workflow) => [
    ...(JSON.stringify(workflow.permissions) === "{}" ? [] : ["top level"]),
    ...jobsOf(workflow).flatMap(([name, { permissions }]) => (permissions === undefined ? [name] : [])),
  ],
  "a job has only rights that its event may have": (workflow) =>
    jobsOf(workflow).flatMap(([name, { permissions = {} }]) =>
      Object.entries(permissions)
        .map(([scope, access]) => `${scope}: ${access}`)
        .filter((right) => !eventsOf(workflow).every((event) => rights[right]?.includes(event)))
        .map((right) => `${name}: ${right}`),
    ),
  "actions are pinned to a commit, with the version beside it": (_, text) =>
    [...text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)]
      .map(([, reference = ""]) => reference)
      .filter((reference) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(reference)),
  "no event gives a fork's code the rights of this repository": (workflow) =>
    ["pull_request_target", "issue_comment"].filter((event) => startsWith(workflow, event)),
  "scripts hold no expressions: values come through the environment": (workflow) =>
    stepsOf(workflow).flatMap(({ job, step: { run = "" } }) => (run.includes("${{") ? [job] : [])),
  "no secret is kept at GitHub": (_, text) =>
    [...text.matchAll(/\$\{\{[^}]*\bsecrets\b|aws-access-key-id|AWS_SECRET_ACCESS_KEY|PULUMI_ACCESS_TOKEN/g)].map(
      ([found]) => found,
    ),
  "a pull request's code gets an identity only from a branch of this repository, and in an environment": (workflow) =>
    startsWith(workflow, "pull_request")
      ? jobsOf(workflow).flatMap(([name, { permissions = {}, if: condition = "", environment }]) =>
          "id-token" in permissions && (!condition.includes(ownBranch) || environment === undefined) ? [name] : [],
        )
      : [],
  "what follows another workflow runs none of its code": (workflow) =>
    startsWith(workflow, "workflow_run")
      ? stepsOf(workflow).flatMap(({ job, step: { uses = "", run = "" } }) =>
          uses.startsWith("actions/checkout") || /\b(npm|npx|node|bash|sh|source|eval|git)\b (?!api)/.test(run)
            ? [job]
            : [],
        )
      : [],
  "a checkout leaves no token behind": (workflow) =>
    stepsOf(workflow).flatMap(({ job, step: { uses = "", with: options } }) =>
      uses.startsWith("actions/checkout") && options?.["persist-credentials"] !== false ? [job] : [],
    ),
  "nothing is kept in a cache that a pull request could write to": (workflow) =>
    stepsOf(workflow).flatMap(({ job, step: { uses = "", with: options } }) =>
      uses.startsWith("actions/cache") ||
      (uses.startsWith("actions/setup-") && options?.["package-manager-cache"] !== false)
        ? [job]
        : [],
    ),
  "every job ends by itself, on a system of a known version": (workflow) =>
    jobsOf(workflow).flatMap(([name, job]) =>
      (job["timeout-minutes"] ?? Infinity) <= 60 && /-\d+\.\d+$/.test(job["runs-on"] ?? "") ? [] : [name],
    ),
  "a failed part of a pipe fails": (workflow) =>
    workflow.defaults?.run?.shell === "bash" ? [] : ["defaults.run.shell"],
  "a publication to npm is of a tag, approved, and with provenance": (workflow) =>
    jobsOf(workflow).flatMap(([name, job]) => {
      const lines = scripts(job)
        .split("\n")
        .filter((line) => /\bnpm publish\b/.test(line));
      const fine = eventsOf(workflow).every((event) => event === "tag") && job.environment !== undefined;
      return lines.every((line) => line.includes("--provenance") && fine) ? [] : [name];
    }),
  "a deployment is approved, and is never cut off by the next": (workflow) =>
    jobsOf(workflow).flatMap(([name, job]) => {
      const changes = /pulumi (up|destroy|import|refresh|cancel)\b/.test(scripts(job));
      const passing = (job.env?.["PULUMI_BACKEND_URL"] ?? "").startsWith("file:///tmp/");
      if (!changes || passing) return [];
      const serial = workflow.concurrency?.["cancel-in-progress"] === false;
      return job.environment !== undefined && serial && !startsWith(workflow, "pull_request") ? [] : [name];
    }),
};

/** Every rule that a workflow breaks, and where. */
export function breaches(workflow: Workflow, text: string): string[] {
  return Object.entries(rules).flatMap(([rule, check]) => check(workflow, text).map((where) => `${rule}: ${where}`));
}

/** Where workflows stand. */
export const folder = join(root, ".github", "workflows");
/** The names of the files. */
export const files = readdirSync(folder).sort();
/** A workflow and its text. */
export const read = (file: string) => {
  const text = readFileSync(join(folder, file), "utf8");
  return { text, workflow: parse(text) as Workflow };
};
