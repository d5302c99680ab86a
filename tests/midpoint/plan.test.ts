// What a plan says of changes to midPoint's keys.
import assert from "node:assert/strict";
import { comparePlans } from "../../plan/compare/comparison.ts";
import { dataLoss } from "../../plan/compare/losses.ts";
import { savedPlan } from "../../plan/files.ts";
import { planStack } from "../plans.ts";
import { stackNamed } from "../stacks.ts";

const example = stackNamed("midpoint");

const planned = async (...set: string[]) => savedPlan(await planStack({ ...example, set }));

/** What is said of a change from one choice of settings to another: rotations, restarts, and data that would be lost. */
async function said(before: string[], after: string[]) {
  const base = await planned(...before);
  const head = await planned(...after);
  const comparison = comparePlans(base, head);
  return {
    ...comparison.consequences,
    losses: dataLoss(comparison, base, head, []).map(({ name, status, effect }) => `${name}: ${effect}, ${status}`),
  };
}

describe("a plan, of midPoint's keys", () => {
  it("tells what to do once a key was added: midPoint encrypts anew", async () => {
    const { losses, restarts, rotations } = await said([], ["rotation.midpoint-keys=2"]);
    assert.deepEqual(losses, []);
    assert.deepEqual(
      rotations.map(({ credential, from, to }) => [credential, from, to]),
      [["midpoint-keys", 1, 2]],
    );
    assert.match(rotations[0]?.recipe ?? "", /run the bulk action reencrypt, with dryRun first/);
    assert.deepEqual(
      restarts.map(({ label }) => label),
      ["StatefulSet mp-demo/mp-pg-demo"],
    );
  });

  const refused: [string, string[], string[], string[]][] = [
    ["dropping a key", ["rotation.midpoint-keys=2"], [], ["RandomBytes midpoint-key-k2: unreadable, refused"]],
    [
      "another first key",
      [],
      ["midpoint.keystore.firstKey=AES-128"],
      ["RandomBytes midpoint-key-default: unreadable, refused"],
    ],
    [
      "a keystore from elsewhere",
      [],
      ["midpoint.keystore.source=own", "midpoint.replicas=1"],
      [
        "RandomBytes midpoint-key-default: unreadable, refused",
        "RandomBytes midpoint-keystore-salts: unreadable, refused",
      ],
    ],
  ];
  for (const [what, before, after, expected] of refused)
    it(`refuses ${what} as a loss of data`, async () => {
      const { losses } = await said(before, after);
      assert.deepEqual(losses, expected);
    });

  const imports = (...aliases: string[]) => [
    `midpoint.keystore={source: import, encryptionKey: one, keys: [${aliases.map((alias) => `{alias: ${alias}, algorithm: AES-128, keySecret: key-${alias}}`).join(", ")}]}`,
    ...aliases.map((alias) => `secrets:key-${alias}={secure: v1}`),
  ];
  const secret = "Secret mp-demo/mp-demo-keystore: unreadable, refused";
  const removed: [string, string[], string[], string[]][] = [
    ["an imported key that is removed", imports("one", "two"), imports("one"), [secret]],
    ["imported keys that generated ones replace", imports("one"), [], [secret]],
    [
      "imported keys with a keystore of the node's own",
      imports("one"),
      ["midpoint.keystore.source=own", "midpoint.replicas=1"],
      ["Secret mp-demo/mp-demo-keystore: kept, note", "RandomBytes midpoint-keystore-salts: unreadable, refused"],
    ],
  ];
  for (const [what, before, after, expected] of removed)
    it(`refuses ${what} as a loss of data`, async () => {
      assert.deepEqual((await said(before, after)).losses.sort(), expected.sort());
    });

  it("lets an imported key be added", async () => {
    assert.deepEqual((await said(imports("one"), imports("one", "two"))).losses, []);
  });

  it("lets the password of the store be replaced", async () => {
    const { losses, restarts } = await said([], ["rotation.midpoint-keystore=2"]);
    assert.deepEqual(losses, []);
    assert.deepEqual(
      restarts.map(({ label }) => label),
      ["StatefulSet mp-demo/mp-pg-demo"],
    );
  });
});
