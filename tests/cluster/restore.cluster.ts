// The steps of a restore on a real API server with its controllers, with pretend consumers. Each call that changes something fails once
// before its effect and once after it, and once it is the last one, as if the machine that restores had failed. No container runs: the
// scripts are pretended here, and run for real in tests/backup.
import assert from "node:assert/strict";
import { KubectlClaims } from "../../plan/restore/claim-cluster.ts";
import { claimSteps, settleSteps } from "../../plan/restore/claim-steps.ts";
import type { ClaimRestore } from "../../plan/restore/claim-steps.ts";
import { consumersOf } from "../../plan/restore/manifest.ts";
import { restoreSteps, runSteps, startSteps } from "../../plan/restore/steps.ts";
import type { Step } from "../../plan/restore/steps.ts";
import { eventually, useCluster } from "./cluster.ts";
import type { Cluster, KubernetesObject } from "./cluster.ts";

interface Claim extends KubernetesObject {
  readonly spec: { readonly volumeName?: string };
  readonly status: { readonly phase: string };
}
interface Volume extends KubernetesObject {
  readonly spec: { readonly claimRef?: { readonly name: string }; readonly persistentVolumeReclaimPolicy: string };
}
interface Workload extends KubernetesObject {
  readonly spec: { readonly replicas: number };
  readonly status: { readonly replicas?: number };
}

interface Ended extends KubernetesObject {
  readonly status: { readonly succeeded?: number };
}

const namespace = "restore-test";
const never = new AbortController().signal;
const quiet = () => undefined;

/** How a call fails. `dead`: it has its effect, and nothing follows it. */
type Fault = "before" | "after" | "dead";

/** A cluster of which the call with a number fails, of those that change something; scripts are calls too. */
class Faulty extends KubectlClaims {
  protected override readonly pause = 200;
  readonly changes: string[] = [];
  /** What a script does. */
  pretend: (script: string) => void = quiet;
  /** What holds after each change. */
  watch: () => void = quiet;
  private isDead = false;
  private readonly number: number;
  private readonly fault: Fault;

  constructor(cluster: Cluster, number = -1, fault: Fault = "before") {
    const context = cluster.kubectl(["config", "current-context"]).out.trim();
    super(context, cluster.kubeconfig, namespace, never);
    this.number = number;
    this.fault = fault;
  }

  override async script(_: string, script: string): Promise<string> {
    await this.change(script, () => Promise.resolve(this.pretend(script)));
    return "";
  }

  protected override async kubectl(args: readonly string[], input = ""): Promise<string> {
    if (this.isDead) throw new Error("the machine has failed");
    const [verb = ""] = args;
    if (verb === "get") return super.kubectl(args, input);
    return this.change(`${args.slice(0, 3).join(" ")}`, () => super.kubectl(args, input));
  }

  private async change<T>(name: string, effect: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new Error("the machine has failed");
    const isFaulty = this.changes.push(name) - 1 === this.number;
    if (isFaulty && this.fault === "before") throw new Error(`${name} failed`);
    const result = await effect();
    this.watch();
    this.isDead = isFaulty && this.fault === "dead";
    if (isFaulty) throw new Error(`${name} failed late`);
    return result;
  }
}

describe("restores on a cluster", function () {
  this.timeout(900_000);
  let cluster: Cluster;
  let made = 0;

  before(async function () {
    cluster = await useCluster(this);
    cluster.kubectl(["apply", "-f", "-"], [{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }]);
  });
  after(() => {
    const found = cluster as Cluster | undefined;
    found?.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--timeout=120s"]);
  });

  const one = <T extends KubernetesObject>(kind: string, name: string): T | undefined =>
    cluster.get<T>([kind, name, ...(kind === "pv" ? [] : ["-n", namespace])])[0];
  const bound = (name: string): string => {
    const claim = one<Claim>("pvc", name);
    assert.equal(claim?.status.phase, "Bound", name);
    return claim?.spec.volumeName ?? "";
  };
  const runs = (name: string) =>
    eventually(90, () => {
      const found = one<Workload>("deployment", name);
      assert.deepEqual([found?.spec.replicas, found?.status.replicas], [2, 2], name);
    });

  /** A consumer with a claim that `up` has made, and the claim of a restore. */
  async function consumer(): Promise<ClaimRestore & { readonly volumes: { old: string; restored: string } }> {
    made += 1;
    const number = made;
    const [name, target] = [`wiki-${number}`, `restored-wiki-${number}`];
    const claim = (of: string) => ({
      ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: of, namespace, labels: { app: name } } },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
        storageClassName: "standard",
      },
    });
    const pod = {
      containers: [{ name: "wiki", image: "registry.example.org/wiki:1" }],
      volumes: [{ name: "files", persistentVolumeClaim: { claimName: name } }],
    };
    const labels = { app: name };
    const workload = {
      ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace } },
      spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
    };
    cluster.kubectl(["apply", "--server-side", "--field-manager=pulumi-kubernetes-test", "-f", "-"], [claim(name)]);
    cluster.kubectl(["apply", "-f", "-"], [claim(target), workload]);
    const volumes = await eventually(120, () => ({ old: bound(name), restored: bound(target) }));
    await runs(name);
    // What a backup leaves: a pod that has ended, and that counts as a user of the claim.
    const job = { kind: "Job", apiVersion: "batch/v1", metadata: { name: `backup-${name}`, namespace } };
    const ends = { ...pod, restartPolicy: "Never" };
    cluster.kubectl(["apply", "-f", "-"], [{ ...job, spec: { template: { spec: ends } } }]);
    await eventually(90, () => assert.equal(one<Ended>("job", `backup-${name}`)?.status.succeeded, 1));
    const consumers = consumersOf(cluster.get(["deployments", "-n", namespace]), { kind: "pods", namespace, labels });
    const names = {
      claim: name,
      target,
      old: `before-wiki-${number}`,
      pod: "backup-files-wiki",
      snapshot: "0123456789",
    };
    return { namespace, isFolder: false, consumers, volumes, ...names };
  }

  /** Ends what a machine that failed has left, as `npm run restore -- --claim NAME --start` does. */
  async function recover(restore: ClaimRestore): Promise<void> {
    const steps = [...settleSteps(restore), ...startSteps(restore.consumers)] as Step<Faulty>[];
    const { failures } = await runSteps(steps, new Faulty(cluster), never, quiet);
    assert.deepEqual(failures, []);
  }

  /** The claim has one of its two volumes, and its consumer runs; the old volume is that of a claim, and is not lost. */
  async function holds({ claim, old, volumes }: Awaited<ReturnType<typeof consumer>>): Promise<"old" | "restored"> {
    await runs(claim);
    const volume = bound(claim);
    assert.ok(volume === volumes.old || volume === volumes.restored, volume);
    assert.equal(bound(volume === volumes.old ? claim : old), volumes.old);
    for (const name of Object.values(volumes))
      assert.equal(one<Volume>("pv", name)?.metadata.name, name, "both volumes exist");
    return volume === volumes.old ? "old" : "restored";
  }

  let changes: readonly string[] = [];

  it("a claim has the restored volume, and another claim the old one", async () => {
    const restore = await consumer();
    const faulty = new Faulty(cluster);
    const { failures } = await runSteps(claimSteps(restore, true), faulty, never, quiet);
    assert.deepEqual(failures, []);
    changes = faulty.changes;
    assert.equal(await holds(restore), "restored");
    assert.equal(one("pvc", restore.target), undefined);
    // Its own policy is back, and it can be deleted with its claim.
    assert.equal(one<Volume>("pv", restore.volumes.old)?.spec.persistentVolumeReclaimPolicy, "Delete");
    // The program can change the claim as before, and it does not take the volume's name from it.
    const grown = {
      ...{ apiVersion: "v1", kind: "PersistentVolumeClaim" },
      metadata: { name: restore.claim, namespace, labels: { app: restore.claim, more: "yes" } },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
        storageClassName: "standard",
      },
    };
    cluster.kubectl(["apply", "--server-side", "--field-manager=pulumi-kubernetes-test", "-f", "-"], [grown]);
    assert.equal(bound(restore.claim), restore.volumes.restored);
    assert.equal(one("pvc", restore.claim)?.metadata.labels?.["more"], "yes");
  });

  it("without a confirmation the claim and its consumer stay as they are", async () => {
    const restore = await consumer();
    const beside = { ...restore, target: `restored-again-${made}` };
    const faulty = new Faulty(cluster);
    const { failures } = await runSteps(claimSteps(beside, false), faulty, never, quiet);
    assert.deepEqual(failures, []);
    assert.deepEqual(faulty.changes, ["create -f -", "restore-files.sh"]);
    await runs(restore.claim);
    assert.equal(bound(restore.claim), restore.volumes.old);
    await eventually(60, () => bound(beside.target));
  });

  it("a claim that is still being deleted is waited for, and not taken for one that has its volume", async () => {
    const restore = await consumer();
    const number = changes.findIndex((change) => change.startsWith("delete pvc wiki-"));
    const finalizers = (value: readonly string[] | null) => {
      const patch = JSON.stringify({ metadata: { finalizers: value } });
      cluster.kubectl(["patch", "pvc", restore.claim, "-n", namespace, "--type=merge", "-p", patch]);
    };
    finalizers(["example.org/held"]);
    const { failures } = await runSteps(
      claimSteps(restore, true).slice(0, -2),
      new Faulty(cluster, number, "dead"),
      never,
      quiet,
    );
    assert.notDeepEqual(failures, []);
    assert.equal(one<Claim>("pvc", restore.claim)?.status.phase, "Bound", "it looks bound");
    setTimeout(() => finalizers(null), 3000);
    await recover(restore);
    assert.equal(one<Claim>("pvc", restore.claim)?.metadata.deletionTimestamp, undefined);
    assert.equal(await holds(restore), "old");
  });

  for (const fault of ["before", "after", "dead"] as const)
    it(`a claim has its old volume or the restored one, whichever change fails: ${fault}`, async () => {
      assert.ok(changes.length > 10, "the first test has run");
      const ends = await Promise.all(
        changes.map(async (name, number) => {
          const restore = await consumer();
          const faulty = new Faulty(cluster, number, fault);
          const { failures } = await runSteps(claimSteps(restore, true), faulty, never, quiet);
          assert.notDeepEqual(failures, [], name);
          // A claim that is away has no consumer that would go on without its data, and its volume is kept.
          if (one<Claim>("pvc", restore.claim)?.status.phase !== "Bound") {
            assert.equal(one<Workload>("deployment", restore.claim)?.spec.replicas, 0, name);
            assert.equal(one<Volume>("pv", restore.volumes.old)?.spec.persistentVolumeReclaimPolicy, "Retain", name);
          }
          await recover(restore);
          return holds(restore);
        }),
      );
      assert.ok(ends.includes("old") && ends.includes("restored"));
    });

  it("C17: a database is there under its name, and its consumers do not run while it is exchanged, whichever change fails", async () => {
    const order: string[] = [];
    const total = 4;
    const faulted = async (fault: Fault, number: number) => {
      const { claim, consumers } = await consumer();
      const databases = new Map([["wiki", "old"]]);
      const faulty = new Faulty(cluster, number, fault);
      faulty.pretend = (script) => {
        if (script === "restore.sh") return void databases.set("restored", "new");
        const pods = cluster.get(["pods", "-n", namespace, "-l", `app=${claim}`]);
        assert.deepEqual([one<Workload>("deployment", claim)?.status.replicas ?? 0, pods.length], [0, 0]);
        databases.set("before", "old").set("wiki", "new").delete("restored");
      };
      faulty.watch = () => assert.ok(databases.has("wiki") && [...databases.values()].includes("old"));
      const restore = {
        ...{
          database: "wiki",
          cronJob: "dump-wiki",
          from: { snapshot: "0123456789" },
          target: "restored",
          old: "before",
        },
        tables: [],
        consumers,
      };
      const { failures } = await runSteps(restoreSteps(restore, true), faulty, never, quiet);
      if (number === -1) order.push(...faulty.changes);
      assert.equal(failures.length > 0, number >= 0);
      const isStarted = fault === "after" || number < total - 1;
      if (fault !== "dead" && isStarted) await runs(claim);
      // What `--start` does.
      await new Faulty(cluster).start(consumers[0] ?? assert.fail());
      await runs(claim);
      assert.ok(databases.has("wiki"));
    };
    await faulted("before", -1);
    const faults = (["before", "after", "dead"] as const).flatMap((fault) =>
      Array.from({ length: total }, (_, number) => faulted(fault, number)),
    );
    await Promise.all(faults);
    assert.deepEqual(
      order.map((name) => name.split(" ")[0]),
      ["restore.sh", "patch", "swap.sh", "patch"],
    );
  });
});
