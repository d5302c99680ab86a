import * as pulumi from "@pulumi/pulumi";
import { compare } from "../components/kit/stable.ts";
import type { Platform } from "./platform.ts";
import type { Settings } from "./settings/settings.ts";

/** What `pulumi stack output` shows: addresses and the names of Secrets; the one secret value is marked as such. */
export function stackOutputs({ domain }: Settings, platform: Platform) {
  const { ledger, certificates, keycloak, midpoint, monitoring, postgres, smokeTests } = platform;
  const byName = <T>(entries: [string, T][]) => Object.fromEntries(entries.sort(([a], [b]) => compare(a, b)));
  return {
    domain,
    /** Every host: what is there, who may enter, and the command that shows the first administrator's credential. */
    hosts: byName(
      ledger.hosts.map(({ host, purpose, tlsSecret, access }) => [
        host,
        { purpose, ...access, ...(tlsSecret && { tlsSecret: `${tlsSecret.namespace}/${tlsSecret.name}` }) },
      ]),
    ),
    /** Certificates of the stack's own CAs, in PEM: what browsers and clients must trust. */
    caCertificates: certificates?.authorities ?? {},
    services: byName(ledger.services.map(({ name, address, purpose }) => [name, { address, purpose }])),
    /** Where each generated credential stands: `namespace/Secret/key`, never the value. */
    credentials: byName(
      ledger.credentials.map(({ name, secrets }) => [
        name,
        secrets.map(({ namespace, name: secret, key }) => `${namespace}/${secret}/${key}`),
      ]),
    ),
    /** The names under which midPoint's stored data refers to its keys, by alias: which of them encrypted what. */
    ...(midpoint && { midpointKeys: midpoint.keyIdentifiers }),
    /** The smoke tests that have passed. */
    ...(smokeTests && { smokeTests: smokeTests.results }),
    /** Passwords of the first administrators: `npx pulumi stack output administrators --show-secrets`. */
    administrators: pulumi.secret({
      ...(keycloak && { keycloak: keycloak.administrator, keycloakUsers: keycloak.firstPasswords }),
      ...(postgres?.superuserPassword && {
        postgresql: { username: "postgres", password: postgres.superuserPassword },
      }),
      ...(monitoring && { grafana: { username: "admin", password: monitoring.adminPassword } }),
      ...(midpoint && { midpoint: midpoint.administrator }),
    }),
  };
}
