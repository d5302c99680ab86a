import * as pulumi from "@pulumi/pulumi";
import type { Access } from "../components/kit/ledger.ts";
import { compare } from "../components/kit/stable.ts";
import { ExtensionError } from "./extension/problem.ts";
import type { Problem } from "./settings/problems.ts";
import type { Platform } from "./platform.ts";
import type { Settings } from "./settings/settings.ts";

/** A host: what is there, who may enter, and the Secret with its certificate as `NAMESPACE/NAME`. */
export interface HostOutput extends Partial<Access> {
  readonly purpose: string;
  readonly tlsSecret?: string;
}

/** The user name and password of an administrator. */
export interface AdministratorOutput {
  readonly username: string;
  readonly password: string;
}

/** The outputs of a stack as other stacks read them. */
export interface StackOutputs {
  readonly domain: string;
  /** By full host name. */
  readonly hosts: Readonly<Record<string, HostOutput>>;
  /** Certificates of the stack's own CAs in PEM, by issuer: what browsers and clients must trust. */
  readonly caCertificates: Readonly<Record<string, string>>;
  /** Addresses of services inside the cluster, by name. */
  readonly services: Readonly<Record<string, { readonly address: string; readonly purpose: string }>>;
  /** Where each generated credential is stored, as `NAMESPACE/SECRET/KEY`, by name. */
  readonly credentials: Readonly<Record<string, readonly string[]>>;
  /** The names under which midPoint's stored data refers to its keys, by alias. Default: the stack has no midPoint. */
  readonly midpointKeys?: Readonly<Record<string, string>>;
  /** `passed` or `not run`, by smoke test. Default: smoke tests are off. */
  readonly smokeTests?: Readonly<Record<string, string>>;
  /** The name servers of the zone that the stack creates, to which the parent zone delegates. Default: the stack creates none. */
  readonly nameServers?: readonly string[];
  /** Passwords of the first administrators: a secret. */
  readonly administrators: Readonly<
    Partial<Record<"keycloak" | "postgresql" | "grafana" | "midpoint", AdministratorOutput>> & {
      readonly keycloakUsers?: Readonly<Record<string, string>>;
    }
  >;
}

/**
 * The outputs of another stack, with their types.
 *
 *     const platform = outputsOf<{ wikiUrl: string }>(new pulumi.StackReference("organization/groundplan/prod"));
 *     const url = platform("wikiUrl");
 *
 * @returns a function from an output's name to its value; what is secret in the other stack stays secret
 */
export function outputsOf<Own extends object = object>(
  stack: pulumi.StackReference,
): <Name extends keyof (StackOutputs & Own) & string>(name: Name) => pulumi.Output<(StackOutputs & Own)[Name]> {
  return (name) => stack.requireOutput(name) as pulumi.Output<(StackOutputs & Own)[typeof name]>;
}

/** What `pulumi stack output` shows: addresses and the names of Secrets; the one secret value is marked as such. */
export function stackOutputs(settings: Settings, platform: Platform) {
  const own = platformOutputs(settings, platform);
  const taken = Object.keys(platform.outputs).filter((name) => Object.hasOwn(own, name));
  if (taken.length > 0) throw new ExtensionError(taken.map(takenOutput), settings.stack);
  return { ...platform.outputs, ...own };
}

function takenOutput(name: string): Problem {
  return {
    key: `the output ${JSON.stringify(name)} of the program`,
    severity: "error",
    message: "the platform has an output of this name",
    accepts: "a name that no output of the platform has",
    fix: "return it under another name",
  };
}

function platformOutputs({ domain }: Settings, platform: Platform) {
  const { aws, ledger, certificates, keycloak, midpoint, monitoring, postgres, smokeTests } = platform;
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
    /** The name servers of the zone that the stack creates in Route 53, to which the parent zone must delegate. */
    ...(aws?.nameServers && { nameServers: aws.nameServers }),
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
