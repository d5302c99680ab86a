// npm run test:ecr: the program that a stack deploys, with moto in place of AWS and a server with TLS in place of the API server.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { record } from "../../components/kit/unknown.ts";
import { signed } from "../../components/kit/programs/signature.ts";
import { deployedContainers } from "../backup/deployed.ts";
import { stackNamed } from "../stacks.ts";

const home = process.env["MOTO_VENV"] ?? join(homedir(), ".cache", "groundplan", "moto");
const motoServer = join(home, "bin", "moto_server");
const missing = [
  spawnSync(motoServer, ["--help"]).status !== 0 &&
    `no moto in ${home}: python3 -m venv ${home} && ${home}/bin/pip install 'moto[server]'`,
  spawnSync("openssl", ["version"]).status !== 0 && "openssl is not on PATH",
].find((text) => typeof text === "string");

/** What a registry's client sends, as moto makes it for its account. */
const token = Buffer.from("AWS:123456789012-auth-token").toString("base64");
const accountToken = "token-of-the-service-account";
const policy = (effect: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: effect, Action: "ecr:GetAuthorizationToken", Resource: "*" }],
  });

describe("the renewal of the login of Amazon ECR", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "groundplan-ecr-"));
  const secrets = new Map<string, string>();
  const refused = new Set<string>();
  const servers: Server[] = [];
  let moto: ChildProcess | undefined;
  let aws = "";
  let env: Record<string, string> = {};
  let namespaces: string[] = [];
  let key = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };

  const listening = async (server: Server): Promise<number> => {
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    return (server.address() as AddressInfo).port;
  };

  /** The part of the API server that the program uses. */
  const apiServer = () => {
    const file = (name: string) => join(folder, name);
    const made = spawnSync("openssl", [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=kubernetes".split(" "),
      ...["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file("tls.key"), "-out", file("ca.crt")],
    ]);
    assert.equal(made.status, 0, String(made.stderr));
    const tls = { key: readFileSync(file("tls.key")), cert: readFileSync(file("ca.crt")) };
    return createTlsServer(tls, (request, response) => {
      let body = "";
      request.on("data", (part) => (body += String(part)));
      request.on("end", () => {
        const [, namespace = ""] =
          /^\/api\/v1\/namespaces\/([a-z-]+)\/secrets\/aws-registry\?fieldManager=[\w-]+$/.exec(request.url ?? "") ??
          [];
        const answer = (code: number, reason: string) => {
          response.writeHead(code, { "content-type": "application/json" });
          response.end(JSON.stringify({ kind: "Status", code, reason, message: "a sentence\nof two lines" }));
        };
        if (request.headers.authorization !== `Bearer ${accountToken}`) return answer(401, "Unauthorized");
        if (request.method !== "PATCH" || refused.has(namespace)) return answer(403, "Forbidden");
        if (!secrets.has(namespace)) return answer(404, "NotFound");
        if (request.headers["content-type"] !== "application/merge-patch+json")
          return answer(415, "UnsupportedMediaType");
        const { data } = JSON.parse(body) as { data: Record<string, string> };
        secrets.set(namespace, Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString());
        return answer(200, "");
      });
    });
  };

  /** A request to moto's IAM. */
  const iam = async (parameters: Record<string, string>): Promise<string> => {
    const body = new URLSearchParams({ Version: "2010-05-08", ...parameters }).toString();
    const headers = signed(
      { url: aws, headers: { "content-type": "application/x-www-form-urlencoded" }, body },
      { accessKeyId: "setup", secretAccessKey: "setup" },
      { region: "us-east-1", service: "iam", now: new Date() },
    );
    const response = await fetch(aws, { method: "POST", headers, body });
    const answer = await response.text();
    assert.equal(response.status, 200, answer);
    return answer;
  };
  /** From how many further actions on moto checks signatures and policies. */
  const checkAfter = async (actions: string) => {
    const response = await fetch(`${aws}/moto-api/reset-auth`, { method: "POST", body: actions });
    assert.equal(response.status, 200);
  };

  before(async function () {
    if (missing !== undefined) {
      console.log(`    skipped: ${missing}`);
      this.skip();
    }
    const { containers, objects } = await deployedContainers(stackNamed("ecr"));
    const program = objects.find(({ kind, name }) => kind === "ConfigMap" && name === "ecr-login-program");
    for (const [name, content] of Object.entries(record(program?.manifest["data"])))
      writeFileSync(join(folder, name), String(content));
    const api = await listening(apiServer());
    writeFileSync(join(folder, "token"), `${accountToken}\n`);
    const free = createServer();
    const port = await listening(free);
    await new Promise((resolve) => free.close(resolve));
    aws = `http://127.0.0.1:${port}`;
    moto = spawn(motoServer, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
    for (let tries = 0; ; tries++) {
      const up = await fetch(`${aws}/moto-api/data.json`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (up) break;
      assert.ok(tries < 300, "moto does not start");
      await sleep(100);
    }
    await iam({ Action: "CreateUser", UserName: "pull" });
    await iam({ Action: "PutUserPolicy", UserName: "pull", PolicyName: "pull", PolicyDocument: policy("Allow") });
    const made = await iam({ Action: "CreateAccessKey", UserName: "pull" });
    const element = (name: string) => new RegExp(`<${name}>([^<]+)<`).exec(made)?.[1] ?? assert.fail(made);
    key = { AWS_ACCESS_KEY_ID: element("AccessKeyId"), AWS_SECRET_ACCESS_KEY: element("SecretAccessKey") };
    const deployed = containers.get("ecr-login") ?? assert.fail("no Job");
    assert.deepEqual(deployed.command, ["node", "/program/renew.ts"]);
    env = {
      ...deployed.env,
      ACCOUNT: folder,
      AWS_ENDPOINT_URL_ECR: aws,
      AWS_ENDPOINT_URL_STS: aws,
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: String(api),
    };
    namespaces = (env["NAMESPACES"] ?? "").split(" ");
    assert.ok(namespaces.length > 3);
  });

  beforeEach(async () => {
    refused.clear();
    for (const namespace of namespaces) secrets.set(namespace, "old");
    await checkAfter("0");
  });

  after(() => {
    moto?.kill();
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the program; whatever it prints must be one line without a secret. */
  const run = async (variables: Record<string, string>): Promise<{ code: number | null; line: string }> => {
    const child = spawn(process.execPath, [join(folder, "renew.ts")], { env: { ...env, ...variables } });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (printed += String(part)));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    assert.match(printed, /^ecr: [^\n]+\n$/);
    const private_ = [token, "auth-token", accountToken, key.AWS_SECRET_ACCESS_KEY, "session-of-the-role"];
    for (const one of private_) assert.ok(!printed.includes(one), "a secret is printed");
    return { code, line: printed.trim() };
  };
  const renewed = () => namespaces.filter((namespace) => secrets.get(namespace)?.includes(token));

  it("W07: writes the password into every namespace, with a signature that AWS' rules accept", async () => {
    const { code, line } = await run(key);
    assert.equal(code, 0, line);
    assert.match(line, new RegExp(`^ecr: renewed in ${namespaces.length} namespaces, valid until 20`));
    for (const namespace of namespaces)
      assert.deepEqual(JSON.parse(secrets.get(namespace) ?? ""), {
        auths: { "123456789012.dkr.ecr.eu-central-1.amazonaws.com": { auth: token } },
      });
  });

  it("keeps the old password where AWS refuses: a wrong key, an unknown one, no right", async () => {
    for (const wrong of [
      { ...key, AWS_SECRET_ACCESS_KEY: "wrong" },
      { ...key, AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE" },
    ]) {
      const { code, line } = await run(wrong);
      assert.equal(code, 1);
      // moto answers in XML, AWS in JSON with a code, as in the next test.
      assert.equal(line, "ecr: Amazon ECR refuses a token: 403 without a reason");
    }
    await checkAfter("1");
    await iam({ Action: "PutUserPolicy", UserName: "pull", PolicyName: "pull", PolicyDocument: policy("Deny") });
    const { code, line } = await run(key);
    assert.deepEqual([code, line], [1, "ecr: Amazon ECR refuses a token: 403 without a reason"]);
    await checkAfter("1");
    await iam({ Action: "PutUserPolicy", UserName: "pull", PolicyName: "pull", PolicyDocument: policy("Allow") });
    assert.deepEqual([...new Set(secrets.values())], ["old"]);
  });

  it("reports expired credentials in one line, without the session token that AWS repeats", async () => {
    const message = "The security token included in the request is expired\nx-amz-security-token:session-of-the-role";
    const port = await listening(
      createServer((_, response) => {
        response.writeHead(400);
        response.end(JSON.stringify({ __type: "com.amazon.coral.service#ExpiredTokenException", message }));
      }),
    );
    const { code, line } = await run({
      ...key,
      AWS_SESSION_TOKEN: "session-of-the-role",
      AWS_ENDPOINT_URL_ECR: `http://127.0.0.1:${port}`,
    });
    assert.deepEqual([code, line], [1, "ecr: Amazon ECR refuses a token: 400 ExpiredTokenException"]);
    assert.deepEqual([...new Set(secrets.values())], ["old"]);
  });

  it("writes all other namespaces where one is refused and one Secret is missing", async () => {
    const [first = "", second = ""] = namespaces;
    refused.add(first);
    secrets.delete(second);
    const { code, line } = await run(key);
    assert.equal(code, 1);
    assert.equal(
      line,
      `ecr: the Secret aws-registry is not renewed in 2 of ${namespaces.length} namespaces: ${first} (403 Forbidden), ${second} (404 NotFound)`,
    );
    assert.deepEqual(renewed(), namespaces.slice(2));
    assert.equal(secrets.get(first), "old");
  });

  it("trusts the CA of the cluster only for the API server, and says when nothing answers", async () => {
    const { line } = await run({ ...key, AWS_ENDPOINT_URL_ECR: `https://127.0.0.1:${env["KUBERNETES_SERVICE_PORT"]}` });
    assert.match(line, /^ecr: Amazon ECR at 127\.0\.0\.1:\d+: (DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT\w*)$/);
    const gone = await run({ ...key, AWS_ENDPOINT_URL_ECR: "http://127.0.0.1:9" });
    assert.deepEqual([gone.code, gone.line], [1, "ecr: Amazon ECR at 127.0.0.1:9: ECONNREFUSED"]);
  });

  it("uses the role of a service account, by STS or by Pod Identity", async () => {
    await checkAfter("1000000");
    const role = "arn:aws:iam::123456789012:role/pull";
    const identity = join(folder, "identity");
    writeFileSync(identity, "token-of-the-pod");
    const none = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
    const bySts = await run({ ...none, AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: identity });
    assert.equal(bySts.code, 0, bySts.line);
    assert.deepEqual(renewed(), namespaces);
    for (const namespace of namespaces) secrets.set(namespace, "old");
    let asked: string | undefined;
    const port = await listening(
      createServer((request, response) => {
        asked = request.headers.authorization;
        const answer = { AccessKeyId: "ASIA", SecretAccessKey: "s", Token: "session-of-the-role" };
        response.end(JSON.stringify(answer));
      }),
    );
    const byAgent = await run({
      ...none,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: identity,
    });
    assert.equal(byAgent.code, 0, byAgent.line);
    assert.deepEqual([asked, renewed()], ["token-of-the-pod", namespaces]);
    const without = await run(none);
    assert.deepEqual(
      [without.code, without.line],
      [1, "ecr: no credentials of AWS: the service account of this pod has no role"],
    );
  });
});
