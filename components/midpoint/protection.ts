import { createCipheriv, createDecipheriv, hash } from "node:crypto";
import { OCTET_STRING, SEQUENCE, der, derInteger } from "./der.ts";
import { JavaBytes } from "./java-bytes.ts";
import { deserialize, serialize } from "./java-serialization.ts";
import type { JavaClass, JavaObject } from "./java-serialization.ts";
import { KeystoreError, keystoreError } from "./keystore-error.ts";

/** The JDK does not read a key with more iterations (`com.sun.crypto.provider.KeyProtector`, `MAX_ITERATION_COUNT`). */
export const MOST_ITERATIONS = 5_000_000;

/** Bytes of salt in PBEWithMD5AndTripleDES (`com.sun.crypto.provider.PBES1Core`). */
export const SALT_LENGTH = 8;

const ALGORITHM = "PBEWithMD5AndTripleDES";

// The classes of a sealed key, with their serialVersionUID in OpenJDK.
const SEALED_OBJECT: JavaClass = {
  name: "com.sun.crypto.provider.SealedObjectForKeyProtector",
  serialVersionUID: -3650226485480866989n,
  fields: {},
  parent: {
    name: "javax.crypto.SealedObject",
    serialVersionUID: 4482838265551344752n,
    fields: {
      encodedParams: "[B",
      encryptedContent: "[B",
      paramsAlg: "Ljava/lang/String;",
      sealAlg: "Ljava/lang/String;",
    },
  },
};
const SECRET_KEY_SPEC: JavaClass = {
  name: "javax.crypto.spec.SecretKeySpec",
  serialVersionUID: 6577238317307289933n,
  fields: { algorithm: "Ljava/lang/String;", key: "[B" },
};

/** The class that the JDK writes for keys other than `SecretKeySpec`, such as DESede keys (`java.security.KeyRep`). */
const KEY_REP = "java.security.KeyRep";

/** Whether both halves are equal. The JDK's key derivation reverses the first half in place then, so the result is unreliable. */
export function halvesAreEqual(salt: Uint8Array): boolean {
  const half = SALT_LENGTH / 2;
  return Buffer.compare(salt.subarray(0, half), salt.subarray(half)) === 0;
}

/** Characters that the JDK accepts in the password of a key (`com.sun.crypto.provider.PBEKey`): printable ASCII. */
export function isPrintableAscii(password: string): boolean {
  return /^[\x20-\x7e]*$/.test(password);
}

/**
 * PBEWithMD5AndTripleDES (`PBES1Core.deriveCipherKey`): each half of the salt, followed by the password, is hashed
 * with MD5, and each result, followed by the password again, `iterations` times in all. Of the 32 resulting bytes,
 * 24 are the key and 8 the initialisation vector.
 */
function deriveKey(password: string, salt: Uint8Array, iterations: number): { key: Buffer; iv: Buffer } {
  const secret = Buffer.from(password, "latin1");
  const half = SALT_LENGTH / 2;
  const derived = [salt.subarray(0, half), salt.subarray(half)].map((part) => {
    let digest = hash("md5", Buffer.concat([part, secret]), "buffer");
    const message = Buffer.concat([digest, secret]);
    for (let i = 1; i < iterations; i++) {
      digest = hash("md5", message, "buffer");
      digest.copy(message);
    }
    return digest;
  });
  const bytes = Buffer.concat(derived);
  return { key: bytes.subarray(0, 24), iv: bytes.subarray(24) };
}

/** A serialised `SealedObjectForKeyProtector` around an AES key; the inputs have been checked. */
export function sealAesKey(key: Uint8Array, password: string, salt: Uint8Array, iterations: number): Buffer {
  const derived = deriveKey(password, salt, iterations);
  const cipher = createCipheriv("des-ede3-cbc", derived.key, derived.iv);
  const plain = serialize(SECRET_KEY_SPEC, { algorithm: "AES", key });
  return serialize(SEALED_OBJECT, {
    encodedParams: der(SEQUENCE, der(OCTET_STRING, salt), derInteger(iterations)),
    encryptedContent: Buffer.concat([cipher.update(plain), cipher.final()]),
    paramsAlg: ALGORITHM,
    sealAlg: ALGORITHM,
  });
}

/** A key in the store: how it is protected, and how to decrypt it. */
export interface SealedKey {
  salt: Buffer;
  iterations: number;
  encrypted: Buffer;
}

/**
 * Reads a serialised `SealedObjectForKeyProtector` and leaves the reader after it.
 *
 * @param name name of the entry, for messages
 * @throws {KeystoreError} `damaged`, `unsupported`, `salt`, or `iterations` if there are more than the JDK reads
 */
export function readSealedKey(bytes: JavaBytes, name: string): SealedKey {
  const sealed = deserialize(bytes);
  const encrypted = sealed.fields.get("encryptedContent");
  const parameters = sealed.fields.get("encodedParams");
  if (sealed.className !== SEALED_OBJECT.name || !Buffer.isBuffer(encrypted) || !Buffer.isBuffer(parameters)) {
    throw keystoreError("damaged", `the keystore is damaged: the key ${name} is not sealed in Java's format`);
  }
  const algorithm = sealed.fields.get("sealAlg");
  if (algorithm !== ALGORITHM) {
    throw keystoreError("unsupported", `the key ${name} is not protected with ${ALGORITHM}; recreate it with keytool`);
  }
  const { salt, iterations } = readParameters(parameters, name);
  if (halvesAreEqual(salt)) {
    throw keystoreError("salt", `the halves of the salt of the key ${name} are equal; recreate it with another salt`);
  }
  if (iterations < 1 || iterations > MOST_ITERATIONS) {
    throw keystoreError(
      "iterations",
      `the key ${name} has ${iterations} iterations; Java reads 1 to ${MOST_ITERATIONS}`,
    );
  }
  return { salt: Buffer.from(salt), iterations, encrypted };
}

/** `SEQUENCE { salt OCTET STRING, iterationCount INTEGER }` (RFC 8018, A.3, `PBEParameter`). */
function readParameters(encoded: Buffer, name: string): { salt: Buffer; iterations: number } {
  const bytes = new JavaBytes(encoded);
  const header = bytes.take(4);
  const salt = bytes.take(SALT_LENGTH);
  const [tag, length] = bytes.take(2);
  const digits = bytes.take(bytes.remaining);
  const expected = Buffer.from([SEQUENCE, encoded.length - 2, OCTET_STRING, SALT_LENGTH]);
  if (!header.equals(expected) || tag !== 0x02 || length !== digits.length || length < 1 || length > 4) {
    throw keystoreError("damaged", `the keystore is damaged: the protection parameters of the key ${name} are not DER`);
  }
  return { salt, iterations: digits.readIntBE(0, length) };
}

/**
 * Decrypts a sealed key. A wrong password is detected by the padding, or by an invalid key.
 *
 * @throws {KeystoreError} `wrong-key-password`, or `unsupported` for a class of keys that the JDK does not write
 */
export function unseal(sealed: SealedKey, password: string, name: string): { algorithm: string; key: Buffer } {
  const { className, fields } = decrypt(sealed, password, name);
  if (className !== SECRET_KEY_SPEC.name && className !== KEY_REP) throw ofAnotherClass(name);
  const algorithm = fields.get("algorithm");
  const key = fields.get(className === KEY_REP ? "encoded" : "key");
  if (typeof algorithm !== "string" || !Buffer.isBuffer(key)) throw doesNotOpen(name);
  return { algorithm, key: Buffer.from(key) };
}

function decrypt(sealed: SealedKey, password: string, name: string): JavaObject {
  const derived = deriveKey(password, sealed.salt, sealed.iterations);
  const decipher = createDecipheriv("des-ede3-cbc", derived.key, derived.iv);
  let plain: Buffer;
  try {
    plain = Buffer.concat([decipher.update(sealed.encrypted), decipher.final()]);
  } catch {
    throw doesNotOpen(name);
  }
  try {
    return deserialize(new JavaBytes(plain));
  } catch (error) {
    // The original error message would quote decrypted data.
    if (error instanceof KeystoreError && error.code === "unsupported") throw ofAnotherClass(name);
    throw doesNotOpen(name);
  }
}

function ofAnotherClass(name: string): Error {
  return keystoreError("unsupported", `the key ${name} has an unsupported class; store it as an AES key`);
}

function doesNotOpen(name: string): Error {
  return keystoreError(
    "wrong-key-password",
    `the key password does not decrypt the key ${name}; midPoint requires "midpoint" (keytool -keypass midpoint)`,
  );
}
