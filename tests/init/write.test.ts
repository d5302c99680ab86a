import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFolder, writeProject } from "../../init/write.ts";
import { InputError } from "../../plan/input-error.ts";

describe("writing a project", () => {
  let place = "";
  beforeEach(() => (place = mkdtempSync(join(tmpdir(), "groundplan-init-"))));
  afterEach(() => rmSync(place, { recursive: true, force: true }));
  const files = new Map([
    ["a.yaml", "a"],
    ["b/c/d.yml", "d"],
    ["package.json", '{"type": "module"}'],
  ]);
  const fine = () => Promise.resolve();

  it("creates the folder and every file, which can be used before", async () => {
    const folder = join(place, "new", "project");
    let seen = "";
    await writeProject(folder, files, (staged) => {
      seen = readFileSync(join(staged, "b", "c", "d.yml"), "utf8");
      return Promise.resolve();
    });
    assert.equal(seen, "d");
    assert.deepEqual(readFolder(folder), files);
  });

  it("overwrites nothing, and names every file in the way", async () => {
    mkdirSync(join(place, "b", "c"), { recursive: true });
    writeFileSync(join(place, "a.yaml"), "mine");
    writeFileSync(join(place, "b", "c", "d.yml"), "mine");
    const before = readFolder(place);
    await assert.rejects(writeProject(place, files, fine), (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /has a\.yaml, b\/c\/d\.yml, and nothing is overwritten/);
      return true;
    });
    assert.deepEqual(readFolder(place), before);
  });

  it("leaves nothing behind where the check fails", async () => {
    const folder = join(place, "new", "project");
    await assert.rejects(
      writeProject(folder, files, () => Promise.reject(new InputError("no"))),
      /no/,
    );
    assert.deepEqual(readdirSync(place), []);
  });

  it("takes back what it wrote where a file comes in the way half-way", async () => {
    writeFileSync(join(place, "package.json"), '{"name":"mine"}');
    await assert.rejects(
      writeProject(place, files, () => {
        // A file where a folder is needed: found only when its content is moved.
        writeFileSync(join(place, "b"), "");
        return Promise.resolve();
      }),
    );
    assert.deepEqual(Object.fromEntries(readFolder(place)), { b: "", "package.json": '{"name":"mine"}' });
  });
});
