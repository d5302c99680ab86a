// npm run test:backup: the policy of docs/backup.md for pods that back up files, with a real object store that decides by it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root as project, stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { program, root } from "./deployed.ts";
import { useMachine } from "./machine.ts";
import type { Machine } from "./machine.ts";

const key = { AWS_ACCESS_KEY_ID: "files", AWS_SECRET_ACCESS_KEY: "secret-of-files" };

/** The policy in docs/backup.md, for the bucket `backup`, a stack, and the account of the key. */
function documented(stack: string): string {
  const text = readFileSync(join(project, "docs", "backup.md"), "utf8");
  const [, json = ""] = /```json\n([^]*?)```/.exec(text) ?? [];
  const policy = JSON.parse(json.replaceAll("example-backup", "backup").replaceAll("/prod.", `/${stack}.`)) as {
    Statement: object[];
  };
  const own = policy.Statement.map((one) => ({ ...one, Principal: { AWS: [key.AWS_ACCESS_KEY_ID] } }));
  // Where a bucket has a policy, versitygw asks nothing else about the user that it had before.
  const bucket = ["arn:aws:s3:::backup", "arn:aws:s3:::backup/*"];
  const owner = { Effect: "Allow", Principal: { AWS: ["backup"] }, Action: ["s3:*"], Resource: bucket };
  return JSON.stringify({ ...policy, Statement: [...own, owner] });
}

/** Gives a bucket a policy (S3, "PutBucketPolicy", signed as "Signature Version 4" says). */
async function putPolicy(endpoint: string, policy: string): Promise<void> {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const sign = (by: string | Buffer, text: string) => createHmac("sha256", by).update(text).digest();
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const scope = `${day}/us-east-1/s3/aws4_request`;
  const sent = { "x-amz-content-sha256": hash(policy), "x-amz-date": time };
  const headers = { host: new URL(endpoint).host, ...sent };
  const signed = Object.keys(headers).join(";");
  const listed = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const request = ["PUT", "/backup", "policy=", listed.join(""), signed, hash(policy)].join("\n");
  const secret = [day, "us-east-1", "s3", "aws4_request"].reduce<string | Buffer>(sign, `AWS4${root.secret}`);
  const signature = sign(secret, ["AWS4-HMAC-SHA256", time, scope, hash(request)].join("\n")).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${root.access}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
  const answer = await fetch(`${endpoint}/backup?policy=`, {
    method: "PUT",
    headers: { ...sent, authorization },
    body: policy,
  });
  assert.ok(answer.ok, `${answer.status} ${await answer.text()}`);
}

/** How pods that back up files get a key with fewer rights. */
interface Way {
  readonly title: string;
  readonly stack: TestStack;
  /** The folder of the repository. */
  readonly folder: string;
  /** The Job that backs up files, and the name with which the Jobs of the repository end. */
  readonly files: string;
  readonly of: string;
  /** Variables of both, and of the Job that backs up. */
  readonly common: Record<string, string>;
  readonly own: Record<string, string>;
  /** Prepares the store, if the stack does not. */
  prepare(endpoint: string): Promise<void>;
}

const ways: readonly Way[] = [
  {
    title: "by the policy in docs/backup.md, of an existing service",
    stack: stackNamed("thanos"),
    folder: "thanos.chat",
    files: "backup-check",
    of: "",
    common: { RESTIC_PASSWORD: "only-of-chat" },
    own: { ...key, KIND: "files" },
    async prepare(endpoint) {
      const admin = ["admin", "--access", root.access, "--secret", root.secret, "--endpoint-url", endpoint];
      const user = ["--access", key.AWS_ACCESS_KEY_ID, "--secret", key.AWS_SECRET_ACCESS_KEY, "--role", "user"];
      const made = spawnSync(program("versitygw") ?? "", [...admin, "--region", "us-east-1", "create-user", ...user]);
      assert.equal(made.status, 0, made.stderr.toString());
      await putPolicy(endpoint, documented("thanos"));
    },
  },
  {
    title: "by the stack's own store",
    stack: { ...stackNamed("thanos"), set: ["buckets={kind: embedded}", "matrix={enabled: true}"] },
    folder: "thanos.matrix",
    files: "copy-files-matrix-pv-claim-3b60105e",
    of: "-matrix",
    common: {},
    own: {},
    prepare: () => Promise.resolve(),
  },
];

for (const way of ways)
  describe(`fewer rights for pods that back up files, ${way.title}`, function () {
    this.timeout(300_000);
    let machine: Machine;
    let common: Record<string, string>;
    let files: string;
    const good = async (name: string, change: Record<string, string>, script?: string) => {
      const { code, err, out } = await machine.run(name, { ...common, ...change }, script);
      assert.equal(err, "");
      assert.equal(code, 0);
      return out;
    };
    const snapshots = async () =>
      JSON.parse(await good(`backup-check${way.of}`, {}, "snapshots.sh")) as { readonly id: string }[];
    const folder = (name: string) => {
      const path = join(machine.store.objects, "backup", way.folder, name);
      // versitygw removes a folder with its last object.
      return existsSync(path) ? readdirSync(path).sort() : [];
    };
    const backUp = () => good(way.files, { ...way.own, FILES: files }, "files.sh");

    before(async function () {
      machine = await useMachine(this, way.stack);
      const { endpoint } = machine.store;
      await way.prepare(endpoint);
      common = { ...way.common, RESTIC_REPOSITORY: `s3:${endpoint}/backup/${way.folder}` };
      files = join(machine.folder, "files");
      mkdirSync(files);
      chmodSync(machine.folder, 0o755);
      writeFileSync(join(files, "database"), "rows of RocksDB");
      await good(`backup-repository${way.of}`, {});
    });
    // The machine is missing where this was skipped.
    after(() => (machine as Machine | undefined)?.stop());

    it("back up, again and again, and leave no lock behind", async () => {
      assert.match(await backUp(), /: snapshot [0-9a-f]+, 15 bytes\n$/);
      writeFileSync(join(files, "database"), "more rows of RocksDB");
      assert.match(await backUp(), /: snapshot [0-9a-f]+, 20 bytes\n$/);
      assert.equal((await snapshots()).length, 2);
      assert.deepEqual(folder("locks"), []);
    });

    it("remove the lock of a run that is stopped", async () => {
      writeFileSync(join(files, "large"), randomBytes(2 ** 26));
      const { child, done } = machine.start(way.files, { ...common, ...way.own, FILES: files }, "files.sh");
      while (folder("locks").length === 0 && child.exitCode === null) await sleep(20);
      child.kill("SIGTERM");
      const { err } = await done;
      assert.match(err, /^backup: stopped before the end\n$/);
      assert.deepEqual(folder("locks"), []);
      rmSync(join(files, "large"));
    });

    it("delete no backup, and nothing that one is made of", () => {
      const parts = ["data", "index", "keys", "snapshots"];
      const before = parts.map(folder);
      const forget = ["forget", "--retry-lock", "1s", "--keep-last", "1", "--group-by", "paths", "--prune"];
      const { code, err } = machine.restic(forget, { ...common, ...way.own }, way.files);
      assert.notEqual(code, 0);
      assert.match(err, /Access Denied/);
      // What it has written before it was refused makes no difference.
      const gone = parts.flatMap((part, index) => before[index]?.filter((name) => !folder(part).includes(name)));
      assert.deepEqual(gone, []);
      assert.deepEqual(folder("snapshots"), before.at(-1));
    });

    it("read no dump", () => {
      const dumps = { ...way.own, RESTIC_REPOSITORY: `s3:${machine.store.endpoint}/backup/thanos` };
      const { code, err } = machine.restic(["cat", "config", "--no-lock"], dumps, way.files);
      assert.notEqual(code, 0);
      assert.match(err, /Access Denied/);
    });

    it("leave it to the pods of the namespace of backups to delete what is not kept", async () => {
      assert.match(await good(`backup-prune${way.of}`, { KEEP: "--keep-last 1" }), /^retention: done\n$/);
      assert.equal((await snapshots()).length, 1);
    });
  });
