import { z } from "zod";
import { vpcPrefix, zoneLetters } from "../../../components/aws/ranges.ts";
import { awsItems } from "../aws-items.ts";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

/** The form of an instance type. */
const instanceType = /[a-z][a-z0-9-]*\.[a-z0-9-]+/;

const rolling = "Replaces the nodes of the group one after another.";
const newCluster = "The cluster is deleted and created again, with everything in it.";

/** Days that CloudWatch can keep logs (CloudWatch Logs, `PutRetentionPolicy`). */
const logDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731];

/** The number of an account of AWS. */
export const account = () =>
  formats.formed(/^[0-9]{12}$/, 'the number of the account in quotes, such as "123456789012"', "123456789012");

/** A region of AWS. */
export const region = () => formats.formed(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'a region, such as "eu-west-1"', "eu-west-1");

/** The first part of the names of resources of AWS. */
export const placeName = (example: string) =>
  formats.formed(
    /^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/,
    "lower-case letters, digits and '-', at most 30 characters",
    example,
  );

/** Additional tags of resources of AWS. */
export const tags = () =>
  z.record(
    formats.formed(
      /^(?!aws:)[\w .:/=+@-]{1,128}$/i,
      "the name of a tag, which does not begin with aws:",
      "cost-centre",
    ),
    formats.plainText(256, "42"),
  );

/** The account, the network, the cluster and the nodes of a stack in AWS. */
export function awsSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  const aws = z.strictObject({
    account: key(account(), {
      is: "The account that the stack deploys to. Credentials of another account are refused.",
      changing: "Everything is created in the other account. Data stays in the old one.",
    }),
    region: key(region(), {
      is: "The region that the stack deploys to.",
      changing: "Everything is created in the other region. Data stays in the old one.",
    }),
    name: key(placeName("world-cereal").optional(), {
      is: "The name of the cluster, and the first part of the names of the other resources.",
      unset: "`groundplan-STACK`.",
      changing: `${newCluster} So are the buckets.`,
    }),
    tags: key(tags().default({}), {
      is: "Additional tags of every resource. `groundplan:stack` is always set.",
      changing: "Tags are changed in place.",
      accepts: "an object of strings by name",
    }),
    network: key(network(sized("perZone", "single")).prefault({}), { is: "The VPC of the stack." }),
    administrators: key(
      z
        .array(
          formats.formed(
            /^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)\/[\w+=,.@/-]{1,512}$/,
            'the ARN of a role or user, such as "arn:aws:iam::123456789012:role/deploy"',
            "arn:aws:iam::123456789012:role/deploy",
          ),
        )
        .min(1),
      {
        is: "Roles and users that administer the cluster, among them the one that runs `up`. No other gets in, not even the creator of the cluster.",
        changing: "Access is given or taken at once.",
        accepts: 'a list of ARNs, such as ["arn:aws:iam::123456789012:role/deploy"]',
      },
    ),
    publicCidrs: key(z.array(ipv4()).default([]), {
      is: "Address ranges from which the API server can be reached over the internet, such as those of an office or of CI.",
      unit: "CIDR",
      unset: "The API server is reachable inside the VPC only.",
      changing: "Changes the endpoint in place.",
      accepts: 'a list of IPv4 ranges, such as ["203.0.113.0/24"]',
    }),
    serviceCidr: key(ipv4().default("172.20.0.0/16"), {
      is: "The addresses of Services, outside the VPC.",
      unit: "CIDR",
      changing: newCluster,
    }),
    logDays: key(
      z
        .number({ error: `one of ${logDays.join(", ")}` })
        .refine((days) => logDays.includes(days), { error: `one of ${logDays.join(", ")}` })
        .default(sized(90, 7))
        .meta({ examples: [90] }),
      {
        is: "How long logs of the control plane are kept.",
        unit: "days",
        changing: "A lower number deletes older logs.",
        accepts: `one of ${logDays.join(", ")}`,
      },
    ),
    system: key(
      z
        .strictObject({
          ...group(sized(["m7i.2xlarge", "m6i.2xlarge"], ["t3.xlarge"]), sized(100, 50)),
          perZone: key(z.number().int().min(1).max(100).default(1), {
            is: "Nodes in each zone.",
            changing: "Adds nodes, or drains and removes them.",
          }),
          mostPerZone: key(z.number().int().min(1).max(100).optional(), {
            is: "The most nodes in each zone: with more than `perZone`, the autoscaler adds nodes for pods that wait.",
            unset: "The same as `perZone`.",
            changing: "Affects the autoscaler only.",
          }),
        })
        .prefault({}),
      {
        is: "The nodes of the platform: on demand, one group for each zone, with the labels of `placement.nodeSelector`.",
      },
    ),
    processing: key(
      z
        .strictObject({
          ...group(["m7i.2xlarge", "m6i.2xlarge", "m6a.2xlarge", "m5.2xlarge"], 100),
          most: key(z.number().int().min(1).max(1000).default(20), {
            is: "The most nodes of the group. Without pods that need it, it has none.",
            changing: "Affects the autoscaler only.",
          }),
          labels: key(z.record(formats.labelKey(), formats.labelValue()).default({ "node-group": "processing" }), {
            is: "Labels of the nodes, which pods of processing select.",
            changing: rolling,
            accepts: "an object of labels; values must be strings",
          }),
          taint: key(
            z
              .strictObject({
                key: key(formats.labelKey().default("node-group"), { is: "The taint's key.", changing: rolling }),
                value: key(formats.labelValue().default("processing"), { is: "The taint's value.", changing: rolling }),
              })
              .prefault({}),
            {
              is: "The taint of the nodes (effect `NoSchedule`), which pods of processing tolerate and no other pod does.",
            },
          ),
        })
        .optional(),
      {
        is: "Spot nodes for processing, from none to as many as its pods need.",
        unset: "The cluster has system nodes only.",
        changing: "Removing it drains and deletes its nodes.",
      },
    ),
    sharedFiles: key(z.boolean().default(false), {
      is: "Whether the stack has an EFS file system, on which storage classes of the driver `efs.csi.aws.com` create volumes for several pods.",
      changing: "Turning it off deletes the file system and its files; in prod, it is protected.",
    }),
    versionDays: key(z.number().int().min(1).max(3650).default(30), {
      is: "How long deleted and overwritten objects stay in the buckets of `buckets.kind: aws`.",
      unit: "days",
      changing: "A lower number deletes older versions.",
    }),
    zone: key(z.boolean().default(false), {
      is: "Whether the stack creates the hosted zone of `domain` in Route 53. The parent zone must delegate to its name servers, which `pulumi stack output nameServers` shows.",
      changing: "Turning it off deletes the zone; in prod, it is protected. A new zone has other name servers.",
    }),
    repositories: key(
      z
        .array(
          formats.formed(
            /^[a-z0-9]+([._/-][a-z0-9]+)*$/,
            'the name of a repository, such as "wctiler/mapproxy"',
            "wctiler/mapproxy",
            200,
          ),
        )
        .default([]),
      {
        is: "Repositories of images in ECR, each named after `name` and this. Images are scanned, and tags cannot be moved.",
        unset: "The stack has no repository.",
        changing: "Removing one deletes its images; in prod, it is protected.",
        accepts: 'a list of names, such as ["wctiler/mapproxy"]',
      },
    ),
    pulls: key(
      z
        .array(
          formats.formed(
            /^(?:[a-z0-9]+([._/-][a-z0-9]+)*(\/\*)?|\*)$/,
            'the name of a repository, such as "shared/nginx", or "shared/*"',
            "shared/*",
            256,
          ),
        )
        .default([]),
      {
        is: "Further repositories in the account's ECR, in the region of the stack, that nodes pull images from. Those of `repositories` and of `images.mirror`, and those of images that settings name, need no entry.",
        unset:
          "Nodes pull from no other repository of the account. Images of other accounts depend on the policies of their repositories.",
        changing: "Pods whose image comes from a removed repository do not start again.",
        accepts: 'a list of names, such as ["shared/nginx"] or ["shared/*"]',
      },
    ),
    budget: key(
      z
        .strictObject({
          monthlyUsd: key(z.number().int().min(1).max(10_000_000), {
            is: "The account's costs per month.",
            unit: "USD",
            changing: "Affects warnings only.",
          }),
          emails: key(z.array(formats.email()).min(1).max(10), {
            is: "Who gets an e-mail at 80 % of the budget, and if the forecast exceeds it.",
            changing: "Affects warnings only.",
            accepts: 'a list of e-mail addresses, such as ["ops@example.org"]',
          }),
        })
        .optional(),
      { is: "A warning before the bill.", unset: "No warning is sent.", changing: "Affects warnings only." },
    ),
    prices: key(
      z
        .record(
          formats.formed(
            new RegExp(`^(?:${awsItems.join("|")}|${instanceType.source})$`),
            `an instance type, such as "m7i.2xlarge", or one of ${awsItems.join(", ")}`,
            "m7i.2xlarge",
          ),
          z.number().min(0).max(1_000_000),
        )
        .default({}),
      {
        is: `Your own prices for the cost estimate in the plan, such as those of a contract: by instance type, or ${awsItems.map((item) => `\`${item}\``).join(", ")}.`,
        unit: "USD; per hour for instance types and what AWS charges by the hour, else per month (docs/aws.md)",
        unset: "The list prices of the price sheet.",
        changing: "Affects plans only.",
        accepts: 'an object of numbers by name, such as {"m7i.2xlarge": 0.35}',
      },
    ),
  });
  return {
    aws: key(aws.optional(), {
      is: "The AWS account, network and cluster of the stack, for `cluster.provider: aws` (docs/aws.md).",
      unset: "Required with `cluster.provider: aws`.",
      changing: "Removing it leaves everything in AWS where it is protected.",
    }),
  };
}

function ipv4() {
  return formats.formed(
    /^((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d)\/([0-9]|[12][0-9]|3[0-2])$/,
    'an IPv4 range in CIDR notation, such as "10.0.0.0/16"',
    "10.0.0.0/16",
  );
}

function network(nat: "perZone" | "single") {
  return z.strictObject({
    cidr: key(ipv4().default("10.0.0.0/16"), {
      is: `The addresses of nodes and pods: a range with a prefix length of ${vpcPrefix.least} to ${vpcPrefix.most}.`,
      unit: "CIDR",
      changing: "The VPC is deleted and created again, with everything in it.",
    }),
    zones: key(
      z
        .array(z.enum(zoneLetters))
        .min(2)
        .meta({ examples: [[...zoneLetters.slice(0, 3)]] })
        .default([...zoneLetters.slice(0, 3)]),
      {
        is: "The letters of the availability zones. EKS requires two; three survive the loss of one.",
        changing: "Adding one adds its subnets and nodes. Removing one strands the volumes that are in it.",
        accepts: 'a list of letters, such as ["a", "b", "c"]',
      },
    ),
    nat: key(z.enum(["perZone", "single"]).default(nat), {
      is: "NAT gateways: one in each zone, or a single one in the first zone, whose loss cuts all nodes off from the internet.",
      changing: "Connections to the internet are cut for a moment, and come from other addresses.",
    }),
  });
}

function group(instanceTypes: string[], diskGib: number) {
  return {
    processor: key(z.enum(["x86", "arm"]).default("x86"), {
      is: "The processor of the nodes: `arm` is Graviton, which needs images for arm64.",
      changing: rolling,
    }),
    instanceTypes: key(
      z
        .array(
          formats.formed(
            new RegExp(`^${instanceType.source}$`),
            'an instance type, such as "m7i.2xlarge"',
            "m7i.2xlarge",
          ),
        )
        .min(1)
        .max(20)
        .default(instanceTypes),
      {
        is: "Instance types, the preferred one first. With several of the same size, a shortage of one does not matter.",
        changing: rolling,
        accepts: 'a list of instance types, such as ["m7i.2xlarge"]',
      },
    ),
    diskGib: key(z.number().int().min(20).max(16_384).default(diskGib), {
      is: "The size of a node's disk, for images, logs and `emptyDir` volumes.",
      unit: "GiB",
      changing: rolling,
    }),
  };
}
