import { at, list, record, textMap } from "../../components/kit/unknown.ts";
import type { Peer } from "../../components/kit/ledger.ts";
import type { Consumer } from "./steps.ts";

/** The annotation with the replicas of a workload that a restore has stopped. */
export const stoppedAnnotation = "groundplan/restore-replicas";

/** The annotation with the replicas of a workload that a backup has stopped (components/backup/programs/volumes.ts). */
const backupAnnotation = "groundplan/backup-replicas";

/**
 * The Job that runs a script once in the pod of a CronJob, with more variables.
 * @param claim the claim to write to in the place of the files that the pod reads. Default: the pod's own
 */
export function jobOf(
  cronJob: unknown,
  name: string,
  script: string,
  env: Readonly<Record<string, string>>,
  claim?: string,
): object {
  const spec = record(at(cronJob, "spec", "jobTemplate", "spec"));
  const template = record(spec["template"]);
  const whole = record(template["spec"]);
  const pod = claim === undefined ? whole : writing(whole, claim);
  const [container, ...others] = list(pod["containers"]);
  const own = list(at(container, "env")).filter((one) => !Object.hasOwn(env, String(at(one, "name"))));
  const more = Object.entries(env).map(([variable, value]) => ({
    name: variable,
    value: value.replaceAll("$", "$$$$"),
  }));
  const changed = { ...record(container), command: ["sh", `/scripts/${script}`], env: [...own, ...more] };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace: at(cronJob, "metadata", "namespace"),
      labels: textMap(at(template, "metadata", "labels")),
    },
    spec: {
      ...spec,
      // A failed attempt is reported at once.
      backoffLimit: 0,
      ttlSecondsAfterFinished: 86_400,
      template: { ...template, spec: { ...pod, containers: [changed, ...others] } },
    },
  };
}

/** The pod with a claim in the place of the volume `files`, wherever the claim's volume is. */
function writing(pod: Readonly<Record<string, unknown>>, claim: string): Record<string, unknown> {
  const isFiles = (one: unknown) => at(one, "name") === "files";
  const volumes = list(pod["volumes"]).map((one) =>
    isFiles(one) ? { name: "files", persistentVolumeClaim: { claimName: claim } } : one,
  );
  const containers = list(pod["containers"]).map((container) => ({
    ...record(container),
    volumeMounts: list(at(container, "volumeMounts")).map((one) =>
      isFiles(one) ? { ...record(one), readOnly: false } : one,
    ),
  }));
  return { ...pod, affinity: undefined, volumes, containers };
}

/** The workloads of a list that have the pods of a peer, with the replicas that they have, or had before they were stopped. */
export function consumersOf(workloads: readonly unknown[], peer: Peer & { readonly kind: "pods" }): Consumer[] {
  return workloads.flatMap((one): Consumer[] => {
    const kind = at(one, "kind");
    const namespace = String(at(one, "metadata", "namespace"));
    const labels = textMap(at(one, "spec", "template", "metadata", "labels"));
    const has = Object.entries(peer.labels ?? {}).every(([key, value]) => labels[key] === value);
    if ((kind !== "Deployment" && kind !== "StatefulSet") || namespace !== peer.namespace || !has) return [];
    const annotations = textMap(at(one, "metadata", "annotations"));
    const kept = annotations[stoppedAnnotation] ?? annotations[backupAnnotation];
    const replicas = Number(kept ?? at(one, "spec", "replicas") ?? 1);
    return replicas === 0 ? [] : [{ kind, namespace, name: String(at(one, "metadata", "name")), replicas }];
  });
}
