// cert-manager's own controllers at work on what the program makes: its issuers and certificates, until a client could trust
// the host. They run beside the API server, so nothing is said of cert-manager's pods, its webhook or an ACME server.
import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stackNamed } from "../stacks.ts";
import { eventually, run, skip, useCluster } from "./cluster.ts";
import type { Cluster, KubernetesObject } from "./cluster.ts";
import { builtController, startController } from "./cert-manager-controller.ts";
import { Deployment } from "./deployment.ts";
import type { ClusterStack } from "./deployment.ts";
import { companyAuthority } from "./generated.ts";

interface Certificate extends KubernetesObject {
  readonly spec: {
    readonly secretName: string;
    readonly issuerRef: { readonly name: string };
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

interface Conditioned extends KubernetesObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

interface TlsSecret extends KubernetesObject {
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

interface Node extends KubernetesObject {
  readonly status: { readonly nodeInfo: { readonly kubeletVersion: string } };
}

const dev = stackNamed("dev");
const company = companyAuthority();

/** A stack with a company's CA beside its own, which asks for every form of host. */
const companyStack: ClusterStack = {
  ...dev,
  set: [
    // Certificates and nothing that asks for further ones.
    ...["postgresql", "gateway", "keycloak", "logging", "monitoring"].map((part) => `${part}={enabled: false}`),
    "monitoring.serviceMonitors=false",
    `certificates.issuers=${JSON.stringify([
      {
        name: "company",
        kind: "company-ca",
        certificate: company.intermediate + company.root,
        keySecret: "company-key",
      },
      { name: "own-ca", kind: "own-ca", commonName: "CA of the test", validity: "90d" },
      { name: "self", kind: "self-signed" },
    ])}`,
    `certificates.hosts=${JSON.stringify([
      { host: "wiki", namespace: "apps" },
      { host: "*.apps.example.net", namespace: "apps" },
      { host: "*.dev.example.org", namespace: "apps", issuer: "own-ca" },
      { host: "self", namespace: "other", issuer: "self" },
    ])}`,
  ],
  secrets: { "company-key": company.intermediateKey },
};

for (const [title, stack] of [
  ["the dev stack", dev],
  ["a stack with a company's CA", companyStack],
] as const) {
  describe(`cert-manager on ${title}`, function () {
    this.timeout(20 * 60_000);
    let cluster: Cluster;
    let deployment: Deployment;
    let controller: ReturnType<typeof startController> | undefined;
    let mayWipe = false;
    /** What a client of each issuer's hosts trusts, in PEM. */
    const trusted = new Map<string, string>();

    before(async function () {
      cluster = await useCluster(this);
      const nodes = cluster.get<Node>(["nodes"]);
      const pretend = nodes.every(({ status }) => status.nodeInfo.kubeletVersion.startsWith("kwok"));
      let program: string | undefined;
      try {
        // Where pods run, the release's own controllers do the work.
        program = pretend ? builtController() : undefined;
      } catch (error) {
        skip(this, `cert-manager's controllers cannot be built: ${(error as Error).message.split("\n", 2).join(" ")}`);
      }
      deployment = await Deployment.of(cluster, stack);
      mayWipe = true;
      assert.deepEqual(deployment.apply(), []);
      if (program !== undefined) controller = startController(program, cluster, "cert-manager");
      for (const [name, pem] of Object.entries(deployment.result.outputs.caCertificates))
        trusted.set(name, await new Promise<string>((resolve) => pem.apply(resolve)));
      trusted.set("company", company.root);
    });
    after(() => {
      controller?.stop();
      if (mayWipe) deployment.wipe();
    });
    afterEach(function () {
      if (this.currentTest?.state === "failed" && controller !== undefined)
        console.log(controller.log().split("\n").slice(-20).join("\n"));
    });

    /** The hosts for which the stack promises a certificate, each with what OpenSSL and a browser would get. */
    const hosts = () =>
      deployment.result.ledger.hosts.map(({ host, tlsSecret }) => {
        assert.ok(tlsSecret !== undefined, `no Secret is promised for ${host}`);
        const { name, namespace } = tlsSecret;
        const [secret] = cluster.get<TlsSecret>(["secret", name, "--namespace", namespace]);
        assert.ok(secret !== undefined, `no Secret ${namespace}/${name}`);
        const asked = deployment.all<Certificate>("certificates").find(({ spec }) => spec.secretName === name);
        const text = (key: string) => Buffer.from(secret.data[key] ?? "", "base64").toString();
        const issuer = asked?.spec.issuerRef.name ?? "";
        return { host, issuer, type: secret.type, chain: text("tls.crt"), key: text("tls.key") };
      });

    it("has every issuer ready, and every certificate", async () => {
      const issuers = deployment.objects.filter(({ kind }) => kind === "ClusterIssuer").map(({ name }) => name);
      const { ledger } = deployment.result;
      assert.ok(ledger.hosts.length > 0);
      await eventually(60, () => {
        const certificates = deployment.all<Conditioned>("certificates");
        assert.equal(certificates.length, ledger.hosts.length);
        for (const { kind, metadata, status } of [
          ...cluster.get<Conditioned>(["clusterissuers", ...issuers]),
          ...certificates,
        ]) {
          const ready = status?.conditions?.find(({ type }) => type === "Ready");
          assert.equal(ready?.status, "True", `${kind} ${metadata.name}: ${ready?.message ?? "no condition"}`);
        }
      });
    });

    it("gives each host a key, and a certificate for that name alone", () => {
      for (const { host, type, chain, key } of hosts()) {
        const leaf = new X509Certificate(chain);
        assert.equal(type, "kubernetes.io/tls");
        assert.equal(leaf.subjectAltName, `DNS:${host}`);
        assert.ok(leaf.checkPrivateKey(createPrivateKey(key)), "the key is another's");
        assert.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
      }
    });

    it("gives each host a chain that a client trusts who trusts the issuer's CA", () => {
      const stranger = companyAuthority().root;
      for (const { host, issuer, chain } of hosts()) {
        // A wildcard is for any one label.
        const name = host.replace("*", "some");
        const anchor = trusted.get(issuer) ?? chain;
        assert.equal(verify(chain, anchor, name), "");
        assert.match(verify(chain, anchor, `not.${name}`), /[Hh]ostname mismatch/);
        assert.match(verify(chain, stranger, name), /unable to get .*issuer certificate|self-signed/);
      }
    });
  });
}

/** What OpenSSL has against a server's chain, as a client of the host that trusts the anchor; empty when nothing. */
function verify(chain: string, anchor: string, host: string): string {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-chain-"));
  const [chainFile, anchorFile] = [join(folder, "chain"), join(folder, "anchor")];
  writeFileSync(chainFile, chain);
  writeFileSync(anchorFile, anchor);
  try {
    const as = ["-purpose", "sslserver", "-verify_hostname", host];
    run("openssl", ["verify", "-no-CApath", "-CAfile", anchorFile, "-untrusted", chainFile, ...as, chainFile]);
    return "";
  } catch (error) {
    return (error as Error).message;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
