import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { promisify } from "node:util";
import { catalogue } from "../components/kit/catalogue.ts";
import type { ChartName, ChartSource } from "../components/kit/catalogue.ts";
import { sorted, stableJson } from "../components/kit/stable.ts";
import { textAt } from "../components/kit/unknown.ts";
import { chartLocation } from "../components/kit/values.ts";
import { cached, cachePath, writeWhole } from "./cache.ts";
import type { PlannedObject, PlannedRelease } from "./objects.ts";

const run = promisify(execFile);

/**
 * What Helm prints.
 * @throws Error with the code ENOENT where it is not on PATH: looked up first, since a start that fails takes milliseconds each
 */
async function helm(args: readonly string[], options: { readonly timeout?: number } = {}): Promise<string> {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const found = folders.some((folder) => ["helm", "helm.exe"].some((name) => existsSync(join(folder, name))));
  if (!found) throw Object.assign(new Error("helm is not on PATH"), { code: "ENOENT" });
  // A Helm lives for a moment: it collects garbage less often than Go's default of 100 %, for a tenth less processor time.
  const env = { GOGC: "400", ...process.env };
  return (await run("helm", args, { maxBuffer: 2 ** 28, env, ...options })).stdout;
}

/** What came of rendering the charts of a stack. */
export interface Rendered {
  readonly objects: readonly PlannedObject[];
  /** Releases that were not rendered, and why. */
  readonly missing: readonly NotRendered[];
  /** Objects that the API server would reject, because they have no name. */
  readonly unnamed?: readonly { readonly release: string; readonly kind: string }[];
}

/** A release that was not rendered. */
export interface NotRendered {
  /** As `namespace/name`. */
  readonly release: string;
  readonly reason: string;
  /** Whether Helm rejects the chart with these values, as it would in `up`. Default: the chart or Helm is not at hand. */
  readonly refused?: true;
}

/** Helm's own reason why it does not render a chart. */
class Refused extends Error {}

/** What a chart may ask of the cluster while it renders. */
export interface Capabilities {
  /** The cluster's Kubernetes version, such as `1.34`. */
  readonly version: string;
  /** API groups with version that the stack installs, such as `monitoring.coreos.com/v1`. */
  readonly apiVersions: readonly string[];
  /** Whether the release exists: charts make some Jobs at installation only. Default: false. */
  readonly isUpgrade?: boolean;
}

/** Kinds that every cluster says it has, and that `helm template` does not know by themselves: a chart may ask for a kind, too. */
export const kindsOfEveryCluster: readonly string[] = [
  "apiextensions.k8s.io/v1/CustomResourceDefinition",
  "networking.k8s.io/v1/IngressClass",
  "policy/v1/PodDisruptionBudget",
];

/** Seconds that fetching one chart may take, and after a failure the seconds until it is tried again. */
const fetchTimeout = 15;
const retryAfter = 600;

/** Kinds without a namespace that charts bring along; everything else is in its release's namespace. */
const clusterScoped = new Set([
  "APIService",
  "CSIDriver",
  "ClusterIssuer",
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "IngressClass",
  "KongClusterPlugin",
  "MutatingWebhookConfiguration",
  "Namespace",
  "PersistentVolume",
  "PriorityClass",
  "StorageClass",
  "ValidatingWebhookConfiguration",
]);

/**
 * Renders releases with the Helm on PATH, all at once. A chart comes from the folder that the settings name, the user's cache
 * or its repository; a render is cached by the chart's content and everything that goes into it.
 *
 * @returns what could be rendered; a release that could not is named with the reason
 */
export async function renderReleases(
  releases: readonly PlannedRelease[],
  source: ChartSource,
  capabilities: Capabilities,
): Promise<Rendered> {
  const results = await Promise.all(
    releases.map(async (release) => {
      try {
        return { release, objects: await rendered(release, source, capabilities) };
      } catch (error) {
        return { release, reason: reasonOf(error), refused: error instanceof Refused || undefined };
      }
    }),
  );
  const all = results.flatMap((result) => ("objects" in result ? (result.objects ?? []) : []));
  return {
    objects: all.filter(({ name }) => name !== ""),
    unnamed: all.filter(({ name }) => name === "").map(({ kind, release = "" }) => ({ release, kind })),
    missing: results.flatMap(({ release: { namespace, name }, reason, refused }) =>
      reason === undefined ? [] : [{ release: `${namespace}/${name}`, reason, refused }],
    ),
  };
}

/** One line that says which charts took no part in a plan, and why; undefined where all did. */
export function missingLine(missing: Rendered["missing"]): string | undefined {
  if (missing.length === 0) return undefined;
  const byReason = new Map<string, string[]>();
  for (const { release, reason } of missing) byReason.set(reason, [...(byReason.get(reason) ?? []), release]);
  return `not rendered: ${[...byReason].map(([reason, names]) => `${names.join(", ")} (${reason})`).join("; ")}`;
}

async function rendered(
  release: PlannedRelease,
  source: ChartSource,
  capabilities: Capabilities,
): Promise<PlannedObject[]> {
  const file = await chartPath(release, source);
  const digest = createHash("sha256").update(readFileSync(file)).digest("hex");
  const checksum = textAt(release.values, "global", "chartChecksum");
  if (checksum !== undefined && checksum !== digest)
    throw new Error(`${basename(file)} has another content than the chart that was installed`);
  const manifests = await cached(
    "renders",
    [format, digest, release.name, release.namespace, release.values, capabilities],
    async () => {
      const [{ documentsIn }, { withoutSchemas }] = await Promise.all([
        import("./manifests.ts"),
        import("./definitions.ts"),
      ]);
      const text = withoutSchemas(await template(file, release, capabilities));
      return (documentsIn(text) as (Manifest | null)[]).flatMap(items).flatMap(slim);
    },
  );
  return manifests.map((manifest) => planned(manifest, release));
}

/** The default values of a release's chart, without those of charts inside it; undefined where they cannot be read. */
export async function defaultValues(release: PlannedRelease, source: ChartSource): Promise<unknown> {
  try {
    const { documentsIn } = await import("./manifests.ts");
    return documentsIn(await helm(["show", "values", await chartPath(release, source)]))[0];
  } catch {
    return undefined;
  }
}

/** Raised when what is cached of a render changes. */
const format = 6;

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  /** The API server rejects an object without it. */
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}

async function template(
  file: string,
  release: PlannedRelease,
  { version, apiVersions, isUpgrade = false }: Capabilities,
): Promise<string> {
  const values = join(tmpdir(), `groundplan-${process.pid}-${randomUUID()}.json`);
  writeFileSync(values, JSON.stringify(release.values), { mode: 0o600 });
  try {
    const groups = [...apiVersions, ...kindsOfEveryCluster].flatMap((group) => ["--api-versions", group]);
    const args = [
      "template",
      release.name,
      file,
      "--namespace",
      release.namespace,
      "--kube-version",
      `${version}.0`,
      "--include-crds",
      "--skip-tests",
      ...(isUpgrade ? ["--is-upgrade"] : []),
      "--values",
      values,
      ...groups,
    ];
    return await helm(args);
  } catch (error) {
    // Only Helm's own exit is a refusal: it may be missing from PATH.
    if (typeof (error as { code?: unknown }).code === "number") throw new Refused(reasonOf(error), { cause: error });
    throw error;
  } finally {
    rmSync(values, { force: true });
  }
}

/** The objects of a document: those in it, if it is a list (Kubernetes API conventions, "Lists"), which has no name itself. */
function items(manifest: Manifest | null): (Manifest | null)[] {
  const list = (manifest as { items?: unknown } | null)?.items;
  if (manifest === null || !Array.isArray(list) || !manifest.kind.endsWith("List")) return [manifest];
  const { apiVersion } = manifest;
  const kind = manifest.kind.replace(/List$/, "");
  return (list as Manifest[]).map((item) => ({
    ...item,
    apiVersion: item.apiVersion ?? apiVersion,
    kind: item.kind ?? kind,
  }));
}

/** A definition without what no check looks at: the hash of its versions still shows a change. */
function slim(manifest: Manifest | null): Manifest[] {
  if (manifest === null) return [];
  if (manifest.kind !== "CustomResourceDefinition") return [manifest];
  const { versions, ...spec } = manifest.spec as { versions: { name: string }[] } & Record<string, unknown>;
  return [
    {
      ...manifest,
      spec: {
        ...spec,
        versions: versions.map(({ name }) => ({ name })),
        schemas: createHash("sha256").update(stableJson(versions)).digest("hex").slice(0, 16),
      },
    },
  ];
}

function planned(manifest: Manifest, release: PlannedRelease): PlannedObject {
  const { apiVersion, kind, metadata } = manifest;
  const namespace = clusterScoped.has(kind) ? undefined : (metadata?.namespace ?? release.namespace);
  return {
    urn: release.urn,
    component: release.component,
    release: `${release.namespace}/${release.name}`,
    apiVersion,
    kind,
    namespace,
    name: metadata?.name ?? "",
    manifest: sorted(manifest) as Record<string, unknown>,
  };
}

/** The chart's file: from the folder of the settings, the cache, or fetched into the cache. */
async function chartPath({ chart, version }: PlannedRelease, source: ChartSource): Promise<string> {
  if (!Object.hasOwn(catalogue, chart)) throw new Error(`this program has no chart ${chart}`);
  const name = `${chart}-${version}.tgz`;
  if (source.kind === "folder") {
    const path = join(source.path, name);
    if (!existsSync(path)) throw new Error(`${name} is not in ${source.path}`);
    return path;
  }
  const cached = cachePath("charts", name);
  if (existsSync(cached)) return cached;
  const failure = `${cached}.failed`;
  if (existsSync(failure) && Date.now() - statSync(failure).mtimeMs < retryAfter * 1000)
    throw new Error(readFileSync(failure, "utf8"));
  const { chart: location, repositoryOpts } = chartLocation(chart as ChartName, source);
  const from = repositoryOpts === undefined ? [] : ["--repo", repositoryOpts.repo];
  try {
    await helm(["pull", location, "--version", version, "--destination", cachePath("charts"), ...from], {
      timeout: fetchTimeout * 1000,
    });
  } catch (error) {
    // Without Helm nothing was tried.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") writeWhole(failure, reasonOf(error));
    throw error;
  }
  return cached;
}

function reasonOf(error: unknown): string {
  const { code, killed, stderr, message } = error as {
    code?: unknown;
    killed?: boolean;
    stderr?: string;
    message: string;
  };
  if (code === "ENOENT") return "helm is not on PATH";
  if (killed === true) return `its repository did not answer within ${fetchTimeout} s`;
  const last = (stderr ?? message).trim().split("\n").at(-1) ?? "";
  return last.replace(/^Error: /, "");
}
