import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { needsSwitch, repeated, unknownName } from "./finding.ts";
import type { Finding } from "./finding.ts";

const at = (...rest: PropertyKey[]): Path => ["monitoring", ...rest];

/** What the platform's own monitoring stands on. */
export function monitoringNeeds({ buckets, logging, monitoring, postgresql }: ParsedSettings): Finding[] {
  const findings: Finding[] = [];
  const { grafana, thanos } = monitoring;
  if (grafana.logs.enabled && !logging.enabled)
    findings.push({
      ...needsSwitch(at("grafana", "logs", "enabled"), "there are no logs that Grafana could show", [
        "logging",
        "enabled",
      ]),
      relies: [["logging", "enabled"]],
    });
  else if (grafana.logs.enabled && logging.search.kind === "external")
    findings.push({
      path: at("grafana", "logs", "enabled"),
      message: "the search cluster that exists has no user for Grafana",
      got: "true",
      accepts: "logging.search.kind: opensearch with it",
      fix: { set: false },
      relies: [["logging", "search", "kind"]],
    });
  if (thanos.enabled && !monitoring.enabled)
    findings.push({
      ...needsSwitch(at("thanos", "enabled"), "there is no Prometheus whose blocks could be kept", at("enabled")),
      relies: [at("enabled")],
    });
  else if (thanos.enabled && buckets.kind === "none")
    findings.push({
      path: at("thanos", "enabled"),
      message: "metrics are kept in a bucket, and there is no object store",
      got: "true",
      accepts: "buckets.kind: s3 or embedded with it",
      fix: { set: "embedded", at: ["buckets", "kind"] },
      relies: [["buckets", "kind"]],
    });
  if (!monitoring.enabled) return findings;
  if (!monitoring.serviceMonitors)
    findings.push({
      path: at("serviceMonitors"),
      message: "is off, and Prometheus would find nothing",
      got: "false",
      accepts: "true with monitoring.enabled",
      fix: { set: true },
      relies: [at("enabled")],
    });
  if (!postgresql.enabled)
    findings.push({
      ...needsSwitch(at("enabled"), "Grafana keeps its data in PostgreSQL, and there is none", [
        "postgresql",
        "enabled",
      ]),
      relies: [["postgresql", "enabled"]],
    });
  return findings;
}

/** Receivers of alerts: each once, complete, and named by routes only where they exist. */
export function receivers({ monitoring }: ParsedSettings): Finding[] {
  const { receiver, receivers: list, routes } = monitoring.alertmanager;
  const own = (...rest: PropertyKey[]): Path => at("alertmanager", ...rest);
  const names = [...new Set(list.map(({ name }) => name))];
  const relies = [own("receivers", "*", "name")];
  const unknown = (path: Path, name: string) =>
    names.includes(name)
      ? []
      : [
          unknownName(
            path,
            "there is no receiver of this name",
            name,
            names,
            "monitoring.alertmanager.receivers",
            relies,
          ),
        ];
  return [
    ...repeated(
      list,
      ({ name }) => name,
      (_, index) => ({
        path: own("receivers", index, "name"),
        message: "this receiver is listed twice",
        accepts: "each name once",
        fix: "give it another name, or take it out",
      }),
    ),
    ...list.flatMap(({ name }, index): Finding[] =>
      ["nobody", "dead-mans-switch"].includes(name)
        ? [
            {
              path: own("receivers", index, "name"),
              message: "this name is taken by a receiver of the platform's own",
              got: shown(name),
              accepts: "any but nobody and dead-mans-switch",
              fix: "give it another name",
            },
          ]
        : [],
    ),
    ...(receiver === undefined ? [] : unknown(own("receiver"), receiver)),
    ...routes.flatMap((route, index) => unknown(own("routes", index, "receiver"), route.receiver)),
    ...list.flatMap((one, index): Finding[] => {
      if (one.kind !== "email" || (one.username === undefined) === (one.passwordSecret === undefined)) return [];
      const [lacks, has] = one.username === undefined ? ["username", "passwordSecret"] : ["passwordSecret", "username"];
      return [
        {
          path: own("receivers", index, lacks ?? ""),
          message: `is missing beside ${has}`,
          accepts: "username and passwordSecret together, or neither",
          fix: { remove: own("receivers", index, has ?? "") },
        },
      ];
    }),
  ];
}
