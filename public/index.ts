import "../stacks/older-node.ts";

// The program.
export { groundplan } from "../index.ts";
export type { EngineProgram } from "../index.ts";
export { ExtensionPlatform } from "../stacks/extension.ts";
export type { Extension, Outputs } from "../stacks/extension.ts";
export type {
  CertificateArgs,
  ClientArgs,
  Consumer,
  DatabaseArgs,
  HostArgs,
  HostLoginArgs,
  NamespaceArgs,
  WatchArgs,
} from "../stacks/extension/arguments.ts";
export { outputsOf } from "../stacks/outputs.ts";
export type { StackOutputs } from "../stacks/outputs.ts";
export { Platform } from "../stacks/platform.ts";
export type { Settings } from "../stacks/settings/settings.ts";

// The kit: what components are made of.
export type {
  Bucket,
  BucketAccess,
  CertificateBinding,
  DatabaseBinding,
  Exposure,
  ExposureRequest,
  IdentityProvider,
  Login,
  LogInput,
  LogsBinding,
  OidcClient,
  OidcClientRequest,
  SharedFolder,
} from "../components/kit/bindings.ts";
export { accountAnnotations, bucketSecrets } from "../components/kit/bindings.ts";
export { chartRelease } from "../components/kit/chart-release.ts";
export type { ChartReleaseSpec } from "../components/kit/chart-release.ts";
export { claim } from "../components/kit/claim.ts";
export type { ClaimSpec } from "../components/kit/claim.ts";
export { Component, keepsData, outlives } from "../components/kit/component.ts";
export type { ChildOptions, Metadata } from "../components/kit/component.ts";
export { Credential } from "../components/kit/credential.ts";
export type { CredentialSpec, Recipe } from "../components/kit/credential.ts";
export type { Cluster, Environment } from "../components/kit/environment.ts";
export { serviceHost } from "../components/kit/environment.ts";
export type { StorageRole } from "../components/kit/storage-class.ts";
export { Ledger } from "../components/kit/ledger.ts";
export type { ClaimFiles, Edge, Peer } from "../components/kit/ledger.ts";
export { metricsEdges } from "../components/kit/metrics.ts";
export type { MetricsReader } from "../components/kit/metrics.ts";
export { fullHost } from "../components/kit/names.ts";
export type { Mount, Pod, Probe, Server, Task, Volume } from "../components/kit/pod.ts";
export { Pods } from "../components/kit/pods.ts";
export type { PodPeer, PodService } from "../components/kit/pods.ts";
export type { Bytes, Cpu, Duration } from "../components/kit/quantities.ts";
export type { Size } from "../components/kit/resources.ts";
export { binarySecret, configMap, secret, secretKeyRef } from "../components/kit/secret.ts";
export type { Keyed, SecretKey, SecretPlace } from "../components/kit/secret.ts";
export type { Alert, Panel, Watched } from "../components/kit/watched.ts";
export { cronJob, deployment, job, statefulSet, Workload } from "../components/kit/workload.ts";

// The platform's components.
export { Application } from "../components/application/application.ts";
export type { ApplicationArgs } from "../components/application/application.ts";
export { Backup } from "../components/backup/backup.ts";
export type { BackupArgs } from "../components/backup/backup.ts";
export { Certificates } from "../components/certificates/certificates.ts";
export type { CertificatesArgs } from "../components/certificates/certificates.ts";
export { Trust } from "../components/certificates/trust.ts";
export { Confluence } from "../components/confluence/confluence.ts";
export type { ConfluenceArgs } from "../components/confluence/confluence.ts";
export { Gateway } from "../components/gateway/gateway.ts";
export type { GatewayArgs } from "../components/gateway/gateway.ts";
export { Keycloak } from "../components/keycloak/keycloak.ts";
export type { KeycloakArgs } from "../components/keycloak/keycloak.ts";
export { Logging } from "../components/logging/logging.ts";
export type { LoggingArgs } from "../components/logging/logging.ts";
export { Matrix } from "../components/matrix/matrix.ts";
export type { MatrixArgs } from "../components/matrix/matrix.ts";
export { MidPoint } from "../components/midpoint/midpoint.ts";
export type { MidPointArgs } from "../components/midpoint/midpoint.ts";
export { MonitoringDefinitions } from "../components/monitoring/definitions.ts";
export { Monitoring } from "../components/monitoring/monitoring.ts";
export type { MonitoringArgs } from "../components/monitoring/monitoring.ts";
export { Namespaces } from "../components/namespaces/namespaces.ts";
export { Network } from "../components/namespaces/network.ts";
export { NfsProvisioner } from "../components/nfs/provisioner.ts";
export type { NfsProvisionerArgs } from "../components/nfs/provisioner.ts";
export { NfsServer } from "../components/nfs/server.ts";
export type { NfsServerArgs } from "../components/nfs/server.ts";
export { Postgres } from "../components/postgres/postgres.ts";
export type { PostgresArgs } from "../components/postgres/server.ts";
export { Buckets } from "../components/storage/bucket.ts";
export { Storage } from "../components/storage/storage.ts";
