import type { GatewayArgs } from "../../components/gateway/gateway.ts";
import { loginMethod } from "../settings/derive.ts";
import type { Settings } from "../settings/load.ts";

/** What the settings say of the gateway, as the component takes it. @param offered by other components */
export function gatewayArgs(
  settings: Settings,
  offered: Pick<GatewayArgs, "certificate" | "database" | "challenger" | "serviceMonitors">,
): GatewayArgs {
  const { gateway } = settings;
  const { kind, login, service } = gateway;
  return {
    kind,
    installation: {
      ...gateway,
      service: { ...service, nodePorts: { http: service.httpNodePort, https: service.httpsNodePort } },
      serviceMonitor: offered.serviceMonitors !== undefined,
    },
    // Labels of its chart and of its own manifests alike (kubernetes/ingress-nginx).
    controller: { namespace: gateway.controllerNamespace, labels: { "app.kubernetes.io/name": "ingress-nginx" } },
    ingressClass: gateway.ingressClass ?? kind,
    hsts: gateway.hsts,
    login: { method: loginMethod(settings), replicas: login.replicas },
    pluginImage: login.pluginImage,
    dashboardHost: gateway.dashboardHost,
    defaultHost: gateway.defaultHost,
    ...offered,
  };
}
