import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import type * as pulumi from "@pulumi/pulumi";
import { accountAnnotations } from "../kit/bindings.ts";
import { outlives } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import type { Credential } from "../kit/credential.ts";
import { roleIn } from "../kit/names.ts";
import type { Task } from "../kit/pod.ts";
import { configMap, secret } from "../kit/secret.ts";
import { sharedVolume } from "../kit/shared-volume.ts";
import type { Trusted } from "../kit/trust.ts";
import { account } from "./pod.ts";
import type { ResticPods } from "./pod.ts";
import { folderAccount, repositoryEnvironment } from "./repository.ts";
import type { Destination } from "./repository.ts";

/** What pods with restic in a namespace have in common. */
export interface Station {
  readonly namespace: string;
  readonly destination: Destination;
  readonly restic: ResticPods;
  /** What must exist before they start. */
  readonly ready: readonly pulumi.Resource[];
}

/** A repository, as the pods of a namespace open it. */
export interface Access {
  readonly station: Station;
  /** The variables of the repository. */
  readonly store: NonNullable<Task["env"]>;
  /** What must exist before a pod starts. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * Makes the service account, the scripts and the claim of a shared folder.
 * @param other the first part of the logical names, in a namespace that is not the backups' own. Default: none
 */
export function station(
  owner: Component,
  {
    destination,
    namespace,
    trusted,
  }: { readonly destination: Destination; readonly namespace: string; readonly trusted?: Trusted },
  scripts: Readonly<Record<string, string>>,
  other?: string,
): Station {
  const role = roleIn(other);
  const annotations = "bucket" in destination ? accountAnnotations(destination.bucket.access) : {};
  owner.object(
    ServiceAccount,
    role("account"),
    { name: account, namespace, annotations },
    { automountServiceAccountToken: false },
  );
  const held = configMap(owner, role("scripts"), { name: "backup-scripts", namespace }, scripts);
  const place = { name: "backup-repository", namespace };
  const folder =
    "folder" in destination
      ? sharedVolume(owner, role("repository"), place, destination.folder, folderAccount, "backups")
      : undefined;
  const reached = "bucket" in destination ? destination.bucket.ready : folder?.resource;
  return {
    namespace,
    destination,
    restic: { scripts: held, trusted, repository: folder?.claim },
    ready: [...(reached === undefined ? [] : [reached]), held.resource],
  };
}

/**
 * Lets the pods of a namespace open a repository: makes the Secret with its password.
 * @param role the first part of the Secret's logical name. Default: none
 */
export function access(
  owner: Component,
  at: Station,
  { daily, folder, name, role }: { daily: Credential; folder: string; name: string; role?: string },
): Access {
  const { environment } = owner;
  const place = { name, namespace: at.namespace };
  const kept = secret(owner, roleIn(role)("daily-secret"), place, { password: daily.value }, outlives(environment));
  daily.storedIn(kept, "password", "backups");
  const password = { secret: kept, key: "password" };
  return {
    station: at,
    store: repositoryEnvironment(at.destination, { folder, password, stack: environment.stack }),
    ready: [...at.ready, kept.resource],
  };
}
