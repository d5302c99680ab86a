import assert from "node:assert/strict";
import { priorities, priorityClass } from "../../components/kit/priority.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { podTemplate } from "../../plan/pods.ts";
import { recordStack, stackNamed } from "../stacks.ts";

describe("priorities", () => {
  it("put pods of every node before the platform's, and those before applications", () => {
    const { nodes, platform, applications } = priorities;
    assert.ok(nodes.value > platform.value && platform.value > applications.value && applications.value > 0);
    // Kubernetes keeps higher values for its own classes.
    assert.ok(nodes.value <= 1_000_000_000);
  });

  it("have a name of the stack's own that Kubernetes does not reserve", () => {
    assert.equal(priorityClass({ stack: "prod" }, "nodes"), "groundplan-prod-nodes");
    assert.match(priorityClass({ stack: "system-_X" }, "nodes"), /^groundplan-system-x-nodes-[0-9a-f]{8}$/);
    assert.notEqual(priorityClass({ stack: "a_b" }, "nodes"), priorityClass({ stack: "a.b" }, "nodes"));
  });

  it("exist before every namespace, and so before every pod, and are retained with it in prod", async () => {
    const { resources } = await recordStack(stackNamed("prod"));
    const classes = resources.filter(({ type }) => type.endsWith(":PriorityClass"));
    assert.equal(classes.length, 3);
    assert.ok(classes.every(({ retainOnDelete }) => retainOnDelete));
    const namespaces = resources.filter(({ type }) => type.endsWith(":Namespace"));
    for (const { name, dependencies } of namespaces)
      assert.ok(
        classes.every(({ urn }) => dependencies.includes(urn)),
        name,
      );
  });

  it("are set on the program's own pods: what applications run is theirs, everything else is the platform's", async () => {
    const applications = ["midpoint", "confluence", "conduit", "matrix", "element-web"];
    const found = new Set<string>();
    for (const name of ["prod", "midpoint", "confluence", "matrix", "cloudnative-pg", "snapshots"]) {
      const { resources } = await recordStack(stackNamed(name));
      for (const { component, manifest } of plannedObjects(resources)) {
        const template = podTemplate(manifest);
        if (template === undefined) continue;
        const own = applications.includes(component) && !template.once;
        if (own) found.add(component);
        const wanted = own ? "applications" : "platform";
        assert.equal(
          template.spec["priorityClassName"],
          `groundplan-${name}-${wanted}`,
          `${name}: ${component} ${template.owner}`,
        );
      }
    }
    assert.ok(found.size >= 3, [...found].join(", "));
  });
});
