import { readFileSync } from "node:fs";
import type { Desired } from "../desired.ts";
import { headerLogin, loginAccepted, ownUser, users } from "./people.ts";
import { alerts, pipelines, removeAlerts } from "./processing.ts";
import { inputs } from "./inputs.ts";
import { indexSets, streams } from "./reconcile.ts";
import { Report } from "./report.ts";
import { NotReady, Refused, Server, waitUntilReady } from "./server.ts";
import type { Login, Times } from "./server.ts";
import { checkSyntax } from "./syntax.ts";

/** What the program is told. */
export interface Run {
  /** Where the API begins, without a slash at its end. */
  readonly address: string;
  /** The first administrator, who makes the Job's own user. */
  readonly root: Login;
  readonly own: Login;
  readonly desired: Desired;
  /** How long the server may take to start, and how often it is asked. */
  readonly times: Times;
}

/**
 * Makes Graylog what the configuration says: creates what is missing, updates what differs, removes what it made and nobody
 * wants. A run that breaks off is finished by the next.
 * @returns the exit code: 0, or 1 with the server's words said
 */
export async function run({ address, root, own, desired, times }: Run, say: (line: string) => void): Promise<0 | 1> {
  const report = new Report(say);
  try {
    await waitUntilReady(address, times, say);
    const asRoot = new Server(address, root);
    if (!(await loginAccepted(asRoot, root.username))) {
      say(
        `failed: Graylog refuses the password of "${root.username}": it runs with another one than its Secret now holds`,
      );
      return 1;
    }
    await checkSyntax(asRoot, desired);
    const server = new Server(address, own);
    await ownUser(asRoot, own, () => loginAccepted(server, own.username), report);
    const indexSetIds = await indexSets(server, desired, report);
    await inputs(server, desired, own.username, startsIn(times), report);
    // An alert names its stream: it goes first.
    await removeAlerts(server, desired, report);
    const streamIds = await streams(server, desired, indexSetIds, report);
    await pipelines(server, desired, streamIds, report);
    await alerts(server, desired, streamIds, report);
    await users(server, desired, own.username, report);
    await headerLogin(server, desired, report);
    report.sum();
    return 0;
  } catch (error) {
    if (error instanceof Refused || error instanceof NotReady) say(`failed: ${error.message}`);
    else say(`failed: ${told(error)}`);
    return 1;
  }
}

/** Inputs start faster than a server: within a minute. */
function startsIn({ everyMs, forMs }: Times): Times {
  return { forMs: Math.min(forMs, 60_000), everyMs: Math.min(everyMs, 500) };
}

/** An error in words: `fetch` says only that it failed, and its cause says why. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message || cause.name}` : error.message;
}

/** Starts a run as the Job's environment says. */
export async function main(environment: Readonly<Record<string, string | undefined>>): Promise<0 | 1> {
  const variable = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === "") throw new Error(`${name} is not set`);
    return value;
  };
  const desired = JSON.parse(readFileSync(variable("CONFIGURATION"), "utf8")) as Desired;
  return run(
    {
      address: variable("GRAYLOG_API"),
      root: { username: variable("ROOT_USERNAME"), password: variable("ROOT_PASSWORD") },
      own: { username: variable("OWN_USERNAME"), password: variable("OWN_PASSWORD") },
      desired,
      times: { forMs: Number(variable("WAIT_SECONDS")) * 1000, everyMs: 5000 },
    },
    (line) => console.log(line),
  );
}

if (import.meta.main) process.exitCode = await main(process.env);
