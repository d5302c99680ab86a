import assert from "node:assert/strict";
import type { PodGroup } from "../../../components/kit/ledger.ts";
import { judgeCapacity } from "../../../plan/doctor/judgements/capacity.ts";
import { nodesOf } from "../../../plan/doctor/judgements/eligible.ts";
import { judgeHosts, mapCountAnnotation } from "../../../plan/doctor/judgements/hosts.ts";
import { judgeNodes, judgeSpread } from "../../../plan/doctor/judgements/nodes.ts";
import type { Live } from "../../../plan/doctor/probes/kubectl.ts";
import { brief, got, live, modest, node, refused, said } from "./samples.ts";

const labelled = { ...modest, placement: { nodeSelector: { tag: "system" }, tolerations: [] } };
const taint = { key: "dedicated", value: "db", effect: "NoSchedule" };
const notReady = { conditions: [{ type: "Ready", status: "Unknown" }] };

describe("the doctor's view of the nodes", () => {
  const tagged = { labels: { tag: "system" } };
  const cases: [string, Live[], typeof modest, string[]][] = [
    ["all well", [node("a"), node("b")], modest, ["ok nodes-ready", "ok node-labels"]],
    ["none", [], modest, ["fail nodes-ready", "ok node-labels"]],
    ["one not ready", [node("a"), node("b", { status: notReady })], modest, ["warn nodes-ready", "ok node-labels"]],
    ["none ready", [node("a", { status: notReady })], modest, ["fail nodes-ready", "ok node-labels"]],
    [
      "one cordoned",
      [node("a"), node("b", { spec: { unschedulable: true } })],
      modest,
      ["warn nodes-ready", "ok node-labels"],
    ],
    ["labelled", [node("a", tagged), node("b")], labelled, ["ok nodes-ready", "ok node-labels"]],
    ["not labelled", [node("a"), node("b")], labelled, ["ok nodes-ready", "fail node-labels"]],
    [
      "some tainted",
      [node("a"), node("b", { spec: { taints: [taint] } })],
      modest,
      ["ok nodes-ready", "ok node-labels", "ok node-taints"],
    ],
    [
      "all tainted",
      [node("a", { spec: { taints: [taint] } })],
      modest,
      ["ok nodes-ready", "ok node-labels", "fail node-taints"],
    ],
    [
      "tainted and tolerated",
      [node("a", { spec: { taints: [taint] } })],
      { ...modest, placement: { nodeSelector: {}, tolerations: [{ key: "dedicated", operator: "Exists" as const }] } },
      ["ok nodes-ready", "ok node-labels"],
    ],
    [
      "tainted with another value than the tolerated one",
      [node("a", { spec: { taints: [taint] } })],
      { ...modest, placement: { nodeSelector: {}, tolerations: [{ key: "dedicated", value: "web" }] } },
      ["ok nodes-ready", "ok node-labels", "fail node-taints"],
    ],
    [
      "tainted softly",
      [node("a", { spec: { taints: [{ ...taint, effect: "PreferNoSchedule" }] } })],
      modest,
      ["ok nodes-ready", "ok node-labels"],
    ],
  ];
  for (const [name, nodes, needs, expected] of cases) {
    it(`nodes: ${name}`, () => assert.deepEqual(brief(judgeNodes(got(nodes), needs)), expected));
  }

  it("names the nodes to label, and not those that could not run anything", () => {
    const nodes = [node("a"), node("b", { spec: { unschedulable: true } }), node("c", { spec: { taints: [taint] } })];
    const [, labels] = judgeNodes(got(nodes), labelled);
    assert.deepEqual(labels?.commands, ["kubectl --context ours label node a tag=system"]);
  });

  it("three members of a cluster want three nodes", () => {
    const group = {
      component: "db",
      name: "pg",
      namespace: "sysdb",
      replicas: 3,
      kind: "StatefulSet",
      containers: [],
    } as const;
    const needs = { ...modest, podGroups: [group] };
    assert.deepEqual(brief(judgeSpread(got([node("a"), node("b")]), needs)), ["warn node-count"]);
    assert.deepEqual(brief(judgeSpread(got([node("a"), node("b"), node("c")]), needs)), []);
    assert.deepEqual(brief(judgeSpread(refused, needs)), []);
  });

  it("does not know what it may not list", () => {
    assert.deepEqual(brief(judgeNodes(refused, modest)), ["unknown nodes-ready"]);
    assert.deepEqual(brief(judgeCapacity(refused, got([]), modest, new Set())), ["unknown capacity"]);
  });
});

describe("the capacity of the nodes", () => {
  const group = (more: Partial<PodGroup>): PodGroup => ({
    component: "c",
    name: "app",
    namespace: "apps",
    replicas: 1,
    kind: "Deployment",
    containers: [{ cpu: "1", memory: "1Gi" }],
    ...more,
  });
  const pod = (nodeName: string, cpu: string, memory: string, more: object = {}, namespace = "else"): Live =>
    live("p", {
      metadata: { namespace },
      spec: { nodeName, containers: [{ resources: { requests: { cpu, memory } } }], ...more },
      status: { phase: "Running" },
    });
  const check = (nodes: Live[], pods: Live[], groups: PodGroup[], own: string[] = []) =>
    judgeCapacity(got(nodes), got(pods), { ...modest, podGroups: groups }, new Set(own));

  it("holds where the stack fits", () => {
    assert.deepEqual(brief(check([node("a")], [], [group({ replicas: 3 })])), [
      "ok capacity-cpu",
      "ok capacity-memory",
      "ok capacity-pods",
    ]);
  });

  it("fires where the sum does not fit, beside what runs", () => {
    const findings = check([node("a")], [pod("a", "1500m", "1Gi")], [group({ replicas: 3 })]);
    assert.deepEqual(brief(findings), ["fail capacity-cpu", "ok capacity-memory", "ok capacity-pods"]);
    assert.match(said(findings), /2500m free on 1 node, the stack requests 3\n500m more/);
  });

  it("warns where nothing is left for updates", () => {
    assert.deepEqual(
      brief(check([node("a")], [pod("a", "0.8", "1Gi")], [group({ replicas: 3 })]))[0],
      "warn capacity-cpu",
    );
  });

  it("counts no pod that has ended, none of the stack's own and none on another node", () => {
    const ended = { ...pod("a", "4", "1Gi"), status: { phase: "Succeeded" } };
    const findings = check(
      [node("a")],
      [ended, pod("a", "4", "1Gi", {}, "apps"), pod("b", "4", "1Gi")],
      [group({})],
      ["apps"],
    );
    assert.equal(findings[0]?.level, "ok");
  });

  it("counts a DaemonSet on every node, and Jobs with the rest", () => {
    const two = [node("a"), node("b")];
    assert.match(said(check(two, [], [group({ kind: "DaemonSet" })])), /8 free on 2 nodes, the stack requests 2/);
    assert.match(said(check(two, [], [group({}), group({ kind: "Job" })])), /the stack requests 2/);
  });

  it("fires where the largest pod fits on no node, although the sum does", () => {
    const findings = check([node("a"), node("b")], [], [group({ containers: [{ cpu: "5", memory: "1Gi" }] })]);
    assert.deepEqual(brief(findings).at(-1), "fail largest-pod");
    assert.match(said(findings), /apps\/app: at most 4 CPU and 8Gi/);
  });

  it("counts side-cars, init containers and overhead as the scheduler does", () => {
    const first = (cpu: string, restartPolicy?: string) => ({ resources: { requests: { cpu } }, restartPolicy });
    const free = (more: object) =>
      said(check([node("a")], [pod("a", "500m", "0", more)], []))
        .split(" free")[0]
        ?.replace("CPU: ", "");
    assert.equal(free({}), "3500m");
    assert.equal(free({ initContainers: [first("2")] }), "2");
    assert.equal(free({ initContainers: [first("1", "Always")] }), "2500m");
    assert.equal(free({ overhead: { cpu: "250m" } }), "3250m");
    assert.equal(free({ resources: { requests: { cpu: "1" } } }), "3");
  });

  it("says so where it cannot see what runs", () => {
    const findings = judgeCapacity(got([node("a")]), refused, modest, new Set());
    assert.equal(brief(findings).at(-1), "unknown running-pods");
  });

  it("reads quantities in the forms in which the API writes them, and none as 0", () => {
    const forms: [string | undefined, number][] = [
      ["4", 4000],
      ["3920m", 3920],
      ["129e6", 129e9],
      ["0.5", 500],
      ["1k", 1e6],
      [undefined, 0],
      ["much", 0],
    ];
    for (const [cpu, milli] of forms) {
      const [read] = nodesOf([node("a", { status: { allocatable: { cpu, memory: "16393244Ki", pods: "1k" } } })]);
      assert.deepEqual(read?.allocatable, { cpu: milli, memory: 16393244 * 1024, pods: 1000 }, cpu);
    }
  });
});

describe("what the API does not tell of a node", () => {
  const search = { ...modest, mapCount: ["StatefulSet logging/search"] };
  const annotated = (value: string) => node("a", { annotations: { [mapCountAnnotation]: value } });
  const daemon = live("sysctl", {
    metadata: { namespace: "kube-system" },
    spec: { template: { args: ["vm.max_map_count=262144"] } },
  });
  const cases: [string, Live[], Live[], typeof modest, string[]][] = [
    ["nothing asks", [node("a")], [], modest, []],
    ["not told", [node("a")], [], search, ["unknown max-map-count"]],
    ["told by one of two", [annotated("262144"), node("b")], [], search, ["unknown max-map-count"]],
    ["told", [annotated("262144")], [], search, ["ok max-map-count"]],
    ["told too low", [annotated("65530")], [], search, ["fail max-map-count"]],
    ["told nonsense", [annotated("a lot")], [], search, ["fail max-map-count"]],
    ["set by a DaemonSet", [node("a")], [daemon], search, ["ok max-map-count"]],
    [
      "NFS",
      [node("a")],
      [],
      { ...modest, nfs: [{ by: "PersistentVolume v", server: "10.0.0.9", path: "/x", driver: false }] },
      ["unknown nfs-client"],
    ],
    ["NFS through a driver", [node("a")], [], { ...modest, nfs: [{ by: "StorageClass c", driver: true }] }, []],
  ];
  for (const [name, nodes, daemons, needs, expected] of cases) {
    it(name, () => assert.deepEqual(brief(judgeHosts(got(nodes), got(daemons), needs)), expected));
  }
});
