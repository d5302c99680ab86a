import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { planFiles } from "../../plan/files.ts";
import { madeUp, Secret, sentinel } from "../../plan/recorder.ts";
import { secretsText } from "../../plan/secrets.ts";
import { unmarked } from "../../plan/report/terminal.ts";
import { planTree } from "../plan/report/plans.ts";
import { credentialsOf } from "../../stacks/settings/derive.ts";
import { planStack } from "../plans.ts";
import { examples, recordStack, stacks, variants } from "../stacks.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64").replace(/=+$/, "");

/** Paths at which a made-up secret stands in clear, outside every value that is marked as secret. */
function leaks(value: unknown, path: string): string[] {
  if (value instanceof Secret) return [];
  if (typeof value === "string") {
    // Base64 shifts with its position: three texts, each without the ends that depend on the neighbours.
    const shifted = [0, 1, 2].map((shift) =>
      base64(`${"x".repeat(shift)}${sentinel}`).slice(Math.ceil((shift * 4) / 3), -2),
    );
    return [sentinel, ...shifted].some((text) => value.includes(text)) ? [path] : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => leaks(member, `${path}.${key}`));
}

// Rule 3 of the architecture. Every generated value of a plan starts with a sentinel.
describe("no secret outside a Secret", () => {
  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`in the inputs of ${stack.name}`, async () => {
      const { resources } = await recordStack(stack);
      const outcomes = resources.map(({ type, name, inputs }) => madeUp(type, name, { ...inputs }));
      const generated = outcomes.filter((outcome) => "result" in outcome || "privateKeyPem" in outcome);
      assert.ok(generated.length > 0, "nothing generated");
      assert.deepEqual(
        resources.flatMap(({ urn, inputs }) => leaks(inputs, urn)),
        [],
      );
    });

    it(`in the values of charts, annotations and environment variables of ${stack.name}: not even marked ones`, async () => {
      const { resources } = await recordStack(stack);
      const marked = (value: unknown, path: string): string[] => {
        if (value instanceof Secret) return [path];
        if (typeof value !== "object" || value === null) return [];
        return Object.entries(value).flatMap(([key, member]) => marked(member, `${path}.${key}`));
      };
      for (const { urn, type, inputs } of resources) {
        const where = marked(inputs, "");
        const allowed =
          type === "kubernetes:core/v1:Secret"
            ? [".stringData", ".data"]
            : type.startsWith("tls:")
              ? [".privateKeyPem", ".caPrivateKeyPem"]
              : [];
        assert.deepEqual(
          where.filter((path) => !allowed.includes(path)),
          [],
          urn,
        );
      }
    });

    it(`X1: the catalogue of ${stack.name} names every key of a Secret that holds a generated value`, async () => {
      const { resources, result } = await recordStack(stack);
      const catalogue = result.ledger.credentials.flatMap(({ secrets }) =>
        secrets.map(({ namespace, name, key }) => `${namespace}/${name}/${key}`),
      );
      const generated = resources
        .filter(({ type }) => type === "kubernetes:core/v1:Secret")
        .flatMap(({ inputs }) => {
          const { name, namespace } = inputs["metadata"] as { name: string; namespace: string };
          const encoded = inputs["data"] as Secret | undefined;
          // A Secret without content has neither field.
          const plain = inputs["stringData"] as Secret | undefined;
          const data = ((encoded ?? plain)?.value ?? {}) as Record<string, string>;
          const text = (key: string) => Buffer.from(data[key] ?? "", encoded ? "base64" : "utf8").toString("utf8");
          // A verifier, a hash and a session's key are made from another value, and a keystore holds its keys sealed.
          const isMade = (key: string) => /^(verifier|cookie-secret)$|-sha2$|\.jceks$/.test(key);
          const keys = Object.keys(data).filter((key) => isMade(key) || text(key).includes(sentinel));
          return keys.map((key) => `${namespace}/${name}/${key}`);
        });
      assert.ok(generated.length > 0);
      assert.deepEqual(generated.sort(), [...new Set(catalogue)].sort());
      for (const { consumers, recipe, length } of result.ledger.credentials)
        assert.ok(consumers.length > 0 && recipe !== "" && length >= 32);
      // The settings do not know what a program of one's own adds.
      if (stack.extension !== undefined) return;
      assert.deepEqual(
        credentialsOf(result.settings).map(({ name }) => name),
        result.ledger.credentialsByName().map(({ name }) => name),
      );
    });

    it(`in anything that a plan of ${stack.name} writes`, async () => {
      const plan = await planStack(stack);
      const texts = [...planFiles(plan).values(), planTree(plan, Infinity), secretsText(plan, unmarked)];
      assert.ok(texts.length > 20);
      for (const text of texts) assert.ok(!text.includes(sentinel), `a generated value in: ${text.slice(0, 200)}`);
    });
  }

  it("finds a secret in base64, wherever it starts", () => {
    for (const before of ["", "a", "ab"])
      assert.deepEqual(leaks({ a: base64(`${before}${sentinel}12345`) }, "x"), ["x.a"]);
  });

  it("in outputs: what is not marked holds none", async () => {
    for (const stack of stacks) {
      const { result } = await recordStack(stack);
      const { administrators, ...open } = result.outputs;
      assert.equal(await pulumi.isSecret(pulumi.output(administrators)), true);
      assert.equal(await pulumi.isSecret(pulumi.output(open)), false);
      const value = await promised(pulumi.output(open));
      assert.deepEqual(leaks(value, "outputs"), []);
      assert.match(JSON.stringify(await promised(pulumi.output(administrators))), new RegExp(sentinel));
    }
  });
});

function promised<T>(output: pulumi.Output<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => output.apply((value) => resolve(value as pulumi.Unwrap<T>)));
}
