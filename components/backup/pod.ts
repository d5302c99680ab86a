import type { Pod, Task, Volume } from "../kit/pod.ts";
import type { Bytes } from "../kit/quantities.ts";
import type { Keyed } from "../kit/secret.ts";
import type { StorageRole } from "../kit/storage-class.ts";
import { goTrust, trustFolder, trustVolume } from "../kit/trust.ts";
import type { Trusted } from "../kit/trust.ts";
import { folderAccount, paths, resticImage } from "./repository.ts";

/** The service account of pods with restic, by which a store with roles knows them. */
export const account = "backup";

/** What all pods with restic in a namespace have in common. */
export interface ResticPods {
  readonly scripts: Keyed;
  /** The company's CA certificates, which restic trusts for the bucket. Default: the public CAs of the images. */
  readonly trusted?: Trusted;
  /** The claim with the repository; undefined: it is in a bucket. */
  readonly repository?: string;
}

/** A run of a script of backups. */
export interface Run {
  readonly script: string;
  readonly image: string;
  readonly runAs: Pod<Task>["runAs"];
  readonly env: NonNullable<Task["env"]>;
  /** The Secret with the CA certificates of the server. */
  readonly authority?: Keyed;
  /** The volume with the files of a claim, which the run only reads. */
  readonly files?: { readonly path: string; readonly volume: Volume };
  /** A volume of the run alone, by mount path. */
  readonly scratch?: Readonly<Record<string, { readonly size: Bytes; readonly role: StorageRole }>>;
}

const resources = { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "1Gi" } } as const;

/** A pod that runs a script; restic is copied from its own image where the script needs the programs of another one. */
export function resticPod(
  { repository, scripts, trusted }: ResticPods,
  { authority, env, files, image, runAs, script, scratch = {} }: Run,
): Pod<Task> {
  const copied = image !== resticImage;
  const mounts = Object.fromEntries(Object.keys(scratch).map((path, index) => [path, { volume: `work-${index}` }]));
  const volumes = Object.fromEntries(
    Object.values(scratch).map((volume, index) => [`work-${index}`, { ephemeral: volume }]),
  );
  const copy = { name: "copy", image: resticImage, command: ["cp", "/usr/bin/restic", `${paths.tools}/restic`] };
  const copying = { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "128Mi" } } as const;
  return {
    runAs,
    groups: repository === undefined ? undefined : [folderAccount.group],
    identity: account,
    volumes: {
      scripts: { from: scripts },
      ...(authority && { authority: { from: authority } }),
      ...(trusted && { [trustVolume]: { from: trusted } }),
      ...(repository !== undefined && { repository: { claim: repository } }),
      ...(files && { files: files.volume }),
      ...volumes,
    },
    init: copied ? [{ ...copy, writable: [paths.tools], resources: copying }] : undefined,
    containers: [
      {
        name: "restic",
        image,
        command: ["sh", `${paths.scripts}/${script}`],
        env: trusted === undefined ? env : { ...env, [goTrust.name]: goTrust.value },
        mounts: {
          [paths.scripts]: { volume: "scripts", readOnly: true },
          ...(trusted && { [trustFolder]: { volume: trustVolume, readOnly: true } }),
          ...(authority && { [paths.authority]: { volume: "authority", readOnly: true } }),
          ...(repository !== undefined && { [paths.repository]: { volume: "repository" } }),
          // Not the volume itself: the kubelet would attach it a second time, read-only.
          ...(files && { [files.path]: { volume: "files", readOnly: true } }),
          ...mounts,
        },
        writable: [paths.cache, paths.temporary, ...(copied ? [paths.tools] : [])],
        resources,
      },
    ],
  };
}
