import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { recordsIdentity } from "./cloud-identity.ts";
import { accessKeyId, hostedZoneId, nameserver, tsigKeyName } from "./solver-keys.ts";

const restarts = "Restarts external-dns.";
const moved = "The records in the other zone stay as they are: delete them there.";

/** The records of the stack's hosts. */
export function dnsSection(profile: Profile) {
  return {
    dns: key(
      z
        .strictObject({
          provider: key(provider().optional(), {
            is: "Where external-dns creates the records of the stack's hosts.",
            unset: "No record is created: plans and the doctor list the records to create.",
            changing: `Installs or removes external-dns. ${moved}`,
          }),
          zones: key(z.array(formats.domain()).default([]), {
            is: "The zones in which external-dns creates records.",
            unset: "The zone of `domain`.",
            changing: `${restarts} Records in a zone that is removed stay as they are.`,
            accepts: "a list of domain names",
          }),
          policy: key(
            z
              .enum(["upsert-only", "sync", "create-only"])
              .default(byProfile(profile, { prod: "upsert-only", dev: "sync" } as const)),
            {
              is: "What external-dns may do to the stack's records: create and change them (`upsert-only`), also delete those of hosts that no longer exist (`sync`), or only create them (`create-only`). It never changes a record of another owner.",
              changing: `${restarts} With \`sync\`, the records of removed hosts are deleted at once.`,
            },
          ),
          targets: key(z.array(formats.address()).default([]), {
            is: "The addresses that the hosts lead to, such as those of a proxy in front of the cluster or of nodes: IP addresses, or one host name.",
            unset: "The hosts lead to the address of the gateway's Service.",
            changing: "Changes the records of all hosts.",
            accepts: 'a list of IP addresses such as ["192.0.2.10"], or one host name',
          }),
          ttl: key(formats.duration().default("5m"), {
            is: "How long resolvers keep a record.",
            changing: "Changes the records of all hosts.",
          }),
        })
        .prefault({}),
      { is: "The DNS records of the stack's hosts: docs/names.md." },
    ),
  };
}

function provider() {
  return z.discriminatedUnion("kind", [
    z.strictObject({
      kind: key(z.literal("route53"), { is: "AWS Route 53.", changing: moved }),
      region: key(
        formats
          .formed(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'an AWS region, such as "eu-west-1"', "eu-west-1")
          .default("us-east-1"),
        { is: "The AWS region of the Route 53 API.", changing: restarts },
      ),
      hostedZoneId: key(hostedZoneId().optional(), {
        is: "The ID of the hosted zone. Needed if several zones have the same name.",
        unset: "The zone of `aws.zone`, or else the zones with the names in `zones`.",
        changing: moved,
      }),
      identity: key(recordsIdentity().optional(), {
        is: "The identity of external-dns in AWS, which needs no key.",
        unset: "`accessKeyId` and `secretAccessKeySecret` are used.",
      }),
      accessKeyId: key(accessKeyId().optional(), {
        is: "The ID of an access key that is allowed to change records. Required with `secretAccessKeySecret`.",
        quiet: true,
        unset: "`identity` is used.",
        changing: restarts,
      }),
      secretAccessKeySecret: key(formats.secretName().optional(), {
        is: "The secret with the secret access key. Required with `accessKeyId`.",
        unset: "`identity` is used.",
        changing: restarts,
        secret: true,
      }),
      role: key(formats.roleArn().optional(), {
        is: "The ARN of a role that external-dns assumes to change records, such as one of another account.",
        unset: "No role is assumed.",
        changing: restarts,
      }),
    }),
    z.strictObject({
      kind: key(z.literal("cloudflare"), { is: "Cloudflare.", changing: moved }),
      apiTokenSecret: key(formats.secretName(), {
        is: "The secret with an API token that is allowed to read the zones and to edit their records.",
        changing: restarts,
        secret: true,
      }),
      zoneIds: key(
        z
          .array(
            formats.formed(
              /^[0-9a-f]{32}$/,
              "the ID of a zone: 32 hexadecimal digits",
              "023e105f4ecef8ad9ca31a8372d0c353",
            ),
          )
          .default([]),
        {
          is: "The IDs of the zones, for a token that is allowed to see these zones only.",
          unset:
            "external-dns looks the zones up, for which the token must be allowed to see all zones of the account.",
          changing: restarts,
          accepts: "a list of IDs of zones",
        },
      ),
      proxied: key(z.boolean().default(false), {
        is: "Whether clients connect to Cloudflare, which forwards to the gateway. Its address ranges then belong to `gateway.trustedProxies`.",
        changing: "Changes the records of all hosts.",
      }),
    }),
    z.strictObject({
      kind: key(z.literal("rfc2136"), {
        is: "Your own name server, such as BIND, Knot DNS or PowerDNS, by dynamic updates (RFC 2136). It must allow the transfer of the zones (AXFR) to the same key.",
        changing: moved,
      }),
      nameserver: key(nameserver(), { is: "The primary name server of the zones.", changing: restarts }),
      tsigKeyName: key(tsigKeyName("external-dns").optional(), {
        is: "The name of the TSIG key that signs the updates. Required with `tsigKeySecret`.",
        unset: "The updates are not signed.",
        changing: restarts,
      }),
      tsigKeySecret: key(formats.secretName().optional(), {
        is: "The secret with the TSIG key, in base64.",
        unset: "The updates are not signed.",
        changing: restarts,
        secret: true,
      }),
      tsigAlgorithm: key(z.enum(["HMACSHA512", "HMACSHA384", "HMACSHA256", "HMACSHA224", "HMACSHA1"]).optional(), {
        is: "The algorithm of the TSIG key.",
        unset: "`HMACSHA256` with a TSIG key.",
        changing: restarts,
      }),
    }),
  ]);
}
