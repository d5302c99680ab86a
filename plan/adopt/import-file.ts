import { isRecord, text } from "../../components/kit/unknown.ts";
import { readJsonFile } from "./json-file.ts";

/** A resource of the plan that exists already, with the ID by which its provider reads it. */
export interface Existing {
  /** The type token, such as `kubernetes:apps/v1:StatefulSet`. */
  readonly type: string;
  /** The logical name. */
  readonly name: string;
  readonly id: string;
}

/** The file for `pulumi import`, and how many resources of it are read from their providers. */
export interface ImportFile {
  readonly text: string;
  readonly count: number;
}

/** What `pulumi preview --import-file` writes in the place of each ID. */
const placeholder = "<PLACEHOLDER>";

/** The list of `pulumi preview --import-file` (Pulumi, "Importing resources": `nameTable` and `resources`). */
interface List {
  readonly file: Readonly<Record<string, unknown>>;
  readonly resources: readonly Readonly<Record<string, unknown>>[];
}

/** @throws InputError if the file cannot be read or is no such list */
export function readList(path: string): List {
  // Without anything to create, Pulumi leaves the list out.
  const resources = (file: List["file"]) => file["resources"] ?? [];
  const file = readJsonFile(
    path,
    (one) => Array.isArray(resources(one)) && (resources(one) as unknown[]).every(isRecord),
    'no list of resources: a JSON object with "resources" is accepted, as npx pulumi preview --import-file writes it',
  );
  return { file, resources: resources(file) as List["resources"] };
}

/**
 * Fills in the ID of each resource that exists, and leaves the others out, which `pulumi up` creates. Components and providers stay: they
 * are parents, and need no ID.
 */
export function completed({ file, resources: all }: List, existing: readonly Existing[]): ImportFile {
  const ids = new Map(existing.map(({ id, name, type }) => [`${type} ${name}`, id]));
  let count = 0;
  const resources = all.flatMap((one) => {
    if (one["id"] !== placeholder) return [one];
    // Names are unique in the file; one that is not the resource's own has its own in logicalName.
    const id = ids.get(`${text(one["type"])} ${text(one["logicalName"]) ?? text(one["name"])}`);
    if (id === undefined) return [];
    count += 1;
    return [{ ...one, id }];
  });
  return { text: `${JSON.stringify({ ...file, resources }, null, 2)}\n`, count };
}
