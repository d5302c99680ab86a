import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { realmSection } from "./realm.ts";

const restarts = "Restarts the servers one after another. Sessions are kept.";

/** Keycloak, its realm and the clients of the user's own applications. */
export function keycloakSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    keycloak: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether the stack runs Keycloak, which provides single sign-on.",
            changing: "Turning it off deletes the servers. The users stay in the database.",
          }),
          namespace: key(formats.name().default("keycloak"), {
            is: "The servers' namespace.",
            changing: "Creates new servers on the same database. Browser sessions are kept.",
          }),
          host: key(formats.plainHost().default("auth"), {
            is: "The host where users log in: `NAME` for NAME.DOMAIN, or a full host name.",
            changing:
              "Changes the issuer in tokens. All users must log in again, and external identity providers need the new host name.",
          }),
          replicas: key(z.number().int().min(1).max(9).default(sized(3, 2)), {
            is: "Number of servers, each on its own node, with shared sessions.",
            unit: "pods",
            changing: "Adds or removes servers. Sessions are kept.",
          }),
          database: key(formats.databaseName().default("keycloak"), {
            is: "The name of its database and role in the platform's PostgreSQL.",
            changing: "Creates a new, empty database. Users, sessions and keys stay in the old one.",
          }),
          existingDatabase: key(z.boolean().default(false), {
            is: "Whether the database has a Keycloak from before the stack: the first server then creates the client with which the realm is applied. Not for an empty database, which would get no first administrator.",
            changing: `${restarts} Remove it after the first \`up\` (docs/migrating.md).`,
          }),
          connections: key(z.number().int().min(5).max(1000).default(sized(40, 15)), {
            is: "Maximum number of database connections per server.",
            unit: "connections",
            changing: restarts,
          }),
          resources: key(
            formats.resources(
              sized(
                { cpu: "500m", memory: "1250Mi", memoryLimit: "2Gi" },
                { cpu: "100m", memory: "768Mi", memoryLimit: "1250Mi" },
              ),
              "server",
            ),
            { is: "Requests and limits of each server. Its heap is 65 % of the limit.", changing: restarts },
          ),
          https: key(
            z
              .strictObject({
                issuer: key(formats.name(), {
                  is: "The issuer of the certificate for the cluster-internal host name: the name of one of `certificates.issuers` of a kind other than `acme`.",
                  changing: "Issues a certificate from the other issuer at once. The servers load it within one hour.",
                }),
              })
              .optional(),
            {
              is: "HTTPS inside the cluster, at port 443 of the Service, in addition to HTTP.",
              unset:
                "Keycloak uses HTTP inside the cluster, and accepts it from private addresses only (RFC 1918). The gateway uses HTTPS.",
              changing: restarts,
            },
          ),
          service: key(
            z
              .strictObject({
                type: key(z.enum(["ClusterIP", "LoadBalancer"]).default("ClusterIP"), {
                  is: "`ClusterIP` is an address inside the cluster. `LoadBalancer` adds one outside it, where users connect without a gateway; it requires `https`. Point DNS of `host` to it.",
                  changing: "Adds or removes the address.",
                }),
              })
              .prefault({}),
            { is: "The Service of the servers." },
          ),
          realm: key(realmSection(), {
            is: "The realm: users, groups and logins that are managed as code.",
            changing: "A Job applies it. Changes made in the admin console are kept unless `keepManual` is false.",
          }),
          clients: key(z.array(client()).default([]), {
            is: "Clients for your own applications. Components of the platform create their own.",
            changing: "Removing one deletes the client in the realm, and its Secret.",
            accepts: "a list of clients",
          }),
          keepManual: key(z.boolean().default(true), {
            is: "Whether manual changes in the admin console are kept: authentication flows, identity providers, groups with their subgroups, and additional groups and roles of users.",
            changing: "`false` deletes them when the realm is next applied.",
          }),
          driftRepair: key(formats.schedule("30 3 * * *").optional(), {
            is: "When manual changes to settings that are managed as code are reverted.",
            unit: "minute, hour, day of month, month, day of week; UTC",
            unset: "They are reverted only when the realm or a secret changes.",
            changing: "Changes the schedule at once.",
          }),
        })
        .prefault({}),
      { is: "Keycloak, its realm, and clients of your own applications." },
    ),
  };
}

/** Only http and https: any program on a device can register another scheme, and get the code (RFC 8252, section 8.6). */
const redirectUri = () =>
  formats.formed(
    /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?\/[^\s*#"\\]*$/,
    'an exact http or https URI without "*" and "#", such as "https://wiki.example.org/callback"; another program can register a scheme such as "myapp" and receive the login',
    "https://wiki.example.org/callback",
  );

const clientRoles = () =>
  z.array(
    formats.formed(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, "a name of a role with letters, digits, '-' and '_'", "editor"),
  );

/** A client of an application. */
export function client() {
  return z.strictObject({
    name: key(formats.shortName(), {
      is: "The client ID. The client's role is `NAME_role`.",
      changing: "Creates a new client with a new secret. The roles of the old one are deleted.",
    }),
    kind: key(z.enum(["confidential", "public", "api", "service"]).default("confidential"), {
      is: "`confidential` is a server with a secret, `public` a browser or program with PKCE, `api` introspects tokens, `service` logs in as itself.",
      changing: "Updates the client.",
    }),
    namespace: key(formats.name().optional(), {
      is: "The application's namespace, which gets the Secret `NAME-oidc`.",
      unset: "Keycloak's own namespace gets it.",
      changing: "Creates the Secret in the other namespace and deletes it in this one.",
    }),
    redirectUris: key(z.array(redirectUri()).default([]), {
      is: "Exact URIs that a login may return to.",
      unset: "Users cannot log in through the client.",
      changing: "Updates the client.",
      accepts: "a list of exact URIs",
    }),
    logoutUris: key(z.array(redirectUri()).optional(), {
      is: "Exact URIs that a logout may return to.",
      unset: "A logout may return to the root of each host of `redirectUris`.",
      changing: "Updates the client.",
      accepts: "a list of exact URIs",
    }),
    everyone: key(z.boolean().default(false), {
      is: "Whether every user of the realm may log in with the client, or send its tokens to the API, without the role `NAME_role`.",
      changing: "Changes who has access, from the next login of each user.",
    }),
    roles: key(clientRoles().default([]), {
      is: "Additional roles of the client, besides `NAME_role`.",
      changing: "Removing one revokes it from every user.",
      accepts: "a list of names of roles",
    }),
    realmRoles: key(clientRoles().default([]), {
      is: "Realm roles whose users also get `NAME_role`.",
      unset: "Users get the role directly, or through a group.",
      changing: "Changes who has access, from the next login of each user.",
      accepts: "a list of names of roles",
    }),
    flow: key(
      formats
        .formed(
          /^[^$"\\\p{Cc}]{1,255}$/u,
          "the alias of an authentication flow, without '$', '\"' and '\\'",
          "browser with passkey",
          255,
        )
        .optional(),
      {
        is: "The alias of an authentication flow that exists in the realm and that logins with the client run, such as one that was made in the console. The flow decides who may log in, so `everyone` must be true.",
        unset:
          "The flow of the platform, which requires the role `NAME_role`; with `everyone`, the realm's browser flow.",
        changing: "Takes effect at the next login of each user.",
      },
    ),
    clientSecretSecret: key(formats.secretName().optional(), {
      is: "The secret with the client secret, for an application that already has one.",
      unset: "The client secret is generated.",
      changing: "Applications with the old client secret cannot log in any more.",
      secret: true,
    }),
    serviceRoles: key(clientRoles().default([]), {
      is: "Rights of the client's service account in the realm: roles of `realm-management`, such as `view-users`.",
      unset: "The service account has no rights in the realm.",
      changing: "Updates the service account.",
      accepts: "a list of names of roles",
    }),
  });
}
