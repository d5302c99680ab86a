// Whatever the length of names in the settings, the API server accepts every object of the program.
import assert from "node:assert/strict";
import fc from "fast-check";
import { limitProblems } from "../../plan/checks/limits.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { recordAnew, recordStack, stackNamed, stacks } from "../stacks.ts";
import type { StackRecording } from "../stacks.ts";

const problems = ({ resources }: StackRecording) =>
  plannedObjects(resources).flatMap(({ kind, name, manifest }) =>
    limitProblems(manifest).map((problem) => `${kind} ${name} ${problem}`),
  );

/** A name of any length up to a maximum, which is drawn often. */
const name = (letter: string, max: number) =>
  fc.oneof(fc.constant(max), fc.integer({ min: 1, max })).map((length) => letter.repeat(length));

const names = fc.record({
  kind: fc.constantFrom("kong", "traefik"),
  engine: fc.constantFrom("postgresql-ha", "cloudnative-pg"),
  domain: fc.tuple(name("a", 63), name("b", 50)).map(([one, other]) => `${one}.${other}.org`),
  issuer: name("i", 63),
  host: fc.oneof(
    name("h", 63),
    fc.tuple(name("h", 63), name("g", 63), name("f", 63)).map((all) => all.join(".")),
  ),
  namespace: name("n", 63),
  service: name("s", 63),
  client: name("c", 58),
  database: name("d", 52),
  server: name("p", 30),
  user: name("u", 31).filter(({ length }) => length > 2),
});

describe("the API's limits", () => {
  for (const stack of stacks)
    it(`hold for ${stack.name}`, async () => assert.deepEqual(problems(await recordStack(stack)), []));

  it("hold for names of any length", async () => {
    const { file } = stackNamed("prod");
    const run = async (given: Awaited<ReturnType<typeof settings>>) =>
      assert.deepEqual(problems(await recordAnew({ name: "prod", file, set: given })), []);
    await fc.assert(fc.asyncProperty(names.map(settings), run), { numRuns: 6, seed: 12, endOnFailure: true });
  });
});

type Names = typeof names extends fc.Arbitrary<infer T> ? T : never;

function settings({ client, database, domain, engine, host, issuer, kind, namespace, server, service, user }: Names) {
  return [
    `domain=${domain}`,
    `certificates={issuers: [{name: ${issuer}, kind: own-ca}], hosts: [{host: "*.${host}", namespace: ${namespace}}]}`,
    `gateway.kind=${kind}`,
    `gateway.hosts=[{host: ${host}, namespace: ${namespace}, service: ${service}, sticky: true, maxBodySize: 1Mi, timeout: 5m, allowFrom: [10.0.0.0/8], labels: {app: a}, login: {client: ${client}-l, realmRoles: [user], apiPaths: [/api]}}]`,
    `postgresql.engine=${engine}`,
    `postgresql.name=${server}`,
    `postgresql.databases=[{name: ${database}, namespace: ${namespace}}]`,
    `keycloak={enabled: true, database: k${database.slice(1)}, realm: {users: [{username: ${user}}]}}`,
    "buckets={kind: embedded}",
  ];
}

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
