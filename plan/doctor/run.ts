import { spawn } from "node:child_process";

/** How a command ended. */
export type Outcome =
  | { readonly kind: "ended"; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: "missing" }
  | { readonly kind: "timeout"; readonly seconds: number }
  | { readonly kind: "flood" };

/** Runs a command; never fails. */
export type Run = (
  program: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
) => Promise<Outcome>;

/** The maximum output of one command in bytes. A list of the pods of a thousand nodes is about 200 MiB. */
const most = 2 ** 28;

const groups = new Set<number>();

/**
 * A runner of commands: with a timeout, without standard input, and at most `width` at the same time. A command that times out is
 * killed together with its child processes, such as a plugin that waits for a login.
 *
 * @param seconds after which a command is killed
 */
export function runner(seconds: number, width = 6): Run {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (program, args, env = {}) => {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      return await once(program, args, env, seconds);
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}

function once(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  seconds: number,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      // A separate process group, so that all of it can be killed.
      detached: process.platform !== "win32",
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed = { out: [] as Buffer[], err: [] as Buffer[], bytes: 0 };
    const { pid } = child;
    if (pid !== undefined) groups.add(pid);
    let settled = false;
    const settle = (outcome: Outcome) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      if (pid !== undefined) {
        end(pid);
        groups.delete(pid);
      }
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(outcome);
    };
    // A command may have ended in time while this process was busy with a plan: its end event comes before a second timer.
    const late = () => setTimeout(() => settle({ kind: "timeout", seconds }), 50);
    const timer = setTimeout(late, seconds * 1000);
    const keep = (where: Buffer[]) => (chunk: Buffer) => {
      printed.bytes += chunk.length;
      if (printed.bytes > most) settle({ kind: "flood" });
      else where.push(chunk);
    };
    child.stdout.on("data", keep(printed.out));
    child.stderr.on("data", keep(printed.err));
    child.on("error", () => settle({ kind: "missing" }));
    child.on("close", (code) => {
      const text = (parts: Buffer[]) => Buffer.concat(parts).toString("utf8");
      settle({ kind: "ended", code: code ?? 1, stdout: text(printed.out), stderr: text(printed.err) });
    });
  });
}

function end(pid: number): void {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // It has already ended.
  }
}

process.once("exit", () => groups.forEach(end));

/** Why a command failed, in one line; undefined if it succeeded. */
export function failure(program: string, outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case "missing":
      return `${program} is not on PATH`;
    case "timeout":
      return `${program} did not answer within ${outcome.seconds} s`;
    case "flood":
      return `${program} printed more than ${most / 2 ** 20} MiB`;
    case "ended":
      return outcome.code === 0
        ? undefined
        : lastLine(outcome.stderr || outcome.stdout, `${program} failed with exit code ${outcome.code}`);
  }
}

/** The line of an error message with the cause: the last one that is not empty, without its `error:` prefix. */
export function lastLine(text: string, otherwise: string): string {
  // eslint-disable-next-line no-control-regex -- removes terminal escape sequences
  const plain = text.replace(/\u001b\[[0-9;]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
  const lines = plain.split("\n").map((line) => line.trim());
  const line = lines.filter((candidate) => candidate !== "" && !/^=+$/.test(candidate)).at(-1) ?? otherwise;
  const said = line.replace(/^(error|Error from server( \([A-Za-z]+\))?|Unable to connect to the server): ?/i, "");
  return said.slice(0, 300) || otherwise;
}
