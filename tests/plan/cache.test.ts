import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cached } from "../../plan/cache.ts";

describe("the cache", () => {
  const before = process.env["XDG_CACHE_HOME"];
  let home = "";
  const folder = () => join(home, "groundplan", "things");
  const never = () => Promise.reject(new Error("made although it is in the cache"));

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "groundplan-cache-"));
    process.env["XDG_CACHE_HOME"] = home;
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
    if (before === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = before;
  });

  it("gives a value again for the same key, in whatever order its members stand", async () => {
    const made = await cached("things", { a: 1, b: 2 }, () => Promise.resolve({ list: [1.5, null, "text"] }));
    assert.deepEqual(made, { list: [1.5, null, "text"] });
    assert.deepEqual(await cached("things", { b: 2, a: 1 }, never), made);
  });

  it("makes a value for another key, and one for each folder", async () => {
    await cached("things", 1, () => Promise.resolve("one"));
    assert.equal(await cached("things", 2, () => Promise.resolve("two")), "two");
    assert.equal(await cached("others", 1, () => Promise.resolve("another")), "another");
  });

  it("makes an entry again that is empty, cut off or of another form", async () => {
    await cached("things", 1, () => Promise.resolve("value"));
    const [entry = ""] = readdirSync(folder());
    for (const text of ["", '{"value":"va', "null", "[]", "{}", "3"]) {
      writeFileSync(join(folder(), entry), text);
      assert.equal(await cached("things", 1, () => Promise.resolve("value")), "value", text);
      assert.equal(await cached("things", 1, never), "value", text);
    }
  });

  it("keeps nothing of a value that could not be made", async () => {
    await assert.rejects(
      cached("things", 1, () => Promise.reject(new Error("no chart"))),
      /no chart/,
    );
    assert.equal(await cached("things", 1, () => Promise.resolve("value")), "value");
  });

  it("has no effect where it cannot be written", async () => {
    writeFileSync(join(home, "file"), "");
    process.env["XDG_CACHE_HOME"] = join(home, "file");
    assert.equal(await cached("things", 1, () => Promise.resolve("value")), "value");
  });

  it("is bounded, and what was not used for longest goes first", async () => {
    mkdirSync(folder(), { recursive: true });
    await cached("things", "used", () => Promise.resolve("used"));
    const [used = ""] = readdirSync(folder());
    utimesSync(join(folder(), used), 1, 1);
    for (let index = 0; index < 320; index++) {
      writeFileSync(join(folder(), `${index}.json`), "{}");
      utimesSync(join(folder(), `${index}.json`), 100 + index, 100 + index);
    }
    assert.equal(await cached("things", "used", never), "used");
    await cached("things", "new", () => Promise.resolve("new"));
    const left = readdirSync(folder());
    assert.equal(left.length, 300);
    assert.ok(left.includes(used) && left.includes("319.json") && !left.includes("0.json"));
    assert.equal(await cached("things", "new", never), "new");
  });
});
