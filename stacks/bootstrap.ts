import { createRequire } from "node:module";
import type { Output } from "@pulumi/pulumi";
import { z } from "zod";
import type * as bootstrapModule from "../components/aws/bootstrap.ts";
import { refusals } from "./settings/check.ts";
import * as formats from "./settings/formats.ts";
import { readInput, strayKeys } from "./settings/input.ts";
import type { RawConfig } from "./settings/input.ts";
import { key } from "./settings/key.ts";
import { SettingsError } from "./settings/load.ts";
import { configKey } from "./settings/path.ts";
import type { Problem } from "./settings/problems.ts";
import { repeated } from "./settings/rules/violation.ts";
import { account, placeName, region, tags } from "./settings/sections/aws.ts";

/** The setting that makes a stack the ground of deployments instead of a platform. */
const section = "bootstrap";
const setting = `groundplan:${section}`;

const moved = "Every resource is created again, and the state of all stacks must be moved.";

const schema = z.strictObject({
  [section]: key(
    z.strictObject({
      account: key(account(), { is: "The account. Credentials of another account are refused.", changing: moved }),
      region: key(region(), { is: "The region of the state and of its key.", changing: moved }),
      name: key(placeName("groundplan").default("groundplan"), {
        is: "The first part of the names of the bucket, the key and the roles.",
        changing: moved,
      }),
      tags: key(tags().default({}), {
        is: "Tags of every resource.",
        changing: "Tags are changed in place.",
        accepts: "an object of strings by name",
      }),
      repository: key(
        formats.formed(
          /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/,
          "a repository of GitHub as OWNER/NAME",
          "example/platform",
        ),
        { is: "The repository whose workflows deploy.", changing: "The other repository gets the roles at once." },
      ),
      identityProvider: key(z.enum(["create", "exists"]).default("create"), {
        is: "Whether the account has GitHub's identity provider already: an account has at most one.",
        changing: "From create to exists, the provider is kept.",
      }),
      stacks: key(z.array(deployed()).min(1), {
        is: "The stacks that the workflows deploy. Each has two roles.",
        changing: "Adds or removes roles.",
        accepts: "a list of stacks",
      }),
    }),
    { is: "What deployments from GitHub to AWS stand on: docs/workflows.md." },
  ),
});

function deployed() {
  const rights = "Changes the rights of the roles at once.";
  return z.strictObject({
    name: key(formats.formed(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,29}$/, "the name of a stack", "prod"), {
      is: "The name of the stack, and of its environment in GitHub.",
      changing: "Creates new roles.",
    }),
    cluster: key(formats.plainText(100, "groundplan"), { is: "The name of its EKS cluster.", changing: rights }),
    account: key(z.boolean().default(false), {
      is: "Whether the stack creates its cluster (`cluster.provider: aws`). Its role `up` then administers the account, except for what this stack created.",
      changing: rights,
    }),
    pullRequests: key(z.boolean().default(false), {
      is: "Whether pull requests run `pulumi preview` of the stack, in the environment `preview`.",
      changing: rights,
    }),
  });
}

type Settings = z.output<typeof schema>[typeof section];

/** The outputs of the stack: what `pulumi login`, `pulumi stack init` and the environments of GitHub need. */
export interface BootstrapOutputs {
  readonly backendUrl: string;
  readonly secretsProvider: string;
  /** The variables of each environment of GitHub. */
  readonly environments: Readonly<Record<string, Readonly<Record<string, string | Output<string>>>>>;
}

/** Whether a stack is the ground of deployments. */
export function isBootstrap({ values }: RawConfig): boolean {
  return values[setting] !== undefined;
}

/** What a plan says of such a stack. */
export function notPlanned(stack: string): SettingsError {
  return new SettingsError(
    [
      {
        key: setting,
        severity: "error",
        message: "this stack is no platform, and has no plan",
        accepts: "a stack without this setting",
        fix: `npx pulumi preview --stack ${stack}`,
      },
    ],
    stack,
  );
}

// A program is synchronous, so it cannot wait for an import. The SDK of AWS is loaded by stacks that use it, and by no other.
const require = createRequire(import.meta.url);
const load = () => require("../components/aws/bootstrap.ts") as typeof bootstrapModule;

/**
 * Creates the ground of deployments from the settings.
 * @param project the name of the project, whose stacks are deployed
 * @throws SettingsError with every problem
 */
export function bootstrap(raw: RawConfig, project: string, stack: string): BootstrapOutputs {
  const {
    account: number,
    identityProvider,
    name,
    region: place,
    repository,
    stacks,
    tags: own,
  } = settingsOf(raw, stack);
  const made = new (load().Bootstrap)({
    place: { account: number, region: place, name },
    project,
    repository,
    stacks,
    providerExists: identityProvider === "exists",
    tags: { ...own, "groundplan:stack": stack },
  });
  const { backendUrl, secretsProvider } = made;
  const clusters = new Map(stacks.flatMap((one) => made.environmentsOf(one).map((environment) => [environment, one])));
  return {
    backendUrl,
    secretsProvider,
    environments: Object.fromEntries(
      Object.entries(made.roles).map(([environment, arn]) => [
        environment,
        {
          AWS_ROLE: arn,
          AWS_REGION: place,
          CLUSTER_NAME: clusters.get(environment)?.cluster ?? "",
          PULUMI_BACKEND_URL: backendUrl,
        },
      ]),
    ),
  };
}

function settingsOf(raw: RawConfig, stack: string): Settings {
  const input = readInput(raw, schema.shape);
  const refused = refusals({ schema, input: input.value, stack, empty: input.empty });
  const { data } = schema.safeParse(input.value);
  const problems: Problem[] = [
    ...strayKeys(raw, Object.keys(schema.shape), stack),
    ...refused.map(({ problem }) => problem),
    ...(data === undefined ? [] : contradictions(data[section])),
  ];
  if (problems.length > 0 || data === undefined) throw new SettingsError(problems, stack);
  return data[section];
}

/** Rules between the settings. */
function contradictions({ stacks }: Settings): Problem[] {
  const at = (index: number, member: string) => configKey([section, "stacks", index, member]);
  const twice = repeated(
    stacks,
    ({ name }) => name,
    (_, index) => ({
      path: [section, "stacks", index, "name"],
      message: "this stack is listed twice",
      accepts: "each stack once",
      fix: "rename or remove it",
    }),
  );
  const shared = stacks.flatMap(({ pullRequests }, index) => (pullRequests ? [index] : [])).slice(1);
  return [
    ...twice.map(({ accepts, got, message, path }): Problem => ({
      key: configKey(path),
      severity: "error",
      message,
      got,
      accepts,
      fix: "rename or remove it",
    })),
    ...shared.map((index): Problem => ({
      key: at(index, "pullRequests"),
      severity: "error",
      message: "the environment preview belongs to another stack",
      got: "true",
      accepts: "true for one stack: the environment has one role",
      fix: "set it to false",
    })),
  ];
}
