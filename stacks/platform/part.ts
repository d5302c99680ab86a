import type { RealmClient } from "../../components/keycloak/clients.ts";
import type { ChartName } from "../../components/kit/catalogue.ts";
import type { CredentialSpec } from "../../components/kit/credential.ts";
import type { Watched } from "../../components/kit/watched.ts";
import type { NamespaceSpec } from "../../components/namespaces/namespaces.ts";
import type { FolderSpec } from "../../components/nfs/exports.ts";
import type { ParsedSettings } from "../settings/schema.ts";

/** A namespace that a part uses. */
export interface NamespaceNeed {
  readonly name: string;
  /** Whether claims in it hold data; default false. */
  readonly keepsData?: boolean;
  /** The Pod Security Standard that its pods need; default: the user's setting, or `restricted`. */
  readonly podSecurity?: NamespaceSpec["podSecurity"];
  /** Its limits, and the requests of containers that set none; default: the user's settings. */
  readonly quota?: NamespaceSpec["quota"];
  readonly limitRange?: NamespaceSpec["limitRange"];
}

/** A claim with files. */
export interface ClaimNeed {
  readonly namespace: string;
  readonly claim: string;
}

/** A host that a part serves. */
export interface HostNeed {
  /** `NAME` for NAME.DOMAIN, or a full host name. */
  readonly host: string;
  /** Whether the gateway asks for a login in front of it; default false. */
  readonly login?: boolean;
}

/** Everything that a part takes from the rest of the stack; a list that is left out is empty. */
export interface Needs {
  readonly namespaces?: readonly NamespaceNeed[];
  readonly charts?: readonly ChartName[];
  /** Databases on the platform's PostgreSQL, by name. */
  readonly databases?: readonly string[];
  /** Buckets, by name. Several parts may use one. */
  readonly buckets?: readonly string[];
  /** Folders on the stack's own NFS server. */
  readonly folders?: readonly FolderSpec[];
  /** Clients of the realm. */
  readonly clients?: readonly RealmClient[];
  /** Hosts at the gateway, and those that only have a certificate. */
  readonly hosts?: readonly HostNeed[];
  /** Claims with files that backups read. */
  readonly claims?: readonly ClaimNeed[];
  /** The credentials that it generates for itself. */
  readonly credentials?: readonly CredentialSpec[];
  /** Its alerts and dashboards. */
  readonly watched?: readonly Watched[];
}

/** The needs of all parts of a stack. */
export type Needed = Required<Needs>;

/**
 * A part of the platform, as far as the settings alone tell: whether a stack has it, and what it needs. Namespaces, charts,
 * credentials, clients and everything else that is known before the program runs follow from the parts.
 */
export interface Part {
  /** The section of the settings that it belongs to; applications belong to several. */
  readonly section?: string;
  /** Whether a stack has it. */
  readonly on: (settings: ParsedSettings) => boolean;
  /** What it needs where a stack has it. */
  readonly needs: (settings: ParsedSettings) => Needs;
  /** The credentials that it generates for others, such as one for each database. */
  readonly serves?: (needed: Needed, settings: ParsedSettings) => readonly CredentialSpec[];
}

/** What the parts of a stack need together, in the order of the parts. */
export function neededBy(parts: readonly Part[], settings: ParsedSettings): Needed {
  const needs = parts.filter(({ on }) => on(settings)).map((part) => part.needs(settings));
  return {
    namespaces: needs.flatMap(({ namespaces = [] }) => namespaces),
    charts: needs.flatMap(({ charts = [] }) => charts),
    databases: needs.flatMap(({ databases = [] }) => databases),
    buckets: [...new Set(needs.flatMap(({ buckets = [] }) => buckets))],
    folders: needs.flatMap(({ folders = [] }) => folders),
    claims: needs.flatMap(({ claims = [] }) => claims),
    clients: needs.flatMap(({ clients = [] }) => clients),
    hosts: needs.flatMap(({ hosts = [] }) => hosts),
    credentials: needs.flatMap(({ credentials = [] }) => credentials),
    watched: needs.flatMap(({ watched = [] }) => watched),
  };
}
