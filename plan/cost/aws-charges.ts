import { at, list, records, text, textAt, whole } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import type { AwsItem } from "../prices/aws.ts";
import type { PricedResource } from "./priced.ts";

/** Something that AWS charges for by the hour or the month. */
export interface Charge {
  /** What it is: the same name in every plan, so that plans can be compared. */
  readonly name: string;
  /** An item of the price sheet, or an instance type. */
  readonly item: AwsItem | { readonly instanceType: string };
  readonly number: number;
}

/** What a resource costs. */
export interface Charged {
  readonly charges?: readonly Charge[];
  /** What it costs depending on use, with an item of the sheet for one GB of it if there is one. */
  readonly uses?: readonly { readonly use: string; readonly item?: AwsItem }[];
  readonly group?: NodeGroup;
}

/** A node group whose size may change. */
export interface NodeGroup {
  readonly name: string;
  /** The one that is counted: the first, which EKS prefers. */
  readonly instanceType: string;
  readonly instanceTypes: number;
  readonly spot: boolean;
  readonly least: number;
  readonly most: number;
  /** The size of a node's disk. */
  readonly gib: number;
}

type Charging = (resource: PricedResource, all: readonly PricedResource[]) => Charged | undefined;

const one = (name: string, item: AwsItem, ...uses: NonNullable<Charged["uses"]>): Charging => {
  const charged = { charges: [{ name, item, number: 1 }], uses };
  return () => charged;
};

const onlyUse = (use: string, item?: AwsItem): Charging => {
  const charged = { uses: [{ use, item }] };
  return () => charged;
};

/** What resources cost, by type without the provider's name. */
const chargings: Readonly<Record<string, Charging>> = {
  "cloudwatch/logGroup:LogGroup": onlyUse("logs in CloudWatch"),
  "ec2/eip:Eip": one("public IPv4 addresses", "public-ipv4"),
  "ec2/natGateway:NatGateway": one("NAT gateways", "nat-gateway", {
    use: "data through NAT gateways",
    item: "nat-data",
  }),
  "ec2/vpcEndpoint:VpcEndpoint": endpoint,
  "ecr/repository:Repository": onlyUse("images in ECR"),
  "efs/fileSystem:FileSystem": onlyUse("files in EFS", "efs"),
  "eks/cluster:Cluster": one("control plane of EKS", "eks-cluster"),
  "eks/nodeGroup:NodeGroup": nodes,
  "kms/key:Key": one("KMS keys", "kms-key", { use: "requests to KMS, and the first two rotations of a key" }),
  "route53/zone:Zone": one("hosted zones", "hosted-zone", { use: "DNS queries" }),
  "s3/bucket:Bucket": onlyUse("objects in S3", "s3"),
};

/** Resources without a price of their own (the pricing pages of each service). */
const free = [
  /^budgets\/budget:/,
  /^ec2\/(defaultSecurityGroup|internetGateway|launchTemplate|route|routeTable|routeTableAssociation|securityGroup|subnet|vpc):/,
  /^ecr\/lifecyclePolicy:/,
  /^efs\/(accessPoint|mountTarget):/,
  /^eks\/(accessEntry|accessPolicyAssociation|addon|podIdentityAssociation):/,
  /^iam\//,
  /^kms\/alias:/,
  /^s3\/bucket(LifecycleConfiguration|OwnershipControls|Policy|PublicAccessBlock|ServerSideEncryptionConfiguration|Versioning):/,
  /^vpc\/securityGroup(E|In)gressRule:/,
];

/** What a resource of AWS costs; undefined: the price sheet does not know the type. */
export function chargedOf(resource: PricedResource, all: readonly PricedResource[]): Charged | undefined {
  const type = resource.type.replace(/^aws:/, "");
  if (free.some((form) => form.test(type))) return {};
  return Object.hasOwn(chargings, type) ? chargings[type]?.(resource, all) : undefined;
}

/** An endpoint is charged for each zone that it has an address in; that of S3 is free. */
function endpoint({ inputs }: PricedResource): Charged | undefined {
  const type = text(inputs["vpcEndpointType"]) ?? "Gateway";
  if (type === "Gateway") return {};
  if (type !== "Interface") return undefined;
  const number = list(inputs["subnetIds"]).length;
  return {
    charges: [{ name: "endpoints, by zone", item: "vpc-endpoint", number }],
    uses: [{ use: "data through endpoints" }],
  };
}

function nodes(group: PricedResource, all: readonly PricedResource[]): Charged | undefined {
  const { inputs } = group;
  const [least, most] = ["minSize", "maxSize"].map((key) => whole(at(inputs["scalingConfig"], key)));
  const [instanceType, ...others] = list(inputs["instanceTypes"]).map((each) => text(each) ?? "");
  const disk = diskOf(group, all);
  if (least === undefined || most === undefined || instanceType === undefined || disk === undefined) return undefined;
  const name = group.name.replace(/^aws-cluster-/, "");
  return {
    charges: [
      { name: `${name}: nodes ${instanceType}`, item: { instanceType }, number: least },
      { name: `${name}: disks, GiB of gp3`, item: "gp3", number: least * disk },
    ],
    group: {
      name,
      instanceType,
      instanceTypes: others.length + 1,
      spot: inputs["capacityType"] === "SPOT",
      least,
      most,
      gib: disk,
    },
  };
}

/** GiB of gp3 of a group's nodes, from its launch template; undefined for other disks. */
function diskOf(group: PricedResource, all: readonly PricedResource[]): number | undefined {
  const id = textAt(group.inputs, "launchTemplate", "id");
  // A reference to the template is its id: in a plan, its logical name. In a state it is AWS' own, and the stack's template has the
  // name of its group.
  const template = all
    .filter(({ type }) => type === "aws:ec2/launchTemplate:LaunchTemplate")
    .find(({ name }) => name === id || name === group.name);
  const disks = records(template?.inputs["blockDeviceMappings"]).map(({ ebs }) => ebs);
  if (disks.length === 0 || disks.some((disk) => textAt(disk, "volumeType") !== "gp3")) return undefined;
  return disks.reduce((sum: number, disk) => sum + (whole(at(disk, "volumeSize")) ?? 0), 0);
}

/** A Service of type LoadBalancer, with the annotations that say what AWS makes of it. */
export interface Balancer {
  readonly annotations: Data;
}

/** What a network load balancer costs: an internet-facing one has an address in each public subnet. */
export function balancerCharges({ annotations }: Balancer, all: readonly PricedResource[]): Charged {
  const isPublic = text(annotations["service.beta.kubernetes.io/aws-load-balancer-scheme"]) === "internet-facing";
  const subnets = all.filter(
    ({ inputs, type }) =>
      type === "aws:ec2/subnet:Subnet" && textAt(inputs["tags"], "kubernetes.io/role/elb") !== undefined,
  );
  return {
    charges: [
      { name: "network load balancers", item: "network-load-balancer", number: 1 },
      ...(isPublic
        ? ([{ name: "addresses of load balancers", item: "public-ipv4", number: subnets.length }] as const)
        : []),
    ],
    uses: [{ use: "capacity units of load balancers" }],
  };
}
