import assert from "node:assert/strict";
import { lastSizes } from "../../components/backup/programs/compare.ts";
import { at, list, text } from "../../components/kit/unknown.ts";
import type { Plan } from "../../plan/plan.ts";
import { planStack } from "../plans.ts";
import { stackNamed } from "../stacks.ts";

describe("the sizes of backups", () => {
  const snapshot = (time: string, path: string, bytes?: number) => ({
    time,
    paths: [path],
    ...(bytes !== undefined && { summary: { total_bytes_processed: bytes } }),
  });
  const day = (number: number) => `2026-11-0${number}T03:00:00Z`;

  it("are those of the last snapshot of each path, in any order and time zone", () => {
    assert.deepEqual(
      lastSizes([
        snapshot("2026-11-02T01:00:00+02:00", "/b", 3),
        snapshot("2026-11-01T23:30:00Z", "/b", 5),
        snapshot(day(1), "/a with spaces", 1),
        snapshot(day(9), "/old restic"),
      ]),
      [
        { path: "/a with spaces", bytes: 1 },
        { path: "/b", bytes: 5 },
      ],
    );
    for (const none of [[], null, {}]) assert.deepEqual(lastSizes(none), []);
  });

  it("are compared with the largest of the three before, from 100 KiB on", () => {
    const of = (...bytes: number[]) =>
      lastSizes(bytes.map((one, index) => snapshot(day(index + 1), "/a", one)))[0]?.shrunkFrom;
    assert.equal(of(900_000, 450_000), undefined);
    assert.equal(of(900_000, 449_999), 900_000);
    assert.equal(of(900_000, 1, 1, 1), 900_000);
    assert.equal(of(900_000, 1, 1, 1, 1), undefined);
    assert.equal(of(102_399, 1), undefined);
    assert.equal(of(102_400, 1), 102_400);
    assert.equal(of(900_000), undefined);
  });

  /** What the pods that record sizes are given: a token of which account, and a connection. */
  const given = ({ ledger, objects }: Plan) => {
    const job = objects.find(({ kind, name }) => kind === "CronJob" && name === "backup-sizes");
    const pod = at(job?.manifest, "spec", "jobTemplate", "spec", "template", "spec");
    const rules = objects.filter(({ kind, name }) => kind === "PrometheusRule" && name === "backup-sizes");
    return {
      account: text(at(pod, "serviceAccountName")),
      token: at(pod, "automountServiceAccountToken"),
      containers: [...list(at(pod, "initContainers")), ...list(at(pod, "containers"))].map((one) => at(one, "name")),
      rules: rules.length,
      connections: ledger.edges.filter(({ purpose }) => purpose === "sizes of backups, as metrics").length,
    };
  };

  it("become metrics where the stack has Prometheus; elsewhere the pod has no token", async () => {
    const common = { account: "backup", containers: ["restic", "sizes"] };
    assert.deepEqual(given(await planStack(stackNamed("prod"))), { ...common, token: true, rules: 1, connections: 1 });
    assert.deepEqual(given(await planStack(stackNamed("matrix"))), {
      ...common,
      ...{ token: false, rules: 0, connections: 0 },
    });
  });
});
