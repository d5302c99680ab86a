import { z } from "zod";
import { bytesForm, cpuForm, durationForm } from "../../components/kit/quantities.ts";
import type { Bytes, Cpu, Duration } from "../../components/kit/quantities.ts";
import { isSchedule, scheduleForm } from "../../components/kit/schedule.ts";
import { key } from "./key.ts";

const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const { ipv4, ipv6, cidrv4, cidrv6 } = z.regexes;

/** Control characters except tabs and ends of lines, and halves of characters, which no server stores. */
const unusable = /[^\P{Cc}\t\n\r]|\p{Cs}|[\uFFFE\uFFFF]/u;

/** Whether servers can store a text, and it is a valid URL if it looks like one: the port is in range, for example. */
function isUsable(text: string): boolean {
  return !unusable.test(text) && (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || URL.canParse(text));
}

/**
 * A string with a format.
 * @param accepts the accepted values, as an error message lists them
 * @param example a valid value
 */
function text(form: RegExp, accepts: string, example: string, max = 253): z.ZodString {
  return z
    .string({ error: accepts })
    .regex(form, { error: accepts })
    .max(max, { error: accepts })
    .refine(isUsable, { error: accepts })
    .meta({ examples: [example] });
}

/** A line of text without a format. */
export const plainText = (max: number, example: string, min = 1) => {
  const accepts = `a string of ${min} to ${max} characters`;
  return z
    .string({ error: accepts })
    .min(min, accepts)
    .max(max, accepts)
    .refine((value) => isUsable(value) && !/\p{Cc}/u.test(value), accepts)
    .meta({ examples: [example] });
};

/** A string with a format that only one setting has. */
export const formed = (form: RegExp, accepts: string, example: string, max?: number) =>
  text(form, accepts, example, max);

/** A name of a Kubernetes object: a DNS label (RFC 1123). */
export const name = () =>
  text(new RegExp(`^${label}$`), "a name with lower-case letters, digits and '-', at most 63 characters", "my-app", 63);

/** A domain or host name with at least two labels. */
export const domain = () =>
  text(
    new RegExp(`^(?=.*[a-z])${label}(\\.${label})+$`),
    'a domain name in lower case, such as "example.org"',
    "example.org",
  );

/** A host name, its first label below the stack's domain, or a wildcard of either. */
export const host = () =>
  text(
    new RegExp(`^(\\*\\.)?${label}(\\.${label})*$`),
    'a host name in lower case: "wiki" for wiki.DOMAIN, or "wiki.example.org"',
    "wiki",
  );

/** A host name, or its first label below the stack's domain. */
export const plainHost = () =>
  text(
    new RegExp(`^${label}(\\.${label})*$`),
    'a host name in lower case without a wildcard: "wiki" for wiki.DOMAIN, or "wiki.example.org"',
    "wiki",
  );

/** A host name or an IPv4 or IPv6 address, without scheme, port or path. */
export const address = () =>
  text(
    new RegExp(`^(?![0-9.]+$)${label}(\\.${label})*$|${ipv4.source}|${ipv6.source}`),
    'a host name or an IP address, without "https://", port or path',
    "db.example.org",
  );

/** An IPv4 or IPv6 address. */
export const ipAddress = () =>
  text(new RegExp(`${ipv4.source}|${ipv6.source}`), 'an IP address, such as "10.96.0.49"', "10.96.0.49");

/** An e-mail address. */
export const email = () =>
  z.email({ error: 'an e-mail address, such as "ops@example.org"' }).meta({ examples: ["ops@example.org"] });

/** A TCP port. */
export const port = () =>
  z
    .number()
    .int()
    .min(1)
    .max(65535)
    .meta({ examples: [5432] });

/** A node port (Kubernetes' default `--service-node-port-range`). */
export const nodePort = () =>
  z
    .number()
    .int()
    .min(30_000)
    .max(32_767)
    .meta({ examples: [30443] });

/** An image with an exact tag. */
export const image = () =>
  text(
    /^(?=.*\/)[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(\/[a-z0-9._-]+)+:(?!latest$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/,
    'an image with its registry and an exact tag, such as "registry.example.org/kong-oidc:3.9.3-1"',
    "registry.example.org/kong-oidc:3.9.3-1",
  );

/** A quantity of memory or storage. */
export const bytes = () =>
  text(bytesForm, 'a quantity with a unit Ki, Mi, Gi or Ti, such as "20Gi"', "20Gi") as unknown as z.ZodType<
    Bytes,
    Bytes
  >;

/** A quantity of CPU. */
export const cpu = () =>
  text(cpuForm, 'cores, such as "2", or millicores, such as "250m", in quotes', "250m") as unknown as z.ZodType<
    Cpu,
    Cpu
  >;

/** A duration. */
export const duration = () =>
  text(durationForm, 'a whole number with a unit s, m, h or d, such as "90d"', "90d") as unknown as z.ZodType<
    Duration,
    Duration
  >;

/** A cron schedule in the syntax of CronJobs, in UTC. */
export const schedule = (example: string) => {
  const accepts = `a cron schedule with five fields, such as "${example}", or a macro such as "@daily"`;
  return text(scheduleForm, accepts, example).refine(isSchedule, { error: accepts });
};

/** One or more certificates in PEM. */
export const certificatePem = () =>
  text(
    /^\s*(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/,
    "one or more certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    200_000,
  );

/** A key of a label or annotation. */
export const labelKey = () =>
  text(
    /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    'a label key, such as "system-tag" or "example.org/role"',
    "example.org/role",
  );

/** A key of a label that the stack does not set on its objects. */
export const ownLabelKey = () =>
  text(
    /^(?!app\.kubernetes\.io\/|groundplan\/)([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    'a label key, such as "dns" or "example.org/dns"; the stack sets those of app.kubernetes.io and groundplan',
    "example.org/dns",
  );

/** A key of a namespace's label that neither the stack nor the API server sets. */
export const namespaceLabelKey = () =>
  text(
    /^(?!app\.kubernetes\.io\/|groundplan\/|kubernetes\.io\/metadata\.name$|pod-security\.kubernetes\.io\/(enforce|audit|warn)$)([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    'a label key, such as "example.org/team"; podSecurity sets the levels of Pod Security, and the stack those of app.kubernetes.io and groundplan',
    "example.org/team",
  );

/** A key of a label or an annotation as the API server accepts it: a name of 63 characters, after a domain of 253 at most. */
const metadataKey = String.raw`(?=[^/]{1,253}/[^/]+$|[^/]+$)([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`;

/** Labels of pods that the stack, Kubernetes, an operator or a chart sets and selects by: domains, and names without a domain. */
const podLabels = {
  domains: String.raw`([a-z0-9.-]*\.)?(kubernetes\.io|cnpg\.io|cert-manager\.io|argoproj\.io|helm\.sh)|groundplan|azure\.workload\.identity`,
  names:
    "app|chart|component|controller-revision-hash|enable-metrics|heritage|instance|job-name|jobLabel|k8s-app|name|pod-template-hash|release|version",
};

/** A key of a label that the user adds to pods: none of those by which pods are selected. */
export const podLabelKey = () =>
  text(
    new RegExp(`^(?!(${podLabels.domains})/|(${podLabels.names})$)${metadataKey}`),
    'a label key of your own, such as "example.org/team"; the platform and its charts set those of kubernetes.io and groundplan, and names such as app, name, release and version',
    "example.org/team",
    317,
  );

/** Annotations of pods that the stack, its charts or a security module read. */
const podAnnotations = String.raw`groundplan|checksum|pulumi\.com|helm\.sh|cnpg\.io|container\.apparmor\.security\.beta\.kubernetes\.io|seccomp\.security\.alpha\.kubernetes\.io`;

/** A key of an annotation that the user adds to pods. */
export const podAnnotationKey = () =>
  text(
    new RegExp(`^(?!(${podAnnotations})/)${metadataKey}`),
    'an annotation key, such as "example.org/owner"; none of groundplan, checksum, pulumi.com, helm.sh, cnpg.io, AppArmor or seccomp',
    "example.org/owner",
    317,
  );

/** The value of an annotation of pods. Some charts render it as a template. */
export const podAnnotationValue = () => {
  const accepts = 'a string in quotes: 1 to 10000 characters in one line, without "{{"';
  return z
    .string({ error: accepts })
    .min(1, accepts)
    .max(10_000, accepts)
    .refine((value) => isUsable(value) && !/\p{Cc}|\{\{/u.test(value), accepts)
    .meta({ examples: ["team-maps"] });
};

/** The name of a PriorityClass that Kubernetes does not reserve for itself. */
export const priorityClassName = () =>
  text(
    new RegExp(`^(?!system-)${label}(\\.${label})*$`),
    'the name of a PriorityClass, such as "high"; the pods of those that begin with system- would displace those of the cluster',
    "high",
  );

/** The ARN of an AWS role. */
export const roleArn = () =>
  text(
    /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
    'the ARN of a role, such as "arn:aws:iam::123456789012:role/groundplan"',
    "arn:aws:iam::123456789012:role/groundplan",
    600,
  );

/** A value of a label. */
export const labelValue = () =>
  text(
    /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
    "a label value in quotes: letters, digits, '-', '_' and '.', at most 63 characters",
    "platform",
    63,
  );

/** The name of a secret in the stack's configuration. */
export const secretName = () =>
  text(
    /^[a-z][a-z0-9-]{0,62}$/,
    "the NAME of secrets:NAME, with lower-case letters, digits and '-'; never the secret itself",
    "my-secret",
    63,
  );

/** The name of a generated credential; the name of a database's credential contains that of the database. */
export const credentialName = () =>
  text(
    /^[a-z][a-z0-9_-]{0,62}$/,
    "the name of a generated secret, as listed by the plan, or all",
    "postgresql-superuser",
    63,
  );

/** Requests and limits of a kind of pod. */
export function resources(defaults: { cpu: Cpu; memory: Bytes; memoryLimit: Bytes }, who: string) {
  const changing = `Restarts the ${who} pods one after another.`;
  return z
    .strictObject({
      cpu: key(cpu().default(defaults.cpu), { is: `CPU request of each ${who} pod.`, unit: "cores", changing }),
      memory: key(bytes().default(defaults.memory), { is: `Memory request of each ${who} pod.`, changing }),
      memoryLimit: key(bytes().default(defaults.memoryLimit), {
        is: `Memory limit of each ${who} pod, above which it is killed. At least \`memory\`.`,
        changing,
      }),
    })
    .prefault({});
}

/** A kubeconfig context: any string without white space. */
export const context = () =>
  text(/^\S+$/, "the name of a context, as listed by `kubectl config get-contexts -o name`", "kind-groundplan");

/** An address range in CIDR notation. */
export const cidr = () =>
  text(
    new RegExp(`${cidrv4.source}|${cidrv6.source}`),
    'an address range in CIDR notation, such as "10.0.0.0/16"',
    "10.0.0.0/16",
  );

/** An image registry: host, optional port and path, no scheme. */
export const registry = () =>
  text(
    /^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(\/[a-z0-9._-]+)*$/,
    'a registry without scheme, such as "registry.example.org/mirror"',
    "registry.example.org/mirror",
  );

/** An image's repository with its registry, without a tag. */
export const imageRepository = () =>
  text(
    /^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+(:[0-9]{1,5})?(\/[a-z0-9._-]+)+$/,
    'a repository with its registry, such as "quay.io/keycloak/keycloak"',
    "quay.io/keycloak/keycloak",
  );

/** The tag of an image (distribution/reference, "tag"), except `latest`. */
export const imageTag = () =>
  text(/^(?!latest$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, 'an exact tag, such as "26.7.4"', "26.7.4");

/** An OCI registry of charts. */
export const ociRegistry = () =>
  text(
    /^oci:\/\/[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(\/[a-z0-9._-]+)*$/,
    'a URL that starts with oci://, such as "oci://registry.example.org/charts"',
    "oci://registry.example.org/charts",
  );

/** The version of a chart. */
export const chartVersion = () =>
  text(/^v?[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$/, 'an exact version, such as "1.2.3"', "1.2.3");

/** A release and the path of a value of its chart. */
export const valuePath = () =>
  text(/^[a-z0-9-]+(\.[^.\s]+)+$/, "RELEASE.PATH, such as kong.proxy.type", "kong.proxy.type");

/** A path relative to the project. */
export const relativePath = () =>
  text(
    /^(?![/~]|[A-Za-z]:)[^\s].*[^/\s]$|^[^/~\s]$/,
    'a path relative to the project, such as "charts" or "../charts"',
    "charts",
  );

/** An absolute path. */
export const absolutePath = () => text(/^\/[^\s]*$/, 'an absolute path, such as "/exports"', "/exports");

/** The name of a CSI driver or in-tree provisioner. */
export const provisioner = () =>
  text(
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(\/[a-z0-9._-]+)?$/,
    'the name of a driver, such as "ebs.csi.aws.com"',
    "ebs.csi.aws.com",
  );

/** The name of a PersistentVolumeClaim: a DNS subdomain. */
export const claimName = () =>
  text(
    new RegExp(`^${label}(\\.${label})*$`),
    'the name of a PersistentVolumeClaim in lower case, such as "data-pgsqlha-postgresql-0"',
    "data-pgsqlha-postgresql-0",
  );

/** A short name, to which charts can append suffixes. */
export const shortName = () =>
  text(
    /^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/,
    "a name with lower-case letters, digits and '-' that starts with a letter, at most 30 characters",
    "postgres",
    30,
  );

/** The name of a database or role that needs no quotes anywhere, including pgpool's user list. */
export const databaseName = () =>
  text(
    /^[a-z][a-z0-9_-]{0,51}$/,
    "a name with lower-case letters, digits, '_' and '-' that starts with a letter, at most 52 characters",
    "wiki",
    52,
  );

/** The name of an extension (PostgreSQL, `check_valid_extension_name`). */
export const extensionName = () =>
  text(
    /^[a-z](?!.*--)([a-z0-9_-]{0,50}[a-z0-9_])?$/,
    "a name with lower-case letters, digits, '_' and single '-' between them, at most 52 characters",
    "pg_trgm",
    52,
  );
