import { readFileSync } from "node:fs";
import { call, Failure } from "../../kit/programs/call.ts";
import type { Credentials } from "../../kit/programs/signature.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The credentials of AWS that the pod has: an access key, or those of a role, by the variables that AWS' SDKs use ("AWS SDKs and Tools
 * Reference Guide", "Environment variables support").
 * @throws Failure where there are none, or they are refused
 */
export async function findCredentials(env: Environment): Promise<Credentials> {
  const accessKeyId = env["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = env["AWS_SECRET_ACCESS_KEY"];
  if (accessKeyId && secretAccessKey)
    return { accessKeyId, secretAccessKey, sessionToken: env["AWS_SESSION_TOKEN"] || undefined };
  if (env["AWS_ROLE_ARN"] && env["AWS_WEB_IDENTITY_TOKEN_FILE"])
    return webIdentity(env["AWS_ROLE_ARN"], env["AWS_WEB_IDENTITY_TOKEN_FILE"], env["AWS_ENDPOINT_URL_STS"] ?? "");
  if (env["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
    return podIdentity(env["AWS_CONTAINER_CREDENTIALS_FULL_URI"], env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]);
  throw new Failure("no credentials of AWS: the service account of this pod has no role");
}

/** IAM roles for service accounts (STS, "AssumeRoleWithWebIdentity"). */
async function webIdentity(role: string, tokenFile: string, url: string): Promise<Credentials> {
  const body = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: role,
    RoleSessionName: "groundplan-ecr",
    WebIdentityToken: contentOf(tokenFile),
  }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const { status, text } = await call("AWS STS", { url, method: "POST", headers, body });
  const element = (name: string) => new RegExp(`<${name}>\\s*([^<]+?)\\s*</${name}>`).exec(text)?.[1];
  const [accessKeyId, secretAccessKey] = [element("AccessKeyId"), element("SecretAccessKey")];
  if (status !== 200 || accessKeyId === undefined || secretAccessKey === undefined)
    throw new Failure(`AWS STS refuses the role ${role}: ${status} ${element("Code") ?? "without a reason"}`);
  return { accessKeyId, secretAccessKey, sessionToken: element("SessionToken") };
}

/** The agent of EKS Pod Identity, which answers on every node. */
async function podIdentity(url: string, tokenFile: string | undefined): Promise<Credentials> {
  const headers: Record<string, string> = tokenFile === undefined ? {} : { authorization: contentOf(tokenFile) };
  const { status, text } = await call("EKS Pod Identity", { url, headers });
  const { AccessKeyId, SecretAccessKey, Token } = parsed(text);
  if (status !== 200 || typeof AccessKeyId !== "string" || typeof SecretAccessKey !== "string")
    throw new Failure(`EKS Pod Identity gives no credentials: ${status}`);
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: typeof Token === "string" ? Token : undefined,
  };
}

/** The members of a JSON object; none of any other text. */
export function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** A token's file. Kubernetes replaces it before the token expires. @throws Failure where it cannot be read */
export function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new Failure(`${path} cannot be read: ${String((error as { code?: unknown }).code)}`);
  }
}
