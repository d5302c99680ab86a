import type { AwsCost } from "../cost/aws.ts";
import type { AwsCostItem } from "../cost/aws-lines.ts";
import type { CostDifference } from "../cost/cost.ts";
import type { Cost } from "../cost/estimate.ts";
import { cents, formatMoney, formatMoneyDifference, formatNumber, hoursPerMonth } from "../cost/money.ts";
import type { Amounts, RequestCost } from "../cost/requests.ts";
import { status } from "./document.ts";
import type { Block, Inline, Row, Section, Table } from "./document.ts";

/** What the stack costs a month. */
export function costSection(cost: Cost, difference: CostDifference | undefined): Section {
  const { budget, currency, notes } = cost;
  const kept = cost.overBudget ? status("bad", "exceeded") : status("good", "kept");
  const missing: Inline[] =
    cost.basis === "aws"
      ? cost.notPriced.map(({ names, reason }) => [status("warn", "Not priced"), `: ${names.join(", ")}; ${reason}.`])
      : [];
  const partial =
    difference?.withoutVolumes === true ? ["The change is without volumes, which a stack's state does not tell."] : [];
  const list = [...missing, ...[...notes.map((note) => `${note}.`), ...partial]];
  const blocks: Block[] = [
    cost.basis === "aws" ? awsTable(cost, difference) : requestTable(cost, difference),
    ...(budget === undefined
      ? []
      : [{ kind: "paragraph", text: [`Budget: ${formatMoney(budget, currency)} a month `, kept] } as const]),
    ...(list.length === 0 ? [] : [{ kind: "list", items: list } as const]),
  ];
  return { id: "cost", title: "Cost", blocks };
}

/** What each component costs by the requests of its pods. */
function requestTable(cost: RequestCost, difference: CostDifference | undefined): Table {
  const none: Amounts = { cpu: 0, memory: 0, storage: 0, loadBalancers: 0, total: 0 };
  const cells = ({ cpu, memory, storage, loadBalancers, total }: Amounts) =>
    [cpu, memory, storage, loadBalancers, total].map((amount) => formatMoney(amount));
  const caption = `Cost a month (${hoursPerMonth} hours) in ${cost.currency}, without Jobs`;
  const own = new Map(cost.components.map((amounts) => [amounts.component, cells(amounts)]));
  const columns = ["Component", "CPU", "Memory", "Storage", "Load balancers", "Total"];
  return table(caption, columns, own, { none: cells(none), total: cells(cost.total) }, difference);
}

/** What the stack creates in AWS costs. */
function awsTable(cost: AwsCost, difference: CostDifference | undefined): Table {
  const cells = ({ each, number, total }: AwsCostItem) => [formatNumber(number), unitPrice(each), formatMoney(total)];
  const caption = `Cost a month (${hoursPerMonth} hours) in ${cost.currency}, in ${cost.region}`;
  const own = new Map(cost.items.map((item) => [item.name, cells(item)]));
  const total = ["", "", formatMoney(cost.total.total)];
  const none = ["0", "", formatMoney(0)];
  return table(caption, ["Item", "Number", "Each", "Total"], own, { none, total }, difference);
}

function unitPrice(each: number): string {
  const whole = Math.abs(each * 100 - cents(each)) < 1e-6;
  return each < 1 && !whole ? formatNumber(each) : formatMoney(cents(each));
}

/** A table with a row for each name, those that a change removes among them. */
function table(
  caption: string,
  [first = "", ...numbers]: readonly string[],
  own: ReadonlyMap<string, readonly string[]>,
  { none, total }: { readonly none: readonly string[]; readonly total: readonly string[] },
  difference: CostDifference | undefined,
): Table {
  const changed = new Map(difference?.components.map(({ component, total }) => [component, total]));
  const row = (name: string, cells: readonly string[], change: number): Row => [
    name,
    ...cells,
    ...(difference === undefined ? [] : [change === 0 ? "" : formatMoneyDifference(change)]),
  ];
  const gone = [...changed].filter(([name]) => !own.has(name));
  const titles = [...numbers, ...(difference === undefined ? [] : ["Change"])];
  return {
    kind: "table",
    id: "cost-table",
    caption,
    columns: [{ title: first }, ...titles.map((title) => ({ title, figures: true }) as const)],
    groups: [
      {
        rows: [
          ...[...own].map(([name, cells]) => row(name, cells, changed.get(name) ?? 0)),
          ...gone.map(([name, change]) => row(name, none, change)),
        ],
      },
    ],
    total: row("All", total, difference?.total ?? 0),
  };
}
