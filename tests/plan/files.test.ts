import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { readPlan } from "../../plan/compare/read.ts";
import { planSchemaText } from "../../plan/compare/schema.ts";
import { planFiles, planJson, savedPlan } from "../../plan/files.ts";
import type { PlannedObject } from "../../plan/objects.ts";
import type { Plan } from "../../plan/plan.ts";
import { sentinel } from "../../plan/recorder.ts";
import { planStack } from "../plans.ts";
import { examples, root, stacks, variants } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

describe("a saved plan", () => {
  const schema = JSON.parse(planSchemaText()) as Schema;
  const validate = new Ajv2020({ strict: false }).compile(schema);
  const undescribed = (value: object, { properties }: Schema) =>
    Object.keys(value).filter((key) => !(key in properties));

  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`of ${stack.name} has the form of docs/plan.schema.json, reads back the same, and holds no secret`, async () => {
      const plan = await planStack(stack);
      const text = planJson(plan);
      assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors));
      assert.deepEqual(readPlan(text, "x"), savedPlan(plan));
      assert.ok(!text.includes(sentinel));
      const saved = savedPlan(plan);
      assert.deepEqual(undescribed(saved, schema), [], "members without a description");
      const resource = schema.properties["resources"]?.items;
      assert.ok(resource);
      assert.deepEqual(
        saved.resources.flatMap((one) => undescribed(one, resource)),
        [],
      );
    });
  }

  it("is described by the committed schema: node plan/compare/schema.ts writes it", () => {
    // As data: whoever formats the file changes nothing.
    const committed = readFileSync(join(root, "docs", "plan.schema.json"), "utf8");
    assert.deepEqual(JSON.parse(committed), JSON.parse(planSchemaText()));
  });

  it("refuses a form of its own: the schema sees what is missing or wrong", async () => {
    const plan = savedPlan(await planStack(dev()));
    for (const wrong of [
      { format: 2 },
      { resources: [{}] },
      { stack: 1 },
      { rendered: undefined },
      { profile: "test" },
    ])
      assert.equal(validate(JSON.parse(JSON.stringify({ ...plan, ...wrong }))), false, JSON.stringify(wrong));
  });

  it("has every object: of its own by the inputs of a resource, of charts whole", async () => {
    const plan = await planStack(dev());
    const saved = savedPlan(plan);
    assert.equal(saved.objects.length, plan.objects.length);
    const urns = new Set(saved.resources.map(({ urn }) => urn));
    assert.ok(saved.objects.every(({ urn }) => urns.has(urn)));
    assert.equal(saved.rendered.length, plan.rendered.length);
  });

  it("shows that a secret changes, and only that one, without a value", async () => {
    const one = await text(dev());
    const other = await text(dev("rotation.hello-database=2"));
    const secrets = (json: string) => new Map(secretsOf(json));
    const [before, after] = [secrets(one), secrets(other)];
    const changed = [...after].filter(([place, value]) => before.get(place) !== value).map(([place]) => place);
    assert.deepEqual(changed, ["hello-database/password", "hello-verifier/verifier", "pgsqlha-pgpool-users/passwords"]);
    for (const value of after.values()) assert.match(value, /^\(secret [0-9a-f]{8}\)$/);
  });

  it("leaves what the stack encrypts as it stands, or its hash where it is part of more", async () => {
    const pullSecret = "images.pullSecret={registry: r.example.org, username: me, passwordSecret: registry}";
    const json = await text(dev(pullSecret, "secrets:registry={secure: v1}"));
    const [[, value] = ["", ""]] = secretsOf(json).filter(([place]) => place === "registry/.dockerconfigjson");
    assert.match(value, /^\(secret [0-9a-f]{8}\)$/);
    assert.ok(!json.includes(Buffer.from("(encrypted)").toString("base64").slice(0, 12)));
  });

  it("keeps the settings without the values of their secrets", async () => {
    const { settings } = savedPlan(await planStack(dev()));
    assert.deepEqual(
      ["secrets", "chartSource", "warnings", "stack"].filter((key) => key in settings),
      [],
    );
    assert.equal(settings["domain"], "dev.example.org");
  });

  it("hides a Secret that a chart brings", async () => {
    const plan = await planStack(dev());
    const manifest = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "x" },
      data: { password: "Y2hhbmdlbWU=" },
      stringData: { a: "changeme" },
    };
    const secret: PlannedObject = {
      urn: "u",
      component: "c",
      release: "a/b",
      apiVersion: "v1",
      kind: "Secret",
      namespace: "a",
      name: "x",
      manifest,
    };
    const withSecret: Plan = { ...plan, rendered: [secret] };
    const json = planJson(withSecret);
    assert.doesNotMatch(json, /Y2hhbmdlbWU|changeme/);
    assert.match(json, /"password": "\(secret [0-9a-f]{8}\)"/);
  });
});

describe("the files of a plan", () => {
  // Where charts are rendered, their objects too.
  for (const stack of stacks) {
    it(`of ${stack.name} name the namespace of every object that has one: kubectl apply puts others elsewhere`, async () => {
      for (const [path, file] of planFiles(await planStack(stack))) {
        const [, namespace] = /^(?:manifests|charts\/[^/]+\/[^/]+)\/([^/]+)\//.exec(path) ?? [];
        if (namespace === undefined || namespace === "_cluster") continue;
        const { metadata } = parse(file) as { metadata: { namespace?: string } };
        assert.equal(metadata.namespace, namespace, path);
      }
    });
  }

  it("add the release's namespace where a chart leaves it out, and nothing else", async () => {
    const plan = await planStack(dev());
    const rendered = (kind: string, namespace: string | undefined, metadata: object): PlannedObject => {
      const manifest = { apiVersion: "v1", kind, metadata: { name: "x", ...metadata } };
      return { urn: "u", component: "c", release: "a/b", apiVersion: "v1", kind, namespace, name: "x", manifest };
    };
    const files = planFiles({
      ...plan,
      rendered: [
        rendered("Service", "a", {}),
        rendered("Role", "kube-system", { namespace: "kube-system" }),
        rendered("ClusterRole", undefined, {}),
      ],
    });
    const namespaces = [...files].flatMap(([path, file]) =>
      path.startsWith("charts/")
        ? [[path, (parse(file) as { metadata: { namespace?: string } }).metadata.namespace]]
        : [],
    );
    assert.deepEqual(namespaces, [
      ["charts/a/b/a/Service-x.yaml", "a"],
      ["charts/a/b/kube-system/Role-x.yaml", "kube-system"],
      ["charts/a/b/_cluster/ClusterRole-x.yaml", undefined],
    ]);
  });
});

function dev(...set: string[]): TestStack {
  return { name: "dev", file: join(root, "Pulumi.dev.yaml"), set };
}

async function text(stack: TestStack): Promise<string> {
  return planJson(await planStack(stack));
}

/** What stands for each value of each Secret of the program's own, by `name/key`. */
function secretsOf(json: string): [string, string][] {
  return readPlan(json, "x").resources.flatMap(({ type, inputs }) => {
    if (type !== "kubernetes:core/v1:Secret") return [];
    const { metadata, stringData } = inputs as { metadata: { name: string }; stringData: Record<string, string> };
    return Object.entries(stringData).map(([key, value]): [string, string] => [`${metadata.name}/${key}`, value]);
  });
}

interface Schema {
  readonly properties: Record<string, { items?: Schema }>;
}
