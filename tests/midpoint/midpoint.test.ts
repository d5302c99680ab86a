// midPoint's objects, by the rows of the guide to clusters. It does not start midPoint.
import assert from "node:assert/strict";
import type { MidPointArgs } from "../../components/midpoint/midpoint.ts";
import { readKeystore } from "../../components/midpoint/keystore-reader.ts";
import { xmlProblem } from "../../components/midpoint/xml.ts";
import { made } from "../kit/environment.ts";
import { build, fakeGateway, fakeIdentity } from "./fakes.ts";
import type { Asked } from "./fakes.ts";
import { ROOT } from "./sample-certificates.ts";

type Part = Record<string, unknown>;
interface Container extends Part {
  readonly name: string;
  readonly env: { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly volumeMounts: { readonly name: string; readonly mountPath: string }[];
}
interface Spec extends Part {
  readonly template: {
    readonly metadata: { readonly labels: Record<string, string>; readonly annotations: Record<string, string> };
    readonly spec: Part & {
      readonly initContainers: Container[];
      readonly containers: Container[];
      readonly volumes: (Part & { readonly name: string })[];
    };
  };
}

type Changes = Parameters<typeof build>[1];

async function deployed(changes?: Changes, environment: Parameters<typeof made>[1] = {}) {
  const { objects, resources, ledger } = await made((given) => void build(given, changes), environment);
  const find = (kind: string, name: string) => {
    const found = objects.find((one) => one.kind === kind && one.name === name);
    assert.ok(found, `${kind} ${name}`);
    return found.manifest;
  };
  const set = find("StatefulSet", "mp-pg-demo");
  const spec = set["spec"] as Spec;
  const [node] = spec.template.spec.containers;
  assert.ok(node);
  const init = (name: string) => {
    const container = spec.template.spec.initContainers.find((one) => one.name === name);
    assert.ok(container, name);
    return container;
  };
  const env = (container: Container) =>
    Object.fromEntries(container.env.map(({ name, ...rest }) => [name, rest.value ?? rest.valueFrom]));
  const mount = (container: Container, path: string) =>
    container.volumeMounts.find(({ mountPath }) => mountPath === path);
  const volume = (name: string) => spec.template.spec.volumes.find((one) => one.name === name);
  return { objects, resources, ledger, find, set, spec, node, init, env, mount, volume };
}

const folder = { server: "10.96.0.49", path: "/exports" };
const shared: Partial<MidPointArgs> = {
  shared: folder,
  files: { logs: "shared", exports: "shared", connectors: "shared" },
};

describe("midPoint", () => {
  it("M01, M02: stands under the guide's names, behind a headless Service", async () => {
    const { spec, node, set, find } = await deployed();
    assert.equal((set["metadata"] as { namespace: string }).namespace, "mp-demo");
    assert.equal(spec["serviceName"], "mp-pg-demo");
    assert.equal(spec.template.metadata.labels["app"], "mp-pg-demo");
    assert.equal(node.name, "mp-pg-demo");
    assert.deepEqual(node["ports"], [{ name: "gui", containerPort: 8080 }]);
    assert.match(String(node["image"]), /^docker\.io\/evolveum\/midpoint:4\.10\.\d+-alpine$/);
    const headless = find("Service", "mp-pg-demo")["spec"] as Part;
    assert.deepEqual([headless["clusterIP"], headless["publishNotReadyAddresses"]], ["None", true]);
  });

  it("M03, M04: every node is clustered, named after its pod, and called by its own address", async () => {
    const { node, env } = await deployed();
    const variables = env(node);
    assert.equal(variables["MP_SET_midpoint_taskManager_clustered"], "true");
    assert.equal(variables["MP_SET_midpoint_nodeIdSource"], "hostname");
    assert.equal(
      variables["MP_SET_midpoint_url"],
      "http://$(POD_NAME).mp-pg-demo.mp-demo.svc.cluster.local:8080/midpoint",
    );
    // Kubernetes fills in what stands before only.
    const names = node.env.map(({ name }) => name);
    assert.ok(names.indexOf("POD_NAME") < names.indexOf("MP_SET_midpoint_url"));
    assert.deepEqual(variables["POD_NAME"], { fieldRef: { fieldPath: "metadata.name" } });
  });

  it("M06, M07, M08, D18: the keystore is a Secret at its place, its password beside it without a line break", async () => {
    const { node, env, mount, volume, find } = await deployed();
    assert.deepEqual(volume("keystore"), {
      name: "keystore",
      secret: { secretName: "mp-demo-keystore", defaultMode: 420 },
    });
    assert.equal(mount(node, "/opt/midpoint/mount-keystore")?.name, "keystore");
    const variables = env(node);
    const file = "/opt/midpoint/mount-keystore/keystore.jceks";
    assert.equal(variables["MP_SET_midpoint_keystore_keyStorePath"], file);
    assert.equal(variables["MP_SET_javax_net_ssl_trustStore"], file);
    assert.equal(variables["MP_SET_midpoint_keystore_keyStorePassword_FILE"], "/opt/midpoint/mount-keystore/keystore");
    const data = find("Secret", "mp-demo-keystore")["data"] as Record<string, string>;
    assert.deepEqual(Object.keys(data).sort(), ["keystore", "keystore.jceks"]);
    const password = Buffer.from(data["keystore"] ?? "", "base64").toString();
    assert.doesNotMatch(password, /\s/);
    const entries = readKeystore(Buffer.from(data["keystore.jceks"] ?? "", "base64"), password);
    assert.deepEqual(
      entries.map((entry) => [entry.alias, entry.kind === "secret key" ? entry.bits : 0]),
      [["default", 256]],
    );
  });

  it("M10: or the first node makes it in the shared folder, and the others wait for that node", async () => {
    const { spec, node, env, mount, objects } = await deployed(() => ({
      ...shared,
      keystore: { source: "shared", firstKeyBits: 256 },
    }));
    assert.equal(spec["podManagementPolicy"], "OrderedReady");
    assert.equal(env(node)["MP_SET_midpoint_keystore_keyStorePath"], "/opt/midpoint/shared-keystore/keystore.jceks");
    // midPoint writes a keystore with its own password, whatever it is told.
    assert.equal(env(node)["MP_SET_midpoint_keystore_keyStorePassword_FILE"], undefined);
    assert.deepEqual(mount(node, "/opt/midpoint/shared-keystore"), {
      name: "nfs",
      mountPath: "/opt/midpoint/shared-keystore",
      subPath: "keystore",
    });
    assert.ok(!objects.some(({ name }) => name === "mp-demo-keystore"));
  });

  it("M11: certificates to trust are in the keystore, or given to the node that makes it", async () => {
    const trusted = { company: ROOT };
    const own = await deployed(() => ({ trusted }));
    const data = own.find("Secret", "mp-demo-keystore")["data"] as Record<string, string>;
    const text = (key: string) => Buffer.from(data[key] ?? "", "base64");
    assert.deepEqual(
      readKeystore(text("keystore.jceks"), text("keystore").toString()).map(({ alias, kind }) => [alias, kind]),
      [
        ["company-1", "trusted certificate"],
        ["default", "secret key"],
      ],
    );
    const first = await deployed(() => ({ ...shared, trusted, keystore: { source: "shared", firstKeyBits: 256 } }));
    assert.deepEqual(first.env(first.init("mp-config-init")), {
      HOME: "/tmp",
      MP_CERT: { secretKeyRef: { name: "cert-mp-pg-demo", key: "tls.crt" } },
      MP_INIT_CFG: "/opt/mp-home",
      MP_KEYSTORE: "/opt/midpoint/shared-keystore/keystore.jceks",
      MP_PW_DEF: "/opt/midpoint/shared-keystore/keystore-password",
    });
  });

  it("M12, M13: an init container writes the configuration into the home", async () => {
    const { init, node, env, mount, spec } = await deployed();
    const container = init("mp-config-init");
    assert.deepEqual(container["command"], ["/bin/bash", "/opt/midpoint/bin/midpoint.sh", "init-native"]);
    assert.equal(env(container)["MP_INIT_CFG"], "/opt/mp-home");
    assert.deepEqual(mount(container, "/opt/mp-home"), {
      name: "mp-home",
      mountPath: "/opt/mp-home",
      subPath: "mp-home",
    });
    assert.deepEqual(mount(node, "/opt/midpoint/var"), {
      name: "mp-home",
      mountPath: "/opt/midpoint/var",
      subPath: "mp-home",
    });
    assert.deepEqual(
      spec.template.spec.initContainers.map(({ name }) => name),
      ["mp-home-init", "mp-config-init", "mp-schema-init"],
    );
  });

  it("M14, M15: reaches its database with a password from a file, for ninja as for itself", async () => {
    const { node, init, env, mount, volume, ledger } = await deployed();
    for (const container of [node, init("mp-schema-init")]) {
      const variables = env(container);
      assert.equal(variables["MP_SET_midpoint_repository_database"], "postgresql");
      assert.equal(variables["MP_SET_midpoint_repository_jdbcUsername"], "midpoint");
      assert.equal(variables["MP_SET_midpoint_repository_jdbcPassword_FILE"], "/opt/midpoint/config-secrets/password");
      assert.equal(
        variables["MP_SET_midpoint_repository_jdbcUrl"],
        "jdbc:postgresql://mp-demo-db.mp-demo.svc.cluster.local:5432/midpoint",
      );
      assert.equal(variables["MP_UNSET_midpoint_repository_hibernateHbm2ddl"], "1");
      assert.equal(variables["MP_NO_ENV_COMPAT"], "1");
      assert.equal(variables["MP_SET_midpoint_repository_maxPoolSize"], "24");
      assert.equal(mount(container, "/opt/midpoint/config-secrets")?.name, "db-pass");
    }
    assert.equal((volume("db-pass")?.["secret"] as { secretName: string }).secretName, "midpoint-database");
    assert.deepEqual(ledger.pools, [
      {
        consumer: "midpoint",
        database: "midpoint",
        host: "mp-demo-db.mp-demo.svc.cluster.local",
        connections: 24,
        replicas: 2,
      },
    ]);
  });

  it("M16, M17: post-initial objects come from ConfigMaps, and what was imported is remembered on the shared folder", async () => {
    const objects = [{ name: "100-a.xml", text: "<a/>" }];
    const { node, env, mount, volume, find } = await deployed(() => ({ ...shared, objects }));
    assert.equal(env(node)["MP_ENTRY_POINT"], "/opt/midpoint-dirs-docker-entrypoint");
    assert.deepEqual(volume("mp-poi"), { name: "mp-poi", configMap: { name: "mp-demo-poi", defaultMode: 420 } });
    assert.equal(mount(node, "/opt/midpoint-dirs-docker-entrypoint/post-initial-objects")?.name, "mp-poi");
    assert.deepEqual(find("ConfigMap", "mp-demo-poi")["data"], { "100-a.xml": "<a/>" });
    assert.deepEqual(mount(node, "/opt/midpoint/var/post-initial-objects"), {
      name: "nfs",
      mountPath: "/opt/midpoint/var/post-initial-objects",
      subPath: "poi",
    });
    const { nfs } = find("PersistentVolume", "mp-demo-shared")["spec"] as Part;
    assert.deepEqual(nfs, folder);
    assert.deepEqual(volume("nfs"), { name: "nfs", persistentVolumeClaim: { claimName: "shared" } });
  });

  it("M16: objects beyond one ConfigMap are spread over several, and stand in one folder all the same", async () => {
    const text = `<a>${"x".repeat(600_000)}</a>`;
    const objects = ["100-a.xml", "200-b.xml"].map((name) => ({ name, text }));
    const { volume } = await deployed(() => ({ objects }));
    assert.deepEqual(volume("mp-poi"), {
      name: "mp-poi",
      projected: {
        defaultMode: 420,
        sources: [{ configMap: { name: "mp-demo-poi" } }, { configMap: { name: "mp-demo-poi-2" } }],
      },
    });
  });

  it("M20, D14: clients stay with a node for three hours", async () => {
    const { find } = await deployed();
    const spec = find("Service", "mp-pg-demo-gui")["spec"] as Part;
    assert.equal(spec["sessionAffinity"], "ClientIP");
    assert.deepEqual(spec["sessionAffinityConfig"], { clientIP: { timeoutSeconds: 10800 } });
  });

  it("M21: browsers stay with a node by a cookie, whatever the gateway is", async () => {
    const asked: Asked = { exposures: [], clients: [] };
    await deployed((owner) => ({ gateway: fakeGateway(owner, asked) }));
    const [request] = asked.exposures;
    assert.deepEqual(request?.sticky, { cookie: "mp-demo" });
    assert.deepEqual(request.service, {
      name: "mp-pg-demo-gui",
      namespace: "mp-demo",
      port: 8080,
      targetPort: 8080,
      labels: { "app.kubernetes.io/component": "node", "app.kubernetes.io/name": "midpoint" },
    });
  });

  it("M22: nodes start one after the other, stop in peace, and their claims stay", async () => {
    const { spec, node, find } = await deployed();
    assert.equal(spec["replicas"], 2);
    assert.equal(spec["podManagementPolicy"], "OrderedReady");
    assert.deepEqual(spec["persistentVolumeClaimRetentionPolicy"], { whenDeleted: "Retain", whenScaled: "Retain" });
    assert.deepEqual(node["lifecycle"], {
      preStop: { exec: { command: ["/bin/bash", "/opt/midpoint-scripts/stop.sh"] } },
    });
    assert.equal(spec.template.spec["terminationGracePeriodSeconds"], 120);
    assert.equal((find("PodDisruptionBudget", "mp-pg-demo")["spec"] as Part)["maxUnavailable"], 1);
  });

  it("M23: logs, exports and connectors are kept in the claim, in the shared folder, or not at all", async () => {
    const home = "/opt/midpoint/var";
    const own = await deployed();
    assert.equal(own.mount(own.node, `${home}/log`), undefined);
    const inFolder = await deployed(() => shared);
    assert.deepEqual(
      ["log", "export", "connid-connectors"].map((name) => inFolder.mount(inFolder.node, `${home}/${name}`)),
      [
        { name: "nfs", mountPath: `${home}/log`, subPathExpr: "logs/$(POD_NAME)" },
        { name: "nfs", mountPath: `${home}/export`, subPath: "exports" },
        { name: "nfs", mountPath: `${home}/connid-connectors`, subPath: "connectors" },
      ],
    );
    const none = await deployed(() => ({ files: { logs: "none", exports: "claim", connectors: "claim" } }));
    const { name = "" } = none.mount(none.node, `${home}/log`) ?? {};
    assert.deepEqual(none.volume(name), { name, emptyDir: {} });
  });

  it("probes do not kill a node while the database is away", async () => {
    const { node } = await deployed();
    const [startup, readiness, liveness] = ["startupProbe", "readinessProbe", "livenessProbe"].map(
      (name) => node[name] as Part,
    );
    // The health end point asks the database.
    assert.deepEqual(readiness?.["httpGet"], { path: "/midpoint/actuator/health", port: "gui" });
    for (const probe of [startup, liveness]) assert.deepEqual(probe?.["tcpSocket"], { port: "gui" });
    assert.ok(Number(startup?.["periodSeconds"]) * Number(startup?.["failureThreshold"]) >= 600);
  });

  it("its heap fits into the limit, and sessions last", async () => {
    const { node, env } = await deployed();
    const variables = env(node);
    assert.deepEqual([variables["MP_MEM_INIT"], variables["MP_MEM_MAX"]], ["1024m", "2048m"]);
    assert.equal(variables["MP_SET_server_servlet_session_timeout"], "14400s");
  });

  it("the administrator's first password meets midPoint's policy, and stands in a file", async () => {
    const { node, env, mount, resources } = await deployed();
    assert.equal(
      env(node)["MP_SET_midpoint_administrator_initialPassword_FILE"],
      "/opt/midpoint/administrator/password",
    );
    assert.equal(mount(node, "/opt/midpoint/administrator")?.name, "administrator");
    const { inputs } = resources.find(({ name }) => name === "midpoint-administrator") ?? {};
    const { length, special, minLower, minUpper, minNumeric } = inputs ?? {};
    assert.ok(Number(length) >= 8);
    assert.deepEqual([special, minLower, minUpper, minNumeric], [false, 1, 1, 1]);
  });

  it("people log in at the platform where they are told to, with a secret that stands in a file alone", async () => {
    const asked: Asked = { exposures: [], clients: [] };
    const { node, mount, volume, find, ledger } = await deployed((owner) => ({
      gateway: fakeGateway(owner, asked),
      identity: fakeIdentity(owner, asked),
    }));
    assert.deepEqual(
      asked.clients.map(({ name, redirectUris }) => [name, redirectUris]),
      [["midpoint", ["https://midpoint.example.org/midpoint/auth/gui-oidc/gui-oidc/authenticate/platform"]]],
    );
    const files = find("ConfigMap", "mp-demo-poi")["data"] as Record<string, string>;
    assert.deepEqual(Object.keys(files), ["001-platform-address.xml", "002-platform-login.xml"]);
    for (const text of Object.values(files)) assert.equal(xmlProblem(text), undefined, text);
    const [address = "", policy = ""] = Object.values(files);
    assert.match(address, /<t:value>https:\/\/midpoint\.example\.org\/midpoint<\/t:value>/);
    assert.match(policy, /<issuerUri>https:\/\/id\.example\.org\/realms\/platform<\/issuerUri>/);
    assert.match(policy, /<authorizationUri>https:\/\/id\.example\.org\/auth\?a=1&amp;b=2<\/authorizationUri>/);
    assert.match(policy, /<tokenUri>http:\/\/keycloak\.keycloak\.svc:8080\/token<\/tokenUri>/);
    assert.match(policy, /<t:key>client-secret<\/t:key>/);
    assert.doesNotMatch(policy, /s3cret|clearValue/);
    assert.equal(mount(node, "/opt/midpoint/login")?.name, "login");
    assert.equal((volume("login")?.["secret"] as { secretName: string }).secretName, "midpoint-oidc");
    assert.ok(ledger.edges.some(({ purpose }) => purpose === "nodes tell each other what to forget"));
  });

  it("in prod the StatefulSet, the keys and the keystore are protected", async () => {
    const { resources } = await deployed(undefined, { production: true });
    const kept = resources.filter(({ protect }) => protect).map(({ name }) => name);
    assert.deepEqual(kept, ["midpoint-node", "midpoint-keystore", "midpoint-key-default", "midpoint-keystore-salts"]);
  });
});
