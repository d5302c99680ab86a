// The command as a process. The prompt without echo needs a terminal and is not tested.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyIdentifier, writeKeystore } from "../../components/midpoint/keystore.ts";
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
  const run = (args: string[], environment: Record<string, string> = { KEYSTORE_PASSWORD: "changeit" }) => {
    const cli = join(import.meta.dirname, "../../components/midpoint/keystore-cli.ts");
    const { KEYSTORE_PASSWORD, KEYSTORE_KEY_PASSWORD, ...inherited } = process.env;
    void [KEYSTORE_PASSWORD, KEYSTORE_KEY_PASSWORD];
    const env = { ...inherited, ...environment };
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
      env,
      encoding: "utf8",
      input: "",
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
      [[], undefined, /^error: required option '--inspect <file>' not specified\n$/],
    ];
    for (const [args, environment, message] of wrongs) {
      const { status, stdout, stderr } = run(args, environment);
      assert.equal(status, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.ok(!stderr.includes("S3CRET"));
    }
  });
});
