import { catalogue } from "../../../components/kit/catalogue.ts";
import { isNamed } from "../../../components/kit/overrides.ts";
import { isRecord } from "../../../components/kit/unknown.ts";
import type { Path } from "../path.ts";
import { nearest, shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import type { Violation } from "./violation.ts";

/** Keys whose text is a secret itself. A key such as `existingSecret` has the name of one. */
const secretKey = /(pass(word|wd|phrase)|token|(client|auth)secret|(private|api|access|secret|encryption)_?key)$/i;

/** Secrets in values of charts: anyone who can read the stack file, the release or the cluster's objects reads them. */
export function chartSecrets({ charts }: ParsedSettings): Violation[] {
  const secrets = Object.entries(charts.values).flatMap(([release, values]) => plaintext(values, [release]));
  return secrets.map((path) => ({
    path: ["charts", "values", ...path],
    message: "a secret is set in plaintext: consider it compromised",
    accepts: "the name of a Secret, at the value that the chart has for one",
    fix: { remove: ["charts", "values", ...path] },
  }));
}

/** Versions of charts that this program does not install. */
export function chartVersions({ charts }: ParsedSettings): Violation[] {
  const known = Object.keys(catalogue);
  return Object.keys(charts.versions)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      return {
        path: ["charts", "versions", name],
        message: "this program has no chart of this name",
        got: shown(name),
        accepts: known.join(", "),
        fix: near === undefined ? { remove: ["charts", "versions", name] } : `did you mean ${near}?`,
      };
    });
}

/** Entries of `charts.override` that have no value. */
export function chartOverrides({ charts: { override, values } }: ParsedSettings): Violation[] {
  const given = Object.entries(values).flatMap(([release, tree]) =>
    leaves(tree, []).map((path) => ({ release, path })),
  );
  return override.flatMap((one, index): Violation[] =>
    given.some(({ release, path }) => isNamed([one], release, path))
      ? []
      : [
          {
            path: ["charts", "override", index],
            message: "has no effect without a value at this path",
            got: shown(one),
            accepts: `a path in charts.values${given.length === 0 ? ", which is empty" : `: ${given.map(({ release, path }) => `${release}.${path}`).join(", ")}`}`,
            fix: { remove: ["charts", "override", index] },
            relies: [["charts", "values"]],
          },
        ],
  );
}

function plaintext(value: unknown, path: Path): Path[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => plaintext(one, [...path, index]));
  if (!isRecord(value)) {
    if (typeof value !== "string" || value === "") return [];
    return secretKey.test(String(path.at(-1))) || value.includes("PRIVATE KEY") ? [path] : [];
  }
  // An environment variable, as Kubernetes writes it.
  const { name, value: text } = value;
  const variable = typeof name === "string" && secretKey.test(name) && typeof text === "string" && text !== "";
  return [
    ...(variable ? [[...path, "value"]] : []),
    ...Object.entries(value).flatMap(([key, one]) => plaintext(one, [...path, key])),
  ];
}

function leaves(value: unknown, path: readonly string[]): string[] {
  const inner = isRecord(value) ? Object.entries(value) : [];
  if (inner.length === 0) return [path.join(".")];
  return inner.flatMap(([key, one]) => leaves(one, [...path, key]));
}
