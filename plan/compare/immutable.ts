import { stableJson } from "../../components/kit/stable.ts";
import { bytes } from "../checks/look.ts";
import type { Item } from "./items.ts";
import { at } from "../../components/kit/unknown.ts";
import { visibleTextAt } from "./hidden.ts";

type Check = (old: Item, fresh: Item) => readonly string[];

/** What cannot be changed in place. */
export interface ImmutableRule {
  /** Kinds with their API group as `group/Kind`, the core group empty; or type tokens of other providers. */
  readonly of: readonly string[];
  /** The paths that changed, and must not. */
  readonly changed: Check;
  readonly why: string;
  /**
   * What happens to an object of the program's own: Pulumi recreates it (the default); the API server refuses, and `up` fails;
   * or Pulumi recreates it although the API server would accept the change.
   */
  readonly then?: "refused" | "needless";
}

/** Why an object cannot become another in place. */
export interface Obstacle {
  readonly reason: string;
  /** Pulumi tries all the same, and `up` fails. */
  readonly refused: boolean;
}

const fields =
  (...paths: string[]): Check =>
  (old, fresh) =>
    paths.filter((path) => differs(at(old.body, ...path.split(".")), at(fresh.body, ...path.split("."))));

/** Every member of an object, or of the whole body where the path is empty, but those named. */
const allBut =
  (path: string, ...free: string[]): Check =>
  (old, fresh) => {
    const part = ({ body }: Item) => members(path === "" ? body : at(body, ...path.split(".")));
    const [before, after] = [part(old), part(fresh)];
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys
      .filter((key) => !free.includes(key) && differs(before[key], after[key]))
      .map((key) => (path === "" ? key : `${path}.${key}`));
  };

/** A claim can grow, never shrink. */
const shrunk: Check = (old, fresh) => {
  const [was, is] = [storageRequest(old.body), storageRequest(fresh.body)];
  return was !== undefined && is !== undefined && is < was ? ["spec.resources.requests.storage"] : [];
};

/**
 * Pulumi knows a cluster by its identifier, where it has one; else by what its context is in the kubeconfig. With a context
 * alone it takes another cluster for the same one.
 */
const cluster: Check = (old, fresh) => {
  const given = (key: string) =>
    [old, fresh].map(({ body }) => visibleTextAt(body, key) ?? "").filter((text) => text !== "");
  const identifiers = given("clusterIdentifier");
  if (identifiers.length === 2) return fields("clusterIdentifier")(old, fresh);
  return given("kubeconfig").length === 2 ? fields("kubeconfig", "context", "cluster")(old, fresh) : [];
};

/** CloudNativePG's webhook refuses less storage, and to give up storage that a server has. */
const clusterStorage: Check = (old, fresh) =>
  ["storage", "walStorage"].flatMap((key) => {
    const [before, after] = [at(old.body, "spec", key), at(fresh.body, "spec", key)];
    if (before !== undefined && after === undefined) return [`spec.${key}`];
    const [was, is] = [bytes(visibleTextAt(before, "size")), bytes(visibleTextAt(after, "size"))];
    return was !== undefined && is !== undefined && is < was ? [`spec.${key}.size`] : [];
  });

/** `immutable: true` is for ever, and so is the content that it guards. */
const sealed: Check = (old, fresh) =>
  at(old.body, "immutable") === true ? fields("data", "stringData", "binaryData", "immutable")(old, fresh) : [];

/** A Service keeps its address; to be headless is an address too. One that was left to the cluster is no change. */
const clusterAddress: Check = (old, fresh) => {
  const [was, is] = [visibleTextAt(old.body, "spec", "clusterIP"), visibleTextAt(fresh.body, "spec", "clusterIP")];
  return was !== is && (was === "None" || is === "None" || (was !== undefined && is !== undefined))
    ? ["spec.clusterIP"]
    : [];
};

/** What of a volume's `spec` is not its source. */
const volumeOther = [
  "accessModes",
  "capacity",
  "claimRef",
  "mountOptions",
  "nodeAffinity",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "volumeAttributesClassName",
  "volumeMode",
];

/** Fields of AWS' resources that are fixed (the provider's schema, `ForceNew`): the type, and its fields. */
const awsFields: readonly (readonly [type: string, ...paths: string[]])[] = [
  ["aws:ebs/volume:Volume", "availabilityZone", "encrypted", "kmsKeyId", "snapshotId"],
  ["aws:ec2/subnet:Subnet", "availabilityZone", "cidrBlock", "vpcId"],
  ["aws:ec2/vpc:Vpc", "cidrBlock"],
  ["aws:ecr/repository:Repository", "encryptionConfigurations", "name"],
  [
    "aws:efs/fileSystem:FileSystem",
    "availabilityZoneName",
    "creationToken",
    "encrypted",
    "kmsKeyId",
    "performanceMode",
  ],
  [
    "aws:eks/cluster:Cluster",
    "accessConfig.bootstrapClusterCreatorAdminPermissions",
    "bootstrapSelfManagedAddons",
    "encryptionConfig.provider.keyArn",
    "kubernetesNetworkConfig.ipFamily",
    "kubernetesNetworkConfig.serviceIpv4Cidr",
    "name",
    "roleArn",
  ],
  [
    "aws:eks/nodeGroup:NodeGroup",
    "amiType",
    "capacityType",
    "clusterName",
    "instanceTypes",
    "nodeGroupName",
    "nodeRoleArn",
    "subnetIds",
  ],
  ["aws:kms/key:Key", "customerMasterKeySpec", "keyUsage", "multiRegion"],
  ["aws:rds/cluster:Cluster", "clusterIdentifier", "engine", "kmsKeyId", "storageEncrypted"],
  ["aws:rds/instance:Instance", "availabilityZone", "engine", "identifier", "kmsKeyId", "storageEncrypted"],
  ["aws:route53/zone:Zone", "name"],
  ["aws:s3/bucket:Bucket", "bucket", "bucketPrefix"],
  ["aws:s3/bucketV2:BucketV2", "bucket", "bucketPrefix"],
];

/**
 * The table, by the validation of Kubernetes (pkg/apis, `Validate…Update`), the fields for which the Kubernetes provider
 * replaces (provider/pkg/provider/diff.go, `forceNew`) and those of the providers random and tls.
 */
export const rules: readonly ImmutableRule[] = [
  {
    of: ["batch/Job"],
    changed: fields("spec.template", "spec.selector"),
    why: "a Job's pod template cannot change",
  },
  {
    of: ["batch/Job"],
    changed: fields("spec.completions", "spec.parallelism"),
    why: "Pulumi runs it again",
    then: "needless",
  },
  {
    of: ["batch/Job"],
    changed: fields("spec.completionMode", "spec.podFailurePolicy", "spec.successPolicy", "spec.backoffLimitPerIndex"),
    why: "a Job's completion mode and policies cannot change",
    then: "refused",
  },
  {
    of: ["apps/Deployment", "apps/DaemonSet", "apps/ReplicaSet"],
    changed: fields("spec.selector"),
    why: "its selector cannot change",
  },
  {
    of: ["apps/StatefulSet"],
    changed: fields("spec.volumeClaimTemplates", "spec.serviceName", "spec.podManagementPolicy", "spec.selector"),
    why: "a StatefulSet's claim templates, Service, order and labels are fixed",
  },
  {
    of: ["apps/StatefulSet"],
    changed: fields("spec.revisionHistoryLimit"),
    why: "Pulumi recreates the StatefulSet; its claims stay",
    then: "needless",
  },
  {
    of: ["/PersistentVolumeClaim"],
    changed: fields("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"),
    why: "only a claim's size can change",
  },
  {
    of: ["/PersistentVolumeClaim"],
    changed: fields("spec.volumeMode", "spec.dataSource", "spec.dataSourceRef"),
    why: "only a claim's size can change",
    then: "refused",
  },
  { of: ["/PersistentVolumeClaim"], changed: shrunk, why: "a claim can only grow", then: "refused" },
  { of: ["/PersistentVolume"], changed: allBut("spec", ...volumeOther), why: "a volume's source is fixed" },
  {
    of: ["/PersistentVolume"],
    changed: fields("spec.volumeMode", "spec.nodeAffinity"),
    why: "where and how a volume is mounted is fixed",
    then: "refused",
  },
  {
    of: ["storage.k8s.io/StorageClass"],
    changed: fields("provisioner", "parameters"),
    why: "a storage class's driver and its parameters are fixed",
  },
  {
    of: ["storage.k8s.io/StorageClass"],
    changed: fields("reclaimPolicy", "volumeBindingMode"),
    why: "a storage class's policies are fixed",
    then: "refused",
  },
  {
    of: ["postgresql.cnpg.io/Cluster"],
    changed: clusterStorage,
    why: "a server's storage can only grow",
    then: "refused",
  },
  { of: ["/Secret"], changed: fields("type"), why: "a Secret's type is fixed" },
  { of: ["/Secret", "/ConfigMap"], changed: sealed, why: "it is marked immutable" },
  { of: ["/Service"], changed: clusterAddress, why: "a Service keeps its address" },
  {
    of: ["rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/ClusterRoleBinding"],
    changed: fields("roleRef"),
    why: "a binding's role is fixed",
  },
  {
    of: ["apiextensions.k8s.io/CustomResourceDefinition"],
    changed: fields("spec.scope", "spec.group", "spec.names.kind", "spec.names.plural"),
    why: "a definition's group, kind and scope are fixed",
    then: "refused",
  },
  {
    of: ["scheduling.k8s.io/PriorityClass"],
    changed: fields("value", "preemptionPolicy"),
    why: "a priority is fixed",
    then: "refused",
  },
  {
    of: ["networking.k8s.io/IngressClass"],
    changed: fields("spec.controller"),
    why: "a class's controller is fixed",
    then: "refused",
  },
  { of: ["node.k8s.io/RuntimeClass"], changed: fields("handler"), why: "a class's handler is fixed", then: "refused" },
  {
    of: ["storage.k8s.io/CSIDriver"],
    changed: fields("spec.attachRequired", "spec.fsGroupPolicy", "spec.volumeLifecycleModes"),
    why: "a driver's abilities are fixed",
    then: "refused",
  },
  { of: ["/ResourceQuota"], changed: fields("spec.scopes"), why: "a quota's scope is fixed" },
  {
    of: ["/Pod"],
    changed: allBut("spec", "activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"),
    why: "a pod is fixed",
  },
  {
    of: ["helm.sh/Release"],
    changed: fields("name", "namespace"),
    why: "Helm knows a release by its name and namespace",
  },
  {
    of: [
      "random:index/randomPassword:RandomPassword",
      "random:index/randomBytes:RandomBytes",
      "random:index/randomString:RandomString",
      "random:index/randomId:RandomId",
      "random:index/randomUuid:RandomUuid",
      "tls:index/privateKey:PrivateKey",
    ],
    changed: allBut(""),
    why: "a new value is generated",
  },
  {
    of: ["tls:index/selfSignedCert:SelfSignedCert", "tls:index/locallySignedCert:LocallySignedCert"],
    changed: allBut("", "earlyRenewalHours"),
    why: "a new certificate is signed",
  },
  {
    of: ["pulumi:providers:kubernetes"],
    changed: cluster,
    why: "Pulumi creates every object on the new cluster and deletes it on the old one",
  },
  ...awsFields.map(([type, ...paths]): ImmutableRule => ({
    of: [type],
    changed: fields(...paths),
    why: "AWS does not change it after creation",
  })),
];

const byKind = new Map<string, ImmutableRule[]>();
for (const rule of rules) for (const kind of rule.of) byKind.set(kind, [...(byKind.get(kind) ?? []), rule]);

/** Why an item cannot become another in place; empty where it can. */
export function obstacles(old: Item, fresh: Item): Obstacle[] {
  const kubernetes = old.type.startsWith("kubernetes:");
  const kind = old.kind === "Release" ? "helm.sh/Release" : `${old.group}/${old.kind}`;
  const own = byKind.get(kubernetes ? kind : old.type) ?? [];
  const found = own.flatMap(({ changed, why, then }) => {
    // Only Pulumi would replace it, and Pulumi does not see into a release.
    if (then === "needless" && old.release !== undefined) return [];
    const paths = changed(old, fresh);
    return paths.length === 0 ? [] : [{ reason: `${paths.join(", ")}: ${why}`, refused: then === "refused" }];
  });
  return [...(kubernetes && old.kind !== "Release" ? identityChanges(old, fresh) : []), ...found];
}

function identityChanges(old: Item, fresh: Item): Obstacle[] {
  const changed = (["group", "kind", "namespace", "name"] as const).filter((key) => old[key] !== fresh[key]);
  const paths = { group: "apiVersion", kind: "kind", namespace: "metadata.namespace", name: "metadata.name" };
  const reason = `${changed.map((key) => paths[key]).join(", ")}: another object`;
  return changed.length === 0 ? [] : [{ reason, refused: false }];
}

/** Bytes of storage that a claim, or a template of claims, asks for. */
export function storageRequest(claimBody: unknown): number | undefined {
  return bytes(visibleTextAt(claimBody, "spec", "resources", "requests", "storage"));
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function differs(old: unknown, fresh: unknown): boolean {
  return stableJson(old ?? null) !== stableJson(fresh ?? null);
}
