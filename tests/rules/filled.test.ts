import assert from "node:assert/strict";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { examples, recordStack, stacks, variants } from "../stacks.ts";

/** What stands in a text whose value was never filled in: JavaScript's own words for nothing, and marks of templates. */
const unfilled =
  /\bundefined\b|\[object \w+\]|\bNaN|Calling \[to\w+\] on an \[Output|\bVALUE\d*\b|\b(?:CHANGE|REPLACE)_?ME\b|\bTODO\b/;

/** Every text of a value, with its path. */
function texts(value: unknown, path = ""): [path: string, text: string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[`${path}.${key}`, key], ...texts(inner, `${path}.${key}`)]);
}

const unfilledIn = (name: string, value: unknown) =>
  texts(value).flatMap(([path, text]) => (unfilled.test(text) ? [`${name}${path}: ${text}`] : []));

describe("every text is filled in", () => {
  for (const stack of [...stacks, ...examples, ...variants])
    it(`D5: in the objects and the values of charts of ${stack.name}`, async () => {
      const { resources } = await recordStack(stack);
      const found = [
        // Programs and scripts in ConfigMaps may say such words themselves.
        ...plannedObjects(resources).map(({ kind, name, manifest }) =>
          unfilledIn(`${kind} ${name}`, kind === "ConfigMap" ? manifest["metadata"] : manifest),
        ),
        ...plannedReleases(resources).map(({ name, values }) => unfilledIn(`Release ${name}`, values)),
      ].flat();
      assert.deepEqual(found, []);
    });

  it("finds what is not", () => {
    const found = (text: string) => unfilledIn("a", { b: [text] }).length;
    for (const text of ["undefined.example.org", "[object Object]", "NaNGi", "http://VALUE1/"])
      assert.equal(found(text), 1, text);
    assert.equal(found("rdm.example.org"), 0);
  });
});
