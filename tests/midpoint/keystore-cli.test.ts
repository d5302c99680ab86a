// The command as a process. The prompt without echo needs a terminal and is not tested.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { int32, int64, utf } from "../../components/midpoint/java-bytes.ts";
import { keyIdentifier, storeDigest, writeKeystore } from "../../components/midpoint/keystore.ts";
import { fakePulumi } from "../fake-pulumi.ts";
import { QUICK, bytes, fingerprint } from "./keystore-samples.ts";
import { ROOT } from "./sample-certificates.ts";

describe("npm run keystore", function () {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "groundplan-keystore-"));
    file = join(folder, "keystore.jceks");
    writeFileSync(file, writeKeystore(QUICK));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const run = (
    args: string[],
    environment: Record<string, string> = { KEYSTORE_PASSWORD: "changeit" },
    input: string | Buffer = "",
  ) => {
    const cli = join(import.meta.dirname, "../../components/midpoint/keystore-cli.ts");
    const { KEYSTORE_PASSWORD, KEYSTORE_KEY_PASSWORD, ...inherited } = process.env;
    void [KEYSTORE_PASSWORD, KEYSTORE_KEY_PASSWORD];
    const env = { ...inherited, ...environment };
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
      env,
      encoding: "utf8",
      input,
    });
    return { status, stdout, stderr };
  };

  it("lists aliases, sizes, identifiers and certificates, and no key", () => {
    const text = run(["--inspect", file]);
    const json = run(["--inspect", file, "--json"]);
    assert.deepEqual([text.status, text.stderr, json.status, json.stderr], [0, "", 0, ""]);
    const [standard, k2, root] = (JSON.parse(json.stdout) as { entries: Record<string, unknown>[] }).entries;
    assert.deepEqual(k2, {
      ...{ alias: "k2", kind: "secret key", created: "2023-11-14T22:13:20.000Z", algorithm: "AES", bits: 128 },
      ...{ iterations: 1, identifier: keyIdentifier(bytes("11".repeat(16))) },
    });
    assert.equal(standard?.identifier, keyIdentifier(bytes("00".repeat(32))));
    assert.deepEqual(root?.certificates, [
      {
        ...{ subject: "O=Groundplan tests, CN=Root A", expires: "2126-10-28T06:17:25.000Z" },
        sha256: fingerprint(ROOT, 64)
          .toUpperCase()
          .replace(/..(?=.)/g, "$&:"),
      },
    ]);
    assert.match(text.stdout, /^default\n {2}kind +secret key\n/);
    assert.ok(text.stdout.includes(keyIdentifier(bytes("11".repeat(16)))));
    for (const { key } of QUICK.keys) {
      for (const encoding of ["hex", "base64"] as const) {
        const shown = Buffer.from(key).toString(encoding).slice(0, 20);
        assert.ok(!text.stdout.includes(shown) && !json.stdout.includes(shown));
      }
    }
  });

  it("says in one line what is wrong, and exits with 2", () => {
    const wrongs: [string[], Record<string, string> | undefined, RegExp][] = [
      [["--inspect", join(folder, "none")], undefined, /^keystore: the file .*none does not exist\n$/],
      [["--inspect", folder], undefined, /^keystore: .* cannot be read: EISDIR\n$/],
      [["--inspect", import.meta.filename], undefined, /^keystore: the file is not a JCEKS keystore; .*\n$/],
      [["--inspect", file], { KEYSTORE_PASSWORD: "S3CRET" }, /^keystore: the store password is wrong, or .*\n$/],
      [["--inspect", file], {}, /^keystore: set KEYSTORE_PASSWORD .*\n$/],
      [[], undefined, /^keystore: give either --inspect FILE, .*\n$/],
      [["--inspect", file, "--import", file], undefined, /^keystore: give either --inspect FILE, .*\n$/],
      [["--inspect", file, "--stack", "dev"], undefined, /^keystore: give either --inspect FILE, .*\n$/],
      ...imports(),
    ];
    for (const [args, environment, message] of wrongs) {
      const { status, stdout, stderr } = run(args, environment);
      assert.equal(status, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.ok(!stderr.includes("S3CRET"));
    }
  });

  /** Files that cannot be imported, and what is said of each. */
  function imports(): [string[], undefined, RegExp][] {
    const whole = writeKeystore(QUICK);
    const secret = (...parts: Buffer[]) => {
      const body = Buffer.concat([int32(0xcececece | 0), int32(2), int32(1), ...parts]);
      return Buffer.concat([body, storeDigest(body, "changeit")]);
    };
    const privateKey = secret(int32(1), utf("web"), int64(0n), int32(3), bytes("abcdef"), int32(0));
    const files: [string, Buffer, RegExp][] = [
      ["text", Buffer.from("no keystore"), /^keystore: the file is not a JCEKS keystore; .*\n$/],
      ["empty", Buffer.alloc(0), /^keystore: the file is not a JCEKS keystore; .*\n$/],
      [
        "p12",
        bytes("3082076f020103308207"),
        /^keystore: the file is a PKCS12 .*keytool -importkeystore .* pkcs12 .*\n$/,
      ],
      ["jks", bytes("feedfeed0000000200000001"), /^keystore: the file is a JKS .*keytool -importkeystore .* jks .*\n$/],
      ["short", whole.subarray(0, 20), /^keystore: the file is a truncated JCEKS keystore; .*\n$/],
      ["truncated", whole.subarray(0, 300), /^keystore: the keystore is damaged: it is truncated, .*\n$/],
      ["digest", whole.subarray(0, -3), /^keystore: the keystore is damaged: it is truncated; .*\n$/],
      ["long", Buffer.concat([whole, bytes("0a0a")]), /^keystore: the keystore is damaged: it has 2 bytes more .*\n$/],
      ["web", privateKey, /^keystore: the entry "web" is a private key, .*keytool -delete -alias web .*\n$/],
      ["certificates", writeKeystore({ ...QUICK, keys: [] }), /^keystore: the keystore contains no secret key; .*\n$/],
    ];
    return files.map(([name, content, message]) => {
      const path = join(folder, name);
      writeFileSync(path, content);
      return [["--import", path], undefined, message];
    });
  }

  const values = QUICK.keys.map(({ key }) => Buffer.from(key).toString("base64"));

  it("import: prints the settings that load, how to set the secrets, and no key", () => {
    const { status, stdout, stderr } = run(["--import", file]);
    assert.deepEqual([status, stderr], [0, ""]);
    const { "groundplan:midpoint": midpoint } = parse(stdout) as Record<string, { keystore: object; trust: object[] }>;
    assert.deepEqual(midpoint?.keystore, {
      source: "import",
      keys: [
        { alias: "default", algorithm: "AES-256", keySecret: "midpoint-key-default" },
        { alias: "k2", algorithm: "AES-128", keySecret: "midpoint-key-k2" },
      ],
    });
    assert.deepEqual(midpoint.trust, [{ name: "root", certificate: ROOT }]);
    assert.match(stdout, /npm run keystore -- --import .*keystore\.jceks --stack STACK/);
    assert.ok(values.every((value) => !stdout.includes(value)));
  });

  it("import: the store password can come from a pipe", () => {
    const piped = run(["--import", file], {}, "changeit\nmore\n");
    assert.deepEqual([piped.status, piped.stderr], [0, ""]);
    assert.equal(run(["--import", file], {}, "other\n").status, 2);
  });

  it("import --stack: hands keys to Pulumi on its input only, and a second run changes nothing", () => {
    const environment = { ...fakePulumi(folder), KEYSTORE_PASSWORD: "changeit" };
    const first = run(["--import", file, "--stack", "prod"], environment);
    assert.deepEqual([first.status, first.stderr], [0, ""]);
    const home = environment.HOME;
    const stored = (name: string) => readFileSync(join(home, `secrets:midpoint-key-${name}`), "utf8");
    assert.deepEqual([stored("default"), stored("k2")].sort(), [...values].sort());
    const second = run(["--import", file, "--stack", "prod"], environment);
    assert.match(first.stdout, /secrets:midpoint-key-k2: .*; set\n/);
    assert.match(second.stdout, /secrets:midpoint-key-k2: .*; was already set\n/);
    const calls = readFileSync(join(home, "calls"), "utf8");
    assert.equal(calls.match(/config set --secret secrets:midpoint-key-(default|k2) --stack prod/g)?.length, 2);
    for (const text of [calls, first.stdout, second.stdout]) assert.ok(values.every((value) => !text.includes(value)));
  });

  it("import --stack: replaces no secret with another value, and then sets none", () => {
    const environment = { ...fakePulumi(folder), KEYSTORE_PASSWORD: "changeit" };
    const home = environment.HOME;
    writeFileSync(join(home, "secrets:midpoint-key-k2"), "S3CRET");
    const { status, stdout, stderr } = run(["--import", file, "--stack", "prod"], environment);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /^keystore: the secret midpoint-key-k2 of the stack prod contains another value; .*\n$/);
    assert.ok(!stderr.includes("S3CRET"));
    assert.ok(!existsSync(join(home, "secrets:midpoint-key-default")));
  });
});
