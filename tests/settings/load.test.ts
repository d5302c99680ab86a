import assert from "node:assert/strict";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { rotationNumber } from "../../components/kit/credential.ts";
import { credentialsOf } from "../../stacks/settings/derive.ts";
import { loadSettings } from "../../stacks/settings/load.ts";
import { settingsSchema } from "../../stacks/settings/schema.ts";
import type { ParsedSettings } from "../../stacks/settings/schema.ts";
import { examples, root, stacks } from "../stacks.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { complete, configOf, load } from "./wrong-files.ts";

/** What a stack gets that says nothing but where it stands. */
function defaults(profile: "prod" | "dev") {
  return load(configOf(complete(`groundplan:profile: ${profile}`)));
}

describe("the settings of a stack", () => {
  it("in prod keep data and survive the loss of a node", () => {
    const { certificates, monitoring, placement, postgresql, profile, storage } = defaults("prod");
    assert.deepEqual(
      { certificates, monitoring, placement, postgresql, profile, storage },
      {
        profile: "prod",
        placement: { nodeSelector: { "system-tag": "world-cereal-system" }, tolerations: [] },
        monitoring: {
          ...monitoring,
          serviceMonitors: true,
          enabled: false,
          controlPlane: [],
          externalLabels: {},
        },
        storage: { classes: [], roles: {}, volumes: [] },
        certificates: { enabled: true, replicas: 2, issuers: [], trust: [], hosts: [] },
        postgresql: {
          enabled: true,
          engine: "postgresql-ha",
          name: "pgsqlha",
          namespace: "sysdb",
          replicas: 3,
          maxConnections: 512,
          sharedBuffers: "80Mi",
          storage: "20Gi",
          resources: { cpu: "500m", memory: "1Gi", memoryLimit: "2Gi" },
          pooler: { replicas: 3, resources: { cpu: "100m", memory: "512Mi", memoryLimit: "1Gi" } },
          pointInTime: {
            enabled: false,
            schedule: "45 0 * * *",
            keep: "7d",
            maxAge: "36h",
            objectStoreCa: "public",
          },
          databases: [],
        },
      },
    );
    const { storage: prod } = load(
      configOf(complete("groundplan:profile: prod\ngroundplan:storage: { classes: [{ name: a, provisioner: b }] }")),
    );
    assert.deepEqual(prod.classes, [
      {
        name: "a",
        existing: false,
        provisioner: "b",
        parameters: {},
        reclaimPolicy: "Retain",
        allowExpansion: true,
        bindingMode: "WaitForFirstConsumer",
        mountOptions: [],
        default: false,
      },
    ]);
  });

  it("in dev fit a laptop: one of each, any node, a CA of its own", () => {
    const { certificates, placement, postgresql, storage } = load(
      configOf(complete("groundplan:storage: { classes: [{ name: a, provisioner: b }] }")),
    );
    assert.deepEqual(placement, { nodeSelector: {}, tolerations: [] });
    assert.deepEqual(certificates, {
      enabled: true,
      replicas: 1,
      issuers: [{ name: "own-ca", kind: "own-ca", commonName: "Groundplan CA", validity: "3650d" }],
      trust: [],
      hosts: [],
    });
    assert.deepEqual(
      [
        postgresql.replicas,
        postgresql.pooler.replicas,
        postgresql.maxConnections,
        postgresql.sharedBuffers,
        postgresql.storage,
      ],
      [1, 1, 100, "32Mi", "2Gi"],
    );
    assert.equal(storage.classes[0]?.reclaimPolicy, "Delete");
  });

  it("default to prod, the upstream charts, no secret and no warning", () => {
    const { chartSource, charts, profile, secrets, stack, warnings } = load(
      configOf(complete("").replace(/.*profile.*\n/, "")),
    );
    assert.deepEqual(
      { chartSource, charts, profile, secrets, stack, warnings },
      {
        chartSource: { kind: "upstream", versions: {} },
        charts: { source: "upstream", values: {}, versions: {}, override: [] },
        profile: "prod",
        secrets: {},
        stack: "dev",
        warnings: [],
      },
    );
  });

  it("are a fixpoint: what is parsed parses to itself", () => {
    const derived = [
      "chartSource",
      "imageDigests",
      "matrixSite",
      "midpointObjects",
      "secrets",
      "stack",
      "unsolved",
      "warnings",
      "workflowObjects",
    ];
    for (const { name, file } of [...stacks, ...examples]) {
      const { values, secretKeys } = readStackFile(file);
      const loaded = loadSettings({ values, secretKeys: new Set(secretKeys) }, name);
      const settings = Object.fromEntries(Object.entries(loaded).filter(([key]) => !derived.includes(key)));
      const again = settingsSchema(loaded.profile).parse(structuredClone(settings));
      assert.deepEqual(again, settings, name);
    }
  });

  it("are accepted without a warning in the project's own stacks and examples", () => {
    for (const { name, file } of [...stacks, ...examples])
      assert.deepEqual(load(readStackFile(file)).warnings, [], name);
  });

  it("cannot be changed, at any depth", () => {
    const settings = load(
      configOf(complete("groundplan:postgresql: { databases: [{ name: kong, namespace: kong }] }")),
    );
    const thaw = (value: unknown, path: string): string[] =>
      typeof value !== "object" || value === null || pulumi.Output.isInstance(value)
        ? []
        : [
            ...(Object.isFrozen(value) ? [] : [path]),
            ...Object.entries(value).flatMap(([key, one]) => thaw(one, `${path}.${key}`)),
          ];
    assert.deepEqual(thaw(settings, "settings"), []);
    assert.throws(() => (settings.postgresql.databases as unknown[]).push({}), TypeError);
  });

  it("hand secrets over as secret outputs, by name", async () => {
    const { secrets } = load(
      configOf(
        complete(
          "groundplan:postgresql: { engine: external, external: { host: db.example.org, passwordSecret: db } }\nsecrets:db: { secure: v1:x }",
        ),
      ),
    );
    assert.deepEqual(Object.keys(secrets), ["db"]);
    assert.ok(secrets["db"] !== undefined && (await pulumi.isSecret(secrets["db"])));
    assert.equal(await new Promise((resolve) => secrets["db"]?.apply(resolve)), "(encrypted)");
  });

  it("tell where charts come from, with the checksums of a folder's", () => {
    const registry = load(
      configOf(complete("groundplan:charts: { source: oci, registry: oci://registry.example.org/charts }")),
    );
    assert.deepEqual(registry.chartSource, {
      kind: "oci",
      registry: "oci://registry.example.org/charts",
      versions: {},
    });
    const here = process.cwd();
    process.chdir(join(root, "tests"));
    try {
      const without =
        "groundplan:postgresql: { enabled: false }\ngroundplan:certificates: { enabled: false }\ngroundplan:monitoring: { serviceMonitors: false }";
      const folder = load(configOf(complete(`${without}\ngroundplan:charts: { source: folder, folder: charts }`)));
      assert.deepEqual(folder.chartSource, { kind: "folder", path: "charts", checksums: {}, versions: {} });
    } finally {
      process.chdir(here);
    }
  });

  it("W07: warn of a password for a registry whose passwords end after 12 hours", () => {
    const warned = (registry: string) =>
      load(
        configOf(
          complete(
            `groundplan:images: { pullSecret: { registry: ${registry}, username: AWS, passwordSecret: ecr } }\nsecrets:ecr: { secure: v1 }`,
          ),
        ),
      ).warnings.map(({ key }) => key);
    const key = "groundplan:images.pullSecret.registry";
    for (const registry of [
      "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
      "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/mirror",
      "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
      "123456789012.dkr-ecr.eu-west-1.on.aws",
    ])
      assert.deepEqual(warned(registry), [key], registry);
    for (const registry of ["registry.example.org", "public.ecr.aws", "dkr.ecr.example.org"])
      assert.deepEqual(warned(registry), [], registry);
  });

  it("warn of a connection to a namespace whose name is almost one of the stack's", () => {
    const warned = (namespace: string) =>
      load(
        configOf(
          complete(
            `groundplan:namespaces: { stock: {}, shop: { connections: [{ kind: namespace, namespace: ${namespace}, ports: [80], purpose: stock }] } }`,
          ),
        ),
      ).warnings.map(({ key, fix }) => [key, fix]);
    assert.deepEqual(warned("stok"), [
      [
        "groundplan:namespaces.shop.connections[0].namespace",
        "npx pulumi config set --path 'groundplan:namespaces.shop.connections[0].namespace' stock --stack dev",
      ],
    ]);
    for (const namespace of ["stock", "shop", "istio-system"]) assert.deepEqual(warned(namespace), [], namespace);
  });

  it("warn, and go on, of what is empty and of what may lose data", () => {
    const { namespaces, postgresql, warnings } = load(
      configOf(
        complete(
          "groundplan:profile: prod\ngroundplan:placement:\ngroundplan:namespaces: { argo: , kong: { keepsData: } }\ngroundplan:postgresql: { replicas: }\n" +
            "groundplan:storage: { classes: [{ name: a, provisioner: b, reclaimPolicy: Delete }] }",
        ),
      ),
    );
    assert.deepEqual(
      warnings.map(({ key, message, fix }) => [key, message, fix]),
      [
        [
          "groundplan:namespaces.kong.keepsData",
          "is empty and treated as not set",
          "npx pulumi config rm --path groundplan:namespaces.kong.keepsData --stack dev",
        ],
        [
          "groundplan:placement",
          "is empty and treated as not set",
          "npx pulumi config rm --path groundplan:placement --stack dev",
        ],
        [
          "groundplan:postgresql.replicas",
          "is empty and treated as not set",
          "npx pulumi config rm --path groundplan:postgresql.replicas --stack dev",
        ],
        [
          "groundplan:storage.classes[0].reclaimPolicy",
          "deleting a PersistentVolumeClaim destroys its data",
          "npx pulumi config rm --path 'groundplan:storage.classes[0].reclaimPolicy' --stack dev",
        ],
      ],
    );
    assert.equal(postgresql.replicas, 3);
    assert.deepEqual(Object.keys(namespaces), ["argo", "kong"]);
  });

  it("warn of two servers in dev, where nothing is lost", () => {
    const { warnings } = load(configOf(complete("groundplan:postgresql: { replicas: 2 }")));
    assert.deepEqual(
      warnings.map(({ key, severity }) => [key, severity]),
      [["groundplan:postgresql.replicas", "warning"]],
    );
  });

  it("take a date without quotes, which the engine hands over as a point of time", () => {
    const exemption = "{ check: GP001, object: x, reason: fixed in 2027, until: 2027-03-31 }";
    const config = configOf(complete(`groundplan:exemptions: [${exemption}]`));
    assert.match(config.values["groundplan:exemptions"] ?? "", /2027-03-31 00:00:00 \+0000 UTC/);
    assert.equal(load(config).exemptions[0]?.until, "2027-03-31");
  });

  it("take structured values as text too, as `pulumi config set` writes them", () => {
    const { cluster, rotation } = load(
      configOf(complete(`groundplan:cluster: '{"context": "kind"}'\ngroundplan:rotation: '{"all": 2}'`)),
    );
    assert.deepEqual([cluster.context, rotation], ["kind", { all: 2 }]);
  });

  it("rotate by name, also a database's with an underscore", () => {
    const settings: ParsedSettings = load(
      configOf(
        complete(
          "groundplan:postgresql: { databases: [{ name: bn_keycloak, namespace: keycloak }] }\ngroundplan:rotation: { bn_keycloak-database: 3, all: 2 }",
        ),
      ),
    );
    assert.deepEqual(
      credentialsOf(settings).map(({ name }) => name),
      [
        "bn_keycloak-database",
        "own-ca-key",
        "pgpool-admin",
        "pgpool-check",
        "postgresql-replication",
        "postgresql-superuser",
      ],
    );
    const numbers = credentialsOf(settings).map((one) => [one.name, rotationNumber(settings.rotation, one)]);
    assert.deepEqual(Object.fromEntries(numbers), {
      "bn_keycloak-database": 3,
      "own-ca-key": credentialsOf(settings).some(({ name, recipe }) => name === "own-ca-key" && "refuse" in recipe)
        ? 1
        : 2,
      "pgpool-admin": 2,
      "pgpool-check": 1,
      "postgresql-replication": 1,
      "postgresql-superuser": 1,
    });
  });
});
