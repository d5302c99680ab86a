// Settings that are broken at random: whatever a person writes, there is a value to check rules on, or a list of problems.
import assert from "node:assert/strict";
import fc from "fast-check";
import { valueAt } from "../../stacks/settings/key.ts";
import { loadSettings, SettingsError } from "../../stacks/settings/load.ts";
import { settingsSchema } from "../../stacks/settings/schema.ts";
import { usable } from "../../stacks/settings/usable.ts";
import { authority } from "./pem-samples.ts";

const sentinel = "s3cret-sentinel";
const standIns = { domain: "example.org", cluster: { context: "none" } };

/** Valid settings that use every kind of value; names are unique, so that an element can be told by its name. */
const whole = (): Record<string, unknown> => ({
  profile: "prod",
  domain: "example.org",
  cluster: { context: "kind", apiServerCidrs: ["10.0.0.0/8", "fd00::/64"] },
  placement: { nodeSelector: { role: "platform" }, tolerations: [{ key: "a", operator: "Exists" }, { key: "b" }] },
  images: { pullSecret: { registry: "registry.example.org", username: "ci", passwordSecret: sentinel } },
  namespaces: { argo: { keepsData: true, quota: { cpu: "2", pods: 5 } }, kong: {} },
  rotation: { "db1-database": 2 },
  storage: {
    classes: [1, 2, 3].map((n) => ({ name: `class${n}`, provisioner: "x", parameters: { type: "gp3" } })),
    roles: { fast: "class1", bulk: "class3" },
    volumes: [1, 2, 3].map((n) => ({
      name: `volume${n}`,
      size: "1Gi",
      claim: { namespace: "n", name: `claim${n}` },
      source: n === 2 ? { kind: "nfs", server: "10.0.0.1", path: "/" } : { kind: "csi", driver: "d", handle: `h${n}` },
    })),
  },
  certificates: {
    issuers: [
      {
        name: "issuer1",
        kind: "acme",
        email: "a@example.org",
        solvers: [{ kind: "http01" }, { kind: "cloudflare", apiTokenSecret: sentinel }],
      },
      { name: "issuer2", kind: "company-ca", certificate: authority, keySecret: sentinel },
      { name: "issuer3", kind: "own-ca" },
    ],
    hosts: [1, 2, 3, 4].map((n) => ({ host: `host${n}`, namespace: "n", issuer: `issuer${(n % 3) + 1}` })),
  },
  postgresql: {
    replicas: 3,
    engine: "external",
    external: { host: "db.example.org", passwordSecret: sentinel },
    databases: [1, 2, 3, 4].map((n) => ({ name: `db${n}`, namespace: "n", extensions: ["pg_trgm", "hstore"] })),
  },
});

const lists = [
  { at: ["storage", "classes"], id: "name" },
  { at: ["storage", "volumes"], id: "name" },
  { at: ["certificates", "issuers"], id: "name" },
  { at: ["certificates", "hosts"], id: "host" },
  { at: ["postgresql", "databases"], id: "name" },
];

type Container = Record<PropertyKey, unknown>;

/** Every place of a value, the value itself left out. */
function placesOf(value: unknown, path: PropertyKey[] = []): PropertyKey[][] {
  if (typeof value !== "object" || value === null) return [];
  const names: PropertyKey[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return names.flatMap((name) => [[...path, name], ...placesOf((value as Container)[name], [...path, name])]);
}

const garbage = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    "",
    0,
    -1,
    1.5,
    true,
    [],
    {},
    "20",
    "A b",
    [null],
    [[]],
    { kind: "none" },
    { name: 5 },
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** One slip at a place that is chosen when the slip is made. */
const slip = fc.record({
  place: fc.nat(),
  how: fc.constantFrom("delete", "replace", "rename", "add", "insert"),
  name: fc.constantFrom("unknown", "constructor", "__proto__", "toString"),
  value: garbage,
});

/** As JSON.parse does it: a member of its own, whatever its name. */
function define(target: Container, name: PropertyKey, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

const broken = fc.array(slip, { minLength: 1, maxLength: 6 }).map((slips) => {
  const settings = whole();
  for (const { place, how, name, value } of slips) {
    const all = placesOf(settings);
    const path = all[place % all.length] ?? ["domain"];
    const parent = valueAt(settings, path.slice(0, -1)) as Container;
    const last = path.at(-1) ?? "";
    const fresh = structuredClone(value);
    if (how === "insert" && Array.isArray(parent)) parent.splice(Number(last), 0, fresh);
    else if (how === "delete" && Array.isArray(parent)) parent.splice(Number(last), 1);
    else if (how === "delete") Reflect.deleteProperty(parent, last);
    else if (how === "rename" && !Array.isArray(parent)) {
      define(parent, `${String(last)}x`, parent[last]);
      Reflect.deleteProperty(parent, last);
    } else if (how === "add" && !Array.isArray(parent)) define(parent, name, fresh);
    else parent[last] = fresh;
  }
  return settings;
});

const raw = (settings: Record<string, unknown>) => ({
  values: Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      `groundplan:${key}`,
      typeof value === "string" ? value : JSON.stringify(value ?? ""),
    ]),
  ),
  secretKeys: new Set<string>(),
});

describe("broken settings", () => {
  const schema = settingsSchema("prod");

  it("start from settings that are right but for their one secret", () => {
    assert.ok(schema.safeParse(whole()).success);
    const { values } = raw(whole());
    const settings = loadSettings(
      { values: { ...values, [`secrets:${sentinel}`]: "x" }, secretKeys: new Set([`secrets:${sentinel}`]) },
      "prod",
    );
    assert.deepEqual(settings.warnings, []);
  });

  it("leave something that the schema takes, with every element where it was", () => {
    fc.assert(
      fc.property(broken, (settings) => {
        const before = JSON.stringify(settings);
        const kept = usable(schema, settings, standIns);
        assert.equal(JSON.stringify(settings), before);
        assert.ok(kept !== undefined);
        assert.deepEqual(schema.parse(kept.value), kept.value);
        assert.deepEqual(kept.cut.length === 0, schema.safeParse(settings).success);
        for (const { at, id } of lists) {
          const list = valueAt(kept.value, at) as Container[];
          for (const [index, element] of list.entries()) {
            const path = kept.original([...at, index]);
            // A list that was cut as a whole has its default.
            if (Array.isArray(valueAt(settings, at)) && list.length > 0 && !isDefault(list))
              assert.equal(valueAt(settings, [...path, id]), element[id], JSON.stringify(path));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("give settings or problems, never another error, and never show what stands where a secret is named", () => {
    let refused = 0;
    fc.assert(
      fc.property(broken, (settings) => {
        try {
          loadSettings(raw(settings), "prod");
        } catch (error) {
          if (!(error instanceof SettingsError)) throw error;
          refused++;
          const keys = error.problems.map(({ key }) => key);
          assert.deepEqual([...new Set(keys)], keys);
          assert.ok(!error.message.includes(sentinel), error.message);
          for (const { accepts, fix, key } of error.problems)
            assert.ok(accepts !== undefined && fix !== undefined, key);
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(refused > 250, `${refused} refused`);
  });
});

function isDefault(list: readonly unknown[]): boolean {
  return JSON.stringify(list).includes('"own-ca"') && list.length === 1;
}
