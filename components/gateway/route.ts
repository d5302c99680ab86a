import type { ExposureRequest } from "../kit/bindings.ts";
import { childName } from "../kit/names.ts";
import type { PodPeer } from "../kit/pods.ts";
import { parseBytes, parseDuration } from "../kit/quantities.ts";
import { shortHash } from "../kit/stable.ts";

/** A route from a host to a Service: the complete input for every kind of gateway. */
export interface Route {
  /** Prefix of the names of its objects; unique in the stack. */
  readonly stem: string;
  readonly namespace: string;
  /** The full host name. */
  readonly host: string;
  /** Path prefixes, at least one. */
  readonly paths: readonly string[];
  readonly backend: Backend;
  /** The Secret with the certificate, in the same namespace. */
  readonly tlsSecret: string;
  /** Class of Ingress objects. */
  readonly ingressClass: string;
  /** Seconds for which browsers refuse plain HTTP (RFC 6797, section 6.1.1). */
  readonly hstsSeconds: number;
  readonly sticky?: { readonly cookie: string };
  readonly maxBodyBytes?: number;
  /** Whether responses must not be buffered for the sake of that limit. */
  readonly streams?: boolean;
  readonly timeoutSeconds?: number;
  /** Maximum concurrent requests, for Traefik only. */
  readonly maxInFlight?: number;
  /** Address ranges (CIDR), at least one. */
  readonly allowFrom?: readonly string[];
  /** Whether sessions are in large cookies, which need larger header buffers. */
  readonly largeHeaders?: boolean;
  /** KongPlugins in the same namespace, for Kong only. */
  readonly plugins?: readonly string[];
}

/** The Service of a route. */
export interface Backend {
  readonly service: string;
  readonly port: number;
  readonly targetPort: number;
  /** Labels of its pods. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The pods behind a route: every pod of the namespace if there are no labels. */
export function backendPeer(namespace: string, { labels }: Backend): PodPeer {
  return { kind: "pods", namespace, labels: Object.keys(labels).length === 0 ? undefined : labels };
}

/** A Kubernetes object that a route needs. */
export interface RouteObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The fields other than metadata, such as `spec`. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Whether all routes of the namespace share this object, which is created once. */
  readonly shared?: boolean;
}

/** The lifetime of session affinity: two days. */
export const stickySeconds = 172_800;

const defaultCookie = "groundplan-route";

/**
 * The prefix of the names of a route's objects: the requested host, with a hash if several paths of the host have different
 * targets.
 */
export function routeStem(host: string, paths: readonly string[]): string {
  const plain = paths.length === 1 && paths[0] === "/";
  if (plain && /^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/.test(host)) return host;
  const readable = host.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return `${readable.slice(0, 30).replace(/-$/, "")}-${shortHash(`${host} ${paths.join(" ")}`)}`;
}

/**
 * The route of a request.
 * @throws RangeError if the request is contradictory
 */
export function routeOf(
  request: ExposureRequest,
  known: Pick<Route, "host" | "tlsSecret" | "ingressClass" | "hstsSeconds">,
): Route {
  const { service, sticky, maxBodySize, maxInFlight, timeout, allowFrom, login } = request;
  const paths = request.paths ?? ["/"];
  if (request.apiOnly === true && login === undefined)
    throw new RangeError(`${known.host} admits bearer tokens only, and names no client that could check them`);
  if (paths.length === 0 || paths.some((path) => !path.startsWith("/")))
    throw new RangeError(`${known.host} has a path that does not start with /`);
  return {
    ...known,
    stem: routeStem(request.host, paths),
    namespace: service.namespace,
    paths,
    backend: { service: service.name, port: service.port, targetPort: service.targetPort, labels: service.labels },
    sticky: sticky === true ? { cookie: defaultCookie } : sticky || undefined,
    maxBodyBytes: maxBodySize && Math.floor(parseBytes(maxBodySize)),
    streams: request.streams,
    maxInFlight,
    timeoutSeconds: timeout && parseDuration(timeout),
    allowFrom: allowFrom?.length === 0 ? undefined : allowFrom,
  };
}

/** An Ingress of a route, for Kong and nginx. */
export function ingress(
  { stem, namespace, host, paths, tlsSecret, ingressClass }: Route,
  backend: { readonly service: string; readonly port: number },
  annotations: Readonly<Record<string, string>>,
): RouteObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    name: childName(stem, "edge"),
    namespace,
    annotations: {
      // Its status gets an address only if the gateway gets one from outside the cluster.
      "pulumi.com/skipAwait": "true",
      ...annotations,
    },
    body: {
      spec: {
        ingressClassName: ingressClass,
        rules: [
          {
            host,
            http: {
              paths: paths.map((path) => ({
                path,
                pathType: "Prefix",
                backend: { service: { name: backend.service, port: { number: backend.port } } },
              })),
            },
          },
        ],
        tls: [{ hosts: [host], secretName: tlsSecret }],
      },
    },
  };
}
