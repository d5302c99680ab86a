import { int16, int32, int64, utf } from "./java-bytes.ts";
import type { JavaBytes } from "./java-bytes.ts";
import { keystoreError, quoted } from "./keystore-error.ts";

// Java Object Serialization Specification, chapter 6 ("Object Serialization Stream Protocol"), 6.4.2.
const STREAM_HEADER = 0xaced0005 | 0;
const NULL = 0x70;
const REFERENCE = 0x71;
const CLASS_DESCRIPTION = 0x72;
const OBJECT = 0x73;
const STRING = 0x74;
const ARRAY = 0x75;
const END_OF_ANNOTATION = 0x78;
const ENUM = 0x7e;
const FIRST_HANDLE = 0x7e0000;
const SERIALIZABLE = 0x02;
const SERIALIZABLE_ENUM = 0x12;

/** More levels than in any key, so that a stream with malicious nesting fails without a stack overflow. */
const DEEPEST = 8;

/** A class with fields that are strings or byte arrays, sorted by name like in `ObjectStreamClass`. */
export interface JavaClass {
  name: string;
  serialVersionUID: bigint;
  fields: Readonly<Record<string, "[B" | "Ljava/lang/String;">>;
  parent?: JavaClass;
}

const BYTE_ARRAY: JavaClass = { name: "[B", serialVersionUID: BigInt.asIntN(64, 0xacf317f8060854e0n), fields: {} };

/** The value of a field; an enum constant is an object with the single field `name`. */
export type JavaValue = string | Buffer | JavaObject | null;
export interface JavaObject {
  className: string;
  /** Fields of the object and of its superclasses, by name. */
  fields: Map<string, JavaValue>;
}

/** The bytes that `ObjectOutputStream.writeObject` writes for a new object, including the stream header. */
export function serialize(type: JavaClass, values: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const parts: Buffer[] = [int32(STREAM_HEADER)];
  const handles = new Map<string, number>();
  let nextHandle = FIRST_HANDLE;

  // Class descriptions and their type names are written once, then referenced by number.
  const once = (key: string, write: () => void): void => {
    const handle = handles.get(key);
    if (handle !== undefined) parts.push(Buffer.from([REFERENCE]), int32(handle));
    else {
      handles.set(key, nextHandle++);
      write();
    }
  };
  const typeName = (name: string): void => {
    once(`string ${name}`, () => parts.push(Buffer.from([STRING]), utf(name)));
  };
  const description = (described: JavaClass): void => {
    once(`class ${described.name}`, () => {
      const fields = Object.entries(described.fields);
      parts.push(Buffer.from([CLASS_DESCRIPTION]), utf(described.name), int64(described.serialVersionUID));
      parts.push(Buffer.from([SERIALIZABLE]), int16(fields.length));
      for (const [name, fieldType] of fields) {
        parts.push(Buffer.from(fieldType.slice(0, 1)), utf(name));
        typeName(fieldType);
      }
      parts.push(Buffer.from([END_OF_ANNOTATION]));
      if (described.parent) description(described.parent);
      else parts.push(Buffer.from([NULL]));
    });
  };
  const data = (described: JavaClass): void => {
    if (described.parent) data(described.parent);
    for (const name of Object.keys(described.fields)) {
      const value = values[name] ?? "";
      if (typeof value === "string") {
        parts.push(Buffer.from([STRING]), utf(value));
      } else {
        parts.push(Buffer.from([ARRAY]));
        description(BYTE_ARRAY);
        parts.push(int32(value.length), Buffer.from(value));
      }
      nextHandle++;
    }
  };

  parts.push(Buffer.from([OBJECT]));
  description(type);
  nextHandle++;
  data(type);
  return Buffer.concat(parts);
}

interface Description {
  name: string;
  fields: { type: string; name: string }[];
  parent: Description | null;
}
type Handle = { description: Description } | { value: JavaValue };

/**
 * Reads one object, including the stream header, and leaves the reader after it. Supports the types in the JDK's sealed keys:
 * objects, strings, byte arrays, enum constants. It creates no class and runs no code from the stream.
 *
 * @throws {KeystoreError} `damaged` if the stream violates the protocol, `unsupported` for other types
 */
export function deserialize(bytes: JavaBytes): JavaObject {
  const handles: Handle[] = [];

  const reference = (): Handle => {
    const handle = handles[bytes.int32() - FIRST_HANDLE];
    if (!handle) throw damaged();
    return handle;
  };

  const string = (): string => {
    const value = bytes.utf();
    handles.push({ value });
    return value;
  };

  const description = (depth: number): Description | null => {
    // All nesting contains the description of a class.
    if (depth > DEEPEST) throw damaged();
    const tag = bytes.uint8();
    if (tag === NULL) return null;
    if (tag === REFERENCE) {
      const handle = reference();
      if (!("description" in handle)) throw damaged();
      return handle.description;
    }
    if (tag !== CLASS_DESCRIPTION) throw damaged();
    const described: Description = { name: bytes.utf(), fields: [], parent: null };
    bytes.int64();
    handles.push({ description: described });
    const flags = bytes.uint8();
    if (flags !== SERIALIZABLE && flags !== SERIALIZABLE_ENUM) throw unsupported(described.name);
    for (let left = bytes.uint16(); left > 0; left--) {
      const type = String.fromCharCode(bytes.uint8());
      const name = bytes.utf();
      if (type !== "L" && type !== "[") throw unsupported(described.name);
      if (typeof value(depth + 1) !== "string") throw damaged();
      described.fields.push({ type, name });
    }
    if (bytes.uint8() !== END_OF_ANNOTATION) throw unsupported(described.name);
    described.parent = description(depth + 1);
    return described;
  };

  const known = (described: Description | null): Description => {
    if (!described) throw damaged();
    return described;
  };

  const object = (depth: number): JavaObject => {
    const described = known(description(depth + 1));
    const result: JavaObject = { className: described.name, fields: new Map() };
    handles.push({ value: result });
    const lineage: Description[] = [];
    for (let each: Description | null = described; each; each = each.parent) {
      // A description can be referenced while it is being read, as its own ancestor.
      if (lineage.length > DEEPEST) throw damaged();
      lineage.unshift(each);
    }
    for (const { fields } of lineage) for (const { name } of fields) result.fields.set(name, value(depth + 1));
    return result;
  };

  const byteArray = (depth: number): Buffer => {
    const { name } = known(description(depth + 1));
    if (name !== BYTE_ARRAY.name) throw unsupported(name);
    const place = handles.push({ value: null }) - 1;
    const array = bytes.block();
    handles[place] = { value: array };
    return array;
  };

  const enumConstant = (depth: number): JavaObject => {
    const { name } = known(description(depth + 1));
    const result: JavaObject = { className: name, fields: new Map() };
    handles.push({ value: result });
    result.fields.set("name", value(depth + 1));
    return result;
  };

  const value = (depth: number): JavaValue => {
    const tag = bytes.uint8();
    if (tag === NULL) return null;
    if (tag === STRING) return string();
    if (tag === OBJECT) return object(depth);
    if (tag === ARRAY) return byteArray(depth);
    if (tag === ENUM) return enumConstant(depth);
    if (tag !== REFERENCE) throw damaged();
    const handle = reference();
    if (!("value" in handle)) throw damaged();
    return handle.value;
  };

  if (bytes.int32() !== STREAM_HEADER) throw damaged();
  const result = value(0);
  if (result === null || typeof result === "string" || Buffer.isBuffer(result)) throw damaged();
  return result;
}

function damaged(): Error {
  return keystoreError("damaged", "the keystore is damaged: a sealed key violates Java's serialisation protocol");
}

function unsupported(className: string): Error {
  return keystoreError(
    "unsupported",
    `the keystore contains a key of the unsupported Java class ${quoted(className)}; store it as an AES key`,
  );
}
