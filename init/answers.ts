import { basename } from "node:path";
import { gatewayKinds } from "../components/gateway/kinds.ts";
import { InputError } from "../plan/input-error.ts";
import * as formats from "../stacks/settings/formats.ts";
import { nearest } from "../stacks/settings/problems.ts";

/** The choices of a gateway: the kinds of the settings, or none. */
export const gateways = [...Object.keys(gatewayKinds), "none"] as const;

/** Who issues the certificates of prod; a CA of the stack's own issues those of dev. */
export const certificates = ["letsencrypt", "own-ca"] as const;

/** What a stack can run, beside its gateway, certificates and PostgreSQL: sections of the settings. */
export const parts = ["keycloak", "monitoring", "logging", "midpoint", "matrix", "confluence"] as const;

/** Whether a part cannot run without a gateway. */
export function needsGateway(part: (typeof parts)[number]): boolean {
  return part === "matrix" || part === "confluence";
}

/** What a new project is created from. */
export interface Answers {
  /** The project's name in Pulumi and npm. */
  readonly name: string;
  /** The parent domain of prod's hosts; those of dev are below `dev.DOMAIN`. */
  readonly domain: string;
  /** The kubeconfig context of dev. */
  readonly context: string;
  /** The kubeconfig context of prod. */
  readonly prodContext: string;
  readonly gateway: string;
  readonly certificates: (typeof certificates)[number];
  readonly parts: readonly (typeof parts)[number][];
}

/** Answers as the command line gives them: texts, or nothing. */
export interface Flags {
  readonly name?: string;
  readonly domain?: string;
  readonly context?: string;
  readonly prodContext?: string;
  readonly gateway?: string;
  readonly certificates?: string;
  readonly with?: string;
}

/** The contexts of the user's kubeconfig. */
export interface Contexts {
  readonly names: readonly string[];
  readonly current?: string;
}

/** The answers where the user gives none. @param folder the folder of the new project */
export function defaultAnswers(folder: string, { current, names }: Contexts): Answers {
  const name = projectNameOf(folder);
  return {
    name,
    domain: "example.org",
    context: current ?? names[0] ?? "kind-kind",
    prodContext: `${name}-prod`,
    gateway: "kong",
    certificates: "letsencrypt",
    parts: ["keycloak", "monitoring"],
  };
}

/** A folder's name as the name of a package: small letters, digits and hyphens. */
function projectNameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 50);
  return name === "" ? "platform" : name;
}

/** Checks of one answer: what is wrong with a text, or undefined. */
export const wrong = {
  name: (text: string) =>
    /^[a-z][a-z0-9-]{0,49}$/.test(text)
      ? undefined
      : `must be at most 50 small letters, digits and hyphens, and start with a letter, such as "platform"`,
  domain: (text: string) => {
    const parsed = formats.domain().safeParse(text);
    return parsed.success ? undefined : `must be a domain name in lower case, such as "example.org"`;
  },
  context: (text: string) => (formats.context().safeParse(text).success ? undefined : "must be a kubeconfig context"),
} as const;

/**
 * The answers of the command line, with defaults for those that it does not give.
 * @throws InputError with every value that is not accepted, one line each
 */
export function answersOf(flags: Flags, defaults: Answers): Answers {
  const problems: string[] = [];
  const text = (
    flag: string,
    given: string | undefined,
    otherwise: string,
    check: (text: string) => string | undefined,
  ) => {
    const problem = given === undefined ? undefined : check(given);
    if (problem !== undefined) problems.push(`--${flag} ${given}: ${problem}`);
    return given ?? otherwise;
  };
  const choice = <Choice extends string>(flag: string, given: string, choices: readonly Choice[]): Choice[] => {
    const found = choices.find((one) => one === given);
    if (found !== undefined) return [found];
    const near = nearest(given, choices);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    problems.push(`--${flag} ${given}: accepted are ${choices.join(", ")}${hint}`);
    return [];
  };
  const name = text("name", flags.name, defaults.name, wrong.name);
  const answers = {
    name,
    domain: text("domain", flags.domain, defaults.domain, wrong.domain),
    context: text("context", flags.context, defaults.context, wrong.context),
    prodContext: text("prod-context", flags.prodContext, `${name}-prod`, wrong.context),
    gateway: flags.gateway === undefined ? defaults.gateway : (choice("gateway", flags.gateway, gateways)[0] ?? ""),
    certificates:
      flags.certificates === undefined
        ? defaults.certificates
        : (choice("certificates", flags.certificates, certificates)[0] ?? defaults.certificates),
    parts: flags.with === undefined ? defaults.parts : partsOf(flags.with, choice),
  };
  if (answers.gateway === "none" && answers.parts.some(needsGateway))
    problems.push(`--with ${answers.parts.filter(needsGateway).join(",")}: needs a gateway, but --gateway is none`);
  if (problems.length > 0) throw new InputError(problems.join("\n"));
  return answers;
}

function partsOf(
  text: string,
  choice: (flag: string, given: string, choices: readonly string[]) => string[],
): Answers["parts"] {
  if (text === "none") return [];
  const given = text.split(",").map((one) => one.trim());
  const chosen = new Set(given.flatMap((one) => choice("with", one, [...parts, "none"])));
  return parts.filter((part) => chosen.has(part));
}
