import assert from "node:assert/strict";
import { needsOf } from "../../../plan/doctor/needs.ts";
import type { PlannedObject } from "../../../plan/objects.ts";
import type { Plan } from "../../../plan/plan.ts";
import { planStack } from "../../plans.ts";
import { examples, stacks } from "../../stacks.ts";

describe("what a stack needs", function () {
  this.timeout(300_000);
  const plans = new Map<string, Plan>();
  before(async () => {
    for (const stack of [...stacks, ...examples]) plans.set(stack.name, await planStack(stack));
  });
  const plan = (name: string) => {
    const found = plans.get(name);
    assert.ok(found);
    return found;
  };
  const object = (kind: string, body: object): PlannedObject => ({
    urn: "",
    component: "c",
    apiVersion: "v1",
    kind,
    namespace: "apps",
    name: "x",
    manifest: { apiVersion: "v1", kind, metadata: { name: "x" }, ...body },
  });
  const pod = (spec: object) => object("StatefulSet", { spec: { template: { spec } } });

  it("prod: its class, its driver's class, its hosts, and Let's Encrypt", () => {
    const needs = needsOf(plan("prod"));
    assert.deepEqual(needs.classes.made, [{ name: "fast", provisioner: "ebs.csi.aws.com", default: true }]);
    assert.deepEqual(needs.hosts, [
      "alertmanager.example.org",
      "auth.example.org",
      "grafana.example.org",
      "graylog.example.org",
      "prometheus.example.org",
      "rdm.example.org",
      "vdm.example.org",
    ]);
    assert.equal(needs.acme, true);
    assert.equal(needs.kubectl, "kubectl --context groundplan-prod");
    for (const name of ["cert-manager", "rdm", "sysdb", "vdm"]) assert.ok(needs.namespaces.includes(name), name);
  });

  it("dev: the default class, and no ACME server", () => {
    const needs = needsOf(plan("dev"));
    assert.deepEqual([needs.classes.usesDefault, needs.acme, needs.nfs], [true, false, []]);
    assert.ok(
      needs.mapCount.some((one) => one.endsWith("logging/opensearch")),
      needs.mapCount.join(),
    );
  });

  it("every stack and example: charts from somewhere, pods to place, one namespace at least", () => {
    for (const [name, one] of plans) {
      const needs = needsOf(one);
      assert.ok(needs.podGroups.length > 0 && needs.namespaces.length > 0, name);
      assert.ok(needs.charts.kind === "folder" || needs.charts.addresses.length > 0, name);
    }
  });

  it("a kubeconfig of the settings is part of every command", () => {
    const dev = plan("dev");
    const settings = { ...dev.settings, cluster: { ...dev.settings.cluster, kubeconfig: "/my files/k" } };
    assert.match(needsOf({ ...dev, settings }).kubectl, /^kubectl --kubeconfig '\/my files\/k' --context /);
  });

  it("finds NFS in volumes, pods and classes", () => {
    const objects = [
      object("PersistentVolume", { spec: { nfs: { server: "10.0.0.9", path: "/a" } } }),
      pod({ volumes: [{ name: "v", nfs: { server: "10.0.0.8", path: "/b" } }] }),
      object("StorageClass", { provisioner: "nfs.csi.k8s.io", parameters: { server: "10.0.0.7", share: "/c" } }),
      object("StorageClass", { provisioner: "ebs.csi.aws.com" }),
    ];
    objects.push(
      object("Service", { spec: { clusterIP: "10.96.0.49" } }),
      object("PersistentVolume", { spec: { nfs: { server: "10.96.0.49", path: "/own" } } }),
    );
    const { nfs } = needsOf({ ...plan("dev"), objects });
    assert.deepEqual(
      nfs.map(({ server, path, driver }) => [server, path, driver]),
      [
        ["10.0.0.9", "/a", false],
        ["10.0.0.8", "/b", false],
        ["10.0.0.7", "/c", true],
        // The stack's own server is no host.
        [undefined, undefined, false],
      ],
    );
  });

  it("finds who needs vm.max_map_count, but not who sets it, nor their neighbours", () => {
    const image = (name: string) => ({ containers: [{ name: "c", image: `docker.io/${name}:1` }] });
    const sets = {
      ...image("opensearchproject/opensearch"),
      initContainers: [{ name: "i", command: ["sysctl", "-w", "vm.max_map_count=262144"] }],
    };
    // The stack has an OpenSearch of its own.
    const of = (spec: object) =>
      needsOf({ ...plan("dev"), objects: [pod(spec)], rendered: [] }).mapCount.filter(
        (one) => !one.endsWith("logging/opensearch"),
      );
    assert.deepEqual(of(image("opensearchproject/opensearch")), ["StatefulSet apps/x"]);
    assert.deepEqual(of(sets), []);
    assert.deepEqual(of(image("opensearchproject/opensearch-dashboards")), []);
  });

  it("finds Services that wait for an address", () => {
    const objects = [
      object("Service", { spec: { type: "LoadBalancer" } }),
      object("Service", { spec: { type: "ClusterIP" } }),
    ];
    assert.deepEqual(needsOf({ ...plan("dev"), objects, rendered: [] }).loadBalancers, ["Service apps/x"]);
  });

  it("the mirror is a registry to look at", () => {
    const dev = plan("dev");
    const settings = { ...dev.settings, images: { ...dev.settings.images, mirror: "mirror.example.org/hub" } };
    assert.ok(needsOf({ ...dev, settings }).registries.includes("mirror.example.org"));
  });
});
