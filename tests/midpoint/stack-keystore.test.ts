// The keystore as a function of the stack's state. keystore.java.ts asks Java what it makes of stores.
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import type { Environment } from "../../components/kit/environment.ts";
import { readKeystore } from "../../components/midpoint/keystore-reader.ts";
import { keyIdentifier } from "../../components/midpoint/keystore.ts";
import { encryptionKeyAlias, keyAliases, keystoreOf } from "../../components/midpoint/stack-keystore.ts";
import type { KeystoreState } from "../../components/midpoint/stack-keystore.ts";
import type { MidPoint } from "../../components/midpoint/midpoint.ts";
import { made } from "../kit/environment.ts";
import { codes, messages } from "./keystore-samples.ts";
import { build, known } from "./fakes.ts";
import { ROOT, UNICODE } from "./sample-certificates.ts";

const bytes = (length: number, fill: number) => Buffer.alloc(length, fill).toString("base64");
const state: KeystoreState = {
  keys: [
    { alias: "default", key: bytes(16, 1) },
    { alias: "k2", key: bytes(32, 2) },
  ],
  seed: Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString("base64"),
  password: "changeit",
  bundles: { company: `${ROOT}\n${UNICODE}` },
};
const read = (store: string, password = "changeit") => readKeystore(Buffer.from(store, "base64"), password);

/** The keystore of a stack, as its Secret holds it, and its password. */
async function ofStack(changes?: Parameters<typeof build>[1], rotation: Environment["rotation"] = {}) {
  let midpoint: MidPoint | undefined;
  const { objects } = await made((environment) => (midpoint = build(environment, changes)), { rotation });
  const secret = objects.find(({ name }) => name === "mp-demo-keystore");
  const data = secret?.manifest["data"] as Record<string, string>;
  const set = objects.find(({ kind }) => kind === "StatefulSet");
  const identifiers = Object.fromEntries(
    await Promise.all(
      Object.entries(midpoint?.keyIdentifiers ?? {}).map(async ([alias, id]) => [alias, await known(id)] as const),
    ),
  );
  const password = Buffer.from(data["keystore"] ?? "", "base64").toString();
  return { store: data["keystore.jceks"] ?? "", password, identifiers, pods: JSON.stringify(set?.manifest["spec"]) };
}

describe("the keystore of a stack", () => {
  it("has the keys of its state under their aliases, and its certificates", () => {
    assert.deepEqual(
      read(keystoreOf(state, false)).map(({ alias, kind }) => [alias, kind]),
      [
        ["company-1", "trusted certificate"],
        ["company-2", "trusted certificate"],
        ["default", "secret key"],
        ["k2", "secret key"],
      ],
    );
    assert.deepEqual(keyAliases(3), ["default", "k2", "k3"]);
    assert.deepEqual(
      [1, 2, 3].map((count) => encryptionKeyAlias(count)),
      ["default", "k2", "k3"],
    );
    assert.deepEqual(
      [1, 2, 3].map((count) => encryptionKeyAlias(count, "strong")),
      ["strong", "k2", "k3"],
    );
  });

  const imported = { alias: "strong", bits: 128, secret: "midpoint-key-strong" };

  it("has imported keys, and refuses at an up a secret that is not its key", () => {
    const key = bytes(16, 5);
    const store = (value: string, plan: boolean) =>
      keystoreOf({ ...state, keys: [{ alias: "strong", key: value, imported }], bundles: {} }, plan);
    const [entry] = read(store(`${key}\n`, false));
    assert.ok(entry?.kind === "secret key");
    assert.deepEqual([entry.alias, entry.key.toString("base64")], ["strong", key]);
    for (const wrong of [bytes(32, 5), "no key", "", bytes(16, 5).slice(0, -2), `${key}${key}`]) {
      const call = () => store(wrong, false);
      assert.deepEqual(codes(call), ["key-size"], wrong);
      assert.match(
        messages(call),
        /the secret midpoint-key-strong does not contain the key "strong", which is 16 bytes/,
      );
      assert.ok(wrong === "" || !messages(call).includes(wrong));
      // In a plan, it may be a placeholder.
      assert.equal(read(store(wrong, true)).length, 1, wrong);
    }
  });

  it("of an import: its own keys, the alias that encrypts, and a generated key beside them", async () => {
    const [first, second] = [bytes(16, 8), bytes(32, 9)];
    const keys = [
      { alias: "default", bits: 128, secret: "midpoint-key-default", value: first },
      { ...imported, bits: 256, value: second },
    ];
    const change = () =>
      ({ keystore: { source: "state", firstKeyBits: 256, imported: { keys, encryptionKey: "strong" } } }) as const;
    const contents = ({ store, password }: Awaited<ReturnType<typeof ofStack>>) =>
      read(store, password).map((entry) => [entry.alias, entry.kind === "secret key" && entry.key.toString("base64")]);
    const before = await ofStack(change);
    assert.deepEqual(contents(before), [
      ["default", first],
      ["strong", second],
    ]);
    assert.match(before.pods, /"MP_SET_midpoint_keystore_encryptionKeyAlias","value":"strong"/);
    assert.deepEqual(before.identifiers, {
      default: keyIdentifier(Buffer.from(first, "base64")),
      strong: keyIdentifier(Buffer.from(second, "base64")),
    });
    const after = await ofStack(change, { "midpoint-keys": 2 });
    assert.deepEqual(
      contents(after).map(([alias]) => alias),
      ["default", "k2", "strong"],
    );
    assert.deepEqual(
      contents(after).filter(([alias]) => alias !== "k2"),
      contents(before),
    );
    assert.match(after.pods, /"MP_SET_midpoint_keystore_encryptionKeyAlias","value":"k2"/);
  });

  it("is the same bytes of the same state, in a plan as at an up", () => {
    assert.equal(keystoreOf(structuredClone(state), false), keystoreOf(state, false));
    assert.equal(keystoreOf(state, true), keystoreOf(state, false));
    // In every process and on every machine, too: no clock, no chance.
    assert.equal(
      hash("sha256", Buffer.from(keystoreOf(state, false), "base64")),
      "0e0c1afa72824427f35d2bdfc6c90da951bbf63054d8c04206aba8783bcf15db",
    );
  });

  it("leaves out what a plan made up, and refuses it at an up", () => {
    const bundles = { company: "made-up-0123456789abcdef" };
    assert.equal(read(keystoreOf({ ...state, bundles }, true)).length, 2);
    assert.deepEqual(
      codes(() => keystoreOf({ ...state, bundles }, false)),
      ["certificate"],
    );
  });

  it("is the same bytes in two runs, and when an unrelated setting changes", async () => {
    const first = await ofStack();
    assert.equal((await ofStack()).store, first.store);
    const changed = await ofStack(() => ({ replicas: 5, storage: "7Gi", session: "8h", host: "iam" }), { other: 2 });
    assert.equal(changed.store, first.store);
    assert.notEqual((await ofStack(() => ({ trusted: { company: ROOT } }))).store, first.store);
  });

  it("keeps its keys when its password is replaced: only the encoding changes, and pods restart", async () => {
    const before = await ofStack();
    const after = await ofStack(undefined, { "midpoint-keystore": 2 });
    assert.notEqual(after.password, before.password);
    const keys = ({ store, password }: typeof before) =>
      read(store, password).map((entry) => (entry.kind === "secret key" ? entry.key.toString("hex") : ""));
    assert.deepEqual(keys(after), keys(before));
    assert.deepEqual(after.identifiers, before.identifiers);
    assert.notEqual(after.pods, before.pods);
  });

  it("gets a key beside the old ones, which encrypts from then on; identifiers tell which encrypted what", async () => {
    const before = await ofStack();
    const after = await ofStack(undefined, { "midpoint-keys": 2 });
    const keys = ({ store, password }: typeof before) =>
      Object.fromEntries(
        read(store, password).flatMap((entry) => (entry.kind === "secret key" ? [[entry.alias, entry.key]] : [])),
      );
    const [old, both] = [keys(before), keys(after)];
    assert.deepEqual(Object.keys(both), ["default", "k2"]);
    assert.deepEqual(both["default"], old["default"]);
    assert.notDeepEqual(both["k2"], old["default"]);
    assert.match(before.pods, /"MP_SET_midpoint_keystore_encryptionKeyAlias","value":"default"/);
    assert.match(after.pods, /"MP_SET_midpoint_keystore_encryptionKeyAlias","value":"k2"/);
    for (const [alias, key] of Object.entries(both)) assert.equal(after.identifiers[alias], keyIdentifier(key));
  });
});
