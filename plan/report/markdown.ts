import { formatBytes, formatCpu } from "../../components/kit/quantities.ts";
import { compare } from "../../components/kit/stable.ts";
import { formatMoney, formatMoneyDifference } from "../cost.ts";
import type { Plan } from "../plan.ts";
import { sums } from "../sums.ts";
import { block, comment, sentence, value } from "./comment.ts";
import type { Fold } from "./comment.ts";
import { graphOf } from "./graph.ts";
import { findingText, openFindings } from "./inputs.ts";
import type { ChangeReport, ComparisonReport, Extras, FieldReport } from "./inputs.ts";
import { join, Markup } from "./markup.ts";
import type { Part } from "./markup.ts";
import { mermaid } from "./mermaid.ts";
import { figures, verdicts } from "./overview.ts";
import { peerName, portText } from "./peers.ts";

/** The most bytes of a comment: GitHub takes 65,536 characters, and a workflow may add a line of its own. */
const mostBytes = 65_000;

/** Fields of a change that a comment names. */
const shownFields = 6;

const symbols = { bad: "⛔", warn: "⚠️", good: "✅" } as const;

/** The first line of a stack's comment, by which a workflow finds the one to replace. */
export function commentMarker(stack: string): string {
  // A comment of HTML must not hold two hyphens in a row.
  const name = encodeURIComponent(stack.toWellFormed()).replace(
    /[^\w.%-]|-(?=-|$)/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `<!-- groundplan-plan ${name} -->`;
}

/**
 * The plan as a comment for a pull request: what matters first, the rest folded. Every value may come from a fork: none of them
 * can bring along markup, a mention or a link.
 *
 * @param most bytes; the default fits GitHub
 */
export function planMarkdown(plan: Plan, extras: Extras = {}, most = mostBytes): string {
  const head = [
    new Markup(commentMarker(plan.stack)),
    block`<h2>Plan of ${value(plan.stack)}</h2>`,
    block`<p>${value(plan.domain)} on the cluster of context ${value(plan.context)}</p>`,
    ...verdictBlock(plan, extras),
    block`<p>${join(
      figures(plan, extras).map(
        ({ name, value: number, remark }) => block`${name} <b>${number}</b>${remark !== undefined && ` (${remark})`}`,
      ),
      new Markup(" · "),
    )}</p>`,
  ];
  const folds = [...judged(plan, extras), ...listed(plan, extras)].filter(({ rows }) => rows.length > 0);
  const chart = mermaid(graphOf(plan));
  const pictures =
    chart === undefined
      ? []
      : [`<details><summary>Architecture</summary>\n\n\`\`\`mermaid\n${chart}\n\`\`\`\n\n</details>`];
  return comment(head, folds, pictures, most);
}

function verdictBlock(plan: Plan, extras: Extras): Markup[] {
  const all = verdicts(plan, extras);
  if (all.length === 0) return [];
  return [block`<ul>${all.map(({ weight, text }) => block`<li>${symbols[weight]} ${sentence(text)}</li>`)}</ul>`];
}

/** What a reviewer has to judge. */
function judged(plan: Plan, { comparison, base, losses = [], checks, cost, costDifference }: Extras): Fold[] {
  const open = openFindings(checks);
  const changes = comparison?.changes ?? [];
  return [
    {
      title: "Data that this change touches",
      open: losses.some(({ status }) => status !== "note"),
      columns: ["What", "Verdict", "The data is", "Why", "What to do"],
      rows: losses.map(({ name, status, effect, reason, remedy }) => [
        value(name),
        status === "refused" ? block`<b>refused</b>` : status,
        sentence(effect),
        sentence(reason),
        sentence(remedy),
      ]),
    },
    {
      title: "Settings that differ",
      columns: ["Setting", "Before", "After"],
      rows: (comparison?.settings ?? []).map(({ path, old, new: fresh }) => [value(path), short(old), short(fresh)]),
    },
    {
      title: "Changes",
      ...(comparison === undefined ? {} : { about: [" against ", value(base ?? comparison.base.stack)] }),
      columns: ["Change", "Object", "Fields"],
      rows: [...changes]
        .sort((a, b) => urgency(a) - urgency(b))
        .map((change) => [
          urgency(change) < 2 ? block`<b>${change.action}</b>` : change.action,
          value(change.label),
          fieldList(change),
        ]),
    },
    {
      title: "What follows on the cluster",
      columns: ["What", "Happens", "Why"],
      rows: comparison === undefined ? [] : following(comparison),
    },
    {
      title: "Images that change",
      columns: ["From", "To"],
      rows: images(changes.flatMap(({ fields }) => fields)).map((pair) => pair.map(value)),
    },
    ...(["error", "warning"] as const).map((severity) => ({
      title: severity === "error" ? "Errors of the checks" : "Warnings of the checks",
      open: severity === "error",
      columns: ["Check", "Object", "What is wrong", "What to do"],
      rows: open
        .filter((finding) => finding.severity === severity)
        .map((finding) => [
          value(finding.id),
          value(finding.object),
          sentence(findingText(finding)),
          sentence(finding.fix ?? ""),
        ]),
    })),
    {
      title: "Warnings about the settings",
      columns: ["Setting", "Warning", "What to do"],
      rows: plan.problems.map(({ key, message, fix = "" }) => [value(key), sentence(message), sentence(fix)]),
    },
    {
      title: "Cost a month by component",
      columns: ["Component", "Cost", "Change"],
      rows: (cost?.components ?? []).map(({ component, total }) => {
        const change = costDifference?.components.find((own) => own.component === component)?.total ?? 0;
        return [
          value(component),
          formatMoney(total, cost?.currency),
          change === 0 ? "" : formatMoneyDifference(change, cost?.currency),
        ];
      }),
    },
  ];
}

function following({ consequences, unknown }: ComparisonReport): (readonly Part[])[] {
  const { failures, restarts, jobs, rotations } = consequences;
  return [
    ...failures.map(({ label, reason, remedy = "" }) => [
      value(label),
      block`<b>up fails</b>`,
      sentence(`${reason}. ${remedy}`),
    ]),
    ...rotations.map(({ credential, from, to, recipe }) => [
      value(credential),
      "new secret",
      sentence(`rotation ${from} → ${to}: ${recipe}`),
    ]),
    ...restarts.map(({ label, causes }) => [value(label), "pods restart", sentence(causes.join("; "))]),
    ...jobs.map(({ label, why }) => [value(label), "Job runs", sentence(why)]),
    ...unknown.map(({ release, reason }) => [value(`Release ${release}`), "not compared", sentence(reason)]),
  ];
}

/** What the stack consists of. */
function listed({ ledger, releases, sums: total }: Plan, { checks }: Extras): Fold[] {
  const components = [...Map.groupBy(ledger.podGroups, ({ component }) => component)].sort(([a], [b]) => compare(a, b));
  const amounts = ({ pods, cpu, memory, claims }: Plan["sums"]): Part[] => [
    String(pods),
    formatCpu(cpu),
    formatBytes(memory),
    join(
      Object.entries(claims).map(([name, size]) => [formatBytes(size), name !== "" && [" ", value(name)]]),
      new Markup(", "),
    ),
  ];
  return [
    {
      title: "Asked of the cluster by component",
      columns: ["Component", "Pods", "CPU", "Memory", "Claims"],
      rows:
        components.length === 0
          ? []
          : [
              ...components.map(([name, groups]) => [value(name), ...amounts(sums(groups))]),
              [block`<b>All</b>`, ...amounts(total)],
            ],
    },
    {
      title: "Hosts",
      columns: ["Host", "Purpose", "Who may enter", "Credential", "Certificate"],
      rows: [...ledger.hosts]
        .sort((a, b) => compare(a.host, b.host))
        .map(({ host, purpose, tlsSecret, access }) => [
          value(host),
          sentence(purpose),
          sentence(access?.who ?? ""),
          access?.credential === undefined ? "" : value(access.credential),
          tlsSecret === undefined ? "" : value(`${tlsSecret.namespace}/${tlsSecret.name}`),
        ]),
    },
    {
      title: "Charts",
      columns: ["Release", "Chart", "Version"],
      rows: releases.map(({ namespace, name, chart, version }) => [
        value(`${namespace}/${name}`),
        value(chart),
        value(version),
      ]),
    },
    {
      title: "Generated secrets",
      columns: ["Name", "Rotation", "Where it stands"],
      rows: ledger.credentialsByName().map(({ name, rotation, secrets }) => [
        value(name),
        String(rotation),
        join(
          secrets.map((secret) => value(`${secret.namespace}/${secret.name}/${secret.key}`)),
          new Markup("<br>"),
        ),
      ]),
    },
    {
      title: "Connections that the network allows",
      columns: ["From", "To", "Ports", "Purpose"],
      rows: [...ledger.edges]
        .map(({ from, to, ports, protocol, purpose }) => ({
          from: peerName(from),
          to: peerName(to),
          ports: portText({ ports, protocol }),
          purpose,
        }))
        .sort((a, b) => compare(a.from, b.from) || compare(a.to, b.to) || compare(a.purpose, b.purpose))
        .map(({ from, to, ports, purpose }) => [value(from), value(to), ports, sentence(purpose)]),
    },
    {
      title: "Findings that are accepted",
      columns: ["Check", "Object", "What is wrong", "Why it is accepted"],
      rows: (checks?.results ?? []).flatMap(({ id, exempted }) =>
        exempted.map((finding) => [
          value(id),
          value(finding.object),
          sentence(findingText(finding)),
          sentence(finding.reason),
        ]),
      ),
    },
  ];
}

function fieldList({ fields, reasons }: ChangeReport): Part {
  const parts = fields.slice(0, shownFields).map(({ path, old, new: fresh }) => {
    const change = old === undefined && fresh === undefined ? undefined : [": ", short(old), " → ", short(fresh)];
    return [value(path), change];
  });
  const rest = fields.length - shownFields;
  const why = reasons.map(sentence);
  return join([...why, ...parts, ...(rest > 0 ? [`and ${rest} more`] : [])], new Markup("<br>"));
}

function short(text: string | undefined): Part {
  return text === undefined ? "none" : value(text);
}

/** Image references that change, once each. */
function images(fields: readonly FieldReport[]): [string, string][] {
  const pairs = fields.flatMap(({ path, old, new: fresh }): [string, string][] =>
    /(^|\.)image$/.test(path) && old !== undefined && fresh !== undefined ? [[old, fresh]] : [],
  );
  return [...new Map(pairs.map((pair) => [pair.join(" "), pair])).values()].sort(([a], [b]) => compare(a, b));
}

/** What can lose data first. */
function urgency({ action }: ChangeReport): number {
  return ["delete", "replace", "create", "update"].indexOf(action);
}
