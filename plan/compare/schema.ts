import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { planFormat } from "./format.ts";

const text = z.string();
const anything = z.record(z.string(), z.unknown());
const place = { namespace: text.optional(), name: text };
const labels = z.record(z.string(), z.string());

const resource = z
  .looseObject({
    urn: z
      .string()
      .regex(/^urn:pulumi:/)
      .describe("The resource's URN."),
    type: text.describe("Type token, such as `kubernetes:core/v1:Secret`."),
    name: text.describe("Logical name."),
    custom: z.boolean().describe("False for a component, which only groups others."),
    parent: text.describe("URN of the parent; empty for none."),
    provider: text.describe("URN and id of the provider; empty for the default one."),
    dependencies: z.array(text).describe("URNs, sorted."),
    protect: z.boolean(),
    retainOnDelete: z.boolean(),
    ignoreChanges: z.array(text).optional().describe("Paths of inputs whose later changes in the program are ignored."),
    aliases: z.array(text).describe("URNs that it had before."),
    propertyDependencies: z
      .record(z.string(), z.array(text))
      .optional()
      .describe("URNs of the resources whose outputs an input contains, by input; known only of a stack's state."),
    inputs: anything.describe("Inputs; a secret stands as `(secret HASH)`, an encrypted setting as `(encrypted)`."),
  })
  .describe("One resource as the program registered it.");

const identity = { apiVersion: text, kind: text, ...place };

const ownObject = z
  .looseObject({ urn: text, component: text.describe("Logical name of the component that makes it."), ...identity })
  .describe("A Kubernetes object of the program's own; its content is the inputs of the resource with this URN.");

const renderedObject = z
  .looseObject({
    urn: text.describe("URN of the release."),
    component: text,
    release: text.describe("The release, as `NAMESPACE/NAME`."),
    ...identity,
    manifest: anything,
  })
  .describe("An object that a chart brings; the content of a Secret is hidden.");

const release = z.looseObject({
  urn: text,
  component: text,
  namespace: text,
  name: text,
  chart: text.describe("The chart's name, without where it comes from."),
  version: text,
});

const peer = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("pods"), namespace: text, labels: labels.optional() }),
  z.looseObject({ kind: z.literal("cluster") }),
  z.looseObject({ kind: z.literal("apiServer") }),
  z.looseObject({ kind: z.literal("outside"), cidrs: z.array(text).optional() }),
]);

const podGroup = z.looseObject({
  component: text,
  name: text,
  namespace: text,
  replicas: z.number(),
  kind: z.enum(["Deployment", "StatefulSet", "DaemonSet", "Job"]),
  containers: z.array(z.looseObject({ cpu: text, memory: text })),
  claims: z.array(z.looseObject({ name: text, size: text, storageClass: text.optional() })).optional(),
});

const credential = z.looseObject({
  name: text,
  kind: text,
  length: z.number(),
  rotation: z.number(),
  resource: text.optional().describe("Logical name of the generated password."),
  recipe: text.describe("What raising its rotation number does; starts with `refused: ` where it must not be raised."),
  consumers: z.array(text),
  secrets: z.array(z.looseObject({ namespace: text, name: text, key: text })),
});

const asked = { cpu: z.number().describe("Thousandths of a core."), memory: z.number().describe("Bytes.") };

/** The form of `plan.json`: one source for the reader, its types and `docs/plan.schema.json`. */
export const planSchema = z
  .looseObject({
    format: z.literal(planFormat),
    origin: z.enum(["plan", "export"]).describe("Whether a program was planned, or a stack's state was exported."),
    stack: text,
    domain: text.describe("Empty where it is not known."),
    context: text.describe("The kubeconfig context; empty where it is not known."),
    profile: z.enum(["prod", "dev"]).optional().describe("Left out where it is not known."),
    settings: anything.describe("Every setting with its default; secrets are named, never held."),
    resources: z.array(resource),
    objects: z.array(ownObject),
    releases: z.array(release),
    rendered: z.array(renderedObject),
    notRendered: z
      .array(z.looseObject({ release: text, reason: text }))
      .describe("Releases whose objects are unknown."),
    hosts: z.array(
      z.looseObject({
        host: text,
        purpose: text,
        access: z.looseObject({ who: text, credential: text.optional() }).optional(),
        tlsSecret: z.looseObject({ namespace: text, name: text }).optional(),
      }),
    ),
    services: z.array(z.looseObject({ name: text, address: text, purpose: text })),
    edges: z.array(z.looseObject({ from: peer, to: peer, ports: z.array(z.number()), purpose: text })),
    podGroups: z.array(podGroup),
    credentials: z.array(credential),
    exemptions: z.array(z.looseObject({ namespace: text, level: text, reason: text })),
    sums: z
      .looseObject({
        ...asked,
        pods: z.number(),
        claims: z
          .record(z.string(), z.number())
          .describe("Bytes by storage class; the key is empty for the default class."),
        jobs: z.looseObject(asked),
      })
      .optional()
      .describe("What the stack asks of its cluster; left out where it is not known."),
    problems: z.array(z.looseObject({ key: text, severity: z.enum(["error", "warning"]), message: text })),
  })
  .describe("What a stack of Groundplan would provision, or what its state says it has provisioned.");

/** A saved plan: `plan.json`. */
export type SavedPlan = z.infer<typeof planSchema>;
export type SavedResource = SavedPlan["resources"][number];
export type SavedObject = SavedPlan["objects"][number];
export type SavedRelease = SavedPlan["releases"][number];
export type RenderedObject = SavedPlan["rendered"][number];

/** The text of `docs/plan.schema.json`. */
export function planSchemaText(): string {
  const schema = z.toJSONSchema(planSchema, { target: "draft-2020-12", io: "output" });
  return `${JSON.stringify({ $id: "groundplan/plan.schema.json", title: "plan.json", ...schema }, undefined, 2)}\n`;
}

if (import.meta.main)
  writeFileSync(join(import.meta.dirname, "..", "..", "docs", "plan.schema.json"), planSchemaText());
