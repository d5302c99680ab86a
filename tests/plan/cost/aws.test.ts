import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { costInAws } from "../../../plan/cost/aws.ts";
import type { AwsCost } from "../../../plan/cost/aws.ts";
import { awsCostOf, costDifference, costOf, costOfSaved } from "../../../plan/cost/cost.ts";
import type { Cost } from "../../../plan/cost/estimate.ts";
import { pricedPlan } from "../../../plan/cost/priced.ts";
import type { Priced, PricedResource } from "../../../plan/cost/priced.ts";
import { savedPlan } from "../../../plan/files.ts";
import type { Plan } from "../../../plan/plan.ts";
import { priceOf } from "../../../plan/prices/aws.ts";
import { planStack } from "../../plans.ts";
import { root, stackNamed } from "../../stacks.ts";

const example = stackNamed("worldcereal-aws");
const withSettings = (...set: string[]) => planStack({ ...example, set });

/** The estimate in AWS. */
function inAws(plan: Plan): Cost & AwsCost {
  const cost = costOf(plan);
  assert.equal(cost?.basis, "aws");
  return cost;
}

const sumOf = ({ items }: AwsCost) => items.reduce((sum, { total }) => sum + total, 0);
const numbers = ({ items }: AwsCost) => Object.fromEntries(items.map(({ name, number }) => [name, number]));
const names = ({ notPriced }: AwsCost) => notPriced.flatMap((one) => one.names);

describe("the estimate of a stack in AWS", () => {
  let plan: Plan;
  before(async () => (plan = await planStack(example)));

  const provider = "urn:aws";
  const resource = (type: string, name: string, inputs: object): PricedResource => ({
    urn: `urn:${name}`,
    type,
    name,
    provider: `${provider}::id`,
    inputs: inputs as PricedResource["inputs"],
  });
  /** A stack with resources of its own in place of those of the program. */
  const made = (region: string, resources: PricedResource[], more: Partial<Priced> = {}): Priced => ({
    ...pricedPlan(plan),
    resources: [{ ...resource("pulumi:providers:aws", "aws", { region }), urn: provider }, ...resources],
    podGroups: [],
    services: [],
    notRendered: [],
    ...more,
  });
  const group = (instanceType: string, least: number, most = least, disk = 100) => [
    resource("aws:ec2/launchTemplate:LaunchTemplate", "workers", {
      blockDeviceMappings: [{ ebs: { volumeType: "gp3", volumeSize: disk } }],
    }),
    resource("aws:eks/nodeGroup:NodeGroup", "workers", {
      instanceTypes: [instanceType],
      launchTemplate: { id: "workers" },
      scalingConfig: { minSize: least, maxSize: most },
    }),
  ];

  it("knows everything that the program creates there", () => {
    const cost = inAws(plan);
    assert.deepEqual(cost.notPriced, []);
    assert.equal(sumOf(cost), cost.total.total);
    assert.deepEqual(numbers(cost), {
      "system-a: nodes m7i.4xlarge": 2,
      "system-b: nodes m7i.4xlarge": 2,
      "system-c: nodes m7i.4xlarge": 2,
      "NAT gateways": 3,
      "control plane of EKS": 1,
      "volumes, GiB of gp3": 577,
      "endpoints, by zone": 6,
      "system-a: disks, GiB of gp3": 400,
      "system-b: disks, GiB of gp3": 400,
      "system-c: disks, GiB of gp3": 400,
      "network load balancers": 1,
      "addresses of load balancers": 3,
      "public IPv4 addresses": 3,
      "KMS keys": 1,
      "hosted zones": 1,
    });
    // As the pricing calculator of AWS multiplies: 2 × 0.8988 USD × 730 hours.
    assert.equal(cost.items[0]?.total, 131_225);
  });

  it("is the sum of its parts, each a number of what has a price, whatever the stack has", () => {
    const item = fc.constantFrom(
      ["aws:ec2/natGateway:NatGateway", {}, "nat-gateway"],
      ["aws:ec2/eip:Eip", {}, "public-ipv4"],
      ["aws:kms/key:Key", {}, "kms-key"],
      ["aws:eks/cluster:Cluster", {}, "eks-cluster"],
      ["aws:ec2/vpcEndpoint:VpcEndpoint", { vpcEndpointType: "Interface", subnetIds: ["a"] }, "vpc-endpoint"],
    ) as fc.Arbitrary<[string, object, Parameters<typeof priceOf>[0]]>;
    const regions = fc.constantFrom("eu-central-1", "eu-north-1", "eu-west-1", "us-east-1");
    fc.assert(
      fc.property(
        regions,
        fc.array(item),
        fc.nat(50),
        fc.integer({ min: 20, max: 500 }),
        (region, all, nodes, disk) => {
          const own = all.map(([type, inputs], index) => resource(type, `r${index}`, inputs));
          const cost = costInAws(made(region, [...own, ...group("m7g.xlarge", nodes, nodes, disk)]));
          assert.equal(sumOf(cost), cost.total.total);
          for (const { each, number, total } of cost.items) assert.ok(Math.abs(total - number * each * 100) <= 0.5);
          const monthly = (of: Parameters<typeof priceOf>[0]) => {
            const { per, usd } = priceOf(of, region) ?? assert.fail();
            return usd * (per === "hour" ? 730 : 1);
          };
          const exact =
            all.reduce((sum, [, , of]) => sum + monthly(of), 0) +
            nodes * (monthly({ instanceType: "m7g.xlarge" }) + disk * monthly("gp3"));
          assert.ok(Math.abs(cost.total.total / 100 - exact) <= 0.005 * cost.items.length + 1e-6);
        },
      ),
    );
  });

  for (const zones of [
    ["a", "b"],
    ["a", "b", "c"],
    ["a", "b", "c", "d", "e"],
  ])
    it(`has a NAT gateway with its address more for each further zone of ${zones.length}, and nothing else`, async () => {
      const cost = async (nat: string) =>
        inAws(await withSettings(`aws.network={cidr: 10.20.0.0/16, zones: [${zones.join(", ")}], nat: ${nat}}`));
      const [single, perZone] = [await cost("single"), await cost("perZone")];
      const difference = costDifference(perZone, single);
      const more = zones.length - 1;
      assert.deepEqual(
        difference?.components.map(({ component }) => component),
        ["NAT gateways", "public IPv4 addresses"],
      );
      assert.equal(difference?.total, Math.round(more * 0.048 * 730 * 100) + Math.round(more * 0.005 * 730 * 100));
      assert.equal(perZone.total.total - single.total.total, difference.total);
    });

  it("has no price of another region in place of one that the sheet does not know", async () => {
    const cost = inAws(await withSettings("aws.region=ap-south-1"));
    assert.deepEqual([cost.items, cost.total.total], [[], 0]);
    assert.deepEqual(
      cost.notPriced.map(({ reason }) => reason),
      ["the price sheet has no prices of ap-south-1"],
    );
    assert.equal(names(cost).length, inAws(plan).items.length);
  });

  it("says what it cannot price: an instance type, a resource, a disk, an item in one region", () => {
    const database = resource("aws:rds/instance:Instance", "db", {});
    const balancer = { component: "gateway", manifest: { spec: { type: "LoadBalancer" } } };
    const cost = costInAws(
      made("eu-south-2", [database, ...group("x2idn.16xlarge", 2)], { services: [balancer], settings: plan.settings }),
    );
    assert.deepEqual(
      cost.notPriced.map(({ names: all, reason }) => `${all.join()}: ${reason}`),
      [
        "workers: nodes x2idn.16xlarge in eu-south-2: the price sheet has no prices of x2idn.16xlarge in eu-south-2",
        "Instance db: the price sheet has no such items",
      ],
    );
    const { aws } = plan.settings;
    assert.ok(aws);
    const there = { ...plan.settings, aws: { ...aws, region: "eu-south-2" } };
    const inSpain = costInAws(made("eu-south-2", [], { services: [balancer], settings: there }));
    assert.deepEqual(names(inSpain), ["network load balancers"]);
    const [, nodes] = group("m7i.large", 1);
    assert.ok(nodes);
    assert.deepEqual(names(costInAws(made("eu-west-1", [nodes]))), ["NodeGroup workers"]);
    const elsewhere = { ...resource("aws:kms/key:Key", "key", {}), provider: "" };
    assert.match(
      costInAws(made("eu-west-1", [elsewhere])).notPriced[0]?.reason ?? "",
      /a region that the plan does not/,
    );
  });

  it("counts the least number of nodes, and says what more of them cost", () => {
    const cost = costInAws(made("eu-west-1", group("m7i.large", 1, 4)));
    assert.deepEqual(numbers(cost), { "workers: nodes m7i.large": 1, "workers: disks, GiB of gp3": 100 });
    assert.ok(cost.notes.includes("workers may get 3 more nodes, each for 90.82 USD a month with its disk"));
    const note = inAws(plan).notes.find((text) => text.startsWith("processing may"));
    assert.equal(note, "processing may get 50 more nodes, each for at most 664.92 USD a month with its disk");
  });

  it("has the load balancer of a chart, whether the chart is rendered or not", () => {
    const annotations = { "service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing" };
    const subnet = resource("aws:ec2/subnet:Subnet", "public", { tags: { "kubernetes.io/role/elb": "1" } });
    const release = resource("kubernetes:helm.sh/v3:Release", "kong", {
      namespace: "kong",
      name: "kong",
      values: { proxy: { type: "LoadBalancer", annotations }, admin: { type: "ClusterIP" } },
    });
    const hidden = made("eu-west-1", [subnet, release], { notRendered: [{ release: "kong/kong", reason: "no helm" }] });
    const shown = made("eu-west-1", [subnet, release], {
      services: [{ component: "gateway", manifest: { metadata: { annotations }, spec: { type: "LoadBalancer" } } }],
    });
    assert.deepEqual(numbers(costInAws(hidden)), { "network load balancers": 1, "addresses of load balancers": 1 });
    assert.deepEqual(costInAws(shown), costInAws(hidden));
  });

  it("counts volumes by their class: gp3 with what is above its own speed, no other type, and no files", () => {
    const storageClass = (name: string, provisioner: string, parameters: object, usual = false) =>
      resource("kubernetes:storage.k8s.io/v1:StorageClass", name, {
        metadata: { name, annotations: { "storageclass.kubernetes.io/is-default-class": String(usual) } },
        provisioner,
        parameters,
      });
    const classes = [
      storageClass("fast", "ebs.csi.aws.com", { type: "gp3", iops: "4000", throughput: "200" }, true),
      storageClass("faster", "ebs.csi.aws.com", { type: "io2" }),
      storageClass("shared", "efs.csi.aws.com", {}),
    ];
    const claims = [undefined, "faster", "shared", "other"].map((storageClass, index) => ({
      name: `c${index}`,
      size: "10Gi" as const,
      storageClass,
    }));
    const pods = {
      component: "app",
      namespace: "n",
      name: "a",
      kind: "StatefulSet",
      replicas: 2,
      containers: [],
      claims,
    };
    const cost = costInAws(made("eu-west-1", classes, { podGroups: [pods as Priced["podGroups"][number]] }));
    assert.deepEqual(numbers(cost), {
      "volumes, GiB of gp3": 20,
      "volumes, IOPS above 3,000": 2000,
      "volumes, MiB/s above 125": 150,
    });
    assert.deepEqual(names(cost), ["volumes of the class faster"]);
    assert.ok(cost.notes.some((note) => note.startsWith("Volumes of other are not counted")));
  });

  it("takes the user's own prices, of a type that the sheet does not know too", async () => {
    const own = "aws.prices={m7i.4xlarge: 0.5, x2idn.16xlarge: 4, nat-gateway: 0.01}";
    const cost = inAws(await withSettings(own, "aws.system.instanceTypes=[x2idn.16xlarge]"));
    const each = (start: string) => cost.items.find(({ name }) => name.startsWith(start))?.each;
    assert.equal(each("system-a: nodes"), 4 * 730);
    assert.equal(each("NAT"), 0.01 * 730);
    assert.ok(cost.notes.includes("Prices of aws.prices: m7i.4xlarge, nat-gateway, x2idn.16xlarge"));
    await assert.rejects(withSettings("aws.prices={m7i: 1}"), /an instance type, such as "m7i.2xlarge", or one of efs/);
  });

  it("gives way to the prices of the settings, which count requests, and stays what the account's budget is held against", async () => {
    const priced = await withSettings("prices={cpuHour: 0.04}");
    assert.equal(costOf(priced)?.basis, "requests");
    assert.equal(awsCostOf(priced)?.total.total, inAws(plan).total.total);
  });

  it("is over a budget from the first hundredth above it", async () => {
    const { total } = inAws(plan).total;
    assert.equal(inAws(await withSettings(`budget=${total / 100}`)).overBudget, false);
    assert.equal(inAws(await withSettings(`budget=${(total - 1) / 100}`)).overBudget, true);
  });

  it("compares with a saved plan, and with a stack's state, which does not tell the volumes", () => {
    const saved = savedPlan(plan);
    const same = costDifference(costOf(plan), costOfSaved(saved, plan.settings));
    assert.deepEqual([same?.total, same?.components, same?.withoutVolumes], [0, [], false]);
    const { sums, ...state } = { ...saved, podGroups: [], origin: "export" as const };
    assert.ok(sums);
    // A state has AWS' ids in place of names.
    const resources = state.resources.map((one) =>
      one.type === "aws:eks/nodeGroup:NodeGroup"
        ? { ...one, inputs: { ...one.inputs, launchTemplate: { id: "lt-0123456789abcdef0" } } }
        : one,
    );
    const difference = costDifference(costOf(plan), costOfSaved({ ...state, resources }, plan.settings));
    assert.deepEqual([difference?.total, difference?.withoutVolumes], [0, true]);
    assert.equal(difference?.before, inAws(plan).total.total - 5078);
  });
});

describe("the price sheet of AWS", () => {
  it("is loaded by no stack that is elsewhere", () => {
    const loaded = (stack: string, file: string) => {
      const script = `
        import { registerHooks } from "node:module";
        let sheet = false;
        registerHooks({ load: (url, context, next) => ((sheet ||= url.includes("/plan/prices/")), next(url, context)) });
        await import("./plan/unused-sdk.ts");
        const { makePlan } = await import("./plan/plan.ts");
        const { review } = await import("./plan/review.ts");
        const { readStackFile } = await import("./plan/stack-file.ts");
        review(await makePlan(${JSON.stringify(stack)}, readStackFile(${JSON.stringify(file)})), "2026-12-01");
        console.log(sheet);`;
      const options = { cwd: root, encoding: "utf8" } as const;
      return execFileSync(process.execPath, ["--input-type=module", "--eval", script], options).trim();
    };
    assert.equal(loaded("dev", "Pulumi.dev.yaml"), "false");
    assert.equal(loaded(example.name, example.file), "true");
  });
});
