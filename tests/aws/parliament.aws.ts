// npm run test:aws: what parliament, a linter of IAM policies, has against the policies of a stack in AWS and of the bootstrap stack.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { list, record, records, text, texts } from "../../components/kit/unknown.ts";
import { record as recordProgram } from "../../plan/recorder.ts";
import type { Recorded } from "../../plan/recorder.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { bootstrap } from "../../stacks/bootstrap.ts";
import { readConfig } from "../../stacks/settings/load.ts";
import { recordStack, root, stackNamed } from "../stacks.ts";

const home = process.env["MOTO_VENV"] ?? join(homedir(), ".cache", "groundplan", "moto");
const parliament = join(home, "bin", "parliament");

/** A linter's finding. */
interface Finding {
  readonly policy: string;
  readonly issue: string;
  readonly detail: unknown;
}

/** The policies of what pods, buckets and deployments may do, by the logical name of the resource. */
function policiesOf(resources: readonly Recorded[]): Map<string, string> {
  return new Map(
    resources
      .filter(({ type }) => /^aws:(iam\/rolePolicy|s3\/bucketPolicy):/.test(type))
      // The linter knows what ARNs look like: a plan makes up those of keys.
      .map(({ inputs, name }) => [
        name,
        (text(inputs["policy"]) ?? "").replaceAll(
          /arn:aws:made-up:::[\w-]+/g,
          "arn:aws:kms:eu-west-1:123456789012:key/own",
        ),
      ]),
  );
}

function lint(policies: ReadonlyMap<string, string>): Finding[] {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-policies-"));
  try {
    for (const [name, policy] of policies) writeFileSync(join(folder, `${name}.json`), policy);
    const { stderr, stdout } = spawnSync(parliament, ["--directory", folder, "--json"], { encoding: "utf8" });
    assert.doesNotMatch(stderr, /Traceback/, stderr);
    return stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => record(JSON.parse(line)))
      .map(({ detail, issue, location }) => ({
        policy: basename(text(record(location)["filepath"]) ?? "", ".json"),
        issue: text(issue) ?? "",
        detail,
      }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Whether a policy as a whole has the resource that a statement lacks. The linter looks at one statement, and a call to two resources
 * with a condition for each has two.
 */
function isElsewhere({ detail, issue }: Finding, policy: string): boolean {
  if (issue !== "RESOURCE_MISMATCH") return false;
  const statements = records(record(JSON.parse(policy))["Statement"]);
  return list(detail).every((one) => {
    const { action, required_format: format } = record(one);
    const form = new RegExp(`^${(text(format) ?? "").replaceAll("*", ".*")}$`);
    // Of load balancers, the platform has those of networks alone.
    if (/:(listener|loadbalancer)\/app\//.test(text(format) ?? "")) return true;
    return statements.some(
      ({ Action, Resource }) =>
        texts(Action).includes(text(action) ?? "") && texts(Resource).some((resource) => form.test(resource)),
    );
  });
}

describe("parliament", function () {
  this.timeout(120_000);
  before(function () {
    if (spawnSync(parliament, ["--version"]).status === 0) return;
    console.log(`    skipped: no parliament in ${home}: ${home}/bin/pip install parliament 'setuptools<81'`);
    this.skip();
  });

  const stacks: readonly (readonly [name: string, resources: () => Promise<readonly Recorded[]>, least: number])[] = [
    ["a stack in AWS", async () => (await recordStack(stackNamed("worldcereal-aws"))).resources, 12],
    [
      "the bootstrap stack",
      async () => {
        const set =
          "bootstrap.stacks=[{name: prod, cluster: own, pullRequests: true}, {name: cloud, cluster: made, account: true}]";
        const file = join(root, "examples", "bootstrap", "Pulumi.bootstrap.yaml");
        const program = () => bootstrap(readConfig(), "groundplan", "bootstrap");
        return (await recordProgram(program, "bootstrap", readStackFile(file, [set]))).resources;
      },
      5,
    ],
  ];
  for (const [name, resources, least] of stacks)
    it(`has nothing against the policies of ${name}`, async () => {
      const policies = policiesOf(await resources());
      assert.ok(policies.size >= least, `${policies.size} policies`);
      const findings = lint(policies).filter((finding) => !isElsewhere(finding, policies.get(finding.policy) ?? ""));
      assert.deepEqual(findings, []);
    });

  it("finds an action that does not exist, and a resource of another service", () => {
    const policy = (Action: string, Resource: string) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: [Action], Resource: [Resource] }],
      });
    const bad = new Map([
      ["action", policy("s3:ReadObject", "arn:aws:s3:::own/*")],
      ["resource", policy("s3:GetObject", "arn:aws:sqs:eu-west-1:123456789012:own")],
    ]);
    const findings = lint(bad).filter((finding) => !isElsewhere(finding, bad.get(finding.policy) ?? ""));
    assert.deepEqual(findings.map(({ issue, policy: of }) => `${of}: ${issue}`).sort(), [
      "action: UNKNOWN_ACTION",
      "resource: RESOURCE_MISMATCH",
    ]);
  });
});
