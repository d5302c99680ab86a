import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import type { Finding } from "./finding.ts";

const at = (...rest: PropertyKey[]): Path => ["buckets", ...rest];

/** What an S3-compatible service needs: an address, and a key or, at Amazon, a role. */
function service({ endpoint, roleArn, ...key }: ParsedSettings["buckets"]): Finding[] {
  const keys = ["accessKeyId", "secretAccessKeySecret"] as const;
  const relies = [at("kind"), at("roleArn")];
  const missing = (name: "endpoint" | (typeof keys)[number]): Finding => ({
    path: at(name),
    message: "is missing, and the kind is s3",
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
        message: "says nothing beside roleArn",
        got: shown(key[name]),
        accepts: "a key or a role",
        fix: { remove: at(name) },
        relies,
      })),
    ...(endpoint === undefined || /\.amazonaws\.com(\.cn)?(:\d+)?$/.test(endpoint)
      ? []
      : [
          {
            path: at("roleArn"),
            message: "only Amazon S3 knows roles",
            got: shown(roleArn),
            accepts: "an endpoint of amazonaws.com with it",
            fix: { remove: at("roleArn") },
            relies: [at("endpoint")],
          },
        ]),
  ];
}

/** Keys that a kind of object store needs, and those that say nothing for it. */
export function buckets({ buckets: own, profile }: ParsedSettings): Finding[] {
  const findings: Finding[] = (["endpoint", "accessKeyId", "secretAccessKeySecret", "roleArn"] as const).flatMap(
    (name): Finding[] => {
      if (own.kind === "s3" || own[name] === undefined) return [];
      return [
        {
          path: at(name),
          message: `says nothing while the kind is ${own.kind}`,
          got: shown(own[name]),
          accepts: "kind: s3 with it",
          fix: { set: "s3", at: at("kind") },
          relies: [at("kind")],
        },
      ];
    },
  );
  if (own.kind === "s3") findings.push(...service(own));
  if (own.kind === "embedded" && profile === "prod")
    findings.push({
      path: at("kind"),
      severity: "warning",
      message: "the stack's own object store keeps one copy: what is in it is lost with its volume",
      got: shown(own.kind),
      accepts: "s3 for what must be kept",
      fix: { set: "s3" },
      relies: [["profile"]],
    });
  return findings;
}
