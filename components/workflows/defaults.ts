import type { PodExtras } from "../kit/environment.ts";
import { parseDuration } from "../kit/quantities.ts";
import { workflowAccount } from "./shape.ts";
import type { ProcessingShape } from "./shape.ts";

/**
 * The security context of every container of a workflow, so that its pods pass Pod Security `restricted`. The image of the containers
 * that Argo adds runs as root without it (Argo Workflows, "Workflow Pod Security Context").
 */
export const containerSecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/**
 * What a workflow gets that says nothing else (Argo Workflows, "Default Workflow Spec"). The token of the service account is only
 * mounted into the containers that Argo adds: those of workflows cannot ask the API server.
 *
 * @param pullSecret the Secret with the login of a registry; default none
 * @param extras what the user adds to the pods of the namespace
 */
export function workflowDefaults(
  { deadline, keep, nodeSelector, runAs, tolerations }: ProcessingShape,
  pullSecret: string | undefined,
  { annotations, labels, priorityClassName }: PodExtras,
) {
  return {
    spec: {
      serviceAccountName: workflowAccount,
      automountServiceAccountToken: false,
      executor: { serviceAccountName: workflowAccount },
      activeDeadlineSeconds: parseDuration(deadline),
      ttlStrategy: { secondsAfterCompletion: parseDuration(keep) },
      // Pods of finished steps count against the quota; their logs are in the bucket.
      podGC: { strategy: "OnPodCompletion", deleteDelayDuration: "60s" },
      securityContext: {
        fsGroup: runAs.group,
        fsGroupChangePolicy: "OnRootMismatch",
        runAsGroup: runAs.group,
        runAsNonRoot: true,
        runAsUser: runAs.user,
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...(Object.keys(nodeSelector).length > 0 && { nodeSelector: { ...nodeSelector } }),
      ...(tolerations.length > 0 && { tolerations: tolerations.map((one) => ({ ...one })) }),
      ...(priorityClassName !== undefined && { podPriorityClassName: priorityClassName }),
      ...(Object.keys({ ...labels, ...annotations }).length > 0 && {
        podMetadata: { labels: { ...labels }, annotations: { ...annotations } },
      }),
      ...(pullSecret !== undefined && { imagePullSecrets: [{ name: pullSecret }] }),
    },
  };
}
