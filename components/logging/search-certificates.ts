import * as pulumi from "@pulumi/pulumi";
import { CertRequest } from "@pulumi/tls/certRequest.js";
import { LocallySignedCert } from "@pulumi/tls/locallySignedCert.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert.js";
import { outlives } from "../kit/component.ts";
import type { ChildOptions, Component } from "../kit/component.ts";
import { catalogued } from "../kit/credential.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { loggingCredentials } from "./credentials.ts";
import { searchSubjects } from "./opensearch.ts";

/** The certificates of the search cluster. */
export interface SearchCertificates {
  /** `ca.crt`, `node.crt` and `node.key`, for its nodes. */
  readonly node: Keyed;
  /** `ca.crt`, `admin.crt` and `admin.key`, for its administration. */
  readonly administrator: Keyed;
  /** `ca.crt`, for clients. */
  readonly authority: Keyed;
  /** The same certificate as text. */
  readonly pem: pulumi.Output<string>;
}

/** Ten years: an `up` in the last year renews the certificates. */
const hours = 10 * 365 * 24;
const early = 365 * 24;

/**
 * A CA only for the search cluster, stored in the stack's state, and the certificates that identify its nodes and its administrator.
 * @param hosts the names with which clients connect to the nodes
 */
export function searchCertificates(
  owner: Component,
  namespace: string,
  hosts: readonly string[],
  options: ChildOptions,
): SearchCertificates {
  const key = owner.child(PrivateKey, "search-authority-key", { algorithm: "ECDSA", ecdsaCurve: "P256" }, options);
  const authority = owner.child(
    SelfSignedCert,
    "search-authority",
    {
      privateKeyPem: pulumi.secret(key.privateKeyPem),
      isCaCertificate: true,
      setSubjectKeyId: true,
      subject: { commonName: "opensearch-authority" },
      validityPeriodHours: hours,
      earlyRenewalHours: early,
      allowedUses: ["cert_signing", "crl_signing"],
    },
    options,
  );
  // Certificates are public, but Pulumi marks them as secret because an input of the resource is secret.
  const ca = pulumi.unsecret(authority.certPem);
  const signed = (role: string, commonName: string, dnsNames: readonly string[], allowedUses: string[]) => {
    const own = owner.child(PrivateKey, `search-${role}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" });
    const request = owner.child(CertRequest, `search-${role}-request`, {
      privateKeyPem: pulumi.secret(own.privateKeyPem),
      subject: { commonName },
      dnsNames: [...dnsNames],
    });
    const certificate = owner.child(LocallySignedCert, `search-${role}-certificate`, {
      certRequestPem: pulumi.unsecret(request.certRequestPem),
      caCertPem: ca,
      caPrivateKeyPem: pulumi.secret(key.privateKeyPem),
      validityPeriodHours: hours,
      earlyRenewalHours: early,
      allowedUses,
    });
    return { certificate: pulumi.unsecret(certificate.certPem), key: pulumi.secret(own.privateKeyPemPkcs8) };
  };
  const both = ["digital_signature", "key_encipherment", "server_auth", "client_auth"];
  const node = signed("node", searchSubjects.node, hosts, both);
  const administrator = signed("administrator", searchSubjects.administrator, [], ["digital_signature", "client_auth"]);
  const place = (name: string) => ({ name, namespace });
  const kept = outlives(owner.environment);
  owner.environment.ledger.credentials.push({
    ...catalogued(loggingCredentials.authority),
    kind: "key",
    length: 256,
    rotation: 1,
    consumers: ["opensearch"],
    secrets: [
      { ...place("opensearch-certificates"), key: "node.key" },
      { ...place("opensearch-administrator"), key: "admin.key" },
    ],
  });
  return {
    node: secret(
      owner,
      "search-certificates",
      place("opensearch-certificates"),
      {
        "ca.crt": ca,
        "node.crt": node.certificate,
        "node.key": node.key,
      },
      kept,
    ),
    administrator: secret(owner, "search-administrator", place("opensearch-administrator"), {
      "ca.crt": ca,
      "admin.crt": administrator.certificate,
      "admin.key": administrator.key,
    }),
    authority: configMap(owner, "search-authority-file", place("opensearch-authority"), { "ca.crt": ca }, kept),
    pem: ca,
  };
}
