// npm run test:aws: the doctor's questions to AWS with AWS' own command line, and moto in place of AWS.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { text } from "../../../components/kit/unknown.ts";
import { judgeAws } from "../../../plan/doctor/judgements/aws.ts";
import type { Diagnosis } from "../../../plan/doctor/diagnosis.ts";
import { needsOf } from "../../../plan/doctor/needs.ts";
import type { AwsNeeds } from "../../../plan/doctor/needs.ts";
import { probeAws } from "../../../plan/doctor/probes/aws.ts";
import { runner } from "../../../plan/doctor/run.ts";
import { planStack } from "../../plans.ts";
import { stackNamed } from "../../stacks.ts";

const home = process.env["MOTO_VENV"] ?? join(homedir(), ".cache", "groundplan", "moto");
const path = [join(home, "bin"), process.env["PATH"] ?? ""].join(delimiter);
const missing = [
  spawnSync("moto_server", ["--help"], { env: { ...process.env, PATH: path } }).status !== 0 && "moto[server]",
  spawnSync("aws", ["--version"], { env: { ...process.env, PATH: path } }).status !== 0 && "awscli",
].find((one) => typeof one === "string");

const quiet = {
  PATH: path,
  HOME: join(tmpdir(), "groundplan-no-home"),
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_MAX_ATTEMPTS: "1",
} as const;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe("the doctor in an account of AWS", function () {
  this.timeout(300_000);
  let moto: ChildProcess | undefined;
  let endpoint = "";
  let needs: AwsNeeds;
  let key: Record<string, string> = { AWS_ACCESS_KEY_ID: "setup", AWS_SECRET_ACCESS_KEY: "setup" };

  const aws = (...args: string[]) => {
    const env = { ...quiet, ...key, AWS_ENDPOINT_URL: endpoint };
    const { status, stderr, stdout } = spawnSync("aws", [...args, "--region", "eu-west-1", "--output", "json"], {
      env,
      encoding: "utf8",
    });
    assert.equal(status, 0, `${args.join(" ")}: ${stderr}`);
    return (stdout.trim() === "" ? {} : JSON.parse(stdout)) as Record<string, Record<string, unknown>>;
  };

  /** What the doctor says, by check. */
  const asked = async (
    more: Partial<AwsNeeds> = {},
    env: Record<string, string> = {},
    delegated: readonly string[] = [],
  ): Promise<Map<string, Diagnosis>> => {
    const run = runner(60);
    const own = { ...quiet, ...key, AWS_ENDPOINT_URL: endpoint, ...env };
    const all = { ...needs, ...more };
    const answers = await probeAws(all, (program, args, others) => run(program, args, { ...own, ...others }));
    return new Map(judgeAws(answers, all, { got: delegated }).map((one) => [one.check, one]));
  };

  const line = (found: Map<string, Diagnosis>, check: string) => {
    const one = found.get(check);
    return `${one?.level ?? "none"}: ${one?.found ?? ""}`;
  };

  before(async function () {
    if (missing !== undefined) {
      console.log(`    skipped: no ${missing} in ${home}: ${home}/bin/pip install 'moto[server]' awscli`);
      this.skip();
    }
    const found = needsOf(await planStack(stackNamed("worldcereal-aws"))).aws;
    assert.ok(found);
    needs = found;
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    moto = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], {
      env: { ...process.env, PATH: path, INITIAL_NO_AUTH_ACTION_COUNT: "100000" },
      stdio: "ignore",
    });
    for (let tries = 0; tries < 240; tries += 1) {
      if (
        await fetch(`${endpoint}/moto-api/`).then(
          () => true,
          () => false,
        )
      )
        return;
      await sleep(500);
    }
    throw new Error("moto does not answer");
  });

  after(() => moto?.kill());

  it("knows what the stack needs there", () => {
    assert.equal(needs.vpcs, 1);
    assert.equal(needs.addresses, 3);
    assert.ok(needs.groups.some(({ spot }) => spot) && needs.groups.some(({ spot }) => !spot));
  });

  it("accepts the account that the settings name, and no other", async () => {
    const found = await asked();
    assert.equal(line(found, "aws-account"), "ok: the credentials are of the account 123456789012");
    assert.equal(line(found, "aws-zones"), "ok: eu-west-1 has the zones a, b, c");
    const other = await asked({ account: "210987654321" });
    assert.equal(line(other, "aws-account"), "fail: the credentials are of the account 123456789012");
    assert.match(other.get("aws-account")?.needed ?? "", /210987654321/);
    assert.equal(other.size, 1, "nothing else is asked of a wrong account");
  });

  it("counts VPCs of others against the quota, and those of the stack not at all", async () => {
    for (const one of ["a", "b", "c", "d"]) aws("ec2", "create-vpc", "--cidr-block", `10.${one.charCodeAt(0)}.0.0/16`);
    const full = await asked();
    assert.equal(line(full, "aws-quota-vpcs"), "fail: VPCs: 5 allowed, 5 used by others");
    assert.match(
      full.get("aws-quota-vpcs")?.commands?.join() ?? "",
      /L-F678F1CE --desired-value 6 --region eu-west-1$/,
    );
    const { Vpcs: vpcs } = aws("ec2", "describe-vpcs") as unknown as { Vpcs: { VpcId: string; IsDefault: boolean }[] };
    const own = vpcs.find(({ IsDefault }) => !IsDefault)?.VpcId ?? "";
    aws("ec2", "create-tags", "--resources", own, "--tags", `Key=groundplan:stack,Value=${needs.stack}`);
    assert.equal(line(await asked(), "aws-quota-vpcs"), "ok: VPCs: 5 allowed, 4 used by others, 1 needed");
  });

  it("compares the delegation with the zone's own name servers", async () => {
    assert.match(line(await asked(), "aws-delegation"), /^warn: the zone worldcereal\.example\.org does not exist yet/);
    const made = aws("route53", "create-hosted-zone", "--name", needs.domain, "--caller-reference", "1");
    const servers = made["DelegationSet"]?.["NameServers"] as string[];
    const bare = await asked();
    assert.equal(line(bare, "aws-delegation"), "warn: worldcereal.example.org is not delegated");
    assert.deepEqual(
      bare.get("aws-delegation")?.records,
      servers.map((name) => `worldcereal.example.org. IN NS ${name}.`),
    );
    assert.match(line(await asked({}, {}, servers), "aws-delegation"), /^ok: .* is delegated to \d name servers?$/);
  });

  it("says in one line that there are no credentials", async () => {
    const found = await asked({}, { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" });
    assert.equal(line(found, "aws-account"), "fail: there are no credentials of AWS");
  });

  it("says in one line that the credentials are expired", async () => {
    // As AWS answers (STS, "Common errors"); moto's credentials do not expire.
    const server = createServer((_, response) => {
      response.writeHead(403, { "content-type": "text/xml" });
      response.end(
        `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>`,
      );
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const found = await asked({}, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
    server.close();
    assert.equal(line(found, "aws-account"), "fail: the credentials of AWS are expired");
  });

  it("says in one line that the region does not exist", async () => {
    const found = await asked({ region: "eu-west-9" }, { AWS_ENDPOINT_URL: "http://sts.eu-west-9.invalid" });
    assert.equal(line(found, "aws-account"), "fail: the region has no endpoint that answers");
  });

  it("names the permission that the credentials lack", async () => {
    aws("iam", "create-user", "--user-name", "reader");
    const document = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "sts:GetCallerIdentity", Resource: "*" }],
    });
    aws("iam", "put-user-policy", "--user-name", "reader", "--policy-name", "who", "--policy-document", document);
    const { AccessKey: made } = aws("iam", "create-access-key", "--user-name", "reader");
    const setup = key;
    key = {
      AWS_ACCESS_KEY_ID: text(made?.["AccessKeyId"]) ?? "",
      AWS_SECRET_ACCESS_KEY: text(made?.["SecretAccessKey"]) ?? "",
    };
    await fetch(`${endpoint}/moto-api/reset-auth`, { method: "POST", body: "0" });
    try {
      const found = await asked();
      assert.equal(line(found, "aws-account"), "ok: the credentials are of the account 123456789012");
      assert.match(line(found, "aws-administrator"), /^warn: the user reader is not among aws\.administrators/);
      assert.match(line(found, "aws-zones"), /^unknown: .*the credentials lack ec2:DescribeAvailabilityZones$/);
      assert.match(line(found, "aws-quota-on-demand"), /^unknown: .*the credentials lack ec2:DescribeInstanceTypes$/);
    } finally {
      key = setup;
      await fetch(`${endpoint}/moto-api/reset-auth`, { method: "POST", body: "100000" });
    }
  });
});
