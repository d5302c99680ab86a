import { childName } from "../kit/names.ts";
import { ingress } from "./route.ts";
import type { Route, RouteObject } from "./route.ts";

/** The name of the KongClusterPlugin with the header of RFC 6797, which every route uses. */
export const hstsPlugin = "groundplan-hsts";

/**
 * A route in the format of Kong's ingress controller (docs "Annotations": `konghq.com/*` on Ingress and Service objects).
 *
 * In Kong, timeouts and load balancing are properties of a Service. The application's own Service is not changed: a route that needs
 * them gets its own Service with the same pods.
 */
export function kongRoutes(route: Route): RouteObject[] {
  const { stem, namespace, maxBodyBytes, allowFrom, plugins = [] } = route;
  const own: RouteObject[] = [];
  const names = [hstsPlugin, ...plugins];
  const add = (suffix: string, plugin: string, config: object) => {
    const name = childName(stem, suffix);
    own.push({ ...kongObject("KongPlugin", name, namespace), body: { plugin, config } });
    names.push(name);
  };
  if (allowFrom !== undefined) add("addresses", "ip-restriction", { allow: [...allowFrom] });
  if (maxBodyBytes !== undefined)
    add("body", "request-size-limiting", {
      allowed_payload_size: maxBodyBytes,
      size_unit: "bytes",
      require_content_length: false,
    });
  const front = frontService(route);
  const backend = front === undefined ? route.backend : { service: front.name, port: route.backend.port };
  const annotations = {
    // 302, so that browsers do not cache a redirect that a later setting removes; HSTS is the permanent part.
    "konghq.com/https-redirect-status-code": "302",
    "konghq.com/plugins": names.join(","),
    "konghq.com/protocols": "https",
  };
  return [
    ...own,
    ...stickyPolicy(route),
    ...(front === undefined ? [] : [front]),
    ingress(route, backend, annotations),
  ];
}

function stickyPolicy({ stem, namespace, sticky }: Route): RouteObject[] {
  if (sticky === undefined) return [];
  const spec = { algorithm: "consistent-hashing", hashOn: { cookie: sticky.cookie, cookiePath: "/" } };
  return [
    {
      apiVersion: "configuration.konghq.com/v1beta1",
      kind: "KongUpstreamPolicy",
      name: childName(stem, "sticky"),
      namespace,
      body: { spec },
    },
  ];
}

function frontService({ stem, namespace, backend, sticky, timeoutSeconds }: Route): RouteObject | undefined {
  if (sticky === undefined && timeoutSeconds === undefined) return undefined;
  const milliseconds = String((timeoutSeconds ?? 0) * 1000);
  return {
    apiVersion: "v1",
    kind: "Service",
    name: childName(stem, "front"),
    namespace,
    annotations: {
      // The pods behind it may be created later, outside this stack.
      "pulumi.com/skipAwait": "true",
      ...(timeoutSeconds === undefined
        ? {}
        : {
            "konghq.com/connect-timeout": milliseconds,
            "konghq.com/read-timeout": milliseconds,
            "konghq.com/write-timeout": milliseconds,
          }),
      ...(sticky === undefined ? {} : { "konghq.com/upstream-policy": childName(stem, "sticky") }),
    },
    body: {
      spec: {
        ports: [{ name: "http", port: backend.port, targetPort: backend.targetPort }],
        selector: { ...backend.labels },
      },
    },
  };
}

/** A KongPlugin whose configuration is in a key of a Secret, because many users can read the resource itself. */
export function secretPlugin(
  name: string,
  namespace: string,
  plugin: string,
  from: { readonly name: string; readonly key: string },
): RouteObject {
  return {
    ...kongObject("KongPlugin", name, namespace),
    body: { plugin, configFrom: { secretKeyRef: { name: from.name, key: from.key } } },
  };
}

function kongObject(kind: string, name: string, namespace: string) {
  return { apiVersion: "configuration.konghq.com/v1", kind, name, namespace };
}
