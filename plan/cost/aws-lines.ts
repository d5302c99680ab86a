import { compare } from "../../components/kit/stable.ts";
import { nameOf, priceOf, pricedRegions, priceSources } from "../prices/aws.ts";
import type { PriceSource } from "../prices/aws.ts";
import type { Charge } from "./aws-charges.ts";
import { cents, hoursPerMonth } from "./money.ts";
import type { Priced } from "./priced.ts";

/** A line of the estimate. */
export interface AwsCostItem {
  readonly name: string;
  readonly number: number;
  /** USD a month for one. */
  readonly each: number;
  /** Hundredths of USD. */
  readonly total: number;
  /** Whether the claims of pods decide it, which a stack's state does not tell. */
  readonly ofPods: boolean;
}

/** What AWS charges for and the estimate lacks, with the reason: never counted as nothing. */
export interface NotPriced {
  readonly reason: string;
  readonly names: readonly string[];
}

/** The lines of an estimate: charges of one name are added up. */
export class Lines {
  /** Names of charges without a price, by what the sheet lacks. */
  private readonly lacking = new Map<string, Set<string>>();
  private readonly byName = new Map<string, Omit<AwsCostItem, "name" | "total">>();
  /** Names of prices that were asked for, with where they come from. */
  private readonly used = new Map<string, PriceSource>();
  private readonly own: Readonly<Record<string, number>>;
  private readonly home: string;

  /** @param home the region of the stack: what is elsewhere has its region in its name */
  constructor({ settings }: Priced, home: string) {
    this.own = settings.aws?.prices ?? {};
    this.home = home;
  }

  add({ item, name, number }: Charge, region: string, ofPods: boolean): void {
    if (number === 0) return;
    const line = region === this.home ? name : `${name} in ${region}`;
    const each = this.monthly(item, region);
    if (each === undefined) {
      this.lacks(
        pricedRegions.includes(region) ? `prices of ${nameOf(item)} in ${region}` : `prices of ${region}`,
        line,
      );
    } else {
      this.byName.set(line, { number: (this.byName.get(line)?.number ?? 0) + number, each, ofPods });
    }
  }

  /** @param what what the sheet lacks, such as `prices of gp3 in eu-west-9` */
  lacks(what: string, name: string): void {
    this.lacking.set(what, (this.lacking.get(what) ?? new Set()).add(name));
  }

  get notPriced(): NotPriced[] {
    return [...this.lacking]
      .map(([what, names]) => ({ reason: `the price sheet has no ${what}`, names: [...names].sort(compare) }))
      .sort((a, b) => compare(a.reason, b.reason));
  }

  /** USD a month for one; undefined without a price. */
  monthly(item: Charge["item"], region: string): number | undefined {
    const price = priceOf(item, region, this.own);
    if (price === undefined) return undefined;
    this.used.set(typeof item === "string" || price.source === "own" ? nameOf(item) : "instances", price.source);
    return price.usd * (price.per === "hour" ? hoursPerMonth : 1);
  }

  /** What has a price, the dearest first. */
  get items(): AwsCostItem[] {
    return [...this.byName]
      .map(([name, line]) => ({ name, ...line, total: cents(line.number * line.each) }))
      .sort((a, b) => b.total - a.total || compare(a.name, b.name));
  }

  /** Where the prices that were asked for come from: a sentence for each source. */
  sources(): string[] {
    const from = (source: PriceSource, sentence: string) => {
      const names = [...this.used].flatMap(([name, of]) => (of === source ? [name] : []));
      return names.length === 0 ? [] : [`${sentence}: ${names.sort(compare).join(", ")}`];
    };
    const { list, pages } = priceSources;
    const listed = ({ asOf, is }: typeof list | typeof pages) =>
      `List prices without discounts and taxes of ${asOf} (${is})`;
    return [...from("list", listed(list)), ...from("pages", listed(pages)), ...from("own", "Prices of aws.prices")];
  }
}
