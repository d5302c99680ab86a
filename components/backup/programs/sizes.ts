// Records the sizes of the last backups as metrics, and fails if one has less than half of the largest of the three before it: a dump of
// an emptied database is complete, so that no other check fails.
import { readFileSync } from "node:fs";
import { api, Failure, run } from "./api.ts";
import { lastSizes } from "./compare.ts";
import type { Size } from "./compare.ts";

const { NAMESPACE = "", REPOSITORY = "", RULE = "", SNAPSHOTS = "" } = process.env;

/**
 * Writes the group of this repository into the PrometheusRule. Prometheus reads programs that run, and a backup has ended: a rule with a
 * constant keeps the size until the next run.
 */
async function publish(sizes: readonly Size[]): Promise<void> {
  const rules = sizes.map(({ bytes, path }) => ({
    record: "groundplan_backup_size_bytes",
    expr: `vector(${bytes})`,
    labels: { path, repository: REPOSITORY },
  }));
  const kind = { apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule" };
  const path = `/apis/${kind.apiVersion}/namespaces/${NAMESPACE}/prometheusrules/${RULE}`;
  // Groups of other repositories belong to other field managers, and stay.
  const manager = encodeURIComponent(`backup-sizes-${REPOSITORY}`.slice(0, 128));
  const groups = rules.length === 0 ? [] : [{ name: `backup-sizes-${REPOSITORY}`, rules }];
  const body = { ...kind, metadata: { name: RULE, namespace: NAMESPACE }, spec: { groups } };
  await api("PATCH", `${path}?fieldManager=${manager}&force=true`, body, "apply");
}

await run(async () => {
  const sizes = lastSizes(JSON.parse(readFileSync(SNAPSHOTS, "utf8")));
  for (const { bytes, path, shrunkFrom } of sizes)
    console.log(
      shrunkFrom === undefined ? `size ${path}: ${bytes} bytes` : `shrunk ${path}: ${bytes} bytes after ${shrunkFrom}`,
    );
  if (RULE !== "") await publish(sizes);
  const shrunk = sizes.filter(({ shrunkFrom }) => shrunkFrom !== undefined);
  const each = shrunk.map(({ bytes, path, shrunkFrom }) => `${path}: ${bytes} bytes after ${shrunkFrom}`);
  if (each.length > 0) throw new Failure(`less than half of an earlier backup: ${each.join(";")}`);
});
