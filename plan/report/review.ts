import { formatMoney, formatMoneyDifference, hoursPerMonth } from "../cost.ts";
import type { Amounts, Cost, CostDifference } from "../cost.ts";
import type { Plan } from "../plan.ts";
import { findingText, openFindings } from "./inputs.ts";
import type { CheckReport, ComparisonReport, Extras, FieldReport, LossReport } from "./inputs.ts";
import { markup } from "./markup.ts";
import type { Markup, Part } from "./markup.ts";
import { counted } from "./overview.ts";
import { badge, code, lines, nothing, table } from "./tables.ts";
import type { Column } from "./tables.ts";

/** Leads to an object of the page by `Kind namespace/name`, or names it where the page has none; `text` is what stands there. */
export type ObjectLink = (object: string, text?: string) => Part;

/** Fields of a change that are shown at once. */
const shownFields = 4;

const actions = {
  create: badge("good", "create"),
  update: badge("warn", "update"),
  replace: badge("bad", "replace"),
  delete: badge("bad", "delete"),
} as const;
const statuses = {
  refused: badge("bad", "refused"),
  allowed: badge("warn", "allowed"),
  note: badge("plain", "to know"),
} as const;
const severities = { error: "bad", warning: "warn", info: "plain" } as const;

/** Data that a change touches, and what to do about it. */
export function lossTable(losses: readonly LossReport[], link: ObjectLink): Markup {
  const rows = losses.map(({ name, status, effect, reason, remedy }) => [
    link(name),
    statuses[status],
    effect,
    reason,
    remedy,
  ]);
  return table({
    id: "losses-table",
    caption: "Data that this change touches",
    columns: named("What", "Verdict", "The data is", "Why", "What to do"),
    groups: [{ rows }],
  });
}

/** What differs, and what it sets in motion on the cluster. */
export function changeTables(comparison: ComparisonReport, base: string, link: ObjectLink): Markup {
  const { settings, changes, consequences, unknown } = comparison;
  const { restarts, jobs, rotations, failures } = consequences;
  if (changes.length === 0 && settings.length === 0) return markup`<p>Nothing differs from ${code(base)}.</p>`;
  const follows: (readonly Part[])[] = [
    ...failures.map(({ label, reason, remedy }) => [
      link(label),
      badge("bad", "up fails"),
      lines(remedy === undefined ? [reason] : [reason, remedy]),
    ]),
    ...restarts.map(({ label, causes }) => [link(label), badge("warn", "pods restart"), lines(causes)]),
    ...jobs.map(({ label, why }) => [link(label), badge("plain", "Job runs"), why]),
    ...rotations.map(({ credential, from, to, recipe }) => [
      code(credential),
      badge("warn", "new secret"),
      lines([`rotation ${from} → ${to}`, recipe]),
    ]),
    ...unknown.map(({ release, reason }) => [link(`Release ${release}`), badge("warn", "not compared"), reason]),
  ];
  return markup`${
    settings.length > 0 &&
    table({
      id: "settings-table",
      caption: `Settings that differ from ${base}`,
      columns: named("Setting", "Before", "After"),
      groups: [{ rows: settings.map(({ path, old, new: fresh }) => [code(path), old ?? nothing, fresh ?? nothing]) }],
    })
  }${
    changes.length > 0 &&
    table({
      id: "changes-table",
      caption: `Objects that differ from ${base}`,
      columns: named("Object", "Change", "Component", "Fields"),
      groups: [
        {
          rows: changes.map(({ action, label, component, release, fields, reasons }) => [
            link(label),
            actions[action],
            markup`${component}${release !== undefined && markup` <span class="muted">chart ${release}</span>`}`,
            [reasons.length > 0 && markup`<p>${reasons.join("; ")}</p>`, fieldList(fields)],
          ]),
        },
      ],
    })
  }${
    follows.length > 0 &&
    table({
      id: "consequences-table",
      caption: "What follows on the cluster",
      columns: named("What", "Happens", "Why"),
      groups: [{ rows: follows }],
    })
  }`;
}

/** What the checks found, what of it is accepted, and what they looked at. */
export function checkTables(checks: NonNullable<Extras["checks"]>, link: ObjectLink): Markup {
  const open = openFindings(checks);
  const accepted = checks.results.flatMap(({ id, exempted }) => exempted.map((finding) => ({ id, ...finding })));
  return markup`${
    open.length === 0
      ? markup`<p>All ${counted(checks.results.length, "check")} pass${accepted.length > 0 && ", but for what is accepted below"}.</p>
`
      : table({
          id: "checks-table",
          caption: `What ${counted(checks.results.length, "check")} found`,
          columns: named("Object", "Severity", "Check", "What is wrong", "What to do"),
          groups: [
            {
              rows: open.map((finding) => [
                link(finding.object),
                badge(severities[finding.severity], finding.severity),
                code(finding.id),
                findingText(finding),
                finding.fix ?? "",
              ]),
            },
          ],
        })
  }${
    accepted.length > 0 &&
    table({
      id: "accepted-table",
      caption: "What is accepted",
      columns: named("Object", "Check", "What is wrong", "Why it is accepted"),
      groups: [
        {
          rows: accepted.map((finding) => [
            link(finding.object),
            code(finding.id),
            findingText(finding),
            `${finding.reason}${finding.until === undefined ? "" : `, until ${finding.until}`}`,
          ]),
        },
      ],
    })
  }${examinedTable(checks.results)}`;
}

/** Warnings about the settings. */
export function problemTable(problems: Plan["problems"]): Markup {
  const rows = problems.map(({ key, message, got, accepts, fix }) => [
    code(key),
    message,
    got === undefined ? "" : code(got),
    lines([fix, accepts === undefined ? undefined : `accepts ${accepts}`].filter((line) => line !== undefined)),
  ]);
  return table({
    id: "problems-table",
    caption: "Warnings about the settings",
    columns: named("Setting", "Warning", "Value", "What to do"),
    groups: [{ rows }],
  });
}

/** What each component costs by the month. */
export function costTable(cost: Cost, difference: CostDifference | undefined): Markup {
  const { currency } = cost;
  const changed = new Map(difference?.components.map(({ component, total }) => [component, total]));
  const present = new Set(cost.components.map(({ component }) => component));
  const gone = difference?.components.filter(({ component }) => !present.has(component)) ?? [];
  const amounts = ({ cpu, memory, storage, loadBalancers, total }: Amounts) =>
    [cpu, memory, storage, loadBalancers, total].map((amount) => formatMoney(amount));
  const delta = (hundredths: number) =>
    difference === undefined ? [] : [hundredths === 0 ? "" : formatMoneyDifference(hundredths)];
  const columns: Column[] = [
    { title: "Component" },
    ...["CPU", "Memory", "Storage", "Load balancers", "Total"].map((title) => ({ title, figures: true })),
    ...(difference === undefined ? [] : [{ title: "Change", figures: true }]),
  ];
  const none: Amounts = { cpu: 0, memory: 0, storage: 0, loadBalancers: 0, total: 0 };
  return markup`${table({
    id: "cost-table",
    caption: `Estimate in ${currency} for a month of ${hoursPerMonth} hours, without what Jobs use while they run`,
    columns,
    groups: [
      {
        rows: [
          ...cost.components.map((own) => [own.component, ...amounts(own), ...delta(changed.get(own.component) ?? 0)]),
          ...gone.map(({ component, total }) => [component, ...amounts(none), ...delta(total)]),
        ],
      },
    ],
    total: ["All", ...amounts(cost.total), ...delta(difference?.total ?? 0)],
  })}${
    cost.budget !== undefined &&
    markup`<p>Budget: ${formatMoney(cost.budget, currency)} a month ${cost.overBudget ? badge("bad", "exceeded") : badge("good", "kept")}</p>
`
  }${
    cost.notes.length > 0 &&
    markup`<ul class="notes">${cost.notes.map((note) => markup`<li>${note}.</li>`)}</ul>
`
  }`;
}

function examinedTable(results: readonly CheckReport[]): Markup {
  const rows = results.map(({ id, title, severity, examined: looked, findings, exempted }) => [
    markup`${code(id)} ${title}`,
    severity,
    String(looked),
    String(findings.length),
    String(exempted.length),
  ]);
  const examined = table({
    id: "examined-table",
    caption: "Every check, with the number of objects that it looked at",
    columns: [
      { title: "Check" },
      { title: "Severity" },
      ...["Examined", "Found", "Accepted"].map((title) => ({ title, figures: true })),
    ],
    groups: [{ rows }],
  });
  return markup`<details class="fold"><summary>What the checks looked at</summary>
${examined}</details>
`;
}

function fieldList(fields: readonly FieldReport[]): Part {
  if (fields.length === 0) return "";
  const item = ({ path, old, new: fresh }: FieldReport) => markup`<li>${code(path)}${values(old, fresh)}</li>`;
  const rest = fields.slice(shownFields);
  const more = markup`<details><summary>${rest.length} more</summary><ul class="fields">${rest.map(item)}</ul></details>`;
  return markup`<ul class="fields">${fields.slice(0, shownFields).map(item)}</ul>${rest.length > 0 && more}`;
}

function values(old: string | undefined, fresh: string | undefined): Part {
  if (old === undefined && fresh === undefined) return undefined;
  const before = old === undefined ? nothing : markup`<del>${old}</del>`;
  const after = fresh === undefined ? nothing : markup`<ins>${fresh}</ins>`;
  return markup`: ${before} → ${after}`;
}

function named(...titles: string[]): Column[] {
  return titles.map((title) => ({ title }));
}
