import { answered, counted, listed, notKnown } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import { quotas } from "../probes/aws.ts";
import type { AwsAnswers, QuotaName } from "../probes/aws.ts";

const area = "cloud";

type Aws = NonNullable<Needs["aws"]>;

/** Reasons for which AWS gives no answer, by what its command line prints, each with its fix. */
const reasons: readonly (readonly [form: RegExp, found: string, fix: string])[] = [
  [
    /not on PATH/,
    "the AWS command line is not on PATH",
    "install it: Pulumi and kubectl get tokens from `aws eks get-token`",
  ],
  [
    /ExpiredToken|has expired|token is expired|Token has expired/i,
    "the credentials of AWS are expired",
    "log in again, such as with `aws sso login`",
  ],
  [
    /Unable to locate credentials|no credentials|config profile .* could not be found/i,
    "there are no credentials of AWS",
    "log in with `aws sso login`, or set AWS_PROFILE",
  ],
  [
    /InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|AuthFailure|not able to validate/i,
    "AWS does not accept the credentials",
    "log in again, or remove old keys from the environment",
  ],
  [
    /Could not connect to the endpoint URL|Invalid endpoint|doesn't match a supported format/i,
    "the region has no endpoint that answers",
    "correct aws.region, or the network of this machine",
  ],
];

/** What AWS says of the account that the stack deploys to. */
export function judgeAws(answers: AwsAnswers, aws: Aws, delegated: Answer<readonly string[]>): readonly Diagnosis[] {
  const { caller } = answers;
  if (!answered(caller)) return [refused(caller.why, aws)];
  const { account, arn } = caller.got;
  if (account !== aws.account)
    return [
      {
        check: "aws-account",
        area,
        level: "fail",
        found: `the credentials are of the account ${account}`,
        needed: `the account ${aws.account}, which aws.account names`,
        fix: "log in to that account, such as with AWS_PROFILE",
      },
    ];
  return [
    { check: "aws-account", area, level: "ok", found: `the credentials are of the account ${account}` },
    ...administrator(arn, aws),
    ...zones(answers.zones, aws),
    ...(Object.keys(quotas) as QuotaName[]).flatMap((name) => quota(name, answers, aws)),
    ...delegation(answers.nameServers, delegated, aws),
  ];
}

function refused(why: string, { account, region }: Aws): Diagnosis {
  const [, found, fix] = reasons.find(([form]) => form.test(why)) ?? [];
  return {
    check: "aws-account",
    area,
    level: "fail",
    found: found ?? `AWS gives no answer: ${why}`,
    needed: `credentials of the account ${account} in ${region}`,
    ...(fix !== undefined && { fix }),
  };
}

/** The role or user of a caller: a session of a role is known by another ARN (IAM, "IAM identifiers"). */
function principal(arn: string): { readonly name: string; readonly isRole: boolean } {
  const [, session] = /:assumed-role\/([^/]+)\//.exec(arn) ?? [];
  return { name: session ?? arn.split("/").at(-1) ?? arn, isRole: session !== undefined };
}

function administrator(arn: string, { administrators }: Aws): Diagnosis[] {
  const { isRole, name } = principal(arn);
  const kind = isRole ? "role" : "user";
  const listedThere = administrators.some((one) => one.includes(`:${kind}/`) && one.split("/").at(-1) === name);
  return listedThere
    ? [{ check: "aws-administrator", area, level: "ok", found: `the ${kind} ${name} administers the cluster` }]
    : [
        {
          check: "aws-administrator",
          area,
          level: "warn",
          found: `the ${kind} ${name} is not among aws.administrators`,
          needed:
            "the role or user that runs up: only administrators have access to the cluster, and its creator is not one by itself",
          fix: "add its ARN to aws.administrators, or log in with one of them",
        },
      ];
}

function zones(found: Answer<readonly string[]>, { region, zones: wanted }: Aws): Diagnosis[] {
  const check = "aws-zones";
  if (!answered(found))
    return [unanswered(check, `the availability zones of ${region}`, found.why, "ec2:DescribeAvailabilityZones")];
  const missing = wanted.filter((zone) => !found.got.includes(zone));
  if (missing.length === 0)
    return [{ check, area, level: "ok", found: `${region} has the zones ${wanted.join(", ")}` }];
  return [
    {
      check,
      area,
      level: "fail",
      found: `${region} has no zone ${missing.join(", ")}`,
      needed: `zones of ${found.got.join(", ")}`,
      fix: "change aws.network.zones",
    },
  ];
}

function quota(name: QuotaName, { quotas: all, vcpus }: AwsAnswers, aws: Aws): Diagnosis[] {
  const { code, service, title } = quotas[name];
  const check = `aws-quota-${name === "onDemand" ? "on-demand" : name}`;
  const needed = need(name, vcpus, aws);
  if (!answered(needed)) return [unanswered(check, title, needed.why, "ec2:DescribeInstanceTypes")];
  if (needed.got === 0) return [];
  const { limit, used } = all[name];
  if (!answered(limit)) return [unanswered(check, `the quota of ${title}`, limit.why, "servicequotas:GetServiceQuota")];
  if (!answered(used)) return [unanswered(check, `what is used of ${title}`, used.why, "ec2:Describe*")];
  const free = limit.got - used.got;
  const found = `${title}: ${limit.got} allowed, ${used.got} used by others`;
  if (free >= needed.got) return [{ check, area, level: "ok", found: `${found}, ${needed.got} needed` }];
  return [
    {
      check,
      area,
      // Fewer spot nodes are slower, and nothing fails.
      level: name === "spot" ? "warn" : "fail",
      found,
      needed: `${needed.got} for this stack`,
      fix: "request an increase; AWS may take a day",
      commands: [
        `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${used.got + needed.got} --region ${aws.region}`,
      ],
    },
  ];
}

/** What the stack needs of a quota: its groups with as many nodes as they can have. */
function need(name: QuotaName, vcpus: AwsAnswers["vcpus"], { addresses, groups, vpcs }: Aws): Answer<number> {
  if (name === "addresses") return { got: addresses };
  if (name === "vpcs") return { got: vpcs };
  if (!answered(vcpus)) return vcpus;
  return {
    got: groups
      .filter(({ spot }) => spot === (name === "spot"))
      .reduce((sum, { most, types }) => sum + most * Math.max(0, ...types.map((type) => vcpus.got.get(type) ?? 0)), 0),
  };
}

/** Whether the parent zone delegates to the zone that the stack has in Route 53. */
function delegation(
  own: Answer<readonly string[]>,
  delegated: Answer<readonly string[]>,
  { domain, zone }: Aws,
): Diagnosis[] {
  const check = "aws-delegation";
  if (!zone) return [];
  if (!answered(own)) return [unanswered(check, `the zone ${domain}`, own.why, "route53:ListHostedZonesByName")];
  if (own.got.length === 0)
    return [
      {
        check,
        area,
        level: "warn",
        found: `the zone ${domain} does not exist yet: up creates it`,
        needed: "a delegation of the parent zone, so that names resolve and certificates are issued",
        fix: "after up, run the doctor again: it prints the records",
      },
    ];
  if (!answered(delegated)) return [notKnown(check, area, `the delegation of ${domain}`, delegated.why)];
  const names = own.got.map((name) => name.toLowerCase());
  const there = delegated.got.map((name) => name.toLowerCase());
  if (names.every((name) => there.includes(name)))
    return [{ check, area, level: "ok", found: `${domain} is delegated to ${counted(names.length, "name server")}` }];
  return [
    {
      check,
      area,
      level: "warn",
      found: there.length === 0 ? `${domain} is not delegated` : `${domain} is delegated to ${listed(there)}`,
      needed: "the zone's own name servers",
      fix: "create these records in the parent zone",
      records: names.map((name) => `${domain}. IN NS ${name}.`),
    },
  ];
}

/** An answer that the credentials do not get. */
function unanswered(check: string, what: string, why: string, permission: string): Diagnosis {
  const denied = /AccessDenied|UnauthorizedOperation|not authorized/i.test(why);
  return notKnown(check, area, what, denied ? `the credentials lack ${permission}` : why);
}
