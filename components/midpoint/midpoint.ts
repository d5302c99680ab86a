import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import * as pulumi from "@pulumi/pulumi";
import type { DatabaseBinding, Gateway, IdentityProvider, OidcClient, SharedFolder } from "../kit/bindings.ts";
import { Component, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import { serviceHost } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import { fileData } from "../kit/ledger.ts";
import { childName } from "../kit/names.ts";
import type { Pods } from "../kit/pods.ts";
import type { Duration } from "../kit/quantities.ts";
import { parseDuration } from "../kit/quantities.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed, SecretKey } from "../kit/secret.ts";
import { sharedVolume } from "../kit/shared-volume.ts";
import { statefulSet } from "../kit/workload.ts";
import { midPointClient, midPointCredentials } from "./credentials.ts";
import { port } from "./environment.ts";
import type { KeystoreSource } from "./environment.ts";
import { keystoreSecret } from "./keystore-secret.ts";
import type { ImportedKeys, Keystore } from "./keystore-secret.ts";
import { loginObjects, redirectUri } from "./login.ts";
import { account, midPointPod } from "./midpoint-pod.ts";
import type { PodArgs } from "./midpoint-pod.ts";
import { objectConfigMaps } from "./objects.ts";
import type { ObjectFile } from "./objects.ts";
import { nodeScripts } from "./scripts.ts";

/** Arguments of the component. */
export interface MidPointArgs extends Pick<
  PodArgs,
  "heap" | "resources" | "files" | "clustered" | "nodeIdSource" | "variables"
> {
  readonly namespace: string;
  /** Name of the StatefulSet and of its Services. */
  readonly name: string;
  /** 0: midPoint is stopped, and everything else stays. */
  readonly replicas: number;
  /** `imported` keys are used instead of a generated first key, with the source `state`. */
  readonly keystore: {
    readonly source: KeystoreSource["kind"];
    readonly firstKeyBits: number;
    readonly imported?: ImportedKeys;
  };
  /** Certificates that midPoint trusts, in PEM, by the first part of their aliases. */
  readonly trusted: Readonly<Record<string, pulumi.Input<string>>>;
  readonly database: DatabaseBinding;
  /** The maximum number of database connections of one node. */
  readonly connections: number;
  /** Size of each node's claim. */
  readonly storage: `${number}${"Ki" | "Mi" | "Gi" | "Ti"}`;
  /** A folder that all nodes write to. Default: each node has only its own claim. */
  readonly shared?: SharedFolder;
  /** Connections to services outside the cluster. */
  readonly systems: readonly {
    readonly name: string;
    readonly cidrs: readonly string[];
    readonly ports: readonly number[];
  }[];
  /** The idle timeout of a browser session. */
  readonly session: Duration;
  /** Objects that are imported at the first start. */
  readonly objects: readonly ObjectFile[];
  /** The host at the gateway; without a gateway midPoint is reached inside the cluster only. */
  readonly host: string;
  readonly gateway?: Gateway;
  /** The identity provider for users. Default: midPoint's own login form. */
  readonly identity?: IdentityProvider;
}

/** The role of the nodes, and the software's name. */
const role = "node";
const application = "midpoint";

/** midPoint: nodes of one cluster that share a database and a keystore. */
export class MidPoint extends Component {
  /** The extensions of PostgreSQL that its schema needs (`config/sql/native/postgres.sql` of 4.10). */
  static readonly extensions = ["fuzzystrmatch", "intarray", "pg_trgm"] as const;
  /** The account of its processes, which owns the files of a shared folder. */
  static readonly account = { user: account, group: account };

  /** The claims of its nodes' homes. Without nodes, that of the first one is kept for its next start. */
  static claims(name: string, replicas: number): string[] {
    return Array.from({ length: Math.max(1, replicas) }, (_, node) => `mp-home-${name}-${node}`);
  }

  /** The labels of its pods, for policies of other components. */
  static readonly labels = { "app.kubernetes.io/component": role, "app.kubernetes.io/name": application };
  readonly administrator: { readonly username: string; readonly password: pulumi.Output<string> };
  /** The identifiers of the keystore's keys in stored data, by alias; none if the first node creates the keystore. */
  readonly keyIdentifiers: Readonly<Record<string, pulumi.Output<string>>>;
  private readonly args: MidPointArgs;
  private readonly nodes: Pods<"gui">;

  constructor(environment: Environment, args: MidPointArgs, options: pulumi.ComponentResourceOptions) {
    super("midpoint:MidPoint", "midpoint", application, environment, options);
    this.args = args;
    this.nodes = this.pods(role, args.namespace, { gui: port });
    const { keystore: source } = args;
    const place = (suffix: string) => ({ name: `${args.namespace}-${suffix}`, namespace: args.namespace });

    const keystore =
      source.source === "state"
        ? keystoreSecret(this, place("keystore"), source.imported ?? source.firstKeyBits, args.trusted)
        : undefined;
    this.keyIdentifiers = keystore?.identifiers ?? {};
    const administrator = new Credential(this, "administrator", midPointCredentials.administrator);
    this.administrator = { username: "administrator", password: administrator.value };
    const kept = outlives(environment);
    const first = { password: administrator.value };
    const password = secret(this, "administrator-secret", place("administrator"), first, kept);
    administrator.storedIn(password, "password", "midpoint");

    const url = this.expose();
    const login = this.login(url);
    const loginFiles = login === undefined ? [] : loginObjects(url, { ...login.client, secretFile: login.secret.key });
    const objects = this.objectMaps([...loginFiles, ...args.objects]);
    const scripts = configMap(this, "scripts", place("scripts"), nodeScripts(), kept);
    this.services();
    const parts = { administrator: password, login: login?.secret, objects, scripts, ...this.trust(keystore) };
    this.install(parts, login === undefined ? [] : [login.client.ready]);
    this.facts();
  }

  /** The StatefulSet: it starts one node after another, so that only the first creates the schema and, if configured, the keystore. */
  private install(
    parts: Pick<PodArgs, "administrator" | "objects" | "scripts" | "keystore" | "authorities" | "login">,
    ready: readonly pulumi.Resource[],
  ): void {
    const { args } = this;
    const { clustered, connections, database, files, heap, nodeIdSource, resources, variables } = args;
    const shared =
      args.shared &&
      sharedVolume(this, "shared", { name: "shared", namespace: args.namespace }, args.shared, MidPoint.account, {
        consumer: this.nodes.labels,
      });
    const pod = midPointPod({
      ...{ clustered, connections, database, files, heap, nodeIdSource, resources, variables },
      sharedClaim: shared?.claim,
      ...parts,
      name: args.name,
      session: parseDuration(args.session),
      domain: serviceHost(this.environment, args.name, args.namespace),
    });
    const { name, namespace, replicas } = args;
    statefulSet(
      this,
      role,
      {
        name,
        namespace,
        labels: { app: name },
        pod,
        replicas,
        serviceName: name,
        claims: { "mp-home": { size: args.storage, role: "bulk" } },
      },
      { dependsOn: [args.database.ready, ...ready, ...(shared === undefined ? [] : [shared.resource])] },
    );
  }

  /** One headless Service for the nodes' names, and one Service for clients with session affinity. */
  private services(): void {
    const { name, namespace } = this.args;
    const selector = this.nodes.labels;
    const ports = [{ name: "gui", port, targetPort: "gui" }];
    this.object(
      Service,
      "nodes",
      { name, namespace },
      // Nodes connect to each other before they are ready.
      { spec: { clusterIP: "None", publishNotReadyAddresses: true, selector, ports } },
    );
    this.object(
      Service,
      "clients",
      { name: this.clientService(), namespace },
      {
        spec: {
          selector,
          ports,
          sessionAffinity: "ClientIP",
          sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
        },
      },
    );
  }

  private internalUrl(): string {
    return `http://${serviceHost(this.environment, this.clientService(), this.args.namespace)}:${port}/midpoint`;
  }

  /** The public URL with the context path, or the URL inside the cluster if there is no gateway. */
  private expose(): string {
    const { gateway, host, namespace } = this.args;
    const name = this.clientService();
    if (gateway === undefined) return this.internalUrl();
    const { url } = gateway.expose({
      host,
      purpose: "midPoint: identities and their accounts",
      service: this.nodes.behind(name, "gui"),
      sticky: { cookie: namespace },
      maxBodySize: "100Mi",
      streams: true,
      timeout: "5m",
      access: {
        who: "users of midPoint",
        credential: `kubectl get secret ${namespace}-administrator -n ${namespace} -o jsonpath='{.data.password}' | base64 -d`,
      },
    });
    return `${url}/midpoint`;
  }

  /** The client at the identity provider, with the Secret that contains its secret. */
  private login(url: string): { readonly client: OidcClient; readonly secret: SecretKey } | undefined {
    const { gateway, identity, namespace } = this.args;
    if (identity === undefined) return undefined;
    const client = identity.client({
      ...midPointClient,
      consumer: { namespace, labels: this.nodes.labels },
      redirectUris: [redirectUri(url)],
    });
    const { clientSecret } = client;
    if (clientSecret === undefined) throw new TypeError("midPoint's client needs a secret");
    // midPoint requests the endpoints from the issuer's public host, although they are configured, and without an answer it waits half a
    // minute at each login.
    const from = this.nodes.peer;
    const purpose = "midPoint asks the identity provider at its public host";
    this.environment.ledger.edges.push(
      { from, to: { kind: "outside" }, ports: [443], purpose },
      ...(gateway === undefined ? [] : [{ from, to: gateway.peer, ports: [gateway.tlsPort ?? 8443], purpose }]),
    );
    return { client, secret: clientSecret };
  }

  /** Where the keystore comes from: the stack's state with all certificates in it, or the first node, which is told them. */
  private trust(keystore: Keystore | undefined): Pick<PodArgs, "keystore" | "authorities"> {
    if (keystore !== undefined) return { keystore: { kind: "state", alias: keystore.alias, secret: keystore.secret } };
    const { keystore: source, name, namespace, trusted } = this.args;
    const kind = source.source === "own" ? "own" : "shared";
    const bundles = Object.values(trusted);
    if (bundles.length === 0) return { keystore: { kind } };
    const all = pulumi.all(bundles).apply((texts) => texts.map((text) => `${text.trim()}\n`).join(""));
    const place = { name: `cert-${name}`, namespace };
    const made = secret(this, "trusted", place, { "tls.crt": all }, outlives(this.environment));
    return { keystore: { kind }, authorities: { secret: made, key: "tls.crt" } };
  }

  private objectMaps(files: readonly ObjectFile[]): readonly Keyed[] {
    const { namespace } = this.args;
    return objectConfigMaps(files).map((content, index) => {
      const suffix = index === 0 ? "" : `-${index + 1}`;
      const place = { name: `${namespace}-poi${suffix}`, namespace };
      return configMap(this, `objects${suffix}`, place, content, outlives(this.environment));
    });
  }

  private clientService(): string {
    return childName(this.args.name, "gui");
  }

  private facts(): void {
    const { connections, database, name, namespace, replicas, storage } = this.args;
    const { ledger } = this.environment;
    const nodes = this.nodes.peer;
    ledger.edges.push({
      from: nodes,
      to: nodes,
      ports: [this.nodes.port("gui")],
      purpose: "nodes tell each other what to forget",
    });
    for (const [node, claim] of MidPoint.claims(name, replicas).entries())
      ledger.data.push(
        fileData({
          namespace,
          claim,
          storage: { size: storage, role: "bulk" },
          account: MidPoint.account,
          // Every pod of a StatefulSet has a label with its name (Kubernetes, "StatefulSets", "Pod Name Label").
          consumer: { ...this.nodes.labels, "statefulset.kubernetes.io/pod-name": `${name}-${node}` },
        }),
      );
    for (const { name: purpose, cidrs, ports } of this.args.systems)
      ledger.edges.push({ from: nodes, to: { kind: "outside", cidrs }, ports, purpose });
    ledger.services.push({
      name: "midpoint",
      address: this.internalUrl(),
      purpose: `midPoint, the nodes of ${name}`,
    });
    // The value of an output is known only in the plan.
    if (typeof database.host === "string")
      ledger.pools.push({
        consumer: "midpoint",
        database: database.database,
        host: database.host,
        connections,
        replicas,
      });
  }
}
