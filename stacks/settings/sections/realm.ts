import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";
import { directories, identityProviders, mail } from "./federation.ts";

const applied = "A Job applies it to the realm.";
const atNextLogin = "Takes effect at a user's next login.";

const roleName = () =>
  formats.formed(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, "a name with letters, digits, '-' and '_'", "user");

/** A role of the realm, or one of a client. */
const roleReference = () =>
  formats.formed(
    /^[A-Za-z][A-Za-z0-9_-]{0,62}(\.[A-Za-z0-9][A-Za-z0-9_-]{0,62})?$/,
    'a role of the realm, such as "user", or of a client, such as "wiki.wiki_role"',
    "user",
  );

const claimName = () =>
  formats.formed(/^[A-Za-z][A-Za-z0-9_]{0,62}$/, "a name of a claim with letters, digits and '_'", "department");

const roleReferences = (is: string, unset?: string) =>
  key(z.array(roleReference()).default([]), {
    is,
    unset,
    changing: atNextLogin,
    accepts: 'a list of roles, such as ["user", "wiki.wiki_role"]',
  });

/** The realm, without its clients. */
export function realmSection() {
  return z
    .strictObject({
      name: key(
        formats
          .formed(/^[a-z][a-z0-9-]{0,35}$/, "a name with lower-case letters, digits and '-'", "platform")
          .default("platform"),
        {
          is: "The realm's name. It is part of every URL of the realm.",
          changing: "Creates a new, empty realm. Users, sessions and linked identities stay in the old one.",
        },
      ),
      displayName: key(formats.plainText(64, "Example").optional(), {
        is: "The realm's title on the login page.",
        unset: "The realm's name is shown.",
        changing: applied,
      }),
      roles: key(
        z
          .array(
            z.strictObject({
              name: key(roleName(), {
                is: "The role's name.",
                changing: "Creates a new role. Users lose the old one.",
              }),
              includes: roleReferences("Roles that it includes."),
            }),
          )
          .default([
            { name: "admin", includes: ["user"] },
            { name: "user", includes: [] },
          ]),
        {
          is: "Roles of the realm. Components add their roles to `admin` and `user`.",
          changing: "Removing one revokes it from every user.",
          accepts: "a list of roles",
        },
      ),
      groups: key(
        z
          .array(
            z.strictObject({
              name: key(roleName(), { is: "The group's name.", changing: "Creates a new, empty group." }),
              roles: roleReferences("Roles of its members."),
            }),
          )
          .optional(),
        {
          is: "Groups of users.",
          unset:
            "The group `admin` with the role `admin`, if `roles` has that role. Its members are administrators in Grafana and Graylog.",
          changing:
            "If one is removed here, it stays in the realm with its roles and members while `keepManual` is true. Delete it in the admin console, which revokes its roles.",
          accepts: "a list of groups",
        },
      ),
      groupsClaim: key(claimName().default("groups"), {
        is: "The name of the claim that lists a user's groups.",
        changing: "Applications that read it need the new name.",
      }),
      claims: key(z.array(claim()).default([]), {
        is: "Additional claims in every token and in the user information.",
        changing: "Later tokens have the claim. The users' attributes are kept.",
        accepts: "a list of claims",
      }),
      users: key(z.array(firstUser()).default([]), {
        is: "Initial users, with a generated password that they must change at the first login.",
        unset: "Only the realm `master` has an administrator.",
        changing: "Removing one does not delete the user in the realm.",
        accepts: "a list of users",
      }),
      tokens: key(
        z
          .strictObject({
            accessToken: lasting("5m", "Lifetime of an access token."),
            sessionIdle: lasting("30m", "Idle time after which a session ends."),
            sessionMax: lasting("10h", "Maximum lifetime of a session."),
          })
          .prefault({}),
        { is: "Lifetimes of tokens and sessions." },
      ),
      passwordPolicy: key(
        formats
          .formed(
            /^[A-Za-z]+\([^()"\\$]*\)( and [A-Za-z]+\([^()"\\$]*\))*$/,
            'policies with "and" between them, such as "length(12) and notUsername(undefined)"',
            "length(12) and notUsername(undefined)",
          )
          .default("length(12) and notUsername(undefined) and notEmail(undefined)"),
        {
          is: 'The password policy (Keycloak, Server Administration Guide, "Password policies").',
          changing: "Applies to new passwords. Existing passwords are kept.",
        },
      ),
      bruteForce: key(
        z
          .strictObject({
            failures: key(z.number().int().min(1).max(1000).default(10), {
              is: "Failed logins after which an account is locked for a while.",
              changing: applied,
            }),
            wait: lasting("1m", "The first lock time. It grows with further failures."),
            longestWait: lasting("15m", "The maximum lock time."),
          })
          .prefault({}),
        { is: "Brute force detection, which protects against guessed passwords." },
      ),
      smtp: key(mail().optional(), {
        is: "The mail server for password reset links.",
        unset: "No e-mail is sent. Administrators reset passwords.",
        changing: applied,
      }),
      identityProviders: key(z.array(identityProviders()).default([]), {
        is: "External identity providers that users can log in with.",
        changing: "If one is removed, its users can no longer log in with it.",
        accepts: "a list of providers",
      }),
      ldap: key(z.array(directories()).default([]), {
        is: "LDAP directories whose entries are users of the realm. They are read-only.",
        changing:
          "If one is removed here, it stays in the realm. Delete it in the admin console, which also deletes its users.",
        accepts: "a list of directories",
      }),
    })
    .prefault({});
}

function lasting(duration: string, is: string) {
  return key(formats.duration().default(duration as never), { is, changing: applied });
}

function claim() {
  const name = key(claimName(), {
    is: "The claim's name.",
    changing: "Applications need the new name.",
  });
  return z.discriminatedUnion("from", [
    z.strictObject({
      claim: name,
      from: key(z.literal("attribute"), { is: "An attribute of the user.", changing: applied }),
      attribute: key(claimName(), {
        is: "The name of the attribute. It is added to the realm's user profile, where only administrators can view and edit it.",
        changing: "The claim has the value of the other attribute.",
      }),
    }),
    z.strictObject({
      claim: name,
      from: key(z.literal("username"), { is: "The user name.", changing: applied }),
    }),
  ]);
}

function firstUser() {
  const personName = (is: string) =>
    key(formats.plainText(255, "Ada").optional(), {
      is,
      unset: "Keycloak asks for it at the first login.",
      changing: applied,
    });
  return z.strictObject({
    username: key(
      formats.formed(/^[a-z][a-z0-9.-]{2,30}$/, "a name with 3 to 31 lower-case letters, digits, '.' and '-'", "ada"),
      { is: "The user name.", changing: "Creates another user. The old one is kept." },
    ),
    email: key(formats.email().optional(), {
      is: "The user's e-mail address.",
      unset: "Keycloak asks for it at the first login.",
      changing: applied,
    }),
    firstName: personName("First name."),
    lastName: personName("Last name."),
    groups: key(z.array(roleName()).default([]), {
      is: "The user's groups: names in `realm.groups`.",
      changing: atNextLogin,
      accepts: "a list of names of groups",
    }),
    roles: roleReferences("The user's roles.", "The user has the realm's default roles only."),
  });
}
