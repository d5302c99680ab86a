import assert from "node:assert/strict";
import { withoutSchemas } from "../../plan/definitions.ts";
import { documentsIn } from "../../plan/manifests.ts";

/** A definition of two versions, whose second schema describes a field named schema. */
function stream(description: string): string {
  return `---
# Source: chart/crds/a.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.org
spec:
  scope: Namespaced
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        type: object
# A comment of the template.

    served: true
  - additionalPrinterColumns: []
    name: v2
    schema:
      openAPIV3Schema:
        properties:
          schema:
            description: |
              ${description}

              ---
            type: string
  - schema: {openAPIV3Schema: {type: object}}
    name: v3
---
kind: ConfigMap
data:
  schema:
    text
`;
}

describe("the definitions of a chart", () => {
  const read = (description: string) => documentsIn(withoutSchemas(stream(description)));

  it("keep all but their schemas, whose hashes show a change", () => {
    const [definition, other] = read("One.") as Record<string, unknown>[];
    const { versions } = definition?.["spec"] as { versions: Record<string, unknown>[] };
    const [first, second, third] = versions;
    assert.match(String(first?.["schema"]), /^hash-[0-9a-f]{16}$/);
    assert.deepEqual({ ...first, schema: "" }, { name: "v1", schema: "", served: true });
    assert.match(String(second?.["schema"]), /^hash-[0-9a-f]{16}$/);
    assert.deepEqual(Object.keys(second ?? {}), ["additionalPrinterColumns", "name", "schema"]);
    assert.deepEqual(third, { schema: { openAPIV3Schema: { type: "object" } }, name: "v3" });
    assert.deepEqual(other, { kind: "ConfigMap", data: { schema: "text" } });
    const [changed] = read("Two.") as { spec: { versions: { schema: unknown }[] } }[];
    assert.equal(changed?.spec.versions[0]?.schema, first?.["schema"]);
    assert.notEqual(changed?.spec.versions[1]?.schema, second?.["schema"]);
  });

  it("keep the numbers of their lines, for messages", () => {
    const text = `${stream("One.")}  - [`;
    const line = text.split("\n").length;
    assert.throws(() => documentsIn(withoutSchemas(text)), { message: new RegExp(`in line ${line}$`) });
  });
});
