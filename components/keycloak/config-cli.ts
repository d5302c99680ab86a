/**
 * keycloak-config-cli. The second half of the tag is the Keycloak version of its client; this is the newest one
 * (adorsys/keycloak-config-cli, README, "Supported Keycloak versions").
 */
export const configCliImage = "docker.io/adorsys/keycloak-config-cli:6.5.1-26.5.5";

/** The path of the document in the Job. */
export const documentFolder = "/config";
export const documentFile = "realm.json";

/** How the document is applied. */
export interface ApplyOptions {
  /** Keycloak's URL inside the cluster. */
  readonly url: string;
  readonly clientId: string;
  /** Whether objects that were created or changed in the console are kept. */
  readonly keepManual: boolean;
  /** Whether an unchanged document is applied again, which reverts manual changes. */
  readonly repair?: boolean;
}

/**
 * Environment variables of keycloak-config-cli (its README, "Configuration properties"). Objects without a section in the document are
 * kept; clients and roles are deleted only if keycloak-config-cli created them.
 */
export function configCliEnvironment({
  url,
  clientId,
  keepManual,
  repair = false,
}: ApplyOptions): Record<string, string> {
  return {
    JAVA_OPTS: "-XX:MaxRAMPercentage=60",
    KEYCLOAK_AVAILABILITYCHECK_ENABLED: "true",
    KEYCLOAK_AVAILABILITYCHECK_TIMEOUT: "300s",
    KEYCLOAK_CLIENTID: clientId,
    KEYCLOAK_GRANTTYPE: "client_credentials",
    KEYCLOAK_URL: url,
    IMPORT_CACHE_ENABLED: String(!repair),
    IMPORT_FILES_LOCATIONS: `${documentFolder}/${documentFile}`,
    IMPORT_VARSUBSTITUTION_ENABLED: "true",
    IMPORT_VARSUBSTITUTION_NESTED: "false",
    IMPORT_MANAGED_AUTHENTICATIONFLOW: keepManual ? "no-delete" : "full",
    // Otherwise, all scopes that are not every client's default are deleted, Keycloak's own included (`ClientScopeImportService`).
    IMPORT_MANAGED_CLIENTSCOPE: "no-delete",
    // Otherwise, the first run in a realm deletes all its groups, since keycloak-config-cli knows none as its own (`GroupImportService`).
    IMPORT_MANAGED_GROUP: keepManual ? "no-delete" : "full",
    IMPORT_MANAGED_SUBGROUP: keepManual ? "no-delete" : "full",
    IMPORT_MANAGED_IDENTITYPROVIDER: keepManual ? "no-delete" : "full",
    IMPORT_MANAGED_IDENTITYPROVIDERMAPPER: "no-delete",
    IMPORT_MANAGED_REQUIREDACTION: "no-delete",
    // Keys are also components, and Keycloak itself creates the attribute mappers of a directory.
    IMPORT_MANAGED_COMPONENT: "no-delete",
    IMPORT_MANAGED_SUBCOMPONENT: "no-delete",
    IMPORT_MANAGED_MESSAGEBUNDLES: "no-delete",
    IMPORT_USERS_MERGEGROUPS: String(keepManual),
    IMPORT_USERS_MERGEROLES: String(keepManual),
  };
}
