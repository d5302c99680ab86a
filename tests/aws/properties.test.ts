import assert from "node:assert/strict";
import { BlockList } from "node:net";
import fc from "fast-check";
import { zoneLetters } from "../../components/aws/ranges.ts";
import { list, record, textAt } from "../../components/kit/unknown.ts";
import { awsChecks } from "../../plan/checks/aws.ts";
import { awsCostOf } from "../../plan/cost/cost.ts";
import { makePlan } from "../../plan/plan.ts";
import type { Plan } from "../../plan/plan.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { stackNamed } from "../stacks.ts";

/** Choices of the section `aws`. */
const choices = fc.record({
  region: fc.constantFrom("eu-central-1", "eu-west-1", "eu-west-3", "us-east-1"),
  second: fc.integer({ min: 0, max: 255 }),
  prefix: fc.integer({ min: 16, max: 22 }),
  zones: fc.uniqueArray(fc.constantFrom(...zoneLetters), { minLength: 2 }),
  nat: fc.constantFrom("perZone", "single"),
  perZone: fc.integer({ min: 1, max: 3 }),
  more: fc.integer({ min: 0, max: 2 }),
  arm: fc.boolean(),
  sharedFiles: fc.boolean(),
  zone: fc.boolean(),
  open: fc.boolean(),
});
type Choices = typeof choices extends fc.Arbitrary<infer Value> ? Value : never;

const { file } = stackNamed("worldcereal-aws");
// Plans take about a second each.
const runs = { numRuns: 6 };

function planWith(made: Choices): Promise<Plan> {
  const cidr = `10.${made.second}.0.0/${made.prefix}`;
  const type = made.arm ? "m7g.2xlarge" : "m7i.2xlarge";
  const system = `{processor: ${made.arm ? "arm" : "x86"}, instanceTypes: [${type}], perZone: ${made.perZone}, mostPerZone: ${made.perZone + made.more}}`;
  const shared = "{name: shared, provisioner: efs.csi.aws.com, bindingMode: Immediate}";
  const fast = '{name: fast, provisioner: ebs.csi.aws.com, parameters: {type: gp3, encrypted: "true"}, default: true}';
  const set = [
    `aws.region=${made.region}`,
    `aws.network={cidr: ${cidr}, zones: [${made.zones.join(", ")}], nat: ${made.nat}}`,
    ...["apiServerCidrs", "nodeCidrs", "podCidrs"].map((key) => `cluster.${key}=[${cidr}]`),
    `aws.system=${system}`,
    `aws.sharedFiles=${made.sharedFiles}`,
    `storage.classes=[${made.sharedFiles ? `${fast}, ${shared}` : fast}]`,
    `storage.roles={fast: fast, bulk: fast, shared: ${made.sharedFiles ? "shared" : "fast"}}`,
    "aws.budget={monthlyUsd: 100000, emails: [ops@example.org]}",
    `aws.zone=${made.zone}`,
    ...(made.zone ? [] : ["dns.provider.hostedZoneId=Z0123456789ABC"]),
    `aws.publicCidrs=[${made.open ? "203.0.113.0/24" : ""}]`,
  ];
  return makePlan("aws-properties", readStackFile(file, set));
}

const ofType = ({ resources }: Plan, type: string) => resources.filter((one) => one.type === `aws:${type}`);
const values = (plan: Plan, type: string, ...path: string[]) =>
  ofType(plan, type).map(({ inputs }) => textAt(inputs, ...path) ?? "");

/** Whether a range is in another, by Node's own arithmetic. */
function isIn(inner: string, outer: string): boolean {
  const [address = "", prefix = ""] = outer.split("/");
  const all = new BlockList();
  all.addSubnet(address, Number(prefix));
  const [first = "", length = ""] = inner.split("/");
  return Number(length) >= Number(prefix) && all.check(first);
}

describe("a stack in AWS, whatever its settings", function () {
  this.timeout(300_000);
  const all = new Map<string, Plan>();
  /** Holds in the plan of any choices: plans are made once for all properties. */
  const holds = (property: (plan: Plan, made: Choices) => void) => async () => {
    if (all.size === 0)
      for (const made of fc.sample(choices, runs)) all.set(JSON.stringify(made), await planWith(made));
    for (const [made, plan] of all) {
      try {
        property(plan, JSON.parse(made) as Choices);
      } catch (error) {
        throw new Error(`${made}: ${(error as Error).message}`, { cause: error });
      }
    }
  };

  it(
    "has a private and a public subnet for each zone, in the VPC, and no two of them overlap",
    holds((plan, { zones }) => {
      const [vpc = ""] = values(plan, "ec2/vpc:Vpc", "cidrBlock");
      const subnets = values(plan, "ec2/subnet:Subnet", "cidrBlock");
      assert.equal(subnets.length, 2 * zones.length);
      for (const one of subnets) {
        assert.ok(isIn(one, vpc), `${one} ${vpc}`);
        for (const other of subnets) assert.ok(one === other || !isIn(one, other), `${one} ${other}`);
      }
      assert.equal(new Set(subnets).size, subnets.length);
    }),
  );

  it(
    "passes the checks of buckets, policies, security groups, versions and placements",
    holds((plan) => {
      for (const { examine, id } of awsChecks) {
        const { findings } = examine(plan, "2026-12-01");
        assert.deepEqual([id, findings], [id, []]);
      }
    }),
  );

  it(
    "has a reason at every rule, and no rule that nothing has",
    holds((plan, { sharedFiles }) => {
      const groups = ofType(plan, "ec2/securityGroup:SecurityGroup").map(({ name }) => name);
      const rules = ofType(plan, "vpc/securityGroupIngressRule:SecurityGroupIngressRule");
      assert.equal(groups.length, sharedFiles ? 2 : 1);
      const reasons = rules.map(({ inputs }) => textAt(inputs, "description") ?? "");
      assert.ok(reasons.every((reason) => reason.length > 10));
      assert.deepEqual(rules.map(({ inputs }) => textAt(inputs, "securityGroupId")).sort(), groups.sort());
      const used = [
        ...ofType(plan, "ec2/vpcEndpoint:VpcEndpoint").flatMap(({ inputs }) => list(inputs["securityGroupIds"])),
        ...ofType(plan, "efs/mountTarget:MountTarget").flatMap(({ inputs }) => list(inputs["securityGroups"])),
      ];
      assert.deepEqual([...new Set(used)].sort(), groups);
    }),
  );

  it(
    "has a role for each use, and a use for each role",
    holds((plan, { more, sharedFiles }) => {
      const roles = ofType(plan, "iam/role:Role").map(({ name }) => `arn:aws:made-up:::${name}`);
      const used = [
        ...values(plan, "eks/podIdentityAssociation:PodIdentityAssociation", "roleArn"),
        ...values(plan, "eks/cluster:Cluster", "roleArn"),
        ...values(plan, "eks/nodeGroup:NodeGroup", "nodeRoleArn"),
      ];
      assert.deepEqual([...new Set(used)].sort(), roles.sort());
      assert.equal(
        roles.some((role) => role.endsWith("efs-csi")),
        sharedFiles,
      );
      assert.ok(more === 0 || roles.some((role) => role.endsWith("autoscaler")));
      // Each has rights of its own, or a policy of AWS.
      const names = new Set(ofType(plan, "iam/role:Role").map(({ inputs }) => textAt(inputs, "name")));
      const entitled = new Set([
        ...values(plan, "iam/rolePolicy:RolePolicy", "role"),
        ...values(plan, "iam/rolePolicyAttachment:RolePolicyAttachment", "role"),
      ]);
      assert.deepEqual([...entitled].sort(), [...names].sort());
    }),
  );

  it(
    "has nodes in each zone, and a price for everything",
    holds((plan, { nat, perZone, region, zones }) => {
      const groups = ofType(plan, "eks/nodeGroup:NodeGroup");
      const system = groups.filter(({ inputs }) => inputs["capacityType"] === "ON_DEMAND");
      assert.deepEqual(
        system.map(({ inputs }) => record(inputs["scalingConfig"])["minSize"]),
        zones.map(() => perZone),
      );
      assert.equal(ofType(plan, "ec2/natGateway:NatGateway").length, nat === "single" ? 1 : zones.length);
      const cost = awsCostOf(plan);
      assert.deepEqual([cost?.notPriced, cost?.region], [[], region]);
    }),
  );
});
