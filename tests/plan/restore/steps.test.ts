import assert from "node:assert/strict";
import { restoreSteps, runSteps } from "../../../plan/restore/steps.ts";
import type { Consumer, Restore, RestoreCluster } from "../../../plan/restore/steps.ts";

const consumers: readonly Consumer[] = [
  { kind: "StatefulSet", namespace: "auth", name: "keycloak", replicas: 2 },
  { kind: "Deployment", namespace: "auth", name: "reports", replicas: 1 },
];
const restore: Restore = {
  database: "keycloak",
  cronJob: "dump-keycloak",
  from: { snapshot: "0123456789abcdef" },
  target: "restored",
  old: "before",
  tables: ["realm"],
  consumers,
};

/** A cluster with databases by name and the replicas of consumers; the call with the number of `fails` fails, before or after its effect. */
class Pretended implements RestoreCluster {
  readonly databases = new Map([["keycloak", "old"]]);
  readonly running = new Map(consumers.map(({ name, replicas }) => [name, replicas]));
  readonly calls: string[] = [];
  /** Whether the database's name was ever missing, or changed while a consumer was running. */
  broken = false;
  private readonly stopped = new Map<string, number>();
  private readonly fails: number;
  private readonly late: boolean;
  private readonly before: (call: number) => void;

  constructor(fails = -1, late = false, before: (call: number) => void = () => undefined) {
    this.fails = fails;
    this.late = late;
    this.before = before;
  }

  script(_: string, script: string): Promise<string> {
    return this.call(script, () => {
      if (script === "restore.sh") this.databases.set("restored", "new");
      else {
        if ([...this.running.values()].some((replicas) => replicas > 0)) this.broken = true;
        this.databases.set("before", this.databases.get("keycloak") ?? "none");
        this.databases.set("keycloak", this.databases.get("restored") ?? "none");
        this.databases.delete("restored");
      }
    });
  }

  async stop({ name, replicas }: Consumer): Promise<void> {
    await this.call(`stop ${name}`, () => {
      this.stopped.set(name, replicas);
      this.running.set(name, 0);
    });
  }

  async start({ name }: Consumer): Promise<void> {
    await this.call(`start ${name}`, () => {
      this.running.set(name, this.stopped.get(name) ?? this.running.get(name) ?? 0);
      this.stopped.delete(name);
    });
  }

  private call(name: string, effect: () => void): Promise<string> {
    const number = this.calls.push(name) - 1;
    this.before(number);
    if (number === this.fails && !this.late) return Promise.reject(new Error(`${name} failed`));
    effect();
    if (number === this.fails) return Promise.reject(new Error(`${name} failed late`));
    return Promise.resolve("");
  }
}

const run = (cluster: Pretended, swap = true, signal = new AbortController().signal) =>
  runSteps(restoreSteps(restore, swap), cluster, signal, () => undefined);

/** What holds however a restore ends: the database is there, whole, and its consumers run where their start did not fail. */
function holds(cluster: Pretended, unstarted: readonly string[] = []): void {
  assert.equal(cluster.broken, false);
  assert.ok(["old", "new"].includes(cluster.databases.get("keycloak") ?? "none"));
  assert.ok([...cluster.databases.values()].includes("old"), "the old data is kept");
  for (const { name, replicas } of consumers)
    if (!unstarted.includes(name)) assert.equal(cluster.running.get(name), replicas, `${name} runs`);
}

const order = ["restore.sh", "stop keycloak", "stop reports", "swap.sh", "start reports", "start keycloak"];

describe("C17: the steps of a restore", () => {
  it("stop consumers before the swap, and start them in reverse order after it", async () => {
    const cluster = new Pretended();
    assert.deepEqual(await run(cluster), { failures: [], stopped: false });
    assert.deepEqual(cluster.calls, order);
    assert.deepEqual([cluster.databases.get("keycloak"), cluster.databases.get("before")], ["new", "old"]);
    holds(cluster);
  });

  it("only restore beside the database without a confirmation", async () => {
    const cluster = new Pretended();
    await run(cluster, false);
    assert.deepEqual(cluster.calls, ["restore.sh"]);
    assert.equal(cluster.databases.get("keycloak"), "old");
  });

  for (const [index, name] of order.entries())
    for (const late of [false, true])
      it(`leave a database in use and start every consumer where "${name}" fails ${late ? "after" : "before"} its effect`, async () => {
        const cluster = new Pretended(index, late);
        const { failures } = await run(cluster);
        assert.equal(failures.length, 1);
        const [verb, consumer = ""] = name.split(" ");
        holds(cluster, verb === "start" && !late ? [consumer] : []);
        if (index < 3) assert.equal(cluster.databases.get("keycloak"), "old");
      });

  for (const index of order.keys())
    it(`start every consumer where the user stops the restore during step ${index + 1}`, async () => {
      const abort = new AbortController();
      const cluster = new Pretended(-1, false, (call) => (call === index ? abort.abort() : undefined));
      const { failures, stopped } = await run(cluster, true, abort.signal);
      assert.deepEqual([failures, stopped], [[], true]);
      holds(cluster);
      assert.equal(cluster.databases.get("keycloak"), index < 3 ? "old" : "new");
    });
});
