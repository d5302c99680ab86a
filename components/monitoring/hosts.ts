import type { Exposure, Gateway, IdentityProvider, OidcClient } from "../kit/bindings.ts";
import type { Environment } from "../kit/environment.ts";
import { prometheus as prometheusPods } from "../kit/ledger.ts";
import { monitoringClients } from "./credentials.ts";
import { alertmanagerLabels, alertmanagerPort, prometheusPort } from "./edges.ts";
import { grafanaLabels, grafanaPort } from "./grafana.ts";
import { names } from "./shape.ts";

/** What hosts are made with. */
export interface Entrances {
  readonly namespace: string;
  /** Names of hosts in front of the domain, or full ones. */
  readonly hosts: { readonly prometheus: string; readonly alertmanager: string; readonly grafana: string };
  /** Left out: nothing is reached from outside the cluster but through a port-forward. */
  readonly gateway?: Gateway | undefined;
  /** Left out: the administrator alone enters Grafana, and Prometheus and Alertmanager get no host. */
  readonly identityProvider?: IdentityProvider | undefined;
}

/** The hosts that were made. */
export type Exposures = Readonly<Partial<Record<keyof Entrances["hosts"], Exposure>>>;

/** Grafana asks for logins itself: its client at the identity provider. */
export function grafanaClient(
  { domain }: Pick<Environment, "domain">,
  { gateway, hosts, identityProvider, namespace }: Entrances,
): OidcClient | undefined {
  if (gateway === undefined || identityProvider === undefined) return undefined;
  const host = hosts.grafana.includes(".") ? hosts.grafana : `${hosts.grafana}.${domain}`;
  return identityProvider.client({
    ...monitoringClients.grafana,
    consumer: { namespace, labels: grafanaLabels },
    redirectUris: [`https://${host}/login/generic_oauth`],
  });
}

/** Hosts: Prometheus and Alertmanager know no users, so that a login stands in front of them or they get none. */
export function exposeMonitoring({ gateway, hosts, identityProvider, namespace }: Entrances): Exposures {
  if (gateway === undefined) return {};
  const service = (name: string, port: number, targetPort: number, labels: Readonly<Record<string, string>>) => ({
    name,
    namespace,
    port,
    targetPort,
    labels,
  });
  const grafana = gateway.expose({
    host: hosts.grafana,
    purpose: "Grafana: dashboards and alerts",
    service: service(names.grafana, 80, grafanaPort, grafanaLabels),
    access: {
      who:
        identityProvider === undefined
          ? "its administrator"
          : "users with the role grafana_role; what they may do follows from their groups",
      credential: "npx pulumi stack output administrators --show-secrets",
    },
  });
  if (identityProvider === undefined) return { grafana };
  const behindLogin = (name: "prometheus" | "alertmanager", purpose: string, target: ReturnType<typeof service>) =>
    gateway.expose({
      host: hosts[name],
      purpose,
      service: target,
      login: {
        client: identityProvider.client({
          ...monitoringClients[name],
          consumer: { namespace },
          redirectUris: [gateway.loginRedirectUri(hosts[name])],
        }),
      },
    });
  return {
    grafana,
    prometheus: behindLogin(
      "prometheus",
      "Prometheus: metrics, targets and rules",
      service(names.prometheus, prometheusPort, prometheusPort, prometheusPods.labels),
    ),
    alertmanager: behindLogin(
      "alertmanager",
      "Alertmanager: alerts and silences",
      service(names.alertmanager, alertmanagerPort, alertmanagerPort, alertmanagerLabels),
    ),
  };
}
