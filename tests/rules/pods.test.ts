import assert from "node:assert/strict";
import { plannedObjects } from "../../plan/objects.ts";
import { podTemplate, securityMessages } from "../../plan/pods.ts";
import type { PodTemplate } from "../../plan/pods.ts";
import { podFindings } from "../pods.ts";
import { examples, recordStack, stacks, variants } from "../stacks.ts";

// Rule 2 of the architecture, for objects of our own; tests/charts does the same for rendered charts.
describe("every pod template of our own", () => {
  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`in ${stack.name} is placed, bounded, restricted and exactly tagged`, async () => {
      const { resources, result } = await recordStack(stack);
      const templates = plannedObjects(resources).flatMap(({ manifest }) => podTemplate(manifest) ?? []);
      const { nodeSelector } = result.settings.placement;
      const levels = new Map(result.ledger.exemptions.map(({ namespace, level }) => [namespace, level]));
      const levelOf = ({ owner }: PodTemplate) => levels.get(/ (.+)\//.exec(owner)?.[1] ?? "") ?? "restricted";
      assert.deepEqual(
        templates.flatMap((template) =>
          podFindings(template, nodeSelector).filter(
            ({ rule }) => rule !== "Pod Security" || levelOf(template) === "restricted",
          ),
        ),
        [],
      );
      // With an exemption, a pod may do what its level allows: but none of our own is privileged or shares the node's namespaces.
      for (const template of templates) {
        assert.deepEqual(securityMessages(template, levelOf(template)), []);
        const most = securityMessages(template, "baseline").map(({ message }) => message);
        assert.deepEqual(
          most.filter((message) => message !== "adds capabilities"),
          [],
        );
      }
      if (result.settings.postgresql.databases.length > 0) assert.ok(templates.length > 0, "no pod template found");
    });
  }

  it("W01: prod selects the system nodes, dev any", async () => {
    const [dev, prod] = await Promise.all(
      stacks.map(async (stack) => (await recordStack(stack)).result.settings.placement.nodeSelector),
    );
    assert.deepEqual([dev, prod], [{}, { "system-tag": "world-cereal-system" }]);
  });
});

describe("podFindings", () => {
  const good = {
    kind: "Deployment",
    metadata: { name: "a", namespace: "b" },
    spec: {
      template: {
        spec: {
          automountServiceAccountToken: false,
          nodeSelector: { pool: "system" },
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "c",
              image: "registry.example.org:5000/x:1.2",
              ports: [{ containerPort: 80 }],
              readinessProbe: {},
              livenessProbe: {},
              resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "1Gi" } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            },
          ],
        },
      },
    },
  };
  const rulesOf = (
    change: (spec: typeof good.spec.template.spec, container: (typeof good.spec.template.spec.containers)[0]) => void,
  ) => {
    const copy = structuredClone(good);
    const [container] = copy.spec.template.spec.containers;
    if (container !== undefined) change(copy.spec.template.spec, container);
    const template = podTemplate(copy);
    assert.ok(template);
    return podFindings(template, { pool: "system" }).map(({ rule }) => rule);
  };

  const cases: [string, Parameters<typeof rulesOf>[0], string[]][] = [
    ["a good one", () => undefined, []],
    ["another pool", (spec) => Object.assign(spec, { nodeSelector: { pool: "x" } }), ["placement"]],
    [
      "no limit",
      (_, container) => Object.assign(container, { resources: { requests: { cpu: "1", memory: "1Gi" } } }),
      ["requests and limits"],
    ],
    ["no probe", (_, container) => Object.assign(container, { livenessProbe: undefined }), ["probes"]],
    [
      "root",
      (spec) => Object.assign(spec, { securityContext: { seccompProfile: { type: "RuntimeDefault" } } }),
      ["Pod Security"],
    ],
    [
      "capabilities",
      (_, container) => Object.assign(container, { securityContext: { allowPrivilegeEscalation: false } }),
      ["Pod Security"],
    ],
    [
      "no seccomp profile",
      (spec) => Object.assign(spec, { securityContext: { runAsNonRoot: true } }),
      ["Pod Security"],
    ],
    [
      "a host path",
      (spec) => Object.assign(spec, { volumes: [{ name: "v", hostPath: { path: "/" } }] }),
      ["Pod Security"],
    ],
    [
      "latest",
      (_, container) => Object.assign(container, { image: "registry.example.org:5000/x:latest" }),
      ["image tag"],
    ],
    ["no tag", (_, container) => Object.assign(container, { image: "registry.example.org:5000/x" }), ["image tag"]],
    ["a digest", (_, container) => Object.assign(container, { image: "x@sha256:0" }), []],
    [
      "the default token",
      (spec) => Object.assign(spec, { automountServiceAccountToken: undefined }),
      ["service-account token"],
    ],
  ];
  for (const [name, change, rules] of cases)
    it(`finds ${rules.join() || "nothing"} in ${name}`, () => assert.deepEqual(rulesOf(change), rules));
});
