/** The source of container images. */
export interface ImagePolicy {
  /** A registry, with an optional path, that holds copies of all images. Default: each image's own registry. */
  readonly mirror?: string;
  /** Name of the Secret with registry credentials in every namespace. Default: images are pulled without credentials. */
  readonly pullSecret?: string;
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

/** The image reference of a pod: in the mirror, if there is one, with the upstream repository. */
export function pulledImage(image: string, policy: ImagePolicy): string {
  const { registry, repository, tag, digest } = parseImage(image);
  return `${policy.mirror ?? registry}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** A pod's `imagePullSecrets`; undefined where images are pulled without. */
export function pullSecrets({ pullSecret }: ImagePolicy): { name: string }[] | undefined {
  return pullSecret === undefined ? undefined : [{ name: pullSecret }];
}
