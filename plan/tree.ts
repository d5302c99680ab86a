import { formatBytes, formatCpu } from "../components/kit/quantities.ts";
import { compare } from "../components/kit/stable.ts";
import { describeProblem } from "../stacks/settings/problems.ts";
import { missingLine } from "./charts.ts";
import type { Plan } from "./plan.ts";

/** How text is marked: by colour on a terminal, not at all in a file. */
export interface Style {
  readonly strong: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly warn: (text: string) => string;
}

/** A style that marks nothing. */
export const plain: Style = { strong: (text) => text, dim: (text) => text, warn: (text) => text };

/**
 * The plan as people read it.
 * @param width columns; longer lines are cut with `…`. Infinity cuts nothing
 */
export function planTree(plan: Plan, style: Style, width: number): string {
  const fit = (text: string) => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);
  const { ledger } = plan;
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", style.strong(title), ...lines.map((line) => fit(`  ${line}`))];
  const line = missingLine(plan.notRendered);
  const counts = `${plan.objects.length} objects, ${plan.releases.length} charts, ${ledger.credentials.length} generated secrets`;
  return [
    fit(`${style.strong(`Stack ${plan.stack}`)}: ${plan.domain}, context ${plan.context}`),
    fit(style.dim(counts)),
    ...(line === undefined ? [] : [fit(style.warn(line))]),
    "",
    ...components(plan, style, fit),
    ...section(
      "Generated secrets",
      columns(
        ledger
          .credentialsByName()
          .map(({ name, rotation, secrets }) => [
            name,
            `rotation ${rotation}`,
            secrets.map((secret) => `${secret.namespace}/${secret.name}`).join(", "),
          ]),
      ),
    ),
    ...section(
      "Hosts",
      columns(
        byFirst(
          ledger.hosts.map(({ host, purpose, tlsSecret, access }) => [
            host,
            purpose,
            access?.who ?? "",
            tlsSecret === undefined ? "" : `${tlsSecret.namespace}/${tlsSecret.name}`,
          ]),
        ),
      ),
    ),
    ...section(
      "Services",
      columns(byFirst(ledger.services.map(({ name, address, purpose }) => [name, address, purpose]))),
    ),
    ...section("Asked of the cluster", asked(plan)),
    ...(plan.problems.length === 0
      ? []
      : [
          "",
          style.warn(plan.problems.length === 1 ? "1 warning" : `${plan.problems.length} warnings`),
          ...plan.problems.map(describeProblem),
        ]),
  ].join("\n");
}

/** Each component with what it makes: charts, and objects by kind and namespace. */
function components(plan: Plan, style: Style, fit: (text: string) => string): string[] {
  const names = [...new Set([...plan.objects, ...plan.releases].map(({ component }) => component))].sort(compare);
  return names.flatMap((name, index) => {
    const last = index === names.length - 1;
    const children = [...releaseLines(plan, name), ...objectLines(plan, name)];
    return [
      `${last ? "└─" : "├─"} ${style.strong(name)}`,
      ...children.map((line, at) => fit(`${last ? "  " : "│ "} ${at === children.length - 1 ? "└─" : "├─"} ${line}`)),
    ];
  });
}

function releaseLines({ releases, rendered }: Plan, component: string): string[] {
  return releases
    .filter((release) => release.component === component)
    .map(({ chart, version, namespace, name }) => {
      const count = rendered.filter(({ release }) => release === `${namespace}/${name}`).length;
      return `chart ${chart} ${version} as ${namespace}/${name}${count === 0 ? "" : `: ${count} objects`}`;
    });
}

function objectLines({ objects }: Plan, component: string): string[] {
  const byKind = new Map<string, string[]>();
  for (const { kind, namespace, name } of objects.filter((object) => object.component === component)) {
    byKind.set(kind, [...(byKind.get(kind) ?? []), namespace === undefined ? name : `${namespace}/${name}`]);
  }
  return [...byKind.entries()]
    .sort(([a], [b]) => compare(a, b))
    .map(([kind, names]) =>
      names.length === 1 ? `${kind} ${names[0]}` : `${names.length} ${kind}: ${names.join(", ")}`,
    );
}

function asked({ sums }: Plan): string[] {
  const claims = Object.entries(sums.claims).map(([name, size]) => [
    "claims",
    formatBytes(size),
    name === "" ? "the default class" : `class ${name}`,
  ]);
  const jobs =
    sums.jobs.cpu === 0
      ? []
      : [["while Jobs run", `${formatCpu(sums.jobs.cpu)} CPU, ${formatBytes(sums.jobs.memory)}`, ""]];
  return columns([
    ["CPU", formatCpu(sums.cpu), `${sums.pods} pods`],
    ["memory", formatBytes(sums.memory), ""],
    ...claims,
    ...jobs,
  ]);
}

function byFirst(rows: string[][]): string[][] {
  return rows.sort(([a = ""], [b = ""]) => compare(a, b));
}

/** Rows whose cells stand below each other. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .flatMap((cell, column) => (widths[column] === 0 ? [] : [cell.padEnd(widths[column] ?? 0)]))
      .join("  ")
      .trimEnd(),
  );
}
