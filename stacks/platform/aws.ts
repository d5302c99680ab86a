import type { Aws, AwsArgs } from "../../components/aws/aws.ts";
import type { AwsControllersArgs } from "../../components/aws/controllers.ts";
import { account as backupAccount } from "../../components/backup/pod.ts";
import { locksFolder, repositoryFolder } from "../../components/backup/repository.ts";
import { controllersNamespace, identitiesOf } from "../../components/aws/identities.ts";
import type { Consumers } from "../../components/aws/identities.ts";
import { bucketPrefix } from "../../components/aws/names.ts";
import type { Place } from "../../components/aws/names.ts";
import { releaseName as certManagerAccount } from "../../components/certificates/cert-manager.ts";
import { releaseName as externalDnsAccount } from "../../components/dns/chart.ts";
import { namespaceOf } from "../../components/kit/application.ts";
import { compare } from "../../components/kit/stable.ts";
import { agentEdge } from "../../components/kit/role-agent.ts";
import { snapshotAccount } from "../../components/logging/snapshots/policy.ts";
import { renewal } from "../../components/registry/names.ts";
import { serverName, workflowAccount, workflowsBucket } from "../../components/workflows/shape.ts";
import { account as veleroAccount, veleroFolder } from "../../components/velero/shape.ts";
import type { BucketsArgs } from "../../components/storage/bucket.ts";
import { declaredApplications } from "../settings/declared.ts";
import type { ParsedSettings } from "../settings/schema.ts";
import type { Settings } from "../settings/settings.ts";
import { archiveFolder } from "../../components/postgres/point-in-time.ts";
import { archiveAccounts, archiveOn } from "./archive.ts";
import { backupBucket, backupNamespace, backupPart, fileNamespaces } from "./backup.ts";
import { pulledRepositories } from "./aws-pulls.ts";
import { certificatesNamespace, certificatesPart } from "./certificates.ts";
import { dnsNamespace, dnsPart } from "./dns.ts";
import { inAws, provesByRole, recordsByRole, registryByRole, roleAgent, zoneIdOf } from "./in-aws.ts";
import { loggingNamespace, loggingPart } from "./logging.ts";
import { monitoringPart } from "./monitoring.ts";
import type { ClaimNeed, Needed, Part } from "./part.ts";
import { registryNamespace, registryPart } from "./registry.ts";
import { copiesFiles, veleroNamespace, veleroPart } from "./velero.ts";
import { workflowsPart } from "./workflows.ts";

/** The section `aws` of a stack that has one. */
function awsOf({ aws }: ParsedSettings): NonNullable<ParsedSettings["aws"]> {
  if (aws === undefined) throw new TypeError("a cluster of AWS has an account");
  return aws;
}

/** Where the stack is in AWS. */
export function placeOf(settings: Settings): Place {
  const { account, name = `groundplan-${settings.stack}`, region } = awsOf(settings);
  return { account, region, name };
}

/**
 * What the settings say of AWS, as the component takes it.
 * @param needed what the parts of the stack need
 */
export function awsArgs(settings: Settings, needed: Needed): AwsArgs {
  const aws = awsOf(settings);
  const { perZone, mostPerZone = perZone, ...system } = aws.system;
  const pulls = pulledRepositories(settings);
  return {
    place: placeOf(settings),
    production: settings.profile === "prod",
    tags: { ...aws.tags, "groundplan:stack": settings.stack },
    network: aws.network,
    storage: {
      buckets: settings.buckets.kind === "aws" ? [...new Set(needed.buckets)].sort(compare) : [],
      versionDays: aws.versionDays,
      sharedFiles: aws.sharedFiles,
    },
    account: {
      zone: aws.zone ? settings.domain : undefined,
      repositories: aws.repositories,
      budget: aws.budget,
    },
    cluster: {
      version: settings.cluster.version,
      serviceCidr: aws.serviceCidr,
      publicCidrs: aws.publicCidrs,
      administrators: aws.administrators,
      logDays: aws.logDays,
      nodes: { system: { ...system, perZone, mostPerZone }, processing: aws.processing, placement: settings.placement },
      identities: identitiesOf(consumersOf(settings, needed.claims), pulls),
      pulls,
    },
    zoneId: zoneIdOf(settings),
  };
}

/**
 * What of the stack acts in AWS: the settings alone decide.
 * @param claims those with files. Default: none, for questions that do not concern buckets
 */
export function consumersOf(settings: ParsedSettings, claims: readonly ClaimNeed[] = []): Consumers {
  const { gateway } = settings;
  const { processing, sharedFiles, system } = awsOf(settings);
  return {
    certManager:
      certificatesPart.on(settings) && provesByRole(settings)
        ? { namespace: certificatesNamespace, serviceAccount: certManagerAccount }
        : undefined,
    externalDns:
      dnsPart.on(settings) && recordsByRole(settings)
        ? { namespace: dnsNamespace, serviceAccount: externalDnsAccount }
        : undefined,
    sharedFiles,
    loadBalancer: gateway.enabled && gateway.service.type === "LoadBalancer",
    autoscaler: processing !== undefined || (system.mostPerZone ?? system.perZone) > system.perZone,
    registryLogin:
      registryPart.on(settings) && registryByRole(settings)
        ? { namespace: registryNamespace, serviceAccount: renewal }
        : undefined,
    buckets: settings.buckets.kind === "aws" ? bucketUsers(settings, claims) : [],
  };
}

/** The object store of a stack whose buckets are in its own account. */
export function awsBuckets(settings: Settings): BucketsArgs {
  const place = placeOf(settings);
  return {
    kind: "s3",
    endpoint: `https://s3.${place.region}.amazonaws.com`,
    region: place.region,
    pathStyle: false,
    prefix: bucketPrefix(place),
    access: { agent: roleAgent },
    cidrs: settings.buckets.cidrs,
  };
}

/** The service accounts that use each bucket. */
function bucketUsers(settings: ParsedSettings, claims: readonly ClaimNeed[]): Consumers["buckets"] {
  const ofFiles = fileNamespaces(claims, settings).map((namespace) => ({
    part: backupPart,
    namespace,
    serviceAccounts: [backupAccount],
    folder: repositoryFolder("*", namespace),
    removes: locksFolder,
  }));
  const own = [
    { part: backupPart, namespace: backupNamespace, serviceAccounts: [backupAccount] },
    ...ofFiles,
    // The sidecar of Prometheus uploads, and Thanos' own programs read.
    { part: monitoringPart, namespace: "monitoring", serviceAccounts: ["kps-prometheus", "thanos-thanos"] },
    // Nodes of OpenSearch, which take snapshots.
    { part: loggingPart, namespace: loggingNamespace, serviceAccounts: [snapshotAccount] },
  ].flatMap(({ part, ...users }) =>
    part.on(settings) ? (part.needs(settings).buckets ?? []).map((name) => ({ name, ...users })) : [],
  );
  const ofApplications = declaredApplications(settings).flatMap(({ application }) =>
    application.buckets.map(({ name }) => ({
      name,
      namespace: namespaceOf(application),
      serviceAccounts: [application.name],
    })),
  );
  const { namespace, processing } = settings.workflows;
  const ofWorkflows = workflowsPart.on(settings)
    ? [
        { name: workflowsBucket, namespace: processing.namespace, serviceAccounts: [workflowAccount] },
        // Shows artifacts and logs from a namespace of its own.
        { name: workflowsBucket, namespace, serviceAccounts: [serverName] },
      ]
    : [];
  const ofArchives = archiveOn(settings)
    ? [
        {
          name: backupBucket,
          namespace: settings.postgresql.namespace,
          serviceAccounts: archiveAccounts(settings),
          // Files of claims in the same namespace have an identity of their own.
          use: "archive",
          folder: archiveFolder("*"),
          // barman-cloud checks that the bucket exists.
          asksForBucket: true,
        },
      ]
    : [];
  const ofVelero = veleroPart.on(settings)
    ? [
        {
          name: backupBucket,
          namespace: veleroNamespace,
          serviceAccounts: [veleroAccount],
          use: "velero",
          folder: veleroFolder("*"),
          // What copies files checks that the bucket exists.
          asksForBucket: copiesFiles(settings),
        },
      ]
    : [];
  return [...own, ...ofArchives, ...ofVelero, ...ofWorkflows, ...ofApplications];
}

/** What the settings say of the controllers, as the component takes it. */
export function controllersArgs(settings: Settings, { vpcId }: Pick<Aws, "vpcId">): AwsControllersArgs {
  const { autoscaler, loadBalancer } = consumersOf(settings);
  return {
    namespace: controllersNamespace,
    place: placeOf(settings),
    vpcId,
    loadBalancer,
    autoscaler,
    replicas: settings.profile === "prod" ? 2 : 1,
    certManager: settings.certificates.enabled,
    agent: (from) => agentEdge(from, roleAgent),
  };
}

/** The controllers that act in AWS from inside the cluster. */
export const awsPart: Part = {
  section: "aws",
  on: (settings) => {
    if (!inAws(settings)) return false;
    const { autoscaler, loadBalancer } = consumersOf(settings);
    return autoscaler || loadBalancer;
  },
  needs: (settings) => {
    const { autoscaler, loadBalancer } = consumersOf(settings);
    return {
      namespaces: [{ name: controllersNamespace }],
      charts: [
        ...(loadBalancer ? (["aws-load-balancer-controller"] as const) : []),
        ...(autoscaler ? (["cluster-autoscaler"] as const) : []),
      ],
      // Kubernetes' own metrics show its pods.
      watched: [
        { component: "aws", title: "AWS controllers", namespace: controllersNamespace, alerts: [], panels: [] },
      ],
    };
  },
};
