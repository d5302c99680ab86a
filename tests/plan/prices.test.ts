import assert from "node:assert/strict";
import { nodePrices } from "../../plan/prices/aws-nodes.ts";
import { priceOf, pricedRegions, priceSources } from "../../plan/prices/aws.ts";
import { awsItems } from "../../stacks/settings/aws-items.ts";

/** How many `large` of its family a size is worth (EC2, "Instance size normalization factor"). */
function larges(size: string): number {
  const named: Readonly<Record<string, number>> = { small: 1 / 4, medium: 1 / 2, large: 1, xlarge: 2 };
  return named[size] ?? 2 * Number(size.replace("xlarge", ""));
}

describe("the price sheet of AWS", () => {
  it("has a price or none in each region for everything, and none that is nothing", () => {
    for (const [type, prices] of Object.entries(nodePrices)) {
      assert.equal(prices.length, pricedRegions.length, type);
      for (const price of prices) assert.ok(price === null || price > 0, type);
    }
    for (const region of pricedRegions)
      for (const item of awsItems) {
        const price = priceOf(item, region);
        if (price !== undefined) assert.ok(price.usd > 0, `${item} ${region}`);
      }
    for (const { asOf } of Object.values(priceSources)) assert.match(asOf, /^20\d\d-\d\d-\d\d$/);
  });

  it("has the same price for the same size of a family in each region, but for rounding", () => {
    const families = Map.groupBy(Object.entries(nodePrices), ([type]) => type.split(".")[0]);
    for (const [family, types] of families)
      pricedRegions.forEach((region, index) => {
        const each = types.flatMap(([type, prices]) => {
          const price = prices[index] ?? undefined;
          return price === undefined ? [] : [price / larges(type.split(".")[1] ?? "")];
        });
        assert.ok(Math.max(...each) <= 1.01 * Math.min(...each) || each.length === 0, `${family ?? ""} ${region}`);
      });
  });

  it("has the instance types of the settings' defaults in every region of Europe and in us-east-1", () => {
    for (const type of ["m6i.2xlarge", "m7i.2xlarge", "m5.2xlarge", "t3.xlarge"])
      for (const region of ["eu-west-1", "eu-central-1", "eu-west-2", "eu-west-3", "eu-north-1", "us-east-1"])
        assert.ok(priceOf({ instanceType: type }, region), `${type} ${region}`);
  });

  it("has nothing for a region or a type that it does not know", () => {
    assert.equal(priceOf("gp3", "eu-west-9"), undefined);
    assert.equal(priceOf({ instanceType: "constructor" }, "eu-west-1"), undefined);
    assert.equal(priceOf("network-load-balancer", "eu-south-2"), undefined);
    assert.deepEqual(priceOf("gp3", "eu-west-9", { gp3: 0.1 }), { usd: 0.1, per: "month", source: "own" });
  });
});
