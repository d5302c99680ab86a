import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { chartRelease } from "../../components/kit/chart-release.ts";
import { hasNull, isNamed, overridden } from "../../components/kit/overrides.ts";
import type { ChartOverrides } from "../../components/kit/overrides.ts";
import { Empty, made } from "./environment.ts";

describe("values of charts that a stack sets", () => {
  const never = () => false;

  it("are added where the component sets none, at any depth", () => {
    const own = { proxy: { type: "LoadBalancer" } };
    const given = { proxy: { annotations: { a: "b" } }, waitImage: { tag: "1" }, list: [1] };
    assert.deepEqual(overridden(own, given, never), {
      values: { proxy: { type: "LoadBalancer", annotations: { a: "b" } }, waitImage: { tag: "1" }, list: [1] },
      changes: [
        { path: "proxy.annotations", effect: "added" },
        { path: "waitImage", effect: "added" },
        { path: "list", effect: "added" },
      ],
    });
    assert.deepEqual(own, { proxy: { type: "LoadBalancer" } });
  });

  it("replace the component's own value only where its path, or one above it, is listed", () => {
    const own = { a: { b: 1, c: [1, 2] }, d: { e: 1 } };
    const given = { a: { b: 2, c: [] }, d: 5 };
    const listed = (path: string) => isNamed(["r.a.b", "r.d"], "r", path);
    assert.deepEqual(overridden(own, given, listed), {
      values: { a: { b: 2, c: [1, 2] }, d: 5 },
      changes: [
        { path: "a.b", effect: "replaced" },
        { path: "a.c", effect: "refused" },
        { path: "d", effect: "replaced" },
      ],
    });
    assert.ok(isNamed(["r.a"], "r", "a.b.c") && !isNamed(["r.a"], "r", "ab") && !isNamed(["r.a.b"], "r", "a"));
  });

  it("do not look into a value that is known at deployment only", () => {
    const output = pulumi.output({ inner: 1 });
    const { values, changes } = overridden({ a: output }, { a: { inner: 2 } }, never);
    assert.equal(values["a"], output);
    assert.deepEqual(changes, [{ path: "a", effect: "refused" }]);
  });

  it("reach the release, null included, and the ledger says what became of each", async () => {
    const overrides: ChartOverrides = {
      values: { kong: { env: { database: "off", log_level: "debug" }, dblessConfig: null }, other: { a: 1 } },
      override: [],
    };
    const { resources, ledger } = await made(
      (environment) => {
        chartRelease(new Empty(environment), "release", {
          chart: "kong",
          name: "kong",
          namespace: "demo",
          values: { env: { database: "postgres" } },
          pods: [],
        });
      },
      { overrides },
    );
    const inputs = resources.find(({ type }) => type === "kubernetes:helm.sh/v3:Release")?.inputs;
    const { env, dblessConfig } = inputs?.["values"] as Record<string, unknown>;
    assert.deepEqual(env, { database: "postgres", log_level: "debug" });
    assert.equal(dblessConfig, null);
    assert.equal(inputs?.["allowNullValues"], true);
    assert.deepEqual(ledger.overrides, [
      { release: "demo/kong", path: "env.database", effect: "refused" },
      { release: "demo/kong", path: "env.log_level", effect: "added" },
      { release: "demo/kong", path: "dblessConfig", effect: "added" },
    ]);
    assert.ok(!hasNull({ a: [{ b: 1 }] }) && hasNull({ a: [{ b: null }] }));
  });
});
