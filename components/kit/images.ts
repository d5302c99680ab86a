/** The source of container images. */
export interface ImagePolicy {
  /** A registry, with an optional path, that holds copies of all images. Default: each image's own registry. */
  readonly mirror?: string;
  /** Name of the Secret with registry credentials in every namespace. Default: images are pulled without credentials. */
  readonly pullSecret?: string;
  /** Tags in place of those that the platform is tested with, by upstream repository with its registry. Default: none. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The lock: digests (`sha256:…`) by upstream image, as `registry/repository:tag`. Default: images are pulled by tag. */
  readonly digests?: Readonly<Record<string, string>>;
}

/** An image reference in its parts: `registry/repository:tag@digest`. */
export interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/**
 * The parts of an image reference, with Docker Hub's short forms written out (`postgres` is `docker.io/library/postgres`;
 * distribution/reference, "familiar name").
 */
export function parseImage(text: string): ImageReference {
  const [named = "", digest] = text.split("@");
  const slash = named.lastIndexOf("/");
  const colon = named.indexOf(":", slash + 1);
  const path = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  const first = path.split("/")[0] ?? "";
  const hasRegistry = path.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost");
  const registry = hasRegistry ? first : "docker.io";
  const rest = hasRegistry ? path.slice(first.length + 1) : path;
  const repository = registry === "docker.io" && !rest.includes("/") ? `library/${rest}` : rest;
  return { registry, repository, tag, digest };
}

/** The full name of an image at its own registry, without the digest: `registry/repository:tag`. */
export function upstreamName({ registry, repository, tag }: ImageReference): string {
  return `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}`;
}

/**
 * The image reference of a pod: in the mirror, if there is one, with the upstream repository; with the stack's own tag, and with the
 * digest of the lock. A digest in the reference itself stays.
 */
export function pulledImage(image: string, policy: ImagePolicy): string {
  const { registry, repository, tag, digest } = chosenTag(parseImage(image), policy);
  const pinned = digest ?? policy.digests?.[upstreamName({ registry, repository, tag })];
  return `${policy.mirror ?? registry}/${repository}${tag === undefined ? "" : `:${tag}`}${pinned === undefined ? "" : `@${pinned}`}`;
}

/**
 * An image as two values of a chart that joins them with a colon, without a value for a digest: the digest is a part of the tag.
 */
export function chartImage(image: string, policy: ImagePolicy): { repository: string; tag: string } {
  const pulled = pulledImage(image, policy);
  const { registry, repository } = parseImage(pulled);
  const path = `${registry}/${repository}`;
  return { repository: path, tag: pulled.slice(path.length + 1) };
}

function chosenTag(reference: ImageReference, { tags }: ImagePolicy): ImageReference {
  const tag = tags?.[`${reference.registry}/${reference.repository}`];
  // A digest names one content, whatever the tag says: it belongs to the tag that is replaced.
  return tag === undefined ? reference : { ...reference, tag, digest: undefined };
}

/** A pod's `imagePullSecrets`; undefined where images are pulled without. */
export function pullSecrets({ pullSecret }: ImagePolicy): { name: string }[] | undefined {
  return pullSecret === undefined ? undefined : [{ name: pullSecret }];
}
