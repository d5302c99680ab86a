import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";
import { azuredns, clouddns, route53 } from "./cloud-solvers.ts";
import { choice, dns, nameserver, renewal, secretOf, secretOrNone, tsigKeyName } from "./solver-keys.ts";

/** A method to prove ownership of a host to an ACME server. */
export function solver() {
  return z.discriminatedUnion("kind", [
    z.strictObject({
      kind: key(z.literal("http01"), { is: "HTTP-01: a file that the gateway serves on port 80.", changing: renewal }),
      ingressClass: key(formats.name().optional(), {
        is: "The ingress class of the gateway that serves the file.",
        unset: "The ingress class of the stack's gateway is used.",
        changing: renewal,
      }),
      ...choice(),
    }),
    route53(),
    z.strictObject({
      kind: key(z.literal("cloudflare"), { is: "DNS-01: a record in Cloudflare.", changing: renewal }),
      apiTokenSecret: secretOf("The secret with an API token that is allowed to edit the zones."),
      ...dns(),
    }),
    azuredns(),
    clouddns(),
    z.strictObject({
      kind: key(z.literal("digitalocean"), { is: "DNS-01: a record in DigitalOcean.", changing: renewal }),
      tokenSecret: secretOf("The secret with an access token that is allowed to write domains."),
      ...dns(),
    }),
    z.strictObject({
      kind: key(z.literal("akamai"), { is: "DNS-01: a record in Akamai Edge DNS.", changing: renewal }),
      host: key(formats.domain(), { is: "The host of the API client's credentials.", changing: renewal }),
      clientTokenSecret: secretOf("The secret with the API client's `client_token`."),
      clientSecretSecret: secretOf("The secret with the API client's `client_secret`."),
      accessTokenSecret: secretOf("The secret with the API client's `access_token`."),
      ...dns(),
    }),
    z.strictObject({
      kind: key(z.literal("acmedns"), { is: "DNS-01: a record in acme-dns.", changing: renewal }),
      server: key(
        formats.formed(
          /^https?:\/\/[^\s/?#@]+$/,
          'the URL of the server without a path, such as "https://auth.example.org"',
          "https://auth.example.org",
        ),
        { is: "The URL of the acme-dns server.", changing: renewal },
      ),
      accountsSecret: secretOf("The secret with the accounts in JSON, by host, as acme-dns returned them."),
      ...dns(),
    }),
    rfc2136(),
    webhook(),
  ]);
}

function rfc2136() {
  return z.strictObject({
    kind: key(z.literal("rfc2136"), {
      is: "DNS-01: a record in your own name server, by dynamic updates (RFC 2136).",
      changing: renewal,
    }),
    nameserver: key(nameserver(), { is: "The primary name server of the zone.", changing: renewal }),
    protocol: key(z.enum(["UDP", "TCP"]).default("UDP"), {
      is: "The protocol of the updates.",
      changing: renewal,
    }),
    tsigKeyName: key(tsigKeyName("acme").optional(), {
      is: "The name of the TSIG key that signs the updates. Required with `tsigKeySecret`.",
      unset: "The updates are not signed.",
      changing: renewal,
    }),
    tsigKeySecret: secretOrNone("The secret with the TSIG key, in base64.", "The updates are not signed."),
    tsigAlgorithm: key(z.enum(["HMACSHA512", "HMACSHA256", "HMACSHA1", "HMACMD5"]).optional(), {
      is: "The algorithm of the TSIG key.",
      unset: "`HMACSHA256` with a TSIG key.",
      changing: renewal,
    }),
    ...dns(),
  });
}

function webhook() {
  return z.strictObject({
    kind: key(z.literal("webhook"), {
      is: "DNS-01: a webhook that you install, for another DNS provider.",
      changing: renewal,
    }),
    groupName: key(formats.domain(), { is: "The API group of the webhook.", changing: renewal }),
    solverName: key(formats.name(), { is: "The name of the webhook's solver.", changing: renewal }),
    config: key(z.record(formats.plainText(253, "zone"), z.unknown()).default({}), {
      is: "The webhook's own settings, without secrets.",
      changing: renewal,
      accepts: "the settings that the webhook documents",
    }),
    secrets: key(
      z
        .record(
          formats.formed(
            /^(?!solver-[0-9]|external-account$)[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/,
            "a key with letters, digits, '-', '_' and '.' that does not start with solver- and a digit",
            "api-token",
          ),
          key(formats.secretName(), {
            is: "The secret with the value.",
            changing: "Takes effect when the webhook reads it.",
            secret: true,
          }),
        )
        .default({}),
      {
        is: "Keys that the Secret `ISSUER-issuer` of the namespace `cert-manager` gets for the webhook. `config` refers to them by this name and the key.",
        changing: "Takes effect when the webhook reads them.",
        accepts: "secrets as KEY: NAME",
      },
    ),
    ...dns(),
  });
}
