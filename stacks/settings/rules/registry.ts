import { ecrAddress } from "../../../components/kit/ecr.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: string[]): Path => ["images", "ecr", ...rest];

/** The host of a registry or mirror, without its path. */
const hostOf = (registry: string) => registry.split("/")[0] ?? registry;

/** A password that is no longer valid after a few hours. */
export function registryPassword({ images }: ParsedSettings): Violation[] {
  const registry = images.pullSecret?.registry;
  if (registry === undefined || ecrAddress(hostOf(registry)) === undefined) return [];
  return [
    {
      path: ["images", "pullSecret", "registry"],
      severity: "warning",
      message: "the password of a registry of Amazon ECR is valid for 12 hours: later pulls fail",
      got: shown(registry),
      accepts: "a registry whose password stays valid",
      fix: "replace images.pullSecret by images.ecr: nodes pull with their AWS role, or a CronJob renews the password",
    },
  ];
}

/** Keys that a login of Amazon ECR requires, and keys that have no effect with it. */
export function ecrKeys({ images: { ecr } }: ParsedSettings): Violation[] {
  if (ecr === undefined) return [];
  const users = { roleArn: "role", accessKeyId: "key", secretAccessKeySecret: "key" } as const;
  return (["roleArn", "accessKeyId", "secretAccessKeySecret"] as const).flatMap((name): Violation[] => {
    const identity = users[name];
    const relies = [at("identity")];
    if (ecr[name] !== undefined && ecr.identity !== identity)
      return [
        {
          path: at(name),
          message: `has no effect with identity: ${ecr.identity}`,
          got: shown(ecr[name]),
          accepts: `a value only with identity: ${identity}`,
          fix: { set: identity, at: at("identity") },
          relies,
        },
      ];
    if (ecr[name] !== undefined || ecr.identity !== "key" || identity !== "key") return [];
    return [
      {
        path: at(name),
        message: "is required with identity: key",
        accepts: "accessKeyId and secretAccessKeySecret together",
        fix: `add images.ecr.${name}, or set images.ecr.identity to role or nodes`,
        relies,
      },
    ];
  });
}

/** A pod has one Secret with a login, and the program that renews a password cannot be pulled with it. */
export function ecrPulls({ images: { ecr, mirror, pullSecret } }: ParsedSettings): Violation[] {
  if (ecr === undefined || ecr.identity === "nodes") return [];
  const relies = [at("identity")];
  const both: Violation[] =
    pullSecret === undefined
      ? []
      : [
          {
            path: ["images", "pullSecret"],
            message: `cannot be combined with images.ecr.identity: ${ecr.identity}, because pods use one login`,
            got: shown(pullSecret.registry),
            accepts: "either images.pullSecret, or images.ecr; both with images.ecr.identity: nodes",
            fix: { remove: ["images", "pullSecret"] },
            relies,
          },
        ];
  if (mirror === undefined || hostOf(mirror) !== ecr.registry) return both;
  return [
    ...both,
    {
      path: ["images", "mirror"],
      message: `cannot be in the registry of images.ecr with identity: ${ecr.identity}: the image that gets the password could not be pulled`,
      got: shown(mirror),
      accepts: "a mirror in another registry, or images.ecr.identity: nodes",
      fix: { set: "nodes", at: at("identity") },
      relies: [...relies, at("registry")],
    },
  ];
}
