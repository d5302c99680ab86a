import { cancel, confirm, intro, isCancel, multiselect, select, text } from "@clack/prompts";
import { certificates, gateways, needsGateway, parts, wrong } from "./answers.ts";
import type { Answers, Contexts, Flags } from "./answers.ts";

/** The questions were left with Ctrl-C. */
export class Cancelled extends Error {}

const what: Readonly<Record<string, string>> = {
  kong: "Kong, which the stack installs",
  traefik: "Traefik, which the stack installs",
  nginx: "ingress-nginx, which the cluster already has",
  none: "no gateway: no host is reachable",
  letsencrypt: "Let's Encrypt: hosts must be reachable from the internet",
  "own-ca": "a CA that the stack creates: browsers must be told to trust it",
  keycloak: "Keycloak: single sign-on",
  monitoring: "Prometheus, Alertmanager and Grafana",
  logging: "Graylog, OpenSearch and Fluent Bit",
  midpoint: "midPoint: identity management",
  matrix: "a Matrix homeserver",
  confluence: "Confluence: a license is needed",
};

/**
 * Asks on the terminal for the answers that the command line does not give, each with its default.
 * @throws Cancelled at Ctrl-C
 */
export async function ask(flags: Flags, defaults: Answers, contexts: Contexts): Promise<Flags> {
  intro("A new project. Enter accepts the default, Ctrl-C creates nothing.");
  const asked = async (given: string | undefined, question: () => Promise<string | symbol>): Promise<string> => {
    if (given !== undefined) return given;
    const answer = await question();
    if (typeof answer === "string") return answer;
    cancel("Nothing was created.");
    throw new Cancelled();
  };
  const line = (message: string, initialValue: string, check: (given: string) => string | undefined) =>
    text({ message, initialValue, validate: (given) => check(given ?? "") });
  const one = (message: string, choices: readonly string[], initialValue: string) =>
    select({
      message,
      initialValue,
      options: choices.map((value) => ({ value, label: value, hint: what[value] ?? "" })),
    });
  const context = (message: string, initialValue: string) =>
    contexts.names.length === 0
      ? line(message, initialValue, wrong.context)
      : one(message, contexts.names, initialValue);

  const name = await asked(flags.name, () => line("Name of the project", defaults.name, wrong.name));
  const domain = await asked(flags.domain, () =>
    line("Domain of prod; hosts of dev are below dev.DOMAIN", defaults.domain, wrong.domain),
  );
  const devContext = await asked(flags.context, () => context("kubeconfig context of dev", defaults.context));
  const prodContext = await asked(flags.prodContext, () =>
    line("kubeconfig context of prod, which need not exist yet", `${name}-prod`, wrong.context),
  );
  const gateway = await asked(flags.gateway, () => one("Gateway", gateways, defaults.gateway));
  const issuer = await asked(flags.certificates, () =>
    one("Certificates of prod; dev has a CA of its own", certificates, defaults.certificates),
  );
  const possible = parts.filter((part) => gateway !== "none" || !needsGateway(part));
  const chosen = await asked(flags.with, async () => {
    const selected = await multiselect({
      message: "What to run (space selects)",
      initialValues: [...defaults.parts],
      required: false,
      options: possible.map((value) => ({ value, label: value, hint: what[value] ?? "" })),
    });
    return isCancel(selected) ? selected : selected.join(",") || "none";
  });
  return { name, domain, context: devContext, prodContext, gateway, certificates: issuer, with: chosen };
}

/** Whether to create the files. @throws Cancelled at Ctrl-C */
export async function agreed(files: number, folder: string): Promise<boolean> {
  const answer = await confirm({ message: `Create ${files} files in ${folder}?` });
  if (isCancel(answer)) throw new Cancelled();
  return answer;
}
