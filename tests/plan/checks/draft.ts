import { catalogue } from "../../../components/kit/catalogue.ts";
import type { ChartName } from "../../../components/kit/catalogue.ts";
import { Ledger } from "../../../components/kit/ledger.ts";
import type { PlannedObject, PlannedRelease } from "../../../plan/objects.ts";
import type { Plan } from "../../../plan/plan.ts";
import type { Recorded } from "../../../plan/recorder.ts";
import { sums } from "../../../plan/sums.ts";
import { loadSettings } from "../../../stacks/settings/load.ts";

/** A manifest that a test may change as it likes. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Loose = any;

/** An object of a made-up plan, and how the program registered it. */
export interface DraftObject {
  apiVersion: string;
  kind: string;
  namespace?: string;
  name: string;
  manifest: Loose;
  /** The chart's release that brings it, as `namespace/name`; an object of the program's own has none. */
  release?: string;
  recorded: { -readonly [Key in keyof Recorded]?: Recorded[Key] };
}

/** A made-up plan before it is one. */
export interface Draft {
  stack: string;
  settings: Record<string, unknown>;
  objects: DraftObject[];
  releases: PlannedRelease[];
  /** Resources of other providers than Kubernetes'. */
  resources: { type: string; name: string; inputs: Loose; provider?: string }[];
  /** How releases are registered, by `namespace/name`. */
  recordedReleases: Record<string, Partial<Recorded>>;
  notRendered: { release: string; reason: string; refused?: true }[];
  unnamed: { release: string; kind: string }[];
  idleValues: { release: string; path: string; near?: string }[];
  ledger: Ledger & { pools?: unknown[]; accepted?: unknown[] };
}

/** An empty draft. */
export function emptyDraft(): Draft {
  return {
    stack: "test",
    settings: { profile: "prod", domain: "example.org", cluster: { context: "test", version: "1.36" } },
    objects: [],
    releases: [],
    resources: [],
    recordedReleases: {},
    notRendered: [],
    unnamed: [],
    idleValues: [],
    ledger: new Ledger(),
  };
}

/** An object with the standard labels, as the program makes them. */
export function object(
  apiVersion: string,
  kind: string,
  path: string,
  body: Loose,
  more: Partial<DraftObject> = {},
): DraftObject {
  const [namespace, name] = path.includes("/") ? path.split("/") : [undefined, path];
  const labels = {
    "app.kubernetes.io/component": "test",
    "app.kubernetes.io/managed-by": "pulumi",
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/part-of": "groundplan",
    "groundplan/stack": "test",
  };
  const { metadata, ...rest } = body as { metadata?: { labels?: object } };
  return {
    apiVersion,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name: name ?? "",
    manifest: {
      apiVersion,
      kind,
      ...rest,
      metadata: { name, ...(namespace && { namespace }), ...metadata, labels: { ...labels, ...metadata?.labels } },
    },
    recorded: {},
    ...more,
  };
}

/** An object of a draft by `Kind namespace/name`. */
export function one(draft: Draft, name: string): DraftObject {
  const found = draft.objects.find((candidate) => nameOf(candidate) === name);
  if (found === undefined) throw new Error(`no ${name} in the draft`);
  return found;
}

/** The pod's spec of an object of a draft. */
export function podOf(draft: Draft, name: string): Loose {
  return one(draft, name).manifest.spec.template.spec;
}

/** The first container of an object of a draft. */
export function containerOf(draft: Draft, name: string): Loose {
  return podOf(draft, name).containers[0];
}

/** Takes objects out of a draft. */
export function remove(draft: Draft, ...names: string[]): void {
  draft.objects = draft.objects.filter((candidate) => !names.includes(nameOf(candidate)));
}

/** The plan of a draft. */
export function planOf(draft: Draft): Plan {
  const values = Object.fromEntries(
    Object.entries(draft.settings).map(([key, value]) => [
      `groundplan:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  const settings = loadSettings({ values, secretKeys: new Set() }, draft.stack);
  const own = draft.objects.filter(({ release }) => release === undefined);
  const rendered = draft.objects.filter(({ release }) => release !== undefined);
  const parent = "urn:pulumi:test::groundplan::groundplan:test:Test::test";
  const recorded = (urn: string, name: string, more: Partial<Recorded>): Recorded => ({
    urn,
    type: "kubernetes:test:Test",
    name,
    custom: true,
    parent,
    dependencies: [],
    provider: "kubernetes",
    protect: true,
    retainOnDelete: true,
    aliases: [],
    inputs: {},
    ...more,
  });
  return {
    stack: draft.stack,
    domain: settings.domain,
    context: settings.cluster.context,
    settings,
    resources: [
      ...own.map((candidate) => recorded(urnOf(candidate), candidate.name, candidate.recorded)),
      ...draft.resources.map(({ name, ...more }) => recorded(`urn:${more.type} ${name}`, name, more)),
      ...draft.releases.map((release) =>
        recorded(release.urn, release.name, draft.recordedReleases[`${release.namespace}/${release.name}`] ?? {}),
      ),
    ],
    objects: own.map(planned),
    releases: draft.releases,
    rendered: rendered.map(planned),
    notRendered: draft.notRendered,
    idleValues: draft.idleValues,
    unnamed: draft.unnamed,
    ledger: draft.ledger,
    sums: sums(draft.ledger.podGroups),
    problems: [],
  };
}

/** A release of a draft. */
export function release(
  namespace: string,
  name: string,
  chart: string,
  values: Record<string, unknown> = {},
): PlannedRelease {
  return {
    urn: `urn:release:${namespace}/${name}`,
    component: "test",
    name,
    namespace,
    chart,
    version: catalogue[chart as ChartName]?.version ?? "1.0.0",
    values,
  };
}

function planned(candidate: DraftObject): PlannedObject {
  const { apiVersion, kind, namespace, name, manifest, release: from } = candidate;
  return {
    urn: urnOf(candidate),
    component: "test",
    ...(from === undefined ? {} : { release: from }),
    apiVersion,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    manifest: manifest as Record<string, unknown>,
  };
}

function urnOf(candidate: DraftObject): string {
  return candidate.release === undefined ? `urn:${nameOf(candidate)}` : `urn:release:${candidate.release}`;
}

function nameOf({ kind, namespace, name }: DraftObject): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}
