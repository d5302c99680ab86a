// The script that prepares Confluence's folders, run by a real shell on folders of its own.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { paths, prepareScript } from "../../components/confluence/scripts.ts";

const folder = mkdtempSync(join(tmpdir(), "groundplan-confluence-"));
const folders = Object.fromEntries(
  Object.entries(paths).map(([name, path]) => [name, join(folder, path)]),
) as unknown as typeof paths;
const file = join(folders.home, "confluence.cfg.xml");
const configuration = (password: string) =>
  `<?xml version="1.0"?>
<confluence-configuration>
  <setupStep>complete</setupStep>
  <properties>
    <property name="hibernate.connection.password">${password}</property>
    <property name="hibernate.connection.url">jdbc:postgresql://a:5432/b?x=1&amp;y=2</property>
  </properties>
</confluence-configuration>
`;

function prepare(password: string) {
  const { status, stderr } = spawnSync("sh", ["-c", prepareScript(false, folders)], {
    env: {
      PATH: `${folder}/bin:${process.env["PATH"] ?? ""}`,
      ATL_JDBC_PASSWORD: password,
      JAVA_HOME: join(folder, "java"),
    },
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
}

describe("the preparation of Confluence", () => {
  before(() => {
    for (const path of [folders.conf, folders.classes, folders.home, join(folder, "bin"), folders.trust])
      mkdirSync(path, { recursive: true });
    for (const name of ["conf", "classes"]) mkdirSync(join(folders.prepared, name), { recursive: true });
    mkdirSync(join(folder, "java", "lib", "security"), { recursive: true });
    writeFileSync(join(folder, "java", "lib", "security", "cacerts"), "public CAs\n");
    writeFileSync(join(folders.conf, "server.xml"), "<Server/>");
    writeFileSync(join(folders.classes, "seraph-config.xml"), "<security-config/>");
    // In the place of Java's program, it notes its arguments.
    writeFileSync(join(folder, "bin", "keytool"), `#!/bin/sh\necho "$@" >> ${folder}/keytool.txt\n`);
    chmodSync(join(folder, "bin", "keytool"), 0o755);
  });
  after(() => rmSync(folder, { recursive: true }));

  it("copies the folders that the entry point writes to, and waits with the password until the file exists", () => {
    prepare("first");
    assert.equal(readFileSync(join(folders.prepared, "conf", "server.xml"), "utf8"), "<Server/>");
    assert.equal(readFileSync(join(folders.prepared, "classes", "seraph-config.xml"), "utf8"), "<security-config/>");
    assert.throws(() => statSync(file));
  });

  it("brings a rotated password into the file, and nothing else", () => {
    writeFileSync(file, configuration("old"), { mode: 0o640 });
    prepare("Rotated1");
    assert.equal(readFileSync(file, "utf8"), configuration("Rotated1"));
    assert.equal(statSync(file).mode & 0o777, 0o640);
    const { mtimeMs } = statSync(file);
    prepare("Rotated1");
    assert.equal(statSync(file).mtimeMs, mtimeMs);
  });

  it("adds every certificate to a copy of Java's trust store", () => {
    mkdirSync(folders.authorities);
    for (const name of ["own", "company"]) writeFileSync(join(folders.authorities, `${name}.crt`), name);
    prepare("Rotated1");
    assert.equal(readFileSync(join(folders.trust, "cacerts"), "utf8"), "public CAs\n");
    const calls = readFileSync(join(folder, "keytool.txt"), "utf8").trim().split("\n");
    assert.deepEqual(
      calls.map((line) => /-alias (\S+) -file (\S+)/.exec(line)?.slice(1)),
      ["company", "own"].map((name) => [`groundplan-${name}`, join(folders.authorities, `${name}.crt`)]),
    );
    // A restart of the container finds the folder as it is.
    prepare("Rotated1");
  });
});
