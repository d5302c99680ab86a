import { neededOf } from "../derive.ts";
import type { ParsedSettings } from "../schema.ts";
import { shown } from "../problems.ts";
import { together, unknownName } from "./violation.ts";
import type { Violation } from "./violation.ts";

/** Backups: they need a bucket or a folder, and names of databases that exist. */
export function backup(settings: ParsedSettings): Violation[] {
  const { backup: own, buckets, profile } = settings;
  const needed = neededOf(settings);
  const databases = [...new Set(needed.databases)].sort();
  const claims = [...new Set(needed.claims.map(({ claim, namespace }) => `${namespace}/${claim}`))].sort();
  const unknownClaim = (path: readonly (string | number)[], name: string): Violation[] =>
    claims.includes(name)
      ? []
      : [
          unknownName(
            path,
            "no component or application of the stack has a claim with files of this name",
            name,
            claims,
            "the stack's claims with files",
            [["applications"]],
          ),
        ].map((one) => ({ ...one, unless: { kind: "claim", name } as const }));
  const unknown = (path: readonly (string | number)[], name: string): Violation[] =>
    databases.includes(name)
      ? []
      : [
          unknownName(
            ["backup", ...path],
            "no database of the stack has this name",
            name,
            databases,
            "the stack's databases",
            [
              ["postgresql", "databases", "*", "name"],
              ["postgresql", "enabled"],
            ],
          ),
        ].map((one) => ({ ...one, unless: { kind: "database", name } as const }));
  return [
    ...(own.enabled === true && own.folder === undefined && buckets.kind === "none"
      ? [
          {
            path: ["backup", "enabled"],
            message: "backups need a bucket or a folder, but buckets.kind is none and backup.folder is not set",
            got: "true",
            accepts: "true only with buckets.kind: s3, aws or embedded, or with backup.folder",
            fix: { set: "embedded", at: ["buckets", "kind"] },
            relies: [["buckets", "kind"]],
          },
        ]
      : []),
    ...(profile === "prod" && own.enabled !== false && own.folder !== undefined && own.folder.server === undefined
      ? [
          {
            path: ["backup", "folder"],
            severity: "warning" as const,
            message: "is on the stack's own NFS server: the backups are lost with its volume and with the cluster",
            accepts: "a folder of a server outside the cluster, for data that must not be lost",
            fix: "set backup.folder.server to the address of a server outside the cluster",
            relies: [["profile"]],
          },
        ]
      : []),
    ...filesAccess(settings),
    ...own.except.flatMap((name, index) => unknown(["except", index], name)),
    ...own.files.except.flatMap(({ claim }, index) =>
      unknownClaim(["backup", "files", "except", index, "claim"], claim),
    ),
    ...Object.keys(own.drill.tables).flatMap((name) => {
      const path = ["backup", "drill", "tables", name];
      // A key cannot be renamed by a command.
      return unknown(["drill", "tables", name], name).map((one) => ({ ...one, fix: { remove: path } }));
    }),
  ];
}

/** A key or role of pods that back up files: of the same kind as that of the buckets. */
function filesAccess({ backup: { files, folder }, buckets }: ParsedSettings): Violation[] {
  const at = ["backup", "files"];
  const has = { accessKeyId: buckets.accessKeyId !== undefined, roleArn: buckets.roleArn !== undefined };
  const kept = buckets.kind === "s3" && folder === undefined;
  const useless = (["accessKeyId", "roleArn"] as const).flatMap((name): Violation[] =>
    files[name] === undefined || (kept && has[name])
      ? []
      : [
          {
            path: [...at, name],
            message: kept
              ? `has no effect where buckets.${name} is not set`
              : "has no effect: only an existing service can give backups of files rights of their own",
            got: shown(files[name]),
            accepts: `a value only with buckets.kind: s3 and buckets.${name}, and without backup.folder`,
            fix: { remove: [...at, name] },
            relies: [["buckets"], ["backup", "folder"]],
          },
        ],
  );
  return [...together(files, at, ["accessKeyId", "secretAccessKeySecret"]), ...useless];
}
