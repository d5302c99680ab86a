import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { answersOf, certificates, defaultAnswers, gateways, needsGateway, parts } from "../../init/answers.ts";
import type { Answers, Flags } from "../../init/answers.ts";
import { gitignore, projectFiles } from "../../init/files.ts";
import { readFolder } from "../../init/write.ts";
import { runChecks } from "../../plan/checks/checks.ts";
import { makePlan } from "../../plan/plan.ts";
import { loadSettings } from "../../stacks/settings/load.ts";
import { root } from "../stacks.ts";

const template = readFolder(join(root, "template"));
const defaults = defaultAnswers("/x/platform", { names: ["kind-a", "kind-b"], current: "kind-b" });
const answers = (flags: Flags = {}) => answersOf(flags, defaults);

/** The configuration of a stack of the project that answers give. */
function valuesOf(files: ReadonlyMap<string, string>, stack: string): Record<string, string> {
  const { config } = parse(files.get(`Pulumi.${stack}.yaml`) ?? "") as { config: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

function settingsOf(files: ReadonlyMap<string, string>, stack: string) {
  return loadSettings({ values: valuesOf(files, stack), secretKeys: new Set() }, stack);
}

describe("the files of a new project", () => {
  it("have valid settings for every gateway, issuer and set of parts", () => {
    // None, each alone, all but one, and all.
    const sets = [[], ...parts.map((one) => [one]), ...parts.map((one) => parts.filter((part) => part !== one)), parts];
    for (const gateway of gateways)
      for (const issuer of certificates)
        for (const set of sets.filter((one) => gateway !== "none" || !one.some(needsGateway))) {
          const given: Answers = { ...defaults, gateway, certificates: issuer, parts: set };
          const files = projectFiles(template, given);
          for (const stack of ["dev", "prod"]) {
            const context = `${stack}: ${gateway} ${issuer} ${set.join(",")}`;
            const settings = settingsOf(files, stack);
            assert.equal(settings.profile, stack, context);
            assert.equal(settings.gateway.enabled, gateway !== "none", context);
            for (const part of parts) assert.equal(settings[part].enabled, set.includes(part), `${context} ${part}`);
          }
        }
  });

  for (const [name, set] of [
    ["the default parts", defaults.parts],
    ["all parts", parts],
  ] as const)
    it(`have plans with ${name} in which no check finds an error`, async () => {
      const files = projectFiles(template, { ...defaults, parts: set });
      for (const stack of ["dev", "prod"]) {
        const config = { values: valuesOf(files, stack), secretKeys: [], project: "platform" };
        const { results } = runChecks(await makePlan(stack, config), "2026-12-01");
        const errors = results
          .filter(({ severity }) => severity === "error")
          .flatMap(({ findings, id }) => findings.map(({ message, object }) => `${stack}: ${id} ${object} ${message}`));
        assert.deepEqual(errors, []);
      }
    });

  it("have the answers in their place", () => {
    const files = projectFiles(
      template,
      answers({ name: "own", domain: "a.example", context: "x", gateway: "traefik", certificates: "own-ca" }),
    );
    const [dev, prod] = [settingsOf(files, "dev"), settingsOf(files, "prod")];
    assert.deepEqual([dev.domain, prod.domain], ["dev.a.example", "a.example"]);
    assert.deepEqual([dev.cluster.context, prod.cluster.context], ["x", "own-prod"]);
    assert.deepEqual([dev.gateway.kind, prod.gateway.kind], ["traefik", "traefik"]);
    assert.deepEqual(
      prod.certificates.issuers.map(({ kind }) => kind),
      ["own-ca"],
    );
    assert.equal((JSON.parse(files.get("package.json") ?? "") as { name: string }).name, "own");
    const { name, template: left } = parse(files.get("Pulumi.yaml") ?? "") as Record<string, unknown>;
    assert.deepEqual([name, left], ["own", undefined]);
    for (const [path, text] of files) assert.ok(!text.includes("${PROJECT}"), path);
  });

  it("are those of the template with the default answers, so that `pulumi new` gives the same", () => {
    const given = { ...defaults, name: "${PROJECT}", context: "kind-kind", prodContext: "prod" };
    const files = projectFiles(template, given);
    for (const [path, text] of template) if (path !== "Pulumi.yaml") assert.equal(files.get(path), text, path);
    assert.deepEqual([...files.keys()].sort(), [...template.keys()].sort());
    assert.equal(template.get(".gitignore"), gitignore);
  });

  it("depend on this version, and on the tools of this repository", () => {
    const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest & { version: string };
    const made = JSON.parse(template.get("package.json") ?? "") as Manifest;
    assert.deepEqual(made.dependencies, { groundplan: own.version });
    for (const [name, version] of Object.entries(made.devDependencies))
      assert.equal(version, own.devDependencies[name], name);
  });

  it("have the workflows of this repository, with the commands of the package", () => {
    const workflows = [...template].filter(([path]) => path.startsWith(".github/"));
    assert.deepEqual(workflows.map(([path]) => path.split("/").at(-1)).sort(), [
      "deploy.yml",
      "preview-comment.yml",
      "preview.yml",
    ]);
    for (const [path, text] of workflows) {
      const own = readFileSync(join(root, path), "utf8");
      const expected = own
        .replaceAll("--policy-pack policies ", "--policy-pack node_modules/groundplan/policies ")
        .replaceAll(/npm run (?:--silent )?(plan|doctor) -- /g, "npx groundplan $1 ");
      assert.equal(text, expected, path);
      assert.doesNotMatch(text, /npm run/, path);
    }
  });
});

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
