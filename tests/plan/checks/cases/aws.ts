import { containerOf } from "../draft.ts";
import type { Draft, Loose } from "../draft.ts";
import type { Case } from "./case.ts";

const made =
  (...resources: [type: string, name: string, inputs: Loose][]) =>
  (draft: Draft): void => {
    draft.resources.push(...resources.map(([type, name, inputs]) => ({ type, name, inputs: inputs as object })));
  };

const cluster = (version: string) => made(["aws:eks/cluster:Cluster", "cluster", { name: "own", version }]);

const policy = (statement: object) =>
  made([
    "aws:iam/rolePolicy:RolePolicy",
    "policy",
    { role: "own-pods", policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) },
  ]);

const closed = (changes: Readonly<Record<string, Loose>> = {}) => {
  const all: Record<string, Loose> = {
    "aws:s3/bucket:Bucket": {},
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": { rule: { objectOwnership: "BucketOwnerEnforced" } },
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    },
    "aws:s3/bucketVersioning:BucketVersioning": { versioningConfiguration: { status: "Enabled" } },
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": { rules: [{ status: "Enabled" }] },
    "aws:s3/bucketPolicy:BucketPolicy": {
      policy: JSON.stringify({
        Statement: [
          {
            Effect: "Deny",
            Principal: "*",
            Action: "s3:*",
            Resource: ["arn:aws:s3:::own", "arn:aws:s3:::own/*"],
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
        ],
      }),
    },
    ...changes,
  };
  return made(
    ...Object.entries(all).map(([type, inputs]): [string, string, Loose] => [
      type,
      "bucket",
      { bucket: "own", ...(inputs as object) },
    ]),
  );
};

const rule = (inputs: object) =>
  made(["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "in", { cidrIpv4: "10.0.0.0/16", ...inputs }]);

const group = (labels: object, taints: object[] = []) =>
  made(["aws:eks/nodeGroup:NodeGroup", "group", { nodeGroupName: "group", labels, taints }]);

/** Every pod of the good plan, by its owner. */
const pods = ["Cluster app/db", "Deployment app/logs", "Deployment app/web", "StatefulSet app/mongo"];

/** A stack in AWS with a control plane, which costs 73.00 USD a month, and a budget. */
const withBudget = (monthlyUsd: number) => (draft: Draft) => {
  draft.settings["cluster"] = { provider: "aws", context: "test", version: "1.36" };
  draft.settings["aws"] = {
    account: "123456789012",
    region: "eu-west-1",
    administrators: ["arn:aws:iam::123456789012:role/deploy"],
  };
  draft.settings["storage"] = { classes: [{ name: "fast", provisioner: "ebs.csi.aws.com", default: true }] };
  const type = "pulumi:providers:aws";
  const provider = `urn:${type} aws::id`;
  draft.resources.push(
    { type, name: "aws", inputs: { region: "eu-west-1" } },
    { type: "aws:eks/cluster:Cluster", name: "cluster", inputs: { name: "own", version: "1.36" }, provider },
    {
      type: "aws:budgets/budget:Budget",
      name: "budget",
      inputs: { name: "own", limitAmount: String(monthlyUsd) },
      provider,
    },
  );
};

/** A pod with an image of the account's registry, and nodes that may pull from some of its repositories. */
const pulling = (repository: string, allowed: string) => (draft: Draft) => {
  group({ pool: "system" })(draft);
  const resource = (name: string) => `arn:aws:ecr:eu-west-1:123456789012:repository/${name}`;
  const statement = { Effect: "Allow", Action: ["ecr:BatchGetImage"], Resource: [resource(allowed)] };
  const trust = { Statement: [{ Principal: { Service: ["ec2.amazonaws.com"] } }] };
  made(
    ["aws:iam/role:Role", "nodes", { name: "own-nodes", assumeRolePolicy: JSON.stringify(trust) }],
    [
      "aws:iam/rolePolicy:RolePolicy",
      "pulls",
      { role: "own-nodes", policy: JSON.stringify({ Statement: [statement] }) },
    ],
  )(draft);
  containerOf(draft, "Deployment app/web").image = `123456789012.dkr.ecr.eu-west-1.amazonaws.com/${repository}:1.2.3`;
};

/** Cases of plan/checks/aws.ts and pulls.ts. */
export const awsCases: readonly Case[] = [
  {
    id: "GP150",
    name: "a version whose support ended",
    when: cluster("1.35"),
    finds: [["Cluster own", /1\.35, whose standard support ended on 2027-03-27/]],
    today: "2027-03-28",
  },
  {
    id: "GP150",
    name: "a version whose support ends soon",
    when: cluster("1.35"),
    finds: [["Cluster own", /ends on 2027-03-27/]],
    today: "2027-02-01",
  },
  {
    id: "GP150",
    name: "a version that EKS does not have",
    when: cluster("1.20"),
    finds: [["Cluster own", /1\.20, which was not in standard support/]],
  },
  { id: "GP150", name: "a supported version", when: cluster("1.35"), finds: [] },
  {
    id: "GP151",
    name: "a bucket with nothing but itself",
    when: made(["aws:s3/bucket:Bucket", "bucket", { bucket: "own" }]),
    finds: [
      ["Bucket own", /access lists/],
      ["Bucket own", /without TLS/],
      ["Bucket own", /no old versions/],
      ["Bucket own", /encryption/],
      ["Bucket own", /for ever/],
      ["Bucket own", /public access/],
    ],
  },
  {
    id: "GP151",
    name: "a bucket whose block has a gap, and whose versions are suspended",
    when: closed({
      "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: false,
      },
      "aws:s3/bucketVersioning:BucketVersioning": { versioningConfiguration: { status: "Suspended" } },
    }),
    finds: [
      ["Bucket own", /no old versions/],
      ["Bucket own", /public access/],
    ],
  },
  { id: "GP151", name: "a closed bucket", when: closed(), finds: [] },
  {
    id: "GP152",
    name: "everything on everything",
    when: policy({ Effect: "Allow", Action: "*", Resource: "*" }),
    finds: [["Policy own-pods", /allows \* on everything/]],
  },
  {
    id: "GP152",
    name: "everything of a service on everything",
    when: policy({ Effect: "Allow", Action: ["s3:GetObject", "ec2:*"], Resource: ["*"] }),
    finds: [["Policy own-pods", /allows ec2:\* on everything/]],
  },
  {
    id: "GP152",
    name: "everything but something",
    when: policy({ Effect: "Allow", NotAction: ["iam:*"], Resource: ["*"] }),
    finds: [["Policy own-pods", /everything but/]],
  },
  {
    id: "GP152",
    name: "a policy that a plan does not know",
    when: made(["aws:iam/rolePolicy:RolePolicy", "policy", { role: "own-pods", policy: "unknown" }]),
    finds: [["Policy own-pods", /cannot be read/]],
  },
  {
    id: "GP152",
    name: "looking at everything",
    when: policy({ Effect: "Allow", Action: ["ec2:DescribeInstances"], Resource: ["*"] }),
    finds: [],
  },
  {
    id: "GP153",
    name: "a rule without a reason, for everybody",
    when: rule({ cidrIpv4: "0.0.0.0/0" }),
    finds: [
      ["SecurityGroupRule in", /no description/],
      ["SecurityGroupRule in", /every address/],
    ],
  },
  {
    id: "GP153",
    name: "a rule of the group itself, without a reason",
    when: made(["aws:ec2/securityGroup:SecurityGroup", "group", { egress: [{ cidrBlocks: ["0.0.0.0/0"] }] }]),
    finds: [
      ["SecurityGroup group", /every address/],
      ["SecurityGroup group", /without a description/],
    ],
  },
  { id: "GP153", name: "a rule with a reason", when: rule({ description: "NFS of nodes" }), finds: [] },
  {
    id: "GP154",
    name: "pods that select nodes of no group",
    when: group({ pool: "other" }),
    finds: pods.map((pod) => [pod, /no node group has the labels pool=system/]),
  },
  {
    id: "GP154",
    name: "pods that do not tolerate the taint of their group",
    when: group({ pool: "system" }, [{ key: "a", value: "b", effect: "NO_SCHEDULE" }]),
    finds: pods.map((pod) => [pod, /does not tolerate the taints of the node groups group/]),
  },
  { id: "GP154", name: "pods with a group of their own", when: group({ pool: "system" }), finds: [] },
  {
    id: "GP168",
    name: "a budget below what the stack costs",
    when: withBudget(72),
    finds: [["Budget own", /warns at 72\.00 USD, and the stack costs 73\.00 USD/]],
  },
  { id: "GP168", name: "a budget that is enough", when: withBudget(73), finds: [] },
  {
    id: "GP172",
    name: "an image of the account that the nodes' role does not name",
    when: pulling("other/web", "own/*"),
    finds: [
      ["Deployment app/web", /may not pull 123456789012\.dkr\.ecr\.eu-west-1\.amazonaws\.com\/other\/web:1\.2\.3/],
    ],
  },
  { id: "GP172", name: "an image of a repository that the role names", when: pulling("own/web", "own/*"), finds: [] },
];
