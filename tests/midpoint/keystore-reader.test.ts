// Stores that are wrong, damaged or hostile. What Java writes is read in keystore.java.ts.
import assert from "node:assert/strict";
import fc from "fast-check";
import { int16, int32, int64, utf, JavaBytes } from "../../components/midpoint/java-bytes.ts";
import { deserialize } from "../../components/midpoint/java-serialization.ts";
import { readKeystore } from "../../components/midpoint/keystore-reader.ts";
import { storeDigest, writeKeystore } from "../../components/midpoint/keystore.ts";
import { QUICK, SALT, bytes, codes, derOf } from "./keystore-samples.ts";
import { ROOT } from "./sample-certificates.ts";

/** A store with a true digest around a body that no writer would write. */
const signed = (...body: Uint8Array[]): Buffer =>
  Buffer.concat([...body, storeDigest(Buffer.concat(body), QUICK.storePassword)]);
const head = (count: number): Buffer => Buffer.concat([int32(0xcececece | 0), int32(2), int32(count)]);
const entry = (tag: number, alias = "a"): Buffer => Buffer.concat([int32(tag), utf(alias), int64(0n)]);

describe("reading a JCEKS keystore", () => {
  const store = writeKeystore(QUICK);
  const read = (file: Uint8Array) => () => readKeystore(file, QUICK.storePassword);

  it("tells a wrong password, another format and a damaged file apart", () => {
    assert.deepEqual(
      codes(() => readKeystore(store, "changeIt")),
      ["wrong-password"],
    );
    assert.deepEqual(
      codes(() => readKeystore(store, "changeit", "Midpoint")),
      ["wrong-key-password"],
    );
    assert.deepEqual(
      codes(() => readKeystore(store, "changeit", "mïdpoint")),
      ["password-characters"],
    );
    // The first bytes of a PKCS #12 file (RFC 7292, section 4): a sequence, version 3.
    assert.deepEqual(codes(read(bytes("308201b2020103"))), ["not-jceks"]);
    assert.deepEqual(codes(read(Buffer.alloc(0))), ["not-jceks"]);
    assert.deepEqual(codes(read(signed(int32(0xcececece | 0), int32(1), int32(0)))), ["unsupported"]);
    assert.deepEqual(codes(read(store.subarray(0, -1))), ["damaged"]);
    assert.deepEqual(codes(read(Buffer.concat([store, bytes("00")]))), ["damaged"]);
    assert.deepEqual(codes(read(store.subarray(0, 16))), ["not-jceks"]);
    assert.deepEqual(codes(read(signed(head(0)))), []);
  });

  it("lists private keys without opening them", () => {
    const der = derOf(ROOT);
    const chain = Buffer.concat([int32(1), utf("X.509"), int32(der.length), der]);
    const [web] = read(signed(head(1), entry(1, "web"), int32(3), bytes("abcdef"), chain))();
    assert.ok(web?.kind === "private key");
    assert.deepEqual([web.alias, web.chain.map(String)], ["web", [ROOT]]);
  });

  it("refuses bodies that no store has, and believes no length", () => {
    const described = "72000161000000000000000002";
    const stream = (hex: string, times = 1): Buffer =>
      signed(head(1), entry(3), bytes("aced000573"), Buffer.concat(Array<Buffer>(times).fill(bytes(hex))));
    const manyCertificates = Buffer.concat([int32(0), int32(0x7fffffff)]);
    const patched = (from: Buffer, to: Buffer): Buffer => {
      const copy = Buffer.from(store.subarray(0, -20));
      copy.set(to, copy.lastIndexOf(from));
      return signed(copy);
    };
    const hostile: [string, Buffer, string][] = [
      ["a count beyond the entries", signed(head(0x7fffffff), entry(9)), "damaged"],
      ["a negative count", signed(head(-1), entry(2)), "damaged"],
      ["more entries than counted", signed(head(0), entry(2)), "damaged"],
      ["an unknown kind", signed(head(1), entry(4), Buffer.alloc(40)), "damaged"],
      ["an alias of no UTF-8", signed(head(1), int32(2), int16(1), bytes("ff"), int64(0n)), "damaged"],
      ["an impossible date", signed(head(1), int32(2), utf("a"), int64(2n ** 62n), Buffer.alloc(40)), "damaged"],
      ["a private key of 2 GiB", signed(head(1), entry(1), int32(0x7fffffff)), "damaged"],
      ["a chain of 2^31 certificates", signed(head(1), entry(1), manyCertificates), "damaged"],
      ["a certificate of another type", signed(head(1), entry(2), utf("PGP"), int32(0)), "unsupported"],
      ["an empty certificate", signed(head(1), entry(2), utf("X.509"), int32(0)), "certificate"],
      ["an object of no class", stream("70"), "damaged"],
      ["a class with itself as parent", stream(`${described}00007871007e0000`), "damaged"],
      ["50,000 ancestors", stream(`${described}000078`, 50_000), "damaged"],
      ["50,000 nested objects", stream(`${described}00014c00016673`, 50_000), "damaged"],
      [
        "an array of arrays",
        stream(`${described}00014c0001667572${"0002"}5b5b${"00".repeat(8)}0200007870`),
        "unsupported",
      ],
      ["a class that reads itself", stream(described.replace(/02$/, "0300007870")), "unsupported"],
      ["equal halves of a salt", patched(SALT, bytes("0102030401020304")), "salt"],
      ["no iterations", patched(bytes("0708020101"), bytes("0708020100")), "iterations"],
      ["parameters of no DER", patched(bytes("0708020101"), bytes("0708030101")), "damaged"],
      ["another cipher", patched(Buffer.from("TripleDES"), Buffer.from("TripleDEZ")), "unsupported"],
      ["the same alias twice", signed(head(2), ...[1, 1].map(() => Buffer.concat([entry(1), int64(0n)]))), "damaged"],
    ];
    for (const [name, file, code] of hostile) assert.deepEqual(codes(read(file)), [code], name);
  });

  it("works on no more iterations than the limit allows", () => {
    assert.deepEqual(
      codes(() => readKeystore(store, "changeit", "midpoint", { iterations: 2 })),
      [],
    );
    assert.deepEqual(
      codes(() => readKeystore(store, "changeit", "midpoint", { iterations: 1 })),
      ["iterations"],
    );
  });

  it("10,000 damaged stores give a typed error or an entry, and nothing else", function () {
    this.timeout(300_000);
    const der = derOf(ROOT);
    const chain = Buffer.concat([int32(4), bytes("abcdef01"), int32(1), utf("X.509"), int32(der.length), der]);
    const body = store.subarray(12, -20);
    const whole = signed(head(4), body, entry(1, "web"), chain);
    assert.equal(read(whole)().length, 4);

    let state = 17;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const started = performance.now();
    const outcomes = new Map<string, number>();
    let slowest = 0;
    for (let run = 0; run < 10_000; run++) {
      // Three in four keep a true digest, so that the damage reaches the parser.
      const resigned = run % 4 !== 0;
      let file = Buffer.from(resigned ? whole.subarray(0, -20) : whole);
      if (random(4) === 0) file = file.subarray(0, random(file.length));
      else for (let left = 1 + random(4); left > 0; left--) file[random(file.length)] = random(256);
      const before = performance.now();
      const found = codes(() =>
        readKeystore(resigned ? signed(file) : file, "changeit", "midpoint", { iterations: 10_000 }),
      );
      slowest = Math.max(slowest, performance.now() - before);
      const outcome = found[0] ?? "read";
      // A byte may be set to what it was.
      if (!resigned && !file.equals(whole))
        assert.ok(["wrong-password", "not-jceks", "unsupported", "damaged"].includes(outcome));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    const summary = [...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(", ");
    console.log(`      ${Math.round(performance.now() - started)} ms, slowest ${slowest.toFixed(1)} ms: ${summary}`);
    assert.ok((outcomes.get("damaged") ?? 0) > 2_000 && outcomes.size > 6, summary);
  });

  it("a damaged serialised object gives a typed error or an object", () => {
    const stream = store.subarray(store.indexOf(bytes("aced0005")));
    fc.assert(
      fc.property(fc.nat(400), fc.uint8Array({ minLength: 1, maxLength: 6 }), (at, change) => {
        const copy = Buffer.from(stream);
        copy.set(change, at);
        codes(() => deserialize(new JavaBytes(copy)));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("bytes of Java", () => {
  it("encodes text as Java does, each half of a pair by itself", () => {
    assert.equal(utf("a\u0000ä€🔑").toString("hex"), "000e61c080c3a4e282aceda0bdedb491");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.equal(new JavaBytes(utf(text)).utf(), text);
      }),
    );
    for (const broken of ["0001ff", "0001c3", "0002c328", "0003e28228", "000180"]) {
      assert.deepEqual(
        codes(() => new JavaBytes(bytes(broken)).utf()),
        ["damaged"],
      );
    }
  });
});
