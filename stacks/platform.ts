import * as pulumi from "@pulumi/pulumi";
import { Certificates } from "../components/certificates/certificates.ts";
import { Gateway } from "../components/gateway/gateway.ts";
import type { DatabaseBinding } from "../components/kit/bindings.ts";
import { Ledger } from "../components/kit/ledger.ts";
import { Keycloak } from "../components/keycloak/keycloak.ts";
import { Logging } from "../components/logging/logging.ts";
import { MidPoint } from "../components/midpoint/midpoint.ts";
import { MonitoringDefinitions } from "../components/monitoring/definitions.ts";
import { Monitoring } from "../components/monitoring/monitoring.ts";
import { Namespaces } from "../components/namespaces/namespaces.ts";
import { Network } from "../components/namespaces/network.ts";
import { Postgres } from "../components/postgres/postgres.ts";
import { Buckets } from "../components/storage/bucket.ts";
import { Storage } from "../components/storage/storage.ts";
import { serveApplications } from "./platform/applications.ts";
import { HostCertificates } from "./platform/certificates.ts";
import { bucketsArgs, postgresArgs } from "./platform/databases.ts";
import { environmentOf, kubernetesProvider, registryLogin } from "./platform/environment.ts";
import { gatewayArgs } from "./platform/gateway.ts";
import { keycloakArgs } from "./platform/keycloak.ts";
import { loggingArgs } from "./platform/logging.ts";
import { midpointArgs } from "./platform/midpoint.ts";
import { monitoringArgs } from "./platform/monitoring.ts";
import { certificatesNamespace, monitoringNamespace, namespacesOf } from "./settings/derive.ts";
import type { Settings } from "./settings/load.ts";

/**
 * The platform of one stack: every component in order, and what one offers handed to the next. What the settings say of a
 * component, in the form that it takes, is for the files of the folder platform/.
 */
export class Platform extends pulumi.ComponentResource {
  readonly ledger = new Ledger();
  readonly certificates?: Certificates;
  readonly postgres?: Postgres;
  readonly gateway?: Gateway;
  readonly keycloak?: Keycloak;
  readonly buckets?: Buckets;
  readonly logging?: Logging;
  readonly monitoring?: Monitoring;
  readonly midpoint?: MidPoint;

  constructor(settings: Settings) {
    super("groundplan:platform:Platform", "platform", {}, { providers: { kubernetes: kubernetesProvider(settings) } });
    const inside = { parent: this };
    const namespaces = new Map<string, pulumi.Resource>();
    const environment = environmentOf(settings, this, { namespaces, ledger: this.ledger });

    // The ground: namespaces, volumes, and the kinds of objects that monitoring brings.
    new Namespaces(environment, namespacesOf(settings), registryLogin(settings), namespaces, inside);
    const storage = new Storage(environment, settings.storage, inside);
    // A claim that is made before the volume that is kept for it gets a new, empty one.
    const afterVolumes = { ...inside, dependsOn: [storage] };
    const definitions = settings.monitoring.serviceMonitors
      ? new MonitoringDefinitions(environment, monitoringNamespace, inside)
      : undefined;
    const serviceMonitors = definitions?.release;

    // What others stand on: certificates, databases, a gateway, an identity provider, buckets.
    if (settings.certificates.enabled) {
      const { certificates, secrets } = settings;
      const args = { ...certificates, namespace: certificatesNamespace, secrets, serviceMonitors };
      this.certificates = new Certificates(environment, args, inside);
    }
    const certificates = new HostCertificates(settings, environment, this.certificates, inside);
    const { challenger } = this.certificates ?? {};
    if (settings.postgresql.enabled)
      this.postgres = new Postgres(environment, postgresArgs(settings, serviceMonitors), afterVolumes);
    const { postgres } = this;
    const database = (request: Parameters<Postgres["database"]>[0]): DatabaseBinding => {
      if (postgres === undefined) throw new RangeError(`no PostgreSQL for the database ${request.name}`);
      return postgres.database(request);
    };
    if (settings.gateway.enabled) {
      const offered = { certificate: certificates.of.bind(certificates), database, challenger, serviceMonitors };
      this.gateway = new Gateway(environment, gatewayArgs(settings, offered), inside);
    }
    const { gateway } = this;
    if (settings.keycloak.enabled && postgres !== undefined) {
      const args = keycloakArgs(settings, postgres, this.certificates, { gateway, serviceMonitors });
      this.keycloak = new Keycloak(environment, args, inside);
    }
    const identity = this.keycloak;
    if (settings.buckets.kind !== "none") this.buckets = new Buckets(environment, bucketsArgs(settings), inside);
    const { buckets } = this;

    // What watches.
    if (settings.logging.enabled) {
      const args = loggingArgs(settings, serviceMonitors, { gateway, identity, buckets });
      this.logging = new Logging(environment, args, afterVolumes);
    }
    if (definitions !== undefined && settings.monitoring.enabled && postgres !== undefined) {
      const offered = {
        definitions: definitions.release,
        logs: this.logging?.logs,
        gateway,
        identityProvider: identity,
      };
      this.monitoring = new Monitoring(environment, monitoringArgs(settings, postgres, buckets, offered), inside);
    }

    // Applications: the user's own, and midPoint.
    serveApplications(settings, { database, certificates, gateway, identity });
    if (identity !== undefined) gateway?.dashboard(identity);
    if (settings.midpoint.enabled && postgres !== undefined) {
      const args = midpointArgs(settings, postgres, { certificates: this.certificates, gateway, identity });
      this.midpoint = new MidPoint(environment, args, inside);
    }

    // Seal: what needs the whole picture.
    this.keycloak?.seal();
    this.postgres?.seal();
    new Network(environment, settings.cluster.apiServerCidrs, inside);
  }
}
