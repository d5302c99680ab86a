import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";

import { accessKeyId, azureId, dns, hostedZoneId, ownIdentity, renewal, secretOrNone } from "./solver-keys.ts";

/** DNS-01 in AWS Route 53. */
export function route53() {
  return z.strictObject({
    kind: key(z.literal("route53"), { is: "DNS-01: a record in AWS Route 53.", changing: renewal }),
    region: key(formats.formed(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'an AWS region, such as "eu-west-1"', "eu-west-1"), {
      is: "The AWS region of the Route 53 API.",
      changing: renewal,
    }),
    hostedZoneId: key(hostedZoneId().optional(), {
      is: "The ID of the hosted zone. Needed if several zones have the same name.",
      unset: "cert-manager looks it up.",
      changing: renewal,
    }),
    accessKeyId: key(accessKeyId().optional(), {
      is: "The ID of an access key that is allowed to change records. Required with `secretAccessKeySecret`.",
      quiet: true,
      unset: ownIdentity,
      changing: renewal,
    }),
    secretAccessKeySecret: secretOrNone(
      "The secret with the secret access key. Required with `accessKeyId`.",
      ownIdentity,
    ),
    role: key(formats.roleArn().optional(), {
      is: "The ARN of a role that cert-manager assumes to change records, such as one of another account.",
      unset: "No role is assumed.",
      changing: renewal,
    }),
    serviceAccount: key(formats.name().optional(), {
      is: "The name of a ServiceAccount that the stack creates in the namespace `cert-manager`. Its tokens assume `role`, which must trust it.",
      unset: "No ServiceAccount is created.",
      changing: "Creates the other ServiceAccount and deletes this one.",
    }),
    ...dns(),
  });
}

/** DNS-01 in Azure DNS. */
export function azuredns() {
  return z.strictObject({
    kind: key(z.literal("azuredns"), { is: "DNS-01: a record in Azure DNS.", changing: renewal }),
    subscriptionId: key(azureId(), { is: "The ID of the subscription with the zone.", changing: renewal }),
    resourceGroup: key(formats.plainText(90, "dns"), {
      is: "The name of the resource group with the zone.",
      changing: renewal,
    }),
    hostedZone: key(formats.domain().optional(), {
      is: "The name of the zone.",
      unset: "cert-manager looks it up.",
      changing: renewal,
    }),
    environment: key(z.enum(["public", "us-government", "china"]).default("public"), {
      is: "The cloud with the zone.",
      changing: renewal,
    }),
    zoneType: key(z.enum(["public", "private"]).default("public"), {
      is: "Whether the zone is public. The ACME server must be able to query a private one.",
      changing: renewal,
    }),
    clientId: key(azureId().optional(), {
      is: "The client ID of a service principal. Required with `tenantId` and `clientSecretSecret`.",
      unset: ownIdentity,
      changing: renewal,
    }),
    tenantId: key(azureId().optional(), {
      is: "The ID of the service principal's tenant.",
      unset: ownIdentity,
      changing: renewal,
    }),
    clientSecretSecret: secretOrNone("The secret with the service principal's client secret.", ownIdentity),
    managedIdentity: key(
      z
        .strictObject({
          clientId: key(azureId().optional(), {
            is: "Its client ID. Either this or `resourceId`.",
            unset: "It is selected by `resourceId`.",
            changing: renewal,
          }),
          tenantId: key(azureId().optional(), {
            is: "The ID of its tenant, with a workload identity.",
            unset: "The tenant of `certificates.identity`, or of the cluster, is used.",
            changing: renewal,
          }),
          resourceId: key(
            formats
              .formed(
                /^\/subscriptions\/[^\s/]+\/resource[gG]roups\/[^\s/]+\/providers\/\S+$/,
                "the resource ID of an identity, which starts with /subscriptions/",
                "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/dns/providers/Microsoft.ManagedIdentity/userAssignedIdentities/dns",
                512,
              )
              .optional(),
            {
              is: "Its resource ID. Needs `certificates.identity` of kind `node`.",
              unset: "It is selected by `clientId`.",
              changing: renewal,
            },
          ),
        })
        .optional(),
      {
        is: "Another managed identity than that of `certificates.identity`.",
        unset: ownIdentity,
      },
    ),
    ...dns(),
  });
}

/** DNS-01 in Google Cloud DNS. */
export function clouddns() {
  return z.strictObject({
    kind: key(z.literal("clouddns"), { is: "DNS-01: a record in Google Cloud DNS.", changing: renewal }),
    project: key(
      formats.formed(/^[a-z][a-z0-9:.-]{4,61}[a-z0-9]$/, 'the ID of a project, such as "my-project"', "my-project"),
      { is: "The ID of the project with the zone.", changing: renewal },
    ),
    hostedZone: key(
      formats
        .formed(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, 'the name of a zone, such as "example-org"', "example-org")
        .optional(),
      { is: "The name of the zone.", unset: "cert-manager looks it up.", changing: renewal },
    ),
    serviceAccountSecret: secretOrNone("The secret with the JSON key of a service account.", ownIdentity),
    ...dns(),
  });
}
