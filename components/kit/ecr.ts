/** What the address of a private registry of Amazon ECR says. */
export interface EcrAddress {
  readonly region: string;
  /** URLs of Amazon ECR and of AWS STS in that region. */
  readonly endpoints: { readonly ecr: string; readonly sts: string };
}

const region = "[a-z]{2}(?:-[a-z]+)+-\\d";

/**
 * The addresses: `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, with `.cn` in China, `ecr-fips` for FIPS endpoints, and
 * `ACCOUNT.dkr-ecr.REGION.on.aws` for both families of addresses (AWS General Reference, "Amazon ECR endpoints and quotas").
 */
export const ecrForm = new RegExp(
  `^\\d{12}\\.(?:dkr\\.ecr(-fips)?\\.(?:(?!cn-)(${region})\\.(amazonaws\\.com)|(cn-[a-z]+-\\d)\\.(amazonaws\\.com\\.cn))|dkr-ecr(-fips)?\\.(${region})\\.on\\.aws)$`,
);

/** The parts of a registry's address; undefined if it is not one of Amazon ECR. */
export function ecrAddress(registry: string): EcrAddress | undefined {
  const found = ecrForm.exec(registry);
  if (found === null) return undefined;
  const [, fips, common, commonDomain, china, chinaDomain, dualFips, dual] = found;
  if (dual !== undefined) {
    const ecr = `https://ecr${dualFips ?? ""}.${dual}.api.aws`;
    return { region: dual, endpoints: { ecr, sts: `https://sts.${dual}.api.aws` } };
  }
  const place = common ?? china ?? "";
  const domain = `${place}.${commonDomain ?? chinaDomain ?? ""}`;
  const ecr = fips === undefined ? `https://api.ecr.${domain}` : `https://ecr-fips.${domain}`;
  return { region: place, endpoints: { ecr, sts: `https://sts.${domain}` } };
}

/** The Secret with the login, in every namespace. A static login has another name, so that either can replace the other. */
export const ecrSecret = "aws-registry";
