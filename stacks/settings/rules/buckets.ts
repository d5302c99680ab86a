import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import type { Finding } from "./finding.ts";

const at = (...rest: PropertyKey[]): Path => ["buckets", ...rest];

/** Keys that a kind of object store needs, and those that say nothing for it. */
export function buckets({ buckets: own, profile }: ParsedSettings): Finding[] {
  const keys = ["endpoint", "accessKeyId", "secretAccessKeySecret"] as const;
  const findings: Finding[] = keys.flatMap((name): Finding[] => {
    if (own.kind === "s3" && own[name] === undefined)
      return [
        {
          path: at(name),
          message: "is missing, and the kind is s3",
          accepts: "endpoint, accessKeyId and secretAccessKeySecret together",
          fix: `add buckets.${name}, or set buckets.kind to embedded`,
          relies: [at("kind")],
        },
      ];
    if (own.kind !== "s3" && own[name] !== undefined)
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
    return [];
  });
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
