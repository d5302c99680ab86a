import { readdirSync } from "node:fs";
import { join } from "node:path";
import { program } from "../index.ts";
import { record } from "../plan/recorder.ts";
import type { Outcomes, Recorded, Recording } from "../plan/recorder.ts";
import { readStackFile } from "../plan/stack-file.ts";

/** The project's folder. */
export const root = join(import.meta.dirname, "..");

/** A stack to test: its name, its file and settings that differ. */
export interface TestStack {
  readonly name: string;
  readonly file: string;
  readonly set?: readonly string[];
}

/** The stacks of the project. */
export const stacks: readonly TestStack[] = ["dev", "prod"].map((name) => ({
  name,
  file: join(root, `Pulumi.${name}.yaml`),
}));

/** The examples. */
export const examples: readonly TestStack[] = readdirSync(join(root, "examples"))
  .filter((file) => file.endsWith(".yaml"))
  .sort()
  .map((file) => ({ name: file.replace(".yaml", ""), file: join(root, "examples", file) }));

/** The prod stack with each of the choices that it does not make itself. */
export const variants: readonly TestStack[] = [
  ["cloudnative-pg", "postgresql.engine=cloudnative-pg", "postgresql.walStorage=5Gi"],
  [
    "mirror",
    "images.mirror=registry.example.org/mirror",
    "charts.source=oci",
    "charts.registry=oci://registry.example.org/charts",
  ],
  ["no-monitors", "monitoring.enabled=false", "monitoring.serviceMonitors=false"],
  ["tolerations", "placement.tolerations=[{key: dedicated, operator: Exists}]"],
  ["own-ca", "certificates.issuers=[{name: own, kind: own-ca}]"],
].map(([name = "", ...set]) => ({ name, file: join(root, "Pulumi.prod.yaml"), set }));

/** What the program registers for a stack. */
export async function recordStack(
  stack: TestStack,
  outcomes?: Outcomes,
): Promise<Recording<ReturnType<typeof program>>> {
  return record(program, stack.name, readStackFile(stack.file, stack.set), outcomes);
}

/** A resource of a recording by its logical name. */
export function named(resources: readonly Recorded[], name: string, type = ""): Recorded {
  const found = resources.filter((resource) => resource.name === name && resource.type.endsWith(type));
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} resources named ${name}, expected one`);
  return found[0];
}
