import { isRange, isWithin, overlap, vpcPrefix } from "../../../components/aws/ranges.ts";
import { awsDrivers, eksVersions } from "../../../components/kit/eks.ts";
import { inAws, provesByRole, zoneIdOf } from "../../platform/in-aws.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { beyond, repeated } from "./violation.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["aws", ...rest];
const provider: Path = ["cluster", "provider"];

type Aws = NonNullable<ParsedSettings["aws"]>;

/** The section `aws` and the choices that need it, or exclude it. */
export function awsNeeds({ aws, buckets, cluster }: ParsedSettings): Violation[] {
  if (cluster.provider === "aws")
    return [
      ...(aws === undefined
        ? [
            {
              path: ["aws"],
              message: "is required with cluster.provider: aws",
              accepts: "an object with at least account, region and administrators",
              fix: "add the section aws (docs/aws.md), or set cluster.provider to context",
              relies: [provider],
            },
          ]
        : []),
      ...(cluster.kubeconfig === undefined
        ? []
        : [
            {
              path: ["cluster", "kubeconfig"],
              message: "has no effect with cluster.provider: aws: the stack makes its own",
              got: shown(cluster.kubeconfig),
              accepts: "a value only with cluster.provider: context",
              fix: { remove: ["cluster", "kubeconfig"] },
              relies: [provider],
            },
          ]),
    ];
  return [
    ...(aws === undefined
      ? []
      : [
          {
            path: at("account"),
            message: "the section aws has no effect with cluster.provider: context",
            got: shown(aws.account),
            accepts: "a value only with cluster.provider: aws",
            fix: { set: "aws", at: provider },
            relies: [provider],
          },
        ]),
    ...(buckets.kind === "aws"
      ? [
          {
            path: ["buckets", "kind"],
            message: "buckets of the stack's own account need its account",
            got: '"aws"',
            accepts: "none, s3 or embedded; aws only with cluster.provider: aws",
            fix: { set: "s3" },
            relies: [provider],
          },
        ]
      : []),
  ];
}

/** Where EKS accepts addresses of Services (Amazon EKS API Reference, `KubernetesNetworkConfigRequest`, `serviceIpv4Cidr`). */
const serviceRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

function isServiceRange(cidr: string): boolean {
  const prefix = Number(cidr.split("/")[1]);
  return prefix >= 12 && prefix <= 24 && serviceRanges.some((range) => isWithin(cidr, range));
}

/** The network and the cluster: what AWS accepts. */
export function awsCluster(settings: ParsedSettings): Violation[] {
  const { aws, cluster } = settings;
  if (aws === undefined || !inAws(settings)) return [];
  const { administrators, network, serviceCidr, system } = aws;
  const prefix = Number(network.cidr.split("/")[1]);
  const versions = Object.keys(eksVersions);
  const ranges: [Path, string][] = [
    [at("network", "cidr"), network.cidr],
    [at("serviceCidr"), serviceCidr],
    ...aws.publicCidrs.map((cidr, index): [Path, string] => [at("publicCidrs", index), cidr]),
  ];
  return [
    ...ranges
      .filter(([, cidr]) => !isRange(cidr))
      .map(([path, cidr]) => ({
        path,
        message: "is not the first address of the range",
        got: shown(cidr),
        accepts: 'the first address of a range, such as "10.0.0.0/16"',
        fix: "write zeros in the place of the bits that the prefix length leaves",
      })),
    ...(prefix >= vpcPrefix.least && prefix <= vpcPrefix.most
      ? []
      : [
          {
            path: at("network", "cidr"),
            message: "this prefix length has no room for the subnets, or more than a VPC can have",
            got: shown(network.cidr),
            accepts: `a prefix length of ${vpcPrefix.least} to ${vpcPrefix.most}`,
            fix: { set: `${network.cidr.split("/")[0] ?? ""}/${vpcPrefix.least}` },
          },
        ]),
    ...(isServiceRange(serviceCidr)
      ? []
      : [
          {
            path: at("serviceCidr"),
            message: "is no range that EKS accepts for Services",
            got: shown(serviceCidr),
            accepts: `a range within ${serviceRanges.join(", ")} with a prefix length of 12 to 24`,
            fix: { set: "172.20.0.0/16" },
          },
        ]),
    ...(overlap(network.cidr, serviceCidr)
      ? [
          {
            path: at("serviceCidr"),
            message: "overlaps with the addresses of nodes and pods",
            got: shown(serviceCidr),
            accepts: `a range outside aws.network.cidr, ${network.cidr}`,
            fix: "set another range, such as 172.20.0.0/16 or 192.168.0.0/16",
            relies: [at("network", "cidr")],
          },
        ]
      : []),
    ...repeated(
      network.zones,
      (zone) => zone,
      (_, index) => ({
        path: at("network", "zones", index),
        message: "this zone is listed twice",
        accepts: "each zone once",
        fix: { remove: at("network", "zones", index) },
      }),
    ),
    ...repeated(
      administrators,
      // The name in the ARN is that of the resource.
      (arn) => arn.split("/").at(-1) ?? arn,
      (_, index) => ({
        path: at("administrators", index),
        message: "two administrators have the same name",
        accepts: "each name once",
        fix: { remove: at("administrators", index) },
      }),
    ),
    ...(versions.includes(cluster.version)
      ? []
      : [
          {
            path: ["cluster", "version"],
            message: "this version is not in the standard support of EKS",
            got: shown(cluster.version),
            accepts: versions.join(", "),
            fix: { set: versions[0] ?? "" },
            relies: [provider],
          },
        ]),
    ...(system.mostPerZone !== undefined && system.mostPerZone < system.perZone
      ? [
          beyond(at("system", "mostPerZone"), "is less than the number of nodes", system.mostPerZone, "at least", [
            "perZone",
            system.perZone,
          ]),
        ]
      : []),
    ...nodes(settings, aws),
  ];
}

/** The platform is on system nodes, and no processing node looks like one. */
function nodes({ placement, profile }: ParsedSettings, { network, processing, system }: Aws): Violation[] {
  const count = network.zones.length * system.perZone;
  const selector = Object.entries(placement.nodeSelector);
  return [
    ...(profile === "prod" && count < 3
      ? [
          {
            path: at("system", "perZone"),
            severity: "warning" as const,
            message: "the platform has less than three nodes, and does not survive the loss of one",
            got: String(count),
            accepts: "three nodes or more in all zones together",
            fix: { set: Math.ceil(3 / network.zones.length) },
            relies: [["profile"], at("network", "zones")],
          },
        ]
      : []),
    ...(processing !== undefined &&
    selector.length > 0 &&
    selector.every(([key, value]) => processing.labels[key] === value)
      ? [
          {
            path: at("processing", "labels"),
            message: "nodes for processing have the labels of the platform's nodes",
            got: selector.map(([key, value]) => `${key}=${value}`).join(", "),
            accepts: "labels that placement.nodeSelector does not select",
            fix: { remove: at("processing", "labels") },
            relies: [["placement", "nodeSelector"]],
          },
        ]
      : []),
  ];
}

/** What stands on AWS needs what only AWS has: storage, and a zone for roles that prove hosts. */
export function awsUses(settings: ParsedSettings): Violation[] {
  const { aws, certificates, storage } = settings;
  if (aws === undefined || !inAws(settings)) return [];
  return [
    ...(storage.classes.some((one) => one.default)
      ? []
      : [
          {
            path: ["storage", "classes"],
            message: "no class is the default, and EKS brings none: claims without a class stay pending",
            got: shown(storage.classes.map(({ name }) => name).join(", ")),
            accepts: `a class with default: true, such as one of the driver ${awsDrivers.volumes}`,
            fix: `add {name: fast, provisioner: ${awsDrivers.volumes}, parameters: {type: gp3, encrypted: "true"}, default: true}`,
            relies: [["storage", "classes"]],
          },
        ]),
    ...storage.classes.flatMap(({ parameters, provisioner }, index): Violation[] =>
      provisioner === awsDrivers.files && parameters["fileSystemId"] === undefined && !aws.sharedFiles
        ? [
            {
              path: ["storage", "classes", index, "provisioner"],
              message: "needs a file system, and the stack has none",
              got: shown(provisioner),
              accepts: "this driver only with aws.sharedFiles: true, or with the parameter fileSystemId",
              fix: { set: true, at: at("sharedFiles") },
              relies: [at("sharedFiles")],
            },
          ]
        : [],
    ),
    ...(certificates.enabled && provesByRole(settings) && !aws.zone && zoneIdOf(settings) === undefined
      ? [
          {
            path: at("zone"),
            message: "an issuer proves hosts in Route 53 with a role, which needs a zone",
            got: "false",
            accepts: "true, or the key hostedZoneId at the solver",
            fix: { set: true },
            relies: [["certificates", "issuers"]],
          },
        ]
      : []),
  ];
}
