import type { ChartName } from "../../components/kit/catalogue.ts";
import type { CredentialSpec } from "../../components/kit/credential.ts";
import { compare } from "../../components/kit/stable.ts";
import { clientRole } from "../../components/keycloak/clients.ts";
import type { RealmClient } from "../../components/keycloak/clients.ts";
import type { NamespaceSpec } from "../../components/namespaces/namespaces.ts";
import { neededBy } from "../platform/part.ts";
import type { Needed, Needs } from "../platform/part.ts";
import { components, parts } from "../platform/parts.ts";
import type { ParsedSettings } from "./schema.ts";

/** What all parts of a stack need. */
export function neededOf(settings: ParsedSettings): Needed {
  return neededBy(parts, settings);
}

/** What the platform's own components need, each with the section of the settings that it belongs to. */
export function ownersIn(settings: ParsedSettings): { readonly section: string; readonly needs: Needs }[] {
  return components
    .filter(({ on }) => on(settings))
    .map(({ section = "", needs }) => ({ section, needs: needs(settings) }));
}

/** Pod Security Standards, the one that allows most first. */
const levels = ["privileged", "baseline", "restricted"] as const;

/** The namespaces of a stack: those that its parts need and those that the user added, by name. */
export function namespacesOf(settings: ParsedSettings): NamespaceSpec[] {
  const needed = neededOf(settings).namespaces;
  const names = [...new Set([...needed.map(({ name }) => name), ...Object.keys(settings.namespaces)])].sort(compare);
  return names.map((name) => {
    const needs = needed.filter((one) => one.name === name);
    const own = settings.namespaces[name];
    const level = levels.find((one) => needs.some(({ podSecurity }) => podSecurity === one));
    return {
      name,
      podSecurity: level ?? own?.podSecurity ?? "restricted",
      keepsData: [own, ...needs].some((one) => one?.keepsData),
      labels: own?.labels,
      annotations: own?.annotations,
      quota: own?.quota ?? needs.find(({ quota }) => quota !== undefined)?.quota,
      limitRange: own?.limitRange ?? needs.find(({ limitRange }) => limitRange !== undefined)?.limitRange,
    };
  });
}

/** The charts that a stack installs, by name. */
export function chartsOf(settings: ParsedSettings): readonly ChartName[] {
  return neededOf(settings).charts;
}

/** The clients of the realm: those that the user asks for and those that components bring along. */
export function clientsOf(settings: ParsedSettings): readonly RealmClient[] {
  return neededOf(settings).clients;
}

/** Every role of a stack's realm that others may include: `ROLE` of the realm, `CLIENT.ROLE` of its clients. */
export function rolesOf(settings: ParsedSettings): string[] {
  const clients = clientsOf(settings);
  const own = [
    ...settings.keycloak.realm.roles.map(({ name }) => name),
    ...clients.flatMap((one) => one.realmRoles ?? []),
  ];
  const ofClients = clients.flatMap(({ name, roles = [] }) =>
    [clientRole(name), ...roles].map((role) => `${name}.${role}`),
  );
  return [...new Set([...own, ...ofClients])].sort(compare);
}

/** Every generated credential of a stack, by name: known from the settings alone, so that a rotation can be checked first. */
export function credentialsOf(settings: ParsedSettings): CredentialSpec[] {
  const needed = neededOf(settings);
  const served = parts.filter(({ on }) => on(settings)).flatMap(({ serves }) => serves?.(needed, settings) ?? []);
  return [...needed.credentials, ...served].sort((a, b) => compare(a.name, b.name));
}
