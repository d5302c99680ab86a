// npm run test:backup: what compares the sizes of backups, by the script of a stack, with restic and an object store.
import assert from "node:assert/strict";
import { join } from "node:path";
import { useMachine } from "./machine.ts";
import type { Machine } from "./machine.ts";

const kib = 1024;

describe("the sizes of backups", function () {
  this.timeout(300_000);
  let machine: Machine;
  /** Both containers of the Job, without the metrics. */
  const sizes = async (change: Record<string, string> = {}) => {
    const list = { SNAPSHOTS: join(machine.folder, "tmp/snapshots.json") };
    const read = await machine.run("backup-sizes/restic", { ...list, ...change });
    return read.code === 0 ? machine.run("backup-sizes", { ...list, RULE: "" }) : read;
  };
  /** A snapshot of a path with that many bytes. */
  const write = (path: string, bytes: number, host = "thanos") => {
    const { code, err } = machine.restic([
      ...["backup", "--quiet", "--host", host, "--stdin-filename", path, "--stdin-from-command", "--"],
      ...["head", "-c", String(bytes), "/dev/zero"],
    ]);
    assert.equal(code, 0, err);
  };

  before(async function () {
    machine = await useMachine(this);
    const { code, err } = await machine.run("backup-repository");
    assert.equal(code, 0, err);
  });
  // The machine is missing where this was skipped.
  after(() => (machine as Machine | undefined)?.stop());

  it("are nothing to complain of where there is no backup", async () => {
    assert.deepEqual(await sizes(), { code: 0, out: "", err: "" });
  });

  it("are listed, and may grow, shrink by half, or be small", async () => {
    for (const bytes of [400 * kib, 800 * kib, 400 * kib]) write("/postgresql/wiki.dump", bytes);
    for (const bytes of [90 * kib, kib]) write("/postgresql/roles.sql", bytes);
    // Backups of another stack, and a first one.
    for (const bytes of [800 * kib, kib]) write("/postgresql/wiki.dump", bytes, "other");
    write("/claims/chat/media files", 3 * kib * kib);
    assert.deepEqual(await sizes(), {
      code: 0,
      out: [
        "size /claims/chat/media files: 3145728 bytes",
        "size /postgresql/roles.sql: 1024 bytes",
        "size /postgresql/wiki.dump: 409600 bytes",
        "",
      ].join("\n"),
      err: "",
    });
  });

  it("fail the run with one line if backups have less than half of an earlier one", async () => {
    write("/postgresql/wiki.dump", 300 * kib);
    write("/claims/chat/media files", 1);
    const { code, err, out } = await sizes();
    assert.equal(code, 1);
    assert.equal(
      err,
      "backup: less than half of an earlier backup: /claims/chat/media files: 1 bytes after 3145728;/postgresql/wiki.dump: 307200 bytes after 819200\n",
    );
    assert.match(out, /^shrunk \/claims.*\nshrunk \/postgresql\/wiki.*\nsize \/postgresql\/roles.*\n$/);
  });

  it("are what is usual after three more backups", async () => {
    for (let more = 1; more <= 3; more += 1) {
      write("/postgresql/wiki.dump", 300 * kib);
      write("/claims/chat/media files", kib);
      const { code, err } = await sizes();
      assert.equal(/wiki/.test(err), more < 2, `${more}: ${err}`);
      assert.equal(code === 0, more === 3, `${more}: ${err}`);
    }
  });

  it("say that they could not be read", async () => {
    const { code, err } = await sizes({ RESTIC_PASSWORD: "wrong" });
    assert.equal(code, 1);
    assert.match(err, /^backup: wrong password for the repository [^\n]+\n$/);
  });
});
