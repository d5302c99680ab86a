// Writes statements into the policy of a bucket. Statements of the same users are replaced; those of others stay.
import { call, Failure } from "../../kit/programs/call.ts";
import { signed } from "../../kit/programs/signature.ts";

interface Statement {
  readonly Principal: { readonly AWS: readonly string[] };
}

const {
  ADMIN_ACCESS_KEY: accessKeyId = "",
  ADMIN_ENDPOINT_URL: endpoint = "",
  ADMIN_REGION: region = "",
  ADMIN_SECRET_KEY: secretAccessKey = "",
  BUCKET = "",
  STATEMENTS = "[]",
} = process.env;

/** A request about the policy (Amazon S3 API, "GetBucketPolicy" and "PutBucketPolicy"), as the store's administrator. */
async function request(method: "GET" | "PUT", body?: string) {
  const url = `${endpoint}/${BUCKET}?policy=`;
  const scope = { region, service: "s3", now: new Date() };
  const headers = signed({ method, url, headers: {}, body }, { accessKeyId, secretAccessKey }, scope);
  const { status, text } = await call("the object store", { method, url, headers, body });
  if (method === "GET" && status === 404) return undefined;
  const message = /<Message>([^<]*)/.exec(text)?.[1] ?? "no reason";
  if (status >= 300) throw new Failure(`the object store: policy of the bucket ${BUCKET}: ${status} ${message}`);
  return text;
}

const userOf = ({ Principal }: Statement) => Principal.AWS.join(" ");

try {
  const statements = JSON.parse(STATEMENTS) as readonly Statement[];
  const users = new Set(statements.map(userOf));
  const present = await request("GET");
  const before =
    present === undefined ? [] : (JSON.parse(present) as { readonly Statement: readonly Statement[] }).Statement;
  const others = before.filter((one) => !users.has(userOf(one)));
  await request("PUT", JSON.stringify({ Version: "2012-10-17", Statement: [...others, ...statements] }));
  console.log(`bucket ${BUCKET}: policy of ${[...users].join(", ")}, and of ${others.length} other statements`);
} catch (error) {
  console.error(error instanceof Failure ? error.message : String(error));
  process.exitCode = 1;
}
