import type { Exposure, Gateway, IdentityProvider, OidcClient } from "../kit/bindings.ts";
import type { Environment } from "../kit/environment.ts";
import { fullHost } from "../kit/names.ts";
import type { PodService } from "../kit/pods.ts";
import { monitoringClients } from "./credentials.ts";
import { monitoringPods } from "./pods.ts";
import { names } from "./shape.ts";

/** What hosts are made with. */
export interface Entrances {
  readonly namespace: string;
  /** Names of hosts in front of the domain, or full ones. */
  readonly hosts: { readonly prometheus: string; readonly alertmanager?: string; readonly grafana: string };
  /** Left out: nothing is reached from outside the cluster but through a port-forward. */
  readonly gateway?: Gateway;
  /** Left out: the administrator alone enters Grafana, and Prometheus and Alertmanager get no host. */
  readonly identityProvider?: IdentityProvider;
}

/** The hosts that were made. */
export type Exposures = Readonly<Partial<Record<keyof Entrances["hosts"], Exposure>>>;

/** Grafana asks for logins itself: its client at the identity provider. */
export function grafanaClient(
  { domain }: Pick<Environment, "domain">,
  { gateway, hosts, identityProvider, namespace }: Entrances,
): OidcClient | undefined {
  if (gateway === undefined || identityProvider === undefined) return undefined;
  const host = fullHost(hosts.grafana, domain);
  return identityProvider.client({
    ...monitoringClients.grafana,
    consumer: { namespace, labels: monitoringPods(namespace).grafana.labels },
    redirectUris: [`https://${host}/login/generic_oauth`],
  });
}

/** Hosts: Prometheus and Alertmanager know no users, so that a login stands in front of them or they get none. */
export function exposeMonitoring({ gateway, hosts, identityProvider, namespace }: Entrances): Exposures {
  if (gateway === undefined) return {};
  const { alertmanagers, grafana: grafanaPods, servers } = monitoringPods(namespace);
  const grafana = gateway.expose({
    host: hosts.grafana,
    purpose: "Grafana: dashboards and alerts",
    service: grafanaPods.behind(names.grafana, "http", 80),
    access: {
      who:
        identityProvider === undefined
          ? "its administrator"
          : "users with the role grafana_role; what they may do follows from their groups",
      credential: "npx pulumi stack output administrators --show-secrets",
    },
  });
  if (identityProvider === undefined) return { grafana };
  const behindLogin = (name: "prometheus" | "alertmanager", host: string, purpose: string, service: PodService) =>
    gateway.expose({
      host,
      purpose,
      service,
      login: {
        client: identityProvider.client({
          ...monitoringClients[name],
          consumer: { namespace },
          redirectUris: [gateway.loginRedirectUri(host)],
          groupsIn: gateway.loginGroups,
        }),
      },
    });
  return {
    grafana,
    prometheus: behindLogin(
      "prometheus",
      hosts.prometheus,
      "Prometheus: metrics, targets and rules",
      servers.behind(names.prometheus, "http"),
    ),
    ...(hosts.alertmanager !== undefined && {
      alertmanager: behindLogin(
        "alertmanager",
        hosts.alertmanager,
        "Alertmanager: alerts and silences",
        alertmanagers.behind(names.alertmanager, "http"),
      ),
    }),
  };
}
