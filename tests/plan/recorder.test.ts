import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { record } from "../../plan/recorder.ts";

class Thing extends pulumi.ComponentResource {
  constructor(name: string, options: pulumi.ComponentResourceOptions = {}) {
    super("groundplan:test:Thing", name, {}, options);
  }
}

class Generated extends pulumi.CustomResource {}

describe("the recorder", () => {
  it("sees aliases, as URNs", async () => {
    const program = () => new Thing("child", { parent: new Thing("parent"), aliases: [{ name: "old" }] });
    const { resources } = await record(program, "test", { values: {}, secretKeys: [] });
    assert.deepEqual(
      resources.map(({ name, aliases }) => [name, aliases.map((urn) => urn.split("::").at(-1))]),
      [
        ["child", ["old"]],
        ["parent", []],
      ],
    );
  });

  it("throws what the program throws", async () => {
    await assert.rejects(
      record(
        () => {
          throw new RangeError("wrong");
        },
        "test",
        { values: {}, secretKeys: [] },
      ),
      /wrong/,
    );
  });

  it("throws what an outcome throws, and does not leave out what waits for it", async () => {
    const program = () => new Generated("groundplan:test:Generated", "generated");
    const outcomes = () => {
      throw new RangeError("no such outcome");
    };
    await assert.rejects(record(program, "test", { values: {}, secretKeys: [] }, outcomes), /no such outcome/);
  });

  it("hands over properties as the wire does: ordered, and without what is undefined", async () => {
    const inputs = { z: [1, { b: null, a: "text" }], nothing: undefined, a: { d: true, c: pulumi.secret(0.5) } };
    const seen: string[] = [];
    const outcomes = (_type: string, _name: string, given: Record<string, unknown>) => {
      seen.push(JSON.stringify(given));
      return {};
    };
    const program = () => {
      const first = new Generated("groundplan:test:Generated", "first", inputs);
      new Generated("groundplan:test:Generated", "second", { first: (first as unknown as typeof inputs).z });
    };
    const { resources } = await record(program, "test", { values: {}, secretKeys: [] }, outcomes);
    assert.deepEqual(
      [...seen, ...resources.map((resource) => JSON.stringify(resource.inputs))],
      [
        '{"a":{"c":{"value":0.5},"d":true},"z":[1,{"a":"text","b":null}]}',
        '{"first":[1,{"a":"text","b":null}]}',
        '{"a":{"c":{"value":0.5},"d":true},"z":[1,{"a":"text","b":null}]}',
        '{"first":[1,{"a":"text","b":null}]}',
      ],
    );
  });
});
