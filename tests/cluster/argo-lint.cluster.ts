// What Argo's own validation says of the templates that the stacks install, of the defaults of their controllers, of the example in the
// documentation, and of mistakes. It needs no cluster.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "../../components/kit/unknown.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { recordStack, root, stackNamed } from "../stacks.ts";
import { skip } from "./cluster.ts";
import { builtProgram } from "./go-program.ts";

/** The newest release of the chart's minor version that the module proxy has; its validation is that of v4.0.6. */
const argo = "github.com/argoproj/argo-workflows/v4@v4.0.5";

describe("Argo's own validation", function () {
  this.timeout(1_200_000);
  const folder = mkdtempSync(join(tmpdir(), "groundplan-argo-"));
  let program = "";

  before(function () {
    try {
      program = builtProgram(join(import.meta.dirname, "argo-lint.go"), "argo-lint", argo);
    } catch (error) {
      skip(this, `argo-lint cannot be built: ${String(error).trim().split("\n").at(-1)}`);
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  /** The templates of a stack, one document each, and the defaults of its controller. */
  async function installed(name: string): Promise<{ readonly templates: string; readonly defaults: unknown }> {
    const { resources } = await recordStack(stackNamed(name));
    const objects = plannedObjects(resources).filter(({ apiVersion }) => apiVersion.startsWith("argoproj.io/"));
    assert.ok(objects.length > 0);
    const release = plannedReleases(resources).find(({ chart }) => chart === "argo-workflows");
    return {
      // JSON is YAML.
      templates: objects.map(({ manifest }) => `${JSON.stringify(manifest, undefined, 1)}\n`).join("---\n"),
      defaults: at(release?.values, "controller", "workflowDefaults"),
    };
  }

  function lint(text: string, defaults: unknown = {}): { readonly status: number | null; readonly said: string } {
    const file = join(folder, "defaults.json");
    writeFileSync(file, JSON.stringify(defaults));
    const { status, stderr, stdout } = spawnSync(program, [file], { input: `# a list\n${text}`, encoding: "utf8" });
    return { status, said: `${stdout}${stderr}` };
  }

  for (const name of ["worldcereal", "worldcereal-aws", "workflows"])
    it(`accepts the templates of ${name}, and the defaults of its workflows`, async () => {
      const { defaults, templates } = await installed(name);
      assert.deepEqual(lint(templates, defaults), { status: 0, said: "" });
    });

  const page = readFileSync(join(root, "docs", "argo-workflows.md"), "utf8");
  const example = /^```yaml\n(apiVersion:[^]*?)^```/m.exec(page)?.[1] ?? "";
  const ofTemplate = (name: string) =>
    `apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: { generateName: test- }\nspec: { workflowTemplateRef: { name: ${name} } }\n`;

  it("accepts the example of the documentation, and a workflow of an installed template", async () => {
    assert.match(example, /kind: Workflow\n/);
    const { defaults, templates } = await installed("worldcereal");
    assert.deepEqual(lint(example, defaults), { status: 0, said: "" });
    assert.deepEqual(lint(`${templates}---\n${ofTemplate("mosaic")}`, defaults), { status: 0, said: "" });
  });

  const mistakes: readonly (readonly [what: string, text: () => string, why: RegExp])[] = [
    [
      "a parameter that does not exist",
      () => example.replace("{{inputs.parameters.name}}.txt", "{{inputs.parameters.tile}}.txt"),
      /inputs\.parameters\.tile/,
    ],
    ["a misspelt field", () => example.replace("volumeMounts:", "volumeMount:"), /volumeMount/],
    ["a template that no step finds", () => example.replace("template: list", "template: lists"), /lists/],
    ["a workflow of a missing template", () => ofTemplate("mosaics"), /mosaics/],
  ];
  for (const [what, text, why] of mistakes)
    it(`refuses ${what}, which the API server would accept`, () => {
      const { said, status } = lint(text());
      assert.equal(status, 1, said);
      assert.match(said, why);
    });

  it("refuses defaults with a field that workflows do not have", () => {
    const { said, status } = lint(example, { spec: { nodeSelectors: {} } });
    assert.equal(status, 1);
    assert.match(said, /unknown field "nodeSelectors"/);
  });
});
