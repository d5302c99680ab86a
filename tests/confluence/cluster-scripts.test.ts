// The scripts of a cluster, run by a real shell on folders of their own: the wait for the setup, and the move of a home.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { moveScript, paths, prepareScript } from "../../components/confluence/scripts.ts";

const configuration = (step: string) => `<?xml version="1.0" encoding="UTF-8"?>

<confluence-configuration>
  <setupStep>${step}</setupStep>
  <setupType>custom</setupType>
  <buildNumber>10024</buildNumber>
  <properties>
    <property name="atlassian.license.message">AAAB
second line</property>
    <property name="hibernate.connection.password">S3cret</property>
    <property name="hibernate.connection.url">jdbc:postgresql://svc-db:5432/db</property>
    <property name="hibernate.setup">true</property>
    <property name="jwt.private.key">MIIE</property>
  </properties>
</confluence-configuration>
`;

describe("the scripts of a cluster of Confluence", function () {
  this.timeout(30_000);
  let folder = "";
  let folders = paths;
  const write = (path: string, content: string) => {
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "groundplan-cluster-"));
    folders = Object.fromEntries(
      Object.entries(paths).map(([name, path]) => [name, join(folder, path)]),
    ) as unknown as typeof paths;
    for (const path of [folders.conf, folders.classes, folders.home, folders.sharedHome, folders.previousHome])
      mkdirSync(path, { recursive: true });
    for (const name of ["conf", "classes"]) mkdirSync(join(folders.prepared, name), { recursive: true });
    writeFileSync(join(folders.conf, "server.xml"), "<Server/>");
    writeFileSync(join(folders.classes, "seraph-config.xml"), "<security-config/>");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  describe("that prepares a node", () => {
    const prepared = () => existsSync(join(folders.prepared, "conf", "server.xml"));
    const prepare = (node: string) =>
      spawn("sh", ["-c", prepareScript(true, folders)], {
        env: { PATH: process.env["PATH"], ATL_JDBC_PASSWORD: "pw", NODE: node },
        stdio: "ignore",
      });
    const ended = (node: ReturnType<typeof prepare>) =>
      new Promise<number | null>((resolve) => node.once("exit", (code) => resolve(code)));

    it("X20: lets the first node start, which is set up in the browser", async () => {
      assert.equal(await ended(prepare("sts-confluence-0")), 0);
      assert.ok(prepared());
    });

    it("X20: holds back the second node until the shared home says that the setup is complete", async () => {
      const second = prepare("sts-confluence-1");
      const end = ended(second);
      await sleep(1000);
      assert.equal(second.exitCode, null);
      write(join(folders.sharedHome, "confluence.cfg.xml"), configuration("setupadministrator"));
      await sleep(6000);
      assert.deepEqual([second.exitCode, prepared()], [null, false], "during the setup");
      write(join(folders.sharedHome, "confluence.cfg.xml"), configuration("complete"));
      assert.equal(await end, 0);
      assert.ok(prepared());
    });

    it("counts nodes by the whole number: the eleventh is not the first", async () => {
      const eleventh = prepare("sts-confluence-10");
      await sleep(1000);
      assert.equal(eleventh.exitCode, null);
      const end = ended(eleventh);
      eleventh.kill();
      await end;
    });
  });

  describe("that moves a home", () => {
    const move = () => spawnSync("sh", ["-c", moveScript(folders)], { encoding: "utf8" });
    const shared = (...path: string[]) => join(folders.sharedHome, ...path);
    const text = (...path: string[]) => readFileSync(shared(...path), "utf8");
    const years = new Date("2019-05-04T03:02:01Z");

    beforeEach(() => {
      const old = (...path: string[]) => join(folders.previousHome, ...path);
      write(old("confluence.cfg.xml"), configuration("complete"));
      write(old("attachments", "ver003", "1", "a b.png"), "picture");
      utimesSync(old("attachments", "ver003", "1", "a b.png"), years, years);
      write(old("keys", "javax.crypto.spec.SecretKeySpec_1"), "key");
      write(old("shared-home", "attachments", "v4", "1", "2.3"), "newer");
      write(old("shared-home", "config", "cache-settings.properties"), "x=1");
      write(old("shared-home", ".hidden"), "h");
      write(old("shared-home", "confluence.cfg.xml"), configuration("setupstart"));
      write(old("index", "segments"), "index");
    });

    it("copies what nodes share, and leaves what each node builds", () => {
      const { status, stderr } = move();
      assert.equal(status, 0, stderr);
      assert.equal(text("attachments", "ver003", "1", "a b.png"), "picture");
      assert.equal(statSync(shared("attachments", "ver003", "1", "a b.png")).mtimeMs, years.getTime());
      assert.equal(text("attachments", "v4", "1", "2.3"), "newer");
      assert.equal(text("keys", "javax.crypto.spec.SecretKeySpec_1"), "key");
      assert.equal(text("config", "cache-settings.properties"), "x=1");
      assert.equal(text(".hidden"), "h");
      assert.ok(!existsSync(shared("index")));
      assert.equal(
        readFileSync(join(folders.previousHome, "attachments", "ver003", "1", "a b.png"), "utf8"),
        "picture",
      );
    });

    it("brings the configuration along, without the database's address and password", () => {
      move();
      const expected = configuration("complete")
        .split("\n")
        .filter((line) => !line.includes("hibernate.connection."))
        .join("\n");
      assert.equal(text("confluence.cfg.xml"), expected);
    });

    it("starts again after a run that broke off, and does nothing after one that was completed", () => {
      // A run that ends early: the disk refuses the keys.
      writeFileSync(shared("keys"), "no folder");
      assert.notEqual(move().status, 0);
      assert.ok(existsSync(shared("attachments")) && !existsSync(shared("confluence.cfg.xml")));
      rmSync(shared("keys"));
      // Another that ends before the configuration is whole.
      mkdirSync(shared("confluence.cfg.xml.new"));
      assert.notEqual(move().status, 0);
      assert.ok(existsSync(shared("config")) && !existsSync(shared("confluence.cfg.xml")));
      rmSync(shared("confluence.cfg.xml.new"), { recursive: true });
      assert.equal(move().status, 0);
      writeFileSync(shared("attachments", "ver003", "1", "a b.png"), "changed since");
      const { status, stdout } = move();
      assert.deepEqual([status, stdout.trim()], [0, "the shared home is in use: nothing to copy"]);
      assert.equal(text("attachments", "ver003", "1", "a b.png"), "changed since");
    });

    for (const [what, prepare] of [
      ["is empty", () => rmSync(join(folders.previousHome, "confluence.cfg.xml"))],
      [
        "is of an unfinished setup",
        () => write(join(folders.previousHome, "confluence.cfg.xml"), configuration("setupdata")),
      ],
    ] as const)
      it(`refuses a home that ${what}`, () => {
        prepare();
        const { status, stderr } = move();
        assert.equal(status, 1);
        assert.match(stderr, /no confluence\.cfg\.xml of a finished setup/);
        assert.ok(!existsSync(shared("attachments")));
      });
  });
});
