import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { Secret } from "../../plan/recorder.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { loadSettings } from "../../stacks/settings/load.ts";
import { named, recordStack, root, stackNamed, stacks } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { authority } from "../settings/pem-samples.ts";

const [dev, prod] = stacks as readonly [TestStack, TestStack];
const worldcereal: TestStack = { name: "worldcereal", file: join(root, "examples", "worldcereal.yaml") };
const cnpg = stackNamed("cloudnative-pg");
const external: TestStack = {
  name: "external",
  file: join(root, "Pulumi.prod.yaml"),
  set: [
    "postgresql.engine=external",
    `postgresql.external={host: db.example.org, port: 6432, username: admin, passwordSecret: db-admin, cidrs: [10.1.0.0/16], caBundle: ${JSON.stringify(authority)}}`,
    "midpoint.enabled=true",
    "secrets:db-admin={secure: v1}",
  ],
};

type Json = Record<string, unknown>;
const at = (value: unknown, path: string) =>
  path.split(".").reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);

async function objects(stack: TestStack) {
  const { resources, result } = await recordStack(stack);
  return {
    resources,
    result,
    objects: plannedObjects(resources, ({ value }) => value),
    releases: plannedReleases(resources),
  };
}

describe("postgresql-ha", () => {
  it("W05: three servers and three poolers apart in sysdb, max_connections 512, shared_buffers 80 MB", async () => {
    const { releases, result } = await objects(worldcereal);
    const release = releases.find(({ chart }) => chart === "postgresql-ha");
    assert.deepEqual([release?.name, release?.namespace, release?.version], ["pgsqlha", "sysdb", "16.3.2"]);
    const expected: Json = {
      fullnameOverride: "pgsqlha",
      "postgresql.replicaCount": 3,
      "postgresql.podAntiAffinityPreset": "hard",
      "postgresql.maxConnections": "512",
      "postgresql.extendedConf": "shared_buffers = 81920kB\n",
      "pgpool.replicaCount": 3,
      "pgpool.podAntiAffinityPreset": "hard",
    };
    for (const [path, value] of Object.entries(expected)) assert.deepEqual(at(release?.values, path), value, path);
    assert.deepEqual(result.outputs.services["postgresql"]?.address, "pgsqlha-pgpool.sysdb.svc.cluster.local:5432");
  });

  it("K02: one server in dev", async () => {
    const { releases } = await objects(dev);
    assert.equal(at(releases.find(({ chart }) => chart === "postgresql-ha")?.values, "postgresql.replicaCount"), 1);
  });

  it("poolers together open no more connections than the server takes", async () => {
    for (const stack of stacks) {
      const { releases, result } = await objects(stack);
      const values = releases.find(({ chart }) => chart === "postgresql-ha")?.values;
      const open =
        Number(at(values, "pgpool.replicaCount")) *
        Number(at(values, "pgpool.numInitChildren")) *
        Number(at(values, "pgpool.maxPool"));
      assert.ok(open > 50 && open < result.settings.postgresql.maxConnections, `${open}`);
    }
  });

  it("takes every image from where its frozen copy stands", async () => {
    const { releases } = await objects(prod);
    const values = JSON.stringify(releases.find(({ chart }) => chart === "postgresql-ha")?.values);
    assert.deepEqual(values.match(/bitnamilegacy\/[a-z-]+/g)?.sort(), [
      "bitnamilegacy/pgpool",
      "bitnamilegacy/postgres-exporter",
      "bitnamilegacy/postgresql-repmgr",
    ]);
    assert.match(values, /"allowInsecureImages":true/);
  });

  it("W06: credentials are generated and given by the name of a Secret; each consumer has a role and password of its own", async () => {
    const { objects: all, releases } = await objects(worldcereal);
    const values = releases.find(({ chart }) => chart === "postgresql-ha")?.values;
    assert.deepEqual(
      ["postgresql.existingSecret", "pgpool.existingSecret", "pgpool.customUsersSecret"].map((path) =>
        at(values, path),
      ),
      ["system-db", "pgsqlha-pgpool", "pgsqlha-pgpool-users"],
    );
    const data = (namespace: string, name: string) =>
      all.find((object) => object.kind === "Secret" && object.namespace === namespace && object.name === name)
        ?.manifest["stringData"] as Record<string, string>;
    assert.deepEqual(Object.keys(data("sysdb", "system-db")).sort(), ["password", "repmgr-password"]);
    const consumers = [
      data("kong", "kong-database"),
      all.find(
        ({ kind, namespace, manifest }) =>
          kind === "Secret" &&
          namespace === "keycloak" &&
          Object.hasOwn(manifest["stringData"] as Record<string, string>, "database"),
      )?.manifest["stringData"] as Record<string, string>,
      data("monitoring", "grafana-database"),
    ];
    assert.deepEqual(
      consumers.map(({ username, database, host, port }) => [username, database, host, port]),
      ["kong", "bn_keycloak", "grafana"].map((name) => [name, name, "pgsqlha-pgpool.sysdb.svc.cluster.local", "5432"]),
    );
    const passwords = [...consumers.map(({ password }) => password), data("sysdb", "system-db")["password"]];
    assert.equal(new Set(passwords).size, 4);
    const users = data("sysdb", "pgsqlha-pgpool-users");
    const names = users["usernames"]?.split(";") ?? [];
    assert.deepEqual(names, ["bn_keycloak", "grafana", "kong", "rdm", "vdm", "wctiler", "workflows"]);
    for (const { username = "", password } of consumers)
      assert.equal(users["passwords"]?.split(";")[names.indexOf(username)], password);
  });

  it("W29: in prod the servers are protected and outlive their removal; in dev they do not", async () => {
    for (const [stack, kept] of [
      [prod, true],
      [dev, false],
    ] as const) {
      const { resources } = await objects(stack);
      const release = named(resources, "postgres-release");
      const namespace = named(resources, "namespaces-sysdb", ":Namespace");
      assert.deepEqual(
        [release, namespace].map(({ protect, retainOnDelete }) => [protect, retainOnDelete]),
        [
          [kept, kept],
          [kept, kept],
        ],
      );
    }
  });
});

describe("a consumer's database", () => {
  it("is made by a Job that waits for the server, gets a verifier instead of the password, and runs the scripts", async () => {
    const { objects: all, resources } = await objects(dev);
    const job = all.find(({ kind, name }) => kind === "Job" && name.startsWith("hello-database-job"));
    const container = (at(job?.manifest, "spec.template.spec.containers") as Json[])[0] as {
      env: { name: string; value?: string; valueFrom?: unknown }[];
      command: string[];
    };
    const reference = (name: string) => container.env.find((one) => one.name === name)?.valueFrom;
    assert.deepEqual(reference("PGPASSWORD"), { secretKeyRef: { name: "system-db", key: "password" } });
    assert.deepEqual(reference("ROLE_VERIFIER"), { secretKeyRef: { name: "hello-verifier", key: "verifier" } });
    assert.deepEqual(container.command, ["sh", "/scripts/provision.sh"]);
    const dependencies = named(resources, "postgres-hello-job").dependencies.map((urn) => urn.split("::").at(-1));
    for (const name of ["postgres-release", "postgres-hello-verifier", "postgres-scripts"])
      assert.ok(dependencies.includes(name), name);
    const verifier = named(resources, "postgres-hello-verifier").inputs["stringData"];
    assert.ok(verifier instanceof Secret);
    assert.match((verifier.value as { verifier: string }).verifier, /^SCRAM-SHA-256\$4096:/);
  });

  it("K03: is reached through the Service, and only by its consumer's namespace", async () => {
    const { result } = await objects(dev);
    const poolers = result.ledger.edges
      .filter(({ to }) => to.kind === "pods" && to.labels?.["app.kubernetes.io/component"] === "pgpool")
      .map(({ from, ports }) => `${from.kind === "pods" ? from.namespace : from.kind} ${ports.join()}`);
    assert.deepEqual(
      poolers.sort(),
      ["gateway", "hello", "keycloak", "monitoring", "sysdb"].map((namespace) => `${namespace} 5432`),
    );
  });

  it("asks for extensions and a locale", async () => {
    const { objects: all } = await objects({
      ...dev,
      set: [
        "postgresql.databases=[{name: midpoint, namespace: mp, extensions: [intarray, pg_trgm, fuzzystrmatch], locale: en_US.utf8}]",
      ],
    });
    const text = JSON.stringify(
      all.find(({ kind, name }) => kind === "Job" && name.startsWith("midpoint-database-job"))?.manifest,
    );
    assert.match(text, /\[\\"intarray\\",\\"pg_trgm\\",\\"fuzzystrmatch\\"\]/);
    assert.match(text, /"value":"en_US.utf8"/);
  });
});

describe("K09: the other engines behind the same interface", () => {
  it("cloudnative-pg: an operator, a Cluster with a superuser by Secret, a pooler, and a claim for the log", async () => {
    const { objects: all, resources, releases, result } = await objects(cnpg);
    assert.ok(releases.some(({ chart }) => chart === "cloudnative-pg"));
    const cluster = all.find(({ kind }) => kind === "Cluster")?.manifest["spec"];
    assert.deepEqual(
      [
        "instances",
        "superuserSecret.name",
        "walStorage.size",
        "affinity.podAntiAffinityType",
        "affinity.nodeSelector.system-tag",
      ].map((path) => at(cluster, path)),
      [3, "pgsqlha-postgres", "5Gi", "required", "world-cereal-system"],
    );
    assert.deepEqual(at(all.find(({ kind }) => kind === "Pooler")?.manifest["spec"], "pgbouncer.poolMode"), "session");
    assert.equal(result.outputs.services["postgresql"]?.address, "pgsqlha-pooler.sysdb.svc.cluster.local:5432");
    // On destroy the operator must still be there to let its Cluster go.
    assert.ok(named(resources, "postgres-cluster").dependencies.some((urn) => urn.endsWith("::postgres-operator")));
    assert.equal(named(resources, "postgres-cluster").protect, true);
    const job = JSON.stringify(
      all.find(({ kind, name }) => kind === "Job" && name.startsWith("rdm-database-job"))?.manifest,
    );
    assert.match(job, /pgsqlha-rw\.sysdb\.svc\.cluster\.local/);
  });

  it("external: nothing is installed, the Jobs log in as the given role, and policies open its addresses only", async () => {
    const { objects: all, releases, resources, result } = await objects(external);
    assert.deepEqual(
      releases.map(({ chart }) => chart).filter((chart) => /postgres|cloudnative/.test(chart)),
      [],
    );
    const secret = named(resources, "postgres-external-secret").inputs["stringData"];
    assert.ok(secret instanceof Secret);
    assert.deepEqual(secret.value, { username: "admin", password: "(encrypted)", "ca.crt": authority });
    assert.equal(result.outputs.services["postgresql"]?.address, "db.example.org:6432");
    const policy = JSON.stringify(
      all.find(({ kind, name }) => kind === "NetworkPolicy" && name.startsWith("allow-database-job"))?.manifest,
    );
    assert.match(policy, /"cidr":"10\.1\.0\.0\/16"/);
  });

  it("external: plaintext and an unverified server are warned of", () => {
    const warned = (...set: string[]) => {
      const { values, secretKeys } = readStackFile(external.file, [...(external.set ?? []), ...set]);
      const { warnings } = loadSettings({ values, secretKeys: new Set(secretKeys) }, external.name);
      return warnings.filter(({ key }) => /sslMode$/.test(key)).map(({ key, message }) => `${key}: ${message}`);
    };
    const unset = "postgresql.external.caBundle=null";
    assert.deepEqual(warned(), []);
    assert.deepEqual(warned(unset, "postgresql.external.sslMode=disable"), [
      "groundplan:postgresql.external.sslMode: passwords and data are sent to the server in plaintext",
    ]);
    assert.deepEqual(warned(unset, "postgresql.external.sslMode=require"), [
      "groundplan:postgresql.external.sslMode: no client verifies the server, so another one can take its place",
    ]);
  });

  describe("external: TLS of each client", () => {
    const withTls = (...set: string[]) => ({ ...external, set: [...(external.set ?? []), ...set] });
    const unset = "postgresql.external.caBundle=null";
    const rows = [
      {
        title: "verifies the server by the CA of the settings",
        stack: external,
        given: { sslmode: "verify-full", "ca.crt": authority },
        job: { PGSSLMODE: "verify-full", PGSSLROOTCERT: "/tls/ca.crt" },
        kong: {
          pg_ssl: "on",
          pg_ssl_verify: "on",
          lua_ssl_trusted_certificate: "system,/etc/secrets/kong-database/ca.crt",
        },
        grafana: { ssl_mode: "verify-full", ca_cert_path: "/etc/grafana-database/ca.crt" },
        keycloak: "?sslmode=verify-full&sslrootcert=/database/ca.crt",
        midpoint: "?sslmode=verify-full&sslrootcert=/opt/midpoint/config-secrets/ca.crt",
      },
      {
        title: "verifies the server by the public CAs of its image",
        stack: withTls(unset),
        given: { sslmode: "verify-full" },
        job: { PGSSLMODE: "verify-full", PGSSLROOTCERT: "system" },
        kong: { pg_ssl: "on", pg_ssl_verify: "on" },
        grafana: { ssl_mode: "verify-full" },
        keycloak: "?sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory",
        midpoint: "?sslmode=verify-full&sslrootcert=/etc/ssl/cert.pem",
      },
      {
        title: "encrypts without verification",
        stack: withTls(unset, "postgresql.external.sslMode=require"),
        given: { sslmode: "require" },
        job: { PGSSLMODE: "require", PGSSLROOTCERT: "" },
        kong: { pg_ssl: "on" },
        grafana: { ssl_mode: "require" },
        keycloak: "?sslmode=require",
        midpoint: "?sslmode=require",
      },
      {
        title: "sends plaintext",
        stack: withTls(unset, "postgresql.external.sslMode=disable"),
        given: {},
        job: { PGSSLMODE: "disable", PGSSLROOTCERT: "" },
        kong: {},
        grafana: { ssl_mode: "disable" },
        keycloak: undefined,
        midpoint: "",
      },
    ];
    for (const { title, stack, ...expected } of rows)
      it(title, async () => {
        const { objects: all, releases, resources } = await objects(stack);
        const given = (named(resources, "postgres-kong-secret").inputs["stringData"] as Secret).value as Json;
        const { database, host, password, port, username, ...rest } = given;
        assert.ok(database && host && password && port && username);
        assert.deepEqual(rest, expected.given);

        const variable = (name: string) => {
          const found = all.flatMap(({ kind, manifest }) => {
            const text = /^(Job|StatefulSet)$/.test(kind) ? JSON.stringify(manifest) : "";
            return new RegExp(`"name":"${name}","value":"([^"]*)"`).exec(text)?.[1] ?? [];
          });
          return [...new Set(found)].join();
        };
        assert.equal(variable("PGSSLMODE"), expected.job.PGSSLMODE);
        assert.equal(variable("PGSSLROOTCERT"), expected.job.PGSSLROOTCERT);
        assert.equal(
          variable("MP_SET_midpoint_repository_jdbcUrl"),
          `jdbc:postgresql://db.example.org:6432/midpoint${expected.midpoint}`,
        );

        const values = (chart: string) => releases.find((release) => release.chart === chart)?.values as Json;
        const kong = values("kong")["env"] as Json;
        const ofTls = Object.keys(kong).filter((key) => /ssl/.test(key) && key !== "lua_ssl_verify_depth");
        assert.deepEqual(Object.fromEntries(ofTls.map((key) => [key, kong[key]])), expected.kong);
        const grafana = at(values("kube-prometheus-stack"), "grafana") as Json;
        const { ssl_mode, ca_cert_path } = (grafana["grafana.ini"] as Json)["database"] as Json;
        assert.deepEqual({ ssl_mode, ca_cert_path }, { ca_cert_path: undefined, ...expected.grafana });
        const keycloak = /"KC_DB_URL_PROPERTIES","value":"([^"]*)"/.exec(String(values("keycloakx")["extraEnv"]));
        assert.equal(keycloak?.[1], expected.keycloak);

        // The Secret with the CA is mounted where a client reads it.
        const mounted = "ca.crt" in expected.given;
        assert.deepEqual(values("kong")["secretVolumes"], mounted ? ["kong-database"] : undefined);
        assert.equal(at(grafana, "extraSecretMounts.0.secretName"), mounted ? "grafana-database" : undefined);
        assert.equal(/"keycloak-database"/.test(String(values("keycloakx")["extraVolumes"])), mounted);
      });
  });
});

describe("W31: versions of charts", () => {
  it("stand in one place", () => {
    const text = readFileSync(join(root, "components", "kit", "catalogue.ts"), "utf8");
    assert.equal(text.match(/version: "/g)?.length, text.match(/repository: "/g)?.length);
  });
});
