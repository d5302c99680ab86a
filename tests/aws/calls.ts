/** A call to AWS: the action, the resource, and what the request says. */
export type Call = readonly [action: string, resource: string, context?: Readonly<Record<string, string | string[]>>];

/** What a program calls, and the same calls to what belongs to a neighbour. */
export interface Calls {
  /** Where the program's documentation lists the calls. */
  readonly source: string;
  readonly own: readonly Call[];
  readonly others: readonly Call[];
}

const at = "eu-west-1:123456789012";
const tagged = (key: string, value: string) => ({ [`aws:ResourceTag/${key}`]: value });
const requested = (key: string, value: string) => ({ [`aws:RequestTag/${key}`]: value });
const records = (types: string[], names: string[], action = "UPSERT") => ({
  "route53:ChangeResourceRecordSetsRecordTypes": types,
  "route53:ChangeResourceRecordSetsNormalizedRecordNames": names,
  "route53:ChangeResourceRecordSetsActions": [action],
});
const [own, other] = ["kubernetes.io/cluster/own", "kubernetes.io/cluster/other"];
const balancer = (name: string) => `arn:aws:elasticloadbalancing:${at}:loadbalancer/net/${name}/1`;
const group = `arn:aws:autoscaling:${at}:autoScalingGroup:1:autoScalingGroupName/nodes`;

/** What restic calls for the repository with the files of a namespace. */
const ofFiles = (namespace: string): Call[] => {
  const objects = `arn:aws:s3:::own-123456789012-backup/prod.${namespace}/data/1`;
  return [
    ["s3:ListBucket", "arn:aws:s3:::own-123456789012-backup", { "s3:prefix": `prod.${namespace}/snapshots/` }],
    ["s3:PutObject", objects],
    ["s3:GetObject", objects],
    ["s3:DeleteObject", `arn:aws:s3:::own-123456789012-backup/prod.${namespace}/locks/1`],
  ];
};

/** What the kubelet's credential provider and containerd call to pull an image, or a Job that renews the password. */
const pullOf = (repository: string, account = "123456789012", region = "eu-west-1"): Call[] =>
  ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"].map((action) => [
    action,
    `arn:aws:ecr:${region}:${account}:repository/${repository}`,
    { "aws:ResourceAccount": account },
  ]);

const pulls: Calls = {
  source: "Amazon ECR User Guide, Private registry authentication; Amazon ECR API Reference, BatchGetImage",
  own: [
    ["ecr:GetAuthorizationToken", "*"],
    ...pullOf("own/web"),
    ...pullOf("shared/nginx"),
    ...pullOf("base/nginx", "123456789012", "eu-central-1"),
    // AWS' own images of add-ons.
    ...pullOf("eks/coredns", "602401143452"),
  ],
  others: [
    ...pullOf("other/web"),
    ...pullOf("owner/web"),
    ...pullOf("web"),
    ...pullOf("base/nginx"),
    ...pullOf("own/web", "123456789012", "eu-central-1"),
    ["ecr:PutImage", "arn:aws:ecr:eu-west-1:123456789012:repository/own/web"],
    ["ecr:DescribeRepositories", "arn:aws:ecr:eu-west-1:123456789012:repository/own/web"],
  ],
};

/** The folder of a stack's backups by Velero. */
const listVelero: Call = [
  "s3:ListBucket",
  "arn:aws:s3:::own-123456789012-backup",
  { "s3:prefix": "velero/prod/backups/" },
];
const ofVelero: Call[] = [
  listVelero,
  ...["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"].map(
    (action): Call => [action, "arn:aws:s3:::own-123456789012-backup/velero/prod/backups/rdm/rdm.tar.gz"],
  ),
];

/** The calls of each identity, by its name. */
export const calls: Readonly<Record<string, Calls>> = {
  nodes: pulls,
  "registry-login": pulls,
  "cert-manager": {
    source: "cert-manager, Route53, Set up an IAM Role",
    own: [
      ["route53:GetChange", "arn:aws:route53:::change/C1"],
      ["route53:ListHostedZonesByName", "*"],
      ["route53:ListResourceRecordSets", "arn:aws:route53:::hostedzone/ZOWN"],
      [
        "route53:ChangeResourceRecordSets",
        "arn:aws:route53:::hostedzone/ZOWN",
        records(["TXT"], ["_acme-challenge.www.example.org"]),
      ],
    ],
    others: [
      [
        "route53:ChangeResourceRecordSets",
        "arn:aws:route53:::hostedzone/ZOTHER",
        records(["TXT"], ["_acme-challenge.www.example.com"]),
      ],
      ["route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/ZOWN", records(["A"], ["www.example.org"])],
      ["route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/ZOWN", records(["TXT"], ["www.example.org"])],
      ["route53:DeleteHostedZone", "arn:aws:route53:::hostedzone/ZOWN"],
    ],
  },
  "external-dns": {
    source: "external-dns, docs/tutorials/aws.md, IAM Policy",
    own: [
      ["route53:ListHostedZones", "*"],
      ["route53:ListResourceRecordSets", "arn:aws:route53:::hostedzone/ZOWN"],
      [
        "route53:ChangeResourceRecordSets",
        "arn:aws:route53:::hostedzone/ZOWN",
        records(["A", "AAAA", "TXT"], ["www.example.org", "a-owner.www.example.org", "aaaa-owner.www.example.org"]),
      ],
      [
        "route53:ChangeResourceRecordSets",
        "arn:aws:route53:::hostedzone/ZOWN",
        records(["CNAME"], ["www.example.org"], "DELETE"),
      ],
    ],
    others: [
      ["route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/ZOTHER", records(["A"], ["www.example.com"])],
      [
        "route53:ChangeResourceRecordSets",
        "arn:aws:route53:::hostedzone/ZOWN",
        records(["A", "TXT"], ["www.example.org", "_acme-challenge.www.example.org"]),
      ],
      ["route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/ZOWN", records(["MX"], ["example.org"])],
      ["route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/ZOWN", records(["NS"], ["example.org"])],
      ["route53:DeleteHostedZone", "arn:aws:route53:::hostedzone/ZOWN"],
    ],
  },
  "ebs-csi": {
    source: "aws-ebs-csi-driver, docs/example-iam-policy.json",
    own: [
      ["ec2:DescribeVolumes", "*"],
      ["ec2:DescribeInstances", "*"],
      ["ec2:CreateVolume", `arn:aws:ec2:${at}:volume/*`, requested(own, "owned")],
      ["ec2:AttachVolume", `arn:aws:ec2:${at}:volume/vol-1`, tagged(own, "owned")],
      ["ec2:AttachVolume", `arn:aws:ec2:${at}:instance/i-1`, tagged(own, "owned")],
      ["ec2:DetachVolume", `arn:aws:ec2:${at}:volume/vol-1`, tagged(own, "owned")],
      ["ec2:DeleteVolume", `arn:aws:ec2:${at}:volume/vol-1`, tagged(own, "owned")],
      ["ec2:ModifyVolume", `arn:aws:ec2:${at}:volume/vol-1`, tagged(own, "owned")],
      ["ec2:CreateSnapshot", `arn:aws:ec2:${at}:volume/vol-1`, tagged(own, "owned")],
      ["ec2:CreateSnapshot", "arn:aws:ec2:eu-west-1::snapshot/*", requested(own, "owned")],
      ["ec2:DeleteSnapshot", "arn:aws:ec2:eu-west-1::snapshot/snap-1", tagged(own, "owned")],
      ["ec2:CreateTags", `arn:aws:ec2:${at}:volume/vol-1`, { "ec2:CreateAction": "CreateVolume" }],
      ["kms:GenerateDataKeyWithoutPlaintext", "arn:aws:kms:eu-west-1:123456789012:key/own"],
      ["kms:CreateGrant", "arn:aws:kms:eu-west-1:123456789012:key/own", { "kms:GrantIsForAWSResource": "true" }],
    ],
    others: [
      ["ec2:AttachVolume", `arn:aws:ec2:${at}:volume/vol-2`, tagged(other, "owned")],
      ["ec2:DeleteVolume", `arn:aws:ec2:${at}:volume/vol-2`, tagged(other, "owned")],
      ["ec2:DeleteVolume", `arn:aws:ec2:${at}:volume/vol-3`],
      ["ec2:CreateVolume", `arn:aws:ec2:${at}:volume/*`, requested(other, "owned")],
      ["ec2:CreateTags", `arn:aws:ec2:${at}:volume/vol-2`, { "ec2:CreateAction": "RunInstances" }],
      ["kms:CreateGrant", "arn:aws:kms:eu-west-1:123456789012:key/own", { "kms:GrantIsForAWSResource": "false" }],
      ["kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/other"],
    ],
  },
  "efs-csi": {
    source: "aws-efs-csi-driver, docs/iam-policy-example.json",
    own: [
      ["elasticfilesystem:DescribeFileSystems", `arn:aws:elasticfilesystem:${at}:file-system/fs-own`],
      [
        "elasticfilesystem:CreateAccessPoint",
        `arn:aws:elasticfilesystem:${at}:file-system/fs-own`,
        requested("efs.csi.aws.com/cluster", "true"),
      ],
      [
        "elasticfilesystem:DeleteAccessPoint",
        `arn:aws:elasticfilesystem:${at}:access-point/fsap-1`,
        tagged("efs.csi.aws.com/cluster", "true"),
      ],
    ],
    others: [
      [
        "elasticfilesystem:CreateAccessPoint",
        `arn:aws:elasticfilesystem:${at}:file-system/fs-other`,
        requested("efs.csi.aws.com/cluster", "true"),
      ],
      ["elasticfilesystem:DeleteAccessPoint", `arn:aws:elasticfilesystem:${at}:access-point/fsap-2`],
      ["elasticfilesystem:DeleteFileSystem", `arn:aws:elasticfilesystem:${at}:file-system/fs-own`],
    ],
  },
  autoscaler: {
    source: "cluster-autoscaler, cloudprovider/aws/README.md",
    own: [
      ["autoscaling:DescribeAutoScalingGroups", "*"],
      ["ec2:DescribeInstanceTypes", "*"],
      ["eks:DescribeNodegroup", `arn:aws:eks:${at}:nodegroup/own/processing/1`],
      ["autoscaling:SetDesiredCapacity", group, tagged("k8s.io/cluster-autoscaler/own", "owned")],
      ["autoscaling:TerminateInstanceInAutoScalingGroup", group, tagged("k8s.io/cluster-autoscaler/own", "owned")],
    ],
    others: [
      ["autoscaling:SetDesiredCapacity", group, tagged("k8s.io/cluster-autoscaler/other", "owned")],
      ["autoscaling:UpdateAutoScalingGroup", group, tagged("k8s.io/cluster-autoscaler/own", "owned")],
      ["eks:DescribeNodegroup", `arn:aws:eks:${at}:nodegroup/other/processing/1`],
    ],
  },
  "load-balancers": {
    source: "aws-load-balancer-controller, docs/install/iam_policy.json",
    own: [
      ["elasticloadbalancing:DescribeLoadBalancers", "*"],
      ["ec2:DescribeSubnets", "*"],
      ["elasticloadbalancing:CreateLoadBalancer", balancer("a"), requested("elbv2.k8s.aws/cluster", "own")],
      ["elasticloadbalancing:DeleteLoadBalancer", balancer("a"), tagged("elbv2.k8s.aws/cluster", "own")],
      [
        "elasticloadbalancing:RegisterTargets",
        `arn:aws:elasticloadbalancing:${at}:targetgroup/a/1`,
        tagged("elbv2.k8s.aws/cluster", "own"),
      ],
      ["ec2:CreateSecurityGroup", `arn:aws:ec2:${at}:security-group/*`, requested("elbv2.k8s.aws/cluster", "own")],
      ["ec2:CreateSecurityGroup", `arn:aws:ec2:${at}:vpc/vpc-1`],
      ["ec2:AuthorizeSecurityGroupIngress", `arn:aws:ec2:${at}:security-group/sg-1`, tagged(own, "owned")],
    ],
    others: [
      ["elasticloadbalancing:DeleteLoadBalancer", balancer("b"), tagged("elbv2.k8s.aws/cluster", "other")],
      ["elasticloadbalancing:CreateLoadBalancer", balancer("b"), requested("elbv2.k8s.aws/cluster", "other")],
      ["ec2:AuthorizeSecurityGroupIngress", `arn:aws:ec2:${at}:security-group/sg-2`, tagged(other, "owned")],
      ["ec2:DeleteSecurityGroup", `arn:aws:ec2:${at}:security-group/sg-3`],
    ],
  },
  "bucket-backup": {
    source: "restic, which calls S3 by minio-go",
    own: [
      ["s3:GetBucketLocation", "arn:aws:s3:::own-123456789012-backup"],
      ["s3:ListBucket", "arn:aws:s3:::own-123456789012-backup"],
      ["s3:PutObject", "arn:aws:s3:::own-123456789012-backup/data/1"],
      ["s3:GetObject", "arn:aws:s3:::own-123456789012-backup/data/1"],
      ["s3:DeleteObject", "arn:aws:s3:::own-123456789012-backup/data/1"],
      ["s3:AbortMultipartUpload", "arn:aws:s3:::own-123456789012-backup/data/1"],
      // It maintains the repositories of files too.
      ...ofFiles("chat"),
      ["s3:DeleteObject", "arn:aws:s3:::own-123456789012-backup/prod.chat/data/1"],
      // Its right to the whole bucket includes the archive of PostgreSQL.
      ["s3:PutObject", "arn:aws:s3:::own-123456789012-backup/point-in-time/prod/pg/wals/1"],
      ["s3:GetObject", "arn:aws:s3:::own-123456789012-backup/point-in-time/prod/pg/wals/1"],
      ["s3:DeleteObject", "arn:aws:s3:::own-123456789012-backup/point-in-time/prod/pg/wals/1"],
      ...ofVelero,
    ],
    others: [
      ["s3:ListBucket", "arn:aws:s3:::own-123456789012-thanos"],
      ["s3:GetObject", "arn:aws:s3:::own-123456789012-thanos/block"],
      ["s3:DeleteBucket", "arn:aws:s3:::own-123456789012-backup"],
      ["s3:PutBucketPolicy", "arn:aws:s3:::own-123456789012-backup"],
      ["s3:DeleteObjectVersion", "arn:aws:s3:::own-123456789012-backup/data/1"],
    ],
  },
  "bucket-backup-chat": {
    source: "restic, which calls S3 by minio-go, in the namespace of a claim",
    own: [["s3:GetBucketLocation", "arn:aws:s3:::own-123456789012-backup"], ...ofFiles("chat")],
    others: [
      ...ofFiles("wiki"),
      // It cannot delete a backup: what does is in the namespace of backups.
      ["s3:DeleteObject", "arn:aws:s3:::own-123456789012-backup/prod.chat/data/1"],
      ["s3:DeleteObject", "arn:aws:s3:::own-123456789012-backup/prod.chat/snapshots/1"],
      ["s3:DeleteObject", "arn:aws:s3:::own-123456789012-backup/prod.chat/config"],
      ["s3:ListBucket", "arn:aws:s3:::own-123456789012-backup"],
      ["s3:ListBucket", "arn:aws:s3:::own-123456789012-backup", { "s3:prefix": "prod/snapshots/" }],
      ["s3:GetObject", "arn:aws:s3:::own-123456789012-backup/prod/data/1"],
      ["s3:DeleteObject", "arn:aws:s3:::own-123456789012-backup/prod/data/1"],
      ["s3:PutObject", "arn:aws:s3:::own-123456789012-thanos/block"],
    ],
  },
  "bucket-backup-archive": {
    source: "barman-cloud, which calls S3 by boto3",
    own: [
      ["s3:GetBucketLocation", "arn:aws:s3:::own-123456789012-backup"],
      ["s3:ListBucket", "arn:aws:s3:::own-123456789012-backup"],
      // HeadBucket is the right to list all of it.
      ["s3:ListBucket", "arn:aws:s3:::own-123456789012-backup", { "s3:prefix": "prod.chat/snapshots/" }],
      listVelero,
      ["s3:PutObject", "arn:aws:s3:::own-123456789012-backup/point-in-time/prod/pg/wals/1"],
      ["s3:GetObject", "arn:aws:s3:::own-123456789012-backup/point-in-time/prod/pg/wals/1"],
      ["s3:DeleteObject", "arn:aws:s3:::own-123456789012-backup/point-in-time/prod/pg/wals/1"],
    ],
    others: [
      ["s3:GetObject", "arn:aws:s3:::own-123456789012-backup/prod/data/1"],
      ["s3:DeleteObject", "arn:aws:s3:::own-123456789012-backup/prod.chat/data/1"],
      ["s3:GetObject", "arn:aws:s3:::own-123456789012-thanos/block"],
    ],
  },
  "bucket-backup-velero": {
    source: "velero-plugin-for-aws, README.md, Set permissions for Velero, of its folder alone",
    own: [["s3:GetBucketLocation", "arn:aws:s3:::own-123456789012-backup"], ...ofVelero],
    others: [
      ...ofFiles("chat"),
      ["s3:ListBucket", "arn:aws:s3:::own-123456789012-backup"],
      ["s3:ListBucket", "arn:aws:s3:::own-123456789012-backup", { "s3:prefix": "prod/snapshots/" }],
      ["s3:GetObject", "arn:aws:s3:::own-123456789012-backup/prod/data/1"],
      ["s3:DeleteObject", "arn:aws:s3:::own-123456789012-backup/prod/data/1"],
      ["s3:GetObject", "arn:aws:s3:::own-123456789012-backup/point-in-time/prod/pg/wals/1"],
    ],
  },
  "bucket-thanos": {
    source: "Thanos, docs/storage.md, S3, AWS Policies",
    own: [
      ["s3:ListBucket", "arn:aws:s3:::own-123456789012-thanos"],
      ["s3:PutObject", "arn:aws:s3:::own-123456789012-thanos/block"],
      ["s3:GetObject", "arn:aws:s3:::own-123456789012-thanos/block"],
      ["s3:DeleteObject", "arn:aws:s3:::own-123456789012-thanos/block"],
    ],
    others: [["s3:GetObject", "arn:aws:s3:::own-123456789012-backup/data/1"]],
  },
  "bucket-workflows": {
    source: "Argo Workflows, docs/configure-artifact-repository.md, AWS S3",
    own: [
      ["s3:ListBucket", "arn:aws:s3:::own-123456789012-workflows"],
      ["s3:GetBucketLocation", "arn:aws:s3:::own-123456789012-workflows"],
      ["s3:PutObject", "arn:aws:s3:::own-123456789012-workflows/run/main.log"],
      ["s3:GetObject", "arn:aws:s3:::own-123456789012-workflows/run/main.log"],
      ["s3:DeleteObject", "arn:aws:s3:::own-123456789012-workflows/run/main.log"],
    ],
    others: [
      ["s3:GetObject", "arn:aws:s3:::own-123456789012-thanos/block"],
      ["s3:PutObject", "arn:aws:s3:::own-123456789012-backup/data/1"],
      ["s3:PutObject", "arn:aws:s3:::other-123456789012-workflows/run/main.log"],
    ],
  },
};
