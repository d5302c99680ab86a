import { createDecipheriv, pbkdf2 } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";

/** Whether the passphrase in the environment decrypts a stack's secrets. */
export type Passphrase = "right" | "wrong" | "absent" | "no such file" | "of an unknown form";

const derive = promisify(pbkdf2);

/**
 * Tries the passphrase on the `encryptionsalt` of a stack file, as Pulumi does: PBKDF2-HMAC-SHA-256 with 1,000,000 rounds
 * gives an AES-256-GCM key, and the salt contains the word `pulumi` encrypted with it (pulumi/sdk, resource/config/crypt.go).
 */
export async function tryPassphrase(
  salt: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Passphrase> {
  const given = passphrase(env);
  if (given === undefined || given === "no such file") return given ?? "absent";
  const [version, random, sealedVersion, nonce, sealed] = salt.split(":");
  if (version !== "v1" || sealedVersion !== "v1" || random === undefined || nonce === undefined || sealed === undefined)
    return "of an unknown form";
  const key = await derive(given.text, Buffer.from(random, "base64"), 1_000_000, 32, "sha256");
  const bytes = Buffer.from(sealed, "base64");
  try {
    const cipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
    cipher.setAuthTag(bytes.subarray(-16));
    const word = Buffer.concat([cipher.update(bytes.subarray(0, -16)), cipher.final()]);
    return word.toString("utf8") === "pulumi" ? "right" : "wrong";
  } catch {
    return "wrong";
  }
}

/** The passphrase, from the variable or from the file in the other variable; an empty one is valid, as in Pulumi. */
function passphrase(
  env: Readonly<Record<string, string | undefined>>,
): { readonly text: string } | "no such file" | undefined {
  const text = env["PULUMI_CONFIG_PASSPHRASE"];
  if (text !== undefined) return { text };
  const file = env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  if (file === undefined || file === "") return undefined;
  try {
    return { text: readFileSync(file, "utf8").trim() };
  } catch {
    return "no such file";
  }
}
