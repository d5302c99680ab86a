import type { Placement } from "../../components/kit/environment.ts";
import type { ParsedSettings } from "./schema.ts";

/** The client's name of a login in front of a host. */
export function loginClient(host: string, { client }: { readonly client?: string }): string {
  return client ?? host.split(".")[0] ?? host;
}

/** How people log in at the gateway: with the plugin where there is an image that has it. */
export function loginMethod({ gateway }: Pick<ParsedSettings, "gateway">): "proxy" | "plugin" {
  const { method, pluginImage } = gateway.login;
  return method ?? (pluginImage === undefined ? "proxy" : "plugin");
}

/** The realm's groups: by default the one whose members are administrators of the platform's applications. */
export function realmGroups({ groups, roles }: ParsedSettings["keycloak"]["realm"]): RealmGroup[] {
  const admin = "admin";
  return groups ?? (roles.some(({ name }) => name === admin) ? [{ name: admin, roles: [admin] }] : []);
}

type RealmGroup = NonNullable<ParsedSettings["keycloak"]["realm"]["groups"]>[number];

/** The Matrix server name: the stack's domain, unless the settings name another. */
export function matrixServerName({ domain, matrix }: Pick<ParsedSettings, "domain" | "matrix">): string {
  return matrix.serverName ?? domain;
}

/** The ingress class that the gateway serves: its kind, unless the settings name another. */
export function servedClass({ ingressClass, kind }: Pick<ParsedSettings["gateway"], "ingressClass" | "kind">): string {
  return ingressClass ?? kind;
}

/** The nodes of workflows: those of the settings, or else the nodes for processing that the stack creates. */
export function processingNodes({
  aws,
  cluster,
  workflows,
}: Pick<ParsedSettings, "aws" | "cluster" | "workflows">): Placement {
  const { nodeSelector, tolerations } = workflows.processing;
  const created = cluster.provider === "aws" ? aws?.processing : undefined;
  const taint = created && { ...created.taint, operator: "Equal" as const, effect: "NoSchedule" as const };
  return {
    nodeSelector: nodeSelector ?? created?.labels ?? {},
    tolerations: tolerations ?? (taint === undefined ? [] : [taint]),
  };
}
