import { commandLine } from "../../../components/kit/command-line.ts";
import { isRecord } from "../../../components/kit/unknown.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import type { Violation } from "./violation.ts";

// An upstream image with its registry and tag, and the digest of a manifest (OCI image specification, "Digests": sha256 only).
const image = /^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(\/[a-z0-9._-]+)+:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const sha256 = /^sha256:[0-9a-f]{64}$/;

/** The digests of a lock by image; undefined where the text is not a lock. */
export function lockedDigests(text: string | undefined): Record<string, string> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
  if (!isRecord(value) || !isRecord(value["images"])) return undefined;
  const entries = Object.entries(value["images"]);
  return entries.every(([name, digest]) => image.test(name) && typeof digest === "string" && sha256.test(digest))
    ? (Object.fromEntries(entries) as Record<string, string>)
    : undefined;
}

/** A lock that cannot be used. @param text of the file; undefined if it is missing or unreadable */
export function imageLock({ images: { lock } }: ParsedSettings, text: string | undefined): Violation[] {
  if (lock === undefined || lockedDigests(text) !== undefined) return [];
  return [
    {
      path: ["images", "lock"],
      message: text === undefined ? "the file does not exist" : "the file is not a lock of images",
      got: shown(lock),
      accepts: 'a JSON file such as {"images": {"quay.io/keycloak/keycloak:26.7.3": "sha256:…"}}',
      fix: `write it with \`${commandLine("images", "--stack STACK --lock")}\`, with the name of the stack`,
    },
  ];
}
