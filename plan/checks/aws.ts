import { eksVersions, eksVersionsAsOf } from "../../components/kit/eks.ts";
import { tolerates } from "../../components/kit/tolerations.ts";
import { at, list, record, records, text, textAt, textMap, texts } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import { awsCostOf } from "../cost/cost.ts";
import { cents, formatMoney } from "../cost/money.ts";
import type { Plan } from "../plan.ts";
import type { Recorded } from "../recorder.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf } from "./inventory.ts";
import type { Pod } from "./inventory.ts";

/** Checks of what a stack creates in AWS. */
export const awsChecks: readonly Check[] = [
  {
    id: "GP150",
    title: "The cluster's version is in the standard support of EKS",
    severity: "warning",
    reason:
      "After its standard support, AWS upgrades the control plane by itself, or an hour of the cluster costs six times as much.",
    fix: "Raise cluster.version by one minor version.",
    examine: support,
  },
  {
    id: "GP151",
    title: "Buckets are closed",
    severity: "error",
    reason:
      "A bucket without all of these can be made public by one wrong policy, be read on the way, or lose what is overwritten.",
    fix: "Create buckets with components/aws/storage.ts.",
    examine: buckets,
  },
  {
    id: "GP152",
    title: "No policy allows everything",
    severity: "error",
    reason: "Anyone who gets into a pod with such a role controls the account.",
    fix: "Name the actions, and the resources that they are for.",
    examine: policies,
  },
  {
    id: "GP153",
    title: "Rules of security groups have a reason, and let in no stranger",
    severity: "error",
    reason: "A rule without a known purpose is never removed.",
    fix: "Give the rule a description and the range of addresses that needs it.",
    examine: rules,
  },
  {
    id: "GP154",
    title: "Pods have a node group to run on",
    severity: "error",
    reason:
      "A pod whose node selector no group has, or whose group has a taint that it does not tolerate, stays pending: the autoscaler adds no node for it.",
    fix: "Give the pod the labels and tolerations of a node group of the section aws.",
    examine: placements,
  },
  {
    id: "GP168",
    title: "The budget of the account is above what the stack costs",
    severity: "warning",
    reason: "A budget below it sends its warning every month, so that one about an unexpected cost is not noticed.",
    fix: "Raise aws.budget.monthlyUsd, or give your own prices in aws.prices.",
    examine: accountBudget,
  },
];

function accountBudget(plan: Plan): Examination {
  const examination = new Examination();
  for (const { inputs } of ofType(plan, "aws:budgets/budget:Budget")) {
    const object = `Budget ${text(inputs["name"]) ?? ""}`;
    examination.look(object);
    const limit = cents(Number(inputs["limitAmount"]));
    const cost = awsCostOf(plan)?.total.total ?? 0;
    if (cost > limit)
      examination.find(
        object,
        `warns at ${formatMoney(limit, "USD")}, and the stack costs ${formatMoney(cost, "USD")}`,
      );
  }
  return examination;
}

/** Days before the end of support at which an upgrade should be planned. */
const notice = 60;

/** The resources of a type. */
export const ofType = ({ resources }: Plan, type: string): Recorded[] => resources.filter((one) => one.type === type);

function support(plan: Plan, today: string): Examination {
  const examination = new Examination();
  for (const { inputs } of ofType(plan, "aws:eks/cluster:Cluster")) {
    const [name, version] = [text(inputs["name"]) ?? "", text(inputs["version"]) ?? ""];
    const object = `Cluster ${name}`;
    examination.look(object);
    const ends = eksVersions[version]?.supportEnds;
    if (ends === undefined)
      examination.find(object, `has version ${version}, which was not in standard support on ${eksVersionsAsOf}`);
    else if (today > ends) examination.find(object, `has version ${version}, whose standard support ended on ${ends}`);
    else if (daysBetween(today, ends) < notice)
      examination.find(object, `has version ${version}, whose standard support ends on ${ends}`);
  }
  return examination;
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}

/** What closes a bucket: the type of the resource, whether it does, and what is missing without it. */
const closing: readonly (readonly [type: string, closes: (inputs: Data) => boolean, missing: string])[] = [
  [
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    (inputs) =>
      ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].every(
        (key) => inputs[key] === true,
      ),
    "its public access is not blocked",
  ],
  [
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    (inputs) => at(inputs, "rule", "objectOwnership") === "BucketOwnerEnforced",
    "access lists can give its objects away",
  ],
  [
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    (inputs) => records(inputs["rules"]).some((rule) => at(rule, "applyServerSideEncryptionByDefault", "sseAlgorithm")),
    "its encryption is not set",
  ],
  [
    "aws:s3/bucketVersioning:BucketVersioning",
    (inputs) => at(inputs, "versioningConfiguration", "status") === "Enabled",
    "it keeps no old versions",
  ],
  [
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    (inputs) => records(inputs["rules"]).some(({ status }) => status === "Enabled"),
    "its old versions stay for ever",
  ],
  ["aws:s3/bucketPolicy:BucketPolicy", refusesPlaintext, "it accepts connections without TLS"],
];

function buckets(plan: Plan): Examination {
  const examination = new Examination();
  for (const bucket of ofType(plan, "aws:s3/bucket:Bucket")) {
    const name = text(bucket.inputs["bucket"]) ?? bucket.name;
    const object = `Bucket ${name}`;
    examination.look(object);
    // A reference to the bucket is its id: in a plan, its logical name.
    const concerns = ({ inputs }: Recorded) => [name, bucket.name].includes(text(inputs["bucket"]) ?? "");
    for (const [type, closes, missing] of closing)
      if (!ofType(plan, type).some((one) => concerns(one) && closes(one.inputs))) examination.find(object, missing);
  }
  return examination;
}

function refusesPlaintext(inputs: Data): boolean {
  return statements(inputs["policy"]).some(
    (statement) =>
      statement["Effect"] === "Deny" &&
      statement["Principal"] === "*" &&
      strings(statement["Action"]).includes("s3:*") &&
      strings(statement["Resource"]).length === 2 &&
      at(statement, "Condition", "Bool", "aws:SecureTransport") === "false",
  );
}

function policies(plan: Plan): Examination {
  const examination = new Examination();
  for (const { inputs, name, type } of plan.resources) {
    if (!/^aws:iam\/(rolePolicy|policy|userPolicy|groupPolicy):/.test(type)) continue;
    const object = `Policy ${text(inputs["role"]) ?? name}`;
    examination.look(object);
    const found = statements(inputs["policy"]);
    if (found.length === 0) examination.find(object, "cannot be read: its content is not known in a plan");
    for (const statement of found) {
      if (statement["Effect"] !== "Allow") continue;
      const [actions, resources] = [strings(statement["Action"]), strings(statement["Resource"])];
      const all = actions.filter((action) => /^(\*|[\w-]+:\*)$/.test(action));
      if ("NotAction" in statement || "NotResource" in statement)
        examination.find(object, "allows everything but what it names");
      if (all.length > 0 && resources.includes("*")) examination.find(object, `allows ${all.join(", ")} on everything`);
    }
  }
  return examination;
}

/** The statements of a policy in JSON; none for another text. */
export function statements(policy: unknown): Data[] {
  try {
    const { Statement } = record(JSON.parse(text(policy) ?? ""));
    return Array.isArray(Statement) ? records(Statement) : [record(Statement)];
  } catch {
    return [];
  }
}

/** The texts of a value that is one text or a list. */
export function strings(value: unknown): string[] {
  return typeof value === "string" ? [value] : texts(value);
}

function rules(plan: Plan): Examination {
  const examination = new Examination();
  const anyone = new Set(["0.0.0.0/0", "::/0"]);
  for (const { inputs, name, type } of plan.resources) {
    if (/^aws:ec2\/(securityGroup|defaultSecurityGroup):/.test(type)) {
      const object = `SecurityGroup ${name}`;
      examination.look(object);
      for (const rule of ["ingress", "egress"].flatMap((key) => records(inputs[key]))) {
        if ((text(rule["description"]) ?? "") === "") examination.find(object, "has a rule without a description");
        if (strings(rule["cidrBlocks"]).some((cidr) => anyone.has(cidr)))
          examination.find(object, "has a rule for every address");
      }
    }
    if (!/^aws:vpc\/securityGroup(In|E)gressRule:/.test(type)) continue;
    const object = `SecurityGroupRule ${name}`;
    examination.look(object);
    if ((text(inputs["description"]) ?? "") === "") examination.find(object, "has no description");
    if (anyone.has(text(inputs["cidrIpv4"]) ?? text(inputs["cidrIpv6"]) ?? ""))
      examination.find(object, "is for every address");
  }
  return examination;
}

/** The effects of taints in EKS and in Kubernetes that keep pods away. */
const effects: Readonly<Record<string, string>> = { NO_SCHEDULE: "NoSchedule", NO_EXECUTE: "NoExecute" };

function placements(plan: Plan): Examination {
  const examination = new Examination();
  const groups = ofType(plan, "aws:eks/nodeGroup:NodeGroup").map(({ inputs }) => inputs);
  if (groups.length === 0) return examination;
  for (const pod of inventoryOf(plan).pods) {
    examination.look(pod.owner);
    // What a node has without a label of its group, such as its zone, cannot be told from here.
    const selector = Object.entries(pod.spec.nodeSelector).filter(([key]) => !/(^|\.)kubernetes\.io\//.test(key));
    const selected = groups.filter(({ labels }) => selector.every(([key, value]) => textMap(labels)[key] === value));
    const wanted = selector.map(([key, value]) => `${key}=${value}`).join(", ");
    if (selected.length === 0) examination.find(pod.owner, `no node group has the labels ${wanted}`);
    else if (!selected.some((group) => isTolerated(group, pod)))
      examination.find(pod.owner, `does not tolerate the taints of the node groups ${namesOf(selected)}`);
  }
  return examination;
}

function isTolerated(group: Data, { spec }: Pod): boolean {
  const tolerations = records(spec["tolerations"]);
  return records(group["taints"]).every(({ effect, key, value }) => {
    const name = text(effect) ?? "";
    const taint = { key, value, effect: effects[name] ?? name };
    return tolerations.some((one) => tolerates(one, taint));
  });
}

function namesOf(groups: readonly Data[]): string {
  return list(groups.map((group) => textAt(group, "nodeGroupName") ?? "")).join(", ");
}
