import { portsOf } from "../../../components/kit/application.ts";
import type { ApplicationProbe, ApplicationServer } from "../../../components/kit/application.ts";
import { declaredApplications } from "../declared.ts";
import type { DeclaredApplication } from "../declared.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { lowLimit, repeated, unknownName } from "./violation.ts";
import type { Violation } from "./violation.ts";

/** The containers of an application that serve, with their paths. */
function servers({ application, path }: DeclaredApplication) {
  return [
    { name: application.name, container: application, at: path },
    ...application.sidecars.map((one, index) => ({
      name: one.name,
      container: one,
      at: [...path, "sidecars", index] as Path,
    })),
  ];
}

/** Ports, containers, probes and resources of an application. */
export function applicationContainers(settings: ParsedSettings): Violation[] {
  return declaredApplications(settings).flatMap((declared): Violation[] => {
    const { application, path } = declared;
    const all = servers(declared);
    const ports = all.flatMap(({ at, container }) =>
      Object.entries(container.ports).map(([name, number]) => ({ at: [...at, "ports", name], name, number })),
    );
    const steps = (list: "init" | "schedules") =>
      application[list].map((one, index) => ({ ...one, at: [...path, list, index] as Path }));
    const known = Object.keys(portsOf(application));
    return [
      ...repeated(
        [...all, ...steps("init")],
        ({ name }) => name,
        ({ at }) => ({
          path: [...at, "name"],
          message: "another container of the application already has this name",
          accepts: "each name once; the main container has the name of the application",
          fix: "rename or remove it",
        }),
      ),
      ...repeated(
        steps("schedules"),
        ({ name }) => name,
        ({ at }) => ({
          path: [...at, "name"],
          message: "this schedule is listed twice",
          accepts: "each name once",
          fix: "rename or remove it",
        }),
      ),
      ...repeated(
        ports,
        ({ name }) => name,
        ({ at }) => ({
          path: at,
          message: "another container of the application already has a port of this name",
          accepts: "each name once",
          fix: "rename the port",
        }),
      ),
      ...repeated(
        ports,
        ({ number }) => String(number),
        ({ at }) => ({
          path: at,
          message: "two ports of a pod have the same number",
          accepts: "each number once: the containers of a pod share its address",
          fix: "change one of the two",
        }),
      ),
      ...Object.keys(application.servicePorts).flatMap((name) =>
        known.includes(name)
          ? []
          : [
              unknownPort([...path, "servicePorts", name], name, known, [
                [...path, "ports"],
                [...path, "sidecars"],
              ]),
            ],
      ),
      ...all.flatMap(({ at, container }) => [
        ...lowLimit([...at, "resources"], container.resources),
        ...(["readiness", "liveness", "startup"] as const).flatMap((kind) => {
          const probe = container.probes[kind];
          return probe === undefined ? [] : probeViolations(probe, [...at, "probes", kind], container, at);
        }),
        ...fileViolations(container, at),
      ]),
      ...[...steps("init"), ...steps("schedules")].flatMap(({ at, resources }) =>
        resources === undefined ? [] : lowLimit([...at, "resources"], resources),
      ),
    ];
  });
}

/** A port that no container has. */
export function unknownPort(path: Path, got: string, known: readonly string[], relies: readonly Path[]): Violation {
  return unknownName(path, "no port has this name", got, known, "ports", relies);
}

function probeViolations(
  probe: ApplicationProbe,
  path: Path,
  { ports }: Pick<ApplicationServer, "ports">,
  container: Path,
): Violation[] {
  const known = Object.keys(ports);
  if (probe.exec !== undefined)
    return (["http", "port"] as const).flatMap((key) =>
      probe[key] === undefined
        ? []
        : [
            {
              path: [...path, key],
              message: "has no effect with exec",
              got: shown(probe[key]),
              accepts: "either exec, or http and port",
              fix: { remove: [...path, key] },
              relies: [[...path, "exec"]],
            },
          ],
    );
  if (known.length === 0)
    return [
      {
        path,
        message: "the container has no port that could be probed",
        got: shown(probe),
        accepts: "exec, or a container with ports",
        fix: "add ports to the container, or exec: [COMMAND] to the probe",
        relies: [[...container, "ports"], path],
      },
    ];
  return probe.port === undefined || known.includes(probe.port)
    ? []
    : [unknownPort([...path, "port"], probe.port, known, [[...container, "ports"]])];
}

function fileViolations({ files }: Pick<ApplicationServer, "files">, path: Path): Violation[] {
  return [
    ...repeated(
      files,
      (file) => file.path,
      (_, index) => ({
        path: [...path, "files", index, "path"],
        message: "this file is listed twice",
        accepts: "each path once",
        fix: "change or remove it",
      }),
    ),
    ...files.flatMap(({ content, contentSecret }, index): Violation[] => {
      const at = [...path, "files", index];
      const accepts = "either content or contentSecret";
      const relies = [[...at, "content"]];
      if (content === undefined && contentSecret === undefined)
        return [
          {
            path: [...at, "content"],
            message: "is required without contentSecret",
            accepts,
            fix: "add content, or contentSecret with the name of a secret",
            relies: [[...at, "contentSecret"]],
          },
        ];
      if (content !== undefined && contentSecret !== undefined)
        return [
          {
            path: [...at, "contentSecret"],
            message: "has no effect with content",
            got: shown(contentSecret),
            accepts,
            fix: { remove: [...at, "contentSecret"] },
            relies,
          },
        ];
      return [];
    }),
  ];
}
