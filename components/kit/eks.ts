/** The add-ons of EKS that a cluster gets, by EKS' own names. */
export const addonNames = [
  "aws-ebs-csi-driver",
  "aws-efs-csi-driver",
  "coredns",
  "eks-pod-identity-agent",
  "kube-proxy",
  "vpc-cni",
] as const;

export type AddonName = (typeof addonNames)[number];

/** The drivers of volumes of EBS, and of files in EFS. */
export const awsDrivers = { volumes: "ebs.csi.aws.com", files: "efs.csi.aws.com" } as const;

/** A minor version of Kubernetes on EKS. */
export interface EksVersion {
  /** The last day of standard support (EKS user guide, "Understand the Kubernetes version lifecycle on EKS"). */
  readonly supportEnds: string;
  /** The add-ons' versions (`aws eks describe-addon-versions --kubernetes-version VERSION`). */
  readonly addons: Readonly<Record<AddonName, string>>;
}

/** The day of the sources of the table below: the user guide, and the add-ons of clusters of these versions. */
export const eksVersionsAsOf = "2026-10-31";

/** The versions in standard support. A version in extended support costs six times as much (EKS pricing). */
export const eksVersions: Readonly<Record<string, EksVersion>> = {
  "1.35": {
    supportEnds: "2027-03-27",
    addons: {
      "aws-ebs-csi-driver": "v1.66.0-eksbuild.1",
      "aws-efs-csi-driver": "v3.4.2-eksbuild.1",
      coredns: "v1.14.6-eksbuild.4",
      "eks-pod-identity-agent": "v1.4.0-eksbuild.2",
      "kube-proxy": "v1.35.3-eksbuild.29",
      "vpc-cni": "v1.23.1-eksbuild.1",
    },
  },
  "1.36": {
    supportEnds: "2027-08-02",
    addons: {
      "aws-ebs-csi-driver": "v1.66.0-eksbuild.1",
      "aws-efs-csi-driver": "v3.4.2-eksbuild.1",
      coredns: "v1.14.6-eksbuild.4",
      "eks-pod-identity-agent": "v1.4.0-eksbuild.2",
      "kube-proxy": "v1.36.0-eksbuild.25",
      "vpc-cni": "v1.23.1-eksbuild.1",
    },
  },
};
