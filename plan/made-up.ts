/**
 * What a plan makes up for the public outputs of tls resources: only a provider knows the real ones. They depend on the name alone,
 * so that the real outputs of a stack's state can be told apart from a change.
 *
 * @returns by output; empty for other types
 */
export function publicOutputs(type: string, name: string): Readonly<Record<string, string>> {
  switch (type) {
    case "tls:index/certRequest:CertRequest":
      return { certRequestPem: `request of ${name}` };
    case "tls:index/locallySignedCert:LocallySignedCert":
    case "tls:index/selfSignedCert:SelfSignedCert":
      return { certPem: `certificate of ${name}` };
    default:
      return {};
  }
}
