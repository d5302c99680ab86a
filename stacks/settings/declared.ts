import { applicationLabels, namespaceOf } from "../../components/kit/application.ts";
import type { ApplicationHost, ApplicationSpec } from "../../components/kit/application.ts";
import { declaredModules } from "./modules.ts";
import { moduleClients } from "../../components/worldcereal/clients.ts";
import type { Path } from "./path.ts";
import type { ParsedSettings } from "./schema.ts";

// What settings declare of one kind, in whichever list: rules and parts read it here, so that each holds for all of them.

/** Something that a setting declares, and the path of that setting. */
export interface Declared {
  readonly path: Path;
}

/** An application, of the user's own or of a module. */
export interface DeclaredApplication extends Declared {
  readonly application: ApplicationSpec;
}

/** A host at the gateway. */
export interface DeclaredHost extends Declared, ApplicationHost {
  readonly namespace: string;
  /** Whether the labels of the pods are known. */
  readonly labelled: boolean;
}

/** A client of the realm. */
export interface DeclaredClient extends Declared {
  readonly name: string;
  readonly kind: "confidential" | "public" | "api" | "service";
  readonly namespace: string;
  /** The labels of the pods that use it. Default: every pod of the namespace. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly redirectUris: readonly string[];
  /** Paths of the hosts of the application that declares it. */
  readonly redirectPaths: readonly string[];
  readonly logoutUris?: readonly string[];
  readonly everyone: boolean;
  readonly roles: readonly string[];
  readonly realmRoles: readonly string[];
  readonly serviceRoles: readonly string[];
  readonly flow?: string;
  readonly clientSecretSecret?: string;
}

/** A database on the platform's PostgreSQL. */
export interface DeclaredDatabase extends Declared {
  readonly name: string;
}

/** All applications. */
export function declaredApplications(settings: Applications): DeclaredApplication[] {
  return [
    ...settings.applications.map((application, index) => ({ path: ["applications", index], application })),
    ...declaredModules(settings),
  ];
}

/** The settings that declare applications. */
type Applications = Pick<ParsedSettings, "applications" | "postgresql" | "worldcereal">;

/** All hosts at the gateway besides those of components, those of `gateway.hosts` first. */
export function declaredHosts(settings: Applications & Pick<ParsedSettings, "gateway">): DeclaredHost[] {
  return [
    ...settings.gateway.hosts.map(({ labels, ...host }, index) => ({
      ...host,
      port: undefined,
      path: ["gateway", "hosts", index],
      labelled: Object.keys(labels).length > 0,
    })),
    ...declaredApplications(settings).flatMap(({ application, path }) =>
      application.hosts.map((host, index) => ({
        ...host,
        path: [...path, "hosts", index],
        namespace: namespaceOf(application),
        labelled: true,
      })),
    ),
  ];
}

/** All clients besides those of components and of logins in front of hosts, those of `keycloak.clients` first. */
export function declaredClients(settings: Applications & Pick<ParsedSettings, "keycloak">): DeclaredClient[] {
  const { keycloak } = settings;
  return [
    ...keycloak.clients.map((client, index) => ({
      ...client,
      namespace: client.namespace ?? keycloak.namespace,
      redirectPaths: [],
      path: ["keycloak", "clients", index],
    })),
    ...declaredApplications(settings).flatMap(({ application, path }) =>
      application.clients.map((client, index) => ({
        ...client,
        namespace: namespaceOf(application),
        labels: applicationLabels(application.name),
        path: [...path, "clients", index],
      })),
    ),
    ...moduleClients(settings.worldcereal).map(({ module, ...client }) => ({
      ...client,
      namespace: module,
      path: ["worldcereal", module],
      redirectUris: [],
      redirectPaths: [],
      everyone: false,
      realmRoles: [],
    })),
  ];
}

/** All databases besides those of components, those of `postgresql.databases` first. */
export function declaredDatabases(settings: Applications): DeclaredDatabase[] {
  return [
    ...settings.postgresql.databases.map(({ name }, index) => ({ name, path: ["postgresql", "databases", index] })),
    ...declaredApplications(settings).flatMap(({ application, path }) =>
      application.databases.map(({ name }, index) => ({ name, path: [...path, "databases", index] })),
    ),
  ];
}
