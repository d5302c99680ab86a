import { at, isRecord, record, texts } from "../../components/kit/unknown.ts";
import { stableJson } from "../../components/kit/stable.ts";

/** Client scopes that Keycloak creates in a new realm (an export of Keycloak 26.7.3). */
export const builtInScopes: readonly string[] = [
  "AuthnContextClassRef",
  "acr",
  "address",
  "basic",
  "email",
  "microprofile-jwt",
  "offline_access",
  "organization",
  "phone",
  "profile",
  "role_list",
  "roles",
  "saml_organization",
  "service_account",
  "web-origins",
];

/** What an export of a new realm has besides what is empty (Keycloak 26.7.3). A list stands for several values. */
const realm: Readonly<Record<string, unknown>> = {
  accessCodeLifespan: 60,
  accessCodeLifespanLogin: 1800,
  accessCodeLifespanUserAction: 300,
  accessTokenLifespanForImplicitFlow: 900,
  actionTokenGeneratedByAdminLifespan: 43200,
  actionTokenGeneratedByUserLifespan: 300,
  browserFlow: "browser",
  bruteForceStrategy: "MULTIPLE",
  clientAuthenticationFlow: "clients",
  clientScopeMappings: { account: [{ client: "account-console", roles: ["manage-account", "view-groups"] }] },
  defaultSignatureAlgorithm: "RS256",
  directGrantFlow: "direct grant",
  dockerAuthenticationFlow: "docker auth",
  eventsListeners: ["jboss-logging"],
  firstBrokerLoginFlow: "first broker login",
  maxDeltaTimeSeconds: 43200,
  minimumQuickLoginWaitSeconds: 60,
  oauth2DeviceCodeLifespan: 600,
  oauth2DevicePollingInterval: 5,
  offlineSessionIdleTimeout: 2592000,
  offlineSessionMaxLifespan: 5184000,
  otpPolicyAlgorithm: "HmacSHA1",
  otpPolicyDigits: 6,
  otpPolicyLookAheadWindow: 1,
  otpPolicyPeriod: 30,
  otpPolicyType: "totp",
  quickLoginCheckMilliSeconds: 1000,
  registrationFlow: "registration",
  requiredCredentials: ["password"],
  resetCredentialsFlow: "reset credentials",
};

/** Attributes of a new realm. */
const realmAttributes: Readonly<Record<string, unknown>> = {
  cibaAuthRequestedUserHint: "login_hint",
  cibaBackchannelTokenDeliveryMode: "poll",
  cibaExpiresIn: "120",
  cibaInterval: "5",
  oauth2DeviceCodeLifespan: "600",
  oauth2DevicePollingInterval: "5",
  parRequestUriLifespan: "60",
};

/** What an export of a new client has. */
const client: Readonly<Record<string, unknown>> = {
  clientAuthenticatorType: "client-secret",
  defaultClientScopes: ["acr", "basic", "email", "profile", "roles", "web-origins"],
  frontchannelLogout: true,
  fullScopeAllowed: true,
  optionalClientScopes: ["address", "microprofile-jwt", "offline_access", "organization", "phone"],
  protocol: "openid-connect",
};

/** What an export of a new identity provider has. */
const identityProvider: Readonly<Record<string, unknown>> = { updateProfileFirstLoginMode: "on" };

/** Parts that Keycloak keeps for itself, or that every new realm has with values of its own. */
const ofKeycloak = [
  /^(defaultRole|defaultDefaultClientScopes|defaultOptionalClientScopes|browserSecurityHeaders|otpSupportedApplications)$/,
  /^webAuthnPolicy/,
  /^attributes\/(de\.adorsys\.|realm_client|client\.secret\.creation|actionToken|client(Offline)?Session|frontendUrl$|userProfileEnabled|shortVerificationUri)/,
  /^components\/org\.keycloak\.(keys|services\.clientregistration|userprofile)\b/,
  /^userProfile\/(unmanagedAttributePolicy|groups)/,
  /^clients\/[^/]+\/(secret|registrationAccessToken|attributes\/(realm_client|client\.secret\.creation\.time))$/,
  /(^|\/)(_?id|internalId|containerId|access|path|clientRole|types|default)$/,
];

/** Roles that a realm's default role includes in a new realm. */
const defaultRoleIncludes = ["offline_access", "uma_authorization", "account.manage-account", "account.view-profile"];

/** What people added to a built-in role, as `ROLE` and `CLIENT.ROLE`; undefined for nothing. */
export function addedComposites(composites: unknown): readonly string[] | undefined {
  const ofClients = Object.entries(record(at(composites, "client"))).flatMap(([client, roles]) =>
    texts(roles).map((role) => `${client}.${role}`),
  );
  const added = [...texts(at(composites, "realm")), ...ofClients].filter((role) => !defaultRoleIncludes.includes(role));
  return added.length === 0 ? undefined : added;
}

/** The attributes that every user has (Keycloak, "Managing user profile"). */
const personAttributes = /^userProfile\/attributes\/(username|email|firstName|lastName)(\/|$)/;

/** Whether a part of an exported realm says nothing: it is empty, or every new realm has it. */
export function isDefault(path: readonly string[], value: unknown): boolean {
  const place = path.join("/");
  if (isEmpty(value) || ofKeycloak.some((pattern) => pattern.test(place)) || personAttributes.test(place)) return true;
  const [section, , key = ""] = path;
  const last = path.at(-1) ?? "";
  if (section === "userProfile" && path.length === 1)
    return (
      isRecord(value) &&
      Object.keys(value["attributes"] ?? {}).every((name) => personAttributes.test(`userProfile/attributes/${name}`))
    );
  if (path.length === 1) return same(realm[last], value);
  if (section === "attributes") return same(realmAttributes[last], value);
  if (section === "clients" && path.length === 3) return same(client[key], value);
  if (section === "identityProviders" && path.length === 3) return same(identityProvider[key], value);
  // Descriptions are Keycloak's own texts, or notes that no program reads.
  return section === "roles" && last === "description";
}

function isEmpty(value: unknown): boolean {
  if (isRecord(value)) return Object.values(value).every(isEmpty);
  if (Array.isArray(value)) return value.every(isEmpty);
  return value === undefined || value === null || [false, "false", "", 0, "0", -1, "-1"].includes(value as string);
}

function same(wanted: unknown, value: unknown): boolean {
  const sorted = (one: unknown) => (Array.isArray(one) ? one.map(String).sort() : one);
  return wanted !== undefined && stableJson(sorted(wanted)) === stableJson(sorted(value));
}
