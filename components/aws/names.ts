/** Where AWS resources are, as far as the settings tell: with it, their ARNs are known before they exist. */
export interface Place {
  /** The account's number: 12 digits. */
  readonly account: string;
  /** Such as `eu-west-1`. */
  readonly region: string;
  /** The name of the cluster, and the first part of the names of the other resources. */
  readonly name: string;
}

/** The partition of a region, which ARNs begin with (IAM, "Amazon Resource Names"). */
export function partition({ region }: Pick<Place, "region">): string {
  return region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** The ARN of a resource of a service, in the account and the region. */
export function arn(place: Place, service: string, resource: string): string {
  return `arn:${partition(place)}:${service}:${place.region}:${place.account}:${resource}`;
}

/** The ARN of something of IAM, which has no region. */
export function iamArn(place: Place, resource: string): string {
  return `arn:${partition(place)}:iam::${place.account}:${resource}`;
}

/** The ARN of a policy that AWS keeps. */
export function managedPolicy(place: Pick<Place, "region">, name: string): string {
  return `arn:${partition(place)}:iam::aws:policy/${name}`;
}

/** The name of a bucket. Names are unique among all accounts, so the account's number is part of it. */
export function bucketName({ account, name }: Place, bucket: string): string {
  return `${bucketPrefix({ account, name })}${bucket}`;
}

/** What the names of a stack's buckets begin with. */
export function bucketPrefix({ account, name }: Pick<Place, "account" | "name">): string {
  return `${name}-${account}-`;
}

/** The ARN of a bucket, or of what is in it. */
export function bucketArn(place: Place, bucket: string, path = ""): string {
  return `arn:${partition(place)}:s3:::${bucketName(place, bucket)}${path}`;
}

/** Annotations of a Service that make its load balancer a network load balancer, which leaves the clients' addresses as they are. */
export const loadBalancerAnnotations: Readonly<Record<string, string>> = {
  "service.beta.kubernetes.io/aws-load-balancer-type": "external",
  "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip",
  "service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing",
  "service.beta.kubernetes.io/aws-load-balancer-attributes": "load_balancing.cross_zone.enabled=true",
  "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes":
    "preserve_client_ip.enabled=true,deregistration_delay.timeout_seconds=60",
};
