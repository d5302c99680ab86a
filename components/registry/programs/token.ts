import { call, Failure } from "../../kit/programs/call.ts";
import { parsed } from "./credentials.ts";
import { signed } from "../../kit/programs/signature.ts";
import type { Credentials } from "../../kit/programs/signature.ts";

/** A password of a registry. */
export interface RegistryToken {
  /** User and password in base64, as a registry's clients send them. */
  readonly auth: string;
  /** Its end, as ISO 8601; undefined if the service does not say. */
  readonly until?: string;
}

/**
 * Calls GetAuthorizationToken of Amazon ECR (Amazon ECR API Reference).
 * @throws Failure with the service's error code. Its message is left out: for a wrong signature it repeats the signed headers.
 */
export async function registryToken(url: string, region: string, credentials: Credentials): Promise<RegistryToken> {
  const body = "{}";
  const headers = signed(
    {
      url,
      body,
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
      },
    },
    credentials,
    { region, service: "ecr", now: new Date() },
  );
  const { status, text } = await call("Amazon ECR", { url, method: "POST", headers, body });
  const answer = parsed(text);
  if (status !== 200) throw new Failure(`Amazon ECR refuses a token: ${status} ${code(answer["__type"])}`);
  const [data] = Array.isArray(answer["authorizationData"]) ? (answer["authorizationData"] as unknown[]) : [];
  const { authorizationToken: auth, expiresAt } = (data ?? {}) as Record<string, unknown>;
  if (typeof auth !== "string" || !/^[A-Za-z0-9+/]+=*$/.test(auth))
    throw new Failure("Amazon ECR answers without a token");
  return { auth, until: typeof expiresAt === "number" ? new Date(expiresAt * 1000).toISOString() : undefined };
}

/** An error's code without its namespace; the service's answers are not trusted to be one line. */
function code(type: unknown): string {
  return typeof type === "string" && /^[\w.#:-]+$/.test(type) ? (type.split("#").at(-1) ?? type) : "without a reason";
}

/** The content of a Secret of the type kubernetes.io/dockerconfigjson (Kubernetes, "Pull an Image from a Private Registry"). */
export function dockerConfig(registry: string, { auth }: Pick<RegistryToken, "auth">): string {
  return JSON.stringify({ auths: { [registry]: { auth } } });
}
