import { readFileSync } from "node:fs";
import { join } from "node:path";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import type { Change } from "../../../plan/compare/change.ts";
import { dataLoss } from "../../../plan/compare/losses.ts";
import type { Loss } from "../../../plan/compare/loss.ts";
import { emptyPlan } from "../../../plan/compare/read.ts";
import type { SavedPlan, SavedResource } from "../../../plan/compare/schema.ts";
import { savedPlan } from "../../../plan/files.ts";
import { planStack } from "../../plans.ts";
import { root } from "../../stacks.ts";

/** A stack of the project as a saved plan, with settings that differ. */
export async function planned(stack: string, ...set: string[]): Promise<SavedPlan> {
  return savedPlan(await planStack({ name: stack, file: join(root, `Pulumi.${stack}.yaml`), set }));
}

type Body = Record<string, unknown>;

/** What a test says of a resource: options, an alias by logical name, another component. */
export interface Options {
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly aliases?: readonly string[];
  readonly logicalName?: string;
}

const component = "urn:pulumi:test::groundplan::groundplan:test:Part::part";
const urnOf = (type: string, name: string) => `urn:pulumi:test::groundplan::groundplan:test:Part$${type}::${name}`;

/** A resource of any type. */
export function resource(type: string, name: string, inputs: Body, options: Options = {}): SavedResource {
  return {
    urn: urnOf(type, name),
    type,
    name,
    custom: true,
    parent: component,
    provider: "",
    dependencies: [],
    protect: options.protect ?? false,
    retainOnDelete: options.retainOnDelete ?? false,
    aliases: (options.aliases ?? []).map((alias) => urnOf(type, alias)),
    inputs,
  };
}

/** A Kubernetes object of the program's own. @param place `namespace/name`, or a name alone */
export function object(
  apiVersion: string,
  kind: string,
  place: string,
  body: Body = {},
  options: Options = {},
): SavedResource {
  const [name = "", namespace] = place.split("/").reverse();
  const { metadata, ...rest } = body as { metadata?: Body };
  const inputs = {
    apiVersion,
    kind,
    ...rest,
    metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) },
  };
  const type = `kubernetes:${apiVersion === "v1" ? "core/v1" : apiVersion}:${kind}`;
  return resource(type, options.logicalName ?? `part-${name}-${kind.toLowerCase()}`, inputs, options);
}

/** A Helm release in the namespace `data`. */
export function release(name: string, body: Body = {}, options: Options = {}): SavedResource {
  return resource(
    "kubernetes:helm.sh/v3:Release",
    options.logicalName ?? `part-${name}`,
    { name, namespace: "data", chart: "chart", version: "1.0.0", values: {}, ...body },
    options,
  );
}

/** An object that the chart of a release in the namespace `data` brings. */
export function inChart(of: string, { inputs }: SavedResource): SavedPlan["rendered"][number] {
  const { apiVersion, kind, metadata } = inputs as {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace?: string };
  };
  return {
    urn: urnOf("kubernetes:helm.sh/v3:Release", `part-${of}`),
    component: "part",
    release: `data/${of}`,
    apiVersion,
    kind,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    name: metadata.name,
    manifest: inputs,
  };
}

/** A plan of these resources and objects of charts. */
export function plan(
  resources: readonly SavedResource[],
  { rendered = [], ...rest }: Partial<SavedPlan> = {},
): SavedPlan {
  const releases = resources.flatMap(({ urn, type, inputs }) =>
    type === "kubernetes:helm.sh/v3:Release"
      ? [
          {
            urn,
            component: "part",
            chart: "chart",
            version: "1.0.0",
            ...(inputs as { name: string; namespace: string }),
          },
        ]
      : [],
  );
  const objects = resources.flatMap(({ urn, inputs }) => {
    const { apiVersion, kind, metadata } = inputs as {
      apiVersion?: string;
      kind?: string;
      metadata?: { name: string; namespace?: string };
    };
    return apiVersion === undefined || kind === undefined || metadata === undefined
      ? []
      : [{ urn, component: "part", apiVersion, kind, ...metadata }];
  });
  return { ...emptyPlan("test"), resources: [...resources], objects, releases, rendered: [...rendered], ...rest };
}

/** A StatefulSet with one claim template. */
export function statefulSet(place: string, claim: Body = {}, spec: Body = {}): Body & { place: string } {
  return {
    place,
    spec: {
      replicas: 3,
      serviceName: "db",
      selector: { matchLabels: { app: "db" } },
      template: { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "db", image: "db:1" }] } },
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "8Gi" } }, ...claim },
        },
      ],
      ...spec,
    },
  };
}

/** One line for each change: `~ Deployment a/b`. */
export function told(changes: readonly Change[]): string[] {
  const signs = { create: "+", update: "~", replace: "±", delete: "-" };
  return changes.map(({ action, label }) => `${signs[action]} ${label}`);
}

/** What a change would lose. */
export function losses(base: SavedPlan, head: SavedPlan, ...allow: string[]): Loss[] {
  return dataLoss(comparePlans(base, head), base, head, allow);
}

/** A file beside the tests. */
export function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, name), "utf8");
}
