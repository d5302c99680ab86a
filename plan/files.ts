import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { stringify } from "yaml";
import { sorted, stableJson } from "../components/kit/stable.ts";
import { revealed } from "./objects.ts";
import { hidden } from "./objects.ts";
import type { Plan } from "./plan.ts";
import { InputError } from "./stack-file.ts";

/** The file by which a folder is known to hold a plan, so that no other folder is ever emptied. */
const planFile = "plan.json";

/** Everything that a plan writes, by path within its folder: an object a file, the values of each release, and the plan as JSON. */
export function planFiles(plan: Plan): Map<string, string> {
  const files = new Map<string, string>();
  for (const { namespace = "_cluster", kind, name, manifest } of plan.objects) {
    files.set(join("manifests", namespace, `${kind}-${name}.yaml`), yaml(manifest));
  }
  for (const { release = "", namespace = "_cluster", kind, name, manifest } of plan.rendered) {
    files.set(join("charts", release, namespace, `${kind}-${name}.yaml`), yaml(manifest));
  }
  for (const { namespace, name, values } of plan.releases)
    files.set(join("values", namespace, `${name}.yaml`), yaml(values));
  files.set(planFile, `${planJson(plan)}\n`);
  return files;
}

/** The plan as JSON: resources with their inputs, secrets hidden, and what the ledger says. */
export function planJson({ stack, domain, context, resources, ledger, sums, problems }: Plan): string {
  const { edges, hosts, services, podGroups } = ledger;
  return stableJson(
    {
      stack,
      domain,
      context,
      problems,
      sums,
      hosts,
      services,
      edges,
      podGroups,
      credentials: ledger.credentialsByName(),
      resources: resources.map((resource) => ({ ...resource, inputs: revealed(resource.inputs, () => hidden) })),
    },
    1,
  );
}

/**
 * Writes a plan's files, in place of those of an earlier plan: whole or not at all.
 * @throws InputError where the folder holds something else
 */
export function writeFiles(folder: string, files: ReadonlyMap<string, string>): void {
  if (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(join(folder, planFile))) {
    throw new InputError(`${folder} holds files that are no plan; name another folder with --out, or empty it`);
  }
  const fresh = join(dirname(folder), `.${basename(folder)}.${process.pid}`);
  const remove = () => rmSync(fresh, { recursive: true, force: true });
  process.once("exit", remove);
  for (const [path, text] of files) {
    mkdirSync(dirname(join(fresh, path)), { recursive: true });
    writeFileSync(join(fresh, path), text);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  process.off("exit", remove);
}

function yaml(value: unknown): string {
  return stringify(sorted(value), { lineWidth: 0, aliasDuplicateObjects: false });
}
