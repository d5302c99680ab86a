import { parseBytes } from "../../../components/kit/quantities.ts";
import { neededByComponents } from "../derive.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { lowLimit, repeated } from "./finding.ts";
import type { Finding } from "./finding.ts";

const at = (...rest: PropertyKey[]): Path => ["postgresql", ...rest];

/** The engine, and the keys that only one engine has. */
export function postgresEngine({ postgresql }: ParsedSettings): Finding[] {
  const { databases, enabled, engine, external, walStorage } = postgresql;
  const findings: Finding[] = [];
  if (engine === "external" && external === undefined)
    findings.push({
      path: at("external"),
      message: "is missing, and the engine is external",
      accepts: "an object with host and passwordSecret",
      fix: "add external: { host: db.example.org, passwordSecret: NAME }",
    });
  if (engine !== "external" && external !== undefined)
    findings.push({
      path: at("external"),
      message: `says nothing while the engine is ${engine}`,
      got: shown(external),
      accepts: "engine: external with it",
      fix: { set: "external", at: at("engine") },
      relies: [at("engine")],
    });
  if (engine !== "cloudnative-pg" && walStorage !== undefined)
    findings.push({
      path: at("walStorage"),
      message: `the engine ${engine} has no claim for the log`,
      got: shown(walStorage),
      accepts: "engine: cloudnative-pg with it",
      fix: { remove: at("walStorage") },
      relies: [at("engine")],
    });
  if (!enabled && databases.length > 0)
    findings.push({
      path: at("databases"),
      message: "databases without a server",
      got: shown(databases),
      accepts: "postgresql.enabled: true, or no databases",
      fix: { set: true, at: at("enabled") },
    });
  return findings;
}

/** Sizes that must fit each other. */
export function postgresSizes({ profile, postgresql }: ParsedSettings): Finding[] {
  const { engine, pooler, replicas, resources, sharedBuffers } = postgresql;
  const findings: Finding[] = [];
  const server = lowLimit(at("resources"), resources);
  findings.push(...server, ...lowLimit(at("pooler", "resources"), pooler.resources));
  if (server.length === 0 && parseBytes(sharedBuffers) * 2 > parseBytes(resources.memoryLimit))
    findings.push({
      path: at("sharedBuffers"),
      message: "leaves too little of the memory limit to the connections",
      got: shown(sharedBuffers),
      accepts: `at most half of postgresql.resources.memoryLimit, which is ${resources.memoryLimit}`,
      fix: "write less here, or raise postgresql.resources.memoryLimit",
      relies: [at("resources")],
    });
  if (engine === "postgresql-ha" && replicas === 2)
    findings.push({
      path: at("replicas"),
      ...(profile === "prod" ? {} : { severity: "warning" }),
      message: "two servers cannot agree which is the primary when they lose each other",
      got: "2",
      accepts: "1, or 3 and more",
      fix: { set: profile === "prod" ? 3 : 1 },
      relies: [at("engine"), ["profile"]],
    });
  return findings;
}

/** Names that PostgreSQL, repmgr, pgpool or an operator keep to themselves. */
const reserved = ["postgres", "template0", "template1", "repmgr", "admin", "sr_check_user", "streaming_replica", "app"];

/** Databases: each once, and none of the server's own or of a component's. */
export function databases(settings: ParsedSettings): Finding[] {
  const { postgresql } = settings;
  const components = neededByComponents(settings).databases;
  const name = (index: number) => at("databases", index, "name");
  return [
    ...repeated(
      postgresql.databases,
      (one) => one.name,
      (_, index) => ({
        path: name(index),
        message: "this database is listed twice",
        accepts: "each name once",
        fix: "give it another name, or take it out",
      }),
    ),
    ...postgresql.databases.flatMap((one, index): Finding[] =>
      reserved.includes(one.name) || one.name.startsWith("pg_")
        ? [
            {
              path: name(index),
              message: "this name belongs to the server",
              got: shown(one.name),
              accepts: `any but ${reserved.join(", ")} and pg_…`,
              fix: "name it after the application",
            },
          ]
        : [],
    ),
    ...postgresql.databases.flatMap((one, index): Finding[] =>
      components.includes(one.name)
        ? [
            {
              path: name(index),
              message: "a component brings this database along",
              got: shown(one.name),
              accepts: `any but ${components.join(", ")}`,
              fix: { remove: at("databases", index) },
              relies: [["monitoring", "enabled"]],
            },
          ]
        : [],
    ),
  ];
}
