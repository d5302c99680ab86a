import assert from "node:assert/strict";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import type { Change } from "../../../plan/compare/change.ts";
import { rules } from "../../../plan/compare/immutable.ts";
import type { SavedResource } from "../../../plan/compare/schema.ts";
import { inChart, object, plan, release, resource } from "./fixtures.ts";

type Body = Record<string, unknown>;

/**
 * Whether the API server takes a change (`in place`); Pulumi makes the object anew (`replaced`), though it need not (`anew`);
 * or Pulumi tries to change it and fails (`refused`).
 */
type Outcome = "in place" | "replaced" | "anew" | "refused";

/** One field that changes: version and kind, path, old and new value, outcome, and the rest of the object. */
type Case = [kind: string, path: string, old: unknown, fresh: unknown, outcome: Outcome, rest?: Body];

const sized = (storage: string) => ({ requests: { storage } });
const template = (name: string) => [{ metadata: { name }, spec: { resources: sized("1Gi") } }];
const [app, other] = [{ matchLabels: { app: "a" } }, { matchLabels: { app: "b" } }];
const secret = (digit: string) => ({ key: `(secret ${digit.repeat(8)})` });

const cases: Case[] = [
  ["batch/v1 Job", "spec.template", { image: "a" }, { image: "b" }, "replaced"],
  ["batch/v1 Job", "spec.selector", app, other, "replaced"],
  ["batch/v1 Job", "spec.parallelism", 1, 2, "anew"],
  ["batch/v1 Job", "spec.completions", 1, 2, "anew"],
  ["batch/v1 Job", "spec.podFailurePolicy", undefined, {}, "refused"],
  ["batch/v1 Job", "spec.activeDeadlineSeconds", 1, 2, "in place"],
  ["apps/v1 Deployment", "spec.selector", app, other, "replaced"],
  ["apps/v1 DaemonSet", "spec.selector", app, other, "replaced"],
  ["apps/v1 ReplicaSet", "spec.selector", app, other, "replaced"],
  ["apps/v1 Deployment", "spec.template", { image: "a" }, { image: "b" }, "in place"],
  ["apps/v1 StatefulSet", "spec.selector", app, other, "replaced"],
  ["apps/v1 StatefulSet", "spec.serviceName", "a", "b", "replaced"],
  ["apps/v1 StatefulSet", "spec.podManagementPolicy", undefined, "Parallel", "replaced"],
  ["apps/v1 StatefulSet", "spec.volumeClaimTemplates", template("a"), template("b"), "replaced"],
  ["apps/v1 StatefulSet", "spec.revisionHistoryLimit", 1, 2, "anew"],
  ["apps/v1 StatefulSet", "spec.template", { image: "a" }, { image: "b" }, "in place"],
  ["apps/v1 StatefulSet", "spec.replicas", 1, 2, "in place"],
  ["v1 PersistentVolumeClaim", "spec.storageClassName", "a", "b", "replaced"],
  ["v1 PersistentVolumeClaim", "spec.accessModes", ["ReadWriteOnce"], ["ReadWriteMany"], "replaced"],
  ["v1 PersistentVolumeClaim", "spec.selector", undefined, app, "replaced"],
  ["v1 PersistentVolumeClaim", "spec.volumeName", "a", "b", "replaced"],
  ["v1 PersistentVolumeClaim", "spec.volumeMode", "Filesystem", "Block", "refused"],
  ["v1 PersistentVolumeClaim", "spec.resources", sized("8Gi"), sized("7Gi"), "refused"],
  ["v1 PersistentVolumeClaim", "spec.resources", sized("8Gi"), sized("9Gi"), "in place"],
  ["v1 PersistentVolumeClaim", "spec.resources", sized("8Gi"), sized("8192Mi"), "in place"],
  ["v1 PersistentVolume", "spec.nfs", { path: "/a" }, { path: "/b" }, "replaced"],
  ["v1 PersistentVolume", "spec.csi", undefined, { driver: "a" }, "replaced"],
  ["v1 PersistentVolume", "spec.nodeAffinity", undefined, {}, "refused"],
  ["v1 PersistentVolume", "spec.capacity", { storage: "1Gi" }, { storage: "2Gi" }, "in place"],
  ["v1 PersistentVolume", "spec.persistentVolumeReclaimPolicy", "Delete", "Retain", "in place"],
  ["storage.k8s.io/v1 StorageClass", "provisioner", "a", "b", "replaced"],
  ["storage.k8s.io/v1 StorageClass", "parameters", { type: "a" }, { type: "b" }, "replaced"],
  ["storage.k8s.io/v1 StorageClass", "reclaimPolicy", "Delete", "Retain", "refused"],
  ["storage.k8s.io/v1 StorageClass", "volumeBindingMode", "Immediate", "WaitForFirstConsumer", "refused"],
  ["storage.k8s.io/v1 StorageClass", "allowVolumeExpansion", true, false, "in place"],
  ["storage.k8s.io/v1 StorageClass", "mountOptions", [], ["a"], "in place"],
  ["postgresql.cnpg.io/v1 Cluster", "spec.storage", { size: "8Gi" }, { size: "7Gi" }, "refused"],
  ["postgresql.cnpg.io/v1 Cluster", "spec.storage", { size: "8Gi" }, { size: "9Gi" }, "in place"],
  ["postgresql.cnpg.io/v1 Cluster", "spec.walStorage", { size: "8Gi" }, undefined, "refused"],
  ["postgresql.cnpg.io/v1 Cluster", "spec.walStorage", undefined, { size: "8Gi" }, "in place"],
  ["v1 Secret", "type", "Opaque", "kubernetes.io/tls", "replaced"],
  ["v1 Secret", "stringData", secret("0"), secret("1"), "in place"],
  ["v1 Secret", "stringData", secret("0"), secret("1"), "replaced", { immutable: true }],
  ["v1 ConfigMap", "data", { a: "1" }, { a: "2" }, "in place"],
  ["v1 ConfigMap", "data", { a: "1" }, { a: "2" }, "replaced", { immutable: true }],
  ["v1 Service", "spec.clusterIP", undefined, "None", "replaced"],
  ["v1 Service", "spec.clusterIP", "10.0.0.1", "10.0.0.2", "replaced"],
  ["v1 Service", "spec.clusterIP", undefined, "10.0.0.2", "in place"],
  ["v1 Service", "spec.type", "ClusterIP", "NodePort", "in place"],
  ["rbac.authorization.k8s.io/v1 RoleBinding", "roleRef", { name: "a" }, { name: "b" }, "replaced"],
  ["rbac.authorization.k8s.io/v1 ClusterRoleBinding", "roleRef", { name: "a" }, { name: "b" }, "replaced"],
  ["rbac.authorization.k8s.io/v1 RoleBinding", "subjects", [], [{ name: "a" }], "in place"],
  ["apiextensions.k8s.io/v1 CustomResourceDefinition", "spec.scope", "Namespaced", "Cluster", "refused"],
  ["apiextensions.k8s.io/v1 CustomResourceDefinition", "spec.versions", [], [{ name: "v1" }], "in place"],
  ["scheduling.k8s.io/v1 PriorityClass", "value", 1, 2, "refused"],
  ["networking.k8s.io/v1 IngressClass", "spec.controller", "a", "b", "refused"],
  ["node.k8s.io/v1 RuntimeClass", "handler", "a", "b", "refused"],
  ["storage.k8s.io/v1 CSIDriver", "spec.attachRequired", true, false, "refused"],
  ["v1 ResourceQuota", "spec.scopes", ["A"], ["B"], "replaced"],
  ["v1 ResourceQuota", "spec.hard", { pods: "1" }, { pods: "2" }, "in place"],
  ["v1 Pod", "spec.nodeName", "a", "b", "replaced"],
  ["v1 Namespace", "metadata.labels", {}, { a: "b" }, "in place"],
];

const token = (kind: string) => {
  const module = /^Random/.test(kind) ? "random" : "tls";
  return `${module}:index/${kind.charAt(0).toLowerCase()}${kind.slice(1)}:${kind}`;
};

/** Of other providers, by type token. */
const others: Case[] = [
  ["kubernetes:helm.sh/v3:Release", "name", "a", "b", "replaced"],
  ["kubernetes:helm.sh/v3:Release", "namespace", "a", "b", "replaced"],
  ["kubernetes:helm.sh/v3:Release", "version", "1", "2", "in place"],
  ["kubernetes:helm.sh/v3:Release", "values", {}, { a: 1 }, "in place"],
  ...["RandomPassword", "RandomBytes", "RandomString", "RandomId", "RandomUuid"].flatMap((kind): Case[] => [
    [token(kind), "keepers", { rotation: "1" }, { rotation: "2" }, "replaced"],
    [token(kind), "length", 16, 32, "replaced"],
  ]),
  [token("PrivateKey"), "algorithm", "RSA", "ECDSA", "replaced"],
  [token("SelfSignedCert"), "validityPeriodHours", 1, 2, "replaced"],
  [token("SelfSignedCert"), "earlyRenewalHours", 1, 2, "in place"],
  [token("LocallySignedCert"), "caCertPem", "a", "b", "replaced"],
  ["pulumi:providers:kubernetes", "context", "a", "b", "replaced", { kubeconfig: "x" }],
  ["pulumi:providers:kubernetes", "context", "a", "b", "in place"],
  ["pulumi:providers:kubernetes", "context", "a", "b", "in place", { kubeconfig: "" }],
  ["pulumi:providers:kubernetes", "kubeconfig", "x", "y", "in place", { clusterIdentifier: "dev" }],
  ["pulumi:providers:kubernetes", "clusterIdentifier", "a", "b", "replaced", { kubeconfig: "x" }],
  ["pulumi:providers:kubernetes", "clusterIdentifier", undefined, "a", "in place", { kubeconfig: "x" }],
  ["pulumi:providers:kubernetes", "enableSecretMutable", "true", "false", "in place", { kubeconfig: "x" }],
  ["aws:s3/bucket:Bucket", "bucket", "a", "b", "replaced"],
  ["aws:ebs/volume:Volume", "availabilityZone", "a", "b", "replaced"],
  ["aws:efs/fileSystem:FileSystem", "encrypted", true, false, "replaced"],
  ["aws:efs/fileSystem:FileSystem", "throughputMode", "bursting", "elastic", "in place"],
  ["aws:ec2/vpc:Vpc", "cidrBlock", "10.0.0.0/16", "10.1.0.0/16", "replaced"],
  ["aws:ec2/subnet:Subnet", "availabilityZone", "a", "b", "replaced"],
  ["aws:ecr/repository:Repository", "name", "a", "b", "replaced"],
  ["aws:eks/cluster:Cluster", "version", "1.35", "1.36", "in place"],
  ["aws:eks/cluster:Cluster", "kubernetesNetworkConfig.serviceIpv4Cidr", "a", "b", "replaced"],
  ["aws:eks/nodeGroup:NodeGroup", "instanceTypes", ["a"], ["b"], "replaced"],
  ["aws:kms/key:Key", "keyUsage", "a", "b", "replaced"],
  ["aws:kms/key:Key", "description", "a", "b", "in place"],
  ["aws:route53/zone:Zone", "name", "a", "b", "replaced"],
  ["aws:rds/instance:Instance", "identifier", "a", "b", "replaced"],
  ["aws:rds/cluster:Cluster", "clusterIdentifier", "a", "b", "replaced"],
  ["aws:eks/cluster:Cluster", "name", "a", "b", "replaced"],
  ["aws:s3/bucketV2:BucketV2", "bucket", "a", "b", "replaced"],
  ["aws:s3/bucket:Bucket", "tags", {}, { a: "b" }, "in place"],
];

describe("what cannot change in place", () => {
  for (const [kind, path, old, fresh, outcome, rest = {}] of cases) {
    const [apiVersion = "", name = ""] = kind.split(" ");
    const make = (value: unknown) => object(apiVersion, name, "ns/name", { ...rest, ...nested(path, value) });
    const title = `${name} ${path}: ${text(old)} → ${text(fresh)}`;

    it(`${title}: ${outcome}`, () => holds(only([make(old)], [make(fresh)]), path, outcome));

    it(`${title}, in a chart: ${outcome === "in place" || outcome === "anew" ? "in place" : "the upgrade fails"}`, () => {
      const chart = (value: unknown) => plan([release("db")], { rendered: [inChart("db", make(value))] });
      const [change] = comparePlans(chart(old), chart(fresh)).changes;
      const inPlace = outcome === "in place" || outcome === "anew";
      assert.equal(change?.action, inPlace ? "update" : "replace");
      assert.match(
        change.fails ?? "",
        inPlace ? /^$/ : /^the upgrade of data\/db fails: Helm changes objects in place/,
      );
    });
  }

  for (const [type, path, old, fresh, outcome, rest = {}] of others) {
    const make = (value: unknown) => resource(type, "a", { ...rest, ...nested(path, value) });
    it(`${type.split(":").at(-1)} ${path}: ${text(old)} → ${text(fresh)}: ${outcome}`, () =>
      holds(only([make(old)], [make(fresh)]), path, outcome));
  }

  const config = (place: string) => object("v1", "ConfigMap", place, {}, { logicalName: "x" });
  for (const [fresh, path] of [
    [config("a/c"), "metadata.name"],
    [config("c/b"), "metadata.namespace"],
  ] as const) {
    it(`another ${path}: another object`, () => {
      const { action, reasons } = only([config("a/b")], [fresh]);
      assert.deepEqual([action, reasons], ["replace", [`${path}: another object`]]);
    });
  }

  it("another group: another object; another version of the same group is not", () => {
    const ingress = (apiVersion: string) => object(apiVersion, "Ingress", "a/b", {}, { logicalName: "x" });
    const change = (from: string, to: string) =>
      only([ingress(from)], [{ ...ingress(to), aliases: [ingress(from).urn] }]);
    const moved = change("extensions/v1beta1", "networking.k8s.io/v1");
    assert.deepEqual([moved.action, moved.reasons], ["replace", ["apiVersion: another object"]]);
    assert.equal(change("networking.k8s.io/v1beta1", "networking.k8s.io/v1").action, "update");
  });

  it("leaves no hook of a chart: Helm deletes it before it runs again", () => {
    const hook = (image: string) => {
      const metadata = { annotations: { "helm.sh/hook": "post-upgrade" } };
      const job = object("batch/v1", "Job", "data/check", { metadata, spec: { template: { image } } });
      return plan([release("db")], { rendered: [inChart("db", job)] });
    };
    const [change] = comparePlans(hook("a"), hook("b")).changes;
    assert.deepEqual([change?.action, change?.fails], ["replace", undefined]);
  });

  it("is tried for every kind of every rule", () => {
    const tried = new Set([
      ...cases.flatMap(([kind, , , , outcome]) => {
        const [version = "", name = ""] = kind.split(" ");
        const group = version.includes("/") ? version.split("/")[0] : "";
        return outcome === "in place" ? [] : [`${group}/${name}`];
      }),
      ...others.flatMap(([type, , , , outcome]) => (outcome === "in place" ? [] : [type])),
      "helm.sh/Release",
    ]);
    assert.deepEqual(
      [...new Set(rules.flatMap(({ of }) => of))].filter((kind) => !tried.has(kind)),
      [],
    );
  });
});

function only(old: SavedResource[], fresh: SavedResource[]): Change {
  const [change, ...more] = comparePlans(plan(old), plan(fresh)).changes;
  assert.ok(change);
  assert.deepEqual(more, []);
  return change;
}

function holds({ action, fails, reasons }: Change, path: string, outcome: Outcome): void {
  assert.equal(action, outcome === "in place" ? "update" : "replace");
  assert.equal(fails !== undefined, outcome === "refused", fails);
  if (outcome !== "in place")
    assert.ok(
      reasons.some((reason) => reason.startsWith(path)),
      reasons.join(),
    );
}

function nested(path: string, value: unknown): Body {
  return path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Body;
}

function text(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value);
}
