import { join } from "node:path";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Component } from "../kit/component.ts";
import type { Edge } from "../kit/ledger.ts";
import type { Pod, Task } from "../kit/pod.ts";
import { accountFolder, nodeImage, programFiles } from "../kit/program.ts";
import { grant } from "../kit/rights.ts";
import { configMap } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { backupLabels } from "./labels.ts";
import { account, resticPod } from "./pod.ts";
import type { ResticPods, Run } from "./pod.ts";

/** The PrometheusRule of the sizes, to which the Jobs write. */
const rule = "backup-sizes";
const folder = "/sizes";
const snapshots = `${folder}/snapshots.json`;

/** What records the sizes of the last backups of all repositories. */
export interface SizeRecords {
  readonly namespace: string;
  readonly program: Keyed;
  /** Whether the sizes become metrics. */
  readonly isPublished: boolean;
  /** What must exist before a Job runs. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * Makes the program, and the PrometheusRule with the right to write it.
 * @param prometheus what accepts a PrometheusRule; undefined: the stack has no Prometheus, and the sizes are only compared
 */
export function sizeRecords(owner: Component, namespace: string, prometheus: pulumi.Resource | undefined): SizeRecords {
  const files = programFiles(join(import.meta.dirname, "programs"), ["api.ts", "compare.ts", "sizes.ts"]);
  const program = configMap(owner, "sizes-program", { name: "backup-sizes-program", namespace }, files);
  if (prometheus === undefined) return { namespace, program, isPublished: false, ready: [program.resource] };
  const place = { name: rule, namespace };
  const kind = { apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule" };
  // The Jobs own the groups as field managers of their own: what is not in here, `pulumi up` does not change.
  const made = owner.object(CustomResource, "sizes-rule", place, { ...kind, spec: {} }, { dependsOn: [prometheus] });
  const granted = grant(owner, "sizes", place, { name: account, namespace }, [
    {
      apiGroups: ["monitoring.coreos.com"],
      resources: ["prometheusrules"],
      resourceNames: [rule],
      verbs: ["get", "patch"],
    },
  ]);
  const { cluster, ledger } = owner.environment;
  const edge: Edge = {
    from: { kind: "pods", namespace, labels: backupLabels("sizes") },
    to: { kind: "apiServer" },
    ports: cluster.apiServerPorts,
    purpose: "sizes of backups, as metrics",
  };
  ledger.edges.push(edge);
  return { namespace, program, isPublished: true, ready: [program.resource, made, granted] };
}

/**
 * The pod that compares the sizes of the last backups of a repository: restic lists the snapshots, and a program reads the list.
 * @param repository its folder, a label of the metrics
 */
export function sizesPod(
  pods: ResticPods,
  run: Omit<Run, "script">,
  { isPublished, namespace, program }: SizeRecords,
  repository: string,
): Pod<Task> {
  const mounts = { [folder]: { volume: "sizes" } };
  const env = { ...run.env, SNAPSHOTS: snapshots };
  const { containers, identity, volumes, ...common } = resticPod(pods, { ...run, env, script: "sizes.sh" });
  return {
    ...common,
    // The token of the same account that the bucket knows.
    ...(isPublished ? { serviceAccount: account } : { identity }),
    volumes: { ...volumes, program: { from: program }, sizes: { empty: true } },
    init: containers.map((restic) => ({ ...restic, mounts: { ...restic.mounts, ...mounts } })),
    containers: [
      {
        name: "sizes",
        image: nodeImage,
        command: ["node", "/program/sizes.ts"],
        env: {
          NAMESPACE: namespace,
          REPOSITORY: repository,
          SNAPSHOTS: snapshots,
          ...(isPublished && { ACCOUNT: accountFolder, NODE_EXTRA_CA_CERTS: `${accountFolder}/ca.crt`, RULE: rule }),
        },
        mounts: { ...mounts, "/program": { volume: "program", readOnly: true } },
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
      },
    ],
  };
}
