import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Outcomes } from "../../plan/recorder.ts";
import { Secret } from "../../plan/recorder.ts";
import { run } from "./cluster.ts";

/** Generated values as the real providers make them: passwords, private keys and certificates that sign. */
export const generated: Outcomes = (type, _name, inputs) => {
  switch (type) {
    case "random:index/randomPassword:RandomPassword":
      return {
        result: pulumi.secret(password(Number(inputs["length"]))),
        // In the form of a bcrypt hash: nothing here asks of what it is one.
        bcryptHash: pulumi.secret(`$2a$10$${password(53)}`),
      };
    case "random:index/randomBytes:RandomBytes": {
      const bytes = randomBytes(Number(inputs["length"]));
      return { base64: pulumi.secret(bytes.toString("base64")), hex: pulumi.secret(bytes.toString("hex")) };
    }
    case "tls:index/privateKey:PrivateKey": {
      assert.deepEqual([inputs["algorithm"], inputs["ecdsaCurve"]], ["ECDSA", "P256"]);
      const key = privateKey();
      const pkcs8 = createPrivateKey(key).export({ type: "pkcs8", format: "pem" }) as string;
      return { privateKeyPem: pulumi.secret(key), privateKeyPemPkcs8: pulumi.secret(pkcs8) };
    }
    case "tls:index/certRequest:CertRequest":
      return { certRequestPem: certificateRequest(inputs) };
    case "tls:index/locallySignedCert:LocallySignedCert":
      return { certPem: signedRequest(inputs) };
    case "tls:index/selfSignedCert:SelfSignedCert":
      return { certPem: selfSigned(inputs) };
    default:
      return {};
  }
};

/** A CA as a company has it: a root that signed an intermediate, which signs the certificates of hosts. */
export interface CompanyAuthority {
  readonly root: string;
  readonly intermediate: string;
  readonly intermediateKey: string;
  /** A host's certificate with the intermediate after it, and its key. */
  readonly issue: (host: string) => { readonly chain: string; readonly key: string };
}

/** Makes a company's CA. */
export function companyAuthority(): CompanyAuthority {
  const [rootKey, intermediateKey] = [privateKey(), privateKey()];
  const signs = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
  const extensions = [...signs, "subjectKeyIdentifier=hash"];
  const root = certificate(rootKey, "Company Root", 30, extensions);
  const byRoot = { certificate: root, key: rootKey };
  const intermediate = certificate(intermediateKey, "Company Issuing CA", 20, extensions, byRoot);
  const byIntermediate = { certificate: intermediate, key: intermediateKey };
  const issue = (host: string) => {
    const key = privateKey();
    const names = ["basicConstraints=critical,CA:FALSE", `subjectAltName=DNS:${host}`];
    return { chain: certificate(key, host, 10, names, byIntermediate) + intermediate, key };
  };
  return { root, intermediate, intermediateKey, issue };
}

function password(length: number): string {
  return randomBytes(length).toString("hex").slice(0, length);
}

/** On P-256, in the form that the provider gives (SEC 1). */
function privateKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "sec1", format: "pem" }) as string;
}

/** Uses of a key as the tls provider and as OpenSSL name them. */
const keyUsages = { cert_signing: "keyCertSign", crl_signing: "cRLSign", digital_signature: "digitalSignature" };
const extendedKeyUsages = { server_auth: "serverAuth", client_auth: "clientAuth" };

/** What the tls provider makes of these inputs: no more extensions than they ask for. */
function selfSigned(inputs: Record<string, unknown>): string {
  const key = inputs["privateKeyPem"];
  assert.ok(key instanceof Secret);
  const { commonName } = inputs["subject"] as { commonName: string };
  const allowed = inputs["allowedUses"] as string[];
  for (const use of allowed) assert.ok(use in keyUsages || use in extendedKeyUsages, `no key usage known for ${use}`);
  const among = (usages: Readonly<Record<string, string>>) => allowed.flatMap((use) => usages[use] ?? []).join(",");
  const [own, extended] = [among(keyUsages), among(extendedKeyUsages)];
  const names = ((inputs["dnsNames"] ?? []) as string[]).map((name) => `DNS:${name}`).join(",");
  return certificate(String(key.value), commonName, Number(inputs["validityPeriodHours"]) / 24, [
    `basicConstraints=critical,CA:${inputs["isCaCertificate"] === true ? "TRUE" : "FALSE"}`,
    ...(own === "" ? [] : [`keyUsage=critical,${own}`]),
    ...(extended === "" ? [] : [`extendedKeyUsage=${extended}`]),
    ...(names === "" ? [] : [`subjectAltName=${names}`]),
    ...(inputs["setSubjectKeyId"] === true ? ["subjectKeyIdentifier=hash"] : []),
  ]);
}

function certificateRequest(inputs: Record<string, unknown>): string {
  const { commonName } = inputs["subject"] as { commonName: string };
  const names = (inputs["dnsNames"] as string[]).map((name) => `DNS:${name}`);
  return withFiles((file) => {
    const own = file("own.key", plain(inputs["privateKeyPem"]));
    const alternatives = names.length === 0 ? [] : ["-addext", `subjectAltName=${names.join(",")}`];
    const configuration = file("openssl.cnf", "[req]\ndistinguished_name=dn\n[dn]\n");
    return ["req", "-new", "-key", own, "-subj", `/CN=${commonName}`, "-config", configuration, ...alternatives];
  });
}

function signedRequest(inputs: Record<string, unknown>): string {
  return withFiles((file) => [
    ...["x509", "-req", "-in", file("request.csr", plain(inputs["certRequestPem"])), "-copy_extensions", "copy"],
    ...["-CA", file("ca.crt", plain(inputs["caCertPem"])), "-CAkey", file("ca.key", plain(inputs["caPrivateKeyPem"]))],
    ...["-days", String(Math.floor(Number(inputs["validityPeriodHours"]) / 24))],
  ]);
}

function plain(value: unknown): string {
  return String(value instanceof Secret ? value.value : value);
}

function certificate(
  key: string,
  commonName: string,
  days: number,
  extensions: readonly string[],
  signer?: { readonly certificate: string; readonly key: string },
): string {
  return withFiles((file) => {
    const signing =
      signer === undefined
        ? []
        : ["-CA", file("signer.crt", signer.certificate), "-CAkey", file("signer.key", signer.key)];
    return [
      ...["req", "-x509", "-new", "-key", file("own.key", key), "-subj", `/CN=${commonName}`],
      ...["-days", String(Math.floor(days)), "-config", file("openssl.cnf", "[req]\ndistinguished_name=dn\n[dn]\n")],
      ...extensions.flatMap((extension) => ["-addext", extension]),
      ...signing,
    ];
  });
}

/** What OpenSSL prints, with arguments that name files which are gone afterwards. */
function withFiles(args: (file: (name: string, text: string) => string) => readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-ca-"));
  try {
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    return run("openssl", [...args(file)]).out;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
