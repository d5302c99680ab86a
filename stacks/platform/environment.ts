import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import type { Environment } from "../../components/kit/environment.ts";
import { ecrSecret } from "../../components/kit/ecr.ts";
import { userSecret } from "../../components/kit/secret.ts";
import type { Settings } from "../settings/settings.ts";
import { scratchOf, snapshotClassOf } from "./nfs.ts";
import { registryPart } from "./registry.ts";

/** The Secret with a static login of a registry, in every namespace. */
const staticSecret = "registry";

/** What all components share. @param parent of what is made for it */
export function environmentOf(
  settings: Settings,
  parent: pulumi.Resource,
  made: Pick<Environment, "namespaces" | "logins" | "ledger">,
): Environment {
  const { mirror } = settings.images;
  const pullSecret = registryPart.on(settings)
    ? ecrSecret
    : settings.images.pullSecret === undefined
      ? undefined
      : staticSecret;
  // Kept as state, so that checksums of secrets change only when the secrets do.
  const checksumKey = new RandomPassword("platform-checksum-key", { length: 32, special: false }, { parent });
  return {
    stack: settings.stack,
    production: settings.profile === "prod",
    isolation: settings.isolation,
    domain: settings.domain,
    cluster: settings.cluster,
    placement: settings.placement,
    images: {
      ...(mirror === undefined ? {} : { mirror }),
      ...(pullSecret === undefined ? {} : { pullSecret }),
      tags: settings.images.tags,
      digests: settings.imageDigests,
    },
    storageClass: (role) => settings.storage.roles[role],
    scratchClass: (role) => scratchOf(settings, settings.storage.roles[role]),
    snapshotClass: (role) => snapshotClassOf(settings, settings.storage.roles[role]),
    charts: settings.chartSource,
    overrides: settings.charts,
    rotation: settings.rotation,
    pods: Object.fromEntries(Object.entries(settings.namespaces).map(([name, { pods }]) => [name, pods])),
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
