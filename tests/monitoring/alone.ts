// Monitoring of a stack, and Monitoring alone.
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { ExposureRequest, Gateway, IdentityProvider, OidcClientRequest } from "../../components/kit/bindings.ts";
import type { Environment } from "../../components/kit/environment.ts";
import { secret } from "../../components/kit/secret.ts";
import { Monitoring } from "../../components/monitoring/monitoring.ts";
import { monitoringWatched } from "../../components/monitoring/watched.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { Empty, made } from "../kit/environment.ts";
import { recordStack } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

export type Json = Record<string, unknown>;

/** The member at a path of an unknown value. */
export const at = (value: unknown, ...path: string[]) =>
  path.reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);

/** The values of the release of kube-prometheus-stack in a stack. */
export async function values(stack: TestStack) {
  const { resources, result } = await recordStack(stack);
  const release = plannedReleases(resources).find(({ chart }) => chart === "kube-prometheus-stack");
  assert.ok(release);
  return { values: release.values, resources, result };
}

/** The component with a gateway and an identity provider that remember what they are asked. */
export async function withLogin(pair: { gateway?: boolean; identityProvider?: boolean }) {
  const exposed: ExposureRequest[] = [];
  const clients: OidcClientRequest[] = [];
  const { resources, ledger } = await made((environment: Environment) => {
    const others = new Empty(environment, "others");
    const url = (path: string) => `https://auth.example.org/${path}`;
    const inside = (path: string) => `http://keycloak.auth.svc/${path}`;
    const gateway: Gateway = {
      expose: (request) => {
        exposed.push(request);
        return { host: `${request.host}.example.org`, url: `https://${request.host}.example.org`, ready: others };
      },
      loginRedirectUri: (host) => `https://${host}.example.org/oauth/callback`,
      peer: { kind: "pods", namespace: "gateway" },
    };
    const identityProvider: IdentityProvider = {
      client: (request) => {
        clients.push(request);
        const { name, consumer } = request;
        const place = { name: `${name}-oidc`, namespace: consumer.namespace };
        const own = secret(others, `${name}-oidc`, place, { "client-secret": "s" });
        return {
          clientId: name,
          clientSecret: { secret: own, key: "client-secret" },
          realm: "platform",
          groupsClaim: "groups",
          issuer: url("realms/platform"),
          authorizationUrl: url("auth"),
          logoutUrl: url("logout"),
          discoveryUrl: url("discovery"),
          tokenUrl: url("token"),
          userInfoUrl: url("userinfo"),
          introspectionUrl: url("introspect"),
          jwksUrl: url("jwks"),
          inCluster: {
            discoveryUrl: inside("discovery"),
            tokenUrl: inside("token"),
            userInfoUrl: inside("userinfo"),
            introspectionUrl: inside("introspect"),
            jwksUrl: inside("jwks"),
          },
          role: `${name}_role`,
          ready: others,
        };
      },
    };
    const password = secret(
      others,
      "database",
      { name: "grafana-database", namespace: "monitoring" },
      { password: "p" },
    );
    const monitoring = new Monitoring(
      environment,
      {
        namespace: "monitoring",
        nodesNamespace: "monitoring-nodes",
        nodeCidrs: ["10.0.0.0/16"],
        controlPlane: ["etcd"],
        externalLabels: { region: "x" },
        hosts: { prometheus: "prometheus", alertmanager: "alertmanager", grafana: "grafana" },
        secrets: { "chat-url": pulumi.secret("https://hooks.example.org/secret") },
        definitions: others,
        database: {
          host: "pg.example.org",
          port: 5432,
          database: "grafana",
          username: "grafana",
          password: { secret: password, key: "password" },
          ready: others,
        },
        prometheus: {
          replicas: 2,
          retention: "15d",
          scrapeInterval: "30s",
          storage: "10Gi",
          resources: { cpu: "100m", memory: "1Gi", memoryLimit: "2Gi" },
        },
        alertmanager: {
          replicas: 2,
          storage: "1Gi",
          receiver: "chat",
          receivers: [{ name: "chat", kind: "slack", channel: "#a", urlSecret: "chat-url", sendResolved: true }],
          routes: [],
        },
        grafana: {
          replicas: 2,
          resources: { cpu: "100m", memory: "256Mi", memoryLimit: "512Mi" },
          adminGroups: ["admins"],
          editorGroups: [],
          loginForm: false,
          logs: { pluginVersion: "2.34.2", cidrs: ["0.0.0.0/0"] },
        },
        gateway: pair.gateway === true ? gateway : undefined,
        identityProvider: pair.identityProvider === true ? identityProvider : undefined,
      },
      {},
    );
    monitoring.seal({ namespaces: ["monitoring"], watched: [monitoringWatched("monitoring")] });
  });
  const [release] = plannedReleases(resources);
  return {
    exposed,
    clients,
    ledger,
    values: release?.values,
    objects: plannedObjects(resources, ({ value }) => value),
  };
}
