import { createHash, createHmac } from "node:crypto";

/** Credentials of AWS; temporary ones have a session token. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What a request is signed for. */
export interface Scope {
  readonly region: string;
  /** The service's signing name, such as `ecr` or `s3`. */
  readonly service: string;
  readonly now: Date;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** What is signed. */
export interface Unsigned {
  readonly method?: "GET" | "POST" | "PUT";
  /** Its path and query as they are canonical: encoded, and sorted by name. */
  readonly url: string;
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * The headers of a signed request (AWS, "Create a signed AWS API request"): those given, `host`, and those of the signature. S3 also
 * requires the hash of the body.
 */
export function signed(
  { body = "", headers, method = "POST", url }: Unsigned,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  { now, region, service }: Scope,
): Record<string, string> {
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const { host, pathname, search } = new URL(url);
  const all: Record<string, string> = {
    ...headers,
    host,
    ...(service === "s3" && { "x-amz-content-sha256": sha256(body) }),
    "x-amz-date": time,
    ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
  };
  const names = Object.keys(all).sort();
  const lines = names.map((name) => `${name}:${all[name]?.trim().replace(/ +/g, " ")}\n`).join("");
  const canonical = [method, pathname, search.slice(1), lines, names.join(";"), sha256(body)].join("\n");
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = [day, region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n")).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { ...all, authorization };
}
