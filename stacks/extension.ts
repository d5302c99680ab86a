import type * as pulumi from "@pulumi/pulumi";
import type {
  Bucket,
  CertificateBinding,
  DatabaseBinding,
  Exposure,
  LogInput,
  OidcClient,
  SharedFolder,
} from "../components/kit/bindings.ts";
import type { Environment } from "../components/kit/environment.ts";
import { fileData } from "../components/kit/ledger.ts";
import type { ClaimFiles, Edge } from "../components/kit/ledger.ts";
import type { MetricsReader } from "../components/kit/metrics.ts";
import { fullHost } from "../components/kit/names.ts";
import type { Trusted } from "../components/kit/trust.ts";
import type { Watched } from "../components/kit/watched.ts";
import type { Namespaces } from "../components/namespaces/namespaces.ts";
import type { FolderSpec } from "../components/nfs/exports.ts";
import type { BucketRequest } from "../components/storage/bucket.ts";
import type {
  CertificateArgs,
  ClientArgs,
  Consumer,
  DatabaseArgs,
  HostArgs,
  NamespaceArgs,
  WatchArgs,
} from "./extension/arguments.ts";
import type { Book, Call } from "./extension/book.ts";
import type { Listed } from "./extension/request.ts";
import { bucketOwner, dashboardOwner, folderOwner, namespaceOwner } from "./extension/owners.ts";
import { hostLogin } from "./platform/applications.ts";
import type { Offered } from "./platform/offered.ts";
import type { Settings } from "./settings/settings.ts";
import { setSecret } from "./settings/secrets.ts";

/** Stack outputs of a program's own, by name. */
export type Outputs = Readonly<Record<string, pulumi.Input<unknown>>>;

/**
 * A program of one's own: it runs once, after the platform's components and before what depends on all of them (the realm, the
 * network policies, backups, alerts). What it returns becomes outputs of the stack.
 */
export type Extension<Own extends Outputs | void = Outputs | void> = (platform: ExtensionPlatform) => Own;

/**
 * The platform as a program of one's own uses it. Each method asks for one thing and returns what a component needs to use it.
 *
 * Every call must be made while the function runs: not in `apply`, and not after an `await`, because which resources exist must not
 * depend on outputs. A name has one owner: the settings, or one call.
 */
export class ExtensionPlatform {
  /** What components of one's own take as their first argument. */
  readonly environment: Environment;
  /** The settings of the stack, with every default. */
  readonly settings: Settings;
  /** What reads metrics, for `metricsEdges` and ServiceMonitors; undefined: the stack has no Prometheus. */
  readonly metrics?: MetricsReader;
  /** Certificates of the stack's own CAs, in PEM by issuer. */
  readonly authorities: Readonly<Record<string, pulumi.Output<string>>>;
  private readonly offered: Offered;
  private readonly namespaces: Pick<Namespaces, "add">;
  private readonly book: Book;

  constructor(
    settings: Settings,
    environment: Environment,
    offered: Offered,
    namespaces: Pick<Namespaces, "add">,
    book: Book,
  ) {
    this.settings = settings;
    this.environment = environment;
    this.metrics = offered.serviceMonitors;
    this.authorities = offered.certificates?.authorities ?? {};
    this.offered = offered;
    this.namespaces = namespaces;
    this.book = book;
  }

  /**
   * Creates a namespace that denies all traffic except name resolution and what components declare.
   * @returns its name
   */
  namespace(args: NamespaceArgs): string {
    const { name, podSecurity = "restricted", keepsData = false, ...more } = args;
    const call: Call = this.book.call("namespace", name);
    const owner = this.environment.namespaces.has(name) ? namespaceOwner(this.book.settings, name) : undefined;
    if (owner !== undefined)
      call.refuse(
        `${this.book.named(owner)} already has this namespace`,
        name,
        "a namespace that neither the settings nor another call has",
        "remove the call: the stack creates the namespace",
      );
    call.take(["namespaces", name], { podSecurity, keepsData, ...more });
    this.namespaces.add({ name, podSecurity, keepsData, ...more });
    return name;
  }

  /** Creates a database on the platform's PostgreSQL, with a role and a generated password. It is part of the stack's backups. */
  database({ backup, pool, ...request }: DatabaseArgs): DatabaseBinding {
    const { name, consumer, extensions, locale } = request;
    const { namespace } = consumer;
    this.listed("database", name, consumer, { name, namespace, extensions, locale });
    this.book.databases.set(name, backup);
    const binding = this.offered.database(request);
    if (pool !== undefined && typeof binding.host === "string")
      this.environment.ledger.pools.push({ consumer: namespace, database: name, host: binding.host, ...pool });
    return binding;
  }

  /** Creates a bucket and its key, or gives access to the existing one with `buckets.kind: s3`. */
  bucket(request: BucketRequest): Bucket {
    const { name, consumer } = request;
    const call: Call = this.book.call("bucket", name);
    const owner = this.book.owner("bucket", name) ?? bucketOwner(this.settings, name);
    if (owner !== undefined) call.taken("bucket", owner, name);
    this.inNamespace(call, consumer);
    const { buckets } = this.offered;
    if (buckets === undefined)
      call.missing(
        "the stack has no object store",
        "buckets.kind: s3, aws or embedded",
        ["buckets", "kind"],
        "embedded",
      );
    this.book.own("bucket", name, call);
    return buckets.bucket(request);
  }

  /** Creates a client of the realm: users with its role `NAME_role` can log in. */
  client({ loginAt = [], ...request }: ClientArgs): OidcClient {
    const { name, consumer, kind, logoutUris, realmRoles, roles, serviceRoles } = request;
    const { gateway } = this.offered;
    const returns = loginAt.map((host) => gateway?.loginRedirectUri(host) ?? "");
    const redirectUris = [...new Set([...(request.redirectUris ?? []), ...returns])];
    const element = {
      name,
      namespace: consumer.namespace,
      kind,
      redirectUris,
      logoutUris,
      realmRoles,
      roles,
      serviceRoles,
    };
    this.listed("client", name, consumer, element);
    const { identity } = this.offered;
    if (identity === undefined) throw new TypeError("a rule allows a client without an identity provider");
    this.book.redirects.set(name, redirectUris);
    return identity.client({ ...request, redirectUris });
  }

  /** Serves a host at the gateway, with a certificate, and with a login in front if one is given. */
  host({ login, ...request }: HostArgs): Exposure {
    const { host, service } = request;
    const { client, realmRoles = [], groups = [], ...rest } = login ?? {};
    const { namespace, labels } = service;
    const { allowFrom, apiOnly, issuer, maxBodySize, maxInFlight, paths, purpose, sticky, timeout } = request;
    const element = {
      ...{ host, allowFrom, apiOnly, issuer, maxBodySize, maxInFlight, paths, purpose, timeout },
      namespace,
      service: service.name,
      port: service.port,
      targetPort: service.targetPort,
      labels,
      sticky: sticky !== undefined && sticky !== false,
      login: login && { ...rest, client: client?.clientId, realmRoles, groups },
    };
    const call: Call = this.listed("host", host, { namespace }, element);
    const { gateway } = this.offered;
    if (gateway === undefined) throw new TypeError("a rule allows a host without a gateway");
    if (client !== undefined && request.apiOnly !== true) {
      const uri = gateway.loginRedirectUri(host);
      if (this.book.redirects.get(client.clientId)?.includes(uri) !== true)
        call.refuse(
          `the client ${client.clientId} does not return to this host: every login would fail`,
          undefined,
          `a client with ${uri} in redirectUris`,
          `add loginAt: ${JSON.stringify([host])} to platform.client(${JSON.stringify(client.clientId)})`,
        );
    }
    const declared = login && {
      host,
      namespace,
      apiOnly: request.apiOnly ?? false,
      login: { ...rest, client: client?.clientId, realmRoles, groups },
    };
    const known = new Map(client === undefined ? [] : [[client.clientId, client]]);
    return gateway.expose({ ...request, login: hostLogin(declared, known, this.offered) });
  }

  /** Creates the certificate of a host that the gateway does not serve, as a Secret of type `kubernetes.io/tls`. */
  certificate({ host, namespace, issuer }: CertificateArgs): CertificateBinding {
    this.listed("certificate", host, { namespace }, { host, namespace, issuer });
    return this.offered.certificate({ host: fullHost(host, this.environment.domain), namespace, issuer });
  }

  /** A secret that the user set with `pulumi config set --secret secrets:NAME`. */
  secret(name: string): pulumi.Output<string> {
    const call: Call = this.book.call("secret", name);
    const value = this.settings.secrets[name];
    const names = Object.keys(this.settings.secrets);
    if (value === undefined)
      call.refuse(
        "no secret with this name is set",
        undefined,
        names.length === 0 ? "the name of a secret that is set; none is set yet" : names.join(", "),
        setSecret(name, this.settings.stack),
      );
    this.book.secrets.add(name);
    return value;
  }

  /** An input of Graylog by its title, to which the pods of a consumer may connect. */
  logInput(title: string, consumer: Consumer): LogInput {
    const call: Call = this.book.call("logInput", title);
    this.inNamespace(call, consumer);
    const titles = this.settings.logging.enabled ? this.settings.logging.graylog.inputs.map((one) => one.title) : [];
    if (!titles.includes(title))
      call.refuse(
        this.settings.logging.enabled ? "Graylog has no input of this title" : "the stack has no Graylog",
        title,
        titles.length === 0 ? "a title of logging.graylog.inputs, which is empty" : titles.join(", "),
        this.settings.logging.enabled
          ? "add it to logging.graylog.inputs"
          : "set logging.enabled to true, and add the input to logging.graylog.inputs",
      );
    const input = this.offered.logInput(title);
    const { peer: to, port, protocol } = input;
    this.connect({ from: { kind: "pods", ...consumer }, to, ports: [port], protocol, purpose: `logs to ${title}` });
    return input;
  }

  /** The company's CA certificates in a namespace; undefined: the stack has none, and public CAs are enough. */
  trust(namespace: string): Trusted | undefined {
    const call: Call = this.book.call("trust", namespace);
    this.inNamespace(call, { namespace });
    return this.offered.trust?.in(namespace);
  }

  /** Allows connections. The network denies all others. */
  connect(...edges: readonly Edge[]): void {
    this.book.call("connect", edges.map(({ purpose }) => purpose).join(", "));
    this.environment.ledger.edges.push(...edges);
  }

  /** Adds alerts to Prometheus and a dashboard to Grafana. It has no effect in a stack without monitoring. */
  watch({ alerts = [], panels = [], ...rest }: WatchArgs): void {
    const { component } = rest;
    const call: Call = this.book.call("watch", component);
    const owner = this.book.owner("dashboard", component) ?? dashboardOwner(this.settings, component);
    if (owner !== undefined) call.taken("dashboard", owner, component);
    this.inNamespace(call, rest);
    this.book.own("dashboard", component, call);
    const watched: Watched = { ...rest, panels, alerts: alerts.map((alert) => ({ ...alert, runbook: "application" })) };
    this.book.watched.push(watched);
  }

  /** Creates a folder on the stack's own NFS server, for pods that write at the same time. */
  folder(spec: FolderSpec): SharedFolder {
    const { path } = spec;
    const call: Call = this.book.call("folder", path);
    const { nfs } = this.offered;
    if (nfs === undefined)
      call.missing("the stack has no NFS server", "nfs.server.enabled: true", ["nfs", "server", "enabled"], true);
    const owner = this.book.owner("folder", path) ?? folderOwner(this.settings, path);
    if (owner !== undefined) call.taken("folder", owner, path);
    if (!/^\/[a-z0-9][a-z0-9-]*$/.test(path))
      call.refuse("is not a folder of the server", path, 'a path with one segment, such as "/wiki"', "change the path");
    this.book.own("folder", path, call);
    nfs.add(spec);
    return nfs.folder(path);
  }

  /** Adds the files of a claim to the stack's backups. It has no effect in a stack without backups. */
  files(claim: ClaimFiles): void {
    const name = `${claim.namespace}/${claim.claim}`;
    const call: Call = this.book.call("files", name);
    const owner = this.book.owner("claim", name);
    if (owner !== undefined) call.taken("claim", owner, name);
    this.inNamespace(call, claim);
    this.book.own("claim", name, call);
    this.environment.ledger.data.push(fileData(claim));
  }

  /** Takes what a list of settings has too, by the rules of that list. */
  private listed(kind: Listed, name: string, consumer: Consumer, element: object): Call {
    const call: Call = this.book.call(kind, name);
    call.takeFrom(kind, element, name);
    this.inNamespace(call, consumer);
    return call;
  }

  private inNamespace(call: Call, { namespace }: Consumer): void {
    const known = [...this.environment.namespaces.keys()];
    if (known.includes(namespace)) return;
    call.refuse(
      "the stack has no namespace of this name",
      namespace,
      known.sort().join(", "),
      `call platform.namespace({ name: ${JSON.stringify(namespace)} }) first`,
    );
  }
}
