import assert from "node:assert/strict";
import fc from "fast-check";
import {
  configKey,
  leadsTo,
  overlap,
  parsePath,
  quoted,
  removeCommand,
  setCommand,
} from "../../stacks/settings/path.ts";

/**
 * Pulumi's own parser of paths, line by line (pulumi/pulumi, sdk/go/common/resource/properties_path.go, `parsePropertyPath`,
 * strict): what `pulumi config set --path` does with the keys that messages print.
 */
function pulumiPath(text: string): (string | number)[] {
  const elements: (string | number)[] = [];
  let rest = text;
  if (rest.startsWith(".")) throw new Error("expected property path to start with a name or index");
  while (rest.length > 0) {
    if (rest.startsWith(".")) {
      rest = rest.slice(1);
      if (rest === "") throw new Error("expected property path to end with a name or index");
      if (rest.startsWith("[")) throw new Error("expected property name after '.'");
    } else if (rest.startsWith('["')) {
      let key = "";
      let at = 2;
      for (; rest[at] !== '"'; at++) {
        if (at >= rest.length) throw new Error("missing closing quote in property name");
        if (rest[at] === "\\" && rest[at + 1] === '"') at++;
        key += rest[at];
      }
      if (rest[at + 1] !== "]") throw new Error("missing closing bracket in property access");
      elements.push(key);
      rest = rest.slice(at + 2);
    } else if (rest.startsWith("[")) {
      const end = rest.indexOf("]");
      if (end === -1) throw new Error("missing closing bracket in array index");
      const segment = rest.slice(1, end);
      if (!/^[-+]?\d+$/.test(segment)) throw new Error("invalid array index");
      elements.push(Number(segment));
      rest = rest.slice(end + 1);
    } else {
      const [name = ""] = /^[^.[]+/.exec(rest) ?? [];
      elements.push(name);
      rest = rest.slice(name.length);
    }
  }
  return elements;
}

// Pulumi's grammar cannot write a name that ends in a backslash.
const name = fc.oneof(
  fc.stringMatching(/^[a-zA-Z][\w-]{0,10}$/),
  fc.string({ maxLength: 12 }).filter((text) => !text.includes("\\")),
);
const path = fc.tuple(fc.stringMatching(/^[a-zA-Z]{1,10}$/), fc.array(fc.oneof(name, fc.nat(99)), { maxLength: 6 }));

describe("the key of a setting", () => {
  const rows: [(string | number)[], string][] = [
    [[], "groundplan"],
    [["postgresql", "replicas"], "groundplan:postgresql.replicas"],
    [["certificates", "hosts", 0, "host"], "groundplan:certificates.hosts[0].host"],
    [["placement", "nodeSelector", "example.org/role"], 'groundplan:placement.nodeSelector["example.org/role"]'],
    [["rotation", "kong-database"], "groundplan:rotation.kong-database"],
    [["namespaces", 'a"b'], 'groundplan:namespaces["a\\"b"]'],
    [["namespaces", ""], 'groundplan:namespaces[""]'],
  ];
  for (const [steps, expected] of rows) it(`is ${expected}`, () => assert.equal(configKey(steps), expected));

  it("is one that Pulumi reads as the same path, and so does --set", () => {
    fc.assert(
      fc.property(path, ([first, rest]) => {
        const text = configKey([first, ...rest]).slice("groundplan:".length);
        assert.deepEqual(pulumiPath(text), [first, ...rest]);
        assert.deepEqual(parsePath(text), [first, ...rest]);
      }),
    );
  });

  it("is refused where Pulumi refuses it", () => {
    for (const text of [".a", "a.", "a..b", "a.[0]", "a[", "a[x]", 'a["b', 'a["b"', "a[0"]) {
      if (text !== "a..b") assert.throws(() => pulumiPath(text), text);
      assert.throws(() => parsePath(text), RangeError, text);
    }
  });
});

describe("two places", () => {
  const rows: [string, string, boolean, boolean][] = [
    ["a", "a.b", true, true],
    ["a.b", "a", false, true],
    ["a.b", "a.c", false, false],
    ["a.b", "a.b", true, true],
    ["a.*.b", "a.x", false, true],
    ["a.*.b", "a.x.b.c", false, true],
    ["a.*.b", "a.x.c", false, false],
  ];
  for (const [first, second, leads, overlaps] of rows)
    it(`${first} and ${second}`, () => {
      assert.equal(leadsTo(first.split("."), second.split(".")), leads);
      assert.equal(overlap(first.split("."), second.split(".")), overlaps);
    });
});

describe("a command", () => {
  it("keeps texts that look like numbers or truth values texts", () => {
    assert.equal(
      setCommand(["a", "b"], "2", "dev"),
      "npx pulumi config set --path groundplan:a.b 2 --type string --stack dev",
    );
    assert.equal(setCommand(["a", "b"], 2, "dev"), "npx pulumi config set --path groundplan:a.b 2 --stack dev");
    assert.equal(
      setCommand(["a", "b"], "true", "dev"),
      "npx pulumi config set --path groundplan:a.b true --type string --stack dev",
    );
    assert.equal(setCommand(["a", "b"], true, "dev"), "npx pulumi config set --path groundplan:a.b true --stack dev");
    assert.equal(setCommand(["a"], "1.30", "dev"), "npx pulumi config set --path groundplan:a 1.30 --stack dev");
  });

  it("is one that a shell takes", () => {
    assert.equal(removeCommand(["a", 0, "b"], "dev"), "npx pulumi config rm --path 'groundplan:a[0].b' --stack dev");
    assert.equal(quoted("it's"), "'it'\\''s'");
    assert.equal(setCommand(["a"], "b\nc", "dev"), "npx pulumi config set --path groundplan:a --stack dev < FILE");
  });
});
