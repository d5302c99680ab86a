import type { ApplicationConnection, ApplicationSpec } from "../../components/kit/application.ts";
import { poolerName } from "../../components/postgres/cloudnative-pg.ts";
import { moduleApplications, settingOf } from "../../components/worldcereal/modules.ts";
import type { Path } from "./path.ts";
import type { Fix, Violation } from "./rules/violation.ts";
import type { ParsedSettings } from "./schema.ts";
import { application } from "./sections/applications.ts";

type Given = Pick<ParsedSettings, "postgresql" | "worldcereal">;

/** The section of presets. */
const section = "worldcereal";

/** An application of a module, and the path of its part. */
interface DeclaredModule {
  readonly path: Path;
  readonly application: ApplicationSpec;
}

const schema = application();
const made = new WeakMap<object, readonly DeclaredModule[]>();

/** The applications of modules, with the defaults of applications. Each is at WORLDCEREAL.MODULE.PART, also what no setting names. */
export function declaredModules(settings: Given): readonly DeclaredModule[] {
  const known = made.get(settings.worldcereal);
  if (known !== undefined) return known;
  const all = moduleApplications(settings.worldcereal, peopleConnection(settings)).map(
    ({ module, part, application: written }): DeclaredModule => ({
      path: [section, module, part],
      application: schema.parse(written),
    }),
  );
  made.set(settings.worldcereal, all);
  return all;
}

/** The connection of people who look at the platform's PostgreSQL. */
function peopleConnection({ postgresql }: Given): ApplicationConnection {
  const { engine, external, name, namespace } = postgresql;
  const connection = {
    ports: [5432],
    protocol: "TCP",
    direction: "to",
    purpose: "people look at the database",
  } as const;
  if (engine === "external" && external !== undefined)
    return { ...connection, kind: "outside", cidrs: external.cidrs, ports: [external.port] };
  const otherLabels: Record<string, string> =
    engine === "cloudnative-pg"
      ? { "cnpg.io/poolerName": poolerName(name) }
      : { "app.kubernetes.io/component": "pgpool" };
  return { ...connection, kind: "namespace", namespace, otherLabels };
}

/** The setting that decides what is at a path: for an application of a module, one of the module's. */
export function decidingPath(path: Path): Path {
  return isInside(path) ? [section, ...settingOf(path.slice(1)).path] : path;
}

/** Whether a path leads into an application of a module. */
function isInside(path: Path): boolean {
  return path[0] === section && path.length > 3;
}

/** A violation at an application of a module, at the setting of the module that decides. */
export function atModule(violation: Violation): Violation {
  const { fix, path, relies } = violation;
  return { ...violation, path: decidingPath(path), relies: relies?.map(decidingPath), fix: movedFix(fix, path) };
}

function movedFix(fix: Fix, own: Path): Fix {
  if (typeof fix === "string") return fix;
  const at = "set" in fix ? (fix.at ?? own) : "file" in fix ? fix.file : "secret" in fix ? fix.secret : fix.remove;
  if (!isInside(at)) return fix;
  const { exact, path } = settingOf(at.slice(1));
  const moved = [section, ...path];
  if ("set" in fix && exact) return { set: fix.set, at: moved };
  // Only what has the same path in both is a value of the user's own, which can be removed or written alone.
  return exact && moved.length === at.length ? fix : `change ${moved.join(".")}, or turn the module off`;
}
