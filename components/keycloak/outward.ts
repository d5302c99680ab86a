import type { Edge, Peer } from "../kit/ledger.ts";
import type { RealmShape } from "./realm.ts";

/** Keycloak's connections to services outside the cluster: other providers, directories and the mail server. */
export function outwardEdges(
  { identityProviders, ldap, smtp }: Pick<RealmShape, "identityProviders" | "ldap" | "smtp">,
  from: Peer,
): Edge[] {
  const targets = [
    // SAML messages are sent through the browser.
    ...identityProviders.flatMap((one) =>
      one.kind === "oidc"
        ? [one.tokenUrl, one.jwksUrl, one.userInfoUrl].flatMap((url) =>
            url === undefined ? [] : [{ port: portOf(url), purpose: `logins at ${one.alias}` }],
          )
        : [],
    ),
    ...ldap.map((one) => ({ port: portOf(one.url), purpose: `directory ${one.name}` })),
    ...(smtp === undefined ? [] : [{ port: smtp.port, purpose: "mail" }]),
  ];
  const distinct = new Map(targets.map((target) => [`${target.port} ${target.purpose}`, target]));
  return [...distinct.values()].map(({ port, purpose }) => ({ from, to: { kind: "outside" }, ports: [port], purpose }));
}

const defaultPorts: Readonly<Record<string, number>> = { "http:": 80, "https:": 443, "ldap:": 389, "ldaps:": 636 };

/** The port of a URL, or that of its scheme. */
function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return port === "" ? (defaultPorts[protocol] ?? 443) : Number(port);
}
