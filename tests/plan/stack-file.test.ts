// What a plan reads of a stack file. The expected values are those that Pulumi 3.260 handed to a program for the same files.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "../../plan/input-error.ts";
import { encrypted, readStackFile } from "../../plan/stack-file.ts";

describe("a stack file", () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "groundplan-stack-file-"));
    file = join(folder, "Pulumi.test.yaml");
  });
  after(() => rmSync(folder, { recursive: true }));

  const read = (yaml: string, set: readonly string[] = []) => {
    writeFileSync(file, yaml);
    return readStackFile(file, set);
  };
  const values = (settings: string, set: readonly string[] = []) =>
    read(`config:\n${settings.replace(/^/gm, "  ")}\n`, set).values;
  const inputError = (message: string) => (error: unknown) =>
    error instanceof InputError && assert.equal(error.message, message) === undefined;

  it("gives keys in full, whichever way they are written", () => {
    assert.deepEqual(values("domain: a.b\ngroundplan:profile: dev\ngroundplan:config:budget: 5\nsecrets:x: y"), {
      "groundplan:domain": "a.b",
      "groundplan:profile": "dev",
      "groundplan:budget": "5",
      "secrets:x": "y",
    });
  });

  const scalars: [string, string][] = [
    ["20", "20"],
    ["1.10", "1.1"],
    ['"1.10"', "1.10"],
    ["0777", "511"],
    ["0o17", "15"],
    ["0b101", "5"],
    ["-010", "-8"],
    ["089", "89"],
    ["0x1F", "31"],
    ["1_000", "1000"],
    ["1e3", "1000"],
    ["yes", "yes"],
    ["true", "true"],
    ['"true"', "true"],
    ["12:30:45", "12:30:45"],
    ["2026-01-02", "2026-01-02 00:00:00 +0000 UTC"],
    ["2026-1-2", "2026-01-02 00:00:00 +0000 UTC"],
    ["2026-13-45", "2026-13-45"],
    ["", ""],
    ["~", ""],
    ['""', ""],
    ["{}", "{}"],
    ["[1, null]", "[1,null]"],
    ["{ a: null, b: 0777, c: yes, 1: x, d: 1.0 }", '{"1":"x","a":null,"b":511,"c":"yes","d":1}'],
    ["a#b # c", "a#b"],
    ["|\n    a\n    b\n", "a\nb\n"],
  ];
  for (const [written, expected] of scalars) {
    it(`reads ${JSON.stringify(written)} as the engine does`, () => {
      assert.deepEqual(read(`config:\n  x: ${written}\n`).values, { "groundplan:x": expected });
    });
  }

  it("follows anchors and merges", () => {
    assert.deepEqual(values("a: &one { x: 1 }\nb: *one\nc: { <<: *one, y: 2 }"), {
      "groundplan:a": '{"x":1}',
      "groundplan:b": '{"x":1}',
      "groundplan:c": '{"x":1,"y":2}',
    });
  });

  it("marks what is encrypted, at any depth, and has no value for it", () => {
    const config = read(
      "encryptionsalt: v1:a\nconfig:\n  secrets:a: { secure: v1:b }\n  b: { c: [{ secure: v1:d }], e: 1 }\n  f: { secure: v1:g, h: 1 }\n",
    );
    assert.deepEqual(config, {
      project: "groundplan",
      values: {
        "secrets:a": encrypted,
        "groundplan:b": JSON.stringify({ c: [encrypted], e: 1 }),
        "groundplan:f": '{"secure":"v1:g","h":1}',
      },
      secretKeys: ["secrets:a", "groundplan:b"],
    });
  });

  it("may be empty", () => {
    for (const yaml of ["", "# nothing\n", "config:\n", "config: {}\n", "\ufeffconfig: {}\r\n"])
      assert.deepEqual(read(yaml), { project: "groundplan", values: {}, secretKeys: [] });
  });

  it("that is missing, or a folder, is said to be so", () => {
    const missing = join(folder, "none.yaml");
    assert.throws(() => readStackFile(missing), inputError(`${missing}: the file does not exist`));
    assert.throws(() => readStackFile(folder), inputError(`${folder}: is a folder, not a file`));
  });

  it("with aliases that multiply without end is refused", () => {
    const level = (name: string, of: string) => `${name}: &${name} [${`*${of}, `.repeat(20)}]`;
    const yaml = ["a: &a [1]", level("b", "a"), level("c", "b"), level("d", "c")].join("\n");
    assert.throws(() => values(yaml), /Excessive alias count/);
  });

  describe("--set", () => {
    const base =
      "groundplan:postgresql: { replicas: 1, databases: [{ name: a }, { name: b }] }\ngroundplan:domain: example.org";
    const changes: [string, string, unknown][] = [
      ["postgresql.replicas=3", "groundplan:postgresql", { replicas: 3, databases: [{ name: "a" }, { name: "b" }] }],
      [
        "groundplan:postgresql.replicas=3",
        "groundplan:postgresql",
        { replicas: 3, databases: [{ name: "a" }, { name: "b" }] },
      ],
      [
        "postgresql.databases[1].name=c",
        "groundplan:postgresql",
        { replicas: 1, databases: [{ name: "a" }, { name: "c" }] },
      ],
      [
        "postgresql.databases[2]={name: c}",
        "groundplan:postgresql",
        { replicas: 1, databases: [{ name: "a" }, { name: "b" }, { name: "c" }] },
      ],
      ["postgresql.databases=[]", "groundplan:postgresql", { replicas: 1, databases: [] }],
      ['placement.nodeSelector["a.b/c"]=d=e', "groundplan:placement", { nodeSelector: { "a.b/c": "d=e" } }],
      ["certificates.hosts[0].host=wiki", "groundplan:certificates", { hosts: [{ host: "wiki" }] }],
      ["budget=500", "groundplan:budget", 500],
    ];
    for (const [set, key, expected] of changes) {
      it(set, () => {
        const result = values(base, [set]);
        assert.deepEqual(JSON.parse(result[key] ?? ""), expected);
        const others = Object.keys(result).filter((one) => one !== key);
        assert.ok(others.includes(key === "groundplan:domain" ? "groundplan:postgresql" : "groundplan:domain"));
      });
    }

    it("takes a text, an empty value and another namespace", () => {
      assert.deepEqual(values("a: 1", ["domain=b.c", "profile=", "secrets:x=y"]), {
        "groundplan:a": "1",
        "groundplan:domain": "b.c",
        "groundplan:profile": "",
        "secrets:x": "y",
      });
    });

    it("is applied in order, and changes nothing that an anchor shares", () => {
      const result = values("a: &one { x: 1 }\nb: *one", ["a.x=2", "a.x=3"]);
      assert.deepEqual(result, { "groundplan:a": '{"x":3}', "groundplan:b": '{"x":1}' });
    });

    const example = "use a key such as postgresql.replicas or certificates.hosts[0].host";
    const wrong: [string, string][] = [
      ["postgresql.replicas", "--set: expected KEY=VALUE, such as postgresql.replicas=3"],
      ["=3", "--set: expected KEY=VALUE, such as postgresql.replicas=3"],
      ["postgresql..replicas=3", `--set postgresql..replicas: a name is missing at "..replicas"; ${example}`],
      ["postgresql.=3", `--set postgresql.: a name is missing at "."; ${example}`],
      [".postgresql=3", `--set .postgresql: a name is missing before ".postgresql"; ${example}`],
      ["groundplan:=3", `--set groundplan:: a name is missing; ${example}`],
      [
        "postgresql.databases[x].name=3",
        `--set postgresql.databases[x].name: "[x].name" is not an index such as [0] or ["name"]; ${example}`,
      ],
      [
        "postgresql.databases[=3",
        `--set postgresql.databases[: "[" is not an index such as [0] or ["name"]; ${example}`,
      ],
      [
        "postgresql.databases[0]name=3",
        `--set postgresql.databases[0]name: a dot is missing before "name"; ${example}`,
      ],
      [
        "postgresql.databases[5].name=c",
        `--set postgresql.databases[5].name: [5] is out of range for a list of 2; ${example}`,
      ],
      [
        "postgresql.databases.name=c",
        `--set postgresql.databases.name: "name" is a name, but the value is a list: use an index, such as [0]; ${example}`,
      ],
      ["postgresql[0]=c", `--set postgresql[0]: [0] is an index, but the value is an object; ${example}`],
      [
        "secrets:x=[S3CRET",
        "--set secrets:x: the value is not valid YAML; put a string with special characters in quotes",
      ],
    ];
    for (const [set, message] of wrong) {
      it(`refuses ${set.replace("S3CRET", "…")}`, () => {
        assert.throws(() => values(base, [set]), inputError(message));
      });
    }
  });
});
