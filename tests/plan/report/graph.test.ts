import assert from "node:assert/strict";
import { graphOf, linkLabel } from "../../../plan/report/graph.ts";
import type { Graph, Link } from "../../../plan/report/picture.ts";
import { withoutSpokes } from "../../../plan/report/spokes.ts";
import type { Plan } from "../../../plan/plan.ts";
import { planStack } from "../../plans.ts";
import { examples, stacks, stackNamed, variants } from "../../stacks.ts";
import { planOfStack, prodPlan } from "./plans.ts";

const titles = ({ boxes, groups }: Graph) => {
  const group = new Map(groups.map(({ id, title }) => [id, title]));
  return boxes.map((box) => `${box.group === undefined ? "" : `${group.get(box.group)}/`}${box.title}`);
};

/** A plan of so many databases in as many namespaces, without its charts. */
const withDatabases = (count: number) => {
  const list = Array.from({ length: count }, (_, index) => `{name: db${index}, namespace: tenant${index}}`);
  return prodPlan(`postgresql.databases=[${list.join(", ")}]`, "certificates.hosts=[]");
};

describe("the graph", () => {
  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`X15: of ${stack.name} has every end of its lines, and every pod that is asked for`, async () => {
      const plan = await planOfStack(stack);
      const { boxes, groups, links } = graphOf(plan);
      const ids = [...boxes, ...groups].map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
      for (const { from, to } of links) assert.ok(ids.includes(from) && ids.includes(to), `${from} → ${to}`);
      for (const { kind, name } of plan.ledger.podGroups)
        assert.ok(kind === "Job" || boxes.some(({ title }) => title === name), name);
    });
  }

  it("leads the lines of labels to the pods that carry them, rendered or not", async () => {
    const plan = await prodPlan();
    for (const rendered of [plan.rendered, []]) {
      const graph = graphOf({ ...plan, rendered });
      assert.ok(titles(graph).includes("sysdb/pgsqlha-pgpool"));
      const lines = graph.links.map(({ from, to }) => `${from} → ${to}`);
      assert.ok(lines.includes("namespace/rdm → pods/sysdb/Deployment/pgsqlha-pgpool"), lines.join("\n"));
      assert.ok(lines.includes("apiServer → pods/cert-manager/Deployment/cert-manager-webhook"));
      assert.ok(lines.includes("pods/cert-manager/Deployment/cert-manager → outside/"));
    }
  });

  it("shows what pods say among themselves within their box", async () => {
    const box = graphOf(await prodPlan()).boxes.find(({ title }) => title === "pgsqlha-postgresql");
    assert.deepEqual(box?.lines, ["StatefulSet × 3", "3 × 20Gi", "↔ replication 5432", "metrics at 9187"]);
  });

  it("says in the boxes what nearly all pods do, and draws it where few do", () => {
    const link = (from: string, to: string, purpose: string): Link => ({
      id: `${from} ${to}`,
      from,
      to,
      kind: "connection",
      purposes: [purpose],
      ports: ["443"],
    });
    const watched = (count: number) =>
      Array.from({ length: count }, (_, index) => link("prometheus", `pod${index}`, "metrics of a pod"));
    const asking = (count: number) =>
      Array.from({ length: count }, (_, index) => link(`pod${index}`, "apiServer", "watches"));
    const other = [link("prometheus", "alertmanager", "alerts and metrics"), link("apiServer", "pod0", "a webhook")];
    const few = withoutSpokes([...watched(6), ...asking(6), ...other], new Set(["prometheus"]));
    assert.deepEqual([few.links.length, few.said.size], [14, 0]);
    const many = withoutSpokes([...watched(7), ...asking(7), ...other], new Set(["prometheus"]));
    assert.deepEqual(many.links, other);
    assert.deepEqual(many.said.get("pod6"), ["→ API server 443", "metrics at 443"]);
    assert.equal(many.said.size, 7);
    // Others that read metrics are drawn.
    assert.equal(withoutSpokes(watched(7), new Set()).links.length, 7);
  });

  it("draws namespaces that look the same as one, and counts what they talk about", async () => {
    const { groups, links, boxes } = graphOf(await withDatabases(20));
    const many = groups.find(({ title }) => title === "20 namespaces");
    assert.deepEqual(many?.lines, ["tenant0", "tenant1", "tenant10", "…", "tenant9"]);
    const [line] = links.filter(({ from }) => from === many.id);
    assert.deepEqual(line && linkLabel(line), ["database … ×20", "5432"]);
    assert.ok(boxes.some(({ title }) => /^2[0-9] Jobs of postgres$/.test(title)));
  });

  it("keeps three of a kind apart", async () => {
    const { groups } = graphOf(await withDatabases(3));
    assert.ok(groups.some(({ title }) => title === "tenant2"));
  });

  it("puts the hosts of a namespace into one box, and those of many namespaces with them", async () => {
    const hosts = Array.from({ length: 6 }, (_, index) => `{host: h${index}, namespace: n${index % 3}}`);
    const plan = await prodPlan(`certificates.hosts=[${hosts.join(", ")}]`);
    const box = graphOf(plan).boxes.find(({ id }) => id === "hosts/namespace/n0");
    assert.deepEqual([box?.title, box?.lines], ["2 hosts", ["h0.example.org", "h3.example.org"]]);
  });

  it("says the protocol where it is not TCP, and each port once", () => {
    const edge = { from: { kind: "cluster" }, to: { kind: "outside" }, purpose: "syslog" } as const;
    const ledger = {
      edges: [
        { ...edge, ports: [514], protocol: "UDP" },
        { ...edge, ports: [514, 22] },
      ],
    };
    const plan = {
      ledger: { ...ledger, hosts: [], podGroups: [], metricsReaders: [] },
      objects: [],
      rendered: [],
      resources: [],
    } as unknown as Plan;
    assert.deepEqual(graphOf(plan).links[0]?.ports, ["22", "514", "514/UDP"]);
  });
});

describe("the graph of a stack in AWS", () => {
  it("shows the network, the cluster and its nodes beside the namespaces", async () => {
    const { boxes, groups, links } = graphOf(await planStack(stackNamed("worldcereal-aws")));
    const cloud = boxes.filter(({ group }) => group === "cloud");
    assert.equal(groups.find(({ id }) => id === "cloud")?.title, "AWS eu-west-1");
    assert.ok(groups.some(({ title }) => title === "aws-system"));
    assert.deepEqual(
      cloud.map(({ title, lines }) => [title, ...lines].join(", ")),
      [
        "world-cereal-123456789012-backup, S3 bucket",
        "world-cereal-123456789012-workflows, S3 bucket",
        "EKS world-cereal, Kubernetes 1.35, API for 203.0.113.0/24",
        "EFS, shared volumes",
        "KMS key, Secrets, volumes, files",
        "VPC, 10.20.0.0/16, 3 NAT gateways, 3 endpoints",
        "0–50 nodes processing, m7i.4xlarge +3, spot, node-group=processing, taint node-group",
        "2 nodes system-a, m7i.4xlarge, on demand, system-tag=world-cereal-system",
        "2 nodes system-b, m7i.4xlarge, on demand, system-tag=world-cereal-system",
        "2 nodes system-c, m7i.4xlarge, on demand, system-tag=world-cereal-system",
        "ECR, 6 repositories",
        "worldcereal.example.org, Route 53 zone",
      ],
    );
    assert.ok(links.some(({ from, to }) => from === "cloud/node/processing" && to === "cloud/cluster"));
  });
});

describe("the label of a line", () => {
  it("names one purpose, counts those that start alike, and else names the first", () => {
    assert.deepEqual(linkLabel({ purposes: ["database a"], ports: ["1"] }), ["database a", "1"]);
    assert.deepEqual(linkLabel({ purposes: ["database a", "database b"], ports: [] }), ["database … ×2"]);
    assert.deepEqual(linkLabel({ purposes: ["login", "metrics"], ports: ["1", "2"] }), ["login +1", "1, 2"]);
  });
});
