import { dashboardClient, gatewayCredentials, kongDatabase, loginKey } from "../../components/gateway/credentials.ts";
import { kongWatched } from "../../components/gateway/kong-watched.ts";
import { traefikWatched } from "../../components/gateway/traefik-watched.ts";
import type { GatewayArgs } from "../../components/gateway/gateway.ts";
import { loginMethod } from "../settings/names.ts";
import type { Settings } from "../settings/settings.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

const watched = { kong: kongWatched, traefik: traefikWatched };

export const gatewayPart: Part = {
  on: ({ gateway }) => gateway.enabled,
  needs: ({ gateway: { dashboardHost, defaultHost, kind, namespace }, keycloak }) => {
    const dashboard = dashboardHost !== undefined && keycloak.enabled;
    const installed = kind !== "nginx";
    return {
      namespaces: installed ? [{ name: namespace }] : [],
      charts: installed ? [kind] : [],
      databases: kind === "kong" ? [kongDatabase] : [],
      clients: dashboard ? [dashboardClient] : [],
      hosts: [
        ...(dashboard ? [{ host: dashboardHost, login: true }] : []),
        ...(defaultHost === undefined ? [] : [{ host: defaultHost }]),
      ],
      credentials: gatewayCredentials(kind),
      watched: installed ? [watched[kind](namespace)] : [],
    };
  },
  serves: ({ hosts }) => (hosts.some(({ login }) => login) ? [loginKey] : []),
};

/** What the settings say of the gateway, as the component takes it. */
export function gatewayArgs(settings: Settings, offered: Offered): GatewayArgs {
  const { gateway } = settings;
  const { kind, login, maxReplicas, namespace, replicas, resources, service, trustedProxies, workload } = gateway;
  const { serviceMonitors } = offered;
  return {
    kind,
    installation: {
      namespace,
      workload,
      replicas,
      maxReplicas,
      service: {
        type: service.type,
        nodePorts: { http: service.httpNodePort, https: service.httpsNodePort },
        annotations: service.annotations,
      },
      trustedProxies,
      resources,
      serviceMonitor: serviceMonitors !== undefined,
    },
    // Labels of its chart and of its own manifests alike (kubernetes/ingress-nginx).
    controller: { namespace: gateway.controllerNamespace, labels: { "app.kubernetes.io/name": "ingress-nginx" } },
    ingressClass: gateway.ingressClass ?? kind,
    hsts: gateway.hsts,
    login: { method: loginMethod(settings), replicas: login.replicas },
    pluginImage: login.pluginImage,
    dashboardHost: gateway.dashboardHost,
    defaultHost: gateway.defaultHost,
    certificate: offered.certificate.bind(offered),
    database: offered.database.bind(offered),
    challenger: offered.certificates?.challenger,
    serviceMonitors,
  };
}
