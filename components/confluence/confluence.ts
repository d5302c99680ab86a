import type { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import * as pulumi from "@pulumi/pulumi";
import type { DatabaseBinding, Gateway, IdentityProvider, SharedFolder } from "../kit/bindings.ts";
import { claim } from "../kit/claim.ts";
import { Component, outlives } from "../kit/component.ts";
import { serviceHost } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import { fileData } from "../kit/ledger.ts";
import { fullHost } from "../kit/names.ts";
import type { Pods } from "../kit/pods.ts";
import type { Bytes } from "../kit/quantities.ts";
import type { Resources } from "../kit/resources.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { SecretKey } from "../kit/secret.ts";
import { sharedVolume } from "../kit/shared-volume.ts";
import { deployment } from "../kit/workload.ts";
import type { Workload } from "../kit/workload.ts";
import { clusterNames, clusterNodes, membership, movedHome } from "./cluster.ts";
import type { ClusterArgs } from "./cluster.ts";
import { account, confluencePod, port } from "./confluence-pod.ts";
import type { NodeHome, OwnHome, PodParts } from "./confluence-pod.ts";
import { confluenceClient } from "./credentials.ts";
import { dedicatedDatabase } from "./database.ts";
import type { DedicatedArgs, DedicatedDatabase } from "./database.ts";
import { clusterPort } from "./environment.ts";
import { moveScript, prepareScript } from "./scripts.ts";

/** Arguments of the component. */
export interface ConfluenceArgs {
  readonly namespace: string;
  /** The middle of the names of its objects, such as `dep-NAME`. */
  readonly name: string;
  /** Additional labels of all objects, such as the zone and the environment. */
  readonly labels: Readonly<Record<string, string>>;
  /** `NAME` for NAME.DOMAIN, or a full host name. */
  readonly host: string;
  /** 0: Confluence is stopped. More than 1 only in a cluster. */
  readonly replicas: number;
  /** Default: one pod with a home of its own. */
  readonly cluster?: ClusterArgs;
  readonly resources: Resources;
  readonly heap: Bytes;
  /** Size of the claim of its home; in a cluster, of each node's own. */
  readonly storage: Bytes;
  /** A folder for backups, apart from the home of the only pod. Default: they are in the home. */
  readonly backups?: SharedFolder;
  /** The maximum number of database connections of one pod. */
  readonly connections: number;
  /** The platform's database, or what a server of its own needs. */
  readonly database: DatabaseBinding | (Pick<DedicatedArgs, "storage" | "resources"> & { readonly adminer?: string });
  readonly license?: pulumi.Input<string>;
  /** Certificates that Java trusts besides the public CAs, in PEM by name. */
  readonly authorities: Readonly<Record<string, pulumi.Input<string>>>;
  readonly gateway: Gateway;
  /** The identity provider that its login, or Adminer's, uses. */
  readonly identity?: IdentityProvider;
  /** Whether Confluence gets a client of the identity provider. */
  readonly login: boolean;
}

/** The role of Confluence's pods. */
const role = "app";

/** Confluence with its home, its database, and a folder for backups: one pod, or the nodes of a cluster. */
export class Confluence extends Component {
  /** The account of its processes, which owns the files of a shared folder. */
  static readonly account = { user: account, group: account };

  /** The claim of the only pod's home. */
  static home(name: string): string {
    return `pvc-${name}-apps`;
  }

  /** The claim of the shared folder with its own backups. */
  static backups(name: string): string {
    return `pvc-${name}-backups`;
  }

  /** The claim of the home that the nodes of a cluster share. */
  static sharedHome(name: string): string {
    return clusterNames.sharedHome(name);
  }

  /** The labels of its pods, for policies of other components. */
  static readonly labels = { "app.kubernetes.io/component": role, "app.kubernetes.io/name": "confluence" };
  private readonly args: ConfluenceArgs;
  private readonly pod: Pods<"http" | "hazelcast">;
  private dedicated: DedicatedDatabase | undefined;
  private made: PodParts | undefined;

  constructor(environment: Environment, args: ConfluenceArgs, options: pulumi.ComponentResourceOptions) {
    super("confluence:Confluence", "confluence", "confluence", environment, options);
    this.args = args;
    this.pod = this.pods(role, args.namespace, { http: port, hazelcast: clusterPort });
    const database = this.database();
    this.client();
    this.install(database);
    this.expose();
    this.facts();
  }

  /** Access to its own PostgreSQL as the superuser, for backups; undefined: it is on the platform's. */
  administrator(
    consumer: Parameters<DedicatedDatabase["administrator"]>[0],
  ): ReturnType<DedicatedDatabase["administrator"]> | undefined {
    return this.dedicated?.administrator(consumer);
  }

  private database(): DatabaseBinding {
    const { connections, database, gateway, identity, labels, name, namespace } = this.args;
    if ("ready" in database) return database;
    const { adminer: host, resources, storage } = database;
    const environment = labels["env"];
    this.dedicated = dedicatedDatabase(this, {
      namespace,
      names: {
        claim: `pvc-${name}-db`,
        secret: `sec-${environment === undefined ? "" : `${environment}-`}${name}db`,
        service: `svc-${name}db`,
        workload: `dep-${name}db`,
      },
      labels: this.tier("database"),
      database: `${name.replaceAll("-", "_")}db`,
      storage,
      resources,
      connections,
      clients: this.running(),
      client: this.pod,
      adminer: host === undefined || identity === undefined ? undefined : { host, gateway, identity },
    });
    return this.dedicated.binding;
  }

  /** The client with which Confluence's single sign-on is configured in the browser (docs/confluence.md). */
  private client(): void {
    const { identity, login, namespace } = this.args;
    if (!login) return;
    identity?.client({
      ...confluenceClient,
      consumer: { namespace, labels: this.pod.labels },
      redirectUris: [`https://${this.fullHost()}/plugins/servlet/oidc/callback`],
    });
  }

  private install(database: DatabaseBinding): void {
    const { cluster, replicas } = this.args;
    if (cluster === undefined) this.single(database, replicas);
    else this.nodes(database, cluster);
  }

  /** One pod with a home of its own. */
  private single(database: DatabaseBinding, replicas: number): Workload<Deployment> {
    const { backups, name, namespace, storage } = this.args;
    const labels = this.tier(role);
    const home = claim(this, "claim", { name: Confluence.home(name), namespace, labels, size: storage, role: "bulk" });
    const share =
      backups &&
      sharedVolume(this, "backups", { name: Confluence.backups(name), namespace }, backups, Confluence.account, {
        consumer: this.pod.labels,
      });
    return deployment(
      this,
      role,
      {
        name: `dep-${name}`,
        namespace,
        labels,
        replicas,
        // Two processes on one home would damage its index.
        recreate: true,
        claims: [home.entry],
        pod: this.template(database, { kind: "own", claim: Confluence.home(name), backups: share?.claim }),
      },
      { dependsOn: [home.resource, database.ready, ...(share === undefined ? [] : [share.resource])] },
    );
  }

  /** The nodes of a cluster. Before the first one starts, a Confluence that ran alone is stopped, and its home is copied. */
  private nodes(database: DatabaseBinding, cluster: ClusterArgs): void {
    const { name, namespace, replicas, storage } = this.args;
    const place = { name, namespace, labels: this.tier(role) };
    const { home, ready } = membership(this, place, this.pod, cluster);
    const moved: pulumi.Resource[] = [];
    if (cluster.movesHome) {
      const { resource: stopped } = this.single(database, 0);
      const { scripts } = this.parts();
      moved.push(movedHome(this, place, { previous: Confluence.home(name), scripts }, [stopped, ...ready]));
    }
    const pod = this.template(database, home);
    clusterNodes(this, role, place, { pod, replicas, storage }, [database.ready, ...ready, ...moved]);
  }

  private template(database: DatabaseBinding, home: OwnHome | NodeHome): ReturnType<typeof confluencePod> {
    const { connections, heap, resources } = this.args;
    return confluencePod({
      ...this.parts(),
      home,
      database,
      username: this.username(database),
      host: this.fullHost(),
      url: pulumi.interpolate`jdbc:postgresql://${database.host}:${database.port}/${database.database}`,
      heap,
      connections,
      resources,
    });
  }

  /** What all its pods mount besides their homes. */
  private parts(): PodParts {
    if (this.made !== undefined) return this.made;
    const { cluster, license, name, namespace } = this.args;
    const kept = outlives(this.environment);
    const place = (suffix: string) => ({ name: `${name}-${suffix}`, namespace, labels: this.tier(role) });
    const files = {
      "prepare.sh": prepareScript(cluster !== undefined),
      ...(cluster?.movesHome === true && { "move.sh": moveScript() }),
    };
    const scripts = configMap(this, "scripts", place("scripts"), files, kept);
    const licenseKey: SecretKey | undefined =
      license === undefined
        ? undefined
        : { secret: secret(this, "license", place("license"), { license }, kept), key: "license" };
    const certificates = Object.entries(this.args.authorities).map(([one, pem]) => [`${one}.crt`, pem] as const);
    const authorities =
      certificates.length === 0
        ? undefined
        : configMap(this, "authorities", place("authorities"), Object.fromEntries(certificates), kept);
    this.made = { scripts, license: licenseKey, authorities };
    return this.made;
  }

  /** The user's name: from the Secret of a server of its own, which has both. */
  private username({ password, username }: DatabaseBinding): pulumi.Input<string> | SecretKey {
    return "ready" in this.args.database ? username : { secret: password.secret, key: "user" };
  }

  private expose(): void {
    const { cluster, gateway, host, name, namespace } = this.args;
    const service = `svc-${name}`;
    this.object(
      Service,
      "service",
      { name: service, namespace, labels: this.tier(role) },
      { spec: { ports: [{ name: "apache", port, targetPort: "http" }], selector: { ...this.pod.labels } } },
    );
    gateway.expose({
      host,
      purpose: "Confluence: the wiki",
      service: this.pod.behind(service, "http"),
      // A session is on the node that it began on.
      ...(cluster && { sticky: { cookie: `${name}-node` } }),
      maxBodySize: "100Mi",
      streams: true,
      timeout: "5m",
      access: { who: "users of Confluence; the setup in the browser creates the first administrator" },
    });
  }

  private facts(): void {
    const { cluster, connections, database, name, namespace, storage } = this.args;
    const { ledger } = this.environment;
    if (cluster === undefined) {
      const { account } = Confluence;
      const home = { namespace, claim: Confluence.home(name), storage: { size: storage, role: "bulk" } } as const;
      ledger.data.push(fileData({ ...home, account, consumer: this.pod.labels }));
      ledger.accepted.push({
        check: "GP050",
        object: `Deployment ${namespace}/dep-${name}`,
        reason: "one process only can use Confluence's home; more nodes need a shared home and a cluster license",
      });
    }
    ledger.services.push({
      name: "confluence",
      address: `http://${serviceHost(this.environment, `svc-${name}`, namespace)}:${port}`,
      purpose: "Confluence",
    });
    if ("ready" in database && typeof database.host === "string")
      ledger.pools.push({
        consumer: "confluence",
        database: database.database,
        host: database.host,
        connections,
        replicas: this.running(),
      });
  }

  /** The most pods that use the database at the same time. A stopped Confluence starts with one. */
  private running(): number {
    return Math.max(1, this.args.replicas);
  }

  /** The document's labels of one tier. */
  private tier(tiers: string): Record<string, string> {
    return { ...this.args.labels, app: this.args.name, tiers };
  }

  private fullHost(): string {
    return fullHost(this.args.host, this.environment.domain);
  }
}
