import { childName } from "../kit/names.ts";
import { stickySeconds } from "./route.ts";
import type { Route, RouteObject } from "./route.ts";

/** The API group of Traefik 3; `traefik.containo.us` was removed. */
const apiVersion = "traefik.io/v1alpha1";

/** Names of the middlewares that every route of a namespace shares. */
export const shared = { redirect: "https-redirectscheme", hsts: "hsts" } as const;

/**
 * A route in Traefik's format: a pair of IngressRoutes, of which the one at the entry point `web` only redirects to
 * `websecure` (doc.traefik.io, "Kubernetes IngressRoute & Traefik CRD"). Middlewares are in the route's namespace, because
 * Traefik rejects those of other namespaces.
 */
export function traefikRoutes(route: Route): RouteObject[] {
  const {
    stem,
    namespace,
    backend,
    tlsSecret,
    hstsSeconds,
    maxBodyBytes,
    maxInFlight,
    streams,
    timeoutSeconds,
    allowFrom,
  } = route;
  const match = matchRule(route);
  const object = (kind: string, name: string, spec: object): RouteObject => ({
    apiVersion,
    kind,
    name,
    namespace,
    body: { spec },
  });
  const middleware = (suffix: string, spec: object) => object("Middleware", childName(stem, suffix), spec);
  const own = [
    ...(allowFrom === undefined ? [] : [middleware("addresses", { ipAllowList: { sourceRange: [...allowFrom] } })]),
    ...(maxInFlight === undefined
      ? []
      : // Counted by host, for all clients together.
        [middleware("inflight", { inFlightReq: { amount: maxInFlight, sourceCriterion: { requestHost: true } } })]),
    // It has no default limit, and holds back every response for one.
    ...(maxBodyBytes === undefined || streams === true
      ? []
      : [middleware("body", { buffering: { maxRequestBodyBytes: maxBodyBytes } })]),
  ];
  const transport =
    timeoutSeconds === undefined
      ? []
      : [
          object("ServersTransport", childName(stem, "timeouts"), {
            forwardingTimeouts: { dialTimeout: `${timeoutSeconds}s`, responseHeaderTimeout: `${timeoutSeconds}s` },
          }),
        ];
  const service = {
    name: backend.service,
    port: backend.port,
    ...(transport[0] === undefined ? {} : { serversTransport: transport[0].name }),
    ...stickyService(route),
  };
  const rule = (middlewares: readonly string[]) => ({
    kind: "Rule",
    match,
    middlewares: middlewares.map((name) => ({ name })),
    services: [service],
  });
  return [
    {
      ...object("Middleware", shared.redirect, { redirectScheme: { scheme: "https", permanent: true } }),
      shared: true,
    },
    {
      ...object("Middleware", shared.hsts, { headers: { stsSeconds: hstsSeconds, stsIncludeSubdomains: false } }),
      shared: true,
    },
    ...own,
    ...transport,
    object("IngressRoute", childName(stem, "http"), { entryPoints: ["web"], routes: [rule([shared.redirect])] }),
    object("IngressRoute", childName(stem, "https"), {
      entryPoints: ["websecure"],
      routes: [rule([shared.hsts, ...own.map(({ name }) => name)])],
      tls: { secretName: tlsSecret },
    }),
  ];
}

/** Traefik's rule of a route: the host, and whole segments of its paths as Ingress counts them. */
export function matchRule({ host, paths }: Pick<Route, "host" | "paths">): string {
  if (paths.includes("/")) return `Host(\`${host}\`)`;
  const each = paths.map((path) => {
    const bare = path.replace(/\/+$/, "");
    return `Path(\`${bare}\`) || PathPrefix(\`${bare}/\`)`;
  });
  return `Host(\`${host}\`) && (${each.join(" || ")})`;
}

function stickyService({ sticky }: Route): object {
  if (sticky === undefined) return {};
  const cookie = { name: sticky.cookie, httpOnly: true, maxAge: stickySeconds, sameSite: "lax", secure: true };
  return { sticky: { cookie } };
}
