import { at, list, records, text, texts } from "../../../components/kit/unknown.ts";
import { answered } from "../diagnosis.ts";
import type { Answer } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import { failure } from "../run.ts";
import type { Run } from "../run.ts";

/** Who calls AWS. */
export interface Caller {
  /** The account's number. */
  readonly account: string;
  /** The ARN of the user, or of the session of a role. */
  readonly arn: string;
}

/** A quota of the account with what others use of it. */
export interface Quota {
  readonly limit: Answer<number>;
  readonly used: Answer<number>;
}

/** What AWS says of an account, with the credentials of this machine. */
export interface AwsAnswers {
  readonly caller: Answer<Caller>;
  /** Letters of the region's availability zones. */
  readonly zones: Answer<readonly string[]>;
  readonly quotas: Readonly<Record<QuotaName, Quota>>;
  /** vCPUs of one instance, by type. */
  readonly vcpus: Answer<ReadonlyMap<string, number>>;
  /** The name servers of the zone of the stack's domain; none if it does not exist. */
  readonly nameServers: Answer<readonly string[]>;
}

/** Quotas by their codes (Service Quotas, "Amazon EC2" and "Amazon VPC"). */
export const quotas = {
  onDemand: { service: "ec2", code: "L-1216C47A", title: "vCPUs of on-demand standard instances" },
  spot: { service: "ec2", code: "L-34B43A08", title: "vCPUs of spot standard instances" },
  addresses: { service: "ec2", code: "L-0263D0A3", title: "Elastic IP addresses" },
  vpcs: { service: "vpc", code: "L-F678F1CE", title: "VPCs" },
} as const;

export type QuotaName = keyof typeof quotas;

type Aws = NonNullable<Needs["aws"]>;

/**
 * Asks AWS with its own command line, which knows every way to log in. Only the first question is asked if it has no answer.
 * @returns undefined answers with the reason of the first
 */
export async function probeAws(aws: Aws, run: Run): Promise<AwsAnswers> {
  const ask = async (...args: string[]): Promise<Answer<unknown>> => {
    const outcome = await run("aws", [...args, "--region", aws.region, "--output", "json"], quickly);
    const why = failure("aws", outcome);
    if (why !== undefined) return { why };
    return outcome.kind === "ended" ? { got: JSON.parse(outcome.stdout || "{}") as unknown } : { why: "no answer" };
  };
  const caller = map(await ask("sts", "get-caller-identity"), (got): Caller => ({
    account: text(at(got, "Account")) ?? "",
    arn: text(at(got, "Arn")) ?? "",
  }));
  if (!answered(caller)) return unanswered(caller);
  const [zones, instances, addresses, vpcs, types, hosted, ...limits] = await Promise.all([
    ask("ec2", "describe-availability-zones"),
    ask("ec2", "describe-instances", "--filters", "Name=instance-state-name,Values=pending,running"),
    ask("ec2", "describe-addresses"),
    ask("ec2", "describe-vpcs"),
    ask("ec2", "describe-instance-types", "--instance-types", ...aws.instanceTypes),
    ask("route53", "list-hosted-zones-by-name", "--dns-name", aws.domain, "--max-items", "1"),
    ...Object.values(quotas).map(({ code, service }) =>
      ask("service-quotas", "get-service-quota", "--service-code", service, "--quota-code", code),
    ),
  ]);
  const running = map(instances, (got) => records(at(got, "Reservations")).flatMap((one) => records(one["Instances"])));
  const others = map(running, (all) => all.filter((one) => !isOwn(one, aws)));
  const cores = (spot: boolean) =>
    map(others, (all) =>
      all
        .filter((one) => (text(one["InstanceLifecycle"]) === "spot") === spot)
        .reduce(
          (sum, { CpuOptions: cpu }) => sum + number(at(cpu, "CoreCount")) * number(at(cpu, "ThreadsPerCore")),
          0,
        ),
    );
  const counted = (answer: Answer<unknown>, member: string) =>
    map(answer, (got) => records(at(got, member)).filter((one) => !isOwn(one, aws)).length);
  const limit = (name: QuotaName) => {
    const answer = limits[Object.keys(quotas).indexOf(name)] ?? { why: "it was not asked for" };
    return map(answer, (got) => number(at(got, "Quota", "Value")));
  };
  const [zone] = answered(hosted) ? records(at(hosted.got, "HostedZones")) : [];
  const found = text(zone?.["Name"]) === `${aws.domain}.` ? text(zone?.["Id"]) : undefined;
  return {
    caller,
    zones: map(zones, (got) =>
      records(at(got, "AvailabilityZones")).flatMap((one) => (text(one["ZoneName"]) ?? "").slice(-1)),
    ),
    quotas: {
      onDemand: { limit: limit("onDemand"), used: cores(false) },
      spot: { limit: limit("spot"), used: cores(true) },
      addresses: { limit: limit("addresses"), used: counted(addresses, "Addresses") },
      vpcs: { limit: limit("vpcs"), used: counted(vpcs, "Vpcs") },
    },
    vcpus: map(
      types,
      (got) =>
        new Map(
          records(at(got, "InstanceTypes")).map((one) => [
            text(one["InstanceType"]) ?? "",
            number(at(one, "VCpuInfo", "DefaultVCpus")),
          ]),
        ),
    ),
    nameServers:
      found === undefined
        ? map(hosted, () => [])
        : map(await ask("route53", "get-hosted-zone", "--id", found), (got) =>
            texts(at(got, "DelegationSet", "NameServers")),
          ),
  };
}

/** Without it, a refused or unreachable API is asked again for minutes. */
const quickly = { AWS_MAX_ATTEMPTS: "1", AWS_PAGER: "" };

function unanswered(caller: { readonly why: string }): AwsAnswers {
  const quota = { limit: caller, used: caller };
  return {
    caller,
    zones: caller,
    quotas: { onDemand: quota, spot: quota, addresses: quota, vpcs: quota },
    vcpus: caller,
    nameServers: caller,
  };
}

/** What the stack made before counts as needed already. */
function isOwn(resource: Readonly<Record<string, unknown>>, { name, stack }: Aws): boolean {
  return list(resource["Tags"]).some((tag) => {
    const [key, value] = [text(at(tag, "Key")), text(at(tag, "Value"))];
    return (key === "groundplan:stack" && value === stack) || (key === "eks:cluster-name" && value === name);
  });
}

function map<T, U>(answer: Answer<T>, change: (got: T) => U): Answer<U> {
  return answered(answer) ? { got: change(answer.got) } : answer;
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
