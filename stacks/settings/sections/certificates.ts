import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { cloudIdentity } from "./cloud-identity.ts";
import { solver } from "./solvers.ts";

const reissued = "Certificates of this issuer change at their next renewal.";

/** cert-manager, its issuers, and certificates for hosts. */
export function certificatesSection(profile: Profile) {
  const ownAuthority = { name: "own-ca", kind: "own-ca", commonName: "Groundplan CA", validity: "3650d" } as const;
  return {
    certificates: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(true), {
            is: "Whether the stack runs cert-manager.",
            changing: "Turning it off deletes the issuers. The CRDs are kept, and the certificates with them.",
          }),
          replicas: key(
            z
              .number()
              .int()
              .min(1)
              .max(9)
              .default(byProfile(profile, { prod: 2, dev: 1 })),
            {
              is: "Replicas of each of cert-manager's three Deployments.",
              unit: "pods",
              changing: "Adds or removes replicas; certificates are kept.",
            },
          ),
          issuers: key(z.array(issuer()).default(byProfile(profile, { prod: [], dev: [ownAuthority] })), {
            is: "Certificate issuers. Each becomes a ClusterIssuer.",
            changing: "If one is removed, its certificates are no longer renewed.",
            accepts: "a list of issuers",
          }),
          issuer: key(formats.name().optional(), {
            is: "The issuer for hosts that do not set one.",
            unset: "The first of `certificates.issuers` is used.",
            changing: "These hosts get certificates from the other issuer at once.",
          }),
          identity: key(cloudIdentity().optional(), {
            is: "cert-manager's identity in the cloud, for DNS solvers without a key.",
            unset: "DNS solvers need a key.",
          }),
          trust: key(z.array(formats.certificatePem()).default([]), {
            is: "CA certificates in PEM, such as your company's. All TLS clients of the stack trust them in addition to public CAs: logins, directories, mail, object stores, webhooks, ACME, the external search cluster, and an external PostgreSQL without `caBundle`.",
            unset: "The certificates of issuers of kind `company-ca`, which are always trusted.",
            changing: "Restarts the programs that use them, one after another.",
            accepts: "a list of certificates",
          }),
          hosts: key(z.array(hostCertificate()).default([]), {
            is: "Hosts of your own applications that need a certificate.",
            changing: "Removing one deletes its certificate and Secret.",
            accepts: "a list of hosts",
          }),
        })
        .prefault({}),
      { is: "TLS certificates: the issuers, and the hosts that need one (docs/trust.md)." },
    ),
  };
}

function issuer() {
  const issuerName = key(formats.name(), {
    is: "The ClusterIssuer's name.",
    changing: "Creates a new issuer. Hosts that use the old name must be changed.",
  });
  return z.discriminatedUnion("kind", [
    z.strictObject({
      name: issuerName,
      kind: key(z.literal("acme"), {
        is: "An ACME server, such as Let's Encrypt.",
        changing: reissued,
      }),
      email: key(formats.email(), {
        is: "E-mail address of the ACME account, for expiry warnings.",
        changing: "Updates the account.",
      }),
      server: key(
        formats
          .formed(
            /^(production|staging|https:\/\/[^\s/@]+(\/\S*)?)$/,
            "production or staging (Let's Encrypt), or the https:// URL of an ACME directory without a password",
            "https://ca.example.org/acme/acme/directory",
          )
          .default("production"),
        {
          is: "The ACME server: `production` or `staging` of Let's Encrypt (`staging` has high rate limits, and browsers reject its certificates), or the URL of another server's directory, such as step-ca's or ZeroSSL's.",
          changing: reissued,
        },
      ),
      caBundle: key(formats.certificatePem().optional(), {
        is: "The CA certificates in PEM that sign the certificate of the ACME server itself.",
        unset: "Public CAs and those of `certificates.trust` are used.",
        changing: "Takes effect at once.",
      }),
      externalAccount: key(
        z
          .strictObject({
            keyId: key(formats.plainText(253, "kid-1"), {
              is: "The ID of the key that the ACME server's operator issued.",
              changing: "Takes effect when an account is registered.",
            }),
            keySecret: key(formats.secretName(), {
              is: "The secret with the HMAC key, in base64url without padding.",
              changing: "Takes effect when an account is registered.",
              secret: true,
            }),
          })
          .optional(),
        {
          is: "External account binding, which servers such as ZeroSSL require.",
          unset: "The account is not bound to an external one.",
          changing: "Takes effect when an account is registered.",
        },
      ),
      solvers: key(
        z
          .array(solver())
          .min(1)
          .default([{ kind: "http01", zones: [], hosts: [], labels: {} }]),
        {
          is: "How the ownership of a host is verified.",
          changing: "Takes effect at the next renewal.",
          accepts: "a list of solvers",
        },
      ),
    }),
    z.strictObject({
      name: issuerName,
      kind: key(z.literal("own-ca"), {
        is: "A CA that the stack creates and stores in its state.",
        changing: reissued,
      }),
      commonName: key(formats.plainText(64, "Groundplan CA").default("Groundplan CA"), {
        is: "Common name of the CA's certificate.",
        changing: "Creates a new CA certificate. Browsers must be configured to trust it.",
      }),
      validity: key(formats.duration().default("3650d"), {
        is: "How long the CA's certificate is valid.",
        changing: "Creates a new CA certificate. Browsers must be configured to trust it.",
      }),
    }),
    z.strictObject({
      name: issuerName,
      kind: key(z.literal("company-ca"), { is: "A CA that you provide.", changing: reissued }),
      certificate: key(formats.certificatePem(), {
        is: "The CA's certificate in PEM, followed by its chain.",
        changing: reissued,
      }),
      keySecret: key(formats.secretName(), {
        is: "The secret with the CA's private key in PEM.",
        changing: reissued,
        secret: true,
      }),
    }),
    z.strictObject({
      name: issuerName,
      kind: key(z.literal("self-signed"), {
        is: "Self-signed certificates, for tests.",
        changing: reissued,
      }),
    }),
  ]);
}

function hostCertificate() {
  return z.strictObject({
    host: key(formats.host(), {
      is: "`NAME` for NAME.DOMAIN, or a full host name.",
      changing: "Issues a certificate for the other host.",
    }),
    namespace: key(formats.name(), {
      is: "The namespace that gets the Secret `HOST-tls`.",
      changing: "Creates the Secret in the other namespace and deletes it in this one.",
    }),
    issuer: key(formats.name().optional(), {
      is: "The issuer of this host's certificate: the name of one of `certificates.issuers`.",
      unset: "The value of `certificates.issuer` is used.",
      changing: "Issues a certificate from the other issuer at once.",
    }),
    labels: key(z.record(formats.ownLabelKey(), formats.labelValue()).default({}), {
      is: "Labels of the Certificate, which `labels` of solvers can select.",
      changing: "Takes effect at the next renewal.",
      accepts: "labels as KEY: VALUE",
    }),
    certificate: key(formats.certificatePem().optional(), {
      is: "Your own certificate in PEM, followed by its chain. No issuer is used with it.",
      unset: "The issuer creates and renews the certificate.",
      changing: "Updates the Secret.",
    }),
    keySecret: key(formats.secretName().optional(), {
      is: "The secret with the private key of `certificate` in PEM.",
      unset: "Required with `certificate`.",
      changing: "Updates the Secret.",
      secret: true,
    }),
  });
}
