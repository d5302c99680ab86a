import { parseBytes } from "../../../components/kit/quantities.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { unknownAuthority } from "./buckets.ts";
import { pemFindings } from "./pem.ts";
import { lowLimit, repeated } from "./violation.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["postgresql", ...rest];

/** The engine, and keys that only one engine supports. */
export function postgresEngine({ postgresql }: ParsedSettings): Violation[] {
  const { databases, enabled, engine, external, walStorage } = postgresql;
  const violations: Violation[] = [];
  if (engine === "external" && external === undefined)
    violations.push({
      path: at("external"),
      message: "is required with engine: external",
      accepts: "an object with host and passwordSecret",
      fix: "add external: { host: db.example.org, passwordSecret: NAME }",
    });
  if (engine !== "external" && external !== undefined)
    violations.push({
      path: at("external"),
      message: `has no effect with engine: ${engine}`,
      got: shown(external),
      accepts: "a value only with engine: external",
      fix: { set: "external", at: at("engine") },
      relies: [at("engine")],
    });
  if (engine !== "cloudnative-pg" && walStorage !== undefined)
    violations.push({
      path: at("walStorage"),
      message: `is not supported with engine: ${engine}`,
      got: shown(walStorage),
      accepts: "a value only with engine: cloudnative-pg",
      fix: { remove: at("walStorage") },
      relies: [at("engine")],
    });
  if (!enabled && databases.length > 0)
    violations.push({
      path: at("databases"),
      message: "databases need PostgreSQL, but postgresql.enabled is false",
      got: shown(databases),
      accepts: "postgresql.enabled: true, or no databases",
      fix: { set: true, at: at("enabled") },
    });
  return violations;
}

/** What an archive of the write-ahead log needs, each at the setting that has to change. */
export function postgresArchive({ buckets, certificates, postgresql }: ParsedSettings): Violation[] {
  const { engine, pointInTime } = postgresql;
  const { enabled, objectStoreCa, recovery } = pointInTime;
  const own = (...rest: PropertyKey[]) => at("pointInTime", ...rest);
  const on = own("enabled");
  if (!enabled)
    return recovery === undefined
      ? []
      : [
          {
            path: own("recovery"),
            message: "needs the plugin that reads the archive, but postgresql.pointInTime.enabled is false",
            got: shown(recovery),
            accepts: "a value only with postgresql.pointInTime.enabled: true",
            fix: { set: true, at: on },
            relies: [on],
          },
        ];
  const violations: Violation[] = [];
  if (engine !== "cloudnative-pg")
    violations.push({
      path: on,
      message: `is not supported with engine: ${engine}`,
      got: "true",
      accepts: "true only with engine: cloudnative-pg",
      fix: { set: false },
      relies: [at("engine")],
    });
  const missing = (path: Path, message: string, got: unknown, set: string | boolean, accepts: string): Violation => ({
    path,
    message: `PostgreSQL's archive needs ${message}`,
    got: shown(got),
    accepts: `${accepts}, because postgresql.pointInTime.enabled is true`,
    fix: { set },
    relies: [on],
  });
  if (buckets.kind === "none")
    violations.push(missing(["buckets", "kind"], "a bucket", "none", "embedded", "s3, aws or embedded"));
  if (!certificates.enabled)
    violations.push(
      missing(["certificates", "enabled"], "cert-manager for the certificates of its plugin", false, true, "true"),
    );
  if (objectStoreCa === "trust") violations.push(...unknownAuthority(own("objectStoreCa"), buckets, certificates));
  if (recovery !== undefined && !isTime(recovery.at))
    violations.push({
      path: own("recovery", "at"),
      message: "is no time of the calendar",
      got: shown(recovery.at),
      accepts: 'a time in UTC, such as "2026-11-20T03:00:00Z"',
      fix: "write the time in UTC",
    });
  return violations;
}

/** Whether a time exists: `Date.parse` reads 30 February as a day of March. */
function isTime(text: string): boolean {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text.slice(0, -1));
}

/** TLS to an existing server. */
export function postgresTls({ certificates, postgresql: { engine, external } }: ParsedSettings): Violation[] {
  if (engine !== "external" || external === undefined) return [];
  const { caBundle, sslMode } = external;
  const [mode, bundle] = [at("external", "sslMode"), at("external", "caBundle")];
  const violations: Violation[] = [];
  if (sslMode === "disable" || sslMode === "require")
    violations.push({
      path: mode,
      severity: "warning",
      message:
        sslMode === "disable"
          ? "passwords and data are sent to the server in plaintext"
          : "no client verifies the server, so another one can take its place",
      got: shown(sslMode),
      accepts: "verify-full, with caBundle unless a public CA signed the server's certificate",
      fix: { set: "verify-full" },
    });
  if (caBundle !== undefined && (sslMode === "disable" || sslMode === "require"))
    violations.push({
      path: bundle,
      message: `has no effect with sslMode: ${sslMode}`,
      got: shown(caBundle),
      accepts: "a value only with sslMode: verify-full or verify-ca",
      fix: { set: "verify-full", at: mode },
      relies: [mode],
    });
  else if (caBundle !== undefined) violations.push(...pemFindings(bundle, caBundle, { authority: true }));
  // libpq accepts public CAs only with the host name verified: anyone can get a certificate from them.
  if (caBundle === undefined && certificates.trust.length === 0 && sslMode === "verify-ca")
    violations.push({
      path: mode,
      message: "requires caBundle, because a public CA signs certificates of any server",
      got: shown(sslMode),
      accepts: "verify-full, or verify-ca with caBundle",
      fix: { set: "verify-full" },
      relies: [bundle, ["certificates", "trust"]],
    });
  return violations;
}

/** Sizes that depend on each other. */
export function postgresSizes({ profile, postgresql }: ParsedSettings): Violation[] {
  const { engine, pooler, replicas, resources, sharedBuffers } = postgresql;
  const violations: Violation[] = [];
  const server = lowLimit(at("resources"), resources);
  violations.push(...server, ...lowLimit(at("pooler", "resources"), pooler.resources));
  if (server.length === 0 && parseBytes(sharedBuffers) * 2 > parseBytes(resources.memoryLimit))
    violations.push({
      path: at("sharedBuffers"),
      message: "is too large for the memory limit, because connections also need memory",
      got: shown(sharedBuffers),
      accepts: `at most half of postgresql.resources.memoryLimit (${resources.memoryLimit})`,
      fix: "reduce it, or increase postgresql.resources.memoryLimit",
      relies: [at("resources")],
    });
  if (engine === "postgresql-ha" && replicas === 2)
    violations.push({
      path: at("replicas"),
      severity: profile === "prod" ? undefined : "warning",
      message: "two servers cannot elect a primary when they lose their connection",
      got: "2",
      accepts: "1, or at least 3",
      fix: { set: profile === "prod" ? 3 : 1 },
      relies: [at("engine"), ["profile"]],
    });
  return violations;
}

/** Databases: each name once. */
export function databases({ postgresql }: ParsedSettings): Violation[] {
  return repeated(
    postgresql.databases,
    (one) => one.name,
    (_, index) => ({
      path: at("databases", index, "name"),
      message: "this database is listed twice",
      accepts: "each name once",
      fix: "rename or remove it",
    }),
  );
}
