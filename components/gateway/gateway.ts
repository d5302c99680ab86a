import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { Ingress } from "@pulumi/kubernetes/networking/v1/ingress.js";
import * as pulumi from "@pulumi/pulumi";
import type {
  CertificateBinding,
  Exposure,
  ExposureRequest,
  Gateway as GatewayContract,
  IdentityProvider,
  OidcClientRequest,
} from "../kit/bindings.ts";
import { Component } from "../kit/component.ts";
import { hostnameAnnotation } from "../kit/dns-records.ts";
import type { Environment } from "../kit/environment.ts";
import type { Access, Peer } from "../kit/ledger.ts";
import { fullHost } from "../kit/names.ts";
import { parseDuration } from "../kit/quantities.ts";
import { compare } from "../kit/stable.ts";
import type { InstallArgs, Installed } from "./install.ts";
import { kindOfGateway } from "./kinds.ts";
import type { GatewayKind, KindOfGateway } from "./kinds.ts";
import { callbackPath } from "./login.ts";
import { Logins } from "./logins.ts";
import { backendPeer, routeOf } from "./route.ts";
import type { Route, RouteObject } from "./route.ts";

/** Arguments of the component. */
export interface GatewayArgs extends Omit<InstallArgs, "defaultCertificate"> {
  readonly kind: GatewayKind;
  readonly login: { readonly method: "proxy" | "plugin"; readonly replicas: number };
  /** The host whose certificate is the default for host names without one. */
  readonly defaultHost?: string;
  /** Whether its Service names the hosts to external-dns. Default: false. */
  readonly namesHosts?: boolean;
  /** Creates a host's certificate, in a Secret of the namespace. */
  readonly certificate: (request: CertificateRequest) => CertificateBinding;
}

/** A requested certificate. */
interface CertificateRequest {
  readonly host: string;
  readonly namespace: string;
  readonly issuer?: string;
}

/** The gateway that serves all hosts, of one of the kinds in kinds.ts. Callers do not depend on the kind. */
export class Gateway extends Component implements GatewayContract {
  readonly peer: Peer;
  readonly tlsPort: number;
  private readonly args: GatewayArgs;
  private readonly kind: KindOfGateway;
  private readonly installed: Installed;
  private readonly logins: Logins;
  private readonly shared = new Map<string, pulumi.Resource>();
  private readonly named = new Set<string>();
  private readonly hostList = Promise.withResolvers<string | undefined>();

  constructor(environment: Environment, args: GatewayArgs, options: pulumi.ComponentResourceOptions) {
    super("gateway:Gateway", "gateway", args.kind, environment, options);
    this.args = args;
    this.kind = kindOfGateway(args.kind);
    const installation = args.namesHosts === true ? this.namingHosts() : args.installation;
    this.installed = this.kind.install(this, {
      ...args,
      installation,
      defaultCertificate: this.defaultCertificate(),
    });
    this.peer = this.installed.pods.peer;
    this.tlsPort = this.installed.pods.port("https");
    this.logins = new Logins(this, this.peer, args);
  }

  expose(request: ExposureRequest): Exposure {
    const host = fullHost(request.host, this.environment.domain);
    const { namespace } = request.service;
    const certificate = this.args.certificate({ host, namespace, issuer: request.issuer });
    for (const group of request.login?.groups ?? [])
      this.environment.ledger.groupRoles.push({ application: host, role: "access", group });
    const plain = routeOf(request, {
      host,
      tlsSecret: certificate.secretName,
      ingressClass: this.args.ingressClass,
      hstsSeconds: parseDuration(this.args.hsts),
    });
    const routes = this.logins.before(plain, request, this.installed.ready);
    const ready = [...this.installed.ready, certificate.ready];
    const made = routes.flatMap(({ route, dependsOn }) =>
      this.kind.routes(route).map((object) => this.make(object, [...ready, ...dependsOn])),
    );
    const last = made.at(-1);
    if (last === undefined) throw new TypeError(`no route for ${host}`);
    for (const { route } of routes) this.connect(route);
    this.record(host, request, { namespace, name: certificate.secretName });
    return { host, url: `https://${host}`, ready: last };
  }

  /** The full names of its hosts, sorted. */
  get hosts(): string[] {
    return [...this.named].sort(compare);
  }

  /** Names the hosts to external-dns, once all of them are known. */
  seal(): void {
    // Without a host there is no annotation.
    this.hostList.resolve(this.named.size === 0 ? undefined : this.hosts.join(","));
  }

  /** Exposes the gateway's own dashboard behind a login, if the settings have a host for it. */
  dashboard(identity: IdentityProvider): void {
    const { dashboardHost: host, installation, kind } = this.args;
    const { dashboard } = this.kind;
    if (host === undefined || dashboard === undefined) return;
    const { namespace } = installation;
    const name = `${kind}-dashboard`;
    const pods = dashboard.pods(namespace);
    const port = pods.port("dashboard");
    const client = identity.client({
      ...dashboard.client,
      consumer: { namespace },
      redirectUris: [this.loginRedirectUri(host)],
      groupsIn: this.loginGroups,
    });
    const spec = { ports: [{ name: "http", port, targetPort: port }], selector: pods.labels };
    this.object(Service, "dashboard", { name, namespace }, { spec }, { dependsOn: this.installed.ready });
    const { check, object, reason } = dashboard.accepted;
    this.environment.ledger.accepted.push({ check, object: `IngressRoute ${namespace}/${object}`, reason });
    this.expose({ host, purpose: dashboard.purpose, service: pods.behind(name, "dashboard"), login: { client } });
  }

  /** The plugin reads them in the id token; oauth2-proxy asks for what the id token lacks. */
  get loginGroups(): OidcClientRequest["groupsIn"] {
    return this.args.login.method === "proxy" ? "userinfo" : "tokens";
  }

  loginRedirectUri(host: string): string {
    return `https://${fullHost(host, this.environment.domain)}${callbackPath}`;
  }

  private connect({ namespace, backend, host }: Route): void {
    this.environment.ledger.edges.push({
      from: this.peer,
      to: backendPeer(namespace, backend),
      ports: [backend.targetPort],
      purpose: host,
    });
  }

  /** A host with several routes is listed once: the purpose of the first route is shown. */
  private record(
    host: string,
    { purpose, access, login, apiOnly }: ExposureRequest,
    tlsSecret: { namespace: string; name: string },
  ): void {
    if (this.named.has(host)) return;
    this.named.add(host);
    const { hosts } = this.environment.ledger;
    const { service } = this.installed;
    const entry = { host, purpose, access: access ?? accessOf(login, apiOnly), tlsSecret, service };
    // The certificate's entry has less information.
    const index = hosts.findIndex((one) => one.host === host);
    if (index < 0) hosts.push(entry);
    else hosts[index] = entry;
  }

  private make(object: RouteObject, dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
    const { apiVersion, kind, name, namespace, annotations, body } = object;
    const role = `${namespace}-${name}${kind === "Ingress" || kind === "Service" ? "" : `-${kind.toLowerCase()}`}`;
    const present = this.shared.get(role);
    if (object.shared === true && present !== undefined) return present;
    const metadata = { name, namespace, annotations };
    const options = { dependsOn };
    const made =
      kind === "Ingress"
        ? this.object(Ingress, role, metadata, body, options)
        : kind === "Service"
          ? this.object(Service, role, metadata, body, options)
          : this.object(CustomResource, role, metadata, { apiVersion, kind, ...body }, options);
    if (object.shared === true) this.shared.set(role, made);
    return made;
  }

  /** The chart is installed before the first host is known: the annotation's value is a promise that {@link seal} resolves. */
  private namingHosts(): GatewayArgs["installation"] {
    const { installation } = this.args;
    const { service } = installation;
    const annotations = { ...service.annotations, [hostnameAnnotation]: pulumi.output(this.hostList.promise) };
    return { ...installation, service: { ...service, annotations } };
  }

  private defaultCertificate(): CertificateBinding | undefined {
    const { defaultHost, installation, certificate } = this.args;
    return defaultHost === undefined
      ? undefined
      : certificate({ host: fullHost(defaultHost, this.environment.domain), namespace: installation.namespace });
  }
}

/** Who has access, if the application does not specify it. */
function accessOf(login: ExposureRequest["login"], apiOnly = false): Access {
  if (login === undefined) return { who: "users that the application admits" };
  const { client, groups } = login;
  const people =
    groups === undefined
      ? client.role === undefined
        ? `all users of the realm ${client.realm}`
        : `users with the role ${client.role} of the realm ${client.realm}`
      : `users of the realm ${client.realm} in ${groups.length === 1 ? "the group" : "one of the groups"} ${groups.join(", ")}`;
  return { who: apiOnly ? `programs with a token of ${people}` : people };
}
