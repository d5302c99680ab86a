import type { ParsedSettings } from "../schema.ts";
import { repeated, unknownName } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** Storage classes: names, the default, and what a class needs. */
export function storageClasses({ profile, storage }: ParsedSettings): Finding[] {
  const at = (index: number, ...rest: string[]) => ["storage", "classes", index, ...rest];
  const [first, ...further] = storage.classes.flatMap((one, index) => (one.default ? [{ ...one, index }] : []));
  return [
    ...repeated(
      storage.classes,
      ({ name }) => name,
      (_, index) => ({
        path: at(index, "name"),
        message: "this class is listed twice",
        accepts: "each name once",
        fix: "give it another name, or take it out",
      }),
    ),
    ...further.map(({ index }): Finding => ({
      path: at(index, "default"),
      message: "a second default class",
      got: "true",
      accepts: `at most one default class: ${first?.name ?? ""} is one`,
      fix: { remove: at(index, "default") },
    })),
    ...storage.classes.flatMap((one, index): Finding[] => {
      if (one.existing) return [];
      if (one.provisioner === undefined) {
        return [
          {
            path: at(index, "provisioner"),
            message: "is missing",
            accepts: 'a driver\'s name, such as "ebs.csi.aws.com"',
            fix: "name the driver, or say existing: true where the cluster has the class already",
            relies: [at(index, "existing")],
          },
        ];
      }
      if (profile === "prod" && one.reclaimPolicy === "Delete") {
        return [
          {
            path: at(index, "reclaimPolicy"),
            severity: "warning",
            message: "a deleted claim destroys its data",
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

/** Roles name classes that are listed. */
export function storageRoles({ storage }: ParsedSettings): Finding[] {
  const names = storage.classes.map((one) => one.name);
  return Object.entries(storage.roles).flatMap(([role, name]) =>
    name === undefined || names.includes(name)
      ? []
      : [
          unknownName(["storage", "roles", role], "there is no class of this name", name, names, "storage.classes", [
            ["storage", "classes", "*", "name"],
          ]),
        ],
  );
}

/** Volumes that exist: one for each claim. */
export function volumes({ storage }: ParsedSettings): Finding[] {
  const at = (index: number, key: string) => ["storage", "volumes", index, key];
  return [
    ...repeated(
      storage.volumes,
      ({ name }) => name,
      (_, index) => ({
        path: at(index, "name"),
        message: "this volume is listed twice",
        accepts: "each name once",
        fix: "give it another name, or take it out",
      }),
    ),
    ...repeated(
      storage.volumes,
      ({ claim }) => `${claim.namespace}/${claim.name}`,
      (_, index) => ({
        path: at(index, "claim"),
        message: "two volumes for one claim",
        accepts: "each claim once",
        fix: "name another claim, or take the volume out",
      }),
    ),
  ];
}
