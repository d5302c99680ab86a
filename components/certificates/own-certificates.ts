import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { CertificateBinding } from "../kit/bindings.ts";
import { Component } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import { secret } from "../kit/secret.ts";
import { certificateName } from "./certificates.ts";

/** A certificate that the user provides for one host. */
export interface OwnCertificate {
  readonly host: string;
  readonly namespace: string;
  /** In PEM, with its chain. */
  readonly certificate: string;
  /** Its private key in PEM. */
  readonly key: Output<string>;
}

/** Certificates that the user provides: TLS Secrets with the same names as those of cert-manager. */
export class OwnCertificates extends Component {
  constructor(environment: Environment, options: ComponentResourceOptions) {
    super("certificates:OwnCertificates", "own-certificates", "certificates", environment, options);
  }

  /** Creates the TLS Secret of a certificate in a namespace, named after its host. */
  add({ host, namespace, certificate, key }: OwnCertificate): CertificateBinding {
    const name = certificateName(host);
    const { resource } = secret(
      this,
      `${namespace}-${name}`,
      { name, namespace, type: "kubernetes.io/tls" },
      { "tls.crt": certificate, "tls.key": key },
    );
    this.environment.ledger.hosts.push({ host, purpose: "certificate of your own", tlsSecret: { namespace, name } });
    return { host, secretName: name, ready: resource };
  }
}
