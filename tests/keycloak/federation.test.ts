import assert from "node:assert/strict";
import { identityProviders } from "../../components/keycloak/federation.ts";
import { authority, wiki } from "../settings/pem-samples.ts";

/** A SAML provider with certificates in PEM. */
function signingCertificate(certificate: string): unknown {
  const [provider] = identityProviders([
    {
      kind: "saml",
      alias: "idp",
      trustEmail: false,
      entityId: "https://idp.example.org/metadata",
      signOnUrl: "https://idp.example.org/sso",
      certificate,
    },
  ]);
  return (provider?.["config"] as Record<string, unknown>)["signingCertificate"];
}

describe("the signing certificates of a SAML provider", () => {
  // SAMLIdentityProviderConfig.getSigningCertificates splits at commas and decodes each part as base64.
  const body = (pem: string) => pem.split("\n").slice(1, -2).join("");
  for (const [what, pem, expected] of [
    ["one", authority, body(authority)],
    ["two, such as before a renewal", `${authority}${wiki}`, `${body(authority)},${body(wiki)}`],
    ["two with white space around them", `\n ${authority}\r\n\n${wiki} \n`, `${body(authority)},${body(wiki)}`],
  ] as const)
    it(`are separated by commas: ${what}`, () => assert.equal(signingCertificate(pem), expected));
});
