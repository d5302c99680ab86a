import { at, record, records, text } from "../../components/kit/unknown.ts";
import type { PlannedObject } from "../../plan/objects.ts";

/** Where a gateway sends a request: `NAMESPACE/SERVICE:PORT` and the path that the service gets; undefined: nowhere. */
export type Sent = readonly [service: string, path: string] | undefined;

/**
 * Where the Ingresses of a plan send a request, by Kubernetes' rules: the host must be equal, and of the paths of type `Prefix` that fit
 * element by element, the longest wins (Kubernetes, "Ingress", Path types). Kong removes the prefix if an annotation says so
 * (docs.konghq.com, `konghq.com/strip-path`).
 */
export function sentTo(objects: readonly PlannedObject[], host: string, path: string): Sent {
  const elements = (of: string) => of.split("/").filter((one) => one !== "");
  const found = objects
    .filter(({ kind }) => kind === "Ingress")
    .flatMap(({ manifest, namespace }) =>
      records(at(manifest, "spec", "rules"))
        .filter((rule) => rule["host"] === host)
        .flatMap((rule) => records(at(rule, "http", "paths")))
        .map((one) => ({ one, namespace, annotations: record(at(manifest, "metadata", "annotations")) })),
    )
    .map(({ annotations, namespace, one }) => ({
      prefix: elements(text(one["path"]) ?? "/"),
      isPrefix: one["pathType"] === "Prefix",
      service: `${namespace}/${text(at(one, "backend", "service", "name"))}:${String(at(one, "backend", "service", "port", "number"))}`,
      strips: annotations["konghq.com/strip-path"] === "true",
    }))
    .filter(({ isPrefix, prefix }) => isPrefix && prefix.every((element, index) => elements(path)[index] === element))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  const [best] = found;
  if (best === undefined) return undefined;
  return [best.service, best.strips ? `/${elements(path).slice(best.prefix.length).join("/")}` : path];
}
