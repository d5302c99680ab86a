import type { ChartName } from "../kit/catalogue.ts";
import type { Component } from "../kit/component.ts";
import type { CredentialSpec } from "../kit/credential.ts";
import type { Pods } from "../kit/pods.ts";
import type { Watched } from "../kit/watched.ts";
import { kongDatabase, traefikClient, webhookKey } from "./credentials.ts";
import type { InstallArgs, Installed } from "./install.ts";
import { installKong } from "./kong-install.ts";
import { kongWatched } from "./kong-watched.ts";
import { kongRoutes } from "./kong.ts";
import { existingNginx, nginxRoutes } from "./nginx.ts";
import type { Route, RouteObject } from "./route.ts";
import { traefikDashboardPods } from "./traefik-chart.ts";
import { installTraefik } from "./traefik-install.ts";
import { traefikWatched } from "./traefik-watched.ts";
import { traefikRoutes } from "./traefik.ts";

/** A setting of the section `gateway` that only some kinds support: its key, or that of each host. */
export type OptionalSetting =
  | "dashboardHost"
  | "defaultHost"
  | "ingressClass"
  | "login.method: plugin"
  | "login.pluginImage"
  | "hosts.maxInFlight"
  | "service.proxyProtocol";

/** The dashboard of a gateway, which answers inside the cluster only. */
export interface Dashboard {
  readonly purpose: string;
  /** The client of its login. */
  readonly client: { readonly name: string; readonly realmRoles: readonly string[] };
  readonly pods: (namespace: string) => Pods<"dashboard">;
  /** A finding of the plan's checks about the chart's own route to it: the check's id, the object's name, the reason. */
  readonly accepted: { readonly check: string; readonly object: string; readonly reason: string };
}

/** A kind of gateway: everything in which it differs from the others. */
export interface KindOfGateway {
  /** Its name, for messages. */
  readonly title: string;
  /** The chart that the stack installs. Default: none, for a controller that exists in the cluster. */
  readonly chart?: ChartName;
  /** The name of its database. Default: it needs none. */
  readonly database?: string;
  /** The credentials that it generates. */
  readonly credentials: readonly CredentialSpec[];
  /** Its alerts and dashboard, for pods in a namespace. Default: none. */
  readonly watched?: (namespace: string) => Watched;
  readonly supports: readonly OptionalSetting[];
  /** Keys of a host that need the labels of the application's pods. */
  readonly needsLabels: readonly ("sticky" | "timeout")[];
  /** Whether a limit of request bodies also holds back responses until they are complete. Default: false. */
  readonly limitsBodiesByBuffering?: true;
  readonly dashboard?: Dashboard;
  readonly install: (owner: Component, args: InstallArgs) => Installed;
  readonly routes: (route: Route) => RouteObject[];
}

/** The kinds of gateways, by the value of the setting `gateway.kind`. */
export const gatewayKinds = {
  kong: {
    title: "Kong",
    chart: "kong",
    database: kongDatabase,
    credentials: [webhookKey],
    watched: kongWatched,
    supports: ["login.method: plugin", "login.pluginImage", "service.proxyProtocol"],
    needsLabels: ["sticky", "timeout"],
    install: installKong,
    routes: kongRoutes,
  },
  traefik: {
    title: "Traefik",
    chart: "traefik",
    credentials: [],
    watched: traefikWatched,
    supports: ["dashboardHost", "defaultHost", "hosts.maxInFlight", "service.proxyProtocol"],
    limitsBodiesByBuffering: true,
    needsLabels: [],
    dashboard: {
      purpose: "Traefik: its routes and what stands behind them",
      client: traefikClient,
      pods: traefikDashboardPods,
      accepted: {
        check: "GP080",
        object: "traefik-dashboard",
        reason: "the chart's own route answers at a port that only the login in front of it reaches",
      },
    },
    install: installTraefik,
    routes: traefikRoutes,
  },
  nginx: {
    title: "nginx",
    credentials: [],
    supports: ["ingressClass"],
    needsLabels: [],
    install: existingNginx,
    routes: nginxRoutes,
  },
} as const satisfies Record<string, KindOfGateway>;

export type GatewayKind = keyof typeof gatewayKinds;

/** The kind where the settings name none. */
export const defaultGatewayKind = "kong" satisfies GatewayKind;

/** A row of the table. */
export function kindOfGateway(kind: GatewayKind): KindOfGateway {
  return gatewayKinds[kind];
}
