import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import type { Environment } from "../../components/kit/environment.ts";
import { userSecret } from "../../components/kit/secret.ts";
import type { Settings } from "../settings/settings.ts";
import { scratchOf } from "./nfs.ts";

/** The name of the Secret that pulls images, in every namespace. */
const pullSecret = "registry";

/** What all components share. @param parent of what is made for it */
export function environmentOf(
  settings: Settings,
  parent: pulumi.Resource,
  made: Pick<Environment, "namespaces" | "ledger">,
): Environment {
  const { mirror } = settings.images;
  // Kept as state, so that checksums of secrets change only when the secrets do.
  const checksumKey = new RandomPassword("platform-checksum-key", { length: 32, special: false }, { parent });
  return {
    stack: settings.stack,
    production: settings.profile === "prod",
    domain: settings.domain,
    cluster: settings.cluster,
    placement: settings.placement,
    images: {
      ...(mirror === undefined ? {} : { mirror }),
      ...(settings.images.pullSecret === undefined ? {} : { pullSecret }),
      tags: settings.images.tags,
      digests: settings.imageDigests,
    },
    storageClass: (role) => settings.storage.roles[role],
    scratchClass: (role) => scratchOf(settings, settings.storage.roles[role]),
    charts: settings.chartSource,
    overrides: settings.charts,
    rotation: settings.rotation,
    checksumKey: pulumi.secret(checksumKey.result),
    ...made,
  };
}

/** The login at the registry of images; undefined where pulling needs none. */
export function registryLogin({ images, secrets }: Settings) {
  const login = images.pullSecret;
  if (login === undefined) return undefined;
  return { registry: login.registry, username: login.username, password: userSecret(secrets, login.passwordSecret) };
}
