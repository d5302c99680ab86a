import type { Parts } from "../rules/alerts.ts";
import type { Dashboard, Panel } from "./dashboard.ts";
import { keycloak, kong, traefik } from "./edge.ts";
import { certificates, cloudNativePg, monitoring, platform, postgresqlHa, thanos } from "./ground.ts";
import { collector, graylog, mongodb, opensearch, snapshots } from "./logs.ts";
import { podPanels } from "./panels.ts";

/** The dashboards of a stack: one for each of its components, with panels about its pods at the end. */
export function dashboards(parts: Parts): Dashboard[] {
  const of = (
    component: string,
    title: string,
    place: { readonly namespace: string } | undefined,
    panels: readonly Panel[],
  ): Dashboard[] =>
    place === undefined ? [] : [{ component, title, panels: [...panels, ...podPanels(place.namespace)] }];
  const { certificates: issuing, gateway, postgresql } = parts;
  return [
    platform(parts.namespaces),
    ...of("monitoring", "Monitoring", parts.monitoring, monitoring),
    ...of("thanos", "Thanos", parts.thanos, thanos),
    ...of("certificates", "Certificates", issuing, certificates),
    ...of(
      "postgresql",
      "PostgreSQL",
      postgresql,
      { "postgresql-ha": postgresqlHa, "cloudnative-pg": cloudNativePg }[postgresql?.engine ?? "postgresql-ha"],
    ),
    ...of("gateway", "Gateway", gateway, { kong, traefik }[gateway?.kind ?? "kong"]),
    ...of("keycloak", "Keycloak", parts.keycloak, keycloak),
    ...of("graylog", "Graylog", parts.graylog, graylog),
    ...of("collector", "Fluent Bit", parts.collector, collector),
    ...of("opensearch", "OpenSearch", parts.opensearch, [
      ...(parts.opensearch?.snapshots === true ? snapshots : []),
      ...opensearch,
    ]),
    ...of("mongodb", "MongoDB", parts.mongodb, mongodb),
    // midPoint exports no metrics, so the dashboard shows only its pods.
    ...of("midpoint", "midPoint", parts.midpoint, []),
  ];
}
