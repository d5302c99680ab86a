import { accountAnnotations, bucketSecrets } from "../kit/bindings.ts";
import type { Bucket } from "../kit/bindings.ts";
import { placed } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import { pulledImage } from "../kit/images.ts";
import type { ChartPods } from "../kit/ledger.ts";
import type { Values } from "../kit/merge.ts";
import { priorityClass } from "../kit/priority.ts";
import { resources } from "../kit/resources.ts";
import { combinedChecksum, secretKeyRef } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { goTrust, trustedMount, trustedVolume } from "../kit/trust.ts";
import type { Trusted } from "../kit/trust.ts";
import { account, copiesName, location, locationConfig, madePods, releaseName, sizes, veleroFolder } from "./shape.ts";

/** The plug-in for buckets that belongs to Velero 1.18 (Velero, "Upgrading to Velero 1.18"). */
const pluginImage = "docker.io/velero/velero-plugin-for-aws:v1.14.0";

/** The image's own user has a name, which the kubelet cannot check against `runAsNonRoot`. */
const user = 65532;

/** A folder that it may write to: it keeps the configuration and the cache of its repositories in $HOME. */
const home = { name: "home", mountPath: "/home/velero" } as const;

const containerSecurity = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
} as const;

/** What the chart's values follow from. */
export interface ChartArgs {
  readonly bucket: Bucket;
  /** Whether any class of volumes can be snapshot: without the kinds of snapshots in the cluster, Velero fails. */
  readonly snapshots: boolean;
  readonly agents: boolean;
  readonly trusted?: Trusted;
  /** What its pods read when they start. */
  readonly restartWith: readonly Keyed[];
  readonly serviceMonitor: boolean;
}

type Surroundings = Pick<Environment, "images" | "placement" | "stack">;

/** Values of the chart `velero`. */
export function veleroValues(args: ChartArgs, environment: Surroundings): Values {
  const { agents, bucket, restartWith, serviceMonitor, trusted } = args;
  const extraVolumes = [{ name: home.name, emptyDir: {} }, ...(trusted ? [trustedVolume(trusted)] : [])];
  const extraVolumeMounts = [home, ...(trusted ? [trustedMount] : [])];
  return {
    fullnameOverride: releaseName,
    // The definitions in the chart's folder `crds/` are installed with it; the Job would need the image of kubectl.
    upgradeCRDs: false,
    podAnnotations: { "groundplan/checksum": combinedChecksum(restartWith) },
    podSecurityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containerSecurityContext: containerSecurity,
    resources: resources(sizes.server),
    initContainers: [
      {
        name: "plugin-for-aws",
        image: pulledImage(pluginImage, environment.images),
        imagePullPolicy: "IfNotPresent",
        resources: resources(sizes.plugin),
        securityContext: containerSecurity,
        volumeMounts: [{ name: "plugins", mountPath: "/target" }],
      },
    ],
    extraVolumes,
    extraVolumeMounts,
    serviceAccount: { server: { name: account, annotations: accountAnnotations(bucket.access) } },
    // The key is in variables, for Velero, its plug-in and the pods that it makes.
    credentials: { useSecret: false },
    snapshotsEnabled: false,
    deployNodeAgent: agents,
    ...(agents && { nodeAgent: agentValues(extraVolumes, extraVolumeMounts) }),
    configuration: configuration(args, environment),
    metrics: { serviceMonitor: { enabled: serviceMonitor, autodetect: false } },
  };
}

/** Its agents are root, because volumes belong to any account, and they mount the volumes of every pod of their node. */
function agentValues(extraVolumes: readonly object[], extraVolumeMounts: readonly object[]): Values {
  return {
    resources: resources(sizes.agent),
    // Volumes are on every node, whatever its taints.
    tolerations: [{ operator: "Exists" }],
    podSecurityContext: { runAsUser: 0, seccompProfile: { type: "RuntimeDefault" } },
    containerSecurityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
    extraVolumes: [...extraVolumes, { name: "temporary", emptyDir: {} }],
    extraVolumeMounts: [...extraVolumeMounts, { name: "temporary", mountPath: "/tmp" }],
    extraArgs: [`--node-agent-configmap=${copiesName}`],
  };
}

function configuration({ bucket, snapshots, trusted }: ChartArgs, environment: Surroundings): Values {
  const { access } = bucket;
  const { nodeSelector } = placed(environment.placement);
  return {
    backupStorageLocation: [
      {
        name: location,
        provider: "aws",
        default: true,
        bucket: bucket.bucket,
        prefix: veleroFolder(environment.stack),
        config: locationConfig(bucket),
      },
    ],
    volumeSnapshotLocation: [],
    ...(snapshots && { features: "EnableCSI" }),
    // Every Schedule names what becomes of its volumes.
    defaultVolumesToFsBackup: false,
    logFormat: "json",
    extraEnvVars: [
      { name: "HOME", value: home.mountPath },
      ...(access.kind === "keys"
        ? [
            { name: "AWS_ACCESS_KEY_ID", valueFrom: secretKeyRef(access.accessKey) },
            { name: "AWS_SECRET_ACCESS_KEY", valueFrom: secretKeyRef(access.secretKey) },
          ]
        : []),
      ...(trusted ? [goTrust] : []),
    ],
    repositoryMaintenanceJob: {
      repositoryConfigData: {
        global: {
          keepLatestMaintenanceJobs: 1,
          podResources: madePods,
          priorityClassName: priorityClass(environment, "platform"),
          ...(nodeSelector && { loadAffinity: [{ nodeSelector: { matchLabels: nodeSelector } }] }),
        },
      },
    },
  };
}

/** What its pods read when they start. */
export function readByPods(bucket: Bucket, trusted: Trusted | undefined): Keyed[] {
  return [...bucketSecrets(bucket.access), ...(trusted ? [trusted] : [])];
}

/** The requests of the chart's pods. */
export function chartPods(agents: boolean): ChartPods[] {
  return [
    { name: releaseName, kind: "Deployment", replicas: 1, containers: [sizes.server] },
    ...(agents ? [{ name: "node-agent", kind: "DaemonSet", replicas: 1, containers: [sizes.agent] } as const] : []),
  ];
}
