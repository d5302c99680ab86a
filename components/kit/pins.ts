import { catalogue } from "./catalogue.ts";
import type { Chart, ChartName, Pin } from "./catalogue.ts";
import type { ImagePolicy } from "./images.ts";
import { mergeValues } from "./merge.ts";
import type { Values } from "./merge.ts";
import { textAt } from "./unknown.ts";
import { nested } from "./values.ts";

/**
 * Values of a chart that set the stack's own tags, and the digests of the lock. They take the place of the tags that a component
 * sets.
 *
 * A chart's image has one tag. If the lock has several of one repository, because other pods use it as well, the digest is set for
 * the tag that the stack or the component sets; `component` is the component's values.
 */
export function pinnedValues(name: ChartName, policy: ImagePolicy, component: Values): Values {
  const { pins = {} }: Chart = catalogue[name];
  return Object.entries(pins).reduce<Values>(
    (values, [repository, pin]) => mergeValues(values, pinned(repository, pin, policy, component)),
    {},
  );
}

function pinned(repository: string, { at, digest: form }: Pin, policy: ImagePolicy, component: Values): Values {
  const own = policy.tags?.[repository];
  const tag = own ?? textAt(component, ...at.split("."), "tag");
  const locked = lockedDigest(repository, tag, policy);
  const values = own === undefined ? {} : nested(`${at}.tag`, own);
  if (locked === undefined) return values;
  const { digest } = locked;
  if (form === "tag") return nested(`${at}.tag`, `${locked.tag}@${digest}`);
  const member = form === "digest" ? "digest" : "sha";
  return mergeValues(values, nested(`${at}.${member}`, form === "hex" ? digest.replace(/^sha256:/, "") : digest));
}

function lockedDigest(repository: string, tag: string | undefined, { digests = {} }: ImagePolicy) {
  const entries = Object.entries(digests).flatMap(([image, digest]) =>
    image.startsWith(`${repository}:`) ? [{ tag: image.slice(repository.length + 1), digest }] : [],
  );
  if (tag !== undefined) return entries.find((entry) => entry.tag === tag);
  return entries.length === 1 ? entries[0] : undefined;
}
