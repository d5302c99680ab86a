import assert from "node:assert/strict";
import { join } from "node:path";
import { certificateName } from "../../components/certificates/certificates.ts";
import { issuerSpec, solverSecrets } from "../../components/certificates/issuers.ts";
import type { Issuer } from "../../components/certificates/issuers.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { Secret } from "../../plan/recorder.ts";
import { named, recordStack, root, stacks } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { wiki } from "../settings/pem-samples.ts";

const [dev, prod] = stacks as readonly [TestStack, TestStack];
const nowhere = { nodeSelector: {}, tolerations: [] };
const everyHost = { zones: [], hosts: [], labels: {} };
const byDns = { ...everyHost, followCname: false };

/** What the pods of HTTP-01 have in every stack. */
const solverPod = {
  resources: {
    requests: { cpu: "10m", memory: "64Mi", "ephemeral-storage": "50Mi" },
    limits: { memory: "64Mi", "ephemeral-storage": "2Gi" },
  },
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
};

describe("issuers", () => {
  it("W04: letsencrypt-prod speaks ACME v02, keeps its key under its own name, and answers through Kong", async () => {
    const { resources } = await recordStack({ name: "worldcereal", file: join(root, "examples", "worldcereal.yaml") });
    const issuer = plannedObjects(resources).find(({ kind }) => kind === "ClusterIssuer");
    assert.equal(issuer?.name, "letsencrypt-prod");
    assert.deepEqual(issuer?.manifest["spec"], {
      acme: {
        email: "ops@worldcereal.example.org",
        server: "https://acme-v02.api.letsencrypt.org/directory",
        privateKeySecretRef: { name: "letsencrypt-prod" },
        solvers: [
          {
            http01: {
              ingress: {
                ingressClassName: "kong",
                podTemplate: {
                  spec: {
                    nodeSelector: { "system-tag": "world-cereal-system" },
                    priorityClassName: "groundplan-worldcereal-platform",
                    ...solverPod,
                  },
                },
              },
            },
          },
        ],
      },
    });
  });

  const table: [string, Issuer, object, object][] = [
    ["self-signed", { name: "x", kind: "self-signed" }, { selfSigned: {} }, {}],
    ["own-ca", { name: "x", kind: "own-ca", commonName: "X", validity: "1d" }, { ca: { secretName: "x-issuer" } }, {}],
    [
      "company-ca",
      { name: "x", kind: "company-ca", certificate: "", keySecret: "k" },
      { ca: { secretName: "x-issuer" } },
      {},
    ],
    [
      "acme at another server",
      {
        name: "x",
        kind: "acme",
        email: "a@example.org",
        server: "https://ca.example.org/acme/acme/directory",
        caBundle: "PEM",
        externalAccount: { keyId: "kid", keySecret: "eab" },
        solvers: [{ kind: "http01", ingressClass: "kong", ...everyHost }],
      },
      {
        acme: {
          email: "a@example.org",
          server: "https://ca.example.org/acme/acme/directory",
          caBundle: "UEVN",
          externalAccountBinding: { keyID: "kid", keySecretRef: { name: "x-issuer", key: "external-account" } },
          privateKeySecretRef: { name: "x" },
          solvers: [{ http01: { ingress: { ingressClassName: "kong", podTemplate: { spec: solverPod } } } }],
        },
      },
      { "external-account": "eab" },
    ],
    [
      "acme by DNS",
      {
        name: "x",
        kind: "acme",
        email: "a@example.org",
        server: "staging",
        solvers: [
          { kind: "cloudflare", apiTokenSecret: "cf", ...byDns, zones: ["example.org"] },
          { kind: "route53", region: "eu-west-1", accessKeyId: "AK", secretAccessKeySecret: "aws", ...byDns },
          { kind: "route53", region: "eu-west-1", ...byDns },
        ],
      },
      {
        acme: {
          email: "a@example.org",
          server: "https://acme-staging-v02.api.letsencrypt.org/directory",
          privateKeySecretRef: { name: "x" },
          solvers: [
            {
              selector: { dnsZones: ["example.org"] },
              dns01: { cloudflare: { apiTokenSecretRef: { name: "x-issuer", key: "solver-0" } } },
            },
            {
              dns01: {
                route53: {
                  region: "eu-west-1",
                  accessKeyID: "AK",
                  secretAccessKeySecretRef: { name: "x-issuer", key: "solver-1" },
                },
              },
            },
            { dns01: { route53: { region: "eu-west-1" } } },
          ],
        },
      },
      { "solver-0": "cf", "solver-1": "aws" },
    ],
  ];
  for (const [name, issuer, spec, secrets] of table) {
    it(`C15: ${name}`, () => {
      // As it is sent: absent members are left out.
      assert.deepEqual(JSON.parse(JSON.stringify(issuerSpec(issuer, { placement: nowhere }))), spec);
      assert.deepEqual(solverSecrets(issuer), secrets);
    });
  }

  it("wait for the release, which is done when the webhook answers; certificates wait for their issuer", async () => {
    for (const stack of stacks) {
      const { resources } = await recordStack(stack);
      for (const { inputs, dependencies, urn } of resources) {
        const waits = (name: string) =>
          assert.ok(
            dependencies.some((one) => one.endsWith(name)),
            `${urn} does not wait for ${name}`,
          );
        if (inputs["kind"] === "ClusterIssuer") waits("::certificates-release");
        if (inputs["kind"] === "Certificate")
          waits(stack === dev ? "::certificates-issuer-own-ca" : "::certificates-issuer-letsencrypt-prod");
      }
      const values = named(resources, "certificates-release").inputs["values"] as {
        startupapicheck: { enabled?: boolean };
      };
      assert.notEqual(values.startupapicheck.enabled, false);
    }
  });

  it("the own CA's certificate is an output in clear, its key nowhere but in a Secret", async () => {
    const { resources } = await recordStack(dev);
    const secret = named(resources, "certificates-issuer-own-ca-secret").inputs;
    assert.equal(secret["type"], "kubernetes.io/tls");
    assert.ok(secret["stringData"] instanceof Secret);
    const certificate = named(resources, "certificates-issuer-own-ca-certificate").inputs;
    assert.deepEqual([certificate["isCaCertificate"], certificate["validityPeriodHours"]], [true, 87600]);
  });

  it("the ServiceMonitor kind comes first", async () => {
    const { resources } = await recordStack(prod);
    for (const name of ["certificates-release", "postgres-release"]) {
      assert.ok(
        named(resources, name).dependencies.some((urn) => urn.endsWith("::monitoring-definitions-release")),
        name,
      );
    }
  });
});

describe("C15: a certificate of the user's own", () => {
  const set = [
    `certificates.hosts=[{host: wiki, namespace: hello, certificate: ${JSON.stringify(wiki)}, keySecret: wiki-key}]`,
    "secrets:wiki-key={secure: v1}",
    "gateway={enabled: false}",
  ];

  it("becomes the Secret that an issued one would be, with its key as a secret", async () => {
    const { resources } = await recordStack({ ...dev, set });
    const objects = plannedObjects(resources);
    assert.deepEqual(
      objects.filter(({ kind }) => kind === "Certificate"),
      [],
    );
    const secret = named(resources, "own-certificates-hello-wiki.dev.example.org-tls").inputs;
    assert.deepEqual(
      [secret["type"], (secret["metadata"] as { name: string }).name],
      ["kubernetes.io/tls", "wiki.dev.example.org-tls"],
    );
    assert.ok(secret["stringData"] instanceof Secret);
  });

  it("works without cert-manager", async () => {
    const { resources } = await recordStack({ ...dev, set: [...set, "certificates.enabled=false"] });
    assert.ok(!resources.some(({ name }) => name === "certificates-release"));
    assert.ok(resources.some(({ name }) => name === "own-certificates-hello-wiki.dev.example.org-tls"));
  });
});

describe("certificateName", () => {
  it("keeps hosts apart", () => {
    const hosts = ["a.example.org", "*.a.example.org", "wildcard.a.example.org", "a-example.org", "a.example-org"];
    const names = hosts.map(certificateName);
    assert.equal(new Set(names).size, hosts.length, names.join());
  });
});
