import { loginKey } from "../../components/gateway/credentials.ts";
import type { GatewayArgs } from "../../components/gateway/gateway.ts";
import { kindOfGateway } from "../../components/gateway/kinds.ts";
import { loadBalancerAnnotations } from "../../components/aws/names.ts";
import { loginMethod, servedClass } from "../settings/names.ts";
import type { Settings } from "../settings/settings.ts";
import { gatewayNamesHosts } from "./dns.ts";
import { inAws } from "./in-aws.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

export const gatewayPart: Part = {
  section: "gateway",
  on: ({ gateway }) => gateway.enabled,
  needs: ({ gateway: { dashboardHost, defaultHost, kind, namespace }, keycloak }) => {
    const { chart, credentials, dashboard, database, watched } = kindOfGateway(kind);
    const shown = dashboardHost !== undefined && keycloak.enabled ? dashboard : undefined;
    return {
      namespaces: chart ? [{ name: namespace }] : [],
      charts: chart ? [chart] : [],
      databases: database ? [database] : [],
      clients: shown ? [shown.client] : [],
      hosts: [
        ...(shown && dashboardHost ? [{ host: dashboardHost, login: true }] : []),
        ...(defaultHost === undefined ? [] : [{ host: defaultHost }]),
      ],
      credentials,
      watched: watched ? [watched(namespace)] : [],
    };
  },
  serves: ({ hosts }) => (hosts.some(({ login }) => login) ? [loginKey] : []),
};

/**
 * What the settings say of the gateway, as the component takes it.
 * @param logins whether the gateway may have a login in front of a host
 */
export function gatewayArgs(settings: Settings, offered: Offered, logins: boolean): GatewayArgs {
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
        annotations: { ...(inAws(settings) && loadBalancerAnnotations), ...service.annotations },
        proxyProtocol: service.proxyProtocol,
      },
      trustedProxies,
      largeHeaders: logins,
      resources,
      serviceMonitor: serviceMonitors !== undefined,
    },
    controllerNamespace: gateway.controllerNamespace,
    ingressClass: servedClass(gateway),
    hsts: gateway.hsts,
    login: { method: loginMethod(settings), replicas: login.replicas },
    pluginImage: login.pluginImage,
    dashboardHost: gateway.dashboardHost,
    defaultHost: gateway.defaultHost,
    namesHosts: gatewayNamesHosts(settings),
    certificate: offered.certificate.bind(offered),
    database: offered.database.bind(offered),
    challenger: offered.certificates?.challenger,
    serviceMonitors,
  };
}
