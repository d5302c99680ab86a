// The real promtool on rules: what it accepts, and which alerts fire on made-up series.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alertGroups } from "../../components/monitoring/rules/alerts.ts";
import type { Parts } from "../../components/monitoring/rules/alerts.ts";

/** Whether promtool is on PATH (Debian's package `prometheus`). */
export const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

const place = { namespace: "a" };

/** Stacks that have everything between them. */
export const everything: readonly Parts[] = [
  {
    namespaces: ["a", "b"],
    monitoring: place,
    certificates: place,
    postgresql: { ...place, engine: "postgresql-ha" },
    gateway: { ...place, kind: "kong" },
    keycloak: place,
    midpoint: place,
    thanos: place,
    graylog: place,
    mongodb: place,
    opensearch: { ...place, snapshots: true },
    collector: place,
  },
  {
    namespaces: ["a", "b"],
    monitoring: place,
    postgresql: { ...place, engine: "cloudnative-pg" },
    gateway: { ...place, kind: "traefik" },
  },
];

/** Every group of alerts that any stack may have, each once. */
export const groups = everything
  .flatMap((parts) => alertGroups(parts))
  .filter((group, index, all) => all.findIndex((one) => JSON.stringify(one) === JSON.stringify(group)) === index);

/** Runs promtool with files beside it, and gives its exit code and everything that it says. */
export function promtool(
  files: Readonly<Record<string, unknown>>,
  ...args: string[]
): { status: number; said: string } {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-promtool-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
    const { status, stdout, stderr } = spawnSync("promtool", args, { cwd: folder, encoding: "utf8" });
    return { status: status ?? -1, said: `${stdout}${stderr}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
