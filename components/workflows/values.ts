import type { Input } from "@pulumi/pulumi";
import { accountAnnotations } from "../kit/bindings.ts";
import type { Bucket, DatabaseBinding, OidcClient } from "../kit/bindings.ts";
import type { PodExtras } from "../kit/environment.ts";
import type { ChartPods } from "../kit/ledger.ts";
import type { Values } from "../kit/merge.ts";
import { resources } from "../kit/resources.ts";
import type { SecretKey } from "../kit/secret.ts";
import { spreadOver } from "../kit/spread.ts";
import { groupFilter } from "./access.ts";
import type { Access } from "./access.ts";
import { containerSecurityContext, workflowDefaults } from "./defaults.ts";
import { controllerName, executorSize, releaseName, serverName, workflowsPods } from "./shape.ts";
import type { WorkflowsShape } from "./shape.ts";

/** The folder with the CA certificates of the database. */
const databaseFolder = "/etc/workflows-database";

/** What the server and the controller get from others. */
export interface WorkflowsBindings {
  readonly database: DatabaseBinding;
  readonly bucket: Bucket;
  /** A Secret in the namespace of workflows with CA certificates of the object store. Default: public CAs only. */
  readonly bucketAuthorities?: SecretKey;
  readonly client: OidcClient;
  /** Where browsers reach the server: `https://HOST`. */
  readonly url: string;
  /** The accounts of users. */
  readonly accesses: readonly Access[];
  /** The Secret with the login of a registry. Default: none. */
  readonly pullSecret?: string;
  /** What the user adds to the pods of workflows. */
  readonly extras: PodExtras;
  readonly serviceMonitor: boolean;
  /** Changes when a Secret that they read does. */
  readonly checksum: Input<string>;
}

/** Values of the chart `argo-workflows`. */
export function argoValues(shape: WorkflowsShape, bindings: WorkflowsBindings): Values {
  const { namespace, onlyTemplates, processing, replicas } = shape;
  const { bucket, checksum, database, serviceMonitor } = bindings;
  const pods = workflowsPods(namespace);
  const managed = ["--managed-namespace", processing.namespace];
  const common = {
    replicas,
    podAnnotations: { "groundplan/checksum": checksum },
    podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    pdb: replicas > 1 ? { enabled: true, maxUnavailable: 1 } : { enabled: false },
    // Templates for the whole cluster would need rights in all of it.
    clusterWorkflowTemplates: { enabled: false },
    ...databaseFiles(database),
  };
  return {
    fullnameOverride: releaseName,
    // Roles in namespaces, no ClusterRoles: the component creates those of the namespace of workflows.
    singleNamespace: true,
    createAggregateRoles: false,
    workflow: { rbac: { create: false } },
    // The full definitions come from the internet, in a Job with rights for the whole cluster.
    crds: { install: true, full: false },
    images: { pullPolicy: "IfNotPresent" },
    controller: {
      ...common,
      ...spreadOver(pods.controller.labels, { replicas }),
      resources: resources(shape.resources.controller),
      extraArgs: managed,
      parallelism: processing.parallelism,
      // A workflow with thousands of steps must not occupy the API server.
      resourceRateLimit: { limit: 10, burst: 20 },
      // One event for each step would fill the API server's database.
      nodeEvents: { enabled: false },
      metricsConfig: { enabled: serviceMonitor, secure: false },
      serviceMonitor: { enabled: serviceMonitor },
      persistence: persistence(shape, database),
      workflowDefaults: workflowDefaults(processing, bindings.pullSecret, bindings.extras),
      workflowRestrictions: onlyTemplates ? { templateReferencing: "Strict" } : undefined,
    },
    mainContainer: { resources: containerResources(processing.resources), securityContext: containerSecurityContext },
    executor: { resources: containerResources(executorSize), securityContext: containerSecurityContext },
    server: {
      ...common,
      ...spreadOver(pods.server.labels, { replicas }),
      serviceAccount: { annotations: accountAnnotations(bucket.access) },
      securityContext: { readOnlyRootFilesystem: true },
      resources: resources(shape.resources.server),
      livenessProbe: { enabled: true },
      extraArgs: managed,
      authModes: ["sso"],
      sso: sso(bindings),
    },
    ...artifacts(bindings),
  };
}

/** Requests and limits without the disk of the node: workflows write what they process there. */
function containerResources({ cpu, memory, memoryLimit }: WorkflowsShape["processing"]["resources"]) {
  return { requests: { cpu, memory }, limits: { memory: memoryLimit } };
}

/** The archive, and the status of workflows that are too large for an object (Argo Workflows, `config.PersistConfig`). */
function persistence({ archive, connections }: WorkflowsShape, database: DatabaseBinding): Values {
  const { secret } = database.password;
  return {
    archive: true,
    archiveTTL: archive,
    nodeStatusOffLoad: true,
    connectionPool: { maxIdleConns: 2, maxOpenConns: connections, connMaxLifetime: "10m" },
    postgresql: {
      host: database.host,
      port: database.port,
      database: database.database,
      tableName: "argo_workflows",
      userNameSecret: { name: secret.name, key: "username" },
      passwordSecret: { name: secret.name, key: database.password.key },
      ...(database.tls && { ssl: true, sslMode: database.tls.mode }),
    },
  };
}

/**
 * Logins. The server asks Keycloak inside the cluster; its tokens name the public address, which is the alias (Argo Workflows,
 * `sso.New`).
 */
function sso({ accesses, client, database, url }: WorkflowsBindings): Values {
  const secretName = client.clientSecret?.secret.name ?? "";
  const discovery = "/.well-known/openid-configuration";
  return {
    enabled: true,
    issuer: client.inCluster.discoveryUrl.slice(0, -discovery.length),
    issuerAlias: client.issuer,
    clientId: { name: secretName, key: "client-id" },
    clientSecret: { name: secretName, key: client.clientSecret?.key ?? "" },
    redirectUrl: `${url}${callbackPath}`,
    rbac: { enabled: true, secretWhitelist: [secretName, database.password.secret.name] },
    customGroupClaimName: client.groupsClaim,
    filterGroupsRegex: groupFilter(accesses),
  };
}

/** Where a login returns to (Argo Workflows, "Argo Server SSO"). */
export const callbackPath = "/oauth2/callback";

/** Artifacts and logs of workflows. The keys are in the namespace of workflows, whose pods read them. */
function artifacts({ bucket, bucketAuthorities }: WorkflowsBindings): Values {
  const { access, bucket: name, endpoint, region } = bucket;
  const { host, protocol } = new URL(endpoint);
  const key = ({ key: of, secret }: SecretKey) => ({ name: secret.name, key: of });
  return {
    useStaticCredentials: access.kind === "keys",
    artifactRepository: {
      archiveLogs: true,
      s3: {
        bucket: name,
        endpoint: host,
        region,
        insecure: protocol === "http:",
        ...(access.kind === "keys"
          ? { accessKeySecret: key(access.accessKey), secretKeySecret: key(access.secretKey) }
          : { useSDKCreds: true }),
        ...(bucketAuthorities && { caSecret: key(bucketAuthorities) }),
      },
    },
  };
}

/** CA certificates of the database: pgx reads the variable as libpq does (pgconn, `ParseConfig`). */
function databaseFiles({ tls }: DatabaseBinding): Values {
  const authority = tls?.authority;
  if (authority === undefined) return {};
  return {
    volumes: [{ name: "database-tls", secret: { secretName: authority.secret.name } }],
    volumeMounts: [{ name: "database-tls", mountPath: databaseFolder, readOnly: true }],
    extraEnv: [{ name: "PGSSLROOTCERT", value: `${databaseFolder}/${authority.key}` }],
  };
}

/** What its pods ask for. */
export function argoPods({ replicas, resources: sizes }: WorkflowsShape): ChartPods[] {
  return [
    { name: controllerName, kind: "Deployment", replicas, containers: [sizes.controller] },
    { name: serverName, kind: "Deployment", replicas, containers: [sizes.server] },
  ];
}
