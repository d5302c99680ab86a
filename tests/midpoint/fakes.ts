import type * as pulumi from "@pulumi/pulumi";
import type { ExposureRequest, Gateway, IdentityProvider, OidcClientRequest } from "../../components/kit/bindings.ts";
import type { Component } from "../../components/kit/component.ts";
import type { Environment } from "../../components/kit/environment.ts";
import { secret } from "../../components/kit/secret.ts";
import { MidPoint } from "../../components/midpoint/midpoint.ts";
import type { MidPointArgs } from "../../components/midpoint/midpoint.ts";
import { Empty } from "../kit/environment.ts";

/** What a fake was asked for. */
export interface Asked {
  readonly exposures: ExposureRequest[];
  readonly clients: OidcClientRequest[];
}

/** A gateway that notes what it is asked for. */
export function fakeGateway(owner: Component, { exposures }: Asked): Gateway {
  return {
    expose: (request) => {
      exposures.push(request);
      const host = `${request.host}.example.org`;
      return { host, url: `https://${host}`, ready: owner };
    },
    loginRedirectUri: (host) => `https://${host}/callback`,
    peer: { kind: "pods", namespace: "gateway" },
  };
}

/** An identity provider that notes what it is asked for. */
export function fakeIdentity(owner: Component, { clients }: Asked): IdentityProvider {
  return {
    client: (request) => {
      clients.push(request);
      const { name, consumer } = request;
      const place = { name: `${name}-oidc`, namespace: consumer.namespace };
      const made = secret(owner, "client", place, { "client-id": name, "client-secret": "s3cret" });
      const at = (base: string) => ({
        discoveryUrl: `${base}/.well-known/openid-configuration`,
        tokenUrl: `${base}/token`,
        userInfoUrl: `${base}/userinfo`,
        introspectionUrl: `${base}/introspect`,
        jwksUrl: `${base}/certs`,
      });
      return {
        clientId: name,
        clientSecret: { secret: made, key: "client-secret" },
        realm: "platform",
        issuer: "https://id.example.org/realms/platform",
        authorizationUrl: "https://id.example.org/auth?a=1&b=2",
        logoutUrl: "https://id.example.org/logout",
        ...at("https://id.example.org"),
        inCluster: at("http://keycloak.keycloak.svc:8080"),
        role: `${name}_role`,
        groupsClaim: "groups",
        ready: owner,
      };
    },
  };
}

/** Arguments as the guide to clusters has them. */
export function midPointArgs(owner: Component, changes: Partial<MidPointArgs> = {}): MidPointArgs {
  const given = secret(owner, "database", { name: "midpoint-database", namespace: "mp-demo" }, { password: "pw" });
  return {
    namespace: "mp-demo",
    name: "mp-pg-demo",
    host: "midpoint",
    replicas: 2,
    clustered: true,
    nodeIdSource: "hostname",
    heap: { initial: "1Gi", maximum: "2Gi" },
    resources: { requests: { cpu: "500m", memory: "3Gi" }, limits: { memory: "4Gi" } },
    connections: 24,
    storage: "5Gi",
    files: { logs: "claim", exports: "claim", connectors: "claim" },
    keystore: { source: "state", firstKeyBits: 256 },
    trusted: {},
    database: {
      host: "mp-demo-db.mp-demo.svc.cluster.local",
      port: 5432,
      database: "midpoint",
      username: "midpoint",
      password: { secret: given, key: "password" },
      ready: owner,
    },
    systems: [],
    session: "4h",
    objects: [],
    ...changes,
  };
}

/** A midPoint beside a component that stands for the rest of the platform. */
export function build(
  environment: Environment,
  changes: (owner: Component) => Partial<MidPointArgs> = () => ({}),
): MidPoint {
  const rest = new Empty(environment, "rest");
  return new MidPoint(environment, midPointArgs(rest, changes(rest)), {});
}

/** The value of an output in a recording, where every output is known. */
export function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}
