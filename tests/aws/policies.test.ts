import assert from "node:assert/strict";
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { identitiesOf } from "../../components/aws/identities.ts";
import { bucketName } from "../../components/aws/names.ts";
import { tlsOnly } from "../../components/aws/policies.ts";
import { pullStatements } from "../../components/aws/pull-policy.ts";
import { document, podTrust } from "../../components/aws/policy.ts";
import { calls } from "./calls.ts";
import type { Call } from "./calls.ts";

const place = { account: "123456789012", region: "eu-west-1", name: "own" };
const known = { zone: "ZOWN", key: "arn:aws:kms:eu-west-1:123456789012:key/own", files: "fs-own" };

/** Repositories that others share with the stack. */
const pulls = [
  { region: "eu-west-1", name: "shared/*" },
  { region: "eu-central-1", name: "base/nginx" },
];

/** Every consumer that a stack can have. */
const identities = identitiesOf(
  {
    certManager: { namespace: "cert-manager", serviceAccount: "cert-manager" },
    externalDns: { namespace: "external-dns", serviceAccount: "external-dns" },
    sharedFiles: true,
    loadBalancer: true,
    autoscaler: true,
    buckets: [
      { name: "backup", namespace: "backup", serviceAccounts: ["backup"] },
      { name: "backup", namespace: "chat", serviceAccounts: ["backup"], folder: "*.chat", removes: "locks" },
      {
        name: "backup",
        namespace: "sysdb",
        serviceAccounts: ["pg"],
        use: "archive",
        folder: "point-in-time/*",
        asksForBucket: true,
      },
      { name: "backup", namespace: "velero", serviceAccounts: ["velero"], use: "velero", folder: "velero/*" },
      { name: "thanos", namespace: "monitoring", serviceAccounts: ["kps-prometheus", "thanos-thanos"] },
      { name: "workflows", namespace: "processing", serviceAccounts: ["workflows"] },
    ],
    registryLogin: { namespace: "registry-login", serviceAccount: "ecr-login" },
  },
  pulls,
);

const policies = new Map<string, object>([
  ...identities.flatMap(({ name, allows }) =>
    "policy" in allows ? [[name, document(allows.policy(place, known))] as const] : [],
  ),
  ["nodes", document(pullStatements(place, pulls))],
]);

/** What KMS gives a key without a policy: the account's own policies decide (KMS, "Default key policy"). */
const keyPolicy = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "kms:*", Resource: "*" },
  ],
};

/** Whether IAM allows a call to a role with one policy, and what it has against the question itself. */
async function answer(policy: object | undefined, [action, resource, context = {}]: Call, resourcePolicy?: object) {
  const result = await runSimulation(
    {
      request: {
        principal: "arn:aws:iam::123456789012:role/own",
        action,
        resource: { resource, accountId: place.account },
        contextVariables: { ...context },
      },
      identityPolicies: policy === undefined ? [] : [{ name: "own", policy }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: action.startsWith("kms:") ? keyPolicy : resourcePolicy,
    },
    {},
  );
  assert.notEqual(result.resultType, "error", `${action} ${resource}: ${JSON.stringify(result)}`);
  return "overallResult" in result ? result.overallResult : "none";
}

const text = ([action, resource, context]: Call) => `${action} ${resource} ${JSON.stringify(context ?? {})}`;

// The simulator knows AWS' actions, resources and condition keys: it refuses a question that AWS would not understand.
describe("the roles of pods and nodes", function () {
  this.timeout(120_000);

  it("are those whose calls are listed", () => {
    assert.deepEqual([...policies.keys()].sort(), Object.keys(calls).sort());
  });

  for (const [name, { own, others, source }] of Object.entries(calls)) {
    it(`${name} may do what its program calls (${source})`, async () => {
      for (const call of own) assert.equal(await answer(policies.get(name), call), "Allowed", text(call));
    });

    it(`${name} may do nothing to what belongs to others`, async () => {
      assert.ok(others.length > 0);
      for (const call of others) assert.equal(await answer(policies.get(name), call), "ImplicitlyDenied", text(call));
    });

    it(`${name} may do nothing that only another program does`, async () => {
      const strangers = Object.entries(calls).filter(([stranger]) => stranger !== name);
      for (const [stranger, { own: theirs }] of strangers)
        for (const call of theirs) {
          // Looking at everything, or at the records of the zone, is what several do.
          if (call[1] === "*" || own.some((one) => text(one) === text(call))) continue;
          assert.equal(await answer(policies.get(name), call), "ImplicitlyDenied", `${stranger}: ${text(call)}`);
        }
    });
  }

  it("are different ones, also for two uses of a bucket in one namespace", () => {
    const users = { name: "backup", namespace: "mp-demo" };
    const same = identitiesOf({
      sharedFiles: false,
      loadBalancer: false,
      autoscaler: false,
      buckets: [
        { name: "backup", namespace: "backup", serviceAccounts: ["backup"] },
        { ...users, serviceAccounts: ["backup"], folder: "*.mp-demo" },
        { ...users, serviceAccounts: ["pg"], folder: "point-in-time/*", use: "archive" },
      ],
    }).filter(({ name }) => name.startsWith("bucket-"));
    assert.deepEqual(
      same.map(({ name, serviceAccounts }) => `${name}: ${serviceAccounts.join()}`),
      ["bucket-backup: backup", "bucket-backup-mp-demo: backup", "bucket-backup-archive: pg"],
    );
  });

  it("allow no action as a whole", () => {
    for (const [name, policy] of policies) {
      const { Statement } = policy as { Statement: { Action: string[] }[] };
      for (const { Action } of Statement)
        for (const action of Action) assert.match(action, /^[a-z0-9-]+:[A-Z][A-Za-z]+\*?$/, name);
    }
  });

  it("are for the pods of one cluster, in one account", () => {
    const [statement] = (podTrust(place) as { Statement: { Principal: unknown; Condition: unknown }[] }).Statement;
    assert.deepEqual(statement?.Principal, { Service: ["pods.eks.amazonaws.com"] });
    assert.deepEqual(statement.Condition, {
      StringEquals: { "aws:SourceAccount": "123456789012" },
      ArnEquals: { "aws:SourceArn": "arn:aws:eks:eu-west-1:123456789012:cluster/own" },
    });
  });
});

describe("a bucket's own policy", () => {
  const object = `arn:aws:s3:::${bucketName(place, "backup")}/data/1`;
  const read = (secure: string): Call => ["s3:GetObject", object, { "aws:SecureTransport": secure }];

  it("refuses a connection without TLS, even to its consumer, and nothing else", async () => {
    const policy = policies.get("bucket-backup");
    const own = tlsOnly(place, "backup");
    assert.equal(await answer(policy, read("true"), own), "Allowed");
    assert.equal(await answer(policy, read("false"), own), "ExplicitlyDenied");
    assert.equal(await answer(undefined, read("true"), own), "ImplicitlyDenied");
  });
});
