import { issuerSecretName } from "../../../components/certificates/issuers.ts";
import { fullHost } from "../../../components/kit/names.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { repeated, unknownName } from "./violation.ts";
import type { Violation } from "./violation.ts";
import { pemFindings } from "./pem.ts";
import { unsolved } from "./solver-hosts.ts";

const issuerNames: Path = ["certificates", "issuers", "*", "name"];

type Host = ParsedSettings["certificates"]["hosts"][number];

/** Issuers: unique names, an existing default issuer, and certificates of CAs. */
export function issuers({ certificates }: ParsedSettings): Violation[] {
  const names = certificates.issuers.map((one) => one.name);
  const { issuer } = certificates;
  return [
    ...repeated(
      certificates.issuers,
      ({ name }) => name,
      (_, index) => ({
        path: ["certificates", "issuers", index, "name"],
        message: "this issuer is listed twice",
        accepts: "each name once",
        fix: "rename or remove it",
      }),
    ),
    ...issuerSecrets(certificates.issuers),
    ...(issuer === undefined || names.includes(issuer)
      ? []
      : [
          unknownName(["certificates", "issuer"], "no issuer has this name", issuer, names, "certificates.issuers", [
            issuerNames,
            ["profile"],
          ]),
        ]),
    ...certificates.trust.flatMap((pem, index) =>
      pemFindings(["certificates", "trust", index], pem, { authority: true }),
    ),
    ...certificates.issuers.flatMap((one, index) =>
      one.kind === "company-ca"
        ? pemFindings(["certificates", "issuers", index, "certificate"], one.certificate, { authority: true })
        : one.kind === "acme" && one.caBundle !== undefined
          ? pemFindings(["certificates", "issuers", index, "caBundle"], one.caBundle, { authority: true })
          : [],
    ),
  ];
}

/** The Secrets of issuers in one namespace: an ACME account's key has the name of its issuer, and others end in `-issuer`. */
function issuerSecrets(list: ParsedSettings["certificates"]["issuers"]): Violation[] {
  const owners = new Map(list.map(({ name }, index) => [issuerSecretName(name), index]));
  return list.flatMap(({ kind, name }, index): Violation[] => {
    const other = owners.get(name);
    if (kind !== "acme" || other === undefined) return [];
    return [
      {
        path: ["certificates", "issuers", index, "name"],
        message: `the key of this ACME account would be in the Secret ${name} of groundplan:certificates.issuers[${other}]`,
        got: shown(name),
        accepts: "a name that is not the name of another issuer followed by -issuer",
        fix: "rename one of the two",
        relies: [["certificates", "issuers", other, "name"]],
      },
    ];
  });
}

/** Hosts: unique per namespace, with a certificate that can be issued. */
export function hosts(settings: ParsedSettings): Violation[] {
  const { certificates, domain } = settings;
  const at = (index: number) => (key: string) => ["certificates", "hosts", index, key];
  const withoutIssuer = certificates.enabled && certificates.issuers.length === 0 && certificates.issuer === undefined;
  const asking = certificates.hosts.filter((one) => one.certificate === undefined && one.keySecret === undefined);
  const relies = [["certificates", "issuers"], ["profile"]];
  return [
    ...repeated(
      certificates.hosts,
      ({ host, namespace }) => `${namespace}/${fullHost(host, domain)}`,
      ({ host }, index) => ({
        path: at(index)("host"),
        message: "this host is listed twice for the same namespace",
        got: shown(host),
        accepts: "each host once",
        fix: "remove it",
        relies: [["domain"]],
      }),
    ),
    ...(withoutIssuer && asking.length > 0
      ? [
          {
            path: ["certificates", "issuers"],
            message: `no issuer is configured, but these hosts need a certificate: ${asking.map(({ host }) => host).join(", ")}`,
            got: "an empty list",
            accepts: "at least one issuer",
            fix: "add issuers: [{ name: letsencrypt, kind: acme, email: ops@example.org }], or an issuer of kind own-ca, company-ca or self-signed",
            relies,
          },
        ]
      : []),
    ...certificates.hosts.flatMap((one, index) => hostFindings(one, at(index), settings)),
  ];
}

function hostFindings(one: Host, at: (key: string) => Path, { certificates, domain }: ParsedSettings): Violation[] {
  if (one.certificate !== undefined || one.keySecret !== undefined) return ownCertificate(one, at, domain);
  if (!certificates.enabled)
    return [
      {
        path: at("host"),
        message: "needs an issuer, but certificates.enabled is false",
        got: shown(one.host),
        accepts: "certificates.enabled: true, or certificate and keySecret for this host",
        fix: { set: true, at: ["certificates", "enabled"] },
        relies: [at("certificate"), at("keySecret")],
      },
    ];
  const names = certificates.issuers.map(({ name }) => name);
  if (one.issuer !== undefined && !names.includes(one.issuer))
    return [
      unknownName(at("issuer"), "no issuer has this name", one.issuer, names, "certificates.issuers", [
        issuerNames,
        ["profile"],
      ]),
    ];
  const issuer = certificates.issuers.find(({ name }) => name === (one.issuer ?? certificates.issuer ?? names[0]));
  return unsolved(at("host"), one, issuer, domain);
}

function ownCertificate(one: Host, at: (key: string) => Path, domain: string): Violation[] {
  const together = "certificate and keySecret together";
  if (one.certificate === undefined)
    return [
      {
        path: at("certificate"),
        message: "is required with keySecret",
        accepts: together,
        fix: { remove: at("keySecret") },
      },
    ];
  if (one.keySecret === undefined)
    return [
      {
        path: at("keySecret"),
        message: "is required with certificate",
        accepts: together,
        fix: { secret: at("keySecret") },
      },
    ];
  if (one.issuer !== undefined)
    return [
      {
        path: at("issuer"),
        message: "cannot be combined with certificate and keySecret",
        got: shown(one.issuer),
        accepts: "either an issuer, or certificate and keySecret",
        fix: { remove: at("issuer") },
      },
    ];
  return pemFindings(at("certificate"), one.certificate, { host: fullHost(one.host, domain) });
}
