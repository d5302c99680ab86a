import assert from "node:assert/strict";
import { complete, configOf, problemsOf } from "./wrong-files.ts";

const found = (settings: string, ...set: string[]) =>
  problemsOf(configOf(complete(settings), set)).map(({ key, message }) => `${key}: ${message}`);

describe("lengths", () => {
  const label = "h".repeat(63);
  const settings = (host: string) => `
groundplan:domain: ${[label, label, label].join(".")}.org
groundplan:certificates: { issuers: [{ name: own, kind: own-ca }], hosts: [{ host: "${host}", namespace: a }] }
groundplan:gateway: { enabled: true, hosts: [{ host: "${host}", namespace: a, service: a }] }`;

  it("of a host name are counted with the domain, to the last character", () => {
    const message = "with the domain, the host name has 254 characters, but at most 253 are possible";
    assert.deepEqual(found(settings("w".repeat(57))), []);
    assert.deepEqual(found(settings("w".repeat(58))), [
      `groundplan:certificates.hosts[0].host: ${message}`,
      `groundplan:gateway.hosts[0].host: ${message}`,
    ]);
    // A full name has no domain.
    assert.deepEqual(found(settings(`${"w".repeat(58)}.example.org`)), []);
  });

  it("of texts that become one object are those that the API server accepts", () => {
    const logging = (count: number) => {
      const source = (index: number) => `rule "${index}" when true then set_field("a", "${"x".repeat(19_000)}"); end`;
      const rules = Array.from({ length: count }, (_, index) => ({ source: source(index) }));
      const settings = "groundplan:gateway: { enabled: true }\ngroundplan:logging: { enabled: true }";
      return found(settings, `logging.graylog.rules=${JSON.stringify(rules)}`);
    };
    assert.deepEqual(logging(50), []);
    assert.deepEqual(logging(55), [
      "groundplan:logging.graylog: the content becomes one object in the cluster, which would be too large for the API server",
    ]);
  });
});
