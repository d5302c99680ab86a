import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import type * as pulumi from "@pulumi/pulumi";
import { accountAnnotations } from "../kit/bindings.ts";
import { outlives } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import type { Credential } from "../kit/credential.ts";
import type { Task } from "../kit/pod.ts";
import { configMap, secret } from "../kit/secret.ts";
import { sharedVolume } from "../kit/shared-volume.ts";
import type { Trusted } from "../kit/trust.ts";
import { account } from "./pod.ts";
import type { ResticPods } from "./pod.ts";
import { folderAccount, repositoryEnvironment } from "./repository.ts";
import type { Destination } from "./repository.ts";

/** What pods with restic in a namespace need. */
export interface Station {
  readonly namespace: string;
  readonly restic: ResticPods;
  /** The variables of the repository. */
  readonly store: NonNullable<Task["env"]>;
  /** What must exist before they start, besides the repository. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * Makes it: the service account, the scripts, the password, and the claim of a shared folder.
 * @param other the first part of the logical names, in a namespace that is not the backups' own. Default: none
 */
export function station(
  owner: Component,
  {
    destination,
    namespace,
    trusted,
  }: { readonly destination: Destination; readonly namespace: string; readonly trusted?: Trusted },
  daily: Credential,
  scripts: Readonly<Record<string, string>>,
  other?: string,
): Station {
  const { environment } = owner;
  const role = (name: string) => (other === undefined ? name : `${other}-${name}`);
  const annotations = "bucket" in destination ? accountAnnotations(destination.bucket.access) : {};
  owner.object(
    ServiceAccount,
    role("account"),
    { name: account, namespace, annotations },
    { automountServiceAccountToken: false },
  );
  const held = configMap(owner, role("scripts"), { name: "backup-scripts", namespace }, scripts);
  const place = { name: "backup-repository", namespace };
  const password = secret(owner, role("daily-secret"), place, { password: daily.value }, outlives(environment));
  daily.storedIn(password, "password", "backups");
  const folder =
    "folder" in destination
      ? sharedVolume(owner, role("repository"), place, destination.folder, folderAccount, "backups")
      : undefined;
  const reached = "bucket" in destination ? destination.bucket.ready : folder?.resource;
  return {
    namespace,
    restic: { scripts: held, trusted, repository: folder?.claim },
    store: repositoryEnvironment(destination, environment.stack, { secret: password, key: "password" }),
    ready: [...(reached === undefined ? [] : [reached]), held.resource, password.resource],
  };
}
