// What Argo's own linter says of the templates that the stacks install, of the example in the documentation, and of mistakes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root } from "../stacks.ts";

const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
const PATH = `${process.env["PATH"] ?? ""}${delimiter}${join(cache, "groundplan", "bin")}`;

function argo(...args: string[]) {
  return spawnSync("argo", args, { encoding: "utf8", env: { ...process.env, PATH } });
}

const templates = join(root, "examples", "worldcereal-workflows");
const files = readdirSync(templates).map((file) => join(templates, file));

describe("Argo's linter", () => {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-argo-"));
  after(() => rmSync(folder, { recursive: true }));

  before(function () {
    if (argo("version", "--short").status === 0) return;
    console.log("    skipped: argo is neither on PATH nor in the cache (CONTRIBUTING.md)");
    this.skip();
  });

  /** Lints a text together with the templates. */
  function lint(text: string): { readonly status: number | null; readonly said: string } {
    const file = join(folder, "linted.yaml");
    writeFileSync(file, text);
    const { status, stderr, stdout } = argo("lint", "--offline", ...files, file);
    return { status, said: `${stdout}${stderr}` };
  }

  it("accepts the templates of the examples", () => {
    const { status, stderr, stdout } = argo("lint", "--offline", ...files);
    assert.equal(status, 0, `${stdout}${stderr}`);
  });

  const page = readFileSync(join(root, "docs", "argo-workflows.md"), "utf8");
  const example = /^```yaml\n(apiVersion:[^]*?)^```/m.exec(page)?.[1] ?? "";

  it("accepts the example of the documentation", () => {
    assert.match(example, /kind: Workflow\n/);
    const { said, status } = lint(example);
    assert.equal(status, 0, said);
  });

  it("accepts a workflow of a template of the examples", () => {
    const { said, status } = lint(
      "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: { generateName: mosaic- }\nspec: { workflowTemplateRef: { name: mosaic } }\n",
    );
    assert.equal(status, 0, said);
  });

  it("refuses a parameter that does not exist, which the API server accepts", () => {
    const { said, status } = lint(example.replace("{{inputs.parameters.name}}.txt", "{{inputs.parameters.tile}}.txt"));
    assert.notEqual(status, 0);
    assert.match(said, /inputs\.parameters\.tile/);
  });
});
