import * as pulumi from "@pulumi/pulumi";
import type { Aws } from "../components/aws/aws.ts";
import { AwsControllers } from "../components/aws/controllers.ts";
import { Application } from "../components/application/application.ts";
import { Backup } from "../components/backup/backup.ts";
import { Certificates } from "../components/certificates/certificates.ts";
import type { CertificateRequest } from "../components/certificates/certificates.ts";
import { Confluence } from "../components/confluence/confluence.ts";
import { ExternalDns } from "../components/dns/external-dns.ts";
import { Trust } from "../components/certificates/trust.ts";
import { Gateway } from "../components/gateway/gateway.ts";
import type {
  AdministratorBinding,
  CertificateBinding,
  DatabaseBinding,
  LogInput,
  LogsBinding,
  MongodbBinding,
} from "../components/kit/bindings.ts";
import { Ledger } from "../components/kit/ledger.ts";
import type { MetricsReader } from "../components/kit/metrics.ts";
import { Keycloak } from "../components/keycloak/keycloak.ts";
import { Logging } from "../components/logging/logging.ts";
import { Matrix } from "../components/matrix/matrix.ts";
import { MidPoint } from "../components/midpoint/midpoint.ts";
import { MonitoringDefinitions } from "../components/monitoring/definitions.ts";
import { Monitoring } from "../components/monitoring/monitoring.ts";
import { Namespaces } from "../components/namespaces/namespaces.ts";
import type { NamespaceSpec } from "../components/namespaces/namespaces.ts";
import { Network } from "../components/namespaces/network.ts";
import type { DatabaseRequest } from "../components/postgres/database.ts";
import { Postgres } from "../components/postgres/postgres.ts";
import { NfsProvisioner } from "../components/nfs/provisioner.ts";
import { NfsServer } from "../components/nfs/server.ts";
import { EcrLogin } from "../components/registry/registry.ts";
import { SmokeTests } from "../components/smoke/smoke.ts";
import { Buckets } from "../components/storage/bucket.ts";
import { Storage } from "../components/storage/storage.ts";
import { Velero } from "../components/velero/velero.ts";
import { Workflows } from "../components/workflows/workflows.ts";
import { ExtensionPlatform } from "./extension.ts";
import type { Extension, Outputs } from "./extension.ts";
import { Book } from "./extension/book.ts";
import { runExtension } from "./extension/run.ts";
import { serveApplications } from "./platform/applications.ts";
import { backupArgs, backupPart } from "./platform/backup.ts";
import { applicationArgs, applicationsOf } from "./platform/application.ts";
import { clusterOf } from "./cluster.ts";
import { awsPart, controllersArgs } from "./platform/aws.ts";
import { applicationEdges } from "./platform/connections.ts";
import { certificatesArgs, certificatesPart, HostCertificates, trustedAuthorities } from "./platform/certificates.ts";
import { bucketsArgs, bucketsPart, postgresArgs, postgresPart } from "./platform/databases.ts";
import { dnsArgs, dnsPart } from "./platform/dns.ts";
import { environmentOf, registryLogin } from "./platform/environment.ts";
import { gatewayArgs, gatewayPart } from "./platform/gateway.ts";
import { keycloakArgs, keycloakPart } from "./platform/keycloak.ts";
import { loggingArgs, loggingPart } from "./platform/logging.ts";
import { matrixArgs, matrixPart } from "./platform/matrix.ts";
import { midpointArgs, midpointPart } from "./platform/midpoint.ts";
import { confluenceArgs, confluencePart } from "./platform/confluence.ts";
import { definitionsPart, monitoringArgs, monitoringNamespace, monitoringPart } from "./platform/monitoring.ts";
import { nfsServerArgs, nfsServerPart, provisionerArgs, provisionerPart, storageArgs } from "./platform/nfs.ts";
import type { BackupConsumer, Offered } from "./platform/offered.ts";
import type { Part } from "./platform/part.ts";
import { ecrLoginArgs, registryPart } from "./platform/registry.ts";
import { smokeArgs, smokePart } from "./platform/smoke.ts";
import { veleroArgs, veleroPart } from "./platform/velero.ts";
import { workflowsArgs, workflowsPart } from "./platform/workflows.ts";
import { namespacesOf, neededOf } from "./settings/derive.ts";
import type { Problem } from "./settings/problems.ts";
import type { Settings } from "./settings/settings.ts";

/**
 * The platform of one stack: every component in order. Each takes its part of the settings and what the components before it
 * offer. The files of the folder platform/ say what the settings mean for a component.
 */
export class Platform extends pulumi.ComponentResource implements Offered {
  readonly ledger = new Ledger();
  readonly aws?: Aws;
  readonly serviceMonitors?: MetricsReader;
  readonly trust?: Trust;
  readonly certificates?: Certificates;
  readonly postgres?: Postgres;
  readonly gateway?: Gateway;
  readonly dns?: ExternalDns;
  readonly keycloak?: Keycloak;
  readonly buckets?: Buckets;
  readonly nfs?: NfsServer;
  readonly logging?: Logging;
  readonly monitoring?: Monitoring;
  readonly midpoint?: MidPoint;
  /** Outputs of the program of the user's own. */
  readonly outputs: Outputs = {};
  /** Problems of that program that do not stop it. */
  readonly warnings: readonly Problem[] = [];
  readonly confluence?: Confluence;
  readonly smokeTests?: SmokeTests;
  private readonly hostCertificates: HostCertificates;

  /** @param extension the program of the user's own; default: none */
  constructor(settings: Settings, extension?: Extension) {
    const { aws, provider } = clusterOf(settings);
    super("groundplan:platform:Platform", "platform", {}, { providers: { kubernetes: provider } });
    this.aws = aws;
    const inside = { parent: this };
    const namespaces = new Map<string, pulumi.Resource>();
    const registryLogins = new Map<string, pulumi.Resource>();
    const environment = environmentOf(settings, this, { namespaces, logins: registryLogins, ledger: this.ledger });
    const has = (part: Part) => part.on(settings);

    const needed = neededOf(settings);

    // The ground: namespaces, volumes, and the kinds of objects that Prometheus reads.
    const specs = namespacesOf(settings);
    const ground = new Namespaces(environment, specs, registryLogin(settings), namespaces, inside);
    const names = specs.map(({ name }) => name);
    const login = has(registryPart)
      ? new EcrLogin(environment, ecrLoginArgs(settings, names), registryLogins, inside)
      : undefined;
    const storage = new Storage(environment, storageArgs(settings, aws), inside);
    // A claim that is created before the volume that is kept for it gets a new, empty one.
    const existing = { ...inside, dependsOn: [storage] };
    if (has(nfsServerPart)) this.nfs = new NfsServer(environment, nfsServerArgs(settings, needed.folders), existing);
    const served = { ...inside, dependsOn: [storage, ...(this.nfs ? [this.nfs] : [])] };
    const provisioner = has(provisionerPart)
      ? new NfsProvisioner(environment, provisionerArgs(settings), served)
      : undefined;
    const afterVolumes = { ...inside, dependsOn: [...served.dependsOn, ...(provisioner ? [provisioner] : [])] };
    if (has(definitionsPart))
      this.serviceMonitors = new MonitoringDefinitions(environment, monitoringNamespace, inside).reader;

    const trusted = trustedAuthorities(settings);
    if (trusted.length > 0) this.trust = new Trust(environment, trusted, inside);

    // What other components use: certificates, databases, a gateway, an identity provider, buckets.
    if (has(certificatesPart))
      this.certificates = new Certificates(environment, certificatesArgs(settings, this), inside);
    this.hostCertificates = new HostCertificates(settings, environment, this.certificates, inside);
    const controllers =
      has(awsPart) && aws
        ? new AwsControllers(environment, controllersArgs(settings, aws), {
            ...inside,
            dependsOn: this.certificates ? [this.certificates] : [],
          })
        : undefined;
    const balanced = { ...inside, dependsOn: controllers ? [controllers] : [] };
    if (has(bucketsPart)) this.buckets = new Buckets(environment, bucketsArgs(settings), inside);
    if (has(postgresPart)) this.postgres = new Postgres(environment, postgresArgs(settings, this), afterVolumes);
    // A program may ask for a login after the gateway is configured.
    const logins = needed.hosts.some(({ login }) => login) || (extension !== undefined && settings.keycloak.enabled);
    if (has(gatewayPart)) this.gateway = new Gateway(environment, gatewayArgs(settings, this, logins), balanced);
    if (has(dnsPart)) this.dns = new ExternalDns(environment, dnsArgs(settings, this, aws), inside);
    if (has(keycloakPart)) this.keycloak = new Keycloak(environment, keycloakArgs(settings, this), inside);

    // Logs and metrics.
    if (has(loggingPart)) this.logging = new Logging(environment, loggingArgs(settings, this), afterVolumes);
    if (has(monitoringPart)) this.monitoring = new Monitoring(environment, monitoringArgs(settings, this), inside);

    // Applications: the user's own, midPoint and Matrix.
    const clients = serveApplications(settings, this);
    for (const spec of applicationsOf(settings))
      new Application(environment, applicationArgs(settings, this, clients, spec), afterVolumes);
    this.ledger.edges.push(...applicationEdges(settings));
    if (this.identity) this.gateway?.dashboard(this.identity);
    if (has(midpointPart)) this.midpoint = new MidPoint(environment, midpointArgs(settings, this), inside);
    if (has(matrixPart)) new Matrix(environment, matrixArgs(settings, this), afterVolumes);
    if (has(confluencePart))
      this.confluence = new Confluence(environment, confluenceArgs(settings, this), afterVolumes);

    if (has(workflowsPart)) new Workflows(environment, workflowsArgs(settings, this), balanced);

    // The user's own components.
    const book = new Book(settings);
    if (extension !== undefined) {
      const own = { ...environment, inside: afterVolumes };
      const added = {
        add: (spec: NamespaceSpec) => {
          ground.add(spec);
          login?.add(spec.name);
        },
      };
      this.outputs = runExtension(extension, new ExtensionPlatform(settings, own, this, added, book));
      book.close();
      this.warnings = book.warnings;
    }

    // Backups of the databases that all components have asked for.
    const { databases, tables } = book.backedUp();
    const all = [...needed.databases, ...databases];
    if (has(backupPart))
      new Backup(environment, backupArgs(settings, this, all, tables, this.ledger.data), afterVolumes);
    if (has(veleroPart)) new Velero(environment, veleroArgs(settings, this), inside);
    if (extension !== undefined) book.settle(this.ledger);

    if (has(smokePart)) this.smokeTests = new SmokeTests(environment, smokeArgs(settings, this), afterVolumes);

    // What needs the whole picture: alerts, the hosts' records, shared folders, the realm's clients, the pooler's users, the network policies.
    this.monitoring?.seal({ namespaces: [...namespaces.keys()], watched: [...needed.watched, ...book.watched] });
    this.gateway?.seal();
    this.dns?.seal(this.gateway?.hosts ?? []);
    this.nfs?.seal();
    this.keycloak?.seal();
    this.postgres?.seal();
    new Network(environment, inside);
  }

  get identity(): Keycloak | undefined {
    return this.keycloak;
  }

  get logs(): LogsBinding | undefined {
    return this.logging?.logs;
  }

  logInput(title: string): LogInput {
    if (this.logging === undefined) throw new RangeError(`no Graylog for the input ${title}`);
    return this.logging.input(title);
  }

  database(request: DatabaseRequest): DatabaseBinding {
    if (this.postgres === undefined) throw new RangeError(`no PostgreSQL for the database ${request.name}`);
    return this.postgres.database(request);
  }

  administrator(consumer: BackupConsumer): AdministratorBinding | undefined {
    return this.postgres?.administrator(consumer);
  }

  mongodb(consumer: BackupConsumer): MongodbBinding | undefined {
    return this.logging?.mongodb(consumer);
  }

  certificate(request: CertificateRequest): CertificateBinding {
    return this.hostCertificates.of(request);
  }
}
