import { at, list, record, text, textMap } from "../../components/kit/unknown.ts";

/** The annotation of a volume that takes part in a swap: a {@link SwapNote} as JSON. */
export const swapAnnotation = "groundplan/restore-swap";

/** What a swap is about, as both volumes have it. */
export interface SwapNote {
  /** `NAMESPACE/NAME`. */
  readonly claim: string;
  /** The volumes. */
  readonly old: string;
  readonly restored: string;
  /** The claim of the restored volume before the swap, and that of the old volume after it. */
  readonly target: string;
  readonly before: string;
  readonly role: "old" | "restored";
  /** The claim as it is created again, without a volume. */
  readonly manifest: Manifest;
  /** The field manager of the program that made the claim. Default: another made it, such as the controller of StatefulSets. */
  readonly owner?: string;
  /** The volume's own policy. */
  readonly policy?: string;
}

/** A claim in the place of another: its labels and annotations, and of its spec what a claim says, not what Kubernetes has added. */
export function claimLike(claim: unknown, name: string): Manifest {
  const spec = record(at(claim, "spec"));
  const said = ["accessModes", "resources", "selector", "storageClassName", "volumeMode"];
  const annotations = Object.entries(textMap(at(claim, "metadata", "annotations"))).filter(
    ([key]) => !/^(pv|volume)(\.beta)?\.kubernetes\.io\//.test(key),
  );
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name,
      namespace: text(at(claim, "metadata", "namespace")) ?? "",
      labels: textMap(at(claim, "metadata", "labels")),
      annotations: Object.fromEntries(annotations),
    },
    spec: Object.fromEntries(said.flatMap((key) => (spec[key] === undefined ? [] : [[key, spec[key]]]))),
  };
}

/** The same for a claim beside another: it is none of the program's objects. */
export function claimBeside(claim: unknown, name: string): Manifest {
  const like = claimLike(claim, name);
  const from = text(at(claim, "metadata", "name")) ?? "";
  return { ...like, metadata: { ...like.metadata, labels: {}, annotations: { "groundplan/restored-from": from } } };
}

/** The field manager by which Pulumi has applied a claim (Kubernetes, "Server-Side Apply", "Managers"); undefined: it has not. */
export function claimManager(claim: unknown): string | undefined {
  return list(at(claim, "metadata", "managedFields"))
    .filter((one) => at(one, "operation") === "Apply")
    .map((one) => text(at(one, "manager")) ?? "")
    .find((one) => one.startsWith("pulumi"));
}

/** The note of a volume; undefined: it takes part in no swap. */
export function swapNote(volume: unknown): SwapNote | undefined {
  const note = textMap(at(volume, "metadata", "annotations"))[swapAnnotation];
  return note === undefined ? undefined : (JSON.parse(note) as SwapNote);
}

/** The patch that keeps a volume when its claim is deleted, and writes the note. The policy of an earlier note is the volume's own. */
export function swappingPatch(volume: unknown, note: Omit<SwapNote, "policy">): object {
  const policy = swapNote(volume)?.policy ?? text(at(volume, "spec", "persistentVolumeReclaimPolicy"));
  return {
    metadata: { annotations: { [swapAnnotation]: JSON.stringify({ ...note, policy }) } },
    spec: { persistentVolumeReclaimPolicy: "Retain" },
  };
}

/** The patch that reserves a volume for a claim that does not exist yet: a `uid` would be that of an earlier claim. */
export function boundPatch(namespace: string, name: string): object {
  const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid: null, resourceVersion: null };
  return { spec: { claimRef: claim } };
}

/** The patch that removes the note, and gives a volume that belongs to a claim its own policy back: another would be deleted. */
export function settledPatch(volume: unknown): object {
  const policy = at(volume, "status", "phase") === "Bound" ? swapNote(volume)?.policy : undefined;
  return {
    metadata: { annotations: { [swapAnnotation]: null } },
    ...(policy !== undefined && { spec: { persistentVolumeReclaimPolicy: policy } }),
  };
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}
