import { compare } from "../../components/kit/stable.ts";
import type { Action, Change } from "../compare/change.ts";
import type { Comparison } from "../compare/comparison.ts";
import type { Consequences } from "../compare/consequences.ts";
import type { FieldChange } from "../compare/fields.ts";
import type { Loss } from "../compare/loss.ts";
import type { Difference, Parity } from "../compare/parity.ts";
import { code, lines, muted, none, object, status, table } from "./document.ts";
import type { Block, Inline, Row, Section } from "./document.ts";

const actions: Record<Action, Inline> = {
  create: status("good", "create", "+"),
  update: status("warn", "update", "~"),
  replace: status("bad", "replace", "±"),
  delete: status("bad", "delete", "-"),
};

const verdictOf: Record<Loss["status"], Inline> = {
  refused: status("bad", "refused"),
  allowed: status("warn", "allowed"),
  note: status("plain", "note"),
};

/** Data that a change touches, and what to do about it. */
export function lossSection(losses: readonly Loss[]): Section {
  const rows = losses.map(({ name, status: found, effect, reason, remedy, protected: blocked }) => [
    object(name),
    verdictOf[found],
    effect,
    reason,
    lines(blocked ? [remedy, "it is protected, so that Pulumi refuses it too until pulumi state unprotect"] : [remedy]),
  ]);
  const refused = losses.some((loss) => loss.status === "refused");
  return {
    id: "losses",
    title: "Data loss",
    blocks: [
      ...table(
        "losses-table",
        "Data that this change touches",
        ["Name", "Verdict", "Effect", { title: "Reason", place: "below" }, { title: "What to do", place: "below" }],
        rows,
        { open: losses.some((loss) => loss.status !== "note") },
      ),
      ...(refused
        ? [paragraph("A loss is refused unless the setting ", code("allowDataLoss"), " lists its name.")]
        : []),
    ],
  };
}

/** What differs, and what happens on the cluster. */
export function changeSection(comparison: Comparison, base: string): Section {
  const { settings, changes, consequences, unknown } = comparison;
  const from: Inline = ["differ from ", code(base)];
  const same = changes.length === 0 && settings.length === 0;
  // With its release every object of a chart comes or goes: their number is enough where there is little room.
  const whole = new Set(
    changes.flatMap(({ kind, action, label }) =>
      kind === "Release" && (action === "create" || action === "delete") ? [label] : [],
    ),
  );
  const inside = (change: Change) => change.release !== undefined && whole.has(`Release ${change.release}`);
  const objects = Map.groupBy(changes.filter(inside), ({ release }) => `Release ${release}`);
  const columns = [
    "Object",
    "Change",
    { title: "Component", place: "heading" },
    { title: "Details", place: "below" },
  ] as const;
  const row = (change: Change) => changeRow(change, objects.get(change.label)?.length ?? 0);
  return {
    id: "changes",
    title: "Changes",
    blocks: [
      ...(same
        ? [
            paragraph(
              comparison.base.origin === "export"
                ? "Nothing that can be compared differs from "
                : "Nothing differs from ",
              code(base),
              ".",
            ),
          ]
        : []),
      ...table(
        "settings-table",
        ["Settings that ", from],
        ["Setting", "Before", "After"],
        settings.map(({ path, old, new: fresh }) => [code(path), valueOf(old), valueOf(fresh)]),
      ),
      ...table("changes-table", ["Objects that ", from], columns, changes.filter((change) => !inside(change)).map(row)),
      ...table(
        "charted-table",
        "Objects of charts that are installed or uninstalled",
        columns,
        changes.filter(inside).map(row),
        { for: ["page"] },
      ),
      ...table(
        "consequences-table",
        "What happens on the cluster",
        ["What", "Happens", { title: "Why", place: "below" }],
        consequenceRows(consequences, unknown),
      ),
      ...table("images-table", "Images that change", ["Before", "After"], images(changes)),
    ],
  };
}

/** How two stacks differ that are meant to be alike. */
export function paritySection({ base, head, differences }: Parity): Section {
  const details = ({ path, base: was, head: is }: Difference): Inline =>
    path === undefined
      ? ["only in ", code(was === undefined ? head : base)]
      : { kind: "fields", changes: [{ path, old: was, new: is }] };
  const byClass = Map.groupBy(differences, (difference) => difference.class);
  const rows = [...byClass].flatMap(([kind, own]) =>
    [...Map.groupBy(own, ({ label }) => label)].map(([label, all]) => [
      code(label),
      `${kind} (${own.length})`,
      lines(all.map(details)),
    ]),
  );
  return {
    id: "parity",
    title: "Differences",
    blocks: table(
      "parity-table",
      ["Differences from ", code(base), " to ", code(head)],
      ["Object", { title: "About", place: "heading" }, { title: "Details", place: "below" }],
      rows,
      // In a comment it would leave no room for anything else.
      { for: ["terminal", "page"] },
    ),
  };
}

function changeRow(change: Change, objects: number): Row {
  const { action, label, fresh, component, release, fields, reasons, renamedFrom, looksLike } = change;
  const details: Inline[] = [
    ...(objects === 0 ? [] : [`with ${objects} ${objects === 1 ? "object" : "objects"} of its chart`]),
    ...(renamedFrom === undefined ? [] : [["renamed from ", code(renamedFrom), ", by its alias"]]),
    ...(looksLike === undefined ? [] : [["looks like a rename of ", code(looksLike), ": an alias would keep it"]]),
    ...reasons.map((reason) => `because ${reason}`),
    ...(fields.length === 0 ? [] : [{ kind: "fields", changes: fields } as const]),
  ];
  return [
    [
      object(label),
      fresh !== undefined && fresh.label !== label ? [" → ", code(fresh.label)] : "",
      release === undefined ? "" : [" ", muted(`(chart ${release})`)],
    ],
    actions[action],
    component,
    lines(details),
  ];
}

/** What fails first, then what a reviewer would not expect, then the rest. */
function consequenceRows(
  { failures, rotations, restarts, jobs }: Consequences,
  unknown: Comparison["unknown"],
): readonly Row[] {
  const place = ({ label, release }: { label: string; release?: string }): Inline => [
    object(label),
    release === undefined ? "" : [" ", muted(`(chart ${release})`)],
  ];
  return [
    ...failures.map((failure) => [
      place(failure),
      status("bad", "up fails"),
      lines([failure.reason, ...(failure.remedy === undefined ? [] : [failure.remedy])]),
    ]),
    ...rotations.map(({ credential, from, to, recipe }) => [
      code(credential),
      status("warn", "new value"),
      `rotation ${from} → ${to}: ${recipe}`,
    ]),
    ...restarts.map((restart) => [place(restart), status("warn", "pods restart"), lines(restart.causes)]),
    ...jobs.map((job) => [place(job), status("plain", "Job runs"), job.why]),
    ...unknown.map(({ release, reason }) => [object(`Release ${release}`), status("warn", "not compared"), reason]),
  ];
}

/** Image references that change, once each. */
function images(changes: readonly Change[]): Row[] {
  const pairs = changes.flatMap(({ fields }) =>
    fields.flatMap(({ path, old, new: fresh }: FieldChange): [string, string][] =>
      /(^|\.)image$/.test(path) && old !== undefined && fresh !== undefined ? [[old, fresh]] : [],
    ),
  );
  return [...new Map(pairs.map((pair) => [pair.join(" "), pair])).values()]
    .sort(([a], [b]) => compare(a, b))
    .map((pair) => pair.map(code));
}

function valueOf(text: string | undefined): Inline {
  return text === undefined ? none : code(text);
}

function paragraph(...text: Inline[]): Block {
  return { kind: "paragraph", text };
}
