import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { LaunchTemplate } from "@pulumi/aws/ec2/launchTemplate.js";
import { AccessEntry } from "@pulumi/aws/eks/accessEntry.js";
import { AccessPolicyAssociation } from "@pulumi/aws/eks/accessPolicyAssociation.js";
import { Addon } from "@pulumi/aws/eks/addon.js";
import { Cluster } from "@pulumi/aws/eks/cluster.js";
import { NodeGroup } from "@pulumi/aws/eks/nodeGroup.js";
import { PodIdentityAssociation } from "@pulumi/aws/eks/podIdentityAssociation.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import type { Key } from "@pulumi/aws/kms/key.js";
import * as pulumi from "@pulumi/pulumi";
import { stableJson } from "../kit/stable.ts";
import { AwsComponent } from "./component.ts";
import type { Identity } from "./identities.ts";
import { managedPolicy, partition } from "./names.ts";
import type { Place } from "./names.ts";
import type { AwsNetwork } from "./network.ts";
import { addonSettings, nodeGroupName, nodeGroups, processorOf } from "./nodes.ts";
import type { NodesArgs } from "./nodes.ts";
import { document, podTrust, trust } from "./policy.ts";
import type { Known } from "./policy.ts";
import { pullStatements } from "./pull-policy.ts";
import type { PulledRepository } from "./pull-policy.ts";
import { eksVersions } from "../kit/eks.ts";
import type { AddonName } from "../kit/eks.ts";

/** A cluster of EKS. */
export interface ClusterArgs {
  /** A minor version of Kubernetes that {@link eksVersions} lists. */
  readonly version: string;
  /** Addresses of Services, outside the VPC. */
  readonly serviceCidr: string;
  /** Who may reach the API server from outside the VPC; empty: none. */
  readonly publicCidrs: readonly string[];
  /** ARNs of roles and users that administer the cluster. */
  readonly administrators: readonly string[];
  /** Days that logs of the control plane are kept. */
  readonly logDays: number;
  readonly nodes: NodesArgs;
  readonly identities: readonly Identity[];
  /** Repositories of the account that images come from, besides the stack's own. */
  readonly pulls: readonly PulledRepository[];
}

/** What stands before the cluster. */
interface Ground {
  readonly network: AwsNetwork;
  readonly key: Key;
  /** Ids of what policies name. */
  readonly known: { readonly [name in keyof Known]: pulumi.Input<string> };
}

/** Kinds of logs of the control plane (EKS, "Send control plane logs to CloudWatch Logs"). */
const logTypes = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/** A cluster of EKS with its nodes, add-ons, administrators and the roles of its pods. */
export class AwsCluster extends AwsComponent {
  readonly cluster: Cluster;

  private readonly place: Place;
  private readonly args: ClusterArgs;
  private readonly ground: Ground;

  constructor(
    place: Place,
    args: ClusterArgs,
    ground: Ground,
    production: boolean,
    options: pulumi.ComponentResourceOptions,
  ) {
    super("AwsCluster", "aws-cluster", production, options);
    this.place = place;
    this.args = args;
    this.ground = ground;
    this.cluster = this.controlPlane();
    this.administrators();
    const identities = this.identities();
    // In this order: an agent that gives out roles, the network of pods, nodes, and what runs on them.
    const agent = this.addon("eks-pod-identity-agent", []);
    const network = this.addon("vpc-cni", [agent, ...identities]);
    const proxy = this.addon("kube-proxy", []);
    const system = this.nodes([network, proxy]);
    this.addon("coredns", system);
    this.addon("aws-ebs-csi-driver", system);
    if (args.identities.some(({ name }) => name === "efs-csi")) this.addon("aws-efs-csi-driver", system);
  }

  /** A kubeconfig whose tokens AWS' command line gives out for a quarter of an hour (EKS, "Grant access to kubectl"). */
  kubeconfig(context: string): pulumi.Output<string> {
    const { name, region } = this.place;
    const { certificateAuthority, endpoint } = this.cluster;
    return pulumi.all([endpoint, certificateAuthority.apply((authority) => authority?.data)]).apply(([server, data]) =>
      stableJson({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: context, cluster: { server, "certificate-authority-data": data } }],
        contexts: [{ name: context, context: { cluster: context, user: context } }],
        "current-context": context,
        users: [
          {
            name: context,
            user: {
              exec: {
                apiVersion: "client.authentication.k8s.io/v1beta1",
                command: "aws",
                args: ["eks", "get-token", "--cluster-name", name, "--region", region, "--output", "json"],
                interactiveMode: "Never",
              },
            },
          },
        ],
      }),
    );
  }

  private controlPlane(): Cluster {
    const { logDays, publicCidrs, serviceCidr, version } = this.args;
    const { key, network } = this.ground;
    const { name } = this.place;
    const role = this.role("control-plane", trust(["eks.amazonaws.com"], ["sts:AssumeRole", "sts:TagSession"]));
    const rights = this.attach("control-plane", role, "AmazonEKSClusterPolicy");
    const logs = this.child(LogGroup, "logs", {
      // The name that EKS writes to; it would create the group itself, and keep everything for ever.
      name: `/aws/eks/${name}/cluster`,
      retentionInDays: logDays,
    });
    return this.child(
      Cluster,
      "cluster",
      {
        name,
        version,
        roleArn: role.arn,
        accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
        bootstrapSelfManagedAddons: false,
        deletionProtection: this.holdsOthers().protect ?? false,
        enabledClusterLogTypes: logTypes,
        encryptionConfig: { provider: { keyArn: key.arn }, resources: ["secrets"] },
        kubernetesNetworkConfig: { ipFamily: "ipv4", serviceIpv4Cidr: serviceCidr },
        upgradePolicy: { supportType: "STANDARD" },
        vpcConfig: {
          subnetIds: network.privateSubnets.map(({ subnet }) => subnet.id),
          endpointPrivateAccess: true,
          endpointPublicAccess: publicCidrs.length > 0,
          publicAccessCidrs: publicCidrs.length > 0 ? [...publicCidrs] : undefined,
        },
      },
      { ...this.holdsOthers(), dependsOn: [rights, logs] },
    );
  }

  private administrators(): void {
    const policyArn = `arn:${partition(this.place)}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`;
    for (const principalArn of this.args.administrators) {
      const who = `admin-${principalArn.split("/").at(-1) ?? ""}`;
      const clusterName = this.cluster.name;
      const entry = this.child(AccessEntry, who, { clusterName, principalArn, type: "STANDARD" });
      this.child(
        AccessPolicyAssociation,
        who,
        { clusterName, principalArn, policyArn, accessScope: { type: "cluster" } },
        { dependsOn: [entry] },
      );
    }
  }

  private identities(): pulumi.Resource[] {
    const { files, key, zone } = this.ground.known;
    const known = pulumi.all([files, key, zone]).apply((ids): Known => ({ files: ids[0], key: ids[1], zone: ids[2] }));
    return this.args.identities.flatMap(({ name, namespace, serviceAccounts, allows }) => {
      const role = this.role(name, podTrust(this.place));
      const rights =
        "managed" in allows
          ? this.attach(name, role, allows.managed)
          : this.child(RolePolicy, name, {
              name,
              role: role.name,
              policy: known.apply((ids) => stableJson(document(allows.policy(this.place, ids)))),
            });
      return serviceAccounts.map((serviceAccount) =>
        this.child(
          PodIdentityAssociation,
          serviceAccounts.length === 1 ? name : `${name}-${serviceAccount}`,
          { clusterName: this.cluster.name, namespace, serviceAccount, roleArn: role.arn },
          { dependsOn: [rights] },
        ),
      );
    });
  }

  private nodes(before: readonly pulumi.Resource[]): NodeGroup[] {
    const { network } = this.ground;
    const role = this.role("nodes", trust(["ec2.amazonaws.com"], ["sts:AssumeRole"]));
    const worker = "AmazonEKSWorkerNodePolicy";
    const rights = [
      this.attach("nodes", role, worker, `-${worker}`),
      this.child(RolePolicy, "nodes-pulls", {
        name: "pulls",
        role: role.name,
        policy: stableJson(document(pullStatements(this.place, this.args.pulls))),
      }),
    ];
    const dependsOn = [...before, ...rights];
    return nodeGroups(
      this.args.nodes,
      network.privateSubnets.map(({ zone }) => zone),
    ).map((group) => {
      const template = this.child(LaunchTemplate, group.name, {
        name: `${this.place.name}-${group.name}`,
        updateDefaultVersion: true,
        metadataOptions: {
          // Pods cannot reach the node's own role: the answer ends at the first hop.
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
        },
        blockDeviceMappings: [
          {
            deviceName: "/dev/xvda",
            ebs: { volumeType: "gp3", volumeSize: group.diskGib, encrypted: "true", deleteOnTermination: "true" },
          },
        ],
        tagSpecifications: [
          { resourceType: "instance", tags: { Name: `${this.place.name}-${group.name}` } },
          { resourceType: "volume", tags: { Name: `${this.place.name}-${group.name}` } },
        ],
      });
      return this.child(
        NodeGroup,
        group.name,
        {
          clusterName: this.cluster.name,
          nodeGroupName: nodeGroupName(group),
          nodeRoleArn: role.arn,
          subnetIds: network.privateSubnets
            .filter(({ zone }) => group.zones.includes(zone))
            .map(({ subnet }) => subnet.id),
          version: this.args.version,
          amiType: processorOf(group.processor).image,
          capacityType: group.spot ? "SPOT" : "ON_DEMAND",
          instanceTypes: [...group.instanceTypes],
          labels: { ...group.labels },
          taints: group.taints.length > 0 ? group.taints.map((taint) => ({ ...taint })) : undefined,
          launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
          scalingConfig: { minSize: group.least, desiredSize: group.least, maxSize: group.most },
          updateConfig: { maxUnavailable: 1 },
          nodeRepairConfig: { enabled: true },
        },
        // The autoscaler changes the number of nodes.
        { dependsOn, ignoreChanges: ["scalingConfig.desiredSize"] },
      );
    });
  }

  private addon(name: AddonName, dependsOn: readonly pulumi.Resource[]): Addon {
    const version = eksVersions[this.args.version];
    if (version === undefined) throw new RangeError(`no add-ons are known for Kubernetes ${this.args.version}`);
    const settings = addonSettings(name, this.place, this.args.nodes);
    return this.child(
      Addon,
      name,
      {
        clusterName: this.cluster.name,
        addonName: name,
        addonVersion: version.addons[name],
        configurationValues: settings && stableJson(settings),
        resolveConflictsOnCreate: "OVERWRITE",
        resolveConflictsOnUpdate: "OVERWRITE",
      },
      { dependsOn },
    );
  }

  private role(name: string, assumeRolePolicy: object): Role {
    return this.child(Role, name, {
      name: `${this.place.name}-${name}`,
      assumeRolePolicy: stableJson(assumeRolePolicy),
    });
  }

  private attach(name: string, role: Role, policy: string, suffix = ""): RolePolicyAttachment {
    return this.child(RolePolicyAttachment, `${name}${suffix}`, {
      role: role.name,
      policyArn: managedPolicy(this.place, policy),
    });
  }
}
