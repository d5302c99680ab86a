// Every object against the schemas of the API itself, with no field that they do not know: what tests/cluster/variants asks a
// real API server, here for the charts' objects and the written files as well.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { examples, stacks, variants } from "../stacks.ts";
import { definitions } from "./cluster.ts";
import { definingCharts, definitionsOf, unknownGroups } from "./definitions.ts";
import { check, goModule, goTool, stream, written } from "./go-tools.ts";
import { definedKinds, kubernetesKinds, schemaFile, writeSchemas } from "./kubeconform-schemas.ts";

const kubeconform = { name: "kubeconform", package: "github.com/yannh/kubeconform/cmd/kubeconform", version: "v0.8.0" };

/** The release whose schemas are used: of the version that stacks say their cluster has. */
const kubernetes = "v1.35.4";

interface Report {
  readonly resources: readonly {
    readonly kind: string;
    readonly name: string;
    readonly status: string;
    readonly msg: string;
  }[];
  readonly summary: Readonly<Record<"valid" | "invalid" | "errors" | "skipped", number>>;
}

describe("kubeconform", function () {
  this.timeout(1_200_000);
  const folder = mkdtempSync(join(tmpdir(), "groundplan-schemas-"));
  let program = "";
  let ownDefinitions = false;

  before(function () {
    program = goTool(this, kubeconform);
    const api = join(goModule(this, "k8s.io/kubernetes", kubernetes), "api", "openapi-spec", "swagger.json");
    writeSchemas(folder, kubernetesKinds(JSON.parse(readFileSync(api, "utf8"))));
    ownDefinitions = existsSync(definitions);
    if (!ownDefinitions)
      console.log("    without ../shared/crds: objects of kinds that operators bring are not validated");
    for (const chart of ownDefinitions ? definingCharts : [])
      writeSchemas(folder, definedKinds(definitionsOf(chart) ?? ""));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const validate = (documents: readonly string[]): Report => {
    const args = ["-strict", "-verbose", "-summary", "-output", "json", "-schema-location", join(folder, schemaFile)];
    if (!ownDefinitions || unknownGroups().length > 0) args.push("-ignore-missing-schemas");
    return check(program, [...args, "-"], stream(documents)) as Report;
  };
  const refused = ({ resources }: Report) =>
    resources.flatMap(({ kind, name, status, msg }) =>
      ["statusInvalid", "statusError"].includes(status) ? [`${kind} ${name}: ${msg}`] : [],
    );

  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`accepts every object of ${stack.name}, and of its charts where they are at hand`, async () => {
      const { plan, own, charts } = await written(stack);
      const { version } = plan.settings.cluster;
      assert.ok(
        kubernetes.startsWith(`v${version}.`),
        `the cluster has ${version}: these are the schemas of ${kubernetes}`,
      );
      const report = validate([...own, ...charts]);
      assert.deepEqual(refused(report), []);
      const all = own.length + charts.length;
      // Objects without a schema are not in the report.
      if (unknownGroups().length === 0) assert.equal(report.resources.length, all);
      // Definitions are left out of the files: the plan shortens their schemas, which no cluster would take.
      assert.ok(report.resources.every(({ kind }) => kind !== "CustomResourceDefinition"));
      if (ownDefinitions && unknownGroups().length === 0) assert.equal(report.summary.valid, all);
      assert.ok(report.summary.valid > 10);
    });
  }

  it("refuses what the API would", async function () {
    const [prod] = stacks.slice(1);
    assert.ok(prod !== undefined);
    const { plan } = await written(prod);
    const broken = (kind: string, change: (manifest: Manifest) => void): string => {
      const found = plan.objects.find((object) => object.kind === kind);
      assert.ok(found !== undefined, `no ${kind}`);
      const copy = structuredClone(found.manifest) as unknown as Manifest;
      change(copy);
      return stringify(copy);
    };
    const cases: [string, RegExp][] = [
      [broken("Job", ({ spec }) => (spec["backofLimit"] = 3)), /backofLimit/],
      [broken("Job", ({ spec }) => (spec["backoffLimit"] = "three")), /backoffLimit/],
      [broken("Job", ({ spec }) => delete spec["template"]), /template/],
      [broken("NetworkPolicy", ({ spec }) => (spec["policyTypes"] = "Ingress")), /policyTypes/],
      [broken("Namespace", ({ metadata }) => (metadata["label"] = {})), /label/],
      // YAML 1.1, which Kubernetes reads, has more words for true than JSON.
      ["apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { key: yes }\n", /key/],
      ["apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\nkind: ConfigMap\n", /kind/],
      ...(ownDefinitions
        ? ([
            [broken("Certificate", ({ spec }) => (spec["dnsName"] = "a")), /dnsName/],
            [broken("Certificate", ({ spec }) => delete spec["secretName"]), /secretName/],
          ] as [string, RegExp][])
        : []),
    ];
    for (const [text, message] of cases) assert.match(refused(validate([text])).join(), message, text);
  });
});

interface Manifest {
  readonly metadata: Record<string, unknown>;
  readonly spec: Record<string, unknown>;
}
