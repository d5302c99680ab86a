import assert from "node:assert/strict";
import { judgeDrift } from "../../../plan/doctor/judgements/drift.ts";
import { changedFields, fieldsByHand } from "../../../plan/doctor/judgements/fields.ts";
import { probeInventory } from "../../../plan/doctor/probes/inventory.ts";
import type { Inventory } from "../../../plan/doctor/probes/inventory.ts";
import { Kubectl } from "../../../plan/doctor/probes/kubectl.ts";
import type { Live, ManagedFields, Row } from "../../../plan/doctor/probes/kubectl.ts";
import type { StateObject } from "../../../plan/doctor/probes/state-objects.ts";
import type { KnownStack, Pending } from "../../../plan/doctor/probes/state.ts";
import { brief, got, live, modest, refused, said } from "./samples.ts";

const namespace: StateObject = { kind: "Namespace", name: "hello", protect: false };
const hello: StateObject = {
  kind: "Deployment.apps",
  namespace: "hello",
  name: "hello",
  inputs: { spec: { replicas: 1 } },
  protect: false,
};
const issuer: StateObject = { kind: "ClusterIssuer.cert-manager.io", name: "own", protect: false };
const server: StateObject = {
  kind: "StatefulSet.apps",
  namespace: "sysdb",
  name: "pg",
  release: "sysdb/pg",
  protect: false,
};
const state: KnownStack = {
  resources: 9,
  objects: [namespace, hello, issuer, server],
  releases: [{ namespace: "sysdb", name: "pg" }],
  pending: [],
};

const present = ["hello", "hello/hello", "own", "sysdb/pg"];
const record: Row = "sysdb sh.helm.release.v1.pg.v4 helm.sh/release.v1 1 3d pg deployed 4".split(" ");

function inventory(names: readonly string[], managed: readonly Live[] = []): Inventory {
  const kinds = ["Namespace", "Deployment.apps", "ClusterIssuer.cert-manager.io", "StatefulSet.apps", "Secret"];
  const all = new Set(names);
  return {
    names: new Map(kinds.map((kind) => [kind, got(all)] as const)),
    managed: new Map([
      ["Deployment.apps", managed],
      ["StatefulSet.apps", managed],
    ]),
  };
}

/** An object as `kubectl scale` leaves it. */
function scaled(of: StateObject, replicas: number, manager = "kubectl"): Live {
  const managedFields: ManagedFields[] = [
    { manager: "pulumi-kubernetes", operation: "Update", fieldsV1: { "f:spec": { "f:template": {} } } },
    { manager, operation: "Update", subresource: "scale", fieldsV1: { "f:spec": { "f:replicas": {} } } },
    { manager: "kube-controller-manager", subresource: "status", fieldsV1: { "f:status": { "f:replicas": {} } } },
  ];
  return live(of.name, { metadata: { namespace: of.namespace, managedFields }, spec: { replicas } });
}

function judge(names: readonly string[], more: Partial<KnownStack> = {}, managed: Live[] = [], rows: Row[] = [record]) {
  return judgeDrift({ ...state, ...more }, inventory(names, managed), got(rows), modest);
}

describe("the state and the cluster", () => {
  it("everything there", () => {
    assert.deepEqual(brief(judge(present)), ["ok drift"]);
    assert.match(said(judge(present)), /the cluster has all 4 objects of the state/);
    assert.deepEqual(brief(judge([], { objects: [], releases: [] })), [], "an empty state has nothing to compare");
  });

  it("a lost cluster: how many objects, why up does nothing, and the command", () => {
    const found = judge(["kube-system"], {}, [], []);
    assert.deepEqual(brief(found), ["fail lost-cluster"]);
    assert.match(said(found), /the state has 4 objects, and none of them is in this cluster/);
    assert.match(said(found), /prints `unchanged` and creates nothing/);
    assert.deepEqual(found[0]?.commands, ["npx pulumi up --refresh --stack prod"]);
  });

  it("single objects that were deleted: the program's own, and those of a release", () => {
    const own = judge(present.filter((name) => name !== "hello/hello"));
    assert.deepEqual(brief(own), ["warn missing-objects"]);
    assert.match(said(own), /1 object of the state is missing in the cluster: Deployment hello\/hello/);
    assert.deepEqual(own[0]?.commands, ["npx pulumi up --refresh --stack prod"]);
    const chart = judge(present.filter((name) => name !== "sysdb/pg"));
    assert.match(said(chart), /1 object of Helm releases is missing in the cluster: StatefulSet sysdb\/pg/);
    assert.deepEqual(chart[0]?.commands, ["helm --kube-context ours rollback pg 4 -n sysdb --wait"]);
  });

  it("a kind that cannot be listed is unknown, and none of its objects is missing", () => {
    const names = new Map(inventory(present).names).set("Deployment.apps", refused);
    const found = judgeDrift(state, { names, managed: new Map() }, got([record]), modest);
    assert.deepEqual(brief(found), ["unknown missing-objects"]);
    assert.match(said(found), /Deployment\.apps could not be checked/);
  });

  const pending: Pending = { operation: "creating", name: "x", known: false };
  it("a release that a plugin finished after the kill: its record, and why it must go", () => {
    const release = { namespace: "sysdb", name: "pg" };
    const left = { objects: [namespace], releases: [], pending: [{ ...pending, release }] };
    const found = judge(present, left);
    assert.deepEqual(brief(found), ["fail installed-releases"]);
    assert.match(said(found), /cannot re-use a name that is still in use/);
    assert.deepEqual(found[0]?.commands, [
      "kubectl --context ours delete secret sh.helm.release.v1.pg.v4 -n sysdb",
      "npx pulumi up --stack prod",
    ]);
    assert.deepEqual(brief(judge(present, { ...left, releases: [release] })), ["ok drift"], "the state has it");
    const stopped: Row = "sysdb sh.helm.release.v1.pg.v1 helm.sh/release.v1 1 3d pg pending-install 1".split(" ");
    assert.deepEqual(brief(judge(present, left, [], [stopped])), ["ok drift"], "helm-records names it");
    assert.deepEqual(brief(judge(present, left, [], [])), ["ok drift"], "the plugin created nothing");
  });

  it("objects that were created before the kill: adopted by one run", () => {
    const object: StateObject = { kind: "Secret", namespace: "hello", name: "database", protect: false };
    const left = { pending: [{ ...pending, object }] };
    const found = judge([...present, "hello/database"], left);
    assert.deepEqual(brief(found), ["fail created-objects"]);
    assert.match(said(found), /Secret hello\/database/);
    assert.deepEqual(found[0]?.commands, ["PULUMI_K8S_UPSERT_EXISTING_OBJECTS=true npx pulumi up --stack prod"]);
    assert.deepEqual(brief(judge(present, left)), ["ok drift"], "it was not created");
    const updating = { pending: [{ ...pending, operation: "updating", object }] };
    assert.deepEqual(brief(judge([...present, "hello/database"], updating)), ["ok drift"], "an update adopts nothing");
  });

  it("`kubectl scale`: the object, the field, who, and the command that takes it back", () => {
    const found = judge(present, {}, [scaled(hello, 3)]);
    assert.deepEqual(brief(found), ["warn changed-objects"]);
    assert.match(said(found), /changed 1 object: Deployment hello\/hello \.spec\.replicas \(kubectl\)/);
    assert.deepEqual(found[0]?.commands, ["PULUMI_K8S_ENABLE_PATCH_FORCE=true npx pulumi up --refresh --stack prod"]);
    assert.deepEqual(brief(judge(present, {}, [scaled(hello, 1)])), ["ok drift"], "the value is ours again");
    const chart = judge(present, {}, [scaled(server, 5)]);
    assert.match(said(chart), /kubectl changed 1 object of Helm releases: StatefulSet sysdb\/pg \.spec\.replicas/);
    assert.deepEqual(chart[0]?.commands, ["helm --kube-context ours rollback pg 4 -n sysdb --wait"]);
    assert.deepEqual(brief(judge(present, {}, [scaled(server, 5, "kube-controller-manager")])), ["ok drift"]);
  });
});

describe("fields that another program changed", () => {
  const container = (image: string) => ({ spec: { template: { spec: { containers: [{ name: "a", image }] } } } });
  const field = {
    "f:spec": { "f:template": { "f:spec": { "f:containers": { 'k:{"name":"a"}': { "f:image": {} } } } } },
  };
  const object = (content: object, ...managedFields: ManagedFields[]) =>
    live("x", { metadata: { managedFields }, ...content });

  it("of an item of a list, found by its key", () => {
    const edited = object(container("new"), { manager: "kubectl-edit", fieldsV1: field });
    const [found] = changedFields(container("old"), edited);
    assert.equal(found?.path, '.spec.template.spec.containers[{"name":"a"}].image');
    assert.deepEqual(changedFields(container("new"), edited), []);
  });

  it("not one that we manage too, that we do not set, or that is a status", () => {
    const theirs = { manager: "somebody", fieldsV1: field };
    const both = object(container("new"), theirs, { manager: "pulumi-kubernetes-1a2b", fieldsV1: field });
    assert.deepEqual(changedFields(container("old"), both), []);
    const scaler = { manager: "autoscaler", fieldsV1: { "f:spec": { "f:replicas": {} } } };
    assert.deepEqual(changedFields({ spec: {} }, object({ spec: { replicas: 4 } }, scaler)), []);
    const status = { manager: "x", subresource: "status", fieldsV1: { "f:spec": { "f:replicas": {} } } };
    assert.deepEqual(changedFields({ spec: { replicas: 1 } }, object({ spec: { replicas: 4 } }, status)), []);
    assert.deepEqual(changedFields({ spec: { replicas: 1 } }, object({ spec: { replicas: 4 } })), []);
  });

  it("of a chart's object: what kubectl set, except a restart", () => {
    const path = { "f:template": { "f:metadata": { "f:annotations": { "f:kubectl.kubernetes.io/restartedAt": {} } } } };
    assert.deepEqual(fieldsByHand(object({}, { manager: "kubectl-rollout", fieldsV1: { "f:spec": path } })), []);
    assert.equal(fieldsByHand(object({}, { manager: "kubectl-edit", fieldsV1: field })).length, 1);
  });
});

describe("the inventory", () => {
  it("asks for names as tables, for the managers of fields by label, and never for Secrets", async () => {
    const asked: string[] = [];
    const kubectl = new Kubectl(
      (_program, args) => {
        asked.push(args.join(" "));
        const stdout = args.includes("json")
          ? '{"items":[]}'
          : args.includes("Namespace")
            ? "NAME    STATUS\nhello   Active\n"
            : "NAMESPACE   NAME\nsysdb       pg\n";
        const missing = args.includes("ClusterIssuer.cert-manager.io");
        const stderr = `error: the server doesn't have a resource type "ClusterIssuer"`;
        return Promise.resolve({ kind: "ended", code: missing ? 1 : 0, stdout: missing ? "" : stdout, stderr });
      },
      "ours",
      undefined,
      10,
    );
    const secret: StateObject = { kind: "Secret", namespace: "sysdb", name: "pg", protect: false };
    const { names } = await probeInventory(kubectl, "prod", { ...state, objects: [...state.objects, secret] });
    assert.deepEqual(names.get("Namespace"), got(new Set(["hello"])));
    assert.deepEqual(names.get("Secret"), got(new Set(["sysdb/pg"])));
    assert.deepEqual(names.get("ClusterIssuer.cert-manager.io"), got(new Set()));
    const objects = asked.filter((call) => call.includes("-o json"));
    assert.ok(
      objects.every((call) => !call.includes("Secret")),
      asked.join("\n"),
    );
    assert.ok(
      objects.some((call) => /get Deployment\.apps .*-l groundplan\/stack=prod --show-managed-fields/.test(call)),
    );
    assert.ok(objects.some((call) => /get StatefulSet\.apps .*-l app\.kubernetes\.io\/managed-by=Helm/.test(call)));
  });
});
