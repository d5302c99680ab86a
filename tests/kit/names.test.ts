import assert from "node:assert/strict";
import fc from "fast-check";
import { childName, contentName, maxNameLength } from "../../components/kit/names.ts";

const label = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const part = fc.oneof(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,70}[a-z0-9])?$/), fc.string({ maxLength: 80 }));

describe("childName", () => {
  it("keeps plain names plain", () => {
    assert.equal(childName("grafana", "database"), "grafana-database");
    assert.equal(childName("cert-manager", "tls"), "cert-manager-tls");
  });

  it("always gives a DNS label of at most 63 characters", () => {
    fc.assert(
      fc.property(part, part, (stem, suffix) => {
        const name = childName(stem, suffix);
        assert.match(name, label);
        assert.ok(name.length <= maxNameLength);
      }),
    );
  });

  it("gives distinct names to distinct pairs", () => {
    // Few letters and many hyphens, so that pairs that read the same come up: (a-b, c) and (a, b-c).
    const tight = fc.stringMatching(/^[ab-]{1,4}$/);
    fc.assert(
      fc.property(tight, tight, tight, tight, (a, b, c, d) => {
        fc.pre(a !== c || b !== d);
        assert.notEqual(childName(a, b), childName(c, d));
      }),
      { numRuns: 2000 },
    );
  });

  it("keeps long names apart that differ at their end only", () => {
    const stem = "x".repeat(80);
    assert.notEqual(childName(stem, "a"), childName(stem, "b"));
    assert.equal(childName(stem, "a").length, maxNameLength);
  });
});

describe("contentName", () => {
  it("changes with the content and with nothing else", () => {
    assert.equal(contentName("a", "job", "1"), contentName("a", "job", "1"));
    assert.notEqual(contentName("a", "job", "1"), contentName("a", "job", "2"));
    assert.match(contentName("a", "job", "1"), /^a-job-[0-9a-f]{8}$/);
    assert.ok(contentName("y".repeat(99), "job", "1").length <= maxNameLength);
  });
});
