import { Document } from "yaml";
import { at, list, text, textMap } from "../../components/kit/unknown.ts";
import { compare } from "../../components/kit/stable.ts";
import type { Live } from "../doctor/probes/kubectl.ts";

/** A volume as the setting `storage.volumes` describes it. */
export interface VolumeEntry {
  readonly name: string;
  readonly size: string;
  readonly accessMode?: "ReadWriteMany";
  readonly storageClass?: string;
  readonly zone?: string;
  readonly claim: { readonly namespace: string; readonly name: string };
  readonly source:
    | { readonly kind: "nfs"; readonly server: string; readonly path: string }
    | {
        readonly kind: "csi";
        readonly driver: string;
        readonly handle: string;
        readonly fsType?: string;
        readonly attributes?: Readonly<Record<string, string>>;
      };
}

/** The volumes of a cluster for another one, and those that cannot be used there. */
export interface Volumes {
  readonly entries: readonly VolumeEntry[];
  /** `NAMESPACE/CLAIM (VOLUME): reason` */
  readonly left: readonly string[];
}

/**
 * The volumes of a live cluster that hold data of claims in some namespaces.
 *
 * @param volumes PersistentVolumes
 */
export function volumesOf(volumes: readonly Live[], namespaces: ReadonlySet<string>): Volumes {
  const entries: VolumeEntry[] = [];
  const left: string[] = [];
  for (const { metadata, spec, status } of volumes) {
    const claim = {
      namespace: text(at(spec, "claimRef", "namespace")) ?? "",
      name: text(at(spec, "claimRef", "name")) ?? "",
    };
    const phase = text(at(status, "phase"));
    if (!namespaces.has(claim.namespace) || (phase !== "Bound" && phase !== "Released")) continue;
    const made = entryOf(metadata, spec, claim);
    if ("why" in made) left.push(`${claim.namespace}/${claim.name} (${metadata.name}): ${made.why}`);
    else entries.push(made);
  }
  const place = ({ claim }: VolumeEntry) => `${claim.namespace}/${claim.name}`;
  return {
    entries: entries.sort((a, b) => compare(place(a), place(b)) || compare(a.name, b.name)),
    left: left.sort(compare),
  };
}

function entryOf(
  { labels, name }: Live["metadata"],
  spec: unknown,
  claim: VolumeEntry["claim"],
): VolumeEntry | { readonly why: string } {
  const source = sourceOf(spec);
  if ("why" in source) return source;
  const modes = list(at(spec, "accessModes")).map(String);
  const shared = modes.includes("ReadWriteMany");
  if (!shared && !modes.some((mode) => mode.startsWith("ReadWriteOnce")))
    return { why: `has the access modes ${modes.join(", ")}` };
  const size = text(at(spec, "capacity", "storage")) ?? "";
  if (!/^[0-9]+(Ki|Mi|Gi|Ti)$/.test(size))
    return { why: `has the size "${size}", which needs a unit Ki, Mi, Gi or Ti` };
  return {
    name,
    size,
    accessMode: shared ? "ReadWriteMany" : undefined,
    storageClass: text(at(spec, "storageClassName")) || undefined,
    zone: source.zone ?? zoneOf(spec) ?? labels?.["topology.kubernetes.io/zone"] ?? labels?.[oldZone],
    claim,
    source: source.source,
  };
}

/** The zone label before Kubernetes 1.17. */
const oldZone = "failure-domain.beta.kubernetes.io/zone";

/** Where the data is. Volumes of drivers that Kubernetes no longer contains are mapped to the drivers that replaced them. */
function sourceOf(spec: unknown): { source: VolumeEntry["source"]; zone?: string } | { readonly why: string } {
  const csi = at(spec, "csi");
  if (csi !== undefined) {
    const attributes = Object.entries(textMap(at(csi, "volumeAttributes"))).filter(
      // The provisioner's own mark, which differs in each cluster.
      ([key]) => key !== "storage.kubernetes.io/csiProvisionerIdentity",
    );
    return {
      source: {
        kind: "csi",
        driver: text(at(csi, "driver")) ?? "",
        handle: text(at(csi, "volumeHandle")) ?? "",
        fsType: fileSystem(csi),
        attributes: attributes.length === 0 ? undefined : Object.fromEntries(attributes.sort()),
      },
    };
  }
  const nfs = at(spec, "nfs");
  if (nfs !== undefined)
    return { source: { kind: "nfs", server: text(at(nfs, "server")) ?? "", path: text(at(nfs, "path")) ?? "" } };
  const ebs = at(spec, "awsElasticBlockStore");
  if (ebs !== undefined) {
    // `vol-…`, or `aws://ZONE/vol-…` (Kubernetes, cloud-provider-aws, "KubernetesVolumeID").
    const [, zone, handle = ""] = /^(?:aws:\/\/([^/]*)\/)?(.+)$/.exec(text(at(ebs, "volumeID")) ?? "") ?? [];
    const source = { kind: "csi", driver: "ebs.csi.aws.com", handle, fsType: fileSystem(ebs) } as const;
    return { source, zone: zone === "" ? undefined : zone };
  }
  const cinder = at(spec, "cinder");
  if (cinder !== undefined) {
    const handle = text(at(cinder, "volumeID")) ?? "";
    return { source: { kind: "csi", driver: "cinder.csi.openstack.org", handle, fsType: fileSystem(cinder) } };
  }
  const [kind = "of an unknown kind"] = Object.keys(spec ?? {}).filter((key) => sources.includes(key));
  return { why: `is ${kind}, which another cluster cannot mount by its name: copy its files` };
}

/** Other sources of volumes (Kubernetes API, "PersistentVolumeSpec"). */
const sources = [
  "hostPath",
  "local",
  "gcePersistentDisk",
  "azureDisk",
  "azureFile",
  "vsphereVolume",
  "iscsi",
  "fc",
  "rbd",
  "cephfs",
];

/** The file system, if it is not the setting's default. */
function fileSystem(source: unknown): string | undefined {
  const type = text(at(source, "fsType"));
  return type === "" || type === "ext4" ? undefined : type;
}

/** The zone of a volume by its node affinity, if it has one only. */
function zoneOf(spec: unknown): string | undefined {
  const zones = list(at(spec, "nodeAffinity", "required", "nodeSelectorTerms"))
    .flatMap((term) => list(at(term, "matchExpressions")))
    .filter((one) => /(^|\/)zone$/.test(text(at(one, "key")) ?? ""))
    .flatMap((one) => list(at(one, "values")).map(String));
  const [zone, ...others] = new Set(zones);
  return others.length === 0 ? zone : undefined;
}

/** The setting as YAML, ready for a stack file. @param origin where the volumes were found */
export function volumesYaml({ entries, left }: Volumes, origin: string): string {
  const document = new Document({ "groundplan:storage": { volumes: entries } });
  const comments = [
    ` Volumes of ${origin}. Move this into the stack file of the new cluster before its first up:`,
    ' docs/recovery.md, "Volumes of another cluster".',
    ...(left.length === 0 ? [] : [" Not included:", ...left.map((one) => `   ${one}`)]),
  ];
  document.commentBefore = comments.join("\n");
  return document.toString({ lineWidth: 0 });
}
