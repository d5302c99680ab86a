import { compare } from "../kit/stable.ts";

/** A file of midPoint's objects that are imported at the first start. */
export interface ObjectFile {
  /** Its name, such as `100-role-auditor.xml`: midPoint imports by the number in front. */
  readonly name: string;
  readonly text: string;
}

/** midPoint reads the first three characters as a number, and takes anything else for zero (`DataImport`, `getNumberFromName`). */
export const objectFileForm = /^[0-9]{3}-[A-Za-z0-9_.-]{1,200}\.xml$/;

/**
 * What one ConfigMap holds at most, in bytes of UTF-8: the API server refuses an object above 1 MiB, of which its metadata and
 * the record of managed fields need a part.
 */
export const largestConfigMap = 1_000_000;

/** Bytes that a file takes in a ConfigMap. */
export function sizeOf({ name, text }: ObjectFile): number {
  return Buffer.byteLength(name) + Buffer.byteLength(text);
}

/**
 * The contents of the ConfigMaps that hold the files, in order of their names; as few as one after the other fit.
 * @throws RangeError where one file is larger than a ConfigMap
 */
export function objectConfigMaps(files: readonly ObjectFile[], largest = largestConfigMap): Record<string, string>[] {
  const maps: Record<string, string>[] = [];
  let left = 0;
  for (const file of [...files].sort((a, b) => compare(a.name, b.name))) {
    const size = sizeOf(file);
    if (size > largest) throw new RangeError(`${file.name} has ${size} bytes; a ConfigMap holds ${largest}`);
    if (size > left) {
      maps.push({});
      left = largest;
    }
    left -= size;
    Object.assign(maps.at(-1) ?? {}, { [file.name]: file.text });
  }
  return maps;
}
