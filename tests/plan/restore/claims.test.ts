import assert from "node:assert/strict";
import { at, list } from "../../../components/kit/unknown.ts";
import { claimSteps } from "../../../plan/restore/claim-steps.ts";
import type { ClaimCluster, ClaimRestore } from "../../../plan/restore/claim-steps.ts";
import { jobOf } from "../../../plan/restore/manifest.ts";
import { restoredFiles } from "../../../plan/restore/snapshots.ts";
import { runSteps } from "../../../plan/restore/steps.ts";
import { plannedObjects } from "../../../plan/objects.ts";
import { recordStack, stackNamed } from "../../stacks.ts";

const restore: ClaimRestore = {
  ...{ namespace: "wiki", claim: "home", isFolder: false, pod: "backup-files-home", snapshot: "0123456789abcdef" },
  ...{ target: "restored", old: "before" },
  consumers: [
    { kind: "StatefulSet", namespace: "wiki", name: "a", replicas: 2 },
    { kind: "Deployment", namespace: "wiki", name: "b", replicas: 1 },
  ],
};

/** The calls of a restore, of which those fail whose name matches. */
async function calls(changes: Partial<ClaimRestore>, swap: boolean, fails = /^$/) {
  const made: string[] = [];
  const call = (...words: string[]) => {
    const name = words.join(" ");
    made.push(name);
    return fails.test(name) ? Promise.reject(new Error(`${name} failed`)) : Promise.resolve("");
  };
  const cluster: ClaimCluster = {
    script: (_, script, env, claim = "") => call(script, env["BACK"] === undefined ? "" : "back", claim),
    createLike: (claim, name) => call("create", name, "like", claim).then(() => undefined),
    swap: (claim, target, old) => call("swap", claim, target, old),
    settle: (claim) => call("settle", claim),
    stop: ({ name }) => call("stop", name).then(() => undefined),
    start: ({ name }) => call("start", name).then(() => undefined),
  };
  await runSteps(claimSteps({ ...restore, ...changes }, swap), cluster, new AbortController().signal, () => undefined);
  return made;
}

const begin = ["settle home", "create restored like home", "restore-files.sh  restored"];

describe("a restore of a claim", () => {
  it("touches neither the claim nor its consumers without a confirmation", async () => {
    assert.deepEqual(await calls({}, false), begin.slice(1));
    assert.deepEqual(await calls({ isFolder: true }, false), ["restore-files.sh  home"]);
  });

  it("exchanges the volumes while all consumers are stopped, and starts them in reverse order", async () => {
    const end = ["settle home", "start b", "start a"];
    const whole = [...begin, "stop a", "stop b", "swap home restored before", ...end];
    assert.deepEqual(await calls({}, true), whole);
    assert.deepEqual(await calls({}, true, /^swap/), whole);
    assert.deepEqual(await calls({}, true, /^restore/), [...begin, ...end]);
    assert.deepEqual(await calls({}, true, /^stop b/), [...begin, "stop a", "stop b", ...end]);
  });

  it("leaves the consumers stopped where the exchange can neither be completed nor undone", async () => {
    assert.deepEqual(await calls({ claim: "away" }, true, /^(swap|settle away)/), ["settle away", "settle away"]);
    let settled = 0;
    const fails = { test: (name: string) => name.startsWith("settle") && (settled += 1) > 1 } as RegExp;
    const made = await calls({}, true, fails);
    assert.deepEqual(made, [...begin, "stop a", "stop b", "swap home restored before", "settle home"]);
  });

  it("exchanges the files of a share by scripts in the pod that mounts it", async () => {
    assert.deepEqual(await calls({ isFolder: true }, true), [
      "swap-files.sh back home",
      "restore-files.sh  home",
      "stop a",
      "stop b",
      "swap-files.sh  home",
      "swap-files.sh back home",
      "start b",
      "start a",
    ]);
  });

  it("writes to the new claim with the account of the files, wherever its volume is", async () => {
    const { resources } = await recordStack(stackNamed("midpoint"));
    const objects = plannedObjects(resources);
    const backup = objects.find(({ kind, name }) => kind === "CronJob" && name.startsWith("backup-files-mp-home"));
    const pod = (value: unknown) => at(value, "template", "spec");
    const read = pod(at(backup?.manifest, "spec", "jobTemplate", "spec"));
    const written = pod(at(jobOf(backup?.manifest, "restore-1", "restore-files.sh", {}, "restored-home"), "spec"));
    const claims = (value: unknown) =>
      list(at(value, "volumes")).flatMap((one) => at(one, "persistentVolumeClaim", "claimName") ?? []);
    const mount = (value: unknown) =>
      list(at(list(at(value, "containers"))[0], "volumeMounts")).find((one) => at(one, "name") === "files");
    assert.match(JSON.stringify(claims(read)), /^\["mp-home-/);
    assert.deepEqual(claims(written), ["restored-home"]);
    assert.equal(at(mount(read), "readOnly"), true);
    assert.equal(at(mount(written), "readOnly"), false);
    assert.equal(at(mount(written), "mountPath"), at(mount(read), "mountPath"));
    assert.deepEqual(at(written, "securityContext"), at(read, "securityContext"));
    assert.ok(at(read, "affinity") !== undefined && at(written, "affinity") === undefined);
  });

  it("gives claims and folders names that Kubernetes and the scripts accept, a new one for each exchange", () => {
    const snapshot = { id: "0123456789ab", time: "2026-11-20T01:15:00Z", path: "" };
    const now = Date.parse("2026-11-21T08:00:01Z");
    const names = restoredFiles(snapshot, "conduit-pv-claim", false, now);
    assert.deepEqual(names, {
      target: "restored-conduit-pv-claim-20261120-011500-01234567",
      old: "before-conduit-pv-claim-20261121-080001",
    });
    assert.notEqual(
      restoredFiles(snapshot, "home", false, now + 1000).old,
      restoredFiles(snapshot, "home", false, now).old,
    );
    const long = restoredFiles(snapshot, `${"x".repeat(199)}.${"y".repeat(53)}`, false, now);
    for (const name of Object.values(long)) assert.match(name, /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/);
    for (const name of Object.values(restoredFiles(snapshot, "share", true, now)))
      assert.ok(name.startsWith(".groundplan-"));
  });
});
