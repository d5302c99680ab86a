import assert from "node:assert/strict";
import type { Bucket } from "../../components/kit/bindings.ts";
import {
  archiverSpec,
  baseBackupSpec,
  objectStoreSpec,
  recoveredName,
  recoverySpec,
} from "../../components/postgres/point-in-time.ts";
import type { PointInTime } from "../../components/postgres/point-in-time.ts";
import { at, list } from "../../components/kit/unknown.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { recoveredSource } from "../../plan/restore/sources.ts";
import { named, recordStack, root, stackNamed } from "../stacks.ts";
import { join } from "node:path";
import { authority } from "../settings/pem-samples.ts";

const keyOf = (key: string) => ({ secret: { name: "backup-bucket" }, key });
const args = (bucket: Partial<Bucket>, more: Partial<PointInTime> = {}): PointInTime => ({
  bucket: {
    endpoint: "https://s3.example.org:9000",
    region: "here",
    bucket: "example-backup",
    pathStyle: true,
    access: { kind: "keys", accessKey: keyOf("access-key"), secretKey: keyOf("secret-key") },
    ...bucket,
  } as Bucket,
  archive: "pg",
  schedule: "45 0 * * *",
  keep: "7d",
  ...more,
});
const role: Bucket["access"] = { kind: "role", annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/b" } };

const stack = stackNamed("point-in-time");
const planned = async (set: readonly string[] = []) => {
  const { resources, result } = await recordStack({ ...stack, set: [...(stack.set ?? []), ...set] });
  return { resources, result, objects: plannedObjects(resources, ({ value }) => value) };
};

describe("the archive of PostgreSQL", () => {
  it("is a folder of the stack in the bucket, which a store by the key of a Secret reads and writes", () => {
    const { configuration, instanceSidecarConfiguration, retentionPolicy } = objectStoreSpec(args({}), "prod", "ca");
    assert.deepEqual(configuration, {
      destinationPath: "s3://example-backup/point-in-time/prod",
      endpointURL: "https://s3.example.org:9000",
      endpointCA: { name: "ca", key: "ca.crt" },
      s3Credentials: {
        accessKeyId: { name: "backup-bucket", key: "access-key" },
        secretAccessKey: { name: "backup-bucket", key: "secret-key" },
      },
      data: { compression: "gzip" },
      wal: { compression: "gzip", maxParallel: 2 },
    });
    assert.equal(retentionPolicy, "7d");
    assert.deepEqual(instanceSidecarConfiguration.env, [
      { name: "AWS_DEFAULT_REGION", value: "here" },
      { name: "AWS_REQUEST_CHECKSUM_CALCULATION", value: "when_required" },
      { name: "AWS_RESPONSE_CHECKSUM_VALIDATION", value: "when_required" },
    ]);
  });

  it("is reached at Amazon S3 by the name of the bucket, and by the role of the servers' service account", () => {
    const amazon = args({ endpoint: "https://s3.eu-west-1.amazonaws.com", access: role, region: "eu-west-1" });
    const { configuration, instanceSidecarConfiguration } = objectStoreSpec(amazon, "prod");
    assert.equal(configuration.endpointURL, undefined);
    assert.deepEqual(configuration.s3Credentials, { inheritFromIAMRole: true });
    assert.deepEqual(instanceSidecarConfiguration.env, [{ name: "AWS_DEFAULT_REGION", value: "eu-west-1" }]);
    const account = { metadata: { annotations: role.annotations } };
    assert.deepEqual(at(archiverSpec(amazon, "store"), "serviceAccountTemplate"), account);
    const recovery = recoverySpec({ at: "2026-11-20T03:00:00Z", archive: "pg" }, amazon.bucket, "store");
    assert.deepEqual(at(recovery, "serviceAccountTemplate"), account);
    assert.equal(at(archiverSpec(args({}), "store"), "serviceAccountTemplate"), undefined);
  });

  it("has base backups by a schedule with seconds, the first one at once", () => {
    assert.deepEqual(baseBackupSpec(args({}, { schedule: "@daily" }), "pg"), {
      schedule: "0 0 0 * * *",
      immediate: true,
      backupOwnerReference: "cluster",
      cluster: { name: "pg" },
      method: "plugin",
      pluginConfiguration: { name: "barman-cloud.cloudnative-pg.io" },
    });
  });

  it("is made before the servers, after the plugin and cert-manager", async () => {
    const { resources } = await planned();
    const names = (name: string) => named(resources, name).dependencies.map((urn) => urn.split("::").at(-1));
    assert.ok(names("postgres-cluster").includes("postgres-archive-store"));
    assert.ok(names("postgres-archive-store").includes("postgres-archive-plugin"));
    for (const one of ["postgres-operator", "certificates-release"])
      assert.ok(names("postgres-archive-plugin").includes(one), one);
    assert.ok(names("postgres-base-backups").includes("postgres-cluster"));
  });

  it("gives the servers' namespace the bucket's key, and leaves the name of the first Secret to backups", async () => {
    const { resources } = await planned();
    const secrets = resources.filter(({ name }) => name.startsWith("buckets-backup-secret"));
    assert.deepEqual(secrets.map(({ inputs, name }) => [name, at(inputs, "metadata", "namespace")]).sort(), [
      ["buckets-backup-secret", "backup"],
      ["buckets-backup-secret-sysdb", "sysdb"],
    ]);
  });

  it("is no part of a stack that does not ask for it", async () => {
    const { resources } = await recordStack(stackNamed("cloudnative-pg"));
    const objects = plannedObjects(resources);
    assert.deepEqual(
      objects.filter(({ kind }) => ["ObjectStore", "ScheduledBackup"].includes(kind)),
      [],
    );
    const spec = objects.find(({ kind }) => kind === "Cluster")?.manifest["spec"];
    assert.equal(at(spec, "plugins"), undefined);
    assert.ok(!plannedReleases(resources).some(({ chart }) => chart === "plugin-barman-cloud"));
  });

  it("trusts the company's CAs for a store whose certificate they have issued", async () => {
    const { objects } = await planned([
      "buckets={kind: s3, endpoint: 'https://s3.example.org', accessKeyId: a, secretAccessKeySecret: s3}",
      "secrets:s3={secure: v1}",
      `certificates.trust=[${JSON.stringify(authority)}]`,
      "postgresql.pointInTime.objectStoreCa=trust",
    ]);
    const store = objects.find(({ kind }) => kind === "ObjectStore")?.manifest["spec"];
    assert.deepEqual(at(store, "configuration", "endpointCA"), { name: "pgsqlha-archive-ca", key: "ca.crt" });
    const secret = objects.find(({ kind, name }) => kind === "Secret" && name === "pgsqlha-archive-ca");
    assert.match(String(at(secret?.manifest, "stringData", "ca.crt")), /^-----BEGIN CERTIFICATE-----/);
  });

  it("lets the servers' service accounts into the bucket of the stack's own account", async () => {
    const { resources } = await recordStack({
      name: "worldcereal-aws",
      file: join(root, "examples", "worldcereal-aws.yaml"),
      set: [
        "postgresql.engine=cloudnative-pg",
        "postgresql.pointInTime={enabled: true, recovery: {at: '2026-11-20T03:00:00Z'}}",
      ],
    });
    const accounts = resources
      .filter(({ type }) => type === "aws:eks/podIdentityAssociation:PodIdentityAssociation")
      .filter(({ inputs }) => at(inputs, "namespace") === "sysdb")
      .map(({ inputs }) => at(inputs, "serviceAccount"));
    assert.deepEqual(accounts.sort(), ["pgsqlha", "pgsqlha-at-20261120030000"]);
  });
});

describe("a recovered server", () => {
  it("has the data of its time, from the archive, and archives nothing itself", async () => {
    const { objects, resources } = await planned();
    const [live, copy] = ["pgsqlha", "pgsqlha-at-20261120030000"].map(
      (name) => objects.find((one) => one.kind === "Cluster" && one.name === name)?.manifest["spec"],
    );
    const [archiver] = list(at(live, "plugins"));
    assert.deepEqual(at(copy, "bootstrap"), {
      recovery: { source: "archive", recoveryTarget: { targetTime: "2026-11-20T03:00:00Z" } },
    });
    const [source] = list(at(copy, "externalClusters"));
    assert.deepEqual(at(source, "plugin", "parameters"), at(archiver, "parameters"));
    assert.equal(at(copy, "plugins"), undefined);
    assert.equal(at(copy, "instances"), 1);
    // PostgreSQL refuses to recover with fewer connections than the server had.
    for (const path of ["postgresql", "storage", "superuserSecret", "imageName"])
      assert.deepEqual(at(copy, path), at(live, path), path);
    const { protect, retainOnDelete } = named(resources, "postgres-at-20261120030000");
    assert.deepEqual([protect, retainOnDelete], [false, false]);
  });

  it("is another server for another time, with a name that CloudNativePG accepts", () => {
    assert.equal(recoveredName("pg", { at: "2026-11-20T03:00:00Z" }), "pg-at-20261120030000");
    assert.ok(recoveredName("x".repeat(30), { at: "2026-11-20T03:00:00Z" }).length <= 50);
  });

  it("is where a restore copies a database from", async () => {
    const { result } = await planned();
    assert.deepEqual(recoveredSource(result), {
      from: { recovered: "pgsqlha-at-20261120030000-rw.sysdb.svc.cluster.local" },
      id: "recovered",
      time: "2026-11-20T03:00:00Z",
    });
    const { result: other } = await recordStack(stackNamed("prod"));
    assert.throws(() => recoveredSource(other), /no recovered server: set postgresql\.pointInTime\.recovery\.at/);
  });

  it("may come from the archive of a server that was lost", async () => {
    const { objects } = await planned([
      "postgresql.pointInTime.archive=second",
      "postgresql.pointInTime.recovery.archive=pgsqlha",
    ]);
    const servers = objects
      .filter(({ kind }) => kind === "Cluster")
      .map(({ manifest }) => {
        const [one] = [...list(at(manifest, "spec", "plugins")), ...list(at(manifest, "spec", "externalClusters"))];
        return at(one, "parameters", "serverName") ?? at(one, "plugin", "parameters", "serverName");
      });
    assert.deepEqual(servers.sort(), ["pgsqlha", "second"]);
  });
});
