import assert from "node:assert/strict";
import { join } from "node:path";
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { githubTrust } from "../../components/aws/bootstrap-policies.ts";
import { program } from "../../index.ts";
import { record } from "../../plan/recorder.ts";
import type { Recorded } from "../../plan/recorder.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { bootstrap } from "../../stacks/bootstrap.ts";
import { readConfig } from "../../stacks/settings/load.ts";
import { root } from "../stacks.ts";

const file = join(root, "examples", "bootstrap", "Pulumi.bootstrap.yaml");
const project = "groundplan";
const key = "arn:aws:kms:eu-west-1:123456789012:key/own";
const bucket = "arn:aws:s3:::groundplan-123456789012-state";
const provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

const recordBootstrap = (...set: string[]) =>
  record(() => bootstrap(readConfig(), project, "bootstrap"), "bootstrap", readStackFile(file, set));

const stacks =
  "bootstrap.stacks=[{name: prod, cluster: own, pullRequests: true}, {name: other, cluster: theirs}, {name: cloud, cluster: made, account: true}]";

const ofType = (resources: readonly Recorded[], type: string) =>
  resources.filter((one) => one.type.endsWith(`:${type}`));

/** The policy of a role, by its label. */
function policyOf(resources: readonly Recorded[], label: string): object {
  const found = ofType(resources, "RolePolicy").find(({ name }) => name === `bootstrap-${label}`);
  assert.ok(found, label);
  // The simulator knows what ARNs look like: the plan makes up one for the key.
  return JSON.parse(String(found.inputs["policy"]).replaceAll("arn:aws:made-up:::bootstrap-key", key)) as object;
}

async function allowed(policies: readonly object[], action: string, resource: string): Promise<boolean> {
  const account = "123456789012";
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${account}:role/own`,
        action,
        resource: { resource, accountId: account },
        contextVariables: {},
      },
      identityPolicies: policies.map((policy, index) => ({ name: String(index), policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      // What KMS gives a key without a policy: the account's own policies decide.
      resourcePolicy: action.startsWith("kms:")
        ? {
            Version: "2012-10-17",
            Statement: [
              { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" },
            ],
          }
        : undefined,
    },
    {},
  );
  assert.notEqual(result.resultType, "error", `${action} ${resource}: ${JSON.stringify(result)}`);
  return "overallResult" in result && result.overallResult === "Allowed";
}

describe("the ground of deployments", function () {
  this.timeout(120_000);
  let resources: readonly Recorded[] = [];
  before(async () => {
    ({ resources } = await recordBootstrap(stacks));
  });

  const state = (stack: string) => `${bucket}/.pulumi/stacks/${project}/${stack}.json`;
  const lock = (stack: string) => `${bucket}/.pulumi/locks/organization/${project}/${stack}/1.json`;
  const history = (stack: string) => `${bucket}/.pulumi/history/${project}/${stack}/${stack}-1.history.json`;
  const cluster = (name: string) => `arn:aws:eks:eu-west-1:123456789012:cluster/${name}`;

  it("is a closed bucket, a key, GitHub's identity provider and two roles for each stack, all of them protected", async () => {
    const names = ofType(resources, "Role").map(({ inputs }) => inputs["name"]);
    assert.deepEqual([...names].sort(), [
      "groundplan-cloud-preview",
      "groundplan-cloud-up",
      "groundplan-other-preview",
      "groundplan-other-up",
      "groundplan-prod-preview",
      "groundplan-prod-up",
    ]);
    const [closed] = ofType(resources, "BucketPublicAccessBlock");
    assert.equal(closed?.inputs["restrictPublicBuckets"], true);
    const [versioning] = ofType(resources, "BucketVersioning");
    assert.deepEqual(versioning?.inputs["versioningConfiguration"], { status: "Enabled" });
    for (const type of ["Bucket", "Key", "OpenIdConnectProvider", "Role"])
      for (const one of ofType(resources, type)) assert.equal(one.protect, true, `${type} ${one.name}`);
    const { resources: without } = await recordBootstrap("bootstrap.identityProvider=exists");
    assert.deepEqual(ofType(without, "OpenIdConnectProvider"), []);
    assert.ok(ofType(without, "Role").every(({ inputs }) => String(inputs["assumeRolePolicy"]).includes(provider)));
  });

  it("says what pulumi login, stack init and the environments of GitHub need", async () => {
    const { result } = await recordBootstrap(stacks);
    assert.equal(result.backendUrl, "s3://groundplan-123456789012-state?region=eu-west-1");
    assert.equal(result.secretsProvider, "awskms://alias/groundplan?region=eu-west-1");
    assert.deepEqual(Object.keys(result.environments).sort(), [
      "cloud",
      "cloud-preview",
      "other",
      "other-preview",
      "preview",
      "prod",
      "prod-preview",
    ]);
    assert.equal(result.environments["other-preview"]?.["CLUSTER_NAME"], "theirs");
  });

  it("lets a role change the state of its stack, and no other's", async () => {
    const up = policyOf(resources, "prod-up");
    for (const [action, resource] of [
      ["s3:ListBucket", bucket],
      ["s3:GetObject", state("prod")],
      ["s3:PutObject", state("prod")],
      ["s3:PutObject", history("prod")],
      ["s3:PutObject", lock("prod")],
      ["s3:DeleteObject", lock("prod")],
      ["s3:GetObject", `${bucket}/.pulumi/meta.yaml`],
      ["kms:Encrypt", key],
      ["kms:Decrypt", key],
      ["eks:DescribeCluster", cluster("own")],
    ] as const)
      assert.equal(await allowed([up], action, resource), true, `${action} ${resource}`);
    for (const [action, resource] of [
      ["s3:GetObject", state("other")],
      ["s3:PutObject", state("other")],
      ["s3:PutObject", lock("other")],
      ["s3:DeleteObject", history("other")],
      ["s3:DeleteBucket", bucket],
      ["s3:DeleteObjectVersion", state("prod")],
      ["kms:ScheduleKeyDeletion", key],
      ["eks:DescribeCluster", cluster("theirs")],
      ["iam:CreateRole", "arn:aws:iam::123456789012:role/new"],
    ] as const)
      assert.equal(await allowed([up], action, resource), false, `${action} ${resource}`);
  });

  it("lets a preview read the state, and write its lock alone", async () => {
    const preview = policyOf(resources, "prod-preview");
    for (const [action, resource, may] of [
      ["s3:GetObject", state("prod"), true],
      ["s3:PutObject", lock("prod"), true],
      ["s3:DeleteObject", lock("prod"), true],
      ["kms:Decrypt", key, true],
      ["s3:PutObject", state("prod"), false],
      ["s3:DeleteObject", state("prod"), false],
      ["s3:PutObject", history("prod"), false],
      ["kms:Encrypt", key, false],
    ] as const)
      assert.equal(await allowed([preview], action, resource), may, `${action} ${resource}`);
  });

  it("keeps itself from a role that administers the account", async () => {
    const attached = ofType(resources, "RolePolicyAttachment").map(({ inputs, name }) => [name, inputs["policyArn"]]);
    assert.deepEqual(attached.sort(), [
      ["bootstrap-cloud-preview", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
      ["bootstrap-cloud-up", "arn:aws:iam::aws:policy/AdministratorAccess"],
    ]);
    const administrator = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
    const both = [administrator, policyOf(resources, "cloud-up")];
    assert.equal(await allowed(both, "iam:CreateRole", "arn:aws:iam::123456789012:role/groundplan-cloud-nodes"), true);
    assert.equal(await allowed(both, "s3:PutObject", state("cloud")), true);
    for (const [action, resource] of [
      ["s3:DeleteBucket", bucket],
      ["s3:PutBucketPolicy", bucket],
      ["s3:DeleteObjectVersion", state("prod")],
      ["kms:ScheduleKeyDeletion", key],
      ["kms:PutKeyPolicy", key],
      ["iam:PutRolePolicy", "arn:aws:iam::123456789012:role/groundplan-prod-up"],
      ["iam:UpdateAssumeRolePolicy", "arn:aws:iam::123456789012:role/groundplan-cloud-up"],
      ["iam:DeleteOpenIDConnectProvider", provider],
    ] as const)
      assert.equal(await allowed(both, action, resource), false, `${action} ${resource}`);
  });

  it("trusts one repository's environments, each with its own role", () => {
    const place = { account: "123456789012", region: "eu-west-1", name: "groundplan" };
    const [statement] = (githubTrust(place, "example/platform", ["prod"]) as { Statement: Record<string, unknown>[] })
      .Statement;
    assert.deepEqual(statement?.["Principal"], { Federated: provider });
    assert.deepEqual(statement["Condition"], {
      StringEquals: {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": ["repo:example/platform:environment:prod"],
      },
    });
    const subjects = (label: string) =>
      String(ofType(resources, "Role").find(({ name }) => name === `bootstrap-${label}`)?.inputs["assumeRolePolicy"]);
    assert.match(subjects("prod-preview"), /environment:prod-preview","repo:example\/platform:environment:preview"/);
    assert.doesNotMatch(subjects("prod-up"), /preview/);
    assert.doesNotMatch(subjects("other-preview"), /environment:preview"/);
  });

  it("has every mistake in its settings said at once", async () => {
    await assert.rejects(
      recordBootstrap(
        "bootstrap.account='1234'",
        "bootstrap.repository=platform",
        "bootstrap.region=eu-west-1",
        "domain=example.org",
      ),
      (error: Error) =>
        ["bootstrap.account", "bootstrap.repository", "groundplan:domain"].every((one) => error.message.includes(one)),
    );
    const twice =
      "bootstrap.stacks=[{name: prod, cluster: a, pullRequests: true}, {name: prod, cluster: b, pullRequests: true}]";
    await assert.rejects(recordBootstrap(twice), /listed twice[^]*belongs to another stack/);
  });

  it("is no platform, so it has no plan", async () => {
    await assert.rejects(
      record(program, "bootstrap", readStackFile(file)),
      /has no plan[^]*npx pulumi preview --stack bootstrap/,
    );
  });
});
