import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const reissued = "Certificates of this issuer are issued anew at their next renewal.";

/** cert-manager, its issuers, and certificates for hosts. */
export function certificatesSection(profile: Profile) {
  const ownAuthority = { name: "own-ca", kind: "own-ca", commonName: "Groundplan CA", validity: "3650d" } as const;
  return {
    certificates: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(true), {
            is: "Whether the stack runs cert-manager.",
            changing: "Turning it off removes the issuers; the CRDs and with them the certificates stay.",
          }),
          replicas: key(
            z
              .number()
              .int()
              .min(1)
              .max(9)
              .default(byProfile(profile, { prod: 2, dev: 1 })),
            {
              is: "Replicas of each of cert-manager's three programs.",
              unit: "pods",
              changing: "Adds or removes replicas; certificates stay.",
            },
          ),
          issuers: key(z.array(issuer()).default(byProfile(profile, { prod: [], dev: [ownAuthority] })), {
            is: "Who signs certificates: each becomes a ClusterIssuer.",
            left: "In dev an own CA named `own-ca`; in prod none.",
            changing: "Removing one stops renewals of its certificates.",
            accepts: "a list of issuers",
          }),
          issuer: key(formats.name().optional(), {
            is: "The issuer of hosts that name none.",
            left: "The first of `certificates.issuers`.",
            changing: "Hosts get certificates of the other issuer at once.",
          }),
          hosts: key(z.array(hostCertificate()).default([]), {
            is: "Hosts that need a certificate and no component of the platform: for applications of your own.",
            left: "None.",
            changing: "Removing one deletes its certificate and Secret.",
            accepts: "a list of hosts",
          }),
        })
        .prefault({}),
      { is: "TLS certificates: who signs them, and for which hosts.", changing: "See the keys." },
    ),
  };
}

function issuer() {
  const issuerName = key(formats.name(), {
    is: "The ClusterIssuer's name.",
    left: "An error.",
    changing: "A new issuer; hosts that name the old one need the new name.",
  });
  return z.discriminatedUnion("kind", [
    z.strictObject({
      name: issuerName,
      kind: key(z.literal("acme"), {
        is: "An ACME server, such as Let's Encrypt.",
        left: "An error.",
        changing: reissued,
      }),
      email: key(formats.email(), {
        is: "Address of the ACME account, for warnings of expiry.",
        left: "An error.",
        changing: "Updates the account.",
      }),
      server: key(z.enum(["production", "staging"]).default("production"), {
        is: "Let's Encrypt's server: `staging` has high limits, and certificates that browsers refuse.",
        changing: reissued,
      }),
      solvers: key(
        z
          .array(solver())
          .min(1)
          .default([{ kind: "http01", ingressClass: "kong", zones: [] }]),
        {
          is: "How ownership of a host is shown.",
          left: "HTTP-01 through the ingress class `kong`.",
          changing: "The next renewal uses it.",
          accepts: "a list of solvers",
        },
      ),
    }),
    z.strictObject({
      name: issuerName,
      kind: key(z.literal("own-ca"), {
        is: "A CA that the stack makes and keeps in its state.",
        left: "An error.",
        changing: reissued,
      }),
      commonName: key(formats.plainText(64, "Groundplan CA").default("Groundplan CA"), {
        is: "Common name of the CA's certificate.",
        changing: "A new CA certificate: browsers must trust it anew.",
      }),
      validity: key(formats.duration().default("3650d"), {
        is: "How long the CA's certificate is valid.",
        changing: "A new CA certificate: browsers must trust it anew.",
      }),
    }),
    z.strictObject({
      name: issuerName,
      kind: key(z.literal("company-ca"), { is: "A CA that you bring.", left: "An error.", changing: reissued }),
      certificate: key(formats.certificatePem(), {
        is: "The CA's certificate in PEM, with its chain after it.",
        left: "An error.",
        changing: reissued,
      }),
      keySecret: key(formats.secretName(), {
        is: "The secret with the CA's private key in PEM.",
        left: "An error.",
        changing: reissued,
        secret: true,
      }),
    }),
    z.strictObject({
      name: issuerName,
      kind: key(z.literal("self-signed"), {
        is: "Every certificate signs itself: for tests.",
        left: "An error.",
        changing: reissued,
      }),
    }),
  ]);
}

function solver() {
  const zones = key(z.array(formats.domain()).default([]), {
    is: "DNS zones whose hosts use this solver.",
    left: "Every host.",
    changing: "The next renewal uses it.",
    accepts: "a list of domain names",
  });
  return z.discriminatedUnion("kind", [
    z.strictObject({
      kind: key(z.literal("http01"), {
        is: "A file that the gateway serves on port 80.",
        left: "An error.",
        changing: "The next renewal uses it.",
      }),
      ingressClass: key(formats.name().default("kong"), {
        is: "The ingress class of the gateway, which serves the file.",
        changing: "The next renewal uses it.",
      }),
      zones,
    }),
    z.strictObject({
      kind: key(z.literal("route53"), {
        is: "A DNS record at AWS Route 53.",
        left: "An error.",
        changing: "The next renewal uses it.",
      }),
      region: key(formats.formed(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'an AWS region, such as "eu-west-1"', "eu-west-1"), {
        is: "The AWS region in which Route 53 is asked.",
        left: "An error.",
        changing: "The next renewal uses it.",
      }),
      hostedZoneId: key(
        formats.formed(/^Z[A-Z0-9]+$/, 'a hosted zone\'s id, such as "Z0123456789ABC"', "Z0123456789ABC").optional(),
        {
          is: "The hosted zone's id, where several zones have the name.",
          left: "cert-manager looks it up.",
          changing: "The next renewal uses it.",
        },
      ),
      accessKeyId: key(
        formats
          .formed(
            /^[A-Z0-9]{16,128}$/,
            "an access key's id: 16 or more capital letters and digits",
            "AKIAIOSFODNN7EXAMPLE",
          )
          .optional(),
        {
          is: "The id of an access key that may change records, together with `secretAccessKeySecret`.",
          quiet: true,
          left: "cert-manager's own AWS identity.",
          changing: "The next renewal uses it.",
        },
      ),
      secretAccessKeySecret: key(formats.secretName().optional(), {
        is: "The secret with the secret part of that access key.",
        left: "cert-manager's own AWS identity.",
        changing: "The next renewal uses it.",
        secret: true,
      }),
      zones,
    }),
    z.strictObject({
      kind: key(z.literal("cloudflare"), {
        is: "A DNS record at Cloudflare.",
        left: "An error.",
        changing: "The next renewal uses it.",
      }),
      apiTokenSecret: key(formats.secretName(), {
        is: "The secret with an API token that may edit the zones.",
        left: "An error.",
        changing: "The next renewal uses it.",
        secret: true,
      }),
      zones,
    }),
  ]);
}

function hostCertificate() {
  return z.strictObject({
    host: key(formats.host(), {
      is: "`NAME` for NAME.DOMAIN, or a full host name.",
      left: "An error.",
      changing: "A certificate for the other host.",
    }),
    namespace: key(formats.name(), {
      is: "The namespace that gets the Secret `HOST-tls`.",
      left: "An error.",
      changing: "The Secret is made in the other namespace, and deleted in this one.",
    }),
    issuer: key(formats.name().optional(), {
      is: "Who signs this host's certificate: one of `certificates.issuers`.",
      left: "`certificates.issuer`.",
      changing: "A certificate of the other issuer at once.",
    }),
    certificate: key(formats.certificatePem().optional(), {
      is: "A certificate of your own in PEM, with its chain; then no issuer is asked.",
      left: "The issuer makes one and renews it.",
      changing: "The Secret is updated.",
    }),
    keySecret: key(formats.secretName().optional(), {
      is: "The secret with the private key of `certificate`, in PEM.",
      left: "An error where `certificate` is given.",
      changing: "The Secret is updated.",
      secret: true,
    }),
  });
}
