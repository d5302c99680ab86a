import { copiesFiles, veleroNamespace, veleroPart } from "../../platform/velero.ts";
import { namespacesOf } from "../derive.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { repeated, unknownName } from "./violation.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["backup", "velero", ...rest];

/** Copies by Velero: of namespaces that exist, each once, to a bucket. */
export function velero(settings: ParsedSettings): Violation[] {
  if (!veleroPart.on(settings)) return [];
  const { namespaces, volumes } = settings.backup.velero;
  const known = namespacesOf(settings).map(({ name }) => name);
  const others = known.filter((name) => name !== veleroNamespace);
  return [
    ...withBucket(settings, namespaces),
    ...namespaces.flatMap((name, index) => {
      const path = at("namespaces", index);
      if (name === veleroNamespace) return [ownNamespace(path)];
      if (others.includes(name)) return [];
      const message = "the stack has no namespace of this name";
      return [unknownName(path, message, name, others, "the stack's namespaces", [["namespaces"]])];
    }),
    ...repeated(
      namespaces,
      (name) => name,
      (_, index) => ({
        path: at("namespaces", index),
        message: "this namespace is listed twice",
        accepts: "each name once",
        fix: { remove: at("namespaces", index) },
      }),
    ),
    ...withSnapshots(settings, volumes),
    ...ofDatabases(settings),
  ];
}

function withBucket({ buckets }: ParsedSettings, namespaces: readonly string[]): Violation[] {
  if (buckets.kind !== "none") return [];
  return [
    {
      path: at("namespaces"),
      message: "Velero needs a bucket, but buckets.kind is none",
      got: shown(namespaces),
      accepts: "a list with namespaces only with buckets.kind: s3, aws or embedded",
      fix: { set: "embedded", at: ["buckets", "kind"] },
      relies: [["buckets", "kind"]],
    },
  ];
}

function ownNamespace(path: Path): Violation {
  return {
    path,
    message: "is the namespace of Velero itself, which its own restore would replace while it runs",
    got: shown(veleroNamespace),
    accepts: "any other namespace of the stack",
    fix: { remove: path },
  };
}

function withSnapshots({ storage }: ParsedSettings, volumes: string): Violation[] {
  const path = at("volumes");
  if (volumes !== "snapshots" || storage.classes.some(({ snapshotClass }) => snapshotClass !== undefined)) return [];
  return [
    {
      path,
      message: "no storage class has a snapshotClass, so no volume would be copied",
      got: shown(volumes),
      accepts: "all, none, or snapshots with storage.classes[].snapshotClass",
      fix: { set: "all" },
      relies: [["storage", "classes"]],
    },
  ];
}

/** Files of a database that are read one after another, while the server writes them, are no copy of it. */
function ofDatabases(settings: ParsedSettings): Violation[] {
  const { enabled, engine, namespace } = settings.postgresql;
  const index = settings.backup.velero.namespaces.indexOf(namespace);
  if (!enabled || engine === "external" || index < 0 || !copiesFiles(settings)) return [];
  return [
    {
      path: at("namespaces", index),
      severity: "warning",
      message: "the files of PostgreSQL are copied while the server writes them: such a copy may not start",
      got: shown(namespace),
      accepts: "the namespace of PostgreSQL with volumes: snapshots or none; its databases have dumps",
      fix: { remove: at("namespaces", index) },
      relies: [["postgresql"], ["storage"], at("volumes")],
    },
  ];
}
