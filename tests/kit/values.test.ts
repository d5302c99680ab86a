import assert from "node:assert/strict";
import type { ChartSource } from "../../components/kit/catalogue.ts";
import { mergeValues } from "../../components/kit/merge.ts";
import { chartLocation, platformValues } from "../../components/kit/values.ts";

const nothing = {
  stack: "test",
  placement: { nodeSelector: {}, tolerations: [] },
  images: {},
  charts: { kind: "upstream" },
} as const;

const priorityClassName = "groundplan-test-platform";

describe("values that every chart gets", () => {
  it("are the priorities where nothing is set", () => {
    const of = (name: string) => ({ priorityClassName: `groundplan-test-${name}` });
    assert.deepEqual(platformValues("prometheus-operator-crds", "demo", nothing), {});
    assert.deepEqual(platformValues("fluent-bit", "demo", nothing), of("nodes"));
    assert.deepEqual(platformValues("postgresql-ha", "demo", nothing), {
      postgresql: of("platform"),
      pgpool: of("platform"),
    });
  });

  it("place every part of a chart", () => {
    const placement = { nodeSelector: { pool: "system" }, tolerations: [{ key: "x", operator: "Exists" }] } as const;
    assert.deepEqual(platformValues("postgresql-ha", "demo", { ...nothing, placement }), {
      postgresql: {
        nodeSelector: { pool: "system" },
        tolerations: [{ key: "x", operator: "Exists" }],
        priorityClassName,
      },
      pgpool: { nodeSelector: { pool: "system" }, tolerations: [{ key: "x", operator: "Exists" }], priorityClassName },
    });
  });

  // Charts differ in where a pull secret and a mirror go, and in the form that they take.
  const images = { mirror: "registry.example.org/m", pullSecret: "registry" };
  const table: [Parameters<typeof platformValues>[0], object][] = [
    [
      "cert-manager",
      {
        global: { imagePullSecrets: [{ name: "registry" }], priorityClassName },
        imageRegistry: "registry.example.org/m",
      },
    ],
    [
      "postgresql-ha",
      {
        global: { imagePullSecrets: ["registry"], imageRegistry: "registry.example.org/m" },
        postgresql: { priorityClassName },
        pgpool: { priorityClassName },
      },
    ],
    [
      "cloudnative-pg",
      {
        imagePullSecrets: [{ name: "registry" }],
        priorityClassName,
        image: { repository: "registry.example.org/m/cloudnative-pg/cloudnative-pg" },
      },
    ],
    ["prometheus-operator-crds", {}],
  ];
  for (const [chart, expected] of table)
    it(`send ${chart} to the mirror`, () =>
      assert.deepEqual(platformValues(chart, "demo", { ...nothing, images }), expected));

  it("carry a local file's checksum, so that changed content deploys", () => {
    const charts = { kind: "folder", path: "charts", checksums: { "cert-manager-v1.21.1.tgz": "abc" } } as const;
    assert.deepEqual(platformValues("cert-manager", "demo", { ...nothing, charts }), {
      global: { chartChecksum: "abc", priorityClassName },
    });
  });
});

describe("chartLocation", () => {
  const table: [Parameters<typeof chartLocation>[0], ChartSource, object][] = [
    [
      "cert-manager",
      { kind: "upstream" },
      { chart: "cert-manager", version: "v1.21.1", repositoryOpts: { repo: "https://charts.jetstack.io" } },
    ],
    [
      "postgresql-ha",
      { kind: "upstream" },
      { chart: "oci://registry-1.docker.io/bitnamicharts/postgresql-ha", version: "16.3.2" },
    ],
    [
      "cert-manager",
      { kind: "oci", registry: "oci://r.example.org/c" },
      { chart: "oci://r.example.org/c/cert-manager", version: "v1.21.1" },
    ],
    ["cert-manager", { kind: "folder", path: "charts", checksums: {} }, { chart: "charts/cert-manager-v1.21.1.tgz" }],
  ];
  for (const [chart, source, expected] of table)
    it(`${chart} from ${source.kind}`, () => assert.deepEqual(chartLocation(chart, source), expected));
});

describe("mergeValues", () => {
  it("merges objects, replaces everything else, and leaves its arguments alone", () => {
    const first = { a: { b: 1, c: [1] }, d: 1 };
    assert.deepEqual(mergeValues(first, { a: { c: [2] }, d: { e: 1 } }), { a: { b: 1, c: [2] }, d: { e: 1 } });
    assert.deepEqual(first, { a: { b: 1, c: [1] }, d: 1 });
  });
});
