// What is written from the settings' schema: docs/settings.md for people, docs/settings.schema.json for editors.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Ajv } from "ajv";
import { parse, stringify } from "yaml";
import { changing, defaultText, everySetting, settingsMarkdown } from "../../stacks/settings/document.ts";
import { settingsJsonSchema } from "../../stacks/settings/json-schema.ts";
import { about } from "../../stacks/settings/key.ts";
import { examples, root, stacks } from "../stacks.ts";
import { complete, configOf, problemsOf, tables, wrongFiles } from "./wrong-files.ts";

const committed = (file: string) => readFileSync(join(root, "docs", file), "utf8");

describe("the documentation of the settings", () => {
  it("is what the schema gives: npm run docs", () => {
    assert.equal(committed("settings.md"), settingsMarkdown());
    assert.equal(committed("settings.schema.json"), `${JSON.stringify(settingsJsonSchema(), undefined, 2)}\n`);
  });

  it("has for every key what it is, its default and what changing it does", () => {
    const all = everySetting();
    assert.ok(all.length > 150, `${all.length} settings`);
    for (const setting of all) {
      const { place, prod, dev } = setting;
      const unset = prod.safeParse(undefined);
      for (const described of [about(prod), about(dev)]) {
        assert.match(described?.is ?? "", /^.{8,}\.$/s, place);
        assert.ok(described?.unset === undefined || described.unset.endsWith("."), place);
        // The schema knows whether a key is required: the description must not repeat it.
        if (!unset.success) assert.equal(described?.unset, undefined, place);
        // A key that is neither required nor has a default has a description of what happens without it.
        else if (unset.data === undefined) assert.ok(described?.unset !== undefined, place);
      }
      assert.match(changing(setting), /^[A-Z`].*\.$/, place);
      assert.match(
        defaultText(setting),
        unset.success ? /^(`|none\. |the defaults of its keys: `)/ : /^none \(required/,
      );
      assert.equal(unset.success, dev.safeParse(undefined).success, place);
    }
  });

  it("derives defaults and requirements from the schema", () => {
    const defaults = new Map(everySetting().map((setting) => [setting.place, defaultText(setting)]));
    for (const [place, expected] of [
      ["domain", "none (required)"],
      ["cluster", "none (required: `context`)"],
      ["storage.volumes[].claim", "none (required: `namespace`, `name`)"],
      ["postgresql.replicas", "`3` in prod, `1` in dev"],
      ["postgresql.pooler", "the defaults of its keys: `replicas`, `resources`"],
      ["postgresql.external", "none. Required with `engine: external`."],
      ["rotation", "`{}`. Every secret keeps its first value."],
    ] as const)
      assert.equal(defaults.get(place), expected);
  });

  it("has every key, and every link leads somewhere", () => {
    const text = settingsMarkdown();
    for (const { place } of everySetting())
      assert.ok(text.includes(`\`${place.split(".").at(-1)}\``) || text.includes(`:${place}\``), place);
    const slug = (heading: string) =>
      heading
        .toLowerCase()
        .replace(/[^a-z0-9 _-]/g, "")
        .replaceAll(" ", "-");
    const anchors = [...text.matchAll(/^##+ (.*)$/gm)].map(([, heading = ""]) => slug(heading));
    assert.deepEqual([...new Set(anchors)], anchors);
    const links = [...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor = ""]) => anchor);
    assert.ok(links.length > 30);
    assert.deepEqual(
      links.filter((link) => !anchors.includes(link)),
      [],
    );
  });

  it("has tables that are tables: the same number of cells in each row", () => {
    for (const line of settingsMarkdown()
      .split("\n")
      .filter((one) => one.startsWith("|")))
      assert.equal(line.replaceAll("\\|", "").split("|").length, 7, line);
  });

  it("has the default of each profile", () => {
    const text = settingsMarkdown();
    for (const row of [
      "| `replicas` | Servers: one primary and its standbys, each on its own node. | a whole number from 1 to 9; pods | `3` in prod, `1` in dev |",
      '| `storage` | Size of each server\'s PersistentVolumeClaim (storage role `fast`). | a quantity with a unit Ki, Mi, Gi or Ti, such as "20Gi" | `20Gi` in prod, `2Gi` in dev |',
      "| `reclaimPolicy` | What happens to a volume when its claim is deleted. `Delete` destroys the data; in prod, a warning is shown. | `Retain`, `Delete` | `Retain` in prod, `Delete` in dev |",
    ])
      assert.ok(text.includes(row), row);
  });
});

describe("a plan", () => {
  it("does not load what only writes documentation", () => {
    const sources = ["stacks", "plan", "components"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(root, folder, file)),
    );
    const settings = join(root, "stacks", "settings");
    const forDocuments = ["document.ts", "json-schema.ts"].map((file) => join(settings, file));
    // By resolved path, since another folder may have a file of the same name.
    const imports = (file: string) =>
      [...readFileSync(file, "utf8").matchAll(/(?:from|import\() ?"(\.[^"]*)"/g)].map(([, path = ""]) =>
        join(file, "..", path),
      );
    const importing = sources
      .filter((file) => file.endsWith(".ts") && imports(file).some((path) => forDocuments.includes(path)))
      .map((file) => relative(settings, file));
    assert.deepEqual(importing.sort(), ["json-schema.ts", "write-docs.ts"]);
  });
});

describe("the editor's schema of a stack file", () => {
  const schema = settingsJsonSchema();
  const validate = new Ajv({ allErrors: true, strict: true, strictRequired: false, formats: { email: true } }).compile(
    schema,
  );
  const errors = (yaml: string) => {
    validate(parse(yaml, { merge: true }));
    return (validate.errors ?? []).map(({ instancePath, params }) => `${instancePath} ${JSON.stringify(params)}`);
  };

  for (const { name, file } of [...stacks, ...examples])
    it(`accepts ${name}`, () => {
      const text = readFileSync(file, "utf8");
      assert.deepEqual(errors(text), []);
      const path = /yaml-language-server: \$schema=(\S+)/.exec(text)?.[1];
      assert.equal(join(file, "..", path ?? ""), join(root, "docs", "settings.schema.json"));
    });

  const accepted: [string, string][] = [
    [
      "a file that Pulumi has written secrets into",
      `${complete("secrets:db: { secure: v1:x }")}encryptionsalt: v1:x\n`,
    ],
    ["keys without the project's name", "config:\n  domain: example.org\n  cluster: { context: kind }\n"],
    ["namespaces with nothing after the colon", complete("groundplan:namespaces: { argo: , kong: }")],
    ["settings of Pulumi itself", complete("pulumi:tags: { a: b }\npulumi:disable-default-providers: [kubernetes]")],
  ];
  for (const [name, yaml] of accepted)
    it(`accepts ${name}`, () => {
      assert.deepEqual(errors(yaml), []);
      assert.deepEqual(
        problemsOf(configOf(yaml)).filter(({ key }) => !key.startsWith("secrets:")),
        [],
      );
    });

  const refused: [string, string, string][] = [
    [
      "a typo at the top",
      complete("groundplan:postgersql: {}"),
      '/config {"additionalProperty":"groundplan:postgersql"}',
    ],
    [
      "a typo further down",
      complete("groundplan:postgresql: { replcas: 3 }"),
      '/config/groundplan:postgresql {"additionalProperty":"replcas"}',
    ],
    [
      "a number in quotes",
      complete('groundplan:postgresql: { replicas: "3" }'),
      '/config/groundplan:postgresql/replicas {"type":"integer"}',
    ],
    ["a secret in plaintext", complete("secrets:db: letmein"), '/config/secrets:db {"type":"object"}'],
    [
      "a switch of Pulumi's with a typo",
      complete("pulumi:disable-default-provider: []"),
      '/config {"additionalProperty":"pulumi:disable-default-provider"}',
    ],
    ["a setting beside config", `${complete("")}domain: x\n`, ' {"additionalProperty":"domain"}'],
    [
      "no domain",
      "config:\n  groundplan:cluster: { context: kind }\n",
      '/config {"missingProperty":"groundplan:domain"}',
    ],
  ];
  for (const [name, yaml, error] of refused)
    it(`refuses ${name}`, () => assert.ok(errors(yaml).includes(error), errors(yaml).join("\n")));

  it("refuses what the program's own schema refuses, wherever the kind of mistake can be told from one key", () => {
    // Rules between settings, and secrets, only the program checks.
    const byProgram =
      /^(applications|aws|backup|platform|certificates|confluence|dns|gateway|logging|matrix|midpoint|nfs|keycloak|monitoring|postgresql|together|secrets|workflows|worldcereal)$/;
    for (const { name, yaml } of tables.filter((table) => !byProgram.test(table)).flatMap(wrongFiles))
      assert.notDeepEqual(errors(yaml), [], name);
  });

  it("says of every setting what it is, where an editor shows it", () => {
    const { definitions } = schema as { definitions: Record<string, unknown> };
    const properties = (value: unknown): [string, unknown][] =>
      typeof value !== "object" || value === null
        ? []
        : Object.entries(value).flatMap(([key, one]) => [
            ...(key === "properties" ? Object.entries(one as object) : []),
            ...properties(one),
          ]);
    const all = [...Object.entries(definitions), ...properties(definitions)];
    assert.equal(all.length, everySetting().length);
    for (const [name, { description }] of all as [string, { description?: string }][])
      assert.match(description ?? "", /^.+\.\n.*Changing it: .+\.$/s, name);
  });

  it("offers no default that only one profile has", () => {
    const { definitions } = schema as {
      definitions: Record<string, { properties: Record<string, { default?: unknown }> }>;
    };
    const { replicas, engine, databases } = definitions["postgresql"]?.properties ?? {};
    assert.deepEqual([replicas?.default, engine?.default, databases?.default], [undefined, "postgresql-ha", undefined]);
  });

  it("is plain JSON that YAML carries too", () => {
    assert.deepEqual(parse(stringify(schema, { aliasDuplicateObjects: false })), JSON.parse(JSON.stringify(schema)));
  });
});
