// The real promtool on rules: what it accepts, and which alerts fire on made-up series.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificatesWatched } from "../../components/certificates/watched.ts";
import { dnsWatched } from "../../components/dns/watched.ts";
import { kongWatched } from "../../components/gateway/kong-watched.ts";
import { traefikWatched } from "../../components/gateway/traefik-watched.ts";
import { keycloakWatched } from "../../components/keycloak/watched.ts";
import type { Watched } from "../../components/kit/watched.ts";
import { collectorWatched } from "../../components/logging/collector/watched.ts";
import { graylogWatched } from "../../components/logging/graylog/watched.ts";
import { mongodbWatched } from "../../components/logging/mongodb-watched.ts";
import { backupWatched } from "../../components/backup/watched.ts";
import { registryWatched } from "../../components/registry/watched.ts";
import { opensearchWatched } from "../../components/logging/opensearch-watched.ts";
import { platformWatched } from "../../components/monitoring/platform-watched.ts";
import { thanosWatched } from "../../components/monitoring/thanos-watched.ts";
import { monitoringWatched } from "../../components/monitoring/watched.ts";
import { cloudNativePgWatched } from "../../components/postgres/cloudnative-pg-watched.ts";
import { postgresqlHaWatched } from "../../components/postgres/postgresql-ha-watched.ts";
import { veleroWatched } from "../../components/velero/watched.ts";
import { workflowsWatched } from "../../components/workflows/watched.ts";

/** Whether promtool is on PATH (Debian's package `prometheus`). */
export const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

/** Stacks that have everything between them: their namespaces, and what is shown of their components. */
export const everything: readonly [namespaces: readonly string[], watched: readonly Watched[]][] = [
  [
    ["a", "b"],
    [
      monitoringWatched("a"),
      certificatesWatched("a"),
      postgresqlHaWatched("a"),
      kongWatched("a"),
      keycloakWatched("a"),
      thanosWatched("a"),
      graylogWatched("a"),
      mongodbWatched("a"),
      opensearchWatched("a", true),
      registryWatched("registry-login"),
      dnsWatched("a"),
      backupWatched("backup", { maxAge: 36 * 3600, drillMaxAge: 8 * 86_400 }),
      veleroWatched("a", 36 * 3600),
      collectorWatched("a"),
      workflowsWatched("a", "b"),
      { component: "midpoint", title: "midPoint", namespace: "a", alerts: [], panels: [] },
    ],
  ],
  [
    ["a", "b"],
    [monitoringWatched("a"), cloudNativePgWatched("a", 3600), traefikWatched("a")],
  ],
];

/** Every group of alerts that any stack may have, each once. */
export const groups = everything
  .flatMap(([namespaces, watched]) => [platformWatched(namespaces), ...watched])
  .filter((group, index, all) => all.findIndex((one) => JSON.stringify(one) === JSON.stringify(group)) === index);

/** Runs promtool with files beside it, and gives its exit code, everything that it says and what of it are errors. */
export function promtool(
  files: Readonly<Record<string, unknown>>,
  ...args: string[]
): { status: number; said: string; errors: string } {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-promtool-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
    const { status, stdout, stderr } = spawnSync("promtool", args, { cwd: folder, encoding: "utf8" });
    return { status: status ?? -1, said: `${stdout}${stderr}`, errors: stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs `promtool test rules` once for many tests.
 * @param tests the rules and tests of each name, as promtool's files of unit tests have them
 * @returns for each name `SUCCESS`, or else the failures of all
 */
export function testRules(
  tests: ReadonlyMap<string, { readonly groups: readonly object[]; readonly every: string; readonly tests: object[] }>,
): ReadonlyMap<string, string> {
  const names = [...tests.keys()];
  const files = [...tests.values()].flatMap(({ groups, every, tests: own }, index) => [
    [`${index}.rules.json`, { groups }],
    [`${index}.json`, { rule_files: [`${index}.rules.json`], evaluation_interval: every, tests: own }],
  ]);
  const { said, errors } = promtool(
    Object.fromEntries(files) as Record<string, unknown>,
    ...["test", "rules"],
    ...names.map((_, index) => `${index}.json`),
  );
  const passed = new Set(
    [...said.matchAll(/^Unit Testing: +(\d+)\.json\n +SUCCESS$/gm)].map(([, index]) => Number(index)),
  );
  return new Map(names.map((name, index) => [name, passed.has(index) ? "SUCCESS" : errors]));
}
