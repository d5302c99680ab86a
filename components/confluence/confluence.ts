import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import * as pulumi from "@pulumi/pulumi";
import type { DatabaseBinding, Gateway, IdentityProvider, SharedFolder } from "../kit/bindings.ts";
import { claim } from "../kit/claim.ts";
import { Component, outlives } from "../kit/component.ts";
import { serviceHost } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import { fileData } from "../kit/ledger.ts";
import { fullHost } from "../kit/names.ts";
import type { Pod, Server, Task } from "../kit/pod.ts";
import type { Pods } from "../kit/pods.ts";
import type { Bytes } from "../kit/quantities.ts";
import type { Resources } from "../kit/resources.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed, SecretKey } from "../kit/secret.ts";
import { sharedVolume } from "../kit/shared-volume.ts";
import { deployment } from "../kit/workload.ts";
import { confluenceClient } from "./credentials.ts";
import { dedicatedDatabase } from "./database.ts";
import type { DedicatedArgs, DedicatedDatabase } from "./database.ts";
import { confluenceVariables } from "./environment.ts";
import { paths, prepareScript } from "./scripts.ts";

/** Arguments of the component. */
export interface ConfluenceArgs {
  readonly namespace: string;
  /** The middle of the names of its objects, such as `dep-NAME`. */
  readonly name: string;
  /** Additional labels of all objects, such as the zone and the environment. */
  readonly labels: Readonly<Record<string, string>>;
  /** `NAME` for NAME.DOMAIN, or a full host name. */
  readonly host: string;
  /** 1, or 0 for a Confluence that is stopped. */
  readonly replicas: number;
  readonly resources: Resources;
  readonly heap: Bytes;
  /** Size of the claim of its home. */
  readonly storage: Bytes;
  /** A folder for backups, apart from the home. Default: they are in the home. */
  readonly backups?: SharedFolder;
  /** The maximum number of database connections. */
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

/** Confluence 10.2, a long-term support release until 2027-12-02. */
const image = "docker.io/atlassian/confluence:10.2.7";

/** The user of the image, which owns the files of its home. */
const account = 2002;

const port = 8090;

/** The role of Confluence's pods. */
const role = "app";

/** Confluence on one pod, with its home, its database, and a folder for backups. */
export class Confluence extends Component {
  /** The account of its processes, which owns the files of a shared folder. */
  static readonly account = { user: account, group: account };

  /** The claim of its home. */
  static home(name: string): string {
    return `pvc-${name}-apps`;
  }

  /** The claim of the shared folder with its own backups. */
  static backups(name: string): string {
    return `pvc-${name}-backups`;
  }

  /** The labels of its pods, for policies of other components. */
  static readonly labels = { "app.kubernetes.io/component": role, "app.kubernetes.io/name": "confluence" };
  private readonly args: ConfluenceArgs;
  private readonly pod: Pods<"http">;
  private dedicated: DedicatedDatabase | undefined;

  constructor(environment: Environment, args: ConfluenceArgs, options: pulumi.ComponentResourceOptions) {
    super("confluence:Confluence", "confluence", "confluence", environment, options);
    this.args = args;
    this.pod = this.pods(role, args.namespace, { http: port });
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
    const { backups, name, namespace, replicas, storage } = this.args;
    const labels = this.tier(role);
    const home = claim(this, "claim", { name: Confluence.home(name), namespace, labels, size: storage, role: "bulk" });
    const share =
      backups &&
      sharedVolume(this, "backups", { name: Confluence.backups(name), namespace }, backups, Confluence.account, {
        consumer: this.pod.labels,
      });
    deployment(
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
        pod: this.template(database, share?.claim),
      },
      { dependsOn: [home.resource, database.ready, ...(share === undefined ? [] : [share.resource])] },
    );
  }

  private template(database: DatabaseBinding, backups: string | undefined): Pod<Server> {
    const { license, name, namespace } = this.args;
    const kept = outlives(this.environment);
    const place = (suffix: string) => ({ name: `${name}-${suffix}`, namespace, labels: this.tier(role) });
    const scripts = configMap(this, "scripts", place("scripts"), { "prepare.sh": prepareScript() }, kept);
    const licenseKey: SecretKey | undefined =
      license === undefined
        ? undefined
        : { secret: secret(this, "license", place("license"), { license }, kept), key: "license" };
    const certificates = Object.entries(this.args.authorities).map(([one, pem]) => [`${one}.crt`, pem] as const);
    const authorities: Keyed | undefined =
      certificates.length === 0
        ? undefined
        : configMap(this, "authorities", place("authorities"), Object.fromEntries(certificates), kept);
    return {
      priority: "applications",
      runAs: { user: account, group: account },
      init: [this.preparation(database, authorities)],
      containers: [this.server(database, { licenseKey, trusts: authorities !== undefined, backups })],
      volumes: {
        "apps-confluence": { claim: Confluence.home(name) },
        ...(backups !== undefined && { "backup-confluence": { claim: backups } }),
        scripts: { from: scripts },
        conf: { empty: true },
        classes: { empty: true },
        ...(authorities && { authorities: { from: authorities }, trust: { empty: true } }),
      },
      terminationGracePeriodSeconds: 60,
    };
  }

  private preparation(database: DatabaseBinding, authorities: Keyed | undefined): Task {
    return {
      name: "prepare",
      image,
      command: ["/bin/sh", `${paths.scripts}/prepare.sh`],
      env: { ATL_JDBC_PASSWORD: database.password },
      mounts: {
        [paths.home]: { volume: "apps-confluence" },
        [paths.scripts]: { volume: "scripts", readOnly: true },
        [`${paths.prepared}/conf`]: { volume: "conf" },
        [`${paths.prepared}/classes`]: { volume: "classes" },
        ...(authorities && {
          [paths.authorities]: { volume: "authorities", readOnly: true },
          [paths.trust]: { volume: "trust" },
        }),
      },
      writable: ["/tmp"],
      resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    };
  }

  private server(
    database: DatabaseBinding,
    { backups, licenseKey, trusts }: { backups?: string; licenseKey?: SecretKey; trusts: boolean },
  ): Server {
    const { connections, heap, resources } = this.args;
    const status = { http: "/status", port: "http" };
    return {
      name: "confluence",
      image,
      env: {
        ...confluenceVariables({
          host: this.fullHost(),
          url: pulumi.interpolate`jdbc:postgresql://${database.host}:${database.port}/${database.database}`,
          heap,
          connections,
          trusts,
        }),
        ...(licenseKey && { ATL_LICENSE_KEY: licenseKey }),
        ATL_JDBC_PASSWORD: database.password,
        ATL_JDBC_USER: this.username(database),
      },
      mounts: {
        [paths.home]: { volume: "apps-confluence" },
        ...(backups !== undefined && { [paths.backups]: { volume: "backup-confluence" } }),
        [paths.conf]: { volume: "conf" },
        [paths.classes]: { volume: "classes" },
        ...(trusts && { [paths.trust]: { volume: "trust", readOnly: true } }),
      },
      writable: ["/tmp", ...["logs", "temp", "work"].map((folder) => `${paths.install}/${folder}`)],
      ports: { http: port },
      probes: {
        // The first start creates the schema, and one after an upgrade migrates it.
        startup: { check: { tcp: "http" }, periodSeconds: 10, failureThreshold: 180 },
        readiness: { check: status, timeoutSeconds: 5, failureThreshold: 6 },
        liveness: { check: { tcp: "http" }, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 9 },
      },
      preStop: ["sh", "-c", "/shutdown-wait.sh"],
      resources,
    };
  }

  /** The user's name: from the Secret of a server of its own, which has both. */
  private username({ password, username }: DatabaseBinding): pulumi.Input<string> | SecretKey {
    return "ready" in this.args.database ? username : { secret: password.secret, key: "user" };
  }

  private expose(): void {
    const { gateway, host, name, namespace } = this.args;
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
      maxBodySize: "100Mi",
      streams: true,
      timeout: "5m",
      access: { who: "users of Confluence; the setup in the browser creates the first administrator" },
    });
  }

  private facts(): void {
    const { connections, database, name, namespace, storage } = this.args;
    const { ledger } = this.environment;
    ledger.data.push(
      fileData({
        namespace,
        claim: Confluence.home(name),
        storage: { size: storage, role: "bulk" },
        account: Confluence.account,
        consumer: this.pod.labels,
      }),
    );
    ledger.services.push({
      name: "confluence",
      address: `http://${serviceHost(this.environment, `svc-${name}`, namespace)}:${port}`,
      purpose: "Confluence",
    });
    ledger.accepted.push({
      check: "GP050",
      object: `Deployment ${namespace}/dep-${name}`,
      reason: "one process only can use Confluence's home; more nodes need a shared home and a cluster license",
    });
    if ("ready" in database && typeof database.host === "string")
      ledger.pools.push({
        consumer: "confluence",
        database: database.database,
        host: database.host,
        connections,
        replicas: 1,
      });
  }

  /** The document's labels of one tier. */
  private tier(tiers: string): Record<string, string> {
    return { ...this.args.labels, app: this.args.name, tiers };
  }

  private fullHost(): string {
    return fullHost(this.args.host, this.environment.domain);
  }
}
