import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { needsSwitch, repeated, unknownName } from "./violation.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["monitoring", ...rest];

/** What the platform's own monitoring needs. */
export function monitoringNeeds({ buckets, logging, monitoring, postgresql }: ParsedSettings): Violation[] {
  const violations: Violation[] = [];
  const { grafana, thanos } = monitoring;
  if (grafana.logs.enabled && !logging.enabled)
    violations.push({
      ...needsSwitch(at("grafana", "logs", "enabled"), "Grafana needs logs, but logging.enabled is false", [
        "logging",
        "enabled",
      ]),
      relies: [["logging", "enabled"]],
    });
  else if (grafana.logs.enabled && logging.search.kind === "external")
    violations.push({
      path: at("grafana", "logs", "enabled"),
      message: "logs of an external search cluster are not supported, because it has no user for Grafana",
      got: "true",
      accepts: "true only with logging.search.kind: opensearch",
      fix: { set: false },
      relies: [["logging", "search", "kind"]],
    });
  if (thanos.enabled && !monitoring.enabled)
    violations.push({
      ...needsSwitch(
        at("thanos", "enabled"),
        "Thanos needs Prometheus, but monitoring.enabled is false",
        at("enabled"),
      ),
      relies: [at("enabled")],
    });
  else if (thanos.enabled && buckets.kind === "none")
    violations.push({
      path: at("thanos", "enabled"),
      message: "Thanos needs a bucket, but buckets.kind is none",
      got: "true",
      accepts: "true only with buckets.kind: s3, aws or embedded",
      fix: { set: "embedded", at: ["buckets", "kind"] },
      relies: [["buckets", "kind"]],
    });
  if (!monitoring.enabled) return violations;
  if (!monitoring.serviceMonitors)
    violations.push({
      path: at("serviceMonitors"),
      message: "Prometheus needs ServiceMonitors to find its targets",
      got: "false",
      accepts: "true, because monitoring.enabled is true",
      fix: { set: true },
      relies: [at("enabled")],
    });
  if (!postgresql.enabled)
    violations.push({
      ...needsSwitch(at("enabled"), "Grafana needs PostgreSQL, but postgresql.enabled is false", [
        "postgresql",
        "enabled",
      ]),
      relies: [["postgresql", "enabled"]],
    });
  return violations;
}

/** Receivers of alerts: unique, complete, and existing where routes refer to them. */
export function receivers({ monitoring }: ParsedSettings): Violation[] {
  const { receiver, receivers: list, routes } = monitoring.alertmanager;
  const own = (...rest: PropertyKey[]): Path => at("alertmanager", ...rest);
  const names = [...new Set(list.map(({ name }) => name))];
  const relies = [own("receivers", "*", "name")];
  const unknown = (path: Path, name: string) =>
    names.includes(name)
      ? []
      : [unknownName(path, "no receiver has this name", name, names, "monitoring.alertmanager.receivers", relies)];
  return [
    ...repeated(
      list,
      ({ name }) => name,
      (_, index) => ({
        path: own("receivers", index, "name"),
        message: "this receiver is listed twice",
        accepts: "each name once",
        fix: "rename or remove it",
      }),
    ),
    ...list.flatMap(({ name }, index): Violation[] =>
      ["nobody", "dead-mans-switch"].includes(name)
        ? [
            {
              path: own("receivers", index, "name"),
              message: "this name is reserved for a receiver of the platform",
              got: shown(name),
              accepts: "any name except nobody and dead-mans-switch",
              fix: "rename it",
            },
          ]
        : [],
    ),
    ...(receiver === undefined ? [] : unknown(own("receiver"), receiver)),
    ...routes.flatMap((route, index) => unknown(own("routes", index, "receiver"), route.receiver)),
    ...list.flatMap((one, index): Violation[] => {
      if (one.kind !== "email" || (one.username === undefined) === (one.passwordSecret === undefined)) return [];
      const [lacks, has] = one.username === undefined ? ["username", "passwordSecret"] : ["passwordSecret", "username"];
      return [
        {
          path: own("receivers", index, lacks ?? ""),
          message: `is required with ${has}`,
          accepts: "username and passwordSecret together, or neither",
          fix: { remove: own("receivers", index, has ?? "") },
        },
      ];
    }),
  ];
}
