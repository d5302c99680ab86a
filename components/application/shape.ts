import { generatedName } from "../kit/application.ts";
import type { ApplicationSpec } from "../kit/application.ts";
import type { CredentialSpec } from "../kit/credential.ts";

/** Whether a volume can be mounted by pods of one node only, so that only one pod can run. */
export function mountedOnce({ volumes }: Pick<ApplicationSpec, "volumes">): boolean {
  return volumes.some(({ role }) => role !== "shared");
}

/** The number of pods, or the fewest if they are scaled. */
export function replicasOf(
  application: Pick<ApplicationSpec, "replicas" | "volumes">,
  { production }: { readonly production: boolean },
): number {
  return application.replicas ?? (mountedOnce(application) || !production ? 1 : 2);
}

/** The secrets that the stack generates for an application, in its order. */
export function generatedCredentials({ generated, name }: ApplicationSpec): CredentialSpec[] {
  return generated.map((one) => ({
    name: generatedName(name, one.name),
    length: one.length,
    recipe: { rotate: `restarts ${name}` },
  }));
}
