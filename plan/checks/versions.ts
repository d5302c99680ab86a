import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { brings, compareVersions, formatVersion, imagesOf } from "./software.ts";
import type { Software, UsedImage, Version } from "./software.ts";

/** A pair of programs with compatibility requirements. */
interface Pair {
  readonly consumer: Software;
  readonly provider: Software;
  /** The versions of the provider that a version of the consumer supports, as text, and whether a version is one of them. */
  readonly works: (
    consumer: Version,
    provider: Version,
  ) => { readonly accepts: string; readonly holds: boolean } | undefined;
  /** The source of the requirement. */
  readonly source: string;
}

/** Supported versions of a program, by the minimum version of the other: the last entry that applies counts. */
type Ranges = readonly (readonly [from: Version, accepts: readonly Version[]])[];

const searchSource = "graylog2-server, ElasticsearchVersionValidator.java; UPGRADING 7.0";

const pairs: readonly Pair[] = [
  {
    consumer: "Graylog",
    provider: "MongoDB",
    works: atLeast([
      [[6], [5]],
      [[7], [7]],
    ]),
    source: "graylog2-server, MongoDBVersionCheck.java",
  },
  {
    consumer: "Graylog",
    provider: "OpenSearch",
    works: oneOf([
      [[6], [[1], [2]]],
      [
        [7, 1],
        [[1], [2], [3]],
      ],
      [[8], [[2], [3]]],
    ]),
    source: searchSource,
  },
  {
    consumer: "Graylog",
    provider: "Elasticsearch",
    works: oneOf([
      [[6], [[7]]],
      [[8], []],
    ]),
    source: searchSource,
  },
  {
    consumer: "midPoint",
    provider: "PostgreSQL",
    works: (consumer, provider) =>
      compareVersions(consumer, [4, 10]) === 0
        ? among([[14], [15], [16], [17]], provider)
        : compareVersions(consumer, [4, 8]) === 0
          ? among([[14], [15], [16]], provider)
          : undefined,
    source: "Evolveum/midpoint, release-notes.adoc of v4.10.4 and v4.8",
  },
];

/** Checks of the compatibility of versions. */
export const versionChecks: readonly Check[] = [
  {
    id: "GP030",
    title: "Versions are compatible",
    severity: "error",
    reason: "A program with an unsupported server version may not start, or may damage its data.",
    fix: "Use versions that the source in the message lists as compatible.",
    examine: pairings,
  },
];

function pairings(plan: Plan): Examination {
  const examination = new Examination();
  const images = imagesOf(plan).filter(({ run }) => run);
  for (const { consumer, provider, works, source } of pairs) {
    const providers = once(images.filter((image) => brings(image, provider) && !image.ends));
    for (const image of images.filter((one) => brings(one, consumer))) {
      for (const other of providers) {
        if (image.version === undefined || other.version === undefined) continue;
        const result = works(image.version, other.version);
        if (result === undefined) continue;
        examination.look(image.pod.owner);
        if (!result.holds)
          examination.find(
            image.pod.owner,
            `${consumer} ${formatVersion(image.version)} supports ${provider} ${result.accepts}, but ${other.pod.owner} runs ${formatVersion(other.version)} (${source})`,
            { container: image.container },
          );
      }
    }
  }
  configCli(images, examination);
  clients(images, examination);
  return examination;
}

/** A build of keycloak-config-cli supports one Keycloak version, the second half of its tag. */
function configCli(images: readonly UsedImage[], examination: Examination): void {
  const servers = once(images.filter((image) => brings(image, "Keycloak")));
  for (const image of images.filter((one) => brings(one, "keycloak-config-cli"))) {
    const made = /^v?[0-9.]+-([0-9]+)/.exec(image.tag ?? "")?.[1];
    for (const { version, pod } of servers) {
      if (made === undefined || version === undefined) continue;
      examination.look(image.pod.owner);
      if (version[0] !== Number(made))
        examination.find(
          image.pod.owner,
          `keycloak-config-cli ${image.tag} is built for Keycloak ${made}, but ${pod.owner} runs ${formatVersion(version)} (adorsys/keycloak-config-cli, README)`,
          { container: image.container },
        );
    }
  }
}

/** `pg_dump` rejects a server with a later major version than its own (PostgreSQL, "pg_dump", Notes). */
function clients(images: readonly UsedImage[], examination: Examination): void {
  const all = images.filter((image) => brings(image, "PostgreSQL"));
  const servers = once(all.filter(({ ends }) => !ends));
  for (const { pod, container, version } of all.filter(({ ends }) => ends)) {
    for (const server of servers) {
      if (version?.[0] === undefined || server.version?.[0] === undefined) continue;
      examination.look(pod.owner);
      if (version[0] < server.version[0])
        examination.find(
          pod.owner,
          `uses client programs of PostgreSQL ${version[0]}, but ${server.pod.owner} runs ${server.version[0]}: pg_dump rejects a later server version`,
          { container },
        );
    }
  }
}

/** One image for each version, so that pods with the same image give one finding. */
function once(images: readonly UsedImage[]): UsedImage[] {
  return [...new Map(images.map((image) => [image.version?.join(".") ?? "", image])).values()];
}

function atLeast(ranges: readonly (readonly [from: Version, lowest: Version])[]): Pair["works"] {
  return (consumer, provider) => {
    const lowest = ranges.findLast(([from]) => compareVersions(consumer, from) >= 0)?.[1];
    return lowest === undefined
      ? undefined
      : { accepts: `${formatVersion(lowest)} and later`, holds: compareVersions(provider, lowest) >= 0 };
  };
}

function oneOf(ranges: Ranges): Pair["works"] {
  return (consumer, provider) => {
    const accepted = ranges.findLast(([from]) => compareVersions(consumer, from) >= 0)?.[1];
    return accepted === undefined ? undefined : among(accepted, provider);
  };
}

function among(accepted: readonly Version[], version: Version): { accepts: string; holds: boolean } {
  return {
    accepts: accepted.length === 0 ? "in no version" : accepted.map(formatVersion).join(", "),
    holds: accepted.some((one) => compareVersions(version, one) === 0),
  };
}
