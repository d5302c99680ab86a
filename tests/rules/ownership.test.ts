import assert from "node:assert/strict";
import { plannedObjects } from "../../plan/objects.ts";
import { examples, recordStack, stacks, variants } from "../stacks.ts";

const clusterScoped = [
  "ClusterRole",
  "ClusterRoleBinding",
  "ClusterIssuer",
  "IngressClass",
  "KongClusterPlugin",
  "Namespace",
  "PersistentVolume",
  "PriorityClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
];

// Rule 1 of the architecture. It does not show that the labels mean anything to anyone.
describe("every Kubernetes object is owned", () => {
  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`in ${stack.name}: provider, parent, labels, namespace`, async () => {
      const { resources } = await recordStack(stack);
      const objects = plannedObjects(resources);
      assert.ok(objects.length > 20, `only ${objects.length} objects`);
      for (const { urn, kind, namespace, name, manifest } of objects) {
        const recorded = resources.find((resource) => resource.urn === urn);
        assert.match(recorded?.provider ?? "", /pulumi:providers:kubernetes::kubernetes::/, `${urn}: provider`);
        assert.notEqual(recorded?.parent, "", `${urn}: parent`);
        assert.ok(name.length > 0 && name.length <= 253, `${urn}: name`);
        const { labels = {} } = manifest["metadata"] as { labels?: Record<string, string> };
        for (const label of ["name", "component", "part-of", "managed-by"]) {
          assert.ok(labels[`app.kubernetes.io/${label}`], `${urn}: label ${label}`);
        }
        assert.equal(labels["groundplan/stack"], stack.name, `${urn}: label groundplan/stack`);
        for (const value of Object.values(labels))
          assert.match(value, /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/, `${urn}: label value`);
        assert.equal(namespace === undefined, clusterScoped.includes(kind), `${urn}: namespace ${namespace}`);
      }
    });

    it(`in ${stack.name}: releases and everything else have a parent whose name starts theirs`, async () => {
      const { resources } = await recordStack(stack);
      for (const { urn, name, parent, type } of resources) {
        // AWS is below the cluster, and so not a part of the platform on it.
        if (type.startsWith("pulumi:providers:") || /^groundplan:(platform:Platform|aws:Aws)$/.test(type)) continue;
        assert.notEqual(parent, "", `${urn}: parent`);
        const owner = parent.split("::").at(-1) ?? "";
        if (!type.startsWith("groundplan:"))
          assert.ok(name.startsWith(`${owner}-`), `${urn}: not named after ${owner}`);
      }
    });

    it(`D3: in ${stack.name}: every object in a namespace of the stack waits for it`, async () => {
      const { resources } = await recordStack(stack);
      const namespaces = new Map(
        resources
          .filter(({ type }) => type === "kubernetes:core/v1:Namespace")
          .map((one) => [(one.inputs["metadata"] as { name: string }).name, one.urn]),
      );
      let seen = 0;
      for (const { urn, inputs, dependencies, type } of resources) {
        if (!type.startsWith("kubernetes:")) continue;
        const place =
          (inputs["metadata"] as { namespace?: string } | undefined)?.namespace ??
          (inputs["namespace"] as string | undefined);
        const namespace = namespaces.get(place ?? "");
        if (namespace === undefined) continue;
        seen++;
        assert.ok(dependencies.includes(namespace), `${urn} does not wait for ${place}`);
      }
      assert.ok(seen > 10);
    });
  }
});
