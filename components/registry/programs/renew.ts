// Writes a new password of Amazon ECR into one Secret of each namespace. Whatever fails, the Secrets keep their last password.
import { join } from "node:path";
import { call, Failure } from "../../kit/programs/call.ts";
import { contentOf, findCredentials, parsed } from "./credentials.ts";
import { dockerConfig, registryToken } from "./token.ts";

/** A variable of the pod. @throws Failure where it is not set */
function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Failure(`the variable ${name} is not set`);
  return value;
}

/** Replaces the login in a Secret that exists: the account may neither read nor create Secrets. */
async function write(namespace: string, secret: string, config: string): Promise<void> {
  const account = variable("ACCOUNT");
  const host = variable("KUBERNETES_SERVICE_HOST");
  const server = `${host.includes(":") ? `[${host}]` : host}:${variable("KUBERNETES_SERVICE_PORT")}`;
  const { status, text } = await call("the API server", {
    url: `https://${server}/api/v1/namespaces/${namespace}/secrets/${secret}?fieldManager=groundplan-ecr`,
    method: "PATCH",
    headers: {
      authorization: `Bearer ${contentOf(join(account, "token"))}`,
      "content-type": "application/merge-patch+json",
    },
    body: JSON.stringify({ data: { ".dockerconfigjson": Buffer.from(config).toString("base64") } }),
    ca: contentOf(join(account, "ca.crt")),
  });
  if (status === 200) return;
  const { reason } = parsed(text);
  throw new Failure(typeof reason === "string" && /^\w+$/.test(reason) ? `${status} ${reason}` : String(status));
}

/** @returns what was done @throws Failure with everything that failed */
async function renew(): Promise<string> {
  const [registry, secret] = [variable("REGISTRY"), variable("SECRET")];
  const namespaces = variable("NAMESPACES").split(" ");
  const credentials = await findCredentials(process.env);
  const token = await registryToken(variable("AWS_ENDPOINT_URL_ECR"), variable("AWS_REGION"), credentials);
  const config = dockerConfig(registry, token);
  const failed: string[] = [];
  for (const namespace of namespaces) {
    try {
      await write(namespace, secret, config);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failed.push(`${namespace} (${error.message})`);
    }
  }
  if (failed.length > 0)
    throw new Failure(
      `the Secret ${secret} is not renewed in ${failed.length} of ${namespaces.length} namespaces: ${failed.join(", ")}`,
    );
  return `renewed in ${namespaces.length} namespaces${token.until === undefined ? "" : `, valid until ${token.until}`}`;
}

try {
  console.log(`ecr: ${await renew()}`);
} catch (error) {
  // The message of any other error could contain a part of an answer.
  console.error(`ecr: ${error instanceof Failure ? error.message : `unexpected ${String((error as Error).name)}`}`);
  process.exitCode = 1;
}
