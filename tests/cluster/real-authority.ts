import { stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import type { ClusterStack } from "./deployment.ts";
import { companyAuthority } from "./generated.ts";

/** A stack whose company CA, if it has one, is a real one: the API server looks into Secrets for TLS. */
export function withRealAuthority(stack: TestStack): ClusterStack {
  if (stack.file !== stackNamed("confluence").file) return stack;
  const { intermediate, intermediateKey } = companyAuthority();
  const authority = { name: "company", kind: "company-ca", certificate: intermediate, keySecret: "company-ca-key" };
  return {
    ...stack,
    set: [...(stack.set ?? []), `certificates.issuers=${JSON.stringify([authority])}`],
    secrets: { "company-ca-key": intermediateKey },
  };
}
