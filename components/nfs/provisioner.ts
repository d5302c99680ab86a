import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { ClusterRole } from "@pulumi/kubernetes/rbac/v1/clusterRole.js";
import { ClusterRoleBinding } from "@pulumi/kubernetes/rbac/v1/clusterRoleBinding.js";
import { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { chartRelease } from "../kit/chart-release.ts";
import { Component } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import { resources } from "../kit/resources.ts";
import type { Size } from "../kit/resources.ts";
import { deployment } from "../kit/workload.ts";
import { provisionerName } from "./shares.ts";
import type { ProvisionerKind, ShareSpec } from "./shares.ts";

/** Arguments of the component. */
export interface NfsProvisionerArgs {
  readonly kind: ProvisionerKind;
  readonly namespace: string;
  readonly shares: readonly ShareSpec[];
}

/** The name of the Deployment, and of its account. */
const name = "nfs-client-provisioner";

const image = "registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:v4.0.2";

/** Where the program expects the share; it cannot be changed. */
const mountPath = "/persistentvolumes";

/** Its rights in the cluster, and the lock in its namespace that the program takes (nfs-subdir-external-provisioner, deploy/rbac.yaml). */
const clusterRules = [
  { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
  { apiGroups: [""], resources: ["persistentvolumes"], verbs: ["get", "list", "watch", "create", "delete"] },
  { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["get", "list", "watch", "update"] },
  { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: ["get", "list", "watch"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create", "update", "patch"] },
];
const lockRules = [
  { apiGroups: [""], resources: ["endpoints"], verbs: ["get", "list", "watch", "create", "update", "patch"] },
];

/** Requests and limits of the driver's containers. */
const sizes = {
  sidecar: { cpu: "10m", memory: "32Mi", memoryLimit: "128Mi" },
  nfs: { cpu: "10m", memory: "64Mi", memoryLimit: "300Mi" },
} as const satisfies Record<string, Size>;

/** What creates a folder on an NFS share for every claim of the share's storage class. The classes are Storage's. */
export class NfsProvisioner extends Component {
  private readonly args: NfsProvisionerArgs;

  constructor(environment: Environment, args: NfsProvisionerArgs, options: ComponentResourceOptions) {
    super("nfs:NfsProvisioner", "nfs-provisioner", args.kind, environment, options);
    this.args = args;
    if (args.kind === "csi-driver-nfs") this.driver();
    else this.provisioner();
  }

  /** One Deployment with a container for each share. */
  private provisioner(): void {
    const { namespace, shares } = this.args;
    const volume = (share: ShareSpec) => `nfs-root-${share.name}`;
    const rights = this.rights();
    const pods = deployment(
      this,
      "provisioner",
      {
        name,
        namespace,
        replicas: 1,
        recreate: true,
        pod: {
          serviceAccount: name,
          // Root on the share: it gives each folder its mode.
          runAs: { user: 0, group: 0 },
          volumes: Object.fromEntries(
            shares.map((share) => [volume(share), { nfs: { server: share.server, path: share.path } }]),
          ),
          containers: shares.map((share) => ({
            name: `${name}-${share.name}`,
            image,
            env: {
              NFS_PATH: share.path,
              NFS_SERVER: share.server,
              PROVISIONER_NAME: provisionerName(share.name),
            },
            mounts: { [mountPath]: { volume: volume(share) } },
            resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
          })),
        },
      },
      { dependsOn: rights },
    );
    const { accepted, edges, exemptions } = this.environment.ledger;
    edges.push({
      from: pods.peer,
      to: { kind: "apiServer" },
      ports: this.environment.cluster.apiServerPorts,
      purpose: "claims and volumes",
    });
    exemptions.push({
      namespace,
      level: "baseline",
      reason: "the provisioner mounts the shares themselves, and creates folders on them as root",
    });
    accepted.push({
      check: "GP050",
      object: `Deployment ${namespace}/${name}`,
      reason: "mounted volumes do not need it: while it restarts, new claims wait",
    });
  }

  /** Exactly the rights that the program uses. */
  private rights() {
    const { namespace } = this.args;
    const subjects = [{ kind: "ServiceAccount", name, namespace }];
    const role = { apiGroup: "rbac.authorization.k8s.io" };
    const runner = "nfs-client-provisioner-runner";
    const locking = "leader-locking-nfs-client-provisioner";
    const account = this.object(
      ServiceAccount,
      "account",
      { name, namespace },
      { automountServiceAccountToken: false },
    );
    this.object(ClusterRole, "runner", { name: runner }, { rules: clusterRules });
    const running = this.object(
      ClusterRoleBinding,
      "run",
      { name: "run-nfs-client-provisioner" },
      { roleRef: { ...role, kind: "ClusterRole", name: runner }, subjects },
    );
    this.object(Role, "locking", { name: locking, namespace }, { rules: lockRules });
    const lock = this.object(
      RoleBinding,
      "lock",
      { name: locking, namespace },
      { roleRef: { ...role, kind: "Role", name: locking }, subjects },
    );
    return [account, running, lock];
  }

  /** csi-driver-nfs from its chart. */
  private driver(): void {
    const { namespace } = this.args;
    const [sidecar, nfs] = [resources(sizes.sidecar), resources(sizes.nfs)];
    chartRelease(this, "release", {
      chart: "csi-driver-nfs",
      name: "csi-driver-nfs",
      namespace,
      values: {
        controller: {
          // Its sidecar ends if the cluster has no definitions of snapshots.
          enableSnapshotter: false,
          resources: { csiProvisioner: sidecar, csiResizer: sidecar, livenessProbe: sidecar, nfs },
        },
        node: { resources: { livenessProbe: sidecar, nodeDriverRegistrar: sidecar, nfs } },
        // It opens a port of the node for a probe that the driver's own probe includes.
        nodeDriverRegistrar: { livenessProbe: { enabled: false } },
      },
      pods: [
        {
          kind: "Deployment",
          name: "csi-nfs-controller",
          replicas: 1,
          containers: [sizes.sidecar, sizes.sidecar, sizes.sidecar, sizes.nfs],
        },
        {
          kind: "DaemonSet",
          name: "csi-nfs-node",
          replicas: 1,
          containers: [sizes.sidecar, sizes.sidecar, sizes.nfs],
        },
      ],
    });
    const { accepted, exemptions } = this.environment.ledger;
    exemptions.push({
      namespace,
      level: "privileged",
      reason: "the driver mounts NFS volumes on the nodes, into the folders of the kubelet",
    });
    accepted.push(
      {
        check: "GP010",
        object: `DaemonSet ${namespace}/csi-nfs-node`,
        reason: "every node mounts volumes",
      },
      {
        check: "GP050",
        object: `Deployment ${namespace}/csi-nfs-controller`,
        reason: "mounted volumes do not need it: while it restarts, new claims wait",
      },
      ...[`DaemonSet ${namespace}/csi-nfs-node`, `Deployment ${namespace}/csi-nfs-controller`].map((object) => ({
        check: "GP083",
        object,
        reason: "the driver mounts volumes over the node's network, and the servers know the nodes' addresses",
      })),
    );
  }
}
