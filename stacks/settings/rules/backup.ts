import { neededOf } from "../derive.ts";
import type { ParsedSettings } from "../schema.ts";
import { unknownName } from "./violation.ts";
import type { Violation } from "./violation.ts";

/** Backups: they need a bucket, and names of databases that exist. */
export function backup(settings: ParsedSettings): Violation[] {
  const { backup: own, buckets } = settings;
  const databases = [...new Set(neededOf(settings).databases)].sort();
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
    ...(own.enabled === true && buckets.kind === "none"
      ? [
          {
            path: ["backup", "enabled"],
            message: "backups need a bucket, but buckets.kind is none",
            got: "true",
            accepts: "true only with buckets.kind: s3 or embedded",
            fix: { set: "embedded", at: ["buckets", "kind"] },
            relies: [["buckets", "kind"]],
          },
        ]
      : []),
    ...own.except.flatMap((name, index) => unknown(["except", index], name)),
    ...Object.keys(own.drill.tables).flatMap((name) => {
      const path = ["backup", "drill", "tables", name];
      // A key cannot be renamed by a command.
      return unknown(["drill", "tables", name], name).map((one) => ({ ...one, fix: { remove: path } }));
    }),
  ];
}
