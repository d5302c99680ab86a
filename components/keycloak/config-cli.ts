/**
 * keycloak-config-cli. The second half of the tag is the Keycloak that its client is built against; the newest one there is
 * (adorsys/keycloak-config-cli, README, "Supported Keycloak versions").
 */
export const configCliImage = "docker.io/adorsys/keycloak-config-cli:6.5.1-26.5.5";

/** Where the Job finds the document. */
export const documentFolder = "/config";
export const documentFile = "realm.json";

/** How the document is applied. */
export interface ApplyOptions {
  /** Keycloak's URL inside the cluster. */
  readonly url: string;
  readonly clientId: string;
  /** Whether what people made or changed in the console is kept. */
  readonly keepManual: boolean;
  /** Whether an unchanged document is applied all the same, which undoes what was changed by hand. */
  readonly repair?: boolean;
}

/**
 * Plain variables of keycloak-config-cli (its README, "Configuration properties"). What the document has no section for stays
 * in any case; clients, roles and groups are deleted only where keycloak-config-cli made them itself.
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
    IMPORT_MANAGED_IDENTITYPROVIDER: keepManual ? "no-delete" : "full",
    IMPORT_MANAGED_IDENTITYPROVIDERMAPPER: "no-delete",
    IMPORT_MANAGED_REQUIREDACTION: "no-delete",
    // Keys are components as well, and a directory's attribute mappers are Keycloak's own.
    IMPORT_MANAGED_COMPONENT: "no-delete",
    IMPORT_MANAGED_SUBCOMPONENT: "no-delete",
    IMPORT_MANAGED_MESSAGEBUNDLES: "no-delete",
    IMPORT_USERS_MERGEGROUPS: String(keepManual),
    IMPORT_USERS_MERGEROLES: String(keepManual),
  };
}
