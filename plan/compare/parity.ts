import { compare } from "../../components/kit/stable.ts";
import { aligned } from "./align.ts";
import { fieldChanges } from "./fields.ts";
import { items } from "./items.ts";
import type { Item } from "./items.ts";
import { isRecord } from "../../components/kit/unknown.ts";
import type { SavedPlan } from "./schema.ts";

/** What a difference between two stacks is about. */
export type Class = "size" | "availability" | "host" | "secret" | "other";

/** One difference between two stacks that are meant to be alike. */
export interface Difference {
  readonly class: Class;
  /** `setting`, or the thing as people name it. */
  readonly label: string;
  /** Left out where only one of the stacks has the thing. */
  readonly path?: string;
  /** What the base has; left out where it has nothing. */
  readonly base?: string;
  readonly head?: string;
}

/** A difference that is meant to be, as the setting `expectedDifferences` says it. */
export interface ExpectedDifference {
  /** The difference's label; `*` at the end stands for any rest. */
  readonly object: string;
  /** Its path, with the same `*`; left out, every difference of the object. */
  readonly path?: string;
}

/** Two stacks held against each other. */
export interface Parity {
  readonly base: string;
  readonly head: string;
  /** By class, then by label and path; without those that are expected. */
  readonly differences: readonly Difference[];
  /** How many differences are expected. */
  readonly expected: number;
  /** What is expected and does not differ. */
  readonly stale: readonly ExpectedDifference[];
}

/** The classes in the order of a report. */
const classes: readonly Class[] = ["other", "availability", "size", "host", "secret"];

/**
 * How two stacks differ, such as `dev` from `prod`: names, domain, cluster and generated values aside, which always do.
 * Linear in the number of things in both.
 * @param expected differences that are counted, and not listed
 */
export function parity(base: SavedPlan, head: SavedPlan, expected: readonly ExpectedDifference[] = []): Parity {
  const unrendered = new Set([...base.notRendered, ...head.notRendered].map(({ release }) => release));
  const [old, fresh] = [neutralItems(base, unrendered), neutralItems(head, unrendered)];
  const [oldReleases, freshReleases] = [releasesOf(base), releasesOf(head)];
  const inBoth = ({ release }: Item) =>
    release === undefined || (oldReleases.has(release) && freshReleases.has(release));
  const differences: Difference[] = [
    ...between("setting", "", neutral(base)(base.settings), neutral(head)(head.settings)),
  ];
  for (const [id, item] of old) {
    const other = fresh.get(id);
    if (other !== undefined)
      differences.push(...between(item.label, item.kind, item.body, other.body), ...protection(item, other));
    else if (inBoth(item)) differences.push({ class: classOfKind(item.kind), label: item.label, base: "present" });
  }
  for (const [id, item] of fresh)
    if (!old.has(id) && inBoth(item))
      differences.push({ class: classOfKind(item.kind), label: item.label, head: "present" });
  const order = ({ class: kind, label, path = "" }: Difference) => `${classes.indexOf(kind)} ${label} ${path}`;
  const used = new Set<ExpectedDifference>();
  const unexpected = differences.filter((difference) => {
    const entries = expected.filter((entry) => covers(entry, difference));
    for (const entry of entries) used.add(entry);
    return entries.length === 0;
  });
  return {
    base: base.stack,
    head: head.stack,
    differences: unexpected.sort((a, b) => compare(order(a), order(b))),
    expected: differences.length - unexpected.length,
    stale: expected.filter((entry) => !used.has(entry)),
  };
}

function covers({ object, path }: ExpectedDifference, difference: Difference): boolean {
  return fits(object, difference.label) && (path === undefined || fits(path, difference.path ?? ""));
}

function fits(form: string, text: string): boolean {
  return form.endsWith("*") ? text.startsWith(form.slice(0, -1)) : text === form;
}

function between(label: string, kind: string, old: unknown, fresh: unknown): Difference[] {
  return fieldChanges(old, aligned(old, fresh)).map(({ path, old: was, new: is }) => ({
    class: classOfPath(path, kind),
    label,
    path,
    base: was,
    head: is,
  }));
}

function protection(old: Item, fresh: Item): Difference[] {
  if (old.protect === fresh.protect) return [];
  const word = ({ protect }: Item) => (protect ? "protected" : "not protected");
  return [{ class: "availability", label: old.label, path: "(protect)", base: word(old), head: word(fresh) }];
}

function releasesOf({ releases }: SavedPlan): Set<string> {
  return new Set(releases.map(({ namespace, name }) => `${namespace}/${name}`));
}

/** Items with everything that names the stack taken out, by id. */
function neutralItems(plan: SavedPlan, unrendered: ReadonlySet<string>): Map<string, Item> {
  const own = neutral(plan);
  return new Map(
    items(plan)
      .filter(({ release, kind }) => kind !== "Provider" && (release === undefined || !unrendered.has(release)))
      .map((item): [string, Item] => {
        const id = withoutHash(own(item.id) as string);
        return [id, { ...item, label: withoutHash(own(item.label) as string), body: own(item.body) as Item["body"] }];
      }),
  );
}

/** Puts words in the place of a stack's own name, domain and context, wherever they stand in a value. */
function neutral({ stack, domain, context }: SavedPlan): (value: unknown) => unknown {
  const text = (value: string): string => {
    const named = domain === "" ? value : value.replaceAll(domain, "DOMAIN");
    return named === stack ? "STACK" : named === context && context !== "" ? "CONTEXT" : named;
  };
  const walk = (value: unknown, key = ""): unknown => {
    if (typeof value === "string") return key === "name" ? withoutHash(text(value)) : text(value);
    if (Array.isArray(value)) return value.map((element) => walk(element));
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [text(name), walk(member, name)]));
  };
  return (value) => walk(value);
}

/** Names of Jobs and policies end in a hash of what they say. */
function withoutHash(name: string): string {
  return name.replace(/-[0-9a-f]{8}\b/g, "-HASH");
}

const kinds: Record<string, Class> = {
  PodDisruptionBudget: "availability",
  HorizontalPodAutoscaler: "availability",
  Certificate: "host",
  ClusterIssuer: "host",
  Ingress: "host",
  HTTPRoute: "host",
  IngressRoute: "host",
  LimitRange: "size",
  PersistentVolume: "size",
  PersistentVolumeClaim: "size",
  PrivateKey: "secret",
  RandomBytes: "secret",
  RandomPassword: "secret",
  ResourceQuota: "size",
  Secret: "secret",
  SelfSignedCert: "secret",
};

const paths: readonly (readonly [Class, RegExp])[] = [
  [
    "availability",
    /replica|instances|affinity|topologySpread|pdb|disruption|maxUnavailable|minAvailable|reclaimPolicy|\bprofile\b|backup/i,
  ],
  [
    "size",
    /resources\.|requests|limits|memory|\bcpu|storage$|\bsize\b|Storage\b|connections|shared_?buffers|extendedConf|(?<!pg)pool|numInit|capacity|quota|heap|volumes/i,
  ],
  ["host", /host|domain|dnsNames|\burl|issuer|email|tls\b|redirect/i],
  ["secret", /secret|password|token|keepers|rotation/i],
];

function classOfPath(path: string, kind: string): Class {
  return paths.find(([, form]) => form.test(path))?.[0] ?? classOfKind(kind);
}

function classOfKind(kind: string): Class {
  return kinds[kind] ?? "other";
}
