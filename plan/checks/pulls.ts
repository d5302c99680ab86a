import { parseImage } from "../../components/kit/images.ts";
import { records, text, textAt } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import { ecrAddress, ecrSecret } from "../../components/kit/ecr.ts";
import type { Plan } from "../plan.ts";
import { ofType, statements, strings } from "./aws.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { imagesOf } from "./software.ts";

/** Checks of what nodes may pull. */
export const pullChecks: readonly Check[] = [
  {
    id: "GP172",
    title: "Nodes may pull the images of their pods",
    severity: "error",
    reason: "A pod whose image ECR refuses to the role of the nodes stays in ImagePullBackOff.",
    fix: "Add the repository to aws.pulls, or the image to aws.repositories.",
    examine: pulls,
  },
];

/** Policies of AWS that let a role pull from every repository (AWS Managed Policy Reference). */
const pullingPolicies = /\/AmazonEC2ContainerRegistry(PullOnly|ReadOnly|PowerUser|FullAccess)$/;

/** The action by which an image's manifest is read. */
const pull = "ecr:BatchGetImage";

function pulls(plan: Plan): Examination {
  const examination = new Examination();
  if (ofType(plan, "aws:eks/nodeGroup:NodeGroup").length === 0) return examination;
  const rights = rightsOfNodes(plan);
  for (const { container, image, pod } of imagesOf(plan)) {
    const { registry, repository } = parseImage(image);
    const region = ecrAddress(registry)?.region;
    // With the Secret, the password of the login counts, and not the nodes' role.
    const hasLogin = records(pod.spec["imagePullSecrets"]).some(({ name }) => name === ecrSecret);
    if (region === undefined || hasLogin) continue;
    examination.look(pod.owner);
    const account = registry.slice(0, 12);
    const arn = `:ecr:${region}:${account}:repository/${repository}`;
    if (!rights.some((statement) => allows(statement, arn, account)))
      examination.find(pod.owner, `the nodes' role may not pull ${image}`, { container });
  }
  return examination;
}

/** What the roles of EC2 instances may do. */
function rightsOfNodes(plan: Plan): Data[] {
  const roles = ofType(plan, "aws:iam/role:Role")
    .filter(({ inputs }) => (text(inputs["assumeRolePolicy"]) ?? "").includes('"ec2.amazonaws.com"'))
    .map(({ inputs }) => text(inputs["name"]));
  const ofNodes = (type: string) =>
    ofType(plan, type).flatMap(({ inputs }) => (roles.includes(text(inputs["role"])) ? [inputs] : []));
  const pullsAll = ofNodes("aws:iam/rolePolicyAttachment:RolePolicyAttachment").some(({ policyArn }) =>
    pullingPolicies.test(text(policyArn) ?? ""),
  );
  return [
    ...(pullsAll ? [{ Effect: "Allow", Action: pull, Resource: "*" }] : []),
    ...ofNodes("aws:iam/rolePolicy:RolePolicy").flatMap(({ policy }) => statements(policy)),
  ];
}

/** Whether a statement allows a pull. A condition other than one about the account of the repository counts as not met. */
function allows(statement: Data, arn: string, account: string): boolean {
  const { Action, Condition, Effect, Resource } = statement;
  const other = textAt(Condition, "StringNotEquals", "aws:ResourceAccount");
  const isMet = Condition === undefined || (other !== undefined && other !== account);
  const matches = (pattern: string) => formOf(pattern).test(arn);
  return Effect === "Allow" && isMet && strings(Action).includes(pull) && strings(Resource).some(matches);
}

/** The form of ARNs without their partition, which a registry's address does not show (IAM, "Resource", wildcards). */
function formOf(pattern: string): RegExp {
  const parts = pattern.replace(/^arn:[a-z-]+(?=:)/, "").split("*");
  return new RegExp(`^${parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`);
}
