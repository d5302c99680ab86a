import { mountedOnce } from "../../../components/application/shape.ts";
import { namespaceOf, portName, portsOf } from "../../../components/kit/application.ts";
import { declaredApplications } from "../declared.ts";
import type { DeclaredApplication } from "../declared.ts";
import { ownersIn } from "../derive.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { unknownPort } from "./application-containers.ts";
import { beyond, repeated, unknownName } from "./violation.ts";
import type { Violation } from "./violation.ts";

/** Names: each application once, none of a component, and namespaces that no component uses. */
export function applicationNames(settings: ParsedSettings): Violation[] {
  const all = declaredApplications(settings);
  if (all.length === 0) return [];
  const owners = ownersIn(settings);
  const namespaces = owners.flatMap(({ needs }) => needs.namespaces ?? []);
  const watched = owners.flatMap(({ needs }) => needs.watched ?? []);
  const own = new Set(namespaces.map(({ name }) => name));
  const dashboards = watched.map(({ component }) => component);
  return [
    ...repeated(
      all,
      ({ application }) => application.name,
      ({ path }) => ({
        path: [...path, "name"],
        message: "another application already has this name",
        accepts: "each name once",
        fix: "rename or remove it",
      }),
    ),
    ...all.flatMap(({ application, path }): Violation[] => {
      const { name } = application;
      const violations: Violation[] = [];
      if (dashboards.includes(name) || name === "platform")
        violations.push({
          path: [...path, "name"],
          message: "a component already has a dashboard of this name",
          got: shown(name),
          accepts: `any name except ${[...dashboards, "platform"].sort().join(", ")}`,
          fix: { set: `${name}-app` },
        });
      if (own.has(namespaceOf(application)))
        violations.push({
          path: [...path, "namespace"],
          message: "a component already uses this namespace",
          got: shown(namespaceOf(application)),
          accepts: `any namespace except ${[...own].sort().join(", ")}`,
          fix: { set: `${name}-app`, at: [...path, "namespace"] },
          relies: [[...path, "name"]],
        });
      return violations;
    }),
  ];
}

/** What an application needs of components that are off. */
export function applicationNeeds(settings: ParsedSettings): Violation[] {
  const { buckets, gateway, keycloak, logging, monitoring, postgresql } = settings;
  const lacking = (key: string, what: string, needed: Path, on: boolean) => ({ key, what, needed, on });
  const needs = [
    lacking("databases", "databases need PostgreSQL", ["postgresql", "enabled"], postgresql.enabled),
    lacking("hosts", "hosts need a gateway", ["gateway", "enabled"], gateway.enabled),
    lacking("clients", "clients need Keycloak", ["keycloak", "enabled"], keycloak.enabled),
    lacking("logs", "logs need Graylog", ["logging", "enabled"], logging.enabled),
    lacking("alerts", "alerts need Prometheus", ["monitoring", "enabled"], monitoring.enabled),
    lacking("metrics", "metrics need Prometheus", ["monitoring", "enabled"], monitoring.enabled),
  ];
  return declaredApplications(settings).flatMap(({ application, path }): Violation[] => {
    const asks = (key: string) => {
      const value = (application as unknown as Record<string, unknown>)[key];
      return value !== undefined && !(Array.isArray(value) && value.length === 0);
    };
    return [
      ...needs
        .filter(({ key, on }) => !on && asks(key))
        .map(({ key, needed, what }) => ({
          path: [...path, key],
          message: `${what}, but ${needed.join(".")} is false`,
          got: shown((application as unknown as Record<string, unknown>)[key]),
          accepts: `${needed.join(".")}: true, or no ${key}`,
          fix: { set: true, at: needed },
          relies: [needed],
        })),
      ...(asks("buckets") && buckets.kind === "none"
        ? [
            {
              path: [...path, "buckets"],
              message: "buckets need an object store, but buckets.kind is none",
              got: shown(application.buckets),
              accepts: "buckets.kind: s3, aws or embedded, or no buckets",
              fix: { set: "embedded", at: ["buckets", "kind"] },
              relies: [["buckets"]],
            },
          ]
        : []),
    ];
  });
}

/** Pods of an application: how many, and which volumes they can share. */
export function applicationPods(settings: ParsedSettings): Violation[] {
  const all = declaredApplications(settings);
  const claims = all.flatMap(({ application, path }) =>
    application.volumes.map(({ claim }, index) => ({
      id: `${namespaceOf(application)}/${claim}`,
      path: [...path, "volumes", index, "claim"],
    })),
  );
  return [
    ...repeated(
      claims,
      ({ id }) => id,
      ({ path }) => ({
        path,
        message: "two volumes have the same PersistentVolumeClaim",
        accepts: "each claim of a namespace once",
        fix: "rename or remove it",
      }),
    ),
    ...all.flatMap(({ application, path }): Violation[] => {
      const { replicas, scaling, volumes } = application;
      const violations: Violation[] = repeated(
        volumes,
        (one) => one.path,
        (_, index) => ({
          path: [...path, "volumes", index, "path"],
          message: "two volumes are mounted at the same path",
          accepts: "each path once",
          fix: "change one of the two",
        }),
      );
      const several =
        (replicas ?? 1) > 1 ? (["replicas"] as const) : scaling === undefined ? undefined : (["scaling"] as const);
      if (several !== undefined && mountedOnce(application))
        violations.push({
          path: [...path, ...several],
          message: "several pods cannot mount a volume of a role other than shared",
          got: shown(several[0] === "replicas" ? replicas : scaling),
          accepts: "one pod, or volumes with role: shared only",
          fix: several[0] === "replicas" ? { set: 1 } : { remove: [...path, "scaling"] },
          relies: [[...path, "volumes"]],
        });
      if (scaling !== undefined && replicas !== undefined && scaling.maxReplicas < replicas)
        violations.push({
          ...beyond([...path, "scaling", "maxReplicas"], "is less than replicas", scaling.maxReplicas, "at least", [
            "replicas",
            replicas,
          ]),
          relies: [[...path, "replicas"]],
        });
      return violations;
    }),
  ];
}

/** Names in an application that refer to something else. */
export function applicationReferences(settings: ParsedSettings): Violation[] {
  const all = declaredApplications(settings);
  const inputs = settings.logging.graylog.inputs.map(({ title }) => title);
  const brought = [...new Set(ownersIn(settings).flatMap(({ needs }) => needs.buckets ?? []))];
  const buckets = all.flatMap(({ application, path }) =>
    application.buckets.map(({ name }, index) => ({ name, path: [...path, "buckets", index, "name"] })),
  );
  return [
    ...repeated(
      [...brought.map((name) => ({ name, path: [] as Path })), ...buckets],
      ({ name }) => name,
      ({ path }) => ({
        path,
        message: "another application or component already has this bucket",
        accepts: "a name that no other bucket has",
        fix: "rename it",
        relies: [["applications"], ["monitoring"], ["logging"]],
      }),
    ),
    ...all.flatMap(({ application, path }): Violation[] => {
      const ports = Object.keys(portsOf(application));
      const relies = [
        [...path, "ports"],
        [...path, "sidecars"],
      ];
      const port = (where: Path, given: string | undefined): Violation[] =>
        ports.includes(portName(application, given))
          ? []
          : given === undefined
            ? [
                {
                  path: where.slice(0, -1),
                  message: "the application has no port",
                  got: "no ports",
                  accepts: "an application with ports",
                  fix: "add ports to the application, such as { http: 8080 }",
                  relies,
                },
              ]
            : [unknownPort(where, given, ports, relies)];
      return [
        ...application.hosts.flatMap((host, index) => port([...path, "hosts", index, "port"], host.port)),
        ...(application.metrics === undefined ? [] : port([...path, "metrics", "port"], application.metrics.port)),
        ...application.clients.flatMap(({ kind, redirectPaths }, index): Violation[] => {
          const where = [...path, "clients", index, "redirectPaths"];
          if (redirectPaths.length === 0 || (application.hosts.length > 0 && kind !== "api" && kind !== "service"))
            return [];
          const without = application.hosts.length === 0;
          return [
            {
              path: where,
              message: without ? "has no effect without hosts" : `users cannot log in through a client of kind ${kind}`,
              got: shown(redirectPaths),
              accepts: without
                ? "paths only with hosts of the application"
                : "no paths, or kind: confidential or public",
              fix: { remove: where },
              relies: [
                [...path, "hosts"],
                [...path, "clients", index, "kind"],
              ],
            },
          ];
        }),
        ...(application.logs === undefined || !settings.logging.enabled || inputs.includes(application.logs.input)
          ? []
          : [
              unknownName(
                [...path, "logs", "input"],
                "no input of Graylog has this title",
                application.logs.input,
                inputs,
                "logging.graylog.inputs",
                [["logging", "graylog", "inputs"]],
              ),
            ]),
        ...connectionViolations({ application, path }, all),
      ];
    }),
  ];
}

function connectionViolations({ application, path }: DeclaredApplication, all: readonly DeclaredApplication[]) {
  return application.connections.flatMap((connection, index): Violation[] => {
    if (connection.kind !== "application") return [];
    const at = [...path, "connections", index];
    const others = all.filter((one) => one.application !== application);
    const other = others.find((one) => one.application.name === connection.application)?.application;
    if (other === undefined)
      return [
        unknownName(
          [...at, "application"],
          "no other application has this name",
          connection.application,
          others.map((one) => one.application.name),
          "applications",
          [["applications"]],
        ),
      ];
    const ports = Object.keys(portsOf(other));
    if (ports.includes(portName(other, connection.port))) return [];
    return connection.port === undefined
      ? [
          {
            path: [...at, "application"],
            message: "this application has no port",
            got: shown(connection.application),
            accepts: "an application with ports",
            fix: `add ports to ${connection.application}`,
            relies: [["applications"]],
          },
        ]
      : [unknownPort([...at, "port"], connection.port, ports, [["applications"]])];
  });
}
