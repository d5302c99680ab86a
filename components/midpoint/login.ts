import type { OidcClient } from "../kit/bindings.ts";
import { paths } from "./environment.ts";
import type { ObjectFile } from "./objects.ts";

/** Names in midPoint's URLs: the authentication sequence, its module, and the registration of the provider. */
const sequence = "gui-oidc";
const registration = "platform";

/** The client, for midPoint's security policy. */
export type LoginClient = Pick<OidcClient, "clientId" | "issuer" | "authorizationUrl" | "logoutUrl" | "inCluster"> & {
  /** The file in {@link paths.login} with the client's secret. */
  readonly secretFile: string;
};

/**
 * The redirect URI of the identity provider: `URL/auth/SEQUENCE/MODULE/authenticate/REGISTRATION`
 * (`OidcClientModuleWebSecurityConfiguration` of 4.10).
 *
 * @param url midPoint's public URL, with its context path
 */
export function redirectUri(url: string): string {
  return `${url}/auth/${sequence}/${sequence}/authenticate/${registration}`;
}

/**
 * The objects that configure the platform's identity provider as midPoint's login (midPoint's documentation, "Module oidc" and "Secrets
 * providers"). A script sets the public URL and the secrets provider in the system configuration; then the default security
 * policy is replaced. Administrators without an account at the provider log in at `/auth/gui-login-form`.
 *
 * Their numbers are before those of the user's objects, so that the user's objects can change the policy further.
 *
 * @param url midPoint's public URL, with its context path
 */
export function loginObjects(url: string, client: LoginClient): ObjectFile[] {
  return [
    { name: "001-platform-address.xml", text: addressScript(url) },
    { name: "002-platform-login.xml", text: securityPolicy(client) },
  ];
}

const common = "http://midpoint.evolveum.com/xml/ns/public/common/common-3";
const types = "http://prism.evolveum.com/xml/ns/public/types-3";
const scripting = "http://midpoint.evolveum.com/xml/ns/public/model/scripting-3";
const query = "http://prism.evolveum.com/xml/ns/public/query-3";
const channel = "http://midpoint.evolveum.com/xml/ns/public/common/channels-3";

function addressScript(url: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<s:pipeline xmlns:s="${scripting}" xmlns:c="${common}" xmlns:t="${types}" xmlns:q="${query}">
  <s:search>
    <s:type>c:SystemConfigurationType</s:type>
  </s:search>
  <s:action>
    <s:type>modify</s:type>
    <s:parameter>
      <s:name>delta</s:name>
      <c:value>
        <s:itemDelta>
          <t:modificationType>replace</t:modificationType>
          <t:path>c:infrastructure/c:publicHttpUrlPattern</t:path>
          <t:value>${escaped(url)}</t:value>
        </s:itemDelta>
        <s:itemDelta>
          <t:modificationType>add</t:modificationType>
          <t:path>c:secretsProviders/c:file</t:path>
          <t:value>
            <c:identifier>${registration}</c:identifier>
            <c:cache>PT5M</c:cache>
            <c:parentDirectoryPath>${paths.login}</c:parentDirectoryPath>
          </t:value>
        </s:itemDelta>
      </c:value>
    </s:parameter>
  </s:action>
</s:pipeline>
`;
}

function securityPolicy({ authorizationUrl, clientId, inCluster, issuer, logoutUrl, secretFile }: LoginClient): string {
  const way = (identifier: string, suffix: string, kind: string, module: string, isDefault: boolean) => `    <sequence>
      <identifier>${identifier}</identifier>
      <channel>
        <default>${String(isDefault)}</default>
        <channelId>${channel}#${kind}</channelId>
        <urlSuffix>${suffix}</urlSuffix>
      </channel>
      <module>
        <identifier>${module}</identifier>
        <order>1</order>
        <necessity>sufficient</necessity>
      </module>
    </sequence>
`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<securityPolicy oid="00000000-0000-0000-0000-000000000120" xmlns="${common}" xmlns:t="${types}">
  <name>Default Security Policy</name>
  <authentication>
    <modules>
      <loginForm>
        <identifier>loginForm</identifier>
      </loginForm>
      <httpBasic>
        <identifier>httpBasic</identifier>
      </httpBasic>
      <oidc>
        <identifier>${sequence}</identifier>
        <client>
          <registrationId>${registration}</registrationId>
          <clientId>${escaped(clientId)}</clientId>
          <clientSecret>
            <t:externalData>
              <t:provider>${registration}</t:provider>
              <t:key>${secretFile}</t:key>
            </t:externalData>
          </clientSecret>
          <clientAuthenticationMethod>clientSecretBasic</clientAuthenticationMethod>
          <nameOfUsernameAttribute>preferred_username</nameOfUsernameAttribute>
          <openIdProvider>
            <issuerUri>${escaped(issuer)}</issuerUri>
            <authorizationUri>${escaped(authorizationUrl)}</authorizationUri>
            <tokenUri>${escaped(inCluster.tokenUrl)}</tokenUri>
            <userInfoUri>${escaped(inCluster.userInfoUrl)}</userInfoUri>
            <endSessionUri>${escaped(logoutUrl)}</endSessionUri>
            <jwkSetUri>${escaped(inCluster.jwksUrl)}</jwkSetUri>
          </openIdProvider>
        </client>
      </oidc>
    </modules>
${way(sequence, sequence, "user", sequence, true)}${way("gui-login-form", "gui-login-form", "user", "loginForm", false)}${way("rest-default", "rest-default", "rest", "httpBasic", true)}${way("actuator-default", "actuator-default", "actuator", "httpBasic", true)}    <ignoredLocalPath>/actuator/health</ignoredLocalPath>
  </authentication>
  <credentials>
    <password>
      <minOccurs>0</minOccurs>
      <lockoutMaxFailedAttempts>3</lockoutMaxFailedAttempts>
      <lockoutFailedAttemptsDuration>PT3M</lockoutFailedAttemptsDuration>
      <lockoutDuration>PT15M</lockoutDuration>
      <valuePolicyRef oid="00000000-0000-0000-0000-000000000003"/>
    </password>
  </credentials>
</securityPolicy>
`;
}

/** A text, escaped for an element (XML 1.0, section 2.4). */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
