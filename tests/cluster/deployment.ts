import { stableJson } from "../../components/kit/stable.ts";
import { program } from "../../index.ts";
import { kindsOfEveryCluster } from "../../plan/charts.ts";
import { documentsIn } from "../../plan/manifests.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import type { PlannedObject, PlannedRelease } from "../../plan/objects.ts";
import { record } from "../../plan/recorder.ts";
import type { Recorded, Recording } from "../../plan/recorder.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { cachedChart } from "../charts/charts.ts";
import type { TestStack } from "../stacks.ts";
import { has } from "./cluster.ts";
import type { Cluster, KubernetesObject } from "./cluster.ts";
import { definitionsOf, unknownGroups } from "./definitions.ts";
import { generated } from "./generated.ts";

/** A stack whose secrets in the configuration have values. */
export interface ClusterStack extends TestStack {
  readonly secrets?: Readonly<Record<string, string>>;
}

/** One step of a deployment: what does not wait for each other. */
export interface Step {
  readonly objects: readonly PlannedObject[];
  readonly releases: readonly PlannedRelease[];
}

/** A stack with generated values, and what Pulumi's engine would do with it on a cluster, done with kubectl and Helm. */
export class Deployment {
  readonly result: ReturnType<typeof program>;
  readonly steps: readonly Step[];
  private readonly cluster: Cluster;
  private readonly retained: ReadonlySet<string>;
  private readonly installed = new Set<PlannedRelease>();

  private constructor(cluster: Cluster, { resources, result }: Recording<ReturnType<typeof program>>) {
    this.cluster = cluster;
    this.result = result;
    this.steps = stepsOf(resources);
    this.retained = new Set(resources.filter(({ retainOnDelete }) => retainOnDelete).map(({ urn }) => urn));
  }

  /**
   * Reads a stack and makes sure that nothing of it is on the cluster.
   * @throws Error where anything is: it might be somebody's
   */
  static async of(cluster: Cluster, { extension, name, file, set, secrets = {} }: ClusterStack): Promise<Deployment> {
    const { values, secretKeys } = readStackFile(file, set);
    const own = Object.fromEntries(Object.entries(secrets).map(([key, value]) => [`secrets:${key}`, value]));
    const config = { values: { ...values, ...own }, secretKeys: [...secretKeys, ...Object.keys(own)] };
    const deployment = new Deployment(cluster, await record(() => program(extension), name, config, generated));
    const present = deployment.present();
    if (present.length > 0)
      throw new Error(`the cluster has ${present.map(identity).join(", ")} already: tests use an empty cluster only`);
    return deployment;
  }

  get objects(): PlannedObject[] {
    return this.steps.flatMap(({ objects }) => objects);
  }

  get releases(): PlannedRelease[] {
    return this.steps.flatMap(({ releases }) => releases);
  }

  get namespaces(): string[] {
    return this.objects.filter(({ kind }) => kind === "Namespace").map(({ name }) => name);
  }

  /** Whether what it deletes would be kept by the real thing. */
  isRetained({ urn }: { readonly urn: string }): boolean {
    return this.retained.has(urn);
  }

  /** Applies every object and installs every release, in the order of their dependencies. @returns the warnings */
  apply(): string[] {
    return this.steps.flatMap(({ objects, releases }) => [
      ...this.send(objects),
      ...releases.flatMap((release) => this.install(release)),
    ]);
  }

  /** Sends objects to the API server. @returns its warnings */
  send(objects: readonly PlannedObject[], ...options: string[]): string[] {
    if (objects.length === 0) return [];
    const apply = ["apply", "--server-side", "--field-manager=pulumi", ...options, "-f", "-"];
    return warnings(
      this.cluster.kubectl(
        apply,
        objects.map(({ manifest }) => manifest),
      ),
    );
  }

  /**
   * Has the API server check everything and keep nothing of it but the namespaces.
   * @param tried what it has checked of charts already; receives those of this stack
   * @returns the warnings
   */
  tryOut(tried: Set<string>): string[] {
    const namespaces = this.objects.filter(({ kind }) => kind === "Namespace");
    const others = this.objects.filter(({ kind }) => kind !== "Namespace");
    const rendering = ({ chart, name, namespace, values }: PlannedRelease) =>
      stableJson([chart, name, namespace, values]);
    const releases = this.releases.filter((release) => !tried.has(rendering(release)));
    for (const release of releases) tried.add(rendering(release));
    return [
      ...this.send(namespaces),
      ...this.send(others, "--dry-run=server"),
      ...releases.flatMap((release) => this.tryRelease(release)),
    ];
  }

  /** Deletes what `pulumi destroy` would, in its order; what is retained stays. */
  destroy(): void {
    for (const { objects, releases } of this.steps.toReversed()) {
      this.delete(objects.filter((object) => !this.isRetained(object)));
      for (const release of releases) if (!this.isRetained(release)) this.uninstall(release);
    }
  }

  /** Removes every trace that this stack left, with what is retained; only the definitions of kinds stay. */
  wipe(): void {
    for (const release of this.releases) this.uninstall(release);
    const left = this.present();
    if (left.length > 0) this.cluster.kubectl(["delete", "--timeout=60s", "-f", "-"], left);
  }

  /** What stands on the cluster, of the objects of our own. */
  live(): KubernetesObject[] {
    return this.cluster.get(
      ["-f", "-"],
      this.objects.map(({ manifest }) => manifest),
    );
  }

  /** Objects of a kind, or of several with a comma between, in the namespaces of this stack. */
  all<T extends KubernetesObject>(kinds: string): T[] {
    const namespaces = new Set(this.namespaces);
    const found = this.cluster.get<T>([kinds, "--all-namespaces"]);
    return found.filter(({ metadata: { namespace } }) => namespace !== undefined && namespaces.has(namespace));
  }

  /** What stands on the cluster of its objects outside namespaces. */
  private present(): KubernetesObject[] {
    const byKind = Map.groupBy(
      this.objects.filter(({ namespace }) => namespace === undefined),
      ({ kind }) => kind,
    );
    return [...byKind].flatMap(([kind, objects]) => this.cluster.get([kind, ...objects.map(({ name }) => name)]));
  }

  /**
   * Installs a release, or where its chart is not at hand, the kinds that it brings.
   * @param limits how long the pods may take, and how long at a second try
   * @returns the warnings
   */
  install(release: PlannedRelease, [limit, secondLimit] = ["45s", "2m"]): string[] {
    const { name, namespace, values } = release;
    const file = chartAtHand(release);
    if (file === undefined) {
      createDefinitions(this.cluster, release);
      return [];
    }
    const place = [name, file, "--namespace", namespace];
    this.installed.add(release);
    const install = (timeout = "45s") =>
      this.cluster.helm(["upgrade", "--install", ...place, "--wait", "--timeout", timeout, "--values", "-"], values);
    try {
      return warnings(install(limit));
    } catch {
      // A pod that the scheduler tries while its claim is being bound waits five minutes for the next try, or for a change.
      this.cluster.kubectl([
        ...["annotate", "--overwrite", "persistentvolumeclaims", "--all", "--namespace", namespace],
        `groundplan.test/seen=${Date.now()}`,
      ]);
      return warnings(install(secondLimit));
    }
  }

  private tryRelease(release: PlannedRelease): string[] {
    const { name, namespace, values } = release;
    const file = chartAtHand(release);
    if (file === undefined) return [];
    const { out: version } = this.cluster.kubectl(["version", "-o", "json"]);
    const { serverVersion } = JSON.parse(version) as { serverVersion: { gitVersion: string } };
    const knows = ["monitoring.coreos.com/v1", "cert-manager.io/v1", ...kindsOfEveryCluster].flatMap((group) => [
      "--api-versions",
      group,
    ]);
    const as = ["--namespace", namespace, "--kube-version", serverVersion.gitVersion, ...knows, "--no-hooks"];
    const { out } = this.cluster.helm(["template", name, file, ...as, "--values", "-"], values);
    const objects = documentsIn(out).flatMap((document) => (document as KubernetesObject | null | undefined) ?? []);
    const places = new Set(objects.map(({ metadata }) => metadata.namespace ?? namespace));
    // Definitions that stand already belong to who made them; nothing is written. kubectl takes one namespace at a time.
    const apply = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-", "--namespace"];
    return [...places].flatMap((place) => {
      const there = objects.filter(({ metadata }) => (metadata.namespace ?? namespace) === place);
      return warnings(this.cluster.kubectl([...apply, place], there));
    });
  }

  private uninstall(release: PlannedRelease): void {
    // Kinds that were just made can take the API server minutes to remove, and the next stack needs them again.
    if (!this.installed.delete(release) || release.chart === "prometheus-operator-crds") return;
    const { name, namespace } = release;
    this.cluster.helm(["uninstall", name, "--namespace", namespace, "--ignore-not-found", "--wait", "--timeout", "1m"]);
  }

  private delete(objects: readonly PlannedObject[]): void {
    if (objects.length === 0) return;
    this.cluster.kubectl(
      ["delete", "--ignore-not-found", "--timeout=60s", "-f", "-"],
      objects.map(({ manifest }) => manifest),
    );
  }
}

let helm: boolean | undefined;

/** The file of a release's chart, where it and Helm are at hand. */
export function chartAtHand({ chart }: PlannedRelease): string | undefined {
  helm ??= has("helm", "version", "--short");
  return helm ? cachedChart(chart) : undefined;
}

/** Makes the kinds that a release's chart would bring, as its own, so that Helm takes them over if it comes later. */
export function createDefinitions(cluster: Cluster, { chart, name, namespace }: PlannedRelease): void {
  const text = definitionsOf(chart);
  if (text === undefined) return;
  const { out } = cluster.kubectl(["create", "--dry-run=client", "-o", "name", "-f", "-"], text);
  const names = out.trimEnd().split("\n");
  if (cluster.get(names).length > 0) return;
  const owner = [`meta.helm.sh/release-name=${name}`, `meta.helm.sh/release-namespace=${namespace}`];
  cluster.kubectl(["create", "-f", "-"], text);
  cluster.kubectl(["label", "--overwrite", ...names, "app.kubernetes.io/managed-by=Helm"]);
  cluster.kubectl(["annotate", "--overwrite", ...names, ...owner]);
  cluster.kubectl(["wait", "--for=condition=Established", "--timeout=60s", ...names]);
}

/** `Kind namespace/name` of an object. */
export function identity({ kind, metadata: { namespace, name } }: KubernetesObject): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** What the API server warns of, as kubectl and Helm print it. */
function warnings({ err }: { readonly err: string }): string[] {
  return err.split("\n").filter((line) => /^Warning:|warnings\.go:/.test(line));
}

/**
 * An order that keeps to the dependencies and to nothing else: whatever may come, comes before the next release, and the
 * release that most others wait for comes last, so that nothing finds by luck what it does not wait for.
 */
function stepsOf(resources: readonly Recorded[]): Step[] {
  const reveal = (secret: { value: unknown }) => secret.value;
  // Neither created nor looked for: kubectl refuses a whole list for one kind that the cluster does not know.
  const unknown = unknownGroups();
  const objects = plannedObjects(resources, reveal)
    .filter(({ apiVersion }) => !unknown.includes(apiVersion.split("/")[0] ?? ""))
    .toReversed();
  const releases = plannedReleases(resources, reveal);
  const isRelease = ({ urn }: Recorded) => releases.some((release) => release.urn === urn);
  const waiting = ({ urn }: Recorded): Set<Recorded> => {
    const next = resources.filter(({ dependencies }) => dependencies.includes(urn));
    return new Set(next.flatMap((resource) => [resource, ...waiting(resource)]));
  };
  const steps: Step[] = [];
  let left = [...resources];
  while (left.length > 0) {
    const later = new Set(left.map(({ urn }) => urn));
    const ready = left.filter(({ dependencies }) => !dependencies.some((urn) => later.has(urn)));
    const others = ready.filter((resource) => !isRelease(resource));
    const step = others.length > 0 ? others : ready.sort((a, b) => waiting(a).size - waiting(b).size).slice(0, 1);
    if (step.length === 0) throw new Error(`a circle of dependencies: ${[...later].join(", ")}`);
    const urns = new Set(step.map(({ urn }) => urn));
    const inStep = ({ urn }: { readonly urn: string }) => urns.has(urn);
    steps.push({ objects: objects.filter(inStep), releases: releases.filter(inStep) });
    left = left.filter((resource) => !inStep(resource));
  }
  return steps;
}
