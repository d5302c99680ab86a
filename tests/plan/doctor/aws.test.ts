// What the doctor says of answers of AWS. tests/plan/doctor/account.aws.ts asks moto with the real command line.
import assert from "node:assert/strict";
import { judgeAws } from "../../../plan/doctor/judgements/aws.ts";
import type { AwsNeeds } from "../../../plan/doctor/needs.ts";
import { probeAws } from "../../../plan/doctor/probes/aws.ts";
import type { AwsAnswers } from "../../../plan/doctor/probes/aws.ts";
import { got } from "./samples.ts";

const needs: AwsNeeds = {
  stack: "prod",
  account: "123456789012",
  region: "eu-west-1",
  name: "own",
  administrators: ["arn:aws:iam::123456789012:role/deploy"],
  zones: ["a", "b"],
  domain: "example.org",
  zone: false,
  vpcs: 1,
  addresses: 2,
  groups: [
    { types: ["m7i.large"], spot: false, most: 4 },
    { types: ["m7i.large", "m7i.4xlarge"], spot: true, most: 10 },
  ],
  instanceTypes: ["m7i.4xlarge", "m7i.large"],
};

const free = { limit: got(1000), used: got(0) };
const answers: AwsAnswers = {
  caller: got({ account: "123456789012", arn: "arn:aws:sts::123456789012:assumed-role/deploy/session" }),
  zones: got(["a", "b", "c"]),
  quotas: { onDemand: free, spot: free, addresses: free, vpcs: free },
  vcpus: got(
    new Map([
      ["m7i.large", 2],
      ["m7i.4xlarge", 16],
    ]),
  ),
  nameServers: got([]),
};

const said = (more: Partial<AwsAnswers>, own: Partial<AwsNeeds> = {}, delegated: readonly string[] = []) =>
  judgeAws({ ...answers, ...more }, { ...needs, ...own }, got(delegated)).map(
    ({ check, found, level }) => `${level} ${check}: ${found}`,
  );

describe("the doctor's look at AWS", () => {
  it("finds nothing where everything fits", () => {
    assert.ok(
      said({}).every((one) => one.startsWith("ok ")),
      said({}).join("\n"),
    );
  });

  it("fails for another account than the settings name, and says nothing else of it", () => {
    const caller = got({ account: "210987654321", arn: "arn:aws:sts::210987654321:assumed-role/deploy/session" });
    assert.deepEqual(said({ caller }), ["fail aws-account: the credentials are of the account 210987654321"]);
  });

  it("takes a session of a role for its role, and a user of the same name for another", () => {
    const user = got({ account: "123456789012", arn: "arn:aws:iam::123456789012:user/deploy" });
    assert.ok(said({ caller: user }).some((one) => one.startsWith("warn aws-administrator: the user deploy")));
    const other = got({ account: "123456789012", arn: "arn:aws:sts::123456789012:assumed-role/other/deploy" });
    assert.ok(said({ caller: other }).some((one) => one.startsWith("warn aws-administrator: the role other")));
  });

  it("fails where the nodes exceed a quota, and warns where only spot nodes do", () => {
    const tight = { limit: got(160), used: got(1) };
    const { quotas } = answers;
    const spot = said({ quotas: { ...quotas, spot: tight } });
    assert.ok(spot.includes("warn aws-quota-spot: vCPUs of spot standard instances: 160 allowed, 1 used by others"));
    const full = said({ quotas: { ...quotas, onDemand: { limit: got(8), used: got(1) } } });
    assert.ok(full.some((one) => one.startsWith("fail aws-quota-on-demand: ")));
    const enough = said({ quotas: { ...quotas, onDemand: { limit: got(8), used: got(0) } } });
    assert.ok(enough.some((one) => one.startsWith("ok aws-quota-on-demand: ")));
  });

  it("fails where the region lacks a zone", () => {
    assert.ok(said({ zones: got(["a", "c"]) }).includes("fail aws-zones: eu-west-1 has no zone b"));
  });

  it("looks at the delegation only where the stack has a zone, in any order and case", () => {
    const zone = { nameServers: got(["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"]) };
    assert.ok(said(zone).every((one) => !one.includes("aws-delegation")));
    const both = ["NS-2.awsdns-02.com", "ns-1.awsdns-01.org"];
    assert.ok(said(zone, { zone: true }, both).some((one) => one.startsWith("ok aws-delegation")));
    assert.ok(
      said(zone, { zone: true }, ["ns.example.net"]).includes(
        "warn aws-delegation: example.org is delegated to ns.example.net",
      ),
    );
  });

  it("asks nothing more once the first question has no answer, and says why in one line", async () => {
    let asked = 0;
    const found = await probeAws(needs, () => {
      asked += 1;
      return Promise.resolve({ kind: "missing" });
    });
    assert.equal(asked, 1);
    assert.deepEqual(
      judgeAws(found, needs, got([])).map(({ found: line, level }) => `${level} ${line}`),
      ["fail the AWS command line is not on PATH"],
    );
  });
});
