/**
 * What a plan makes up for public outputs: only a provider knows the real ones. They depend on the name alone, so that the real
 * outputs of a stack's state can be told apart from a change.
 *
 * @returns by output; empty for types that have none
 */
export function publicOutputs(type: string, name: string): Readonly<Record<string, unknown>> {
  if (type.startsWith("aws:")) return { arn: `arn:aws:made-up:::${name}`, ...outputsOfAws[type]?.(name) };
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

/** Outputs of AWS' resources that the program uses, beside ids and ARNs. */
const outputsOfAws: Readonly<Record<string, (name: string) => Readonly<Record<string, unknown>>>> = {
  "aws:ec2/launchTemplate:LaunchTemplate": () => ({ latestVersion: 1 }),
  "aws:eks/cluster:Cluster": (name) => ({
    endpoint: `https://${name}.made-up`,
    certificateAuthority: { data: `certificate-of-${name}` },
  }),
  "aws:kms/key:Key": (name) => ({ keyId: name }),
  "aws:route53/zone:Zone": (name) => ({ zoneId: name, nameServers: [`ns.${name}.made-up`] }),
};
