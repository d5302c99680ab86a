// JCEKS bytes without Java: keystore.java.ts asks Java itself.
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import fc from "fast-check";
import { byAlias, storedAlias } from "../../components/midpoint/aliases.ts";
import { readKeystore } from "../../components/midpoint/keystore-reader.ts";
import { DEFAULT_ITERATIONS, deriveSalt, keyIdentifier, writeKeystore } from "../../components/midpoint/keystore.ts";
import type { KeystoreInput } from "../../components/midpoint/keystore.ts";
import { FIXED, QUICK, SALT, bytes, codes, derOf, keystoreInput, messages, pemBlock } from "./keystore-samples.ts";
import { ISSUERLESS, NAMELESS, NAMELESS_LAX, ROOT, UNICODE } from "./sample-certificates.ts";

describe("JCEKS keystore", () => {
  it("X4: reads back what was written, whatever the input", () => {
    fc.assert(
      fc.property(keystoreInput, (input) => {
        const { keys, certificates = [], date: common, iterations } = input;
        const read = readKeystore(writeKeystore(input), input.storePassword, input.keyPassword);
        const expected = [
          ...keys.map(({ alias, key, salt, date = common }) => ({
            ...{ alias: storedAlias(alias), date, kind: "secret key", algorithm: "AES", bits: key.length * 8 },
            ...{ key: Buffer.from(key), salt: Buffer.from(salt), iterations },
          })),
          ...certificates.map(({ alias, certificate, date = common }) => ({
            ...{ alias: storedAlias(alias), date, kind: "trusted certificate", certificate },
          })),
        ].sort(byAlias);
        const actual = read.map((each) =>
          each.kind === "trusted certificate" ? { ...each, certificate: each.certificate.toString() } : each,
        );
        assert.deepEqual(actual, expected);
      }),
      { numRuns: 100 },
    );
  });

  it("X4: the same input gives the same bytes, in whatever order it is listed", () => {
    fc.assert(
      fc.property(keystoreInput, (input) => {
        const backwards = {
          ...input,
          keys: input.keys.toReversed(),
          certificates: input.certificates?.toReversed(),
        };
        assert.ok(writeKeystore(input).equals(writeKeystore(structuredClone(backwards))));
      }),
      { numRuns: 25 },
    );
    // Java has read these very bytes.
    const store = writeKeystore(FIXED);
    assert.equal(store.length, 1397);
    assert.equal(hash("sha256", store), "35edd46f314c3d3d1ef6f599863499f31144f91cd93077cd6c60f4600026ffb7");
  });

  it("takes little more to write than the hashes of the default number of iterations", () => {
    const input = { ...FIXED, keys: FIXED.keys.slice(0, 1) };
    // Of the processor's time, and of the fastest of five: a busy machine is no failure.
    const fastest = (work: () => void) =>
      Math.min(
        ...Array.from({ length: 5 }, () => {
          const started = process.cpuUsage();
          work();
          const { user, system } = process.cpuUsage(started);
          return (user + system) / 1000;
        }),
      );
    // Each half of the salt is hashed with the password that often.
    const hashes = fastest(() => {
      let text: Buffer = Buffer.alloc(16);
      for (let left = 2 * DEFAULT_ITERATIONS; left > 0; left--) text = hash("md5", text, "buffer");
    });
    const whole = fastest(() => writeKeystore(input));
    assert.ok(whole < 4 * hashes, `${whole} ms, of which hashes take ${hashes} ms`);
  });

  it("M09: takes AES of 128, 192 and 256 bits, and midPoint's key password when none is given", () => {
    for (const bits of [128, 192, 256]) {
      const key = Buffer.alloc(bits / 8, bits);
      const store = writeKeystore({ ...QUICK, keys: [{ alias: "default", key, salt: SALT }] });
      const [read] = readKeystore(store, "changeit", "midpoint");
      assert.ok(read?.kind === "secret key");
      assert.equal(read.bits, bits);
    }
  });

  it("names a key as midPoint does", () => {
    // head -c 16 /dev/zero | openssl dgst -sha1 -binary | base64
    assert.equal(keyIdentifier(Buffer.alloc(16)), "4SnyfFEDvFzES83woV4WDURQZv8=");
  });

  it("derives salts that differ by alias, not by its case, and never have equal halves", () => {
    const seed = Buffer.alloc(16, 1);
    assert.ok(deriveSalt(seed, "Default").equals(deriveSalt(seed, "default")));
    assert.ok(!deriveSalt(seed, "default").equals(deriveSalt(seed, "k2")));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16 }), fc.string(), (random, alias) => {
        const salt = deriveSalt(random, alias);
        assert.equal(salt.length, 8);
        assert.ok(!salt.subarray(0, 4).equals(salt.subarray(4)));
      }),
    );
    assert.deepEqual(
      codes(() => deriveSalt(Buffer.alloc(15), "default")),
      ["salt"],
    );
  });
});

describe("JCEKS keystore input", () => {
  const key = { alias: "default", key: Buffer.alloc(16), salt: SALT };
  const appended = pemBlock("CERTIFICATE", Buffer.concat([derOf(ROOT), SALT]));
  const notAfter = derOf(NAMELESS).indexOf("21261028061725Z");
  const timeless = pemBlock("CERTIFICATE", derOf(NAMELESS).fill("X", notAfter, notAfter + 4));
  const cases: [string, Partial<KeystoreInput>, string[]][] = [
    ["nothing at all", { keys: [], certificates: [] }, ["no-entries"]],
    ["an empty store password", { storePassword: "" }, ["empty-password"]],
    ["an empty key password", { keyPassword: "" }, ["empty-password"]],
    ["an umlaut in the key password", { keyPassword: "mïdpoint" }, ["password-characters"]],
    ["a tab in the key password", { keyPassword: "mid\tpoint" }, ["password-characters"]],
    ["a key of 20 bytes", { keys: [{ ...key, key: Buffer.alloc(20) }] }, ["key-size"]],
    ["no key bytes", { keys: [{ ...key, key: Buffer.alloc(0) }] }, ["key-size"]],
    ["a salt of 7 bytes", { keys: [{ ...key, salt: SALT.subarray(1) }] }, ["salt"]],
    ["a salt of 16 bytes", { keys: [{ ...key, salt: Buffer.alloc(16) }] }, ["salt"]],
    ["equal halves of a salt", { keys: [{ ...key, salt: bytes("0102030401020304") }] }, ["salt"]],
    ["no iterations", { iterations: 0 }, ["iterations"]],
    ["more iterations than Java reads", { iterations: 5_000_001 }, ["iterations"]],
    ["half an iteration", { iterations: 1.5 }, ["iterations"]],
    ["an impossible date", { date: new Date(NaN) }, ["date"]],
    ["an impossible date of a key", { keys: [{ ...key, date: new Date(NaN) }] }, ["date"]],
    ["one alias in two cases", { keys: [key, { ...key, alias: "DEFAULT" }] }, ["duplicate-alias"]],
    ["a certificate with a key's alias", { certificates: [{ alias: "K2", certificate: ROOT }] }, ["duplicate-alias"]],
    ["an empty alias", { keys: [{ ...key, alias: "" }] }, ["alias"]],
    ["half a character", { keys: [{ ...key, alias: "a\ud800" }] }, ["alias"]],
    ["an alias of 65,536 bytes", { keys: [{ ...key, alias: "ä".repeat(32_768) }] }, ["alias"]],
    ["no PEM", { certificates: [{ alias: "a", certificate: "MIIB" }] }, ["certificate"]],
    ["a PEM without end", { certificates: [{ alias: "a", certificate: ROOT.slice(0, -30) }] }, ["certificate"]],
    [
      "a PEM with a hole",
      { certificates: [{ alias: "a", certificate: ROOT.replace(/.{8}\n/, "\n") }] },
      ["certificate"],
    ],
    [
      "a changed letter",
      { certificates: [{ alias: "a", certificate: ROOT.replace("qdiv", "qdiw") }] },
      ["certificate"],
    ],
    [
      "a star in base64",
      { certificates: [{ alias: "a", certificate: ROOT.replace("MIIB", "M*IIB") }] },
      ["certificate"],
    ],
    [
      "a key as certificate",
      { certificates: [{ alias: "a", certificate: pemBlock("PRIVATE KEY", SALT) }] },
      ["certificate"],
    ],
    ["a certificate with an appendix", { certificates: [{ alias: "a", certificate: appended }] }, ["certificate"]],
    ["an impossible date in a certificate", { certificates: [{ alias: "a", certificate: timeless }] }, ["certificate"]],
    ["a certificate without issuer", { certificates: [{ alias: "a", certificate: ISSUERLESS }] }, ["certificate"]],
    ["one without any name", { certificates: [{ alias: "a", certificate: NAMELESS_LAX }] }, ["certificate"]],
    ["two in one entry", { certificates: [{ alias: "a", certificate: ROOT + UNICODE }] }, ["several-certificates"]],
  ];
  for (const [name, change, expected] of cases) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(
        codes(() => writeKeystore({ ...QUICK, ...change })),
        expected,
      );
    });
  }

  it("takes passwords and aliases of any characters where the format does", () => {
    const store = writeKeystore({ ...QUICK, keys: [{ ...key, alias: "ключ 🔑\n" }], storePassword: "\u0000ä\ud800" });
    assert.equal(readKeystore(store, "\u0000ä\ud800").find(({ kind }) => kind === "secret key")?.alias, "ключ 🔑\n");
    assert.equal(writeKeystore({ ...QUICK, certificates: [{ alias: "a", certificate: NAMELESS }] }).length > 0, true);
  });

  it("names every problem at once, each with its place, and never a key or a password", () => {
    const secret = "S3CRET-of-the-test";
    const call = (): unknown =>
      writeKeystore({
        keys: [
          { alias: "a", key: Buffer.from(secret), salt: Buffer.from(secret) },
          { alias: "A\u001b[2J", key: Buffer.from(secret), salt: SALT },
        ],
        certificates: [{ alias: "a", certificate: pemBlock("PRIVATE KEY", Buffer.from(secret)) }],
        storePassword: "",
        keyPassword: `${secret}ä`,
        iterations: -1,
        date: new Date(NaN),
      });
    assert.deepEqual(codes(call), [
      ...["empty-password", "password-characters", "iterations", "date", "duplicate-alias"],
      ...["key-size", "salt", "key-size", "certificate"],
    ]);
    const text = messages(call);
    assert.match(text, /keys\[1\] \("A\\u\{1b\}\[2J"\): the key has 18 bytes/);
    assert.match(text, /certificates\[0\] \("a"\): has the same alias as keys\[0\] \("a"\)/);
    for (const encoding of ["utf8", "hex", "base64"] as const) {
      assert.ok(!text.includes(Buffer.from(secret).toString(encoding).slice(0, 12)), text);
    }
  });
});
