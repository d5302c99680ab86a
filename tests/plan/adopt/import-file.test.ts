import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { completed, readList } from "../../../plan/adopt/import-file.ts";

/** As `pulumi preview --import-file` writes it: a name that two resources have is written with its type, and the logical name beside it. */
const list = {
  nameTable: { kubernetes: "urn:pulumi:prod::own::pulumi:providers:kubernetes::kubernetes" },
  resources: [
    { type: "groundplan:matrix:Matrix", name: "matrix", component: true },
    {
      type: "kubernetes:core/v1:ConfigMap",
      name: "matrix-configConfigMap",
      logicalName: "matrix-config",
      id: "<PLACEHOLDER>",
      parent: "matrix",
      provider: "kubernetes",
    },
    {
      type: "kubernetes:core/v1:Secret",
      name: "matrix-config",
      id: "<PLACEHOLDER>",
      parent: "matrix",
      provider: "kubernetes",
    },
    { type: "pulumi:providers:random", name: "random", inputs: {} },
    { type: "random:index/randomPassword:RandomPassword", name: "token", id: "<PLACEHOLDER>", provider: "random" },
  ],
};

describe("a list of resources to import", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "groundplan-adopt-"))));
  after(() => rmSync(folder, { recursive: true }));
  const written = (content: string) => {
    const file = join(folder, "import.json");
    writeFileSync(file, content);
    return readList(file);
  };

  it("has the IDs of what exists, its parents and providers, and nothing that does not exist", () => {
    const existing = [
      { type: "kubernetes:core/v1:ConfigMap", name: "matrix-config", id: "chat/conduit-config" },
      { type: "kubernetes:core/v1:Service", name: "token", id: "chat/token" },
    ];
    const { count, text } = completed(written(JSON.stringify(list)), existing);
    assert.equal(count, 1);
    assert.deepEqual(JSON.parse(text), {
      nameTable: list.nameTable,
      resources: [list.resources[0], { ...list.resources[1], id: "chat/conduit-config" }, list.resources[3]],
    });
  });

  it("may be empty, as Pulumi writes it where nothing is to be created", () => {
    assert.equal(completed(written('{"nameTable": {}}'), []).count, 0);
  });

  it("is refused in one line, with the file, if it is none", () => {
    const refused = /import\.json is no list of resources: .*pulumi preview --import-file writes it$/;
    for (const content of ["", "no JSON", "[]", '"text"', '{"resources": {}}', '{"resources": [1]}'])
      assert.throws(() => written(content), refused, content);
    assert.throws(() => readList(join(folder, "missing.json")), /missing\.json cannot be read: ENOENT$/);
  });
});
