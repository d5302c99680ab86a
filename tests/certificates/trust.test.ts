// Which program trusts the company's CAs, in its own form, and what keytool makes of the script. It starts none of the programs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { certificatesIn, goTrust, javaTrust, trustFiles, trustFolder } from "../../components/kit/trust.ts";
import { postgresArgs } from "../../stacks/platform/databases.ts";
import { loadSettings } from "../../stacks/settings/load.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { ROOT } from "../midpoint/sample-certificates.ts";
import { authority } from "../settings/pem-samples.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

type Json = Record<string, unknown>;

describe("trusted CA certificates", () => {
  it("become one file for each certificate, in whatever order they are given", () => {
    const files = trustFiles([`${authority}\n${ROOT}`]);
    assert.equal(Object.keys(files).length, 2);
    for (const [name, pem] of Object.entries(files)) {
      assert.match(name, /^ca-[0-9a-f]{16}\.crt$/);
      assert.equal(certificatesIn(pem).length, 1);
    }
    assert.deepEqual(Object.entries(trustFiles([ROOT, authority, ROOT])), Object.entries(files));
  });

  it("stop the pod if one of them cannot be added", () => {
    const folder = mkdtempSync(join(tmpdir(), "groundplan-trust-"));
    const run = () => {
      const { script } = javaTrust(folder, join(folder, "copy"), { trusted: true });
      return spawnSync("sh", ["-c", script.replaceAll(trustFolder, folder)]).status;
    };
    try {
      for (const path of ["bin", "lib/security"]) mkdirSync(join(folder, path), { recursive: true });
      for (const file of ["lib/security/cacerts", "a.crt", "b.crt"]) writeFileSync(join(folder, file), "");
      const keytool = (refused: string) =>
        writeFileSync(join(folder, "bin/keytool"), `#!/bin/sh\ncase "$*" in *${refused}*) exit 1 ;; esac\n`, {
          mode: 0o755,
        });
      keytool("a.crt");
      assert.equal(run(), 1);
      keytool("nothing");
      assert.equal(run(), 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("are added to the public CAs of Java's trust store", function () {
    const java = spawnSync("sh", ["-c", "command -v keytool"], { encoding: "utf8" }).stdout.trim();
    const home = java === "" ? "" : dirname(dirname(realpathSync(java)));
    if (!existsSync(join(home, "lib/security/cacerts"))) {
      console.log("    keytool is not on the path: what Java makes of trusted certificates is not tested");
      return this.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), "groundplan-trust-"));
    const shell = (script: string) => {
      const moved = script.replaceAll(trustFolder, join(folder, "trusted"));
      return spawnSync("sh", ["-c", moved], { encoding: "utf8", env: { ...process.env, JAVA_HOME: home } });
    };
    try {
      mkdirSync(join(folder, "trusted"));
      const files = trustFiles([authority]);
      for (const [name, pem] of Object.entries(files)) writeFileSync(join(folder, "trusted", name), pem);
      writeFileSync(join(folder, "search.crt"), ROOT);
      const store = join(folder, "cacerts");
      const named = { search: join(folder, "search.crt") };
      const { script } = javaTrust("$JAVA_HOME", store, { named, trusted: true });
      const made = shell(script);
      assert.equal(made.status, 0, made.stdout + made.stderr);
      const listed = shell(`keytool -list -keystore ${store} -storepass changeit`).stdout;
      for (const alias of ["search", ...Object.keys(files)]) assert.ok(listed.includes(`\n${alias}, `), alias);
      assert.ok(Number(/contains (\d+) entries/.exec(listed)?.[1]) > 2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the company's CAs", () => {
  const snapshots = stackNamed("snapshots");
  const stack: TestStack = {
    ...snapshots,
    set: [...(snapshots.set ?? []), "midpoint.enabled=true", "midpoint.keystore.source=own", "midpoint.replicas=1"],
  };

  async function planned(of: TestStack) {
    const { resources } = await recordStack(of);
    const objects = plannedObjects(resources, ({ value }) => value);
    const values = (chart: string) => plannedReleases(resources).find((one) => one.chart === chart)?.values as Json;
    return { objects, values };
  }

  it("are in one ConfigMap of each namespace that uses them", async () => {
    const { objects } = await planned(stack);
    const found = objects.filter(({ kind, name }) => kind === "ConfigMap" && name === "trusted-authorities");
    assert.deepEqual(found.map(({ namespace }) => namespace).sort(), [
      "backup",
      "cert-manager",
      "keycloak",
      "logging",
      "monitoring",
      "mp-demo",
    ]);
    for (const { manifest } of found) assert.deepEqual(manifest["data"], trustFiles([authority]));
  });

  const files = Object.keys(trustFiles([authority])).map((file) => `${trustFolder}/${file}`);
  const volume = { name: "trusted-authorities", configMap: { name: "trusted-authorities" } };
  const mount = { name: "trusted-authorities", mountPath: trustFolder, readOnly: true };
  const pick = (value: unknown, path: string) =>
    path.split(".").reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);

  /** Programs in Go: their variables, volumes and mounts, and the annotation that restarts them. */
  const go: [string, string, { env: string; volumes: string; mounts: string; checksum: string }][] = [
    [
      "cert-manager",
      "cert-manager",
      { env: "extraEnv", volumes: "volumes", mounts: "volumeMounts", checksum: "podAnnotations" },
    ],
    ...["storegateway", "compactor"].map(
      (part) =>
        [
          `Thanos' ${part}`,
          "thanos",
          {
            env: `${part}.extraEnv`,
            volumes: `${part}.extraVolumes`,
            mounts: `${part}.extraVolumeMounts`,
            checksum: "global.podAnnotations",
          },
        ] as [string, string, { env: string; volumes: string; mounts: string; checksum: string }],
    ),
    [
      "Thanos' side-car",
      "kube-prometheus-stack",
      {
        env: "prometheus.prometheusSpec.containers.1.env",
        volumes: "prometheus.prometheusSpec.volumes",
        mounts: "prometheus.prometheusSpec.containers.1.volumeMounts",
        checksum: "prometheus.prometheusSpec.podMetadata.annotations",
      },
    ],
    [
      "Alertmanager",
      "kube-prometheus-stack",
      {
        env: "alertmanager.alertmanagerSpec.containers.1.env",
        volumes: "alertmanager.alertmanagerSpec.volumes",
        mounts: "alertmanager.alertmanagerSpec.volumeMounts",
        checksum: "alertmanager.alertmanagerSpec.podMetadata.annotations",
      },
    ],
  ];
  for (const [program, chart, { env, volumes, mounts, checksum }] of go)
    it(`are trusted by ${program} beside the public ones`, async () => {
      const values = (await planned(stack)).values(chart);
      assert.deepEqual((pick(values, env) as unknown[]).at(-1), goTrust);
      assert.deepEqual(pick(values, volumes), [volume]);
      assert.deepEqual(pick(values, mounts), [mount]);
      assert.match(String(pick(values, `${checksum}.groundplan/checksum`)), /^[0-9a-f]{16}$/);
    });

  it("are trusted by Grafana, Keycloak, Graylog, OpenSearch and midPoint", async () => {
    const { objects, values } = await planned(stack);
    const grafana = values("kube-prometheus-stack")["grafana"] as Json;
    assert.deepEqual(grafana["env"], { SSL_CERT_DIR: goTrust.value });
    assert.deepEqual(grafana["extraConfigmapMounts"], [{ ...mount, configMap: "trusted-authorities" }]);

    const keycloak = values("keycloakx");
    assert.ok(String(keycloak["extraEnv"]).includes(`"KC_TRUSTSTORE_PATHS","value":"${files.join()}"`));
    assert.ok(String(keycloak["extraVolumes"]).includes(`"name":"trusted-authorities"`));
    assert.ok(String(keycloak["extraVolumeMounts"]).includes(`"mountPath":"${trustFolder}"`));

    const graylog = values("graylog")["graylog"] as Json;
    assert.match(String(graylog["javaOpts"]), /-Djavax\.net\.ssl\.trustStore=\/trust\/cacerts/);
    assert.match(
      String(pick(graylog, "extraInitContainers.0.command.2")),
      /-alias search .*\/etc\/trusted-authorities\/\*/,
    );
    const search = values("opensearch");
    assert.match(String(search["opensearchJavaOpts"]), /-Djavax\.net\.ssl\.trustStore=\S+\/config\/trust\/cacerts/);
    assert.deepEqual(search["extraVolumes"], [{ name: "trust", emptyDir: {} }, volume]);

    const midpoint = objects.find(({ kind, name }) => kind === "Secret" && name.startsWith("cert-"));
    assert.ok(JSON.stringify(midpoint?.manifest).includes(JSON.stringify(authority.trim()).slice(1, 90)));
  });

  it("are trusted for an existing PostgreSQL, unless it has its own", () => {
    const external = "engine: external, external: { host: db.example.org, passwordSecret: db-admin";
    const authorities = (more: string) => {
      const set = [...(stack.set ?? []), `postgresql={ ${external}${more} } }`, "secrets:db-admin={secure: v1}"];
      const { values, secretKeys } = readStackFile(stack.file, set);
      const settings = loadSettings({ values, secretKeys: new Set(secretKeys) }, stack.name);
      return postgresArgs(settings, {}).external?.authorities?.trim();
    };
    assert.equal(authorities(""), authority.trim());
    assert.equal(authorities(`, caBundle: ${JSON.stringify(ROOT)}`), ROOT.trim());
  });

  it("of issuers are trusted too, and without any nothing changes", async () => {
    const { objects } = await planned(stackNamed("confluence"));
    assert.ok(objects.some(({ name }) => name === "trusted-authorities"));
    const { resources } = await recordStack(stackNamed("thanos"));
    assert.doesNotMatch(JSON.stringify(plannedReleases(resources)), /trusted-authorities|SSL_CERT_DIR/);
  });
});
