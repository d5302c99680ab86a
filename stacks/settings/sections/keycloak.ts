import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { realmSection } from "./realm.ts";

const restarts = "Restarts the servers one after the other; sessions stay.";

/** Keycloak, its realm and the clients of the user's own applications. */
export function keycloakSection(profile: Profile) {
  const sized = <T>(prod: T, dev: T) => byProfile(profile, { prod, dev });
  return {
    keycloak: key(
      z
        .strictObject({
          enabled: key(z.boolean().default(false), {
            is: "Whether the stack has a Keycloak: one login for everything.",
            changing: "Turning it off removes the servers; users stay in the database.",
          }),
          namespace: key(formats.name().default("keycloak"), {
            is: "The servers' namespace.",
            changing: "New servers on the same database; sessions of browsers stay.",
          }),
          host: key(formats.host().default("auth"), {
            is: "Where people log in: `NAME` for NAME.DOMAIN, or a full host name.",
            changing:
              "Tokens name another issuer: everybody logs in anew, and providers elsewhere need the new address.",
          }),
          replicas: key(z.number().int().min(1).max(9).default(sized(3, 2)), {
            is: "Servers, each on a node of its own, with shared sessions.",
            unit: "pods",
            changing: "Adds or removes servers; sessions stay.",
          }),
          database: key(formats.databaseName().default("keycloak"), {
            is: "The name of its database and role on the platform's PostgreSQL.",
            changing: "A new, empty database: users, sessions and keys stay in the old one.",
          }),
          connections: key(z.number().int().min(5).max(1000).default(sized(40, 15)), {
            is: "Connections that each server keeps to the database at most.",
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
            { is: "What each server asks for; its heap is 65 % of the limit.", changing: restarts },
          ),
          https: key(
            z
              .strictObject({
                issuer: key(formats.name(), {
                  is: "Who signs the certificate of the name inside the cluster: one of `certificates.issuers`, none of kind acme.",
                  left: "An error.",
                  changing: "A certificate of the other issuer at once; the servers read it within the hour.",
                }),
              })
              .optional(),
            {
              is: "HTTPS inside the cluster, at port 443 of the Service, beside HTTP.",
              left: "HTTP inside the cluster, which Keycloak answers to private addresses alone (RFC 1918), and HTTPS at the gateway.",
              changing: restarts,
            },
          ),
          realm: key(realmSection(), {
            is: "The realm: everything about users, groups and logins that is kept as code.",
            changing: "A Job applies it; what people made in the console stays unless `keepManual` is false.",
          }),
          clients: key(z.array(client()).default([]), {
            is: "Clients for applications of your own; components of the platform bring theirs along.",
            left: "None.",
            changing: "Removing one deletes it in the realm, and its Secret.",
            accepts: "a list of clients",
          }),
          keepManual: key(z.boolean().default(true), {
            is: "Whether authentication flows, identity providers, and users' further groups and roles that people made in the console stay.",
            changing: "false deletes them the next time the realm is applied.",
          }),
          driftRepair: key(formats.schedule("30 3 * * *").optional(), {
            is: "When changes made by hand to what is kept as code are undone.",
            unit: "minute, hour, day of month, month, day of week; UTC",
            left: "Only when the realm or a secret changes.",
            changing: "The other schedule at once.",
          }),
        })
        .prefault({}),
      { is: "Keycloak, its realm, and clients of your own.", changing: "See the keys." },
    ),
  };
}

const redirectUri = () =>
  formats.formed(
    /^https?:\/\/[a-z0-9.-]+(:[0-9]{1,5})?\/[^\s*#"\\]*$/,
    'an exact URI without "*" and "#", such as "https://wiki.example.org/callback"',
    "https://wiki.example.org/callback",
  );

const clientRoles = () =>
  z.array(
    formats.formed(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, "a role's name of letters, digits, '-' and '_'", "editor"),
  );

function client() {
  return z.strictObject({
    name: key(formats.shortName(), {
      is: "The client's id; its role is `NAME_role`.",
      left: "An error.",
      changing: "A new client with a new secret; roles of the old one go.",
    }),
    kind: key(z.enum(["confidential", "public", "api", "service"]).default("confidential"), {
      is: "`confidential`: a server with a secret; `public`: a browser or program with PKCE; `api`: introspects tokens; `service`: logs in as itself.",
      changing: "Updates the client.",
    }),
    namespace: key(formats.name().optional(), {
      is: "The application's namespace: it gets the Secret `NAME-oidc`.",
      left: "Keycloak's own namespace.",
      changing: "The Secret is made in the other namespace, and deleted in this one.",
    }),
    redirectUris: key(z.array(redirectUri()).default([]), {
      is: "Exact URIs to which a login returns.",
      left: "None: nobody can log in there.",
      changing: "Updates the client.",
      accepts: "a list of exact URIs",
    }),
    logoutUris: key(z.array(redirectUri()).optional(), {
      is: "Exact URIs to which a logout returns.",
      left: "The root of each host of `redirectUris`.",
      changing: "Updates the client.",
      accepts: "a list of exact URIs",
    }),
    roles: key(clientRoles().default([]), {
      is: "Further roles of the client, beside `NAME_role`.",
      left: "None.",
      changing: "Removing one takes it from every user.",
      accepts: "a list of roles' names",
    }),
    realmRoles: key(clientRoles().default([]), {
      is: "Roles of the realm whose users get `NAME_role` along.",
      left: "None: users get the role one by one, or by a group.",
      changing: "Users gain or lose entry with their next login.",
      accepts: "a list of roles' names",
    }),
    serviceRoles: key(clientRoles().default([]), {
      is: "What its service account may do with the realm: roles of `realm-management`, such as `view-users`.",
      left: "Nothing.",
      changing: "Updates the service account.",
      accepts: "a list of roles' names",
    }),
  });
}
