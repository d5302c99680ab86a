import { spawn } from "node:child_process";

/** A failed command of Pulumi, or a secret that must not be replaced. */
export class StackSecretError extends Error {}

/** A secret for a stack's configuration. */
export interface StackSecret {
  /** The NAME of `secrets:NAME`. */
  readonly name: string;
  /** Without a newline at its end, which `pulumi config set` removes from a pipe. */
  readonly value: string;
}

/**
 * Stores secrets in a stack's configuration. Values travel on pipes only. A secret that exists must contain the same value: nothing
 * is stored if one contains another.
 *
 * @returns for each secret, whether it was set; false if it already contained the value
 * @throws {StackSecretError} in one line, without a value
 */
export async function storeSecrets(secrets: readonly StackSecret[], stack: string): Promise<boolean[]> {
  const existing = await configKeys(stack);
  const present = secrets.map(({ name }) => existing.has(`secrets:${name}`));
  for (const [index, { name, value }] of secrets.entries()) {
    if (present[index] !== true) continue;
    const stored = await pulumi(["config", "get", `secrets:${name}`, "--stack", stack]);
    if (stored.replace(/\r?\n$/, "") !== value)
      throw new StackSecretError(
        `the secret ${name} of the stack ${stack} contains another value; if nothing needs it, remove it with npx pulumi config rm secrets:${name} --stack ${stack}`,
      );
  }
  for (const [index, { name, value }] of secrets.entries())
    if (present[index] !== true)
      await pulumi(["config", "set", "--secret", `secrets:${name}`, "--stack", stack], value);
  return present.map((was) => !was);
}

/** The keys of a stack's configuration, without values of secrets. */
async function configKeys(stack: string): Promise<Set<string>> {
  const printed = await pulumi(["config", "--json", "--stack", stack]);
  try {
    return new Set(Object.keys(JSON.parse(printed) as object));
  } catch {
    throw new StackSecretError("npx pulumi config --json printed no JSON");
  }
}

/**
 * The output of a command of `npx pulumi`.
 * @param input what it reads: `config set` takes its value from a pipe (pulumi/pulumi, pkg/cmd/pulumi/config, "config set")
 */
function pulumi(args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("npx", ["pulumi", ...args, "--non-interactive"], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    const printed = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed.out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (printed.err += text));
    // A command that fails may not read its input.
    child.stdin.on("error", () => undefined).end(input);
    child.on("error", ({ message }) => {
      reject(new StackSecretError(`npx pulumi cannot be started: ${message}`));
    });
    child.on("close", (code) => {
      if (code === 0) resolve(printed.out);
      else
        reject(new StackSecretError(`npx pulumi ${args.slice(0, 2).join(" ")} failed: ${lastLine(printed.err, code)}`));
    });
  });
}

function lastLine(text: string, code: number | null): string {
  const lines = text.split("\n").map((line) => line.trim());
  return (lines.filter((line) => line !== "").at(-1) ?? `exit code ${code}`).replace(/^error: /, "");
}
