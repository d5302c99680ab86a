import { compareVersions, versionOf } from "./software.ts";
import type { Software, Version } from "./software.ts";

/** How the support of a release line ends. */
export type Ending =
  /** It gets no fixes, and the upgrade is a migration. */
  | "ended"
  /** A later minor release, or another publisher's image, gets the fixes. */
  | "superseded";

/** The support of one program by release line. */
export interface Lifecycle {
  readonly software: Software;
  readonly ending: Ending;
  /** The last day with fixes of each release line; a line that is not listed still gets fixes. The empty name means all versions. */
  readonly lines: Readonly<Record<string, string>>;
  /** The last day for all versions, if there are no release lines. */
  readonly all?: string;
  readonly advice: string;
  /** The source of the dates, and when they were read. */
  readonly source: string;
}

/** When the table was last compared with its sources. */
export const lifecyclesRead = "2026-11-21";

/** The date of a line without an announced end. */
const open = "9999-12-31";

const endoflife = (page: string) => `endoflife.date/${page}, as of 2026-08-22`;

/** Dates of support, by program. A date is the last day with fixes. */
export const lifecycles: readonly Lifecycle[] = [
  {
    software: "PostgreSQL",
    ending: "ended",
    lines: {
      "9.6": "2021-11-11",
      "10": "2022-11-10",
      "11": "2023-11-09",
      "12": "2024-11-21",
      "13": "2025-11-13",
      "14": "2026-11-12",
      "15": "2027-11-11",
      "16": "2028-11-09",
      "17": "2029-11-08",
      "18": "2030-11-14",
    },
    advice: "move to a supported major with a dump, or with pg_upgrade",
    source: `postgresql.org/support/versioning; ${endoflife("postgresql")}`,
  },
  {
    software: "MongoDB",
    ending: "ended",
    lines: {
      "4.4": "2024-02-29",
      "5.0": "2024-10-31",
      "6.0": "2025-07-31",
      "7.0": "2027-08-31",
      "8.0": "2029-10-31",
    },
    advice: "upgrade one major version at a time",
    source: `mongodb.com/legal/support-policy/lifecycles; ${endoflife("mongodb")}`,
  },
  {
    software: "Elasticsearch",
    ending: "ended",
    lines: { "6": "2022-02-10", "7": "2026-01-15", "8": "2027-07-15" },
    advice: "move to OpenSearch 2 or 3: Graylog supports no later Elasticsearch",
    source: endoflife("elasticsearch"),
  },
  {
    software: "OpenSearch",
    ending: "ended",
    lines: { "1": "2025-05-06" },
    advice: "move to OpenSearch 2 or 3",
    source: endoflife("opensearch"),
  },
  {
    software: "midPoint",
    ending: "ended",
    lines: { "4.9": "2026-10-18", "4.10": "2027-11-26" },
    advice: "upgrade with ninja, one release line at a time",
    source: "docs.evolveum.com, _data/midpoint-versions.yml, read 2026-11-21",
  },
  {
    software: "Confluence Server",
    ending: "ended",
    lines: {},
    all: "2024-02-15",
    advice: "move to atlassian/confluence with a Data Center license",
    source: "Atlassian, end of support of Server products",
  },
  {
    software: "Confluence",
    ending: "ended",
    lines: { "8.5": "2025-12-15", "9.2": "2026-12-10", "10.2": "2027-12-02" },
    advice: "move to the latest long-term support release",
    source: endoflife("confluence"),
  },
  {
    software: "ingress-nginx",
    ending: "ended",
    lines: {},
    all: "2026-03-31",
    advice: "move to Kong or Traefik",
    source: "kubernetes.io/blog/2026/01/29/ingress-nginx-statement",
  },
  {
    software: "Keycloak",
    ending: "superseded",
    lines: {
      "25": "2024-10-04",
      "26.0": "2025-01-15",
      "26.1": "2025-04-11",
      "26.2": "2025-07-02",
      "26.3": "2025-09-30",
      "26.4": "2026-01-06",
      "26.5": "2026-04-08",
      "26.6": "2026-07-09",
    },
    advice: "move to the latest release of the major version: only it gets fixes",
    source: endoflife("keycloak"),
  },
  {
    software: "Graylog",
    ending: "superseded",
    lines: { "6.1": "2025-10-20", "6.2": "2026-04-28", "6.3": "2026-06-30", "7.0": "2026-11-03", "7.1": "2027-05-04" },
    advice: "move to the next minor version; read UPGRADING.md for 7.0",
    source: endoflife("graylog"),
  },
  {
    software: "Kong",
    ending: "superseded",
    // 3.4 is a long-term line.
    lines: { "2.8": "2024-06-24", "3.4": open, "3.7": "2024-09-09", "3.8": "2024-12-12" },
    advice: "take 3.9",
    source: endoflife("kong-gateway"),
  },
  {
    software: "cert-manager",
    ending: "superseded",
    lines: { "1.17": "2025-10-07", "1.18": "2026-03-10", "1.19": "2026-07-08" },
    advice: "move to one of the latest two minor versions",
    source: endoflife("cert-manager"),
  },
  {
    software: "Traefik",
    ending: "superseded",
    lines: { "2": "2026-02-01", "3.5": "2025-11-07", "3.6": "2026-08-16" },
    advice: "move to the latest minor version of 3",
    source: endoflife("traefik"),
  },
  {
    software: "Grafana",
    ending: "superseded",
    lines: {
      "11": "2026-06-25",
      "12.3": "2026-08-19",
      "12.4": "2027-05-24",
      "13.0": "2027-01-09",
      "13.1": "2027-03-20",
    },
    advice: "move to the latest minor version",
    source: endoflife("grafana"),
  },
  {
    software: "Bitnami's former images",
    ending: "ended",
    lines: {},
    all: "2025-09-29",
    advice: "they can no longer be pulled: use the upstream image, or bitnamilegacy for a transition",
    source: "github.com/bitnami/charts/issues/35164, bitnami/containers/issues/83267",
  },
  {
    software: "Bitnami's legacy images",
    ending: "superseded",
    lines: {},
    all: "2025-08-28",
    advice: "they are frozen copies that may be deleted: mirror them, and move to upstream images",
    source: "github.com/bitnami/charts/issues/35164",
  },
  {
    software: "MinIO",
    ending: "ended",
    lines: {},
    all: "2026-04-25",
    advice: "move to another S3 server, such as RustFS, SeaweedFS or Garage",
    source: "github.com/minio/minio, archived",
  },
  {
    software: "nfs-subdir-external-provisioner",
    ending: "superseded",
    lines: {},
    all: "2024-02-15",
    advice: "move to csi-driver-nfs",
    source: "github.com/kubernetes-sigs/nfs-subdir-external-provisioner/issues/352",
  },
];

/** Last days with fixes of Kubernetes' minor versions. */
export const kubernetesLines: Readonly<Record<string, string>> = {
  "1.31": "2025-11-11",
  "1.32": "2026-02-28",
  "1.33": "2026-06-28",
  "1.34": "2026-10-27",
  "1.35": "2027-02-28",
  "1.36": "2027-06-28",
};

/** Where {@link kubernetesLines} comes from. */
export const kubernetesSource = `kubernetes.io/releases/patch-releases; ${endoflife("kubernetes")}`;

/** The last day with fixes of a version, and its release line. */
export interface Support {
  readonly until: string;
  /** Undefined if the date applies to all versions. */
  readonly line?: string;
  /** Whether the version is older than the line, so that the date is the latest possible. */
  readonly older: boolean;
}

/** The support of a version; undefined if the table has no end date. */
export function supportOf(
  { lines, all }: Pick<Lifecycle, "lines" | "all">,
  version: Version | undefined,
): Support | undefined {
  if (all !== undefined) return { until: all, older: false };
  if (version === undefined) return undefined;
  const known = Object.entries(lines)
    .map(([line, until]) => ({ line, until, numbers: versionOf(line) ?? [] }))
    .sort((a, b) => compareVersions(a.numbers, b.numbers));
  // The most specific line first: for 12.4.1, 12.4 before 12.
  const exact = known
    .filter(({ numbers }) => numbers.length <= version.length && compareVersions(numbers, version) === 0)
    .sort((a, b) => b.numbers.length - a.numbers.length)[0];
  if (exact !== undefined) return { until: exact.until, line: exact.line, older: false };
  // Versions between two lines end with the later one at the latest.
  const later = known.find(({ numbers }) => compareVersions(version, numbers) < 0);
  return later === undefined ? undefined : { until: later.until, line: later.line, older: true };
}
