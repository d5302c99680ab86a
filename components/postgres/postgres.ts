import * as pulumi from "@pulumi/pulumi";
import type { AdministratorBinding, DatabaseBinding } from "../kit/bindings.ts";
import { Component } from "../kit/component.ts";
import type { Credential } from "../kit/credential.ts";
import type { SslMode } from "../kit/database-tls.ts";
import type { Environment } from "../kit/environment.ts";
import type { Peer } from "../kit/ledger.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { SecretKey } from "../kit/secret.ts";
import { compare } from "../kit/stable.ts";
import { cloudNativePgServer } from "./cloudnative-pg-server.ts";
import { poolSize } from "./cloudnative-pg.ts";
import { administrationRole, authorityKey, database, image } from "./database.ts";
import type { Administration, DatabaseRequest, ServerAddress } from "./database.ts";
import { externalServer } from "./external-server.ts";
import { postgresqlHaServer } from "./postgresql-ha-server.ts";
import type { PoolerUsers } from "./postgresql-ha-server.ts";
import { databaseScripts } from "./script.ts";
import type { PostgresArgs, Server } from "./server.ts";

/** The platform's PostgreSQL: one interface, three engines. Each consumer gets its own role, password and database. */
export class Postgres extends Component {
  readonly address: ServerAddress;
  /** The superuser's password; undefined for an existing server. */
  readonly superuserPassword?: pulumi.Output<string>;
  /** The databases that have been requested so far, each with its consumer's login. */
  readonly made: { readonly namespace: string; readonly binding: DatabaseBinding }[] = [];
  private readonly args: PostgresArgs;
  private readonly server: Server;
  private readonly administration: Administration;
  /** The owners of the databases that have been requested so far. */
  private readonly owners = new Map<string, Credential>();
  /** pgpool's users: the Secret is created before the first database is requested, and gets its content from {@link seal}. */
  private readonly poolerUsers = Promise.withResolvers<pulumi.Output<PoolerUsers>>();
  /** PgBouncer's connections for each database, from {@link seal} as well. */
  private readonly poolSize = Promise.withResolvers<number>();

  constructor(environment: Environment, args: PostgresArgs, options: pulumi.ComponentResourceOptions) {
    super("postgres:Postgres", "postgres", "postgresql", environment, options);
    this.args = args;
    this.server = {
      "postgresql-ha": () => postgresqlHaServer(this, args, pulumi.output(this.poolerUsers.promise)),
      "cloudnative-pg": () => cloudNativePgServer(this, args, pulumi.output(this.poolSize.promise)),
      external: () => externalServer(this, args),
    }[args.engine]();
    this.address = this.server.address;
    this.superuserPassword = this.server.superuser?.value;
    const scripts = configMap(
      this,
      "scripts",
      { name: "database-scripts", namespace: args.namespace },
      databaseScripts(),
    );
    this.administration = { ...this.server.administration, scripts };
    environment.ledger.edges.push({
      from: this.pods(administrationRole, args.namespace).peer,
      to: this.server.administrationPeer,
      ports: [this.server.administration.port],
      purpose: "roles and databases",
    });
    const { host } = this.address;
    environment.ledger.services.push({
      name: "postgresql",
      address: `${host}:${this.address.port}`,
      purpose: "PostgreSQL, by each database's own role",
    });
  }

  /** Creates a role, a password and a database for a consumer. */
  database(request: DatabaseRequest): DatabaseBinding {
    const { binding, credential } = database(this, this.administration, this.address, request);
    this.owners.set(request.name, credential);
    this.environment.ledger.databases.push({ name: request.name, host: this.address.host });
    this.environment.ledger.data.push({ data: `Database ${request.name}` });
    const { poolerUsers } = this.server;
    if (poolerUsers !== undefined) credential.storedIn(poolerUsers, "passwords", "pgpool");
    this.environment.ledger.edges.push({
      from: { kind: "pods", ...request.consumer },
      to: this.server.peer,
      ports: [this.address.port],
      purpose: `database ${request.name}`,
    });
    this.made.push({ namespace: request.consumer.namespace, binding });
    return binding;
  }

  /** Lets further pods connect to the server or its pooler. */
  connect(from: Peer, purpose: string): void {
    this.environment.ledger.edges.push({ from, to: this.server.peer, ports: [this.address.port], purpose });
  }

  /** Access as the administrator of all databases, for backups. */
  administrator(consumer: {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  }): AdministratorBinding {
    const { external } = this.args;
    const { host, port: ownPort } = this.administration;
    const { administrationPeer, recoveredPeer, superuser } = this.server;
    const password = superuser?.value ?? external?.password;
    if (password === undefined) throw new TypeError("the server has no administrator");
    const place = { name: "postgresql-administrator", namespace: consumer.namespace };
    const authorities = external?.authorities;
    const authority = authorities === undefined ? undefined : { [authorityKey]: authorities };
    const data = { username: external?.username ?? "postgres", password, ...authority };
    const given = secret(this, "administrator-secret", place, data);
    superuser?.storedIn(given, "password", consumer.namespace);
    this.environment.ledger.edges.push({
      from: { kind: "pods", ...consumer },
      to: administrationPeer,
      ports: [ownPort],
      purpose: "dumps of all databases",
    });
    if (recoveredPeer !== undefined)
      this.environment.ledger.edges.push({
        from: { kind: "pods", ...consumer },
        to: recoveredPeer,
        ports: [ownPort],
        purpose: "copies databases of the recovered server",
      });
    return {
      host,
      port: ownPort,
      database: "postgres",
      user: { secret: given, key: "username" },
      password: { secret: given, key: "password" },
      tls: external && administratorTls(external.sslMode, authority && { secret: given, key: authorityKey }),
      image,
    };
  }

  /**
   * Completes what the pooler needs to know of all databases: PgBouncer's pool size, and pgpool's users, because it authenticates
   * clients itself and rejects users that are not in the list.
   */
  seal(): void {
    // Sorted by name, so that the pooler does not restart if the order of requests changes.
    const byName = [...this.owners].sort(([a], [b]) => compare(a, b));
    const passwords = pulumi.all(byName.map(([, { value }]) => value));
    const { databases, pools } = this.environment.ledger;
    this.poolSize.resolve(poolSize(this.args, databases, pools));
    this.poolerUsers.resolve(
      passwords.apply((texts) => ({
        usernames: byName.map(([name]) => name).join(";"),
        passwords: texts.join(";"),
      })),
    );
  }
}

/** TLS of the administrator's connections to an existing server. */
function administratorTls(mode: SslMode, authority: SecretKey | undefined): AdministratorBinding["tls"] {
  return mode === "disable" ? mode : { mode, authority };
}
