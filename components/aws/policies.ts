import { hostRecordTypes } from "../kit/dns-records.ts";
import { arn, bucketArn, partition } from "./names.ts";
import type { Place } from "./names.ts";

import { allow, owned, ownTag } from "./policy.ts";
import type { Policy } from "./policy.ts";

/**
 * cert-manager proves hosts by records named `_acme-challenge` (cert-manager, "Route53"; Route 53, "Using IAM policy conditions for
 * fine-grained access control"). It finds the zone of a host by its name.
 */
export const certManagerPolicy: Policy = (place, { zone }) => [
  allow("Changes", ["route53:GetChange"], [`arn:${partition(place)}:route53:::change/*`]),
  allow("Zones", ["route53:ListHostedZonesByName"], ["*"]),
  allow("Records", ["route53:ListResourceRecordSets"], [`arn:${partition(place)}:route53:::hostedzone/${zone}`]),
  allow("Challenges", ["route53:ChangeResourceRecordSets"], [`arn:${partition(place)}:route53:::hostedzone/${zone}`], {
    "ForAllValues:StringEquals": { "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"] },
    "ForAllValues:StringLike": { "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.*"] },
  }),
];

/**
 * external-dns changes the records of hosts, and those that say whose they are, in one request (external-dns, docs/tutorials/aws.md).
 * What proves hosts belongs to cert-manager.
 */
export const externalDnsPolicy: Policy = (place, { zone }) => {
  const own = [`arn:${partition(place)}:route53:::hostedzone/${zone}`];
  return [
    allow("Zones", ["route53:ListHostedZones"], ["*"]),
    allow("Records", ["route53:ListResourceRecordSets", "route53:ListTagsForResources"], own),
    allow("Hosts", ["route53:ChangeResourceRecordSets"], own, {
      "ForAllValues:StringEquals": {
        "route53:ChangeResourceRecordSetsRecordTypes": [...hostRecordTypes, "TXT"],
      },
      "ForAllValues:StringNotLike": {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.*"],
      },
    }),
  ];
};

/** The driver of EBS (aws-ebs-csi-driver, docs/example-iam-policy.json), with the cluster's own volumes alone. */
export const ebsPolicy: Policy = (place, { key }) => {
  const ec2 = (kind: string) => `arn:${partition(place)}:ec2:${place.region}:${place.account}:${kind}/*`;
  const requested = { StringEquals: { [`aws:RequestTag/${ownTag(place)}`]: "owned" } };
  return [
    allow(
      "Look",
      [
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeSnapshots",
        "ec2:DescribeTags",
        "ec2:DescribeVolumeStatus",
        "ec2:DescribeVolumes",
        "ec2:DescribeVolumesModifications",
      ],
      ["*"],
    ),
    allow("Create", ["ec2:CreateVolume"], [ec2("volume")], requested),
    // A snapshot of another account or of AWS has its owner in the ARN's place.
    allow("Restore", ["ec2:CreateVolume"], [`arn:${partition(place)}:ec2:${place.region}::snapshot/*`], owned(place)),
    allow("Change", ["ec2:CreateSnapshot", "ec2:DeleteVolume", "ec2:ModifyVolume"], [ec2("volume")], owned(place)),
    allow("Attach", ["ec2:AttachVolume", "ec2:DetachVolume"], [ec2("volume"), ec2("instance")], owned(place)),
    allow("Snapshots", ["ec2:CreateSnapshot"], [`arn:${partition(place)}:ec2:${place.region}::snapshot/*`], requested),
    allow(
      "DeleteSnapshots",
      ["ec2:DeleteSnapshot"],
      [`arn:${partition(place)}:ec2:${place.region}::snapshot/*`],
      owned(place),
    ),
    allow("Tag", ["ec2:CreateTags"], [ec2("volume"), `arn:${partition(place)}:ec2:${place.region}::snapshot/*`], {
      StringEquals: { "ec2:CreateAction": ["CreateVolume", "CreateSnapshot"] },
    }),
    allow(
      "Encrypt",
      ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncrypt*"],
      [key],
    ),
    // EC2 decrypts the volume's key for as long as the volume is attached.
    allow("Grant", ["kms:CreateGrant"], [key], { Bool: { "kms:GrantIsForAWSResource": "true" } }),
  ];
};

/** The driver of EFS (aws-efs-csi-driver, docs/iam-policy-example.json), with the stack's own file system alone. */
export const efsPolicy: Policy = (place, { files }) => {
  const fileSystem = arn(place, "elasticfilesystem", `file-system/${files}`);
  const accessPoints = arn(place, "elasticfilesystem", "access-point/*");
  return [
    allow("Look", ["ec2:DescribeAvailabilityZones", "elasticfilesystem:DescribeAccessPoints"], ["*"]),
    allow(
      "LookAtFiles",
      ["elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeMountTargets"],
      [fileSystem],
    ),
    allow(
      "Create",
      ["elasticfilesystem:CreateAccessPoint", "elasticfilesystem:TagResource"],
      [fileSystem, accessPoints],
      {
        StringEquals: { "aws:RequestTag/efs.csi.aws.com/cluster": "true" },
      },
    ),
    allow("Delete", ["elasticfilesystem:DeleteAccessPoint"], [accessPoints], {
      StringEquals: { "aws:ResourceTag/efs.csi.aws.com/cluster": "true" },
    }),
  ];
};

/** The autoscaler (cluster-autoscaler, cloudprovider/aws/README.md), with the cluster's own node groups alone. */
export const autoscalerPolicy: Policy = (place) => [
  allow(
    "Look",
    [
      "autoscaling:DescribeAutoScalingGroups",
      "autoscaling:DescribeAutoScalingInstances",
      "autoscaling:DescribeLaunchConfigurations",
      "autoscaling:DescribeScalingActivities",
      "ec2:DescribeImages",
      "ec2:DescribeInstanceTypes",
      "ec2:DescribeLaunchTemplateVersions",
      "ec2:GetInstanceTypesFromInstanceRequirements",
    ],
    ["*"],
  ),
  allow("NodeGroups", ["eks:DescribeNodegroup"], [arn(place, "eks", `nodegroup/${place.name}/*/*`)]),
  allow(
    "Scale",
    ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
    [arn(place, "autoscaling", "autoScalingGroup:*:autoScalingGroupName/*")],
    { StringEquals: { [`aws:ResourceTag/k8s.io/cluster-autoscaler/${place.name}`]: "owned" } },
  ),
];

/**
 * The controller of load balancers (aws-load-balancer-controller, docs/install/iam_policy.json), without what only HTTP load
 * balancers, web firewalls and logins at a load balancer need: the gateway is behind a network load balancer.
 */
export const loadBalancerPolicy: Policy = (place) => {
  const ec2 = (kind: string) => arn(place, "ec2", `${kind}/*`);
  const elb = (...kinds: string[]) => kinds.map((kind) => arn(place, "elasticloadbalancing", `${kind}/*`));
  const tag = "elbv2.k8s.aws/cluster";
  const requested = { StringEquals: { [`aws:RequestTag/${tag}`]: place.name } };
  const own = { StringEquals: { [`aws:ResourceTag/${tag}`]: place.name } };
  return [
    allow(
      "Look",
      [
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAddresses",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeInstances",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeTags",
        "ec2:DescribeVpcPeeringConnections",
        "ec2:DescribeVpcs",
        "elasticloadbalancing:DescribeCapacityReservation",
        "elasticloadbalancing:DescribeListenerAttributes",
        "elasticloadbalancing:DescribeListenerCertificates",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeSSLPolicies",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:DescribeTrustStores",
      ],
      ["*"],
    ),
    allow(
      "ServiceRole",
      ["iam:CreateServiceLinkedRole"],
      [`arn:${partition(place)}:iam::${place.account}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*`],
      { StringEquals: { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" } },
    ),
    allow("CreateGroup", ["ec2:CreateSecurityGroup"], [ec2("security-group")], requested),
    allow("InVpc", ["ec2:CreateSecurityGroup", "ec2:GetSecurityGroupsForVpc"], [ec2("vpc")]),
    allow("TagGroup", ["ec2:CreateTags"], [ec2("security-group")], {
      StringEquals: { ...requested.StringEquals, "ec2:CreateAction": "CreateSecurityGroup" },
    }),
    allow(
      "OwnGroups",
      [
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateTags",
        "ec2:DeleteSecurityGroup",
        "ec2:DeleteTags",
        "ec2:RevokeSecurityGroupIngress",
      ],
      [ec2("security-group")],
      own,
    ),
    // The nodes' group, which EKS makes, lets the load balancer's in.
    allow(
      "NodeGroup",
      ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
      [ec2("security-group")],
      owned(place),
    ),
    allow(
      "Create",
      [
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:CreateLoadBalancer",
        "elasticloadbalancing:CreateTargetGroup",
      ],
      elb("listener/net", "loadbalancer/net", "targetgroup"),
      requested,
    ),
    allow(
      "Own",
      [
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyListenerAttributes",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "elasticloadbalancing:RegisterTargets",
        "elasticloadbalancing:RemoveTags",
        "elasticloadbalancing:SetIpAddressType",
        "elasticloadbalancing:SetSecurityGroups",
        "elasticloadbalancing:SetSubnets",
      ],
      elb("listener/net", "loadbalancer/net", "targetgroup"),
      own,
    ),
  ];
};

/**
 * Reading and writing one bucket: what Thanos (docs/storage.md) and restic (minio-go) call.
 * @param folder the only folder of the bucket, with `*` for any characters. Default: the whole bucket
 * @param asks whether the program asks for the bucket itself first, which needs the right to list all of it (S3, "HeadBucket")
 * @param removes the only folder in it of which it may delete objects. Default: all of it
 */
export function bucketPolicy(
  bucket: string,
  folder?: string,
  { asks = false, removes }: { readonly asks?: boolean; readonly removes?: string } = {},
): Policy {
  const within = folder === undefined ? "" : `/${folder}`;
  const actions = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"];
  return (place) => [
    allow("Bucket", ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], [bucketArn(place, bucket)]),
    allow(
      "List",
      ["s3:ListBucket"],
      [bucketArn(place, bucket)],
      folder === undefined || asks ? undefined : { StringLike: { "s3:prefix": `${folder}/*` } },
    ),
    allow("Objects", removes === undefined ? [...actions, "s3:DeleteObject"].sort() : actions, [
      bucketArn(place, bucket, `${within}/*`),
    ]),
    ...(removes === undefined
      ? []
      : [allow("Remove", ["s3:DeleteObject"], [bucketArn(place, bucket, `${within}/${removes}/*`)])]),
  ];
}

/** A bucket's own policy: it refuses connections without TLS (S3, "Require the use of TLS"). */
export function tlsOnly(place: Place, bucket: string): object {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [bucketArn(place, bucket), bucketArn(place, bucket, "/*")],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  };
}
