import { catalogue } from "../../components/kit/catalogue.ts";
import type { ChartName } from "../../components/kit/catalogue.ts";
import type { Placement } from "../../components/kit/environment.ts";
import { parseImage } from "../../components/kit/images.ts";
import type { PodGroup } from "../../components/kit/ledger.ts";
import { compare } from "../../components/kit/stable.ts";
import { at, textAt, texts, whole } from "../../components/kit/unknown.ts";
import { chartLocation } from "../../components/kit/values.ts";
import { placeOf } from "../../stacks/platform/aws.ts";
import { inAws } from "../../stacks/platform/in-aws.ts";
import { namedClasses } from "../checks/availability.ts";
import { generatedKeystore } from "../checks/keystore.ts";
import type { GeneratedKeystore } from "../checks/keystore.ts";
import { cloudResources } from "../cloud.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { podTemplate } from "../pods.ts";
import { namedHosts } from "../records.ts";
import type { NamedHost } from "../records.ts";
import { quoted } from "./diagnosis.ts";

/** A storage class that the stack creates. */
export interface MadeClass {
  readonly name: string;
  readonly provisioner: string;
  readonly default: boolean;
}

/** A directory of an NFS server that a node mounts; without a server if a driver or a chart chooses it. */
export interface NfsShare {
  /** The object that mounts it. */
  readonly by: string;
  readonly server?: string;
  readonly path?: string;
  /** The account of its files. Default: several, among them root. */
  readonly account?: { readonly user: number; readonly group: number };
  /** Whether a CSI driver mounts it, which includes its own mount program. */
  readonly driver: boolean;
}

/** What a stack needs of an account of AWS. */
export interface AwsNeeds {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  /** The name of the cluster. */
  readonly name: string;
  /** ARNs of roles and users. */
  readonly administrators: readonly string[];
  /** Letters of availability zones. */
  readonly zones: readonly string[];
  readonly domain: string;
  /** Whether the stack creates the zone of its domain. */
  readonly zone: boolean;
  readonly vpcs: number;
  /** Elastic IP addresses. */
  readonly addresses: number;
  /** Groups of nodes, with the most nodes that each can have. */
  readonly groups: readonly { readonly types: readonly string[]; readonly spot: boolean; readonly most: number }[];
  /** All types of instances. */
  readonly instanceTypes: readonly string[];
}

/** The prerequisites of a stack: plain data, derived from its plan. */
export interface Needs {
  readonly stack: string;
  readonly production: boolean;
  readonly context: string;
  readonly kubeconfig?: string;
  /** The start of a kubectl command for the stack's cluster. */
  readonly kubectl: string;
  readonly helm: string;
  /** What the settings say of the cluster. */
  readonly cluster: Plan["settings"]["cluster"];
  readonly placement: Placement;
  readonly podGroups: readonly PodGroup[];
  readonly namespaces: readonly string[];
  readonly releases: readonly { readonly namespace: string; readonly name: string; readonly chart: string }[];
  readonly classes: {
    readonly made: readonly MadeClass[];
    /** Classes that must exist in the cluster. */
    readonly existing: readonly string[];
    /** Whether a claim uses the default class. */
    readonly usesDefault: boolean;
  };
  /** Priority classes that must exist in the cluster. */
  readonly priorityClasses: readonly string[];
  readonly volumes: readonly { readonly name: string; readonly driver?: string }[];
  readonly charts:
    | { readonly kind: "folder"; readonly path: string; readonly count: number }
    | { readonly kind: "addresses"; readonly addresses: readonly string[] };
  /** Registries of images. */
  readonly registries: readonly string[];
  /** Releases whose images are unknown, because they were not rendered. */
  readonly unseen: readonly string[];
  readonly hosts: readonly string[];
  /** The hosts at the gateway with their records. */
  readonly named: readonly NamedHost[];
  /** Whether an ACME server connects to the hosts. */
  readonly acme: boolean;
  /** Services of type LoadBalancer. */
  readonly loadBalancers: readonly string[];
  readonly nfs: readonly NfsShare[];
  /** midPoint's keystore, if its first key is generated. */
  readonly keystore?: GeneratedKeystore;
  /** The account in which the stack creates its cluster, and what it needs there. Default: the cluster exists. */
  readonly aws?: AwsNeeds;
  /** Workloads that need `vm.max_map_count` on their nodes and do not set it themselves. */
  readonly mapCount: readonly string[];
}

/** The prerequisites of a plan. */
export function needsOf(plan: Plan): Needs {
  const { settings } = plan;
  const objects = [...plan.objects, ...plan.rendered];
  const made = objects.filter(({ kind }) => kind === "StorageClass").map(madeClass);
  const claimed = [
    ...Object.keys(plan.sums.claims),
    ...objects.filter(({ kind }) => kind === "PersistentVolumeClaim").map(classOfClaim),
    ...settings.storage.classes.filter(({ existing }) => existing).map(({ name }) => name),
  ];
  const { context, kubeconfig } = settings.cluster;
  // A server that is a Service of the stack is no host to prepare.
  const own = new Set(
    objects.flatMap(({ kind, manifest }) => (kind === "Service" ? [textAt(manifest, "spec", "clusterIP")] : [])),
  );
  const file = kubeconfig === undefined ? "" : ` --kubeconfig ${quoted(kubeconfig)}`;
  return {
    stack: plan.stack,
    production: settings.profile === "prod",
    context,
    kubeconfig,
    kubectl: `kubectl${file} --context ${quoted(context)}`,
    helm: `helm${file} --kube-context ${quoted(context)}`,
    cluster: settings.cluster,
    placement: settings.placement,
    podGroups: plan.ledger.podGroups,
    namespaces: unique(plan.objects.filter(({ kind }) => kind === "Namespace").map(({ name }) => name)),
    releases: plan.releases.map(({ namespace, name, chart }) => ({ namespace, name, chart })),
    classes: {
      made,
      existing: unique(claimed.filter((name) => name !== "" && !made.some((own) => own.name === name))),
      usesDefault: claimed.includes(""),
    },
    priorityClasses: unique(
      namedClasses(settings).filter(
        (name) => !objects.some((object) => object.kind === "PriorityClass" && object.name === name),
      ),
    ),
    volumes: objects.filter(({ kind }) => kind === "PersistentVolume").map(volume),
    charts: chartSource(plan),
    registries: registriesOf(plan, objects),
    unseen: plan.notRendered.map(({ release }) => release),
    hosts: unique(plan.ledger.hosts.map(({ host }) => host)),
    named: namedHosts(plan),
    acme: objects.some(({ kind, manifest }) => kind === "ClusterIssuer" && at(manifest, "spec", "acme") !== undefined),
    loadBalancers: objects
      .filter(({ kind, manifest }) => kind === "Service" && at(manifest, "spec", "type") === "LoadBalancer")
      .map(nameOf),
    nfs: objects.flatMap(sharesOf).map((one) => {
      if (own.has(one.server)) return { by: one.by, driver: one.driver };
      const folder = plan.ledger.folders.find(({ what }) => what === `${one.server}:${one.path}`);
      return folder === undefined ? one : { ...one, account: folder.account };
    }),
    aws: awsNeeds(plan),
    keystore: generatedKeystore(plan),
    mapCount: mapCountOf(plan, objects),
  };
}

function awsNeeds({ resources, settings, stack }: Plan): AwsNeeds | undefined {
  const { aws, domain } = settings;
  if (aws === undefined || !inAws(settings)) return undefined;
  const cloud = cloudResources(resources);
  const ofKind = (kind: string) => cloud.filter((one) => one.kind === kind);
  const groups = ofKind("NodeGroup").map(({ inputs }) => ({
    types: texts(inputs["instanceTypes"]),
    spot: inputs["capacityType"] === "SPOT",
    most: whole(at(inputs, "scalingConfig", "maxSize")) ?? 0,
  }));
  return {
    ...placeOf(settings),
    stack,
    administrators: aws.administrators,
    zones: aws.network.zones,
    domain,
    zone: aws.zone,
    vpcs: ofKind("Vpc").length,
    addresses: ofKind("Eip").length,
    groups,
    instanceTypes: unique(groups.flatMap(({ types }) => types)),
  };
}

function madeClass({ name, manifest }: PlannedObject): MadeClass {
  const isDefault = at(manifest, "metadata", "annotations", "storageclass.kubernetes.io/is-default-class");
  return { name, provisioner: textAt(manifest, "provisioner") ?? "", default: isDefault === "true" };
}

/** A claim's class; empty for the default class. */
function classOfClaim({ manifest }: PlannedObject): string {
  return textAt(manifest, "spec", "storageClassName") ?? "";
}

function volume({ name, manifest }: PlannedObject): Needs["volumes"][number] {
  const driver = textAt(manifest, "spec", "csi", "driver");
  return { name, driver };
}

function chartSource({ settings: { chartSource: source }, releases }: Plan): Needs["charts"] {
  const charts = unique(releases.map(({ chart }) => chart));
  if (source.kind === "folder") return { kind: "folder", path: source.path, count: charts.length };
  const addresses = charts
    .filter((name): name is ChartName => name in catalogue)
    .map((name) => {
      const { chart, repositoryOpts } = chartLocation(name, source);
      return repositoryOpts?.repo ?? chart;
    });
  return { kind: "addresses", addresses: unique(addresses) };
}

/** The registries that nodes pull from. Rendered charts already contain the mirror, because it is set in their values. */
function registriesOf({ settings }: Plan, objects: readonly PlannedObject[]): string[] {
  const pods = objects.flatMap(({ manifest }) => podTemplate(manifest) ?? []);
  const images = pods.flatMap(({ spec }) => [...(spec.initContainers ?? []), ...(spec.containers ?? [])]);
  const { mirror } = settings.images;
  return unique([
    ...images.flatMap(({ image }) => (image === undefined ? [] : [parseImage(image).registry])),
    ...(mirror === undefined ? [] : [mirror.split("/")[0] ?? mirror]),
  ]);
}

function sharesOf(object: PlannedObject): NfsShare[] {
  const by = nameOf(object);
  const { kind, manifest } = object;
  if (kind === "StorageClass") {
    const provisioner = textAt(manifest, "provisioner") ?? "";
    const parameters = at(manifest, "parameters");
    if (!provisioner.includes("nfs")) return [];
    return [share(by, { server: at(parameters, "server"), path: at(parameters, "share") }, true)];
  }
  const inVolume = kind === "PersistentVolume" ? [at(manifest, "spec", "nfs")] : [];
  const inPod = (podTemplate(manifest)?.spec.volumes ?? []).map((one) => one["nfs"]);
  return [...inVolume, ...inPod].flatMap((nfs) => (nfs === undefined ? [] : [share(by, nfs, false)]));
}

function share(by: string, nfs: unknown, driver: boolean): NfsShare {
  const server = textAt(nfs, "server") ?? "";
  const path = textAt(nfs, "path") ?? "";
  return { by, driver, ...(server === "" ? {} : { server }), ...(path === "" ? {} : { path }) };
}

/** Programs that map more files than Linux allows by default (Elasticsearch and OpenSearch, "Important system configuration"). */
const mappers = ["elasticsearch", "opensearch", "graylog-datanode"];

function mapCountOf({ notRendered, releases }: Plan, objects: readonly PlannedObject[]): string[] {
  const seen = objects.flatMap((object) => {
    const spec = podTemplate(object.manifest)?.spec;
    const images = (spec?.containers ?? []).map(
      ({ image = "" }) => parseImage(image).repository.split("/").at(-1) ?? "",
    );
    return images.some((image) => mappers.includes(image)) && !JSON.stringify(spec).includes("max_map_count")
      ? [nameOf(object)]
      : [];
  });
  const unseen = releases
    .filter(({ chart, namespace, name }) => mappers.includes(chart) && isMissing(notRendered, `${namespace}/${name}`))
    .map(({ namespace, name }) => `${namespace}/${name}`);
  return unique([...seen, ...unseen]);
}

function isMissing(missing: Plan["notRendered"], release: string): boolean {
  return missing.some((one) => one.release === release);
}

function nameOf({ kind, namespace, name }: PlannedObject): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort(compare);
}
