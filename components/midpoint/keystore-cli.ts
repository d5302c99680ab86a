import { createReadStream } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { Command, CommanderError } from "commander";
import { commandLine } from "../kit/command-line.ts";
import { KeystoreError, printable } from "./keystore-error.ts";
import { readKeystore } from "./keystore-reader.ts";
import type { KeystoreEntry } from "./keystore-reader.ts";
import { keyIdentifier } from "./keystore.ts";
import { subjectOf } from "./pem.ts";

/** An error in the command, its file or its password. */
const FAILURE = 2;

/** A Kubernetes Secret has at most 1 MiB; a much larger file is not a keystore. */
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

/** The public data of an entry. Each field is listed explicitly, so that no key is printed by accident. */
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

/** Reads a file, a pipe or a device to its end, but not more than the maximum size of a keystore. */
async function readFile(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(path, { end: LARGEST_FILE })) chunks.push(chunk as Buffer);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new Failure(code === "ENOENT" ? `the file ${path} does not exist` : `${path} cannot be read: ${code}`);
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length > LARGEST_FILE) throw new Failure(`${path} is larger than 16 MiB, so it is not a keystore`);
  return bytes;
}

class Failure extends Error {}

/** The first line of a pipe. */
async function pipedPassword(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return line;
  throw new Failure("set KEYSTORE_PASSWORD to the store password, pipe it, or run in a terminal");
}

async function readPassword(): Promise<string> {
  const given = process.env.KEYSTORE_PASSWORD;
  if (given !== undefined) return given;
  if (!process.stdin.isTTY) return pipedPassword();
  process.stderr.write("Store password: ");
  // With a terminal on the input, raw mode disables echo, and readline's own echo is discarded.
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

async function entriesOf(path: string): Promise<KeystoreEntry[]> {
  const bytes = await readFile(path);
  return readKeystore(bytes, await readPassword(), process.env.KEYSTORE_KEY_PASSWORD);
}

async function inspect(path: string, json: boolean): Promise<string> {
  const described = (await entriesOf(path)).map(describe);
  return json ? `${JSON.stringify({ entries: described }, null, 2)}\n` : described.map(toText).join("\n");
}

/** The settings for an existing keystore. With a stack, its keys are stored as the secrets that the settings name. */
async function importFile(path: string, stack: string | undefined): Promise<string> {
  const { importOf, settingsYaml } = await import("./keystore-import.ts");
  const found = importOf(await entriesOf(path));
  const { keys } = found;
  const named = keys.map(
    ({ keySecret, identifier }) => `# secrets:${keySecret}: the key that stored data names ${identifier}`,
  );
  const yaml = settingsYaml(found);
  if (stack === undefined) {
    const command = commandLine("keystore", `--import ${path} --stack STACK`);
    return `${yaml}\n# No secret is set yet. This command sets them, without showing a key:\n#   ${command}\n${named.join("\n")}\n`;
  }
  const { storeSecrets } = await import("../kit/stack-secrets.ts");
  const stored = await storeSecrets(
    keys.map(({ keySecret, value }) => ({ name: keySecret, value })),
    stack,
  );
  const said = named.map((line, index) => `${line}; ${stored[index] ? "set" : "was already set"}`);
  return `${yaml}\n# Secrets of the stack ${stack}:\n${said.join("\n")}\n`;
}

interface Options {
  readonly inspect?: string;
  readonly import?: string;
  readonly json: boolean;
  readonly stack?: string;
}

function outputOf({ inspect: inspected, import: imported, json, stack }: Options): Promise<string> {
  if (imported === undefined && inspected !== undefined && stack === undefined) return inspect(inspected, json);
  if (imported !== undefined && inspected === undefined && !json) return importFile(imported, stack);
  throw new Failure(
    "give either --inspect FILE, with or without --json, or --import FILE, with or without --stack STACK",
  );
}

async function main(): Promise<void> {
  const command = new Command("keystore")
    .description("Lists the content of a JCEKS keystore, or imports its keys into a stack. Never shows a key.")
    .option("--inspect <file>", "lists aliases, sizes, key identifiers and certificates of a keystore, or a pipe")
    .option("--json", "as JSON", false)
    .option("--import <file>", "prints the settings for a keystore, or a pipe")
    .option("-s, --stack <name>", "with --import: stores the keys as secrets of this stack's configuration")
    .addHelpText(
      "after",
      "\nThe store password comes from KEYSTORE_PASSWORD, from the first line of a pipe, or from a prompt in a terminal." +
        "\nThe key password is KEYSTORE_KEY_PASSWORD; default: midPoint's own." +
        `\nExit code ${FAILURE}: invalid file, password or command.`,
    )
    .exitOverride();
  try {
    process.stdout.write(await outputOf(command.parse().opts<Options>()));
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : FAILURE;
    else if (error instanceof KeystoreError || error instanceof Failure || isStackSecret(error)) {
      process.stderr.write(`keystore: ${error.message.replaceAll("\n", "\nkeystore: ")}\n`);
      process.exitCode = FAILURE;
    } else throw error;
  }
}

/** By name, because the class is imported only if a stack is given. */
function isStackSecret(error: unknown): error is Error {
  return error instanceof Error && error.constructor.name === "StackSecretError";
}

await main();
