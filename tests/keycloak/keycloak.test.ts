import assert from "node:assert/strict";
import { parse } from "yaml";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { planFiles } from "../../plan/files.ts";
import { deployed } from "./deployed.ts";
import { planStack } from "../plans.ts";
import { authority } from "../settings/pem-samples.ts";
import { named, recordAnew, recordStack, stackNamed, stacks } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const [dev, prod] = stacks as readonly [TestStack, TestStack];

type Json = Record<string, unknown>;
const at = (value: unknown, path: string) =>
  path.split(".").reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);

async function recorded(stack: TestStack, record = recordStack) {
  const { resources, result } = await record(stack);
  const objects = plannedObjects(resources, ({ value }) => value);
  const release = plannedReleases(resources).find(({ chart }) => chart === "keycloakx");
  const env = parse(String(at(release?.values, "extraEnv"))) as { name: string; value?: string; valueFrom?: unknown }[];
  const find = (kind: string, name: string) => objects.find((one) => one.kind === kind && one.name.startsWith(name));
  return { resources, result, objects, values: release?.values, env, find };
}

const value = (env: Awaited<ReturnType<typeof recorded>>["env"], name: string) =>
  env.find((one) => one.name === name)?.value;

describe("Keycloak's servers", () => {
  it("K02, W12: two by default, three in prod, on nodes of their own, one after the other", async () => {
    for (const [stack, replicas] of [
      [{ ...prod, set: ["keycloak.replicas=2"] }, 2],
      [prod, 3],
      [stackNamed("keycloak"), 2],
    ] as const) {
      const { values } = await recorded(stack);
      assert.equal(at(values, "replicas"), replicas);
      assert.equal(at(values, "podManagementPolicy"), "OrderedReady");
      const required = at(
        JSON.parse(String(at(values, "affinity"))),
        "podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution",
      ) as Json[];
      assert.equal(required[0]?.["topologyKey"], "kubernetes.io/hostname");
      assert.deepEqual(at(values, "podDisruptionBudget"), { maxUnavailable: 1 });
    }
  });

  it("are built once for each pod, with the options that the chart gives the servers", async () => {
    const { build, command, server } = await deployed(stackNamed("dev"));
    assert.deepEqual(command, ["/opt/keycloak/bin/kc.sh", "start", "--optimized"]);
    for (const [option, value] of Object.entries(build))
      if (option !== "JAVA_OPTS_KC_HEAP") assert.equal(server[option], value, option);
    // Keycloak, "All configuration": the build options that this stack sets.
    const options = ["KC_DB", "KC_HEALTH_ENABLED", "KC_HTTP_RELATIVE_PATH", "KC_METRICS_ENABLED"];
    assert.deepEqual(
      Object.keys(build).filter((option) => option.startsWith("KC_")),
      options,
    );
  });

  it("create the client of the realm's Job where the database has a Keycloak, in the first pod, and else do not", async () => {
    const { bootstrap, server } = await deployed({ ...stackNamed("dev"), set: ["keycloak.existingDatabase=true"] });
    assert.match(
      bootstrap?.command.at(-1) ?? "",
      /^case "\$HOSTNAME" in\n\*-0\) exec .*kc\.sh bootstrap-admin service --optimized /,
    );
    assert.deepEqual(
      [bootstrap?.env["CLIENT_ID"], bootstrap?.env["CLIENT_SECRET"]],
      [server["KC_BOOTSTRAP_ADMIN_CLIENT_ID"], server["KC_BOOTSTRAP_ADMIN_CLIENT_SECRET"]],
    );
    assert.ok(!bootstrap?.command.join().includes(bootstrap.env["CLIENT_SECRET"] ?? ""));
    const { values } = await recorded({ ...stackNamed("dev"), set: ["keycloak.existingDatabase=true"] });
    const [build, container] = parse(String(at(values, "extraInitContainers"))) as Json[];
    assert.equal(container?.["image"], build?.["image"]);
    const database = ["hostname", "port", "database", "username"].map((key) => String(at(values, `database.${key}`)));
    const names = ["HOST", "PORT", "DATABASE"].map((name) => `KC_DB_URL_${name}`);
    assert.deepEqual(
      [...names, "KC_DB_USERNAME"].map((name) => bootstrap?.env[name]),
      database,
    );
    assert.equal((await deployed(stackNamed("dev"))).bootstrap, undefined);
  });

  it("reach an existing database with TLS as the servers do", async () => {
    const external = { host: "db.example.org", passwordSecret: "db-admin", caBundle: authority };
    const set = [
      `postgresql=${JSON.stringify({ engine: "external", external })}`,
      "secrets:db-admin={secure: v1}",
      "keycloak.existingDatabase=true",
    ];
    const { bootstrap, server } = await deployed({ ...stackNamed("dev"), set });
    assert.match(bootstrap?.env["KC_DB_URL_PROPERTIES"] ?? "", /^\?sslmode=verify-full&sslrootcert=\/database\//);
    assert.equal(bootstrap?.env["KC_DB_URL_PROPERTIES"], server["KC_DB_URL_PROPERTIES"]);
    const { values } = await recorded({ ...stackNamed("dev"), set });
    const [, container] = parse(String(at(values, "extraInitContainers"))) as Json[];
    assert.match(JSON.stringify(container?.["volumeMounts"]), /"mountPath":"\/database"/);
  });

  it("put groups into tokens, except for logins that keep their tokens in cookies", async () => {
    const claims = async (set: readonly string[]) => {
      const { document } = await deployed({ ...stackNamed("dev"), set });
      const { clients } = JSON.parse(document) as {
        clients: { clientId: string; protocolMappers?: { name: string; config: Record<string, string> }[] }[];
      };
      return Object.fromEntries(
        clients.flatMap(({ clientId, protocolMappers = [] }) => {
          const config = protocolMappers.find(({ name }) => name === "groups")?.config;
          const where = (place: string) => config?.[`${place}.token.claim`] === "true";
          return config === undefined ? [] : [[clientId, ["access", "id", "userinfo"].filter(where).join()]];
        }),
      );
    };
    const all = "access,id,userinfo";
    const dev = await claims([]);
    assert.deepEqual(
      [dev["prometheus"], dev["graylog"], dev["hello"], dev["grafana"]],
      ["userinfo", "userinfo", "userinfo", all],
    );
    const programs = await claims(["gateway.hosts[0].login.apiPaths=[/api]"]);
    assert.equal(programs["hello"], all, "programs send tokens of this client");
  });

  it("K04, D15: find each other through the database, and their ports are open between them alone", async () => {
    const { values, env, result } = await recorded(prod);
    assert.equal(at(values, "cache.stack"), "default");
    assert.deepEqual(env.find(({ name }) => name === "KC_CACHE_EMBEDDED_NETWORK_BIND_ADDRESS")?.valueFrom, {
      fieldRef: { fieldPath: "status.podIP" },
    });
    const cluster = result.ledger.edges.filter(({ ports }) => ports.includes(7800));
    assert.equal(cluster.length, 1);
    assert.deepEqual([cluster[0]?.ports, cluster[0]?.from], [[7800, 57800], cluster[0]?.to]);
  });

  it("K11: are reached without a gateway at the Service's own address, by HTTPS with a certificate for the host", async () => {
    const host = "auth.keycloak.example.org";
    const { values, result, objects } = await recorded(stackNamed("keycloak"));
    assert.deepEqual(at(values, "service"), { type: "LoadBalancer", httpPort: 80, httpsPort: 443 });
    const certificate = objects.find(({ kind }) => kind === "Certificate");
    assert.deepEqual(at(certificate?.manifest, "spec.dnsNames"), ["keycloak-http.keycloak.svc.cluster.local", host]);
    assert.ok(result.ledger.hosts.some((one) => one.host === host));
    const open = result.ledger.edges.filter(({ from }) => from.kind === "outside");
    assert.deepEqual(
      open.map(({ ports }) => ports),
      [[8443]],
    );
  });

  it("K11: the plan says how browsers connect where the Service has no address outside the cluster", async () => {
    const stack = { ...stackNamed("keycloak"), set: ["keycloak.service.type=ClusterIP"] };
    const { result, values } = await recorded(stack, recordAnew);
    assert.equal(at(values, "service.type"), undefined);
    assert.ok(result.ledger.edges.every(({ from }) => from.kind !== "outside"));
    const purpose = result.ledger.services.find(({ name }) => name === "keycloak")?.purpose ?? "";
    assert.match(
      purpose,
      /kubectl --namespace keycloak port-forward service\/keycloak-http 443, with auth\.keycloak\.example\.org at 127\.0\.0\.1/,
    );
  });

  it("K06, K07, D15: are probed at the management port; a start may take the time of a migration", async () => {
    const { values } = await recorded(prod);
    for (const [probe, path] of [
      ["startupProbe", "/health/started"],
      ["livenessProbe", "/health/live"],
      ["readinessProbe", "/health/ready"],
    ] as const) {
      const check = JSON.parse(String(at(values, probe))) as Json;
      assert.deepEqual([at(check, "httpGet.path"), at(check, "httpGet.port")], [path, "http-internal"]);
    }
    const startup = JSON.parse(String(at(values, "startupProbe"))) as {
      failureThreshold: number;
      periodSeconds: number;
    };
    assert.ok(startup.failureThreshold * startup.periodSeconds >= 600);
  });

  it("K01: HTTP at 80 and, where settings ask for it, HTTPS at 443 with a certificate of cert-manager", async () => {
    const { values, env, objects } = await recorded(stackNamed("keycloak"));
    assert.deepEqual([at(values, "service.httpPort"), at(values, "service.httpsPort")], [80, 443]);
    assert.equal(value(env, "KC_HTTPS_CERTIFICATE_FILE"), "/certificate/tls.crt");
    assert.equal(value(env, "KC_HTTP_MANAGEMENT_SCHEME"), "http");
    const certificate = objects.find(({ kind, namespace }) => kind === "Certificate" && namespace === "keycloak");
    assert.deepEqual(at(certificate?.manifest, "spec.dnsNames"), [
      "keycloak-http.keycloak.svc.cluster.local",
      "auth.keycloak.example.org",
    ]);
    const plain = await recorded(dev);
    assert.equal(at(plain.values, "service.httpsPort"), 0);
    assert.equal(value(plain.env, "KC_HTTPS_CERTIFICATE_FILE"), undefined);
  });

  it("K03: have a database of their own through the Service, with the password by reference", async () => {
    const { values, result, resources } = await recorded(stackNamed("worldcereal"));
    assert.deepEqual(
      ["hostname", "database", "username", "existingSecret", "existingSecretKey"].map((key) =>
        at(values, `database.${key}`),
      ),
      [
        "pgsqlha-pgpool.sysdb.svc.cluster.local",
        "bn_keycloak",
        "bn_keycloak",
        "bn_keycloak-database-1d1ab09b",
        "password",
      ].map((text, index) => (index === 3 ? at(values, "database.existingSecret") : text)),
    );
    assert.deepEqual(
      result.ledger.pools.filter(({ consumer }) => consumer === "keycloak"),
      [
        {
          consumer: "keycloak",
          database: "bn_keycloak",
          host: "pgsqlha-pgpool.sysdb.svc.cluster.local",
          connections: 40,
          replicas: 3,
        },
      ],
    );
    const waits = named(resources, "keycloak-release").dependencies.map((urn) => urn.split("::").at(-1));
    assert.ok(waits.includes("postgres-bn_keycloak-job"), waits.join());
  });

  it("D12: answer at the public host and inside the cluster, at the root, and take their heap from the limit", async () => {
    const { values, env, result } = await recorded(dev);
    assert.equal(value(env, "KC_HOSTNAME"), "https://auth.dev.example.org");
    assert.equal(value(env, "KC_HOSTNAME_BACKCHANNEL_DYNAMIC"), "true");
    assert.match(value(env, "JAVA_OPTS_KC_HEAP") ?? "", /MaxRAMPercentage=65/);
    assert.deepEqual([at(values, "http.relativePath"), at(values, "proxy.mode")], ["/", "xforwarded"]);
    assert.equal(result.outputs.services["keycloak"]?.address, "http://keycloak-http.keycloak.svc.cluster.local");
  });
});

describe("a client of the realm", () => {
  it("X5: is declared once: the realm's entry, the Secret in the consumer's namespace, and the way to the provider", async () => {
    const { find, objects, result } = await recorded(dev);
    const secret = objects.find(({ kind, name }) => kind === "Secret" && name === "hello-oidc");
    assert.equal(secret?.namespace, "hello");
    const own = at(secret?.manifest, "stringData") as Json;
    assert.equal(own["client-id"], "hello");
    const realmSecrets = at(
      objects.find(
        ({ kind, name, namespace }) => kind === "Secret" && name === "keycloak-realm" && namespace === "keycloak",
      )?.manifest,
      "stringData",
    ) as Json;
    assert.equal(realmSecrets["CLIENT_HELLO"], own["client-secret"]);
    const document = at(find("ConfigMap", "keycloak-realm")?.manifest, "data") as Json;
    const realm = JSON.parse(String(document["realm.json"])) as { realm: string; clients: Json[] };
    assert.equal(realm.realm, result.settings.keycloak.realm.name);
    const hello = realm.clients.find(({ clientId }) => clientId === "hello");
    assert.deepEqual(hello?.["redirectUris"], ["https://hello.dev.example.org/oauth2/callback"]);
    assert.equal(hello["secret"], "$(env:CLIENT_HELLO)");
    assert.ok(
      result.ledger.edges.some(
        ({ from, purpose }) =>
          from.kind === "pods" && from.namespace === "hello" && purpose === "client hello asks Keycloak",
      ),
    );
  });

  it("keeps the secret that its application already has, and a flow that the realm already has", async () => {
    const client = "{name: wiki, namespace: wiki, everyone: true, flow: with passkey, clientSecretSecret: wiki-secret}";
    const set = [`keycloak.clients=[${client}]`, "secrets:wiki-secret={secure: v1}"];
    const { objects, resources, result, find } = await recorded({ ...dev, set });
    const stringData = (name: string, namespace: string) =>
      objects.find((one) => one.kind === "Secret" && one.name === name && one.namespace === namespace)?.manifest[
        "stringData"
      ] as Json;
    const value = stringData("wiki-oidc", "wiki")["client-secret"];
    assert.equal(stringData("keycloak-realm", "keycloak")["CLIENT_WIKI"], value);
    assert.doesNotMatch(String(value), /^made-up-/, "it is not generated");
    assert.ok(!resources.some(({ name, type }) => type.startsWith("random:") && name.includes("client-wiki")));
    assert.ok(!result.ledger.credentials.some(({ name }) => name === "wiki-oidc"));
    const document = at(find("ConfigMap", "keycloak-realm")?.manifest, "data") as Json;
    const { clients } = JSON.parse(String(document["realm.json"])) as { clients: Json[] };
    const wiki = clients.find(({ clientId }) => clientId === "wiki");
    assert.deepEqual(wiki?.["authenticationFlowBindingOverrides"], { browser: "with passkey" });
  });

  it("X1: has a secret that stands in Secrets alone", async () => {
    const { objects } = await recorded(stackNamed("worldcereal"));
    const values = objects
      .filter(
        ({ kind, name }) =>
          kind === "Secret" && (name.endsWith("-oidc") || name === "keycloak-realm" || name === "keycloak-admin"),
      )
      .flatMap(({ manifest }) => Object.entries(manifest["stringData"] as Record<string, string>))
      .filter(([key]) => key !== "client-id" && key !== "username")
      .map(([, text]) => text);
    assert.equal(new Set(values).size, 10 + 1 + 2, "ten clients, one user, two of Keycloak's own");
    const plan = await planStack(stackNamed("worldcereal"));
    for (const [file, text] of planFiles(plan)) for (const one of values) assert.ok(!text.includes(one), file);
  });

  it("X21: is applied by a Job that follows the document, and that consumers can wait for", async () => {
    const job = async (...set: string[]) => (await recorded({ ...dev, set })).find("Job", "keycloak-realm-job")?.name;
    const first = await job();
    assert.equal((await recorded(dev, recordAnew)).find("Job", "keycloak-realm-job")?.name, first);
    const changed = [
      await job("keycloak.realm.displayName=Other"),
      await job("rotation.hello-oidc=2"),
      await job("keycloak.keepManual=false"),
    ];
    assert.equal(new Set([first, ...changed]).size, 4);
    const { resources } = await recorded(dev);
    const waits = named(resources, "realm-job").dependencies.map((urn) => urn.split("::").at(-1));
    for (const name of ["keycloak-release", "realm-document", "realm-secrets"]) assert.ok(waits.includes(name), name);
  });

  it("keeps groups that people made, as flows and identity providers, unless settings say otherwise", async () => {
    const managed = async (...set: string[]) => {
      const { job } = await deployed({ ...dev, set });
      return ["AUTHENTICATIONFLOW", "GROUP", "SUBGROUP", "CLIENTSCOPE"].map((what) => job[`IMPORT_MANAGED_${what}`]);
    };
    assert.deepEqual(await managed(), Array(4).fill("no-delete"));
    assert.deepEqual(await managed("keycloak.keepManual=false"), ["full", "full", "full", "no-delete"]);
  });

  it("X22: is repaired at the times that the settings say, by the same document", async () => {
    const { find } = await recorded(prod);
    const repair = find("CronJob", "keycloak-realm-repair")?.manifest;
    assert.equal(at(repair, "spec.schedule"), "30 3 * * *");
    assert.match(JSON.stringify(repair), /"name":"IMPORT_CACHE_ENABLED","value":"false"/);
    assert.equal((await recorded(dev)).find("CronJob", "keycloak-realm-repair"), undefined);
  });
});

describe("the outputs", () => {
  it("hold the first administrators' passwords, marked secret", async () => {
    const { result } = await recorded(dev);
    const { keycloak } = result.outputs.administrators as unknown as { keycloak?: unknown };
    assert.ok(keycloak !== "admin");
  });
});
