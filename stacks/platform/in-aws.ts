import type { RoleAgent } from "../../components/kit/role-agent.ts";
import type { ParsedSettings } from "../settings/schema.ts";

/** The address and port of EKS' agent of Pod Identity on every node (EKS, "Set up the Amazon EKS Pod Identity Agent"). */
export const roleAgent: RoleAgent = { cidr: "169.254.170.23/32", port: 80 };

/** Whether the stack creates its cluster in AWS. */
export function inAws({ aws, cluster }: ParsedSettings): boolean {
  return cluster.provider === "aws" && aws !== undefined;
}

/** Whether cert-manager proves hosts in Route 53 with the role that EKS Pod Identity gives to its service account. */
export function provesByRole({ certificates }: ParsedSettings): boolean {
  return (
    certificates.identity?.kind === "pod-identity" &&
    routeSolvers(certificates).some(({ accessKeyId }) => accessKeyId === undefined)
  );
}

function routeSolvers({ issuers }: ParsedSettings["certificates"]) {
  return issuers.flatMap((issuer) =>
    issuer.kind === "acme" ? issuer.solvers.flatMap((solver) => (solver.kind === "route53" ? [solver] : [])) : [],
  );
}

/** Whether external-dns changes records in Route 53 with the role that EKS Pod Identity gives to its service account. */
export function recordsByRole({ dns }: ParsedSettings): boolean {
  return dns.provider?.kind === "route53" && dns.provider.identity?.kind === "pod-identity";
}

/** Whether the password of the registry is renewed with the role that EKS Pod Identity gives to its service account. */
export function registryByRole({ images }: ParsedSettings): boolean {
  return images.ecr?.identity === "role" && images.ecr.roleArn === undefined;
}

/** The zone that exists: the settings name it for cert-manager or for external-dns. */
export function zoneIdOf({ certificates, dns }: ParsedSettings): string | undefined {
  const solver = routeSolvers(certificates).find(({ hostedZoneId }) => hostedZoneId !== undefined);
  return solver?.hostedZoneId ?? (dns.provider?.kind === "route53" ? dns.provider.hostedZoneId : undefined);
}
