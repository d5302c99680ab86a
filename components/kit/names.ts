import { shortHash } from "./stable.ts";

/** The longest DNS label, and so the longest name of a Service, a label value or a port's host (RFC 1123, section 2.1). */
export const maxNameLength = 63;

const label = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** A host of the stack: `NAME.DOMAIN`, or the name itself where it is a full one. */
export function fullHost(host: string, domain: string): string {
  return host.replace(/^\*\./, "").includes(".") ? host : `${host}.${domain}`;
}

/**
 * The name of something that belongs to `stem`: `stem-suffix`.
 *
 * Distinct pairs give distinct names: where the plain text would not say where the stem ends (the suffix holds a `-`),
 * is too long, or is no DNS label, eight digits of a hash of the pair are appended and the rest is shortened.
 *
 * @param stem a name, such as the component's
 * @param suffix what the part is, without `-` where the name should stay plain
 * @param max the longest result in characters; default 63
 */
export function childName(stem: string, suffix: string, max = maxNameLength): string {
  const plain = `${stem}-${suffix}`;
  if (label.test(stem) && label.test(suffix) && !suffix.includes("-") && plain.length <= max) return plain;
  return withHash(plain, shortHash(`${stem.length}:${plain}`), max);
}

/**
 * `stem-suffix-hash`, where the hash changes with `content`: for objects that must be made anew when what they do changes,
 * such as Jobs, whose pod template the API server refuses to change.
 */
export function contentName(stem: string, suffix: string, content: string, max = maxNameLength): string {
  return withHash(`${stem}-${suffix}`, shortHash(`${stem.length}:${stem}-${suffix}:${content}`), max);
}

function withHash(text: string, hash: string, max: number): string {
  const clean = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, max - hash.length - 1)
    .replace(/^-+|-+$/g, "");
  return clean === "" ? `x-${hash}` : `${clean}-${hash}`;
}
