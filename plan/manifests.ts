import { CORE_SCHEMA, FAILSAFE_SCHEMA, Type, YAMLException, dump, loadAll } from "js-yaml";
import { Schema, isScalar } from "yaml";
import type { ScalarTag } from "yaml";
import { sorted } from "../components/kit/stable.ts";

/**
 * The documents of a YAML stream, read as Kubernetes reads them: YAML 1.1, in which 0755 is octal and yes is true, and the later
 * of two equal keys holds. js-yaml reads the megabytes of definitions in a fifth of the time that `yaml` takes; `yaml` knows the
 * scalars of YAML 1.1.
 *
 * @throws Error in one line, which quotes no value, where it is not YAML
 */
export function documentsIn(text: string): unknown[] {
  try {
    return loadAll(text, null, { schema: kubernetes, json: true });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new Error(`not YAML: ${error.reason} in line ${error.mark.line + 1}`, { cause: error });
  }
}

/**
 * A value as YAML that Kubernetes reads back as it is, with the keys sorted: a text is quoted where YAML 1.1 has a number or a
 * boolean, such as 1_000 or yes. js-yaml writes it in a fourth of the time that `yaml` takes.
 */
export function manifestText(value: unknown): string {
  return dump(sorted(value), { schema: written, lineWidth: -1, noRefs: true, noArrayIndent: true, quotingType: '"' });
}

type Scalar = ScalarTag & { readonly test: RegExp };

/** Without dates and times of day: Go's YAML leaves them as text, so that 8080:80 is not a number. */
const scalars = new Schema({ schema: "yaml-1.1" }).tags.filter(
  (tag): tag is Scalar =>
    tag.default === true && "test" in tag && tag.format !== "TIME" && tag.tag !== "tag:yaml.org,2002:timestamp",
);

const scalarTypes = [...Map.groupBy(scalars, ({ tag }) => tag)].map(([tag, forms]) => scalarType(tag, forms));

const kubernetes = FAILSAFE_SCHEMA.extend({
  implicit: [...scalarTypes, new Type("tag:yaml.org,2002:merge", { kind: "scalar", resolve: (text) => text === "<<" })],
  explicit: [
    new Type("tag:yaml.org,2002:binary", {
      kind: "scalar",
      construct: (text: string) => Buffer.from(text, "base64").toString(),
    }),
  ],
});

/** js-yaml quotes a text that one of these would read as something else. */
const written = CORE_SCHEMA.extend({
  implicit: [
    new Type("YAML 1.1", {
      kind: "scalar",
      resolve: (text: string) => text === "<<" || scalars.some(({ test }) => test.test(text)),
    }),
  ],
});

function scalarType(tag: string, forms: readonly Scalar[]): Type {
  // Go's YAML leaves a number beyond the range of a double as text, such as the checksum 81e4567890; JavaScript reads Infinity.
  const formOf = (text: string) => (isBeyondRange(text) ? undefined : forms.find(({ test }) => test.test(text)));
  return new Type(tag, {
    kind: "scalar",
    resolve: (text: string | null) => formOf(text ?? "") !== undefined,
    construct: (text: string | null) => {
      const value = formOf(text ?? "")?.resolve(text ?? "", () => undefined, {});
      return isScalar(value) ? value.value : value;
    },
  });
}

function isBeyondRange(text: string): boolean {
  return /^[-+]?\.?\d/.test(text) && Math.abs(Number.parseFloat(text.replaceAll("_", ""))) === Infinity;
}
