// What Java itself makes of our stores, and we of Java's. It does not start midPoint.
import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import fc from "fast-check";
import { storedAlias } from "../../components/midpoint/aliases.ts";
import { utf16 } from "../../components/midpoint/java-bytes.ts";
import { readKeystore } from "../../components/midpoint/keystore-reader.ts";
import type { KeystoreEntry, SecretKeyEntry } from "../../components/midpoint/keystore-reader.ts";
import { keyBits } from "../../components/midpoint/algorithms.ts";
import { importOf } from "../../components/midpoint/keystore-import.ts";
import { keystoreOf } from "../../components/midpoint/stack-keystore.ts";
import type { KeystoreInput } from "../../components/midpoint/keystore.ts";
import { keyIdentifier, writeKeystore } from "../../components/midpoint/keystore.ts";
import { derOf, keystoreInput } from "./keystore-samples.ts";
import { NAMELESS, ROOT, UNICODE } from "./sample-certificates.ts";

/** keytool's own class, which its module keeps to itself, and the language of what it prints. */
const flags = ["--add-exports", "java.base/sun.security.tools.keytool=ALL-UNNAMED", "-Duser.language=en"];

const run = promisify(execFile);

/** The major version of the JDK on the path, with its compiler; 0 where there is none. */
function javaVersion(): number {
  const { error, stdout } = spawnSync("java", ["--list-modules"], { encoding: "utf8" });
  return error ? 0 : Number(/^jdk\.compiler@(\d+)/m.exec(stdout)?.[1] ?? 0);
}

describe("keystores and Java", function () {
  this.timeout(300_000);
  let folder: string;
  let java: ChildProcessByStdio<Writable, Readable, null>;
  let answers: AsyncIterator<string>;

  before(function () {
    if (javaVersion() < 17) {
      console.log("    Java 17 or later is not on the path: what Java makes of the keystores is not tested");
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "groundplan-keystore-"));
    java = spawn("java", [...flags, join(import.meta.dirname, "Keystores.java")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    answers = createInterface({ input: java.stdout })[Symbol.asyncIterator]();
  });
  after(() => {
    if (!folder) return;
    java.stdin.end();
    rmSync(folder, { recursive: true });
  });

  /** The answers to some requests, all of one JVM. */
  async function askJava(requests: string[]): Promise<string[]> {
    java.stdin.write(requests.map((request) => `${request}\n`).join(""));
    const received: string[] = [];
    while (received.length < requests.length) {
      const { done, value } = await answers.next();
      assert.ok(!done, "Java has ended");
      received.push(value);
    }
    return received;
  }
  const hex = (text: string): string => utf16(text).toString("hex");
  const derHex = (pem: string): string => derOf(pem).toString("hex");

  function store(name: string, bytes: Uint8Array): string {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    return file;
  }

  /** keytool is a JVM of its own each time; `-J-XX…` spares it the optimising compiler. */
  async function keytool(...args: string[]): Promise<string> {
    const { stdout } = await run("keytool", [
      "-J-XX:TieredStopAtLevel=1",
      "-J-Duser.language=en",
      "-J-Duser.country=US",
      "-J-Duser.timezone=UTC",
      ...args,
    ]);
    return stdout;
  }

  it("X4: Java reads back from 200 random stores exactly what went in", async () => {
    const inputs = fc.sample(keystoreInput, { numRuns: 200, seed: 17 });
    const answers = await askJava(
      inputs.map((input, index) => {
        const file = store(`${index}.jceks`, writeKeystore(input));
        const aliases = [...input.keys, ...(input.certificates ?? [])].map(({ alias }) => hex(alias));
        return ["read JCEKS", file, hex(input.storePassword), hex(input.keyPassword ?? "midpoint"), ...aliases].join(
          " ",
        );
      }),
    );
    for (const [index, { keys, certificates = [], date: common }] of inputs.entries()) {
      const millis = (date = common): string => String(date.getTime());
      const expected = [
        ...keys.map((key) => [
          hex(storedAlias(key.alias)),
          "key",
          millis(key.date),
          "AES",
          Buffer.from(key.key).toString("hex"),
        ]),
        ...certificates.map(({ alias, date, certificate }) => [
          hex(storedAlias(alias)),
          "certificate",
          millis(date),
          "X.509",
          derHex(certificate),
        ]),
      ].map((fields) => fields.join(" "));
      const [status, ...fields] = (answers[index] ?? "").split(" ");
      assert.equal(status, "ok", answers[index]);
      const found = fields.splice(0, expected.length);
      assert.ok(
        found.every((each) => each === "true"),
        `an alias of ${JSON.stringify(inputs[index])} is not found`,
      );
      const actual = Array.from({ length: fields.length / 5 }, (_, i) => fields.slice(5 * i, 5 * i + 5).join(" "));
      assert.deepEqual(actual.sort(), expected.sort());
    }
    const count = inputs.reduce((sum, { keys, certificates = [] }) => sum + keys.length + certificates.length, 0);
    console.log(`      ${inputs.length} stores with ${count} entries`);

    // keytool takes no empty password on its command line, and ours have one character or more.
    const listed = await askJava(
      inputs.map(({ storePassword }, index) => `list ${join(folder, `${index}.jceks`)} ${hex(storePassword)}`),
    );
    assert.deepEqual(
      listed,
      inputs.map(({ keys, certificates = [] }) => `ok ${keys.length + certificates.length}`),
    );
  });

  /** The store that a stack writes from the settings and secrets of an import. */
  function imported(entries: KeystoreEntry[], iterations?: number): Buffer {
    const { keys } = importOf(entries);
    const seed = Buffer.alloc(32, 3).toString("base64");
    const state = keys.map(({ alias, algorithm, keySecret, value }) => ({
      alias,
      key: value,
      imported: { alias, bits: keyBits(algorithm), secret: keySecret },
    }));
    return Buffer.from(
      keystoreOf({ keys: state, seed, password: "another", bundles: {} }, false, iterations),
      "base64",
    );
  }

  it("an import of 200 random stores opens in Java with the same aliases, algorithms and keys", async () => {
    // Settings contain no control characters; the other aliases of a store must be renamed first.
    const settable = (input: KeystoreInput) => input.keys.every(({ alias }) => !/[\p{C}\uFFFE\uFFFF]/u.test(alias));
    const inputs = fc.sample(keystoreInput.filter(settable), { numRuns: 200, seed: 23 });
    const answers = await askJava(
      inputs.map((input, index) => {
        const whole = writeKeystore({ ...input, iterations: 1 });
        const file = store(
          `imported-${index}.jceks`,
          imported(readKeystore(whole, input.storePassword, input.keyPassword), 20),
        );
        return `read JCEKS ${file} ${hex("another")} ${hex("midpoint")}`;
      }),
    );
    for (const [index, { keys }] of inputs.entries()) {
      const [status, ...fields] = (answers[index] ?? "").split(" ");
      assert.equal(status, "ok", answers[index]);
      const found = Array.from({ length: fields.length / 5 }, (_, i) => fields.slice(5 * i, 5 * i + 5));
      assert.deepEqual(
        found.map(([alias, kind, , algorithm, key]) => [alias, kind, algorithm, key].join(" ")).sort(),
        keys.map(({ alias, key }) => `${hex(storedAlias(alias))} key AES ${Buffer.from(key).toString("hex")}`).sort(),
      );
    }
  });

  it("M09: the document's own command gives a store that reads here, and that we write to the byte", async () => {
    const file = join(folder, "keystore.jceks");
    await keytool(
      ..."-genseckey -alias default -storetype jceks -keyalg AES -keysize 128 -storepass changeit -keypass midpoint".split(
        " ",
      ),
      ...["-keystore", file],
    );
    const bytes = readFileSync(file);
    const started = performance.now();
    const [entry, ...others] = readKeystore(bytes, "changeit") as SecretKeyEntry[];
    console.log(`      read in ${Math.round(performance.now() - started)} ms at ${entry?.iterations} iterations`);
    assert.ok(entry);
    assert.deepEqual(others, []);
    assert.equal(entry.kind, "secret key");
    assert.equal(entry.alias, "default");
    assert.equal(entry.algorithm, "AES");
    assert.equal(entry.bits, 128);
    const again = writeKeystore({
      keys: [{ alias: "default", key: entry.key, salt: entry.salt }],
      storePassword: "changeit",
      iterations: entry.iterations,
      date: entry.date,
    });
    assert.equal(again.toString("hex"), bytes.toString("hex"));
    const [answer] = await askJava([`read JCEKS ${file} ${hex("changeit")} ${hex("midpoint")}`]);
    assert.equal(answer, `ok ${hex("default")} key ${entry.date.getTime()} AES ${entry.key.toString("hex")}`);
    assert.match(keyIdentifier(entry.key), /^[A-Za-z0-9+/]{27}=$/);
    // Its import has another password, another salt and the same key.
    const moved = store("moved.jceks", imported([entry]));
    const [opened = ""] = await askJava([`read JCEKS ${moved} ${hex("another")} ${hex("midpoint")}`]);
    assert.match(opened, new RegExp(`^ok ${hex("default")} key \\d+ AES ${entry.key.toString("hex")}$`));
  });

  it("reads what keytool adds: certificates, private keys, other iteration counts", async () => {
    const file = join(folder, "mixed.jceks");
    const common = ["-keystore", file, "-storetype", "jceks", "-storepass", "Zürich6"];
    const pem = store("root.pem", Buffer.from(ROOT));
    const nameless = store("nameless.pem", Buffer.from(NAMELESS));
    await keytool(
      ...["-J-Djdk.jceks.iterationCount=12345", "-genseckey", "-alias", "K2", "-keyalg", "AES", "-keysize", "256"],
      ...["-keypass", "midpoint", ...common],
    );
    await keytool("-importcert", "-noprompt", "-alias", "Root", "-file", pem, ...common);
    await keytool("-importcert", "-noprompt", "-alias", "leer ä", "-file", nameless, ...common);
    await keytool(..."-genkeypair -alias web -keyalg EC -dname CN=web -keypass midpoint".split(" "), ...common);
    const entries = readKeystore(readFileSync(file), "Zürich6").sort((a, b) => (a.alias < b.alias ? -1 : 1));
    const [k2, leer, root, web] = entries;
    assert.deepEqual(
      entries.map(({ alias, kind }) => `${alias}: ${kind}`),
      ["k2: secret key", "leer ä: trusted certificate", "root: trusted certificate", "web: private key"],
    );
    assert.ok(k2?.kind === "secret key" && k2.bits === 256 && k2.iterations === 12_345);
    assert.ok(leer?.kind === "trusted certificate" && leer.certificate.raw.toString("hex") === derHex(NAMELESS));
    assert.ok(root?.kind === "trusted certificate" && root.certificate.raw.toString("hex") === derHex(ROOT));
    assert.ok(web?.kind === "private key" && web.chain.length === 1 && web.chain[0]?.subject === "CN=web");
  });

  it("reads keys in Java's other form, refuses those of a foreign class, and takes store passwords of any characters", async () => {
    const file = join(folder, "desede.jceks");
    const password = "\u0000ä日\u{1f511}";
    const key = "0123456789abcdeffedcba98765432100123456789abcdef";
    const write = (algorithm: string): Promise<string[]> =>
      askJava([`write ${file} ${hex(password)} ${hex("other")} ${hex("Old")} ${algorithm} ${key}`]);
    assert.deepEqual(await write("DESede"), ["ok"]);
    const [entry] = readKeystore(readFileSync(file), password, "other");
    assert.ok(entry?.kind === "secret key");
    assert.deepEqual([entry.alias, entry.algorithm, entry.bits], ["old", "DESede", 192]);
    assert.deepEqual(await write("Own"), ["ok"]);
    assert.throws(() => readKeystore(readFileSync(file), password, "other"), { code: "unsupported" });
  });

  it("keytool lists our stores", async () => {
    const input = {
      keys: [{ alias: "default", key: Buffer.alloc(32, 7), salt: Buffer.from("0102030405060708", "hex") }],
      certificates: [{ alias: "Zürich 日本", certificate: UNICODE }],
      date: new Date("2026-01-01T12:00:00Z"),
    };
    const jceks = store("list.jceks", writeKeystore({ ...input, storePassword: "changeit" }));
    const listed = await keytool("-list", "-keystore", jceks, "-storetype", "jceks", "-storepass", "changeit");
    assert.match(listed, /contains 2 entries/);
    assert.match(listed, /default, Jan 1, 2026, SecretKeyEntry/);
    assert.match(listed, /trustedCertEntry/);
  });
});
