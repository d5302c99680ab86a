import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";

import { azureId } from "./solver-keys.ts";

/** Identities in AWS of pods with a ServiceAccount. @param changing what changing one does */
function awsIdentities(account: string, changing: string) {
  return [
    z.strictObject({
      kind: key(z.literal("irsa"), {
        is: `AWS: the ServiceAccount \`${account}\` assumes a role (IAM roles for service accounts of EKS).`,
        changing,
      }),
      roleArn: key(formats.roleArn(), { is: "The ARN of the role, which must trust it.", changing }),
    }),
    z.strictObject({
      kind: key(z.literal("pod-identity"), {
        is: `AWS: the ServiceAccount \`${account}\` has an EKS Pod Identity association.`,
        changing,
      }),
    }),
  ] as const;
}

/** The identity of the node. */
function nodeIdentity(clouds: string, changing: string) {
  return z.strictObject({
    kind: key(z.literal("node"), {
      is: `The identity of the node, from the metadata service of ${clouds}. Every pod of the node that reaches this service has it.`,
      changing,
    }),
  });
}

/** The identity of external-dns in AWS. */
export function recordsIdentity() {
  const changing = "Restarts external-dns.";
  return z.discriminatedUnion("kind", [...awsIdentities("external-dns", changing), nodeIdentity("AWS", changing)]);
}

/** The identity of cert-manager's controller in a cloud. */
export function cloudIdentity() {
  const changing = "Restarts cert-manager's controller.";
  return z.discriminatedUnion("kind", [
    ...awsIdentities("cert-manager", changing),
    z.strictObject({
      kind: key(z.literal("azure-workload-identity"), {
        is: "Azure: the ServiceAccount `cert-manager` has a federated credential.",
        changing,
      }),
      clientId: key(azureId(), { is: "The client ID of the managed identity or application.", changing }),
      tenantId: key(azureId().optional(), {
        is: "The ID of its tenant.",
        unset: "The tenant of the cluster is used.",
        changing,
      }),
    }),
    z.strictObject({
      kind: key(z.literal("gke-workload-identity"), {
        is: "Google Cloud: Workload Identity Federation for GKE.",
        changing,
      }),
      serviceAccount: key(
        formats
          .formed(
            /^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z0-9.:-]+\.iam\.gserviceaccount\.com$/,
            'the e-mail address of a service account, such as "dns@my-project.iam.gserviceaccount.com"',
            "dns-records@my-project.iam.gserviceaccount.com",
          )
          .optional(),
        {
          is: "The service account that the ServiceAccount `cert-manager` impersonates.",
          unset: "The ServiceAccount itself has the permissions.",
          changing,
        },
      ),
    }),
    nodeIdentity("AWS, Azure or Google Cloud", changing),
  ]);
}
