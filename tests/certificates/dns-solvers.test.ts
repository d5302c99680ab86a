// What cert-manager gets of each solver, held against the schema of its own CRD. No DNS provider is asked.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { loadAll } from "js-yaml";
import { certificateEdges } from "../../components/certificates/connections.ts";
import type { DnsSolver } from "../../components/certificates/dns-solvers.ts";
import { issuerSpec, solverSecrets } from "../../components/certificates/issuers.ts";
import type { Issuer } from "../../components/certificates/issuers.ts";
import { at, record, records } from "../../components/kit/unknown.ts";
import { root } from "../stacks.ts";

const every = { zones: [], hosts: [], labels: {} };
const none = { followCname: false };
const uuid = "11111111-2222-3333-4444-555555555555";
const role = "arn:aws:iam::123456789012:role/dns";
const key = (part = "") => ({ name: "x-issuer", key: `solver-0${part}` });

/** A solver, its `dns01`, its secrets by key, and the port that it connects to. */
const table: readonly [DnsSolver, object, Record<string, string>, string?][] = [
  [
    { kind: "acmedns", server: "https://auth.example.org:8443", accountsSecret: "accounts", ...none },
    { acmeDNS: { host: "https://auth.example.org:8443", accountSecretRef: key() } },
    { "solver-0": "accounts" },
    "TCP 8443",
  ],
  [
    {
      kind: "akamai",
      host: "akab-1.luna.akamaiapis.net",
      clientTokenSecret: "a",
      clientSecretSecret: "b",
      accessTokenSecret: "c",
      followCname: true,
    },
    {
      cnameStrategy: "Follow",
      akamai: {
        serviceConsumerDomain: "akab-1.luna.akamaiapis.net",
        clientTokenSecretRef: key("-client-token"),
        clientSecretSecretRef: key("-client-secret"),
        accessTokenSecretRef: key("-access-token"),
      },
    },
    { "solver-0-client-token": "a", "solver-0-client-secret": "b", "solver-0-access-token": "c" },
    "TCP 443",
  ],
  [
    {
      kind: "azuredns",
      subscriptionId: uuid,
      resourceGroup: "dns",
      hostedZone: "example.org",
      environment: "us-government",
      zoneType: "private",
      clientId: uuid,
      tenantId: uuid,
      clientSecretSecret: "azure",
      ...none,
    },
    {
      azureDNS: {
        subscriptionID: uuid,
        resourceGroupName: "dns",
        hostedZoneName: "example.org",
        environment: "AzureUSGovernmentCloud",
        zoneType: "AzurePrivateZone",
        clientID: uuid,
        tenantID: uuid,
        clientSecretSecretRef: key(),
      },
    },
    { "solver-0": "azure" },
    "TCP 443",
  ],
  [
    {
      kind: "azuredns",
      subscriptionId: uuid,
      resourceGroup: "dns",
      environment: "public",
      zoneType: "public",
      managedIdentity: { clientId: uuid },
      ...none,
    },
    {
      azureDNS: {
        subscriptionID: uuid,
        resourceGroupName: "dns",
        environment: "AzurePublicCloud",
        managedIdentity: { clientID: uuid },
      },
    },
    {},
    "TCP 443",
  ],
  [
    { kind: "clouddns", project: "my-project", serviceAccountSecret: "google", ...none },
    { cloudDNS: { project: "my-project", serviceAccountSecretRef: key() } },
    { "solver-0": "google" },
    "TCP 443",
  ],
  [
    { kind: "clouddns", project: "my-project", hostedZone: "example-org", ...none },
    { cloudDNS: { project: "my-project", hostedZoneName: "example-org" } },
    {},
    "TCP 443",
  ],
  [
    { kind: "digitalocean", tokenSecret: "do", ...none },
    { digitalocean: { tokenSecretRef: key() } },
    { "solver-0": "do" },
    "TCP 443",
  ],
  [
    {
      kind: "rfc2136",
      nameserver: "[2001:db8::53]:5353",
      protocol: "TCP",
      tsigKeyName: "acme",
      tsigKeySecret: "tsig",
      ...none,
    },
    {
      rfc2136: {
        nameserver: "[2001:db8::53]:5353",
        protocol: "TCP",
        tsigKeyName: "acme",
        tsigAlgorithm: "HMACSHA256",
        tsigSecretSecretRef: key(),
      },
    },
    { "solver-0": "tsig" },
    "TCP 5353",
  ],
  [
    { kind: "rfc2136", nameserver: "192.0.2.53", protocol: "UDP", ...none },
    { rfc2136: { nameserver: "192.0.2.53", protocol: "UDP" } },
    {},
    "UDP 53",
  ],
  [
    { kind: "route53", region: "eu-west-1", role, serviceAccount: "dns", ...none },
    { route53: { region: "eu-west-1", role, auth: { kubernetes: { serviceAccountRef: { name: "dns" } } } } },
    {},
    "TCP 443",
  ],
  [
    {
      kind: "webhook",
      groupName: "acme.example.org",
      solverName: "own",
      config: { zone: "a", list: [1, { b: true }] },
      secrets: { "api-token": "hook" },
      ...none,
    },
    { webhook: { groupName: "acme.example.org", solverName: "own", config: { zone: "a", list: [1, { b: true }] } } },
    { "api-token": "hook" },
  ],
];

const issuerOf = (solver: DnsSolver): Issuer => ({
  name: "x",
  kind: "acme",
  email: "a@example.org",
  server: "production",
  solvers: [{ ...every, ...solver }],
});

const placement = { nodeSelector: { a: "b" }, tolerations: [{ key: "a", operator: "Exists" as const }] };
const specOf = (issuer: Issuer) =>
  JSON.parse(
    JSON.stringify(issuerSpec(issuer, { placement, pullSecret: "pull", priorityClass: "platform" })),
  ) as Record<string, unknown>;

describe("DNS solvers", () => {
  const file = join(root, "../shared/crds/cert-manager.yaml");
  let valid: ((spec: unknown) => string[]) | undefined;
  before(() => {
    if (existsSync(file)) valid = schemaOfIssuers(readFileSync(file, "utf8"));
    else console.log("    ../shared/crds is missing: solvers are not held against cert-manager's schema");
  });

  for (const [solver, expected, secrets, port] of table)
    it(`${solver.kind} with ${Object.keys(secrets).join(", ") || "no secret"}, for ${port ?? "the API server"}`, () => {
      const issuer = issuerOf(solver);
      const spec = specOf(issuer);
      assert.deepEqual(at(records(at(spec, "acme", "solvers"))[0], "dns01"), expected);
      assert.deepEqual(solverSecrets(issuer), secrets);
      assert.deepEqual(valid?.(spec) ?? [], []);
      const edges = certificateEdges({ namespace: "cert-manager", issuers: [issuer] }, [443]);
      const server = edges.filter(({ purpose }) => purpose.startsWith("ACME challenges"));
      assert.deepEqual(
        server.map(({ ports, protocol }) => `${protocol ?? "TCP"} ${ports.join()}`),
        port === undefined ? [] : [port],
      );
    });

  it("have selectors, and HTTP-01 has pods, that the schema knows", () => {
    const solvers = [
      {
        kind: "http01" as const,
        ingressClass: "kong",
        zones: ["example.org"],
        hosts: ["*.a.example.org"],
        labels: { dns: "own" },
      },
    ];
    const spec = specOf({ name: "x", kind: "acme", email: "a@example.org", server: "staging", solvers });
    assert.deepEqual(valid?.(spec) ?? [], []);
    const [only] = records(at(spec, "acme", "solvers"));
    assert.deepEqual(only?.["selector"], {
      dnsZones: ["example.org"],
      dnsNames: ["*.a.example.org"],
      matchLabels: { dns: "own" },
    });
  });

  it("are rejected by the schema if a field has another name", function () {
    if (valid === undefined) return this.skip();
    const spec = {
      acme: { server: "s", privateKeySecretRef: { name: "x" }, solvers: [{ dns01: { route53: { rol: "" } } }] },
    };
    assert.equal(valid(spec).length, 1);
  });
});

/** The problems of an issuer's spec by the schema of ClusterIssuers, as strictly as the API server with field validation. */
function schemaOfIssuers(yaml: string): (spec: unknown) => string[] {
  const crd = loadAll(yaml).find((one) => at(one, "spec", "names", "kind") === "ClusterIssuer");
  const version = records(at(crd, "spec", "versions")).find(({ name }) => name === "v1");
  const schema = strict(record(at(version, "schema", "openAPIV3Schema", "properties", "spec")));
  const validate = new Ajv({ strict: false, formats: { byte: true, int32: true, int64: true } }).compile(schema);
  return (spec) =>
    validate(spec) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** A schema that rejects unknown fields. */
function strict(schema: Record<string, unknown>): Record<string, unknown> {
  const inner = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => {
      if (name === "properties")
        return [
          name,
          Object.fromEntries(Object.entries(record(value)).map(([own, one]) => [own, strict(record(one))])),
        ];
      return [name, name === "items" ? strict(record(value)) : value];
    }),
  );
  const open = schema["additionalProperties"] !== undefined || schema["x-kubernetes-preserve-unknown-fields"] === true;
  return schema["properties"] === undefined || open ? inner : { ...inner, additionalProperties: false };
}
