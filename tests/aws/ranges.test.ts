import assert from "node:assert/strict";
import { BlockList } from "node:net";
import fc from "fast-check";
import { isRange, overlap, subnets, vpcPrefix, zoneLetters } from "../../components/aws/ranges.ts";

/** A range of any address: its own bits are cut off. */
const vpcs = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: vpcPrefix.least, max: vpcPrefix.most }))
  .map(([address, prefix]) => `${text(address - (address % 2 ** (32 - prefix)))}/${prefix}`);

const zones = fc.uniqueArray(fc.constantFrom(...zoneLetters), { minLength: 1 });

describe("the subnets of a VPC", () => {
  it("are inside the VPC, and no two of them have an address in common", () => {
    fc.assert(
      fc.property(vpcs, zones, (vpc, letters) => {
        const all = subnets(vpc, letters).flatMap((zone) => [zone.private, zone.public]);
        assert.equal(all.length, letters.length * 2);
        all.forEach((one, index) => {
          for (const end of ends(one)) {
            assert.ok(listed(vpc).check(end), `${one} is not in ${vpc}`);
            for (const other of all.slice(0, index)) assert.ok(!listed(other).check(end), `${one} and ${other}`);
          }
        });
      }),
    );
  });

  it("have a size that AWS accepts, and are ranges from their first address", () => {
    fc.assert(
      fc.property(vpcs, zones, (vpc, letters) => {
        for (const one of subnets(vpc, letters).flatMap((zone) => [zone.private, zone.public])) {
          const prefix = Number(one.split("/")[1]);
          assert.ok(prefix >= 16 && prefix <= 28, one);
          assert.ok(isRange(one), one);
        }
      }),
    );
  });

  it("stay as they are when a zone is added or removed", () => {
    fc.assert(
      fc.property(vpcs, zones, (vpc, letters) => {
        const all = subnets(vpc, zoneLetters);
        for (const zone of subnets(vpc, letters))
          assert.deepEqual(
            zone,
            all.find((one) => one.zone === zone.zone),
          );
      }),
    );
  });

  it("are those of a usual VPC, as AWS would list them", () => {
    assert.deepEqual(subnets("10.0.0.0/16", ["a", "c"]), [
      { zone: "a", private: "10.0.0.0/19", public: "10.0.192.0/22" },
      { zone: "c", private: "10.0.64.0/19", public: "10.0.200.0/22" },
    ]);
  });

  it("are refused for a VPC that AWS refuses, or without room for them", () => {
    for (const vpc of ["10.0.0.0/15", "10.0.0.0/23"]) assert.throws(() => subnets(vpc, ["a"]), RangeError);
  });

  it("overlap exactly if one contains an end of the other", () => {
    const ranges = fc
      .tuple(fc.integer({ min: 0, max: 4095 }), fc.integer({ min: 20, max: 32 }))
      .map(([low, prefix]) => `${text(0x0a000000 + low - (low % 2 ** (32 - prefix)))}/${prefix}`);
    fc.assert(
      fc.property(ranges, ranges, (one, other) => {
        const common =
          ends(one).some((end) => listed(other).check(end)) || ends(other).some((end) => listed(one).check(end));
        assert.equal(overlap(one, other), common);
      }),
    );
  });
});

function listed(cidr: string): BlockList {
  const [address = "", prefix] = cidr.split("/");
  const list = new BlockList();
  list.addSubnet(address, Number(prefix));
  return list;
}

/** The first and the last address. */
function ends(cidr: string): string[] {
  const [address = "", prefix] = cidr.split("/");
  const first = Buffer.from(address.split(".").map(Number)).readUInt32BE();
  return [address, text(first + 2 ** (32 - Number(prefix)) - 1)];
}

function text(address: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(address);
  return [...bytes].join(".");
}
