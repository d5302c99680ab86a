import { setTimeout as sleep } from "node:timers/promises";
import { at, list, text } from "../../components/kit/unknown.ts";
import { InputError } from "../input-error.ts";
import { KubectlCluster } from "./cluster.ts";
import type { ClaimCluster } from "./claim-steps.ts";
import {
  boundPatch,
  claimBeside,
  claimLike,
  claimManager,
  settledPatch,
  swapNote,
  swappingPatch,
} from "./claim-manifests.ts";
import type { SwapNote } from "./claim-manifests.ts";

/** How long the cluster may take to bind or to delete a claim, in milliseconds. */
const patience = 120_000;

/** The field manager of what a restore writes. */
const manager = "groundplan-restore";

/**
 * Exchanges the volumes of claims. A claim's volume cannot be changed, so the claim is deleted, without its volume, and created again
 * for the other volume. Both volumes are kept from the first step on (`Retain`), and a note on each says what they are for: after a
 * failure at any point, `settle` finds the old volume by it.
 */
export class KubectlClaims extends KubectlCluster implements ClaimCluster {
  /** How often the state of claims is asked for, in milliseconds. */
  protected readonly pause: number = 1000;

  async createLike(claim: string, name: string): Promise<void> {
    if ((await this.find("pvc", name)) !== undefined) return;
    const found = await this.find("pvc", claim);
    if (found === undefined) throw new InputError(`no claim ${this.namespace}/${claim}; "pulumi up" creates it empty`);
    await this.kubectl(["create", "-f", "-"], JSON.stringify(claimBeside(found, name)));
  }

  async swap(claim: string, target: string, old: string): Promise<string> {
    const [present, restored] = [await this.find("pvc", claim), await this.find("pvc", target)];
    if (present === undefined) throw new InputError(`no claim ${this.namespace}/${claim}`);
    const volumes = { old: volumeOf(present), restored: volumeOf(restored) };
    if (volumes.old === undefined || volumes.restored === undefined)
      throw new InputError(`the claims ${claim} and ${target} must both have a volume`);
    await this.unused([claim, target]);
    const note: Omit<SwapNote, "role"> = {
      claim: `${this.namespace}/${claim}`,
      old: volumes.old,
      restored: volumes.restored,
      target,
      before: old,
      manifest: claimLike(present, claim),
      owner: claimManager(present),
    };
    // The old volume last: what `settle` undoes begins with its note.
    for (const role of ["restored", "old"] as const) {
      const found = await this.find("pv", note[role]);
      await this.patchVolume(note[role], swappingPatch(found, { ...note, role }));
    }
    await this.remove(claim);
    await this.remove(target);
    return this.complete({ ...note, role: "old" });
  }

  async settle(claim: string): Promise<string> {
    const note = await this.note(claim);
    if (note === undefined) return "";
    const present = await this.claim(claim);
    const isBound = at(present, "status", "phase") === "Bound";
    if (isBound && volumeOf(present) === note.restored) return this.complete(note);
    if (!(isBound && volumeOf(present) === note.old)) {
      if (present !== undefined) await this.remove(claim);
      await this.bind(note, claim, note.old);
    }
    await this.bindBeside(note, note.target, note.restored);
    await this.forget(note);
    return `undone: ${claim} has its old volume ${note.old}`;
  }

  /** The second half of a swap, from where no claim has either volume, or further. */
  private async complete(note: SwapNote): Promise<string> {
    const claim = note.claim.split("/")[1] ?? "";
    if (volumeOf(await this.claim(claim)) !== note.restored) await this.bind(note, claim, note.restored);
    await this.bindBeside(note, note.before, note.old);
    await this.forget(note);
    return `swapped: ${claim} has the volume ${note.restored}, and the claim ${note.before} the old volume ${note.old}`;
  }

  /** Creates a claim of the note for a volume that belongs to none. */
  private async bind({ claim, manifest, owner }: SwapNote, name: string, volume: string): Promise<void> {
    await this.patchVolume(volume, boundPatch(this.namespace, name));
    const isOwn = claim === `${this.namespace}/${name}`;
    const bare = isOwn ? manifest : claimBeside(manifest, name);
    const apply = (by: string, body: object) =>
      this.kubectl(["apply", "--server-side", "--field-manager", by, "-f", "-"], JSON.stringify(body));
    await apply(manager, { ...bare, spec: { ...bare.spec, volumeName: volume } });
    // The program goes on owning the fields that it has set, and not the volume's name, which it does not know.
    if (isOwn && owner !== undefined) {
      await apply(owner, bare);
      const { apiVersion, kind, metadata } = bare;
      const place = { name: metadata.name, namespace: metadata.namespace };
      await apply(manager, { apiVersion, kind, metadata: place, spec: { volumeName: volume } });
    }
    await this.bound(name, volume);
  }

  /** Creates a claim of the note, and waits for one that an interrupted run has created: a volume keeps its note until it is bound. */
  private async bindBeside(note: SwapNote, name: string, volume: string): Promise<void> {
    await ((await this.claim(name)) === undefined ? this.bind(note, name, volume) : this.bound(name, volume));
  }

  private bound(name: string, volume: string): Promise<void> {
    return this.until(`the claim ${name} is not bound to the volume ${volume}`, async () => {
      const found = await this.find("pvc", name);
      return at(found, "status", "phase") === "Bound" && volumeOf(found) === volume;
    });
  }

  /** Removes the notes, and gives the volumes the policy back that they had. */
  private async forget({ old, restored }: SwapNote): Promise<void> {
    for (const volume of [restored, old]) {
      const found = await this.find("pv", volume);
      if (swapNote(found) !== undefined) await this.patchVolume(volume, settledPatch(found));
    }
  }

  private async note(claim: string): Promise<SwapNote | undefined> {
    const all = list(at(JSON.parse(await this.kubectl(["get", "pv", "-o", "json"])), "items"));
    return all.map(swapNote).find((one) => one?.claim === `${this.namespace}/${claim}` && one.role === "old");
  }

  /** Deletes a claim; its volume stays, because its policy is `Retain`. */
  private async remove(claim: string): Promise<void> {
    await this.unused([claim]);
    await this.kubectl(["delete", "pvc", claim, "-n", this.namespace, "--wait=false", "--ignore-not-found"]);
    await this.claim(claim, true);
  }

  /** A claim. One that is being deleted still looks bound: it is waited for, so that its volume does not lose its note before that. */
  private async claim(name: string, isDeleted = false): Promise<unknown> {
    let found: unknown;
    await this.until(`the claim ${name} is not deleted`, async () => {
      found = await this.find("pvc", name);
      return found === undefined || !(isDeleted || text(at(found, "metadata", "deletionTimestamp")) !== undefined);
    });
    return found;
  }

  /**
   * Deletes pods that have ended and mounted one of the claims, such as those of backups: also they delay its deletion (Kubernetes,
   * "Storage Object in Use Protection").
   * @throws InputError where a pod runs that mounts one of the claims: a deletion that waits for a pod cannot be undone
   */
  private async unused(claims: readonly string[]): Promise<void> {
    const pods = list(at(JSON.parse(await this.kubectl(["get", "pods", "-n", this.namespace, "-o", "json"])), "items"));
    const ended: string[] = [];
    for (const pod of pods) {
      const used = list(at(pod, "spec", "volumes")).map((one) => at(one, "persistentVolumeClaim", "claimName"));
      const claim = claims.find((one) => used.includes(one));
      if (claim === undefined) continue;
      const name = text(at(pod, "metadata", "name")) ?? "";
      if (!["Succeeded", "Failed"].includes(text(at(pod, "status", "phase")) ?? ""))
        throw new InputError(`the pod ${name} still mounts the claim ${claim}`);
      ended.push(name);
    }
    if (ended.length > 0) await this.kubectl(["delete", "pods", ...ended, "-n", this.namespace, "--ignore-not-found"]);
  }

  private async patchVolume(volume: string, patch: object): Promise<void> {
    await this.kubectl(["patch", "pv", volume, "--type=merge", "-p", JSON.stringify(patch)]);
  }

  private async find(kind: "pvc" | "pv", name: string): Promise<unknown> {
    const where = kind === "pv" ? [] : ["-n", this.namespace];
    const out = await this.kubectl(["get", kind, name, ...where, "--ignore-not-found", "-o", "json"]);
    return out.trim() === "" ? undefined : JSON.parse(out);
  }

  private async until(otherwise: string, isTrue: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + patience; ; await sleep(this.pause)) {
      if (await isTrue()) return;
      if (Date.now() > end) throw new InputError(`${otherwise} after ${patience / 1000} s`);
    }
  }
}

function volumeOf(claim: unknown): string | undefined {
  return text(at(claim, "spec", "volumeName"));
}
