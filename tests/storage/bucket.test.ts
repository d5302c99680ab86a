import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { bucketSecrets, accountAnnotations } from "../../components/kit/bindings.ts";
import type { Bucket } from "../../components/kit/bindings.ts";
import { bucketEnvironment, objstoreConfig } from "../../components/monitoring/thanos.ts";
import { bucketScript } from "../../components/storage/bucket-script.ts";
import { Buckets } from "../../components/storage/bucket.ts";
import type { BucketsArgs } from "../../components/storage/bucket.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { made } from "../kit/environment.ts";

async function bucketsOf(args: BucketsArgs) {
  let bucket: Bucket | undefined;
  const { resources, ledger } = await made((environment) => {
    const buckets = new Buckets(environment, args, {});
    bucket = buckets.bucket({
      name: "thanos",
      consumer: { namespace: "monitoring", pods: [{ app: "a" }, { app: "b" }] },
    });
  });
  assert.ok(bucket);
  return { bucket, ledger, objects: plannedObjects(resources, ({ value }) => value) };
}

const service: BucketsArgs = {
  kind: "s3",
  endpoint: "https://s3.example.org:9000",
  region: "eu-west-1",
  pathStyle: true,
  prefix: "acme-",
  access: { accessKeyId: "AKIA", secretAccessKey: pulumi.secret("the-key") },
  cidrs: ["10.9.0.0/16"],
};

describe("buckets", () => {
  it("of a service that exists get the user's key and its address, and make nothing else", async () => {
    const { bucket, ledger, objects } = await bucketsOf(service);
    assert.deepEqual(
      [bucket.endpoint, bucket.region, bucket.bucket, bucket.pathStyle],
      ["https://s3.example.org:9000", "eu-west-1", "acme-thanos", true],
    );
    assert.deepEqual(
      objects.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`),
      ["Secret monitoring/thanos-bucket"],
    );
    assert.deepEqual(objects[0]?.manifest["stringData"], { "access-key": "AKIA", "secret-key": "the-key" });
    assert.deepEqual(
      ledger.edges.map(({ from, to, ports }) => [from, to, ports]),
      ["a", "b"].map((app) => [
        { kind: "pods", namespace: "monitoring", labels: { app } },
        { kind: "outside", cidrs: ["10.9.0.0/16"] },
        [9000],
      ]),
    );
  });

  it("of a service that knows roles are reached by the service account of who uses them, without a key", async () => {
    const { bucket, objects } = await bucketsOf({ ...service, access: { role: "arn:aws:iam::123456789012:role/b" } });
    assert.deepEqual(objects, []);
    assert.deepEqual(bucketSecrets(bucket.access), []);
    assert.deepEqual(accountAnnotations(bucket.access), {
      "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/b",
    });
    assert.deepEqual(bucketEnvironment(bucket), []);
  });

  it("of the stack's own server each have a user, whose key a Job sets", async () => {
    const { bucket, ledger, objects } = await bucketsOf({
      kind: "embedded",
      namespace: "object-store",
      storage: "5Gi",
    });
    assert.equal(bucket.endpoint, "http://object-store.object-store.svc.cluster.local:7070");
    assert.deepEqual(
      objects.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name.replace(/-[0-9a-f]{8}$/, "")}`).sort(),
      [
        "ConfigMap object-store/object-store-scripts",
        "Job object-store/thanos-bucket-job",
        "Secret monitoring/thanos-bucket",
        "Secret object-store/object-store-root",
        "Secret object-store/thanos-bucket",
        "Service object-store/object-store",
        "StatefulSet object-store/object-store",
      ],
    );
    assert.deepEqual(
      ledger.credentials.map(({ name }) => name),
      ["object-store-root", "thanos-bucket"],
    );
    assert.deepEqual(
      bucketSecrets(bucket.access).map(({ namespace }) => namespace),
      ["monitoring"],
    );
  });

  it("tell Thanos where they are without a key", async () => {
    const { bucket } = await bucketsOf(service);
    assert.deepEqual(objstoreConfig(bucket), {
      type: "S3",
      config: {
        bucket: "acme-thanos",
        bucket_lookup_type: "path",
        endpoint: "s3.example.org:9000",
        insecure: false,
        region: "eu-west-1",
      },
    });
    const inside = { ...bucket, endpoint: "http://store:7070", pathStyle: false };
    assert.deepEqual(
      [objstoreConfig(inside).config.insecure, objstoreConfig(inside).config.bucket_lookup_type],
      [true, "virtual-hosted"],
    );
  });
});

/** The administration of a store that keeps users and buckets in files, with versitygw's commands and tables. */
const pretended = `#!/bin/sh
set -eu
cd "$STORE"
echo "$*" >> calls
[ -e down ] && { rm down; echo "connection refused" >&2; exit 1; }
command=$2; shift 2
while [ $# -gt 0 ]; do
  case $1 in
    --access) access=$2 ;; --secret) secret=$2 ;; --bucket) bucket=$2 ;; --owner) owner=$2 ;; --role) ;;
    *) echo "unknown $1" >&2; exit 2 ;;
  esac
  shift 2
done
case $command in
  list-users) echo "Account  Role"; echo "-------  ----"; cat users 2>/dev/null || true ;;
  list-buckets) echo "Bucket  Owner"; echo "-------  ----"; cat buckets 2>/dev/null || true ;;
  create-user) ! grep -q "^$access " users 2>/dev/null || { echo exists >&2; exit 1; }; echo "$access user" >> users; echo "$secret" > "key-$access" ;;
  update-user) grep -q "^$access " users; echo "$secret" > "key-$access" ;;
  create-bucket) echo "$bucket $owner" >> buckets ;;
  change-bucket-owner) grep -q "^$bucket " buckets ;;
  *) exit 2 ;;
esac
`;

describe("the script of a bucket's Job", function () {
  this.timeout(300_000);

  it("makes user and bucket, finds them there again, sets a new key, and waits for the server", () => {
    const folder = mkdtempSync(join(tmpdir(), "groundplan-bucket-"));
    try {
      mkdirSync(join(folder, "bin"));
      writeFileSync(join(folder, "bin", "versitygw"), pretended, { mode: 0o755 });
      const run = (bucket: string, key: string) =>
        execFileSync("sh", ["-c", bucketScript], {
          encoding: "utf8",
          env: {
            PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
            STORE: folder,
            BUCKET: bucket,
            ACCESS_KEY: bucket,
            SECRET_KEY: key,
          },
        }).trim();
      writeFileSync(join(folder, "down"), "");
      assert.equal(run("thanos-old", "k1"), "user thanos-old: made\nbucket thanos-old: made");
      // A name that is a part of another.
      assert.equal(run("thanos", "k1"), "user thanos: made\nbucket thanos: made");
      assert.equal(run("thanos", "k2"), "user thanos: has the present key\nbucket thanos: there already");
      assert.equal(execFileSync("cat", [join(folder, "key-thanos")], { encoding: "utf8" }).trim(), "k2");
      assert.equal(
        execFileSync("cat", [join(folder, "buckets")], { encoding: "utf8" })
          .trim()
          .split("\n").length,
        2,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const server = spawnSync("versitygw", ["--version"]).status === 0;

  it("does so on a real versitygw, whose bucket then takes and gives objects with that key alone", async function () {
    if (!server) {
      console.log("      skipped: versitygw is not on PATH");
      return this.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), "groundplan-versitygw-"));
    for (const name of ["objects", "meta", "users"]) mkdirSync(join(folder, name));
    const port = 20_000 + (process.pid % 20_000);
    const endpoint = `http://127.0.0.1:${port}`;
    const running = spawn("versitygw", ["posix", join(folder, "objects")], {
      stdio: "ignore",
      env: {
        ...process.env,
        ROOT_ACCESS_KEY: "root",
        ROOT_SECRET_KEY: "root-secret",
        VGW_HEALTH: "/_health",
        VGW_IAM_DIR: join(folder, "users"),
        VGW_META_SIDECAR: join(folder, "meta"),
        VGW_PORT: `127.0.0.1:${port}`,
        VGW_REGION: "us-east-1",
      },
    });
    try {
      const provision = (bucket: string, key: string) =>
        execFileSync("sh", ["-c", bucketScript], {
          encoding: "utf8",
          env: {
            ...process.env,
            ADMIN_ACCESS_KEY: "root",
            ADMIN_SECRET_KEY: "root-secret",
            ADMIN_ENDPOINT_URL: endpoint,
            ADMIN_REGION: "us-east-1",
            BUCKET: bucket,
            ACCESS_KEY: bucket,
            SECRET_KEY: key,
          },
        });
      const asks = (user: string, ...args: string[]) =>
        spawnSync(
          "curl",
          [
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "--aws-sigv4",
            "aws:amz:us-east-1:s3",
            "--user",
            user,
            // What older versions of curl do not send by themselves.
            "-H",
            "x-amz-content-sha256: UNSIGNED-PAYLOAD",
            ...args,
          ],
          { encoding: "utf8" },
        ).stdout;
      assert.match(provision("thanos", "first-key"), /bucket thanos: made/);
      assert.match(provision("other", "other-key"), /bucket other: made/);
      assert.match(provision("thanos", "second-key"), /present key\nbucket thanos: there already/);
      const object = `${endpoint}/thanos/a`;
      assert.equal(asks("thanos:second-key", "-X", "PUT", "-d", "hello", object), "200");
      assert.equal(asks("thanos:second-key", object), "200");
      assert.equal(asks("thanos:first-key", object), "403");
      assert.equal(asks("other:other-key", object), "403");
      const health = spawnSync("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", `${endpoint}/_health`], {
        encoding: "utf8",
      });
      assert.equal(health.stdout, "200");
      await Promise.resolve();
    } finally {
      running.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
