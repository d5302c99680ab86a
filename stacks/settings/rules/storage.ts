import { shareClass } from "../../../components/nfs/shares.ts";
import type { Path } from "../path.ts";
import type { ParsedSettings } from "../schema.ts";
import { repeated, unknownName } from "./violation.ts";
import type { Violation } from "./violation.ts";

/** Storage classes: unique names, one default, and required keys. */
export function storageClasses({ nfs, profile, storage }: ParsedSettings): Violation[] {
  const at = (index: number, ...rest: string[]) => ["storage", "classes", index, ...rest];
  const defaults = <T extends { readonly default: boolean }>(list: readonly T[], path: Path) =>
    list.flatMap((one, index) => (one.default ? [{ ...one, path: [...path, index, "default"] }] : []));
  const [first, ...further] = [
    ...defaults(storage.classes, ["storage", "classes"]),
    ...defaults(
      nfs.shares.map((share) => ({ ...share, name: shareClass(share.name) })),
      ["nfs", "shares"],
    ),
  ];
  return [
    ...repeated(
      storage.classes,
      ({ name }) => name,
      (_, index) => ({
        path: at(index, "name"),
        message: "this class is listed twice",
        accepts: "each name once",
        fix: "rename or remove it",
      }),
    ),
    ...further.map(({ path }): Violation => ({
      path,
      message: "only one class can be the default",
      got: "true",
      accepts: `at most one default class; ${first?.name ?? ""} is already the default`,
      fix: { remove: path },
    })),
    ...storage.classes.flatMap((one, index): Violation[] => {
      if (one.existing) return [];
      if (one.provisioner === undefined) {
        return [
          {
            path: at(index, "provisioner"),
            message: "is missing",
            accepts: 'the name of a driver, such as "ebs.csi.aws.com"',
            fix: "set provisioner, or set existing: true if the class already exists in the cluster",
            relies: [at(index, "existing")],
          },
        ];
      }
      if (profile === "prod" && one.reclaimPolicy === "Delete") {
        return [
          {
            path: at(index, "reclaimPolicy"),
            severity: "warning",
            message: "deleting a PersistentVolumeClaim destroys its data",
            got: '"Delete"',
            accepts: "Retain, which keeps the data",
            fix: { remove: at(index, "reclaimPolicy") },
            relies: [["profile"], at(index, "existing")],
          },
        ];
      }
      return [];
    }),
  ];
}

/** Roles must refer to listed classes. */
export function storageRoles({ nfs, storage }: ParsedSettings): Violation[] {
  const names = [...storage.classes.map((one) => one.name), ...nfs.shares.map((share) => shareClass(share.name))];
  return Object.entries(storage.roles).flatMap(([role, name]) =>
    name === undefined || names.includes(name)
      ? []
      : [
          unknownName(["storage", "roles", role], "no storage class has this name", name, names, "storage.classes", [
            ["storage", "classes", "*", "name"],
          ]),
        ],
  );
}

/** Existing volumes: one per PersistentVolumeClaim. */
export function volumes({ storage }: ParsedSettings): Violation[] {
  const at = (index: number, key: string) => ["storage", "volumes", index, key];
  return [
    ...repeated(
      storage.volumes,
      ({ name }) => name,
      (_, index) => ({
        path: at(index, "name"),
        message: "this volume is listed twice",
        accepts: "each name once",
        fix: "rename or remove it",
      }),
    ),
    ...repeated(
      storage.volumes,
      ({ claim }) => `${claim.namespace}/${claim.name}`,
      (_, index) => ({
        path: at(index, "claim"),
        message: "two volumes are reserved for the same PersistentVolumeClaim",
        accepts: "each claim once",
        fix: "set another claim, or remove the volume",
      }),
    ),
  ];
}
