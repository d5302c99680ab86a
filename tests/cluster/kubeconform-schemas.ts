// JSON schemas of Kubernetes objects, made from what Kubernetes publishes of its API: OpenAPI, and definitions of custom kinds.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

/** Where kubeconform finds the schema of a kind, as it writes paths. To it the core's group is its version. */
export const schemaFile = "{{.ResourceKind}}-{{.Group}}-{{.ResourceAPIVersion}}.json";

/** A schema of a kind, with all that it refers to. */
export interface KindSchema {
  readonly kind: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly schema: unknown;
}

type Schema = Readonly<Record<string, unknown>>;

export function writeSchemas(folder: string, kinds: readonly KindSchema[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { kind, group, version, schema } of kinds)
    writeFileSync(join(folder, `${kind.toLowerCase()}-${group || version}-${version}.json`), JSON.stringify(schema));
}

/** The kinds of Kubernetes' OpenAPI 2 document (`api/openapi-spec/swagger.json`). */
export function kubernetesKinds(document: unknown): KindSchema[] {
  const { definitions } = document as { definitions: Record<string, Schema> };
  const strict = Object.fromEntries(Object.entries(definitions).map(([name, schema]) => [name, strictSchema(schema)]));
  return Object.entries(definitions).flatMap(([name, schema]) => {
    const kinds = (schema["x-kubernetes-group-version-kind"] ?? []) as Omit<KindSchema, "schema">[];
    // Kinds with several versions under one definition are options of requests, no objects.
    const [own, ...others] = kinds;
    if (own === undefined || others.length > 0) return [];
    const used = referredTo(name, strict);
    return [{ ...own, schema: { $ref: `#/definitions/${name}`, definitions: used } }];
  });
}

/** The kinds of CustomResourceDefinitions in YAML. */
export function definedKinds(text: string): KindSchema[] {
  return parseAllDocuments(text).flatMap((document) => {
    const definition = document.toJS() as {
      spec: {
        group: string;
        names: { kind: string };
        versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
      };
    } | null;
    if (definition === null) return [];
    const { group, names, versions } = definition.spec;
    return versions.map(({ name: version, schema }) => ({
      kind: names.kind,
      group,
      version,
      schema: strictSchema(schema.openAPIV3Schema, true),
    }));
  });
}

/**
 * A schema that takes what the API server takes with strict field validation: no field that is not named, numbers where a
 * quantity or a port may be one, and null for whatever may be left out.
 *
 * @param top whether it is that of a whole object of a custom kind, whose metadata says nothing of its fields
 */
function strictSchema(schema: Schema, top = false): Schema {
  const { description, format, ...rest } = schema;
  if (format === "int-or-string" || rest["x-kubernetes-int-or-string"] === true) return { type: ["string", "integer"] };
  if (typeof description === "string" && description.startsWith("Quantity is a fixed-point"))
    return { type: ["string", "number"] };
  const properties = rest["properties"] as Readonly<Record<string, Schema>> | undefined;
  const required = (rest["required"] ?? []) as readonly string[];
  const open = rest["x-kubernetes-preserve-unknown-fields"] === true;
  const list = (key: string) => (rest[key] as readonly Schema[] | undefined)?.map((part) => strictSchema(part));
  return {
    ...plain(rest),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, inner]) => {
              const made = top && name === "metadata" ? { type: "object" } : strictSchema(inner);
              return [name, required.includes(name) ? made : { anyOf: [made, { type: "null" }] }];
            }),
          ),
          ...(open ? {} : { additionalProperties: false }),
        }),
    ...("items" in rest ? { items: strictSchema(rest["items"] as Schema) } : {}),
    ...(typeof rest["additionalProperties"] === "object"
      ? { additionalProperties: strictSchema(rest["additionalProperties"] as Schema) }
      : {}),
    ...Object.fromEntries(["allOf", "anyOf", "oneOf"].flatMap((key) => (key in rest ? [[key, list(key)]] : []))),
  };
}

/** Without what only Kubernetes reads. */
function plain(schema: Schema): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !key.startsWith("x-kubernetes-")));
}

/** A definition and all that it refers to, however far. */
function referredTo(name: string, definitions: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const found: Record<string, Schema> = {};
  const visit = (one: string) => {
    const schema = definitions[one];
    if (schema === undefined || one in found) return;
    found[one] = schema;
    for (const [, target = ""] of JSON.stringify(schema).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)) visit(target);
  };
  visit(name);
  return found;
}
