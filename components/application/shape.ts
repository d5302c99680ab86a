import { generatedName, namespaceOf } from "../kit/application.ts";
import type { ApplicationSpec, ApplicationVolume } from "../kit/application.ts";
import type { CredentialSpec } from "../kit/credential.ts";
import { fileData } from "../kit/ledger.ts";
import type { DataEntry } from "../kit/ledger.ts";

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

/** The files of a volume as data. @param consumer the labels of the pods that mount it */
export function volumeData(
  spec: ApplicationSpec,
  { claim, role, size }: ApplicationVolume,
  consumer: Readonly<Record<string, string>>,
): DataEntry {
  return fileData({
    namespace: namespaceOf(spec),
    claim,
    storage: { size, role },
    shared: role === "shared",
    account: spec.runAs,
    consumer,
  });
}
