import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { answersOf, defaultAnswers } from "../../init/answers.ts";
import { kubeconfigContexts } from "../../init/kubeconfig.ts";
import { completedManifest } from "../../init/manifest.ts";
import { InputError } from "../../plan/input-error.ts";

const defaults = defaultAnswers("/home/me/My Platform_2", { names: [] });

describe("answers for a new project", () => {
  it("have defaults from the folder and the kubeconfig", () => {
    assert.equal(defaults.name, "my-platform-2");
    assert.equal(defaults.context, "kind-kind");
    assert.equal(defaultAnswers("/", { names: ["a", "b"] }).context, "a");
    assert.equal(defaultAnswers("/", { names: ["a", "b"], current: "b" }).context, "b");
    assert.equal(defaultAnswers("/", { names: [] }).name, "platform");
    assert.deepEqual(answersOf({}, defaults), defaults);
  });

  const wrong: [flags: Parameters<typeof answersOf>[0], message: string][] = [
    [{ gateway: "kng" }, "--gateway kng: accepted are kong, traefik, nginx, none; did you mean kong?"],
    [{ certificates: "acme" }, "--certificates acme: accepted are letsencrypt, own-ca"],
    [
      { with: "keycloak,monitorin" },
      "--with monitorin: accepted are keycloak, monitoring, logging, midpoint, matrix, confluence, none; did you mean monitoring?",
    ],
    [{ domain: "localhost" }, '--domain localhost: must be a domain name in lower case, such as "example.org"'],
    [
      { name: "Mine" },
      '--name Mine: must be at most 50 small letters, digits and hyphens, and start with a letter, such as "platform"',
    ],
    [{ context: "a b" }, "--context a b: must be a kubeconfig context"],
  ];
  for (const [flags, message] of wrong) {
    it(`are refused in one line: ${message.split(":")[0]}`, () =>
      assert.throws(() => answersOf(flags, defaults), new InputError(message)));
  }

  it("are refused where a part needs a gateway and there is none", () => {
    assert.throws(
      () => answersOf({ gateway: "none", with: "matrix,keycloak" }, defaults),
      new InputError("--with matrix: needs a gateway, but --gateway is none"),
    );
  });

  it("are refused all at once", () => {
    assert.throws(
      () => answersOf({ gateway: "x", domain: "x" }, defaults),
      ({ message }: Error) => message.split("\n").length === 2,
    );
  });

  it("name parts in any order, or none", () => {
    assert.deepEqual(answersOf({ with: "logging, keycloak" }, defaults).parts, ["keycloak", "logging"]);
    assert.deepEqual(answersOf({ with: "none" }, defaults).parts, []);
    assert.equal(answersOf({ name: "own" }, defaults).prodContext, "own-prod");
  });
});

describe("contexts of the kubeconfig", () => {
  it("are those of all its files, with the first current one that exists", () => {
    const folder = mkdtempSync(join(tmpdir(), "groundplan-kubeconfig-"));
    try {
      const file = (name: string, text: string) => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      };
      const files = [
        file("a", "contexts: [{name: one}, {name: two}]\n"),
        file("b", "current-context: two\ncontexts: [{name: two}, {name: three}]\n"),
        file("c", "{ this is no YAML"),
        join(folder, "missing"),
      ];
      assert.deepEqual(kubeconfigContexts({ KUBECONFIG: files.join(delimiter) }), {
        names: ["one", "two", "three"],
        current: "two",
      });
      assert.deepEqual(kubeconfigContexts({ HOME: folder }), { names: [] });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("a package.json that exists", () => {
  const wanted = JSON.stringify({
    name: "own",
    type: "module",
    scripts: { test: "t", start: "s" },
    dependencies: { groundplan: "1" },
  });
  const complete = (existing: object) =>
    JSON.parse(completedManifest(JSON.stringify(existing), wanted)) as Record<string, unknown>;

  it("gets what it lacks, and keeps what it has", () => {
    assert.deepEqual(complete({ dependencies: { groundplan: "file:../x.tgz", other: "2" } }), {
      dependencies: { groundplan: "file:../x.tgz", other: "2" },
      name: "own",
      type: "module",
      scripts: { test: "t", start: "s" },
    });
    assert.deepEqual(complete({ name: "mine", scripts: { test: "mocha" } })["scripts"], { test: "mocha", start: "s" });
  });

  it("loses only the test that npm writes in place of one", () => {
    const scripts = { test: 'echo "Error: no test specified" && exit 1' };
    assert.deepEqual(complete({ scripts })["scripts"], { test: "t", start: "s" });
  });

  it("is refused where the program would not run", () => {
    assert.throws(() => complete({ type: "commonjs" }), /"type" is "commonjs", but must be "module": npm pkg set/);
    assert.throws(() => completedManifest("[]", wanted), InputError);
    assert.throws(() => completedManifest("{", wanted), InputError);
  });
});
