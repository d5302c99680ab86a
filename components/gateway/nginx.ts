import type { Component } from "../kit/component.ts";
import { Pods } from "../kit/pods.ts";
import type { InstallArgs, Installed } from "./install.ts";
import { ingress, stickySeconds } from "./route.ts";
import type { Route, RouteObject } from "./route.ts";

/**
 * A route in the format of ingress-nginx (its documentation, "Annotations"). The header of RFC 6797 is the controller's own
 * setting (`hsts`, on by default), which no Ingress can change.
 */
export function nginxRoutes(route: Route): RouteObject[] {
  const { sticky, maxBodyBytes, timeoutSeconds, allowFrom, largeHeaders } = route;
  const own: Record<string, string> = {
    "force-ssl-redirect": "true",
    ...(sticky === undefined
      ? {}
      : {
          affinity: "cookie",
          "session-cookie-expires": String(stickySeconds),
          "session-cookie-max-age": String(stickySeconds),
          "session-cookie-name": sticky.cookie,
          "session-cookie-samesite": "Lax",
          "session-cookie-secure": "true",
        }),
    ...(maxBodyBytes === undefined ? {} : { "proxy-body-size": String(maxBodyBytes) }),
    ...(timeoutSeconds === undefined
      ? {}
      : {
          "proxy-connect-timeout": String(timeoutSeconds),
          "proxy-read-timeout": String(timeoutSeconds),
          "proxy-send-timeout": String(timeoutSeconds),
        }),
    ...(allowFrom === undefined ? {} : { "whitelist-source-range": allowFrom.join(",") }),
    ...(largeHeaders === true ? { "proxy-buffer-size": "32k" } : {}),
  };
  const annotations = Object.fromEntries(
    Object.entries(own).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]),
  );
  return [ingress(route, route.backend, annotations)];
}

/** A controller that exists. Its pods open the privileged ports, as its own manifests have it. */
export function existingNginx(_owner: Component, { controllerNamespace }: InstallArgs): Installed {
  // Labels of its chart and of its own manifests alike (kubernetes/ingress-nginx).
  const labels = { "app.kubernetes.io/name": "ingress-nginx" };
  const service = { namespace: controllerNamespace, name: "ingress-nginx-controller" };
  return { pods: new Pods(controllerNamespace, labels, { http: 80, https: 443 }), service, ready: [] };
}
