import { compare } from "../kit/stable.ts";

/** A file of midPoint objects that is imported at the first start. */
export interface ObjectFile {
  /** Its name, such as `100-role-auditor.xml`: midPoint imports in the order of the leading numbers. */
  readonly name: string;
  readonly text: string;
}

/** midPoint reads the first three characters as a number, and anything else as zero (`DataImport`, `getNumberFromName`). */
export const objectFileForm = /^[0-9]{3}-[A-Za-z0-9_.-]{1,200}\.xml$/;

/**
 * The maximum content of one ConfigMap, in bytes of UTF-8: the API server rejects objects above 1 MiB, including metadata and managed
 * fields.
 */
export const largestConfigMap = 1_000_000;

/** The size of a file in a ConfigMap, in bytes. */
export function sizeOf({ name, text }: ObjectFile): number {
  return Buffer.byteLength(name) + Buffer.byteLength(text);
}

/**
 * The contents of the ConfigMaps with the files, filled in the order of the files' names.
 * @throws RangeError if a file is larger than a ConfigMap
 */
export function objectConfigMaps(files: readonly ObjectFile[], largest = largestConfigMap): Record<string, string>[] {
  const maps: Record<string, string>[] = [];
  let left = 0;
  for (const file of [...files].sort((a, b) => compare(a.name, b.name))) {
    const size = sizeOf(file);
    if (size > largest)
      throw new RangeError(`${file.name} has ${size} bytes, more than the maximum of ${largest} in a ConfigMap`);
    if (size > left) {
      maps.push({});
      left = largest;
    }
    left -= size;
    Object.assign(maps.at(-1) ?? {}, { [file.name]: file.text });
  }
  return maps;
}
