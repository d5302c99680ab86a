/** The letters of availability zones, in the order of their subnets. No region has more (EC2, "Regions and Zones"). */
export const zoneLetters = ["a", "b", "c", "d", "e", "f"] as const;

export type ZoneLetter = (typeof zoneLetters)[number];

/** The subnets of one zone. */
export interface ZoneSubnets {
  readonly zone: ZoneLetter;
  /** For nodes and pods, in CIDR notation. */
  readonly private: string;
  /** For NAT gateways and load balancers, in CIDR notation. */
  readonly public: string;
}

/** The bounds of a VPC's prefix length: AWS accepts no larger VPC, and a smaller one has no room for six public subnets of /28. */
export const vpcPrefix = { least: 16, most: 22 } as const;

/**
 * The subnets of a VPC. A zone's subnets depend on the VPC and on the zone's letter alone, so that a zone can be added or removed
 * without a change to the others: the VPC is cut into eight parts, of which six are private subnets, and the seventh is cut into
 * eight again for public ones. The last part is free.
 *
 * @param vpc an IPv4 range with a prefix length of 16 to 22
 * @throws RangeError for another range
 */
export function subnets(vpc: string, zones: readonly ZoneLetter[]): ZoneSubnets[] {
  const { first, prefix } = range(vpc);
  if (prefix < vpcPrefix.least || prefix > vpcPrefix.most)
    throw new RangeError(`${vpc} has a prefix length of ${prefix}; accepted: ${vpcPrefix.least} to ${vpcPrefix.most}`);
  const part = 2 ** (32 - prefix - 3);
  return zones.map((zone) => {
    const index = zoneLetters.indexOf(zone);
    return {
      zone,
      private: `${address(first + index * part)}/${prefix + 3}`,
      public: `${address(first + 6 * part + index * (part / 8))}/${prefix + 6}`,
    };
  });
}

/** Whether two IPv4 ranges have an address in common. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [range(one), range(other)];
  return a.first <= b.last && b.first <= a.last;
}

/** Whether all addresses of an IPv4 range are in another one. */
export function isWithin(inner: string, outer: string): boolean {
  const [a, b] = [range(inner), range(outer)];
  return a.first >= b.first && a.last <= b.last;
}

/** Whether a text is an IPv4 range whose address is the first of the range, as AWS requires. */
export function isRange(cidr: string): boolean {
  const { first, given } = range(cidr);
  return first === given;
}

function range(cidr: string): { first: number; last: number; given: number; prefix: number } {
  const [text = "", length = ""] = cidr.split("/");
  const given = text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const prefix = Number(length);
  const size = 2 ** (32 - prefix);
  const first = given - (given % size);
  return { first, last: first + size - 1, given, prefix };
}

function address(value: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join(".");
}
