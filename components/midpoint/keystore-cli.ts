import { createReadStream } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { Command, CommanderError } from "commander";
import { KeystoreError, printable } from "./keystore-error.ts";
import { readKeystore } from "./keystore-reader.ts";
import type { KeystoreEntry } from "./keystore-reader.ts";
import { keyIdentifier } from "./keystore.ts";
import { subjectOf } from "./pem.ts";

/** What is wrong with the command, its file or its password. */
const FAILURE = 2;

/** A Kubernetes Secret holds 1 MiB; what is much larger is another kind of file. */
const LARGEST_FILE = 16 * 1024 * 1024;

interface Description {
  alias: string;
  kind: string;
  created: string;
  algorithm?: string;
  bits?: number;
  iterations?: number;
  identifier?: string;
  certificates?: { subject: string; expires: string; sha256: string }[];
}

/** What may be shown of an entry. Fields are named one by one, so that no key slips in. */
function describe(entry: KeystoreEntry): Description {
  const common = { alias: entry.alias, kind: entry.kind, created: entry.date.toISOString() };
  if (entry.kind === "secret key") {
    const { algorithm, bits, iterations, key } = entry;
    return { ...common, algorithm, bits, iterations, identifier: keyIdentifier(key) };
  }
  const chain = entry.kind === "private key" ? entry.chain : [entry.certificate];
  const certificates = chain.map((certificate) => ({
    subject: subjectOf(certificate),
    expires: certificate.validToDate.toISOString(),
    sha256: certificate.fingerprint256,
  }));
  return { ...common, certificates };
}

function toText({ alias, certificates = [], ...fields }: Description): string {
  const lines = [fields, ...certificates].flatMap((part) => Object.entries(part));
  return [
    printable(alias),
    ...lines.map(([label, value]) => `  ${label.padEnd(10)} ${printable(String(value))}`),
    "",
  ].join("\n");
}

/** Reads a file, a pipe or a device to its end, but no more than a keystore can be. */
async function readFile(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(path, { end: LARGEST_FILE })) chunks.push(chunk as Buffer);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new Failure(code === "ENOENT" ? `there is no file ${path}` : `${path} cannot be read: ${code}`);
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length > LARGEST_FILE) throw new Failure(`${path} is larger than 16 MiB and so no keystore`);
  return bytes;
}

class Failure extends Error {}

async function readPassword(): Promise<string> {
  const given = process.env.KEYSTORE_PASSWORD;
  if (given !== undefined) return given;
  if (!process.stdin.isTTY) throw new Failure("set KEYSTORE_PASSWORD to the store password, or run in a terminal");
  process.stderr.write("Store password: ");
  // A terminal on the input turns echo off, and what readline would echo instead goes nowhere.
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const interrupted = new AbortController();
  lines.on("SIGINT", () => {
    interrupted.abort();
  });
  try {
    return await lines.question("", { signal: interrupted.signal });
  } catch {
    throw new Failure("no password given");
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}

async function inspect(path: string, json: boolean): Promise<string> {
  const bytes = await readFile(path);
  const entries = readKeystore(bytes, await readPassword(), process.env.KEYSTORE_KEY_PASSWORD);
  const described = entries.map(describe);
  return json ? `${JSON.stringify({ entries: described }, null, 2)}\n` : described.map(toText).join("\n");
}

async function main(): Promise<void> {
  const command = new Command("keystore")
    .description("Lists what a JCEKS keystore holds: aliases, sizes, key identifiers, certificates. Never a key.")
    .requiredOption("--inspect <file>", "the keystore, or a pipe")
    .option("--json", "as JSON", false)
    .addHelpText(
      "after",
      "\nThe store password comes from KEYSTORE_PASSWORD, or is asked for in a terminal." +
        "\nThe key password is midPoint's own, unless KEYSTORE_KEY_PASSWORD is set." +
        `\nExit code ${FAILURE}: the file, the password or the command is wrong.`,
    )
    .exitOverride();
  try {
    const options = command.parse().opts<{ inspect: string; json: boolean }>();
    process.stdout.write(await inspect(options.inspect, options.json));
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : FAILURE;
    else if (error instanceof KeystoreError || error instanceof Failure) {
      process.stderr.write(`keystore: ${error.message}\n`);
      process.exitCode = FAILURE;
    } else throw error;
  }
}

await main();
