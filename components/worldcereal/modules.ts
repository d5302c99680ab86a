import type { ApplicationConnection, WrittenApplication } from "../kit/application.ts";
import { referenceData } from "./rdm.ts";
import type { ReferenceData } from "./rdm.ts";
import { dissemination } from "./vdm.ts";
import type { Dissemination } from "./vdm.ts";
import { tiler } from "./wctiler.ts";
import type { Tiler } from "./wctiler.ts";

type Switched<Module> = Module & { readonly enabled: boolean };

/** WorldCereal's modules. One that is left out or off does not run. */
export interface Modules {
  readonly rdm?: Switched<ReferenceData>;
  readonly vdm?: Switched<Dissemination>;
  readonly wctiler?: Switched<Tiler>;
}

/** An application of a module. */
export interface ModuleApplication {
  readonly module: keyof Modules;
  readonly part: string;
  readonly application: WrittenApplication;
}

/**
 * The applications of the modules that run, in a fixed order.
 * @param database the connection of people who look at the platform's PostgreSQL
 */
export function moduleApplications(
  { rdm, vdm, wctiler }: Modules,
  database: ApplicationConnection,
): ModuleApplication[] {
  const of = (module: keyof Modules, parts: Readonly<Record<string, WrittenApplication>>) =>
    Object.entries(parts).map(([part, application]) => ({ module, part, application }));
  return [
    ...(rdm?.enabled === true ? of("rdm", referenceData(rdm, database)) : []),
    ...(vdm?.enabled === true ? of("vdm", dissemination(vdm)) : []),
    ...(wctiler?.enabled === true ? of("wctiler", tiler(wctiler)) : []),
  ];
}

/** The first part of a path of an application, and the setting of its module. */
type Origin = readonly [of: readonly PropertyKey[], setting: readonly string[]];

/** What back ends have in common. */
const backEnd: readonly Origin[] = [
  [["databases"], ["database"]],
  [
    ["volumes", 0, "size"],
    ["storage", "size"],
  ],
  [
    ["volumes", 0, "path"],
    ["storage", "path"],
  ],
  [["volumes"], ["storage"]],
  [["logs"], ["input"]],
];

/** Where the settings of a module have what an application declares, by part. */
const settingsOf: Readonly<Record<string, readonly Origin[]>> = {
  "rdm.ui": [[["hosts"], ["host"]]],
  "rdm.api": [[["hosts", 0], ["host"]], [["hosts", 1], ["apiHost"]], [["hosts", 2], ["apiHost"]], ...backEnd],
  "rdm.pgadmin": [[["hosts"], ["databaseHost"]]],
  "vdm.ui": [[["hosts"], ["host"]]],
  "vdm.backend": [[["hosts", 0], ["host"]], [["hosts", 1], ["apiHost"]], ...backEnd],
  "wctiler.mapproxy": [
    [["hosts", 0, "maxBodySize"], ["maxBodySize"]],
    [["hosts"], ["host"]],
    [["databases"], ["database"]],
  ],
};

/** Keys of a part that an application has too. */
const shared = ["image", "environment", "secretEnvironment", "resources", "replicas", "runAs"];

/**
 * The setting of a module that decides what is at a path of one of its applications, which starts with MODULE and PART.
 * @returns the path in the module's settings, and whether it is exactly that value
 */
export function settingOf(path: readonly PropertyKey[]): {
  readonly path: readonly PropertyKey[];
  readonly exact: boolean;
} {
  const [module = "", part = "", ...rest] = path;
  const [first] = rest;
  if (first === undefined || shared.includes(String(first))) return { path, exact: true };
  // What all hosts of the application lack.
  if (first === "hosts" && rest.length === 1) return { path: [module], exact: false };
  if (first === "ports") return { path: [module, part, "port"], exact: true };
  const found = settingsOf[`${String(module)}.${String(part)}`]?.find(([of]) =>
    of.every((step, at) => rest[at] === step),
  );
  if (found === undefined) return { path: [module, part], exact: false };
  const [, setting] = found;
  const last = rest.at(-1);
  return { path: [module, ...setting], exact: last !== "client" && last !== "paths" };
}
