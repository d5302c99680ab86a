/** Environment variables whose values are never shown. */
const secretVariables =
  /^(PULUMI_CONFIG_PASSPHRASE|PULUMI_ACCESS_TOKEN|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|.*(_TOKEN|_PASSWORD|_SECRET|_SECRET_KEY|_ACCESS_KEY))$/;

/** The replacement for a secret. */
export const mark = "(hidden)";

/**
 * A function that removes secrets from the output of another program: credentials in URLs, bearer tokens, private keys
 * and the values of the environment's secret variables.
 */
export function redactor(env: Readonly<Record<string, string | undefined>>): (text: string) => string {
  const values = Object.entries(env)
    // A short value would also match unrelated words.
    .flatMap(([name, value = ""]) => (secretVariables.test(name) && value.length >= 6 ? [value] : []))
    .sort((a, b) => b.length - a.length);
  return (text) =>
    values
      .reduce((left, value) => left.replaceAll(value, mark), text)
      .replace(/(:\/\/)[^/@\s"']+@/g, `$1${mark}@`)
      .replace(/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/-]{8,}=*/gi, `$1 ${mark}`)
      .replace(/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?/g, mark)
      .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, mark)
      .replace(/([?&;](?:[a-z_-]*(?:token|secret|password|sig|key))=)[^&\s"']+/gi, `$1${mark}`);
}
