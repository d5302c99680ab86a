import assert from "node:assert/strict";
import type { ExposureRequest } from "../../components/kit/bindings.ts";
import { kongRoutes } from "../../components/gateway/kong.ts";
import { nginxRoutes } from "../../components/gateway/nginx.ts";
import { routeOf, routeStem } from "../../components/gateway/route.ts";
import type { Route, RouteObject } from "../../components/gateway/route.ts";
import { matchRule, traefikRoutes } from "../../components/gateway/traefik.ts";

const request: ExposureRequest = {
  host: "app",
  purpose: "a test",
  service: { name: "app", namespace: "apps", port: 80, targetPort: 8080, labels: { app: "app" } },
};

function route(changes: Partial<ExposureRequest> = {}, ingressClass = "kong"): Route {
  const known = { host: "app.example.org", tlsSecret: "app.example.org-tls", ingressClass, hstsSeconds: 31_536_000 };
  return routeOf({ ...request, ...changes }, known);
}

/** The objects as `Kind name`, each with what it says besides. */
function said(objects: readonly RouteObject[]): Record<string, unknown> {
  return Object.fromEntries(
    objects.map(({ apiVersion, kind, name, namespace, annotations, body }) => {
      assert.equal(namespace, "apps");
      const own = Object.fromEntries(
        Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith("pulumi.com/")),
      );
      return [`${kind} ${name}`, { apiVersion, ...(Object.keys(own).length > 0 && { annotations: own }), ...body }];
    }),
  );
}

const ingressSpec = (ingressClassName: string, service = "app", paths = ["/"]) => ({
  ingressClassName,
  rules: [
    {
      host: "app.example.org",
      http: {
        paths: paths.map((path) => ({
          path,
          pathType: "Prefix",
          backend: { service: { name: service, port: { number: 80 } } },
        })),
      },
    },
  ],
  tls: [{ hosts: ["app.example.org"], secretName: "app.example.org-tls" }],
});

const kongAnnotations = (...plugins: string[]) => ({
  "konghq.com/https-redirect-status-code": "302",
  "konghq.com/plugins": ["groundplan-hsts", ...plugins].join(","),
  "konghq.com/protocols": "https",
});
const kongIngress = (plugins: string[], service?: string, paths?: string[]) => ({
  apiVersion: "networking.k8s.io/v1",
  annotations: kongAnnotations(...plugins),
  spec: ingressSpec("kong", service, paths),
});
const nginxIngress = (annotations: Record<string, string>, paths?: string[]) => ({
  "Ingress app-edge": {
    apiVersion: "networking.k8s.io/v1",
    annotations: Object.fromEntries(
      Object.entries({ "force-ssl-redirect": "true", ...annotations }).map(([key, value]) => [
        `nginx.ingress.kubernetes.io/${key}`,
        value,
      ]),
    ),
    spec: ingressSpec("nginx", "app", paths),
  },
});

const traefikObject = (spec: object) => ({ apiVersion: "traefik.io/v1alpha1", spec });
const rule = (middlewares: string[], service: object, match: string) => ({
  kind: "Rule",
  match,
  middlewares: middlewares.map((name) => ({ name })),
  services: [{ name: "app", port: 80, ...service }],
});
/** What Traefik gets: the pair, the two shared middlewares, and what a capability adds. */
const traefik = (
  added: Record<string, object>,
  middlewares: string[] = [],
  service: object = {},
  match = "Host(`app.example.org`)",
) => ({
  "Middleware https-redirectscheme": traefikObject({ redirectScheme: { scheme: "https", permanent: true } }),
  "Middleware hsts": traefikObject({ headers: { stsSeconds: 31_536_000, stsIncludeSubdomains: false } }),
  ...Object.fromEntries(Object.entries(added).map(([name, spec]) => [name, traefikObject(spec)])),
  "IngressRoute app-http": traefikObject({
    entryPoints: ["web"],
    routes: [rule(["https-redirectscheme"], service, match)],
  }),
  "IngressRoute app-https": traefikObject({
    entryPoints: ["websecure"],
    routes: [rule(["hsts", ...middlewares], service, match)],
    tls: { secretName: "app.example.org-tls" },
  }),
});

const service = (spec: object, annotations: Record<string, string>) => ({ apiVersion: "v1", annotations, spec });
const frontSpec = { ports: [{ name: "http", port: 80, targetPort: 8080 }], selector: { app: "app" } };

interface Row {
  readonly asked: Partial<ExposureRequest>;
  readonly kong: object;
  readonly traefik: object;
  readonly nginx: object;
}

// Redirect to HTTPS, HSTS and the certificate stand in every row; that nginx sends HSTS is its controller's own setting.
const table: Record<string, Row> = {
  "C14, M21, W25: a host alone, with its redirect, HSTS and certificate": {
    asked: {},
    kong: { "Ingress app-edge": kongIngress([]) },
    traefik: traefik({}),
    nginx: nginxIngress({}),
  },
  "M21: a browser stays with its pod": {
    asked: { sticky: { cookie: "mp-demo" } },
    kong: {
      "KongUpstreamPolicy app-sticky": {
        apiVersion: "configuration.konghq.com/v1beta1",
        spec: { algorithm: "consistent-hashing", hashOn: { cookie: "mp-demo", cookiePath: "/" } },
      },
      "Service app-front": service(frontSpec, { "konghq.com/upstream-policy": "app-sticky" }),
      "Ingress app-edge": kongIngress([], "app-front"),
    },
    traefik: traefik({}, [], {
      sticky: { cookie: { name: "mp-demo", httpOnly: true, maxAge: 172_800, sameSite: "lax", secure: true } },
    }),
    nginx: nginxIngress({
      affinity: "cookie",
      "session-cookie-expires": "172800",
      "session-cookie-max-age": "172800",
      "session-cookie-name": "mp-demo",
      "session-cookie-samesite": "Lax",
      "session-cookie-secure": "true",
    }),
  },
  "the largest request body": {
    asked: { maxBodySize: "100Mi" },
    kong: {
      "KongPlugin app-body": {
        apiVersion: "configuration.konghq.com/v1",
        plugin: "request-size-limiting",
        config: { allowed_payload_size: 104_857_600, size_unit: "bytes", require_content_length: false },
      },
      "Ingress app-edge": kongIngress(["app-body"]),
    },
    traefik: traefik({ "Middleware app-body": { buffering: { maxRequestBodyBytes: 104_857_600 } } }, ["app-body"]),
    nginx: nginxIngress({ "proxy-body-size": "104857600" }),
  },
  "requests under way at the same time, which Traefik alone counts": {
    asked: { maxInFlight: 50 },
    kong: { "Ingress app-edge": kongIngress([]) },
    traefik: traefik(
      { "Middleware app-inflight": { inFlightReq: { amount: 50, sourceCriterion: { requestHost: true } } } },
      ["app-inflight"],
    ),
    nginx: nginxIngress({}),
  },
  "the longest wait": {
    asked: { timeout: "5m" },
    kong: {
      "Service app-front": service(frontSpec, {
        "konghq.com/connect-timeout": "300000",
        "konghq.com/read-timeout": "300000",
        "konghq.com/write-timeout": "300000",
      }),
      "Ingress app-edge": kongIngress([], "app-front"),
    },
    traefik: traefik(
      {
        "ServersTransport app-timeouts": {
          forwardingTimeouts: { dialTimeout: "300s", responseHeaderTimeout: "300s" },
        },
      },
      [],
      { serversTransport: "app-timeouts" },
    ),
    nginx: nginxIngress({ "proxy-connect-timeout": "300", "proxy-read-timeout": "300", "proxy-send-timeout": "300" }),
  },
  "address ranges that may enter": {
    asked: { allowFrom: ["10.0.0.0/8", "2001:db8::/32"] },
    kong: {
      "KongPlugin app-addresses": {
        apiVersion: "configuration.konghq.com/v1",
        plugin: "ip-restriction",
        config: { allow: ["10.0.0.0/8", "2001:db8::/32"] },
      },
      "Ingress app-edge": kongIngress(["app-addresses"]),
    },
    traefik: traefik(
      { "Middleware app-addresses": { ipAllowList: { sourceRange: ["10.0.0.0/8", "2001:db8::/32"] } } },
      ["app-addresses"],
    ),
    nginx: nginxIngress({ "whitelist-source-range": "10.0.0.0/8,2001:db8::/32" }),
  },
};

describe("a route", () => {
  for (const [name, { asked, ...outputs }] of Object.entries(table)) {
    it(`to Kong: ${name}`, () => assert.deepEqual(said(kongRoutes(route(asked))), outputs.kong));
    it(`to Traefik: ${name}`, () => assert.deepEqual(said(traefikRoutes(route(asked, "traefik"))), outputs.traefik));
    it(`to nginx: ${name}`, () => assert.deepEqual(said(nginxRoutes(route(asked, "nginx"))), outputs.nginx));
  }

  it("N13: of several paths leads each of them there, in whole segments", () => {
    const asked = { paths: ["/.well-known/matrix/", "/_matrix"] };
    const stem = routeStem("app", asked.paths);
    assert.notEqual(stem, "app");
    const paths = (objects: RouteObject[]) =>
      (objects.at(-1)?.body as { spec: { rules: { http: { paths: { path: string }[] } }[] } }).spec.rules.flatMap(
        ({ http }) => http.paths.map(({ path }) => path),
      );
    assert.deepEqual(paths(kongRoutes(route(asked))), asked.paths);
    assert.deepEqual(paths(nginxRoutes(route(asked))), asked.paths);
    assert.equal(
      matchRule(route(asked)),
      "Host(`app.example.org`) && (Path(`/.well-known/matrix`) || PathPrefix(`/.well-known/matrix/`) || Path(`/_matrix`) || PathPrefix(`/_matrix/`))",
    );
  });

  it("to nginx has room for a login's cookies", () => {
    const [made] = nginxRoutes({ ...route({}, "nginx"), largeHeaders: true });
    assert.equal(made?.annotations?.["nginx.ingress.kubernetes.io/proxy-buffer-size"], "32k");
  });

  it("D16: never names the group that Traefik 3 does not read", () => {
    const everything = traefikRoutes(
      route({ sticky: true, maxBodySize: "1Mi", timeout: "5s", allowFrom: ["10.0.0.0/8"] }, "traefik"),
    );
    for (const { apiVersion } of everything) assert.equal(apiVersion, "traefik.io/v1alpha1");
  });

  it("of bearer tokens only names the client that checks them", () =>
    assert.throws(() => route({ apiOnly: true }), /app\.example\.org admits bearer tokens only/));

  it("has paths that start with a slash", () => {
    assert.throws(() => route({ paths: ["api"] }), RangeError);
    assert.throws(() => route({ paths: [] }), RangeError);
  });

  it("has names of its own, whatever the host and its paths", () => {
    const hosts = ["a", "a-b", "a.b", "a.b.example.org", "a-b.example.org", "x".repeat(63)];
    const paths = [["/"], ["/a"], ["/a", "/b"], ["/a/b"]];
    const stems = hosts.flatMap((host) => paths.map((list) => routeStem(host, list)));
    assert.equal(new Set(stems).size, stems.length);
    for (const stem of stems) assert.match(stem, /^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/);
  });
});
