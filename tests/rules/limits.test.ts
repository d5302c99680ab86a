// Whatever the length of names in the settings, the API server accepts every object of the program.
import assert from "node:assert/strict";
import fc from "fast-check";
import { limitProblems } from "../../plan/checks/limits.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { longest, settingsWith } from "../longest.ts";
import { recordAnew, recordStack, stackNamed, stacks } from "../stacks.ts";
import type { StackRecording } from "../stacks.ts";

const problems = ({ resources }: StackRecording) =>
  plannedObjects(resources).flatMap(({ kind, name, manifest }) =>
    limitProblems(manifest).map((problem) => `${kind} ${name} ${problem}`),
  );

/** A name of any length up to a maximum, which is drawn often. */
const name = ([letter, max]: readonly [string, number]) =>
  fc.oneof(fc.constant(max), fc.integer({ min: 1, max })).map((length) => letter.repeat(length));

const names = fc.record({
  kind: fc.constantFrom("kong", "traefik"),
  engine: fc.constantFrom("postgresql-ha", "cloudnative-pg"),
  domain: fc.tuple(name(longest.domain[0]), name(longest.domain[1])).map(([one, other]) => `${one}.${other}.org`),
  issuer: name(longest.issuer),
  host: fc.oneof(
    name(longest.host),
    fc.tuple(name(["h", 63]), name(["g", 63]), name(["f", 63])).map((all) => all.join(".")),
  ),
  namespace: name(longest.namespace),
  service: name(longest.service),
  client: name(longest.client),
  database: name(longest.database),
  server: name(longest.server),
  user: name(longest.user).filter(({ length }) => length > 2),
});

describe("the API's limits", () => {
  for (const stack of stacks)
    it(`hold for ${stack.name}`, async () => assert.deepEqual(problems(await recordStack(stack)), []));

  it("hold for names of any length", async () => {
    const { file } = stackNamed("prod");
    const run = async (given: ReturnType<typeof settingsWith>) =>
      assert.deepEqual(problems(await recordAnew({ name: "prod", file, set: given })), []);
    await fc.assert(fc.asyncProperty(names.map(settingsWith), run), { numRuns: 6, seed: 12, endOnFailure: true });
  });
});

describe("a limit of the API", () => {
  const metadata = { name: "a", namespace: "b" };
  const long = "a".repeat(64);
  for (const [what, manifest, expected] of [
    [
      "names",
      { kind: "ConfigMap", metadata: { name: "A" } },
      /has a name that is not a DNS subdomain in lower case: A/,
    ],
    ["names of Services", { kind: "Service", metadata: { name: long } }, /has a name of 64 characters, but at most 63/],
    ["names of CronJobs", { kind: "CronJob", metadata: { name: "a".repeat(53) } }, /at most 52 are accepted/],
    ["names of StatefulSets", { kind: "StatefulSet", metadata: { name: "a.b" } }, /is not a DNS label/],
    [
      "values of labels",
      { kind: "Pod", metadata: { ...metadata, labels: { x: long } } },
      /label x in metadata.labels of 64/,
    ],
    [
      "selectors",
      { kind: "Service", metadata, spec: { selector: { x: "-" } } },
      /label x in spec.selector that is not/,
    ],
    [
      "keys",
      { kind: "Pod", metadata: { ...metadata, annotations: { "a/b c": "" } } },
      /key a\/b c in metadata.annotations/,
    ],
    [
      "names of ports",
      { kind: "Deployment", spec: { template: { spec: { containers: [{ ports: [{ name: "a".repeat(16) }] }] } } } },
      /ports\[\].name of 16 characters, but at most 15/,
    ],
    [
      "annotations",
      { kind: "Pod", metadata: { ...metadata, annotations: { a: "x".repeat(262_144) } } },
      /has 262145 bytes of annotations/,
    ],
    ["ConfigMaps", { kind: "ConfigMap", metadata, data: { a: "ä".repeat(524_288) } }, /has 1048577 bytes of data/],
  ] as const)
    it(`is found: ${what}`, () => {
      const found = limitProblems(manifest);
      assert.equal(found.length, 1);
      assert.match(found[0] ?? "", expected);
    });
});
