import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["buckets", ...rest];

/** The keys that an S3-compatible service needs: a URL, and an access key or, for Amazon S3, a role. */
function service({ endpoint, roleArn, ...key }: ParsedSettings["buckets"]): Violation[] {
  const keys = ["accessKeyId", "secretAccessKeySecret"] as const;
  const relies = [at("kind"), at("roleArn")];
  const missing = (name: "endpoint" | (typeof keys)[number]): Violation => ({
    path: at(name),
    message: "is required with kind: s3",
    accepts: "endpoint, accessKeyId and secretAccessKeySecret together",
    fix: `add buckets.${name}, or set buckets.kind to embedded`,
    relies,
  });
  const withoutAddress = endpoint === undefined ? [missing("endpoint")] : [];
  if (roleArn === undefined) return [...withoutAddress, ...keys.filter((name) => key[name] === undefined).map(missing)];
  return [
    ...withoutAddress,
    ...keys
      .filter((name) => key[name] !== undefined)
      .map((name) => ({
        path: at(name),
        message: "has no effect with roleArn",
        got: shown(key[name]),
        accepts: "either accessKeyId and secretAccessKeySecret, or roleArn",
        fix: { remove: at(name) },
        relies,
      })),
    ...(endpoint === undefined || /\.amazonaws\.com(\.cn)?(:\d+)?$/.test(endpoint)
      ? []
      : [
          {
            path: at("roleArn"),
            message: "only Amazon S3 supports roles",
            got: shown(roleArn),
            accepts: "a value only with an endpoint of amazonaws.com",
            fix: { remove: at("roleArn") },
            relies: [at("endpoint")],
          },
        ]),
  ];
}

/** Keys that a kind of object store requires, and keys that have no effect with it. */
export function buckets({ buckets: own, profile }: ParsedSettings): Violation[] {
  const violations: Violation[] = (["endpoint", "accessKeyId", "secretAccessKeySecret", "roleArn"] as const).flatMap(
    (name): Violation[] => {
      if (own.kind === "s3" || own[name] === undefined) return [];
      return [
        {
          path: at(name),
          message: `has no effect with kind: ${own.kind}`,
          got: shown(own[name]),
          accepts: "a value only with kind: s3",
          fix: { set: "s3", at: at("kind") },
          relies: [at("kind")],
        },
      ];
    },
  );
  if (own.kind === "s3") violations.push(...service(own));
  if (own.kind === "embedded" && profile === "prod")
    violations.push({
      path: at("kind"),
      severity: "warning",
      message: "the embedded object store has a single copy: its data is lost with its volume",
      got: shown(own.kind),
      accepts: "s3 for data that must not be lost",
      fix: { set: "s3" },
      relies: [["profile"]],
    });
  return violations;
}

/** An object store whose certificate cannot come from the CAs of the settings. @param path the setting that says it does */
export function unknownAuthority(
  path: Path,
  { endpoint, kind }: ParsedSettings["buckets"],
  { trust }: ParsedSettings["certificates"],
): Violation[] {
  const encrypted = kind === "s3" && endpoint?.startsWith("https:") === true;
  if (encrypted && trust.length > 0) return [];
  return [
    {
      path,
      message: encrypted
        ? "certificates.trust has no CA certificate"
        : "only an object store at an https:// address outside of the stack can have a certificate of certificates.trust",
      got: shown("trust"),
      accepts: "public, or trust with buckets.kind: s3 and certificates.trust",
      fix: { remove: path },
      relies: [["certificates", "trust"], ["buckets"]],
    },
  ];
}
