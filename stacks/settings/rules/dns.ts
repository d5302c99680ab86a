import { inAws, recordsByRole, zoneIdOf } from "../../platform/in-aws.ts";
import { dnsZones, hostSource } from "../../platform/dns.ts";
import { recordType } from "../../../components/kit/dns-records.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { rfc2136 } from "./solvers.ts";
import { either, repeated, together } from "./violation.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["dns", ...rest];
const provider = at("provider");

/** What external-dns works with: a gateway, an address, and one way to authenticate. */
export function dnsProvider(settings: ParsedSettings): Violation[] {
  const { dns, gateway } = settings;
  if (dns.provider === undefined)
    return dns.zones.length === 0
      ? []
      : [
          {
            path: at("zones"),
            message: "has no effect without dns.provider",
            got: shown(dns.zones),
            accepts: "a list of zones together with dns.provider",
            fix: { remove: at("zones") },
            relies: [provider],
          },
        ];
  if (!gateway.enabled)
    return [
      {
        path: [...provider, "kind"],
        message: "needs the hosts of the gateway, but gateway.enabled is false",
        got: shown(dns.provider.kind),
        accepts: "a provider only with gateway.enabled: true",
        fix: { remove: provider },
        relies: [["gateway", "enabled"]],
      },
    ];
  return [
    ...(hostSource(settings).kind === "service" && gateway.service.type !== "LoadBalancer"
      ? [
          {
            path: at("targets"),
            message: `no address is known: the gateway's Service is of type ${gateway.service.type}`,
            got: "an empty list",
            accepts: "the addresses of the nodes or of a proxy in front of them, or gateway.service.type: LoadBalancer",
            fix: "set dns.targets to the addresses to which clients connect, such as [192.0.2.10]",
            relies: [["gateway", "service"], ["gateway", "kind"], ["profile"]],
          },
        ]
      : []),
    ...credentials(settings),
  ];
}

/** Where hosts lead to, and their zones. */
export function dnsRecords({ dns }: ParsedSettings): Violation[] {
  const { targets, zones } = dns;
  const name = targets.findIndex((target) => recordType(target) === "CNAME");
  return [
    ...repeated(
      zones,
      (zone) => zone,
      (_, index) => ({
        path: at("zones", index),
        message: "this zone is listed twice",
        accepts: "each zone once",
        fix: { remove: at("zones", index) },
      }),
    ),
    ...repeated(
      targets,
      (target) => target,
      (_, index) => ({
        path: at("targets", index),
        message: "this address is listed twice",
        accepts: "each address once",
        fix: { remove: at("targets", index) },
      }),
    ),
    // RFC 1034, section 3.6.2.
    ...(name >= 0 && targets.length > 1
      ? [
          {
            path: at("targets", name),
            message: "is a host name, and a host with a CNAME record has no other record",
            got: shown(targets[name]),
            accepts: "IP addresses, or one host name alone",
            fix: { remove: at("targets", name) },
            relies: [at("targets")],
          },
        ]
      : []),
  ];
}

function credentials(settings: ParsedSettings): Violation[] {
  const { dns } = settings;
  if (dns.provider?.kind === "rfc2136") return rfc2136(dns.provider, provider);
  if (dns.provider?.kind !== "route53") return [];
  const own = dns.provider;
  return [
    ...together(own, provider, ["accessKeyId", "secretAccessKeySecret"]),
    ...(own.identity !== undefined && own.accessKeyId !== undefined
      ? [either({ ...own, identity: own.identity.kind }, provider, "identity", "accessKeyId")]
      : []),
    ...(own.identity === undefined && own.accessKeyId === undefined && own.secretAccessKeySecret === undefined
      ? [
          {
            path: [...provider, "identity"],
            message: "is required without accessKeyId and secretAccessKeySecret",
            accepts: "identity, or accessKeyId and secretAccessKeySecret",
            fix: { set: "pod-identity", at: [...provider, "identity", "kind"] },
            relies: [
              [...provider, "accessKeyId"],
              [...provider, "secretAccessKeySecret"],
            ],
          },
        ]
      : []),
    ...ownZone(settings),
  ];
}

/** The role that the stack creates may change one zone. */
function ownZone(settings: ParsedSettings): Violation[] {
  const { aws, dns, domain } = settings;
  if (aws === undefined || !inAws(settings) || !recordsByRole(settings) || dns.provider?.kind !== "route53") return [];
  const { hostedZoneId } = dns.provider;
  const known = zoneIdOf(settings);
  const path = [...provider, "hostedZoneId"];
  const relies = [
    ["aws", "zone"],
    ["certificates", "issuers"],
  ];
  if (aws.zone) {
    const [other] = dnsZones(settings).filter((zone) => zone !== domain);
    return [
      ...(hostedZoneId === undefined
        ? []
        : [
            {
              path,
              message: "external-dns has a role for the zone of aws.zone, which the stack creates",
              got: shown(hostedZoneId),
              accepts: "no ID with aws.zone: true",
              fix: { remove: path },
              relies,
            },
          ]),
      ...(other === undefined
        ? []
        : [
            {
              path: at("zones"),
              message: "external-dns has a role for the zone of aws.zone alone",
              got: shown(other),
              accepts: `${domain}, or aws.zone: false with a zone that exists`,
              fix: { remove: at("zones") },
              relies: [...relies, ["domain"]],
            },
          ]),
    ];
  }
  const accepts = "aws.zone: true, or the ID of the zone with the stack's hosts";
  if (hostedZoneId === undefined)
    return [
      {
        path,
        message: "is required with a role that the stack creates, and without aws.zone: the role is for one zone",
        accepts,
        fix: known === undefined ? { set: true, at: ["aws", "zone"] } : { set: known },
        relies,
      },
    ];
  if (known === hostedZoneId) return [];
  return [
    {
      path,
      message: "the roles of cert-manager and external-dns are for one zone, and a solver names another",
      got: shown(hostedZoneId),
      accepts: `${known}, the hostedZoneId of the solver`,
      fix: { set: known ?? "" },
      relies,
    },
  ];
}
