import { shortHash } from "./stable.ts";

/** The maximum length of a DNS label, and so of a Service's name and a label's value (RFC 1123, section 2.1). */
export const maxNameLength = 63;

/** The maximum length of a CronJob's name: its Jobs add eleven characters (Kubernetes, "CronJob"). */
export const maxCronJobName = 52;

const label = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** A host of the stack: `NAME.DOMAIN`, or the name itself where it is a full one. */
export function fullHost(host: string, domain: string): string {
  return host.replace(/^\*\./, "").includes(".") ? host : `${host}.${domain}`;
}

/**
 * The name of a part of `stem`: `stem-suffix`.
 *
 * Distinct pairs give distinct names: if the plain name is ambiguous (the suffix contains a `-`), too long, or not a DNS label, it is
 * shortened and eight digits of a hash of the pair are appended.
 *
 * @param stem a name, such as the component's
 * @param suffix the part; without `-` the name stays plain
 * @param max maximum length in characters. Default: 63
 */
export function childName(stem: string, suffix: string, max = maxNameLength): string {
  const plain = `${stem}-${suffix}`;
  if (label.test(stem) && label.test(suffix) && !suffix.includes("-") && plain.length <= max) return plain;
  return withHash(plain, shortHash(`${stem.length}:${plain}`), max);
}

/**
 * The value of a label for a text of any length: the text itself, or shortened, with a hash of it (Kubernetes, "Labels and
 * Selectors": at most 63 characters).
 */
export function labelValue(text: string): string {
  return text.length <= maxNameLength ? text : withHash(text, shortHash(text), maxNameLength);
}

/**
 * `stem-suffix-hash`, where the hash changes with `content`: for objects that must be recreated when their content changes, such as
 * Jobs, whose pod template is immutable.
 */
export function contentName(stem: string, suffix: string, content: string, max = maxNameLength): string {
  return withHash(`${stem}-${suffix}`, shortHash(`${stem.length}:${stem}-${suffix}:${content}`), max);
}

/**
 * Logical names of one part of a component, of which it has several: `PART-NAME`.
 * @param part undefined: the names themselves, for the part that was there first
 */
export function roleIn(part: string | undefined): (name: string) => string {
  return (name) => (part === undefined ? name : `${part}-${name}`);
}

function withHash(text: string, hash: string, max: number): string {
  const clean = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, max - hash.length - 1)
    .replace(/^-+|-+$/g, "");
  return clean === "" ? `x-${hash}` : `${clean}-${hash}`;
}
