import { z } from "zod";
import { bytesForm, cpuForm, durationForm } from "../../components/kit/quantities.ts";
import type { Bytes, Cpu, Duration } from "../../components/kit/quantities.ts";
import { isSchedule, scheduleForm } from "../../components/kit/schedule.ts";
import { key } from "./key.ts";

const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const { ipv4, ipv6, cidrv4, cidrv6 } = z.regexes;

/** A text of a form: what an error message says that it accepts, and a text that is right. */
function text(form: RegExp, accepts: string, example: string, max = 253): z.ZodString {
  return z
    .string({ error: accepts })
    .regex(form, { error: accepts })
    .max(max, { error: accepts })
    .meta({ examples: [example] });
}

/** A text that has no form of its own. */
export const plainText = (max: number, example: string, min = 1) => {
  const accepts = `a text of ${min} to ${max} characters`;
  return z
    .string({ error: accepts })
    .min(min, accepts)
    .max(max, accepts)
    .meta({ examples: [example] });
};

/** A text with a form that only one setting has. */
export const formed = (form: RegExp, accepts: string, example: string, max?: number) =>
  text(form, accepts, example, max);

/** A name of a Kubernetes object: a DNS label (RFC 1123). */
export const name = () =>
  text(new RegExp(`^${label}$`), "a name of lower-case letters, digits and '-', at most 63 characters", "my-app", 63);

/** A domain or host name with at least two labels. */
export const domain = () =>
  text(
    new RegExp(`^(?=.*[a-z])${label}(\\.${label})+$`),
    'a domain name in lower case, such as "example.org"',
    "example.org",
  );

/** The first label of a host in the stack's domain, a full host name, or a wildcard of one. */
export const host = () =>
  text(
    new RegExp(`^(\\*\\.)?${label}(\\.${label})*$`),
    'a host name in lower case: "wiki" for wiki.DOMAIN, or "wiki.example.org"',
    "wiki",
  );

/** The first label of a host in the stack's domain, or a full host name. */
export const plainHost = () =>
  text(
    new RegExp(`^${label}(\\.${label})*$`),
    'a host name in lower case, no wildcard: "wiki" for wiki.DOMAIN, or "wiki.example.org"',
    "wiki",
  );

/** A host name or an IPv4 or IPv6 address, without scheme, port or path. */
export const address = () =>
  text(
    new RegExp(`^(?![0-9.]+$)${label}(\\.${label})*$|${ipv4.source}|${ipv6.source}`),
    'a host name or an IP address, without "https://", port or path',
    "db.example.org",
  );

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

/** A port that every node opens for a Service (Kubernetes' default `--service-node-port-range`). */
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

/** An amount of memory or storage. */
export const bytes = () =>
  text(bytesForm, 'an amount with its unit Ki, Mi, Gi or Ti, such as "20Gi"', "20Gi") as unknown as z.ZodType<
    Bytes,
    Bytes
  >;

/** An amount of CPU. */
export const cpu = () =>
  text(cpuForm, 'cores, such as "2", or thousandths of one, such as "250m", in quotes', "250m") as unknown as z.ZodType<
    Cpu,
    Cpu
  >;

/** A length of time. */
export const duration = () =>
  text(durationForm, 'a whole number with s, m, h or d, such as "90d"', "90d") as unknown as z.ZodType<
    Duration,
    Duration
  >;

/** Times at which something is done: a cron schedule as CronJobs take it, in UTC. */
export const schedule = (example: string) => {
  const accepts = `a cron schedule of five fields, such as "${example}", or a macro such as "@daily"`;
  return text(scheduleForm, accepts, example).refine(isSchedule, { error: accepts });
};

/** A PEM block of a certificate, or several. */
export const certificatePem = () =>
  text(
    /^\s*(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/,
    "one or more certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    200_000,
  );

/** A label's or annotation's key. */
export const labelKey = () =>
  text(
    /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    'a label key, such as "system-tag" or "example.org/role"',
    "example.org/role",
  );

/** A label's value. */
export const labelValue = () =>
  text(
    /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
    "a label value in quotes: letters, digits, '-', '_' and '.', at most 63 characters",
    "platform",
    63,
  );

/** The name under which the user keeps a secret in the stack's configuration. */
export const secretName = () =>
  text(
    /^[a-z][a-z0-9-]{0,62}$/,
    "the NAME of secrets:NAME, of lower-case letters, digits and '-'; never the secret itself",
    "my-secret",
    63,
  );

/** The name of a generated credential: it contains that of its database. */
export const credentialName = () =>
  text(
    /^[a-z][a-z0-9_-]{0,62}$/,
    "the name of a generated secret, as `npm start` lists it, or all",
    "postgresql-superuser",
    63,
  );

/** What pods of one kind ask for and may use. */
export function resources(defaults: { cpu: Cpu; memory: Bytes; memoryLimit: Bytes }, who: string) {
  const changing = `Restarts the ${who} pods one after the other.`;
  return z
    .strictObject({
      cpu: key(cpu().default(defaults.cpu), { is: `CPU that each ${who} pod asks for.`, unit: "cores", changing }),
      memory: key(bytes().default(defaults.memory), { is: `Memory that each ${who} pod asks for.`, changing }),
      memoryLimit: key(bytes().default(defaults.memoryLimit), {
        is: `Memory that each ${who} pod may use before it is killed; at least \`memory\`.`,
        changing,
      }),
    })
    .prefault({});
}

/** A kubeconfig context: any text without white space. */
export const context = () =>
  text(/^\S+$/, "the name of a context, as `kubectl config get-contexts -o name` lists it", "kind-groundplan");

/** An address range. */
export const cidr = () =>
  text(new RegExp(`${cidrv4.source}|${cidrv6.source}`), 'an address range, such as "10.0.0.0/16"', "10.0.0.0/16");

/** An image registry: host, optional port and path, no scheme. */
export const registry = () =>
  text(
    /^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(\/[a-z0-9._-]+)*$/,
    'a registry without scheme, such as "registry.example.org/mirror"',
    "registry.example.org/mirror",
  );

/** An OCI registry of charts. */
export const ociRegistry = () =>
  text(
    /^oci:\/\/[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(\/[a-z0-9._-]+)*$/,
    'an address that starts with oci://, such as "oci://registry.example.org/charts"',
    "oci://registry.example.org/charts",
  );

/** A path below the project. */
export const relativePath = () =>
  text(
    /^(?![/~]|[A-Za-z]:)[^\s].*[^/\s]$|^[^/~\s]$/,
    'a path relative to the project, such as "charts" or "../charts"',
    "charts",
  );

/** A path from the root. */
export const absolutePath = () => text(/^\/[^\s]*$/, 'a path from the root, such as "/exports"', "/exports");

/** The name of a CSI driver or in-tree provisioner. */
export const provisioner = () =>
  text(
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(\/[a-z0-9._-]+)?$/,
    'a driver\'s name, such as "ebs.csi.aws.com"',
    "ebs.csi.aws.com",
  );

/** The name of a claim: a DNS subdomain. */
export const claimName = () =>
  text(
    new RegExp(`^${label}(\\.${label})*$`),
    'a claim\'s name in lower case, such as "data-pgsqlha-postgresql-0"',
    "data-pgsqlha-postgresql-0",
  );

/** A name short enough that charts can append to it. */
export const shortName = () =>
  text(
    /^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/,
    "a name of lower-case letters, digits and '-' that starts with a letter, at most 30 characters",
    "postgres",
    30,
  );

/** A database, role or extension: what needs no quotes anywhere, pgpool's list of users included. */
export const databaseName = () =>
  text(
    /^[a-z][a-z0-9_-]{0,51}$/,
    "a name that starts with a letter, of lower-case letters, digits, '_' and '-', at most 52 characters",
    "wiki",
    52,
  );
