// The program that writes a bucket's policy, at a pretend store that keeps one. The real store decides by it in tests/backup/rights.backup.ts.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { policyOf } from "../../components/storage/policy.ts";
import { root } from "../stacks.ts";

describe("the policy of a bucket", () => {
  let kept: string | undefined;
  let refusal: number | undefined;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      requests.push(`${request.method} ${request.url}`);
      const signedFor = request.headers.authorization ?? "";
      assert.match(
        signedFor,
        /Credential=root\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date/,
      );
      if (request.method === "PUT" && refusal === undefined) kept = body;
      const status = refusal ?? (request.method === "PUT" ? 204 : kept === undefined ? 404 : 200);
      response
        .writeHead(status)
        .end(status === 200 ? kept : status < 300 ? "" : "<Error><Message>Access Denied.</Message></Error>");
    });
  });
  let endpoint = "";
  before((done) => {
    server.listen(0, "127.0.0.1", () => {
      endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => void server.close());

  const write = (statements: unknown) =>
    new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      const child = spawn(process.execPath, [join(root, "components/storage/programs/policy.ts")], {
        env: {
          ADMIN_ACCESS_KEY: "root",
          ADMIN_ENDPOINT_URL: endpoint,
          ADMIN_REGION: "us-east-1",
          ADMIN_SECRET_KEY: "the-key",
          BUCKET: "backup",
          STATEMENTS: JSON.stringify(statements),
        },
      });
      const output = { out: "", err: "" };
      child.stdout.on("data", (part: Buffer) => (output.out += part.toString()));
      child.stderr.on("data", (part: Buffer) => (output.err += part.toString()));
      child.on("close", (code) => void resolve({ code, ...output }));
    });
  const statements = () =>
    (JSON.parse(kept ?? "{}") as { Statement: ReturnType<typeof policyOf> }).Statement.map(
      ({ Action, Principal, Resource }) => `${Principal.AWS.join()} ${Action.at(-1)} ${Resource.at(-1)}`,
    );
  const limit = (name: string) => policyOf("backup", `backup.${name}`, { folder: `prod.${name}`, removes: "locks" });
  const owner = "backup s3:* arn:aws:s3:::backup/*";
  const of = (name: string, folder = name) => [
    `backup.${name} s3:ListBucketMultipartUploads arn:aws:s3:::backup`,
    `backup.${name} s3:PutObject arn:aws:s3:::backup/prod.${folder}/*`,
    `backup.${name} s3:DeleteObject arn:aws:s3:::backup/prod.${folder}/locks/*`,
  ];

  it("gets the statements of a user, keeps those of others, and replaces them when the Job runs again", async () => {
    const { code, err, out } = await write(limit("maps"));
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(out, "bucket backup: policy of backup, backup.maps, and of 0 other statements\n");
    assert.deepEqual(statements(), [owner, ...of("maps")]);
    await write(limit("chat"));
    assert.deepEqual(statements(), [...of("maps"), owner, ...of("chat")]);
    await write(policyOf("backup", "backup.maps", { folder: "prod.moved", removes: "locks" }));
    assert.deepEqual(statements(), [...of("chat"), owner, ...of("maps", "moved")]);
    assert.deepEqual(new Set(requests), new Set(["GET /backup?policy=", "PUT /backup?policy="]));
  });

  it("stays as it is where the store refuses, with one line that has no key", async () => {
    const before = kept;
    refusal = 403;
    const { code, err } = await write(limit("maps"));
    assert.equal(code, 1);
    assert.equal(err, "the object store: policy of the bucket backup: 403 Access Denied.\n");
    assert.equal(kept, before);
  });
});
