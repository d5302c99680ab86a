import { X509Certificate } from "node:crypto";
import type { Keyed } from "./secret.ts";

/** The folder of pods with the company's CA certificates. */
export const trustFolder = "/etc/trusted-authorities";

/** The name of the volume with them. */
export const trustVolume = "trusted-authorities";

/** The certificates in a PEM text, one by one. */
export function certificatesIn(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

/** CA certificates in PEM as one text. */
export function joined(bundles: readonly string[]): string {
  return bundles.map((pem) => `${pem.trim()}\n`).join("");
}

/**
 * CA certificates as files, one for each, because keytool reads only the first of a file.
 * @returns PEM by file name, `ca-FINGERPRINT.crt`: equal certificates become one file, in whatever order they are given
 */
export function trustFiles(bundles: readonly string[]): Record<string, string> {
  const named = bundles.flatMap(certificatesIn).map((pem) => {
    const fingerprint = new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
    return [`ca-${fingerprint.slice(0, 16)}.crt`, `${pem}\n`] as const;
  });
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** CA certificates for the pods of a namespace. */
export interface Trusted extends Keyed {
  /** The names of its files. */
  readonly files: readonly string[];
}

/** The component that gives a namespace the company's CA certificates. */
export interface TrustBinding {
  /** The ConfigMap in a namespace, created once. */
  in(namespace: string): Trusted;
}

/** The pod's volume with the certificates. */
export function trustedVolume({ name }: Keyed): { name: typeof trustVolume; configMap: { name: string } } {
  return { name: trustVolume, configMap: { name } };
}

/** A container's mount of that volume. */
export const trustedMount = { name: trustVolume, mountPath: trustFolder, readOnly: true } as const;

/**
 * The variable that makes a Go program trust the certificates in addition to the public CAs of its image: Go reads those from a file
 * that this variable does not change, and the folders from here (crypto/x509, `root_unix.go` and `root_linux.go`).
 */
export const goTrust = { name: "SSL_CERT_DIR", value: `/etc/ssl/certs:/etc/pki/tls/certs:${trustFolder}` } as const;

/**
 * A shell script that copies Java's trust store and adds the certificates, and the options with which Java uses the copy. The store
 * holds certificates only, so its password protects nothing.
 * @param home the folder of Java, or a variable with it
 * @param store the path of the copy, in a writable folder
 * @param sources files by alias, and whether all files of {@link trustFolder} are added too
 */
export function javaTrust(
  home: string,
  store: string,
  { named = {}, trusted = false }: { readonly named?: Readonly<Record<string, string>>; readonly trusted?: boolean },
): { readonly script: string; readonly options: string[] } {
  const password = "changeit";
  const add = (alias: string, file: string) =>
    `"${home}/bin/keytool" -importcert -noprompt -alias ${alias} -file ${file} -keystore ${store} -storepass ${password}`;
  const script = [
    `cp "${home}/lib/security/cacerts" ${store}`,
    `chmod u+w ${store}`,
    ...Object.entries(named).map(([alias, file]) => add(alias, file)),
    ...(trusted ? [`for file in ${trustFolder}/*.crt; do ${add('"${file##*/}"', '"$file"')} || exit 1; done`] : []),
  ];
  return {
    script: script.join(" && "),
    options: [`-Djavax.net.ssl.trustStore=${store}`, `-Djavax.net.ssl.trustStorePassword=${password}`],
  };
}
