import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assetFolders } from "../../bin/assets.ts";
import * as main from "../../public/index.ts";
import * as testing from "../../public/testing.ts";
import { root } from "../stacks.ts";

/** The names that a file exports from others: the name, whether it is a type, and the file that declares it. */
function exportsOf(file: string): { name: string; type: boolean; from: string }[] {
  const text = readFileSync(join(root, "public", file), "utf8");
  return [...text.matchAll(/export (type )?\{([^}]+)\} from "\.\.\/([^"]+)"/g)].flatMap(
    ([, type, names = "", from = ""]) =>
      names
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "")
        .map((name) => ({ name, type: type !== undefined, from })),
  );
}

/** Whether a declaration, here or in a file that this one passes on, has a docstring right before it. */
function documented(from: string, name: string): boolean {
  const text = readFileSync(join(root, from), "utf8");
  const passedOn = new RegExp(`export (?:type )?\\{[^}]*\\b${name}\\b[^}]*\\} from "\\./([^"]+)"`).exec(text)?.[1];
  if (passedOn !== undefined) return documented(join(from, "..", passedOn), name);
  return new RegExp(`\\*/\\nexport (?:abstract |async )*(?:class|function|interface|type|const) ${name}\\b`).test(text);
}

describe("the public modules of the package", () => {
  const modules = [
    ["index.ts", main],
    ["testing.ts", testing],
  ] as const;

  for (const [file, module] of modules) {
    it(`${file}: every name exists and has a docstring`, () => {
      const names = exportsOf(file);
      assert.ok(names.length > 5);
      for (const { name, type } of names) assert.equal(name in module, !type, name);
      assert.deepEqual(
        names.filter(({ from, name }) => !documented(from, name)).map(({ from, name }) => `${from}: ${name}`),
        [],
      );
    });
  }

  it("the component of every service is exported", () => {
    for (const name of [
      "Application",
      "Backup",
      "Certificates",
      "Confluence",
      "Gateway",
      "Keycloak",
      "Logging",
      "Matrix",
    ])
      assert.equal(typeof main[name as keyof typeof main], "function", name);
    for (const name of [
      "MidPoint",
      "Monitoring",
      "Namespaces",
      "Network",
      "NfsServer",
      "Postgres",
      "Buckets",
      "Storage",
    ])
      assert.equal(typeof main[name as keyof typeof main], "function", name);
  });

  it("the package has every folder that is read beside a file at run time", () => {
    const sources = ["components", "init", "plan", "stacks"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts") && !file.endsWith("write-docs.ts"))
        .map((file) => join(folder, file)),
    );
    const read = sources.flatMap((file) =>
      [...readFileSync(join(root, file), "utf8").matchAll(/import\.meta\.dirname, "(?!\.\.)([^"]+)"/g)].map(
        ([, name = ""]) => join(file, "..", name),
      ),
    );
    assert.deepEqual([...new Set(read)].sort(), assetFolders(root).sort());
  });

  it("package.json names a source for every module, and the command", () => {
    const {
      bin,
      exports,
      files,
      private: isPrivate,
    } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      bin: Record<string, string>;
      exports: Record<string, string | Record<string, string>>;
      files: string[];
      private?: boolean;
    };
    assert.equal(isPrivate, undefined);
    assert.ok(files.includes("dist") && files.includes("template"));
    const targets = [
      ...Object.values(bin),
      ...Object.values(exports).flatMap((one) => Object.values(typeof one === "string" ? { one } : one)),
    ];
    for (const target of targets) {
      const source = target.replace(/^(\.\/)?dist\//, "").replace(/(\.d\.ts|\.js)$/, ".ts");
      assert.ok(existsSync(join(root, source)), target);
    }
  });
});
