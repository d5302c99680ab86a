import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import * as pulumi from "@pulumi/pulumi";
import type { ExposureRequest, Login } from "../kit/bindings.ts";
import { Component } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import { serviceHost } from "../kit/environment.ts";
import type { Peer } from "../kit/ledger.ts";
import { childName } from "../kit/names.ts";
import { configMap, secret } from "../kit/secret.ts";
import { stableJson } from "../kit/stable.ts";
import { deployment } from "../kit/workload.ts";
import { loginKey, sessionKey } from "./credentials.ts";
import { secretPlugin } from "./kong.ts";
import {
  cookieSecretVariable,
  loginArguments,
  loginFile,
  loginFiles,
  loginPath,
  loginImage,
  loginPort,
  probePaths,
} from "./login.ts";
import type { LoginShape } from "./login.ts";
import { pluginConfiguration } from "./oidc-plugin.ts";
import type { PluginShape } from "./oidc-plugin.ts";
import { backendPeer } from "./route.ts";
import type { Backend, Route, RouteObject } from "./route.ts";

/** A route with its login. */
interface Prepared {
  readonly route: Route;
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Parameters of logins. */
interface LoginSettings {
  readonly login: { readonly method: "proxy" | "plugin"; readonly replicas: number };
}

/** Logins in front of applications: a proxy for each application, or a plugin in the gateway. */
export class Logins extends Component {
  private readonly gateway: Peer;
  private readonly settings: LoginSettings;
  /** Hosts on which a login answers. */
  private readonly answered = new Set<string>();
  private key?: Credential;

  constructor(parent: Component, gateway: Peer, settings: LoginSettings) {
    super("gateway:Logins", "login", "oauth2-proxy", parent.environment, { parent });
    this.gateway = gateway;
    this.settings = settings;
  }

  /** The routes that replace the route of an application without its own login. */
  before(route: Route, { login, apiOnly = false }: ExposureRequest, ready: readonly pulumi.Resource[]): Prepared[] {
    if (login === undefined) return [{ route, dependsOn: [] }];
    const answering = apiOnly ? route : this.answering(route);
    return this.settings.login.method === "proxy"
      ? [this.proxy(answering, login, apiOnly)]
      : this.plugins(answering, login, apiOnly, ready);
  }

  /** A route that also handles the redirect URI: one for each host, because all routes of a host share the session's key. */
  private answering(route: Route): Route {
    const { host, paths } = route;
    const covered = paths.includes("/") || this.answered.has(host);
    this.answered.add(host);
    return covered ? route : { ...route, paths: [...paths, loginPath] };
  }

  /** oauth2-proxy in the application's namespace; the route leads to it, and it leads to the application. */
  private proxy(route: Route, login: Login, apiOnly: boolean): Prepared {
    const { stem, namespace, host, timeoutSeconds } = route;
    const { clientSecret } = login.client;
    if (clientSecret === undefined) throw new RangeError(`${host}: the client ${login.client.clientId} has no secret`);
    const name = childName(stem, "login");
    const role = stem;
    const upstream = this.upstream(route);
    const shape: LoginShape = {
      host,
      upstream: `http://${serviceHost(this.environment, upstream.service, namespace)}:${upstream.port}`,
      login,
      apiOnly,
      gatewayCidrs: this.environment.cluster.podCidrs,
      timeoutSeconds,
    };
    const files = configMap(this, `${role}-configuration`, { name, namespace }, { "alpha.yaml": loginFile(shape) });
    const session = this.sessionSecret(role, name, route);
    const size = { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } } as const;
    const proxies = deployment(
      this,
      role,
      {
        name,
        namespace,
        replicas: this.settings.login.replicas,
        pod: {
          runAs: { user: 65532, group: 65532 },
          volumes: { configuration: { from: files }, client: { from: clientSecret.secret } },
          containers: [
            {
              name: "oauth2-proxy",
              image: loginImage,
              args: loginArguments(shape),
              env: { [cookieSecretVariable]: { secret: session, key: "cookie-secret" } },
              mounts: {
                "/etc/login": { volume: "configuration", readOnly: true },
                [loginFiles.secrets]: { volume: "client", readOnly: true },
              },
              ports: { http: loginPort },
              probes: {
                readiness: { check: { http: probePaths.readiness, port: "http" } },
                liveness: { check: { http: probePaths.liveness, port: "http" } },
              },
              resources: size,
            },
          ],
        },
      },
      { dependsOn: [login.client.ready] },
    );
    const ports = [{ name: "http", port: loginPort, targetPort: "http" }];
    const service = this.object(
      Service,
      `${role}-service`,
      { name, namespace },
      { spec: { ports, selector: proxies.labels } },
      { dependsOn: [proxies.resource] },
    );
    this.environment.ledger.edges.push({
      from: proxies.peer,
      to: backendPeer(namespace, route.backend),
      ports: [route.backend.targetPort],
      purpose: `${host} after its login`,
    });
    // The client may be that of the application, whose labels the login's pods do not have.
    const { server } = login.client.inCluster;
    if (server !== undefined)
      this.environment.ledger.edges.push({
        from: proxies.peer,
        to: server.peer,
        ports: [server.port],
        purpose: `logins at ${host}`,
      });
    const backend = { service: name, port: loginPort, targetPort: proxies.port("http"), labels: proxies.labels };
    return { route: { ...route, backend, largeHeaders: true }, dependsOn: [service] };
  }

  /**
   * The Service behind a login. With session affinity, a browser uses one pod of the login, and the cluster then routes this pod to one
   * pod of the application.
   */
  private upstream({ stem, namespace, backend, sticky }: Route): Pick<Backend, "service" | "port"> {
    if (sticky === undefined) return backend;
    const name = childName(stem, "behind");
    const spec = {
      ports: [{ name: "http", port: backend.port, targetPort: backend.targetPort }],
      selector: { ...backend.labels },
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: affinitySeconds } },
    };
    const annotations = { "pulumi.com/skipAwait": "true" };
    this.object(Service, `${stem}-behind`, { name, namespace, annotations }, { spec });
    return { service: name, port: backend.port };
  }

  /** Kong's plugin `oidc`: paths for API clients get a separate route without redirects to the login. */
  private plugins(route: Route, login: Login, apiOnly: boolean, ready: readonly pulumi.Resource[]): Prepared[] {
    const { apiPaths = [] } = login;
    if (apiOnly) return [this.plugged(route, login, true, ready)];
    const browsers = this.plugged(route, login, false, ready);
    if (apiPaths.length === 0) return [browsers];
    const programs = this.plugged({ ...route, stem: `${route.stem}-api`, paths: apiPaths }, login, true, ready);
    return [programs, browsers];
  }

  private plugged(route: Route, login: Login, bearerOnly: boolean, ready: readonly pulumi.Resource[]): Prepared {
    const { stem, namespace, host } = route;
    const { clientSecretValue } = login.client;
    if (clientSecretValue === undefined)
      throw new RangeError(`${host}: the client ${login.client.clientId} has no secret`);
    const name = childName(stem, "oidc");
    const shape: PluginShape = { host, login, bearerOnly };
    const key = this.sessions();
    const configuration = pulumi
      .all([clientSecretValue, key.value])
      .apply(([clientSecret, master]) =>
        stableJson(pluginConfiguration(shape, { clientSecret, session: sessionKey(master, host) })),
      );
    // With this label, Kong's admission webhook validates the Secret's content.
    // The name with `oidc` is used by the client's own Secret.
    const place = { name: childName(stem, "login"), namespace, labels: { "konghq.com/validate": "plugin" } };
    const held = secret(this, `${stem}-oidc`, place, { config: configuration });
    key.storedIn(held, "config", namespace);
    const made: pulumi.Resource[] = [];
    const make = (object: RouteObject) => {
      const { apiVersion, kind, body } = object;
      const metadata = { name: object.name, namespace };
      const role = `${object.name}-plugin`;
      made.push(
        this.object(
          CustomResource,
          role,
          metadata,
          { apiVersion, kind, ...body },
          { dependsOn: [...ready, held.resource] },
        ),
      );
      return object.name;
    };
    const plugins = [make(secretPlugin(name, namespace, "oidc", { name: place.name, key: "config" }))];
    const plain = (suffix: string, plugin: string, config: object) => {
      const own = childName(stem, suffix);
      const { apiVersion, kind } = secretPlugin(own, namespace, plugin, { name: own, key: "" });
      plugins.push(make({ apiVersion, kind, name: own, namespace, body: { plugin, config } }));
    };
    if (login.groups !== undefined) plain("groups", "acl", { allow: [...login.groups], hide_groups_header: true });
    if (login.removeAuthorization === true)
      plain("cleaner", "request-transformer", { remove: { headers: ["Authorization"] } });
    const { server } = login.client.inCluster;
    if (server !== undefined)
      this.environment.ledger.edges.push({
        from: this.gateway,
        to: server.peer,
        ports: [server.port],
        purpose: `logins at ${host}`,
      });
    return { route: { ...route, plugins, largeHeaders: true }, dependsOn: [login.client.ready, ...made] };
  }

  private sessionSecret(role: string, name: string, { namespace, host }: Route) {
    const key = this.sessions();
    const held = secret(
      this,
      `${role}-session`,
      { name: childName(name, "session"), namespace },
      { "cookie-secret": key.value.apply((master) => sessionKey(master, host)) },
    );
    key.storedIn(held, "cookie-secret", namespace);
    return held;
  }

  private sessions(): Credential {
    this.key ??= new Credential(this, "sessions", loginKey);
    return this.key;
  }
}

/** Three hours, Kubernetes' default, set explicitly so that it does not change with a version. */
const affinitySeconds = 10_800;
