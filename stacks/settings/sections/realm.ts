import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";
import { directories, identityProviders, mail } from "./federation.ts";

const applied = "A Job applies it to the realm.";
const atNextLogin = "Users see it with their next login.";

const roleName = () =>
  formats.formed(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, "a name of letters, digits, '-' and '_'", "user");

/** A role of the realm, or one of a client. */
const roleReference = () =>
  formats.formed(
    /^[A-Za-z][A-Za-z0-9_-]{0,62}(\.[A-Za-z0-9][A-Za-z0-9_-]{0,62})?$/,
    'a role of the realm, such as "user", or of a client, such as "wiki.wiki_role"',
    "user",
  );

const claimName = () =>
  formats.formed(/^[A-Za-z][A-Za-z0-9_]{0,62}$/, "a claim's name of letters, digits and '_'", "department");

const roleReferences = (is: string, left: string) =>
  key(z.array(roleReference()).default([]), {
    is,
    left,
    changing: atNextLogin,
    accepts: 'a list of roles, such as ["user", "wiki.wiki_role"]',
  });

/** The realm, without its clients. */
export function realmSection() {
  return z
    .strictObject({
      name: key(
        formats
          .formed(/^[a-z][a-z0-9-]{0,35}$/, "a name of lower-case letters, digits and '-'", "platform")
          .default("platform"),
        {
          is: "The realm's name, which stands in every address of it.",
          changing: "A new, empty realm: users, sessions and linked identities stay in the old one.",
        },
      ),
      displayName: key(formats.plainText(64, "Example").optional(), {
        is: "What people read above the login.",
        left: "The realm's name.",
        changing: applied,
      }),
      roles: key(
        z
          .array(
            z.strictObject({
              name: key(roleName(), {
                is: "The role's name.",
                left: "An error.",
                changing: "A new role; users lose the old one.",
              }),
              includes: roleReferences("Roles that come along with it.", "None."),
            }),
          )
          .default([
            { name: "admin", includes: ["user"] },
            { name: "user", includes: [] },
          ]),
        {
          is: "Roles of the realm. Components give theirs to `admin` and `user`.",
          left: "`user`, and `admin` that includes it.",
          changing: "Removing one takes it from every user.",
          accepts: "a list of roles",
        },
      ),
      groups: key(
        z
          .array(
            z.strictObject({
              name: key(roleName(), { is: "The group's name.", left: "An error.", changing: "A new, empty group." }),
              roles: roleReferences("Roles that its members have.", "None."),
            }),
          )
          .default([]),
        {
          is: "Groups of users.",
          left: "None.",
          changing: "Removing one takes its roles from its members.",
          accepts: "a list of groups",
        },
      ),
      groupsClaim: key(claimName().default("groups"), {
        is: "The claim that lists a user's groups.",
        changing: "Applications that read it need the new name.",
      }),
      claims: key(z.array(claim()).default([]), {
        is: "Claims beside the standard ones, in every token and in the user information.",
        left: "None.",
        changing: "The next tokens carry it; an attribute's values stay with its users.",
        accepts: "a list of claims",
      }),
      users: key(z.array(firstUser()).default([]), {
        is: "Users who are there from the start, with a generated password that they change at their first login.",
        left: "None: only the realm master has an administrator.",
        changing: "Removing one leaves the user.",
        accepts: "a list of users",
      }),
      tokens: key(
        z
          .strictObject({
            accessToken: lasting("5m", "An access token."),
            sessionIdle: lasting("30m", "A session that nobody uses."),
            sessionMax: lasting("10h", "A session at most."),
          })
          .prefault({}),
        { is: "How long tokens and sessions last.", changing: "See the keys." },
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
          is: 'What a new password must be (Keycloak, Server Administration Guide, "Password policies").',
          changing: "The next passwords; those that exist stay.",
        },
      ),
      bruteForce: key(
        z
          .strictObject({
            failures: key(z.number().int().min(1).max(1000).default(10), {
              is: "Wrong passwords before an account has to wait.",
              changing: applied,
            }),
            wait: lasting("1m", "The first wait; it grows with further failures."),
            longestWait: lasting("15m", "The longest wait."),
          })
          .prefault({}),
        { is: "Protection against guessing of passwords.", changing: "See the keys." },
      ),
      smtp: key(mail().optional(), {
        is: "The mail server for links that reset passwords.",
        left: "No mail; administrators reset passwords.",
        changing: applied,
      }),
      identityProviders: key(z.array(identityProviders()).default([]), {
        is: "Other providers at which users may log in.",
        left: "None.",
        changing: "Removing one leaves its users without that login.",
        accepts: "a list of providers",
      }),
      ldap: key(z.array(directories()).default([]), {
        is: "LDAP directories whose people are users of the realm. They are read, never written.",
        left: "None.",
        changing: "Removing one leaves it in the realm: delete it in the console, where its users go with it.",
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
    left: "An error.",
    changing: "Applications need the new name.",
  });
  return z.discriminatedUnion("from", [
    z.strictObject({
      claim: name,
      from: key(z.literal("attribute"), { is: "An attribute of the user.", left: "An error.", changing: applied }),
      attribute: key(claimName(), {
        is: "The attribute's name. It joins the realm's user profile, where administrators alone see and change it.",
        left: "An error.",
        changing: "The claim shows the other attribute.",
      }),
    }),
    z.strictObject({
      claim: name,
      from: key(z.literal("username"), { is: "The user's name.", left: "An error.", changing: applied }),
    }),
  ]);
}

function firstUser() {
  const personName = (is: string) =>
    key(formats.plainText(255, "Ada").optional(), {
      is,
      left: "Keycloak asks for it at the first login.",
      changing: applied,
    });
  return z.strictObject({
    username: key(
      formats.formed(/^[a-z][a-z0-9.-]{2,30}$/, "a name of 3 to 31 lower-case letters, digits, '.' and '-'", "ada"),
      { is: "The name to log in with.", left: "An error.", changing: "Another user; this one stays." },
    ),
    email: key(formats.email().optional(), {
      is: "The user's e-mail address.",
      left: "Keycloak asks for it at the first login.",
      changing: applied,
    }),
    firstName: personName("First name."),
    lastName: personName("Last name."),
    groups: key(z.array(roleName()).default([]), {
      is: "Groups of `realm.groups`.",
      left: "None.",
      changing: atNextLogin,
      accepts: "a list of groups' names",
    }),
    roles: roleReferences("Roles of the user's.", "Those that every user has."),
  });
}
