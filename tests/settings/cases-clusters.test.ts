// Clusters as they really are: the settings of ../shared/cases, each with what must hold for it.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import type { PlannedObject } from "../../plan/objects.ts";
import { allows } from "../network/evaluator.ts";
import { networkOf } from "../network/network.ts";
import { recordStack, root } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const folder = join(root, "..", "shared", "cases");

/** A stack with the settings of a case, and what differs. */
function caseOf(file: string, ...set: string[]): TestStack {
  return { name: file.replace(".yaml", ""), file: join(folder, file), set };
}

interface Made {
  readonly objects: readonly PlannedObject[];
  /** Objects and values of charts, as one text. */
  readonly text: string;
}

async function made(stack: TestStack): Promise<Made> {
  const { resources } = await recordStack(stack);
  const objects = plannedObjects(resources);
  const values = plannedReleases(resources).map((release) => release.values);
  return { objects, text: JSON.stringify([objects.map(({ manifest }) => manifest), values]) };
}

/** Whether any of the pods with a name reaches an address. */
async function reaches(stack: TestStack, ip: string, port: number, protocol: "TCP" | "UDP" = "TCP", which = "user") {
  const { cluster, sides } = await networkOf(stack);
  const pods = [...sides.known, ...sides.users].filter(({ name }) => name.startsWith(which));
  assert.ok(pods.length > 0, which);
  return pods.some((from) => allows(cluster, { from, to: { ip }, port, protocol }));
}

describe("clusters as they are", function () {
  before(function () {
    if (!existsSync(folder)) this.skip();
  });

  it("04: with Cilium, what needs the API server reaches it by identity", async () => {
    const { text } = await made(caseOf("04-cilium-api-server.yaml", "cluster.networkPlugin=cilium"));
    assert.match(text, /"toEntities":\["kube-apiserver"\]/);
    assert.match(text, /"fromEntities":\["kube-apiserver","host","remote-node"\]/);
  });

  it("05: the API server's ports are those of the settings, and no others", async () => {
    const stack = caseOf("05-api-server-port.yaml");
    assert.ok(await reaches(stack, "192.0.2.1", 16443, "TCP", "cert-manager"));
    assert.ok(!(await reaches(stack, "192.0.2.1", 6443, "TCP", "cert-manager")));
    for (const port of [8443, 6444]) {
      const other = caseOf("05-api-server-port.yaml", `cluster.apiServerPorts=[${port}]`);
      assert.ok(await reaches(other, "192.0.2.1", port, "TCP", "cert-manager"), String(port));
    }
  });

  it("17: names are resolved where the settings say, and hosts have the cluster's domain", async () => {
    const stack = caseOf("17-dns-elsewhere.yaml");
    assert.ok(await reaches(stack, "169.254.25.10", 53, "UDP"));
    assert.ok(!(await reaches(stack, "169.254.20.10", 53, "UDP")));
    const service = caseOf("17-dns-elsewhere.yaml", 'cluster.dnsCidrs=["169.254.20.10/32", "10.96.0.10/32"]');
    for (const ip of ["169.254.20.10", "10.96.0.10"]) assert.ok(await reaches(service, ip, 53, "TCP"), ip);
    const openshift = caseOf("17-dns-elsewhere.yaml", "cluster.dnsNamespace=openshift-dns", "cluster.dnsPorts=[5353]");
    const { cluster, sides } = await networkOf(openshift);
    const labels = { "dns.operator.openshift.io/daemonset-dns": "default" };
    const to = { namespace: "openshift-dns", name: "dns-default", labels, ip: "10.128.0.9" };
    const namespaces = { ...cluster.namespaces, "openshift-dns": { "kubernetes.io/metadata.name": "openshift-dns" } };
    for (const from of sides.users) {
      const asks = (port: number) => allows({ ...cluster, namespaces }, { from, to, port, protocol: "UDP" });
      assert.deepEqual([asks(5353), asks(53)], [true, false], from.namespace);
    }
  });

  it("17: no host name of a stack contains another domain than the cluster's", async () => {
    const everything = ["midpoint", "worldcereal", "thanos", "cloudnative-pg", "snapshots", "grafana-logs", "own-ca"];
    const { stackNamed } = await import("../stacks.ts");
    for (const name of everything) {
      const stack = stackNamed(name);
      const set = [...(stack.set ?? []), "cluster.domain=k8s.example.org"];
      const { text } = await made({ ...stack, name: `${name}-domain`, set });
      assert.doesNotMatch(text, /cluster\.local/, name);
      assert.match(text, /\.svc\.k8s\.example\.org/, name);
    }
  });

  it("18: in a cluster with IPv6 everything listens there, and any address is one of both families", async () => {
    const { text } = await made(caseOf("18-ipv6-only.yaml"));
    assert.doesNotMatch(text, /(?<!::,)0\.0\.0\.0(?!\/0)/);
    assert.match(text, /HTTP_Listen \$\{POD_IP\}/);
    assert.match(text, /\\"bindAddress\\": \\":4180\\"/);
    const open = caseOf("04-cilium-api-server.yaml");
    for (const ip of ["2001:db8:1::1", "192.0.2.1"])
      assert.ok(await reaches(open, ip, 6443, "TCP", "cert-manager"), ip);
  });
});
