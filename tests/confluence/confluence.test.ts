// Confluence as the stacks have it. Neither Confluence nor its image is here: its own variables are those of the image's documentation.
import assert from "node:assert/strict";
import { Confluence } from "../../components/confluence/confluence.ts";
import { secret } from "../../components/kit/secret.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { plannedIn, valueAtPath } from "../documents.ts";
import { fakeIdentity } from "../midpoint/fakes.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { dedicated, deployed } from "./fakes.ts";

const pod = "spec.template.spec";
const container = `${pod}.containers.0`;
const env = (body: unknown, name: string) => valueAtPath(body, `${container}.env.[name=${name}]`);

describe("Confluence", () => {
  it("C01: every object of the example has the document's labels", async () => {
    const { objects } = await plannedIn("confluence");
    const own = objects.filter(
      ({ manifest, kind }) =>
        valueAtPath(manifest, "metadata.labels.tiers") !== undefined && kind !== "PersistentVolume",
    );
    assert.deepEqual([...new Set(own.map(({ kind }) => kind))].sort(), [
      "ConfigMap",
      "Deployment",
      "PersistentVolumeClaim",
      "Secret",
      "Service",
    ]);
    for (const { manifest, name } of own) {
      const labels = valueAtPath(manifest, "metadata.labels") as Record<string, string>;
      const { app, env: environment, zone } = labels;
      assert.deepEqual([app, zone, environment], ["confluence", "lan", "prd"], name);
    }
  });

  it("C04: its claims are kept in prod", async () => {
    const { resources } = await recordStack(stackNamed("confluence"));
    const claims = resources.filter(({ type }) => type.endsWith(":PersistentVolumeClaim"));
    assert.ok(claims.length >= 3);
    for (const { name, protect, retainOnDelete } of claims)
      assert.deepEqual([protect, retainOnDelete], [true, true], name);
  });

  it("C05: the Secret of its own server has the user and a generated password", async () => {
    const { find, ledger } = await deployed();
    const data = find("Secret", "sec-confluencedb")?.["stringData"] as Record<string, string>;
    assert.deepEqual(Object.keys(data).sort(), ["password", "user"]);
    assert.equal(data["user"], "confluencedb");
    assert.deepEqual(
      ledger.credentials.map(({ name }) => name),
      ["confluence-postgresql"],
    );
  });

  it("C07, C09: Adminer stands in the pod of the database, and behind the login", async () => {
    const { asked, find } = await deployed((owner, notes) => ({
      database: { ...dedicated, adminer: "confluencedb" },
      identity: fakeIdentity(owner, notes),
    }));
    const database = find("Deployment", "dep-confluencedb");
    const adminer = valueAtPath(database, `${pod}.containers.1`);
    assert.equal(valueAtPath(adminer, "name"), "confluence-db-adminer");
    assert.deepEqual(valueAtPath(adminer, "env"), [{ name: "ADMINER_DEFAULT_SERVER", value: "127.0.0.1" }]);
    assert.deepEqual(valueAtPath(adminer, "resources.requests.cpu"), "500m");
    assert.deepEqual(valueAtPath(adminer, "resources.limits.memory"), "500Mi");
    const [route] = asked.exposures;
    assert.equal(route?.host, "confluencedb");
    assert.deepEqual([route?.service.name, route?.service.port], ["svc-confluencedb", 8080]);
    assert.equal(route?.login?.client.clientId, "confluence-adminer");
    const without = await deployed();
    assert.equal(valueAtPath(without.find("Deployment", "dep-confluencedb"), `${pod}.containers.1`), undefined);
    assert.deepEqual(
      without.asked.exposures.map(({ host }) => host),
      ["wiki"],
    );
  });

  it("C08, C13: its Services lead to the database and to Confluence", async () => {
    const { find } = await deployed();
    assert.deepEqual(valueAtPath(find("Service", "svc-confluencedb"), "spec.ports"), [
      { name: "postgre", port: 5432, targetPort: "postgre" },
    ]);
    assert.deepEqual(valueAtPath(find("Service", "svc-confluence"), "spec.ports"), [
      { name: "apache", port: 8090, targetPort: "http" },
    ]);
  });

  it("C17: its own PostgreSQL is dumped, with its roles, and restored in drills", async () => {
    const { resources, result } = await recordStack(stackNamed("confluence"));
    const { backups, data, edges } = result.ledger;
    assert.deepEqual(
      data.filter((one) => one.files !== true && backups.every(({ data: covered }) => covered !== one.data)),
      [],
    );
    const dump = backups.find(({ data: covered }) => covered === "Database confluencedb");
    assert.deepEqual(
      [dump?.path, dump?.cronJob],
      ["/postgresql-confluence/confluencedb.dump", "dump-confluence-confluencedb"],
    );
    const objects = plannedObjects(resources, ({ value }) => value);
    for (const name of ["dump-confluence-confluencedb", "backup-roles-confluence", "drill-confluence-confluencedb"]) {
      const body = objects.find((one) => one.kind === "CronJob" && one.name === name)?.manifest;
      const variable = (key: string) =>
        valueAtPath(body, `spec.jobTemplate.spec.template.spec.containers.0.env.[name=${key}].value`);
      assert.equal(variable("DUMPS"), "/postgresql-confluence", name);
      if (name.startsWith("drill")) continue;
      assert.equal(variable("PGHOST"), "svc-confluencedb.prd-lan-coolcorp.svc.cluster.local", name);
    }
    const administrator = objects.find(({ kind, name }) => kind === "Secret" && name === "confluence-administrator");
    const own = objects.find(({ kind, name }) => kind === "Secret" && name === "sec-prd-confluencedb");
    assert.equal(administrator?.namespace, "backup");
    assert.deepEqual(administrator.manifest["stringData"], own?.manifest["stringData"]);
    assert.ok(edges.some(({ purpose, to }) => purpose.startsWith("dumps of Confluence") && to.kind === "pods"));
    // A restore stops the workloads with this edge.
    const consumers = edges.filter(({ purpose }) => purpose === "database confluencedb").map(({ from }) => from);
    assert.deepEqual(consumers, [{ kind: "pods", namespace: "prd-lan-coolcorp", labels: Confluence.labels }]);
  });

  it("C10, C17: its backups are on a volume apart from its home", async () => {
    const { find } = await plannedIn("confluence");
    const volume = find("PersistentVolume", "prd-lan-coolcorp-pvc-confluence-backups");
    assert.deepEqual(valueAtPath(volume, "spec.nfs"), {
      server: "storage.coolcorp.priv",
      path: "/volume1/k8s-psv-nfs-rwm/confluence-lan-prd/backup",
    });
    assert.equal(valueAtPath(volume, "spec.persistentVolumeReclaimPolicy"), "Retain");
    const deployment = find("Deployment", "dep-confluence");
    const mount = valueAtPath(deployment, `${container}.volumeMounts.[name=backup-confluence].mountPath`);
    assert.equal(mount, "/var/atlassian/application-data/confluence/backups");
  });

  it("C16: it is ready when its status says so, and its start may take half an hour", async () => {
    const { find } = await deployed();
    const deployment = find("Deployment", "dep-confluence");
    assert.deepEqual(valueAtPath(deployment, `${container}.readinessProbe.httpGet`), { path: "/status", port: "http" });
    const startup = valueAtPath(deployment, `${container}.startupProbe`) as Record<string, number>;
    assert.equal((startup["periodSeconds"] ?? 0) * (startup["failureThreshold"] ?? 0), 1800);
    assert.deepEqual(valueAtPath(deployment, `${container}.lifecycle.preStop.exec.command`), [
      "sh",
      "-c",
      "/shutdown-wait.sh",
    ]);
  });

  it("X20: database and license come from Secrets, so that the setup does not ask for them", async () => {
    const { find } = await deployed(() => ({ license: "AAAB" }));
    const deployment = find("Deployment", "dep-confluence");
    assert.deepEqual(env(deployment, "ATL_LICENSE_KEY"), {
      name: "ATL_LICENSE_KEY",
      valueFrom: { secretKeyRef: { name: "confluence-license", key: "license" } },
    });
    assert.deepEqual(
      valueAtPath(env(deployment, "ATL_JDBC_URL"), "value"),
      "jdbc:postgresql://svc-confluencedb:5432/confluencedb",
    );
    const { license } = find("Secret", "confluence-license")?.["stringData"] as Record<string, string>;
    assert.equal(license, "AAAB");
  });

  it("its database can be the platform's", async () => {
    const { find, ledger } = await deployed((owner) => ({
      database: {
        host: "pool.sysdb",
        port: 5432,
        database: "confluence",
        username: "confluence",
        password: {
          secret: secret(owner, "db", { name: "confluence-database", namespace: "wiki" }, { password: "pw" }),
          key: "password",
        },
        ready: owner,
      },
    }));
    const deployment = find("Deployment", "dep-confluence");
    assert.equal(find("Deployment", "dep-confluencedb"), undefined);
    assert.equal(valueAtPath(env(deployment, "ATL_JDBC_URL"), "value"), "jdbc:postgresql://pool.sysdb:5432/confluence");
    assert.equal(valueAtPath(env(deployment, "ATL_JDBC_USER"), "value"), "confluence");
    assert.deepEqual(
      ledger.pools.map(({ connections, host }) => [host, connections]),
      [["pool.sysdb", 20]],
    );
  });

  it("Java trusts the stack's own CAs, where there are any", async () => {
    const option = "-Djavax.net.ssl.trustStore=/trust/cacerts";
    const { find } = await deployed(() => ({ authorities: { own: "-----BEGIN CERTIFICATE-----" } }));
    const deployment = find("Deployment", "dep-confluence");
    assert.equal(valueAtPath(env(deployment, "JVM_SUPPORT_RECOMMENDED_ARGS"), "value"), option);
    assert.deepEqual(find("ConfigMap", "confluence-authorities")?.["data"], {
      "own.crt": "-----BEGIN CERTIFICATE-----",
    });
    const without = await deployed();
    assert.deepEqual(env(without.find("Deployment", "dep-confluence"), "JVM_SUPPORT_RECOMMENDED_ARGS"), {
      name: "JVM_SUPPORT_RECOMMENDED_ARGS",
    });
  });

  it("its client at the identity provider returns to the path of Confluence's single sign-on", async () => {
    const { asked } = await deployed((owner, notes) => ({ login: true, identity: fakeIdentity(owner, notes) }));
    assert.deepEqual(
      asked.clients.map(({ name, redirectUris }) => [name, redirectUris]),
      [["confluence", ["https://wiki.example.org/plugins/servlet/oidc/callback"]]],
    );
  });
});
