/** What the price sheet of AWS prices beside instances (plan/prices/aws.ts): names of `aws.prices`. */
export const awsItems = [
  "efs",
  "eks-cluster",
  "gp3",
  "gp3-iops",
  "gp3-throughput",
  "hosted-zone",
  "kms-key",
  "nat-data",
  "nat-gateway",
  "network-load-balancer",
  "public-ipv4",
  "s3",
  "vpc-endpoint",
] as const;
