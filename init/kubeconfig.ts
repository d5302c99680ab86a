import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { isRecord, records, text } from "../components/kit/unknown.ts";
import type { Contexts } from "./answers.ts";

/**
 * The contexts of the user's kubeconfig files, as kubectl merges them: those of `KUBECONFIG`, or `~/.kube/config`. A file that cannot
 * be read has none.
 */
export function kubeconfigContexts(env: NodeJS.ProcessEnv): Contexts {
  const given = env["KUBECONFIG"] ?? "";
  const paths = given === "" ? [join(env["HOME"] ?? homedir(), ".kube", "config")] : given.split(delimiter);
  const files = paths.filter((path) => path !== "").map(kubeconfig);
  const names = files.flatMap(({ contexts }) => records(contexts).flatMap(({ name }) => text(name) ?? []));
  const current = files.flatMap((file) => text(file["current-context"]) ?? []).find((name) => name !== "");
  return { names: [...new Set(names)], ...(current !== undefined && names.includes(current) && { current }) };
}

function kubeconfig(path: string): Readonly<Record<string, unknown>> {
  try {
    const file: unknown = parse(readFileSync(path, "utf8"));
    return isRecord(file) ? file : {};
  } catch {
    return {};
  }
}
