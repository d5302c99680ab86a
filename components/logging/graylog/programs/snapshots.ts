import { readFileSync } from "node:fs";
import type { DesiredSnapshots } from "../../snapshots/policy.ts";
import { differing, Report } from "./report.ts";
import { Server } from "./server.ts";

type Body = Readonly<Record<string, unknown>>;

/** A policy as the API shows it. */
interface ShownPolicy {
  readonly _seq_no: number;
  readonly _primary_term: number;
  readonly sm_policy: Body;
}

/**
 * Makes OpenSearch know the repository of snapshots and the policy that fills it, and lets every node try the bucket.
 * @returns the exit code: 0, or 1 with the server's words said
 */
export async function run(
  server: Server,
  { policy, repository }: DesiredSnapshots,
  say: (line: string) => void,
): Promise<0 | 1> {
  const report = new Report(say);
  try {
    const path = `/_snapshot/${repository.name}`;
    const shown = (await server.find<Readonly<Record<string, Body>>>(path))?.[repository.name];
    const what = `repository "${repository.name}"`;
    const differ = shown === undefined ? [] : differing(repository.body, shown);
    if (shown !== undefined && differ.length === 0) {
      await server.send("POST", `${path}/_verify`);
      report.unchanged();
    } else {
      // Registering it lets every node write to the bucket, and fails where one cannot.
      await server.send("PUT", path, repository.body);
      if (shown === undefined) report.created(what);
      else report.updated(what, differ);
    }
    await policyAs(server, policy, report);
    report.sum();
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { cause } = error;
    say(`failed: ${cause instanceof Error ? `${error.message}: ${cause.message}` : error.message}`);
    return 1;
  }
}

async function policyAs(server: Server, { body, name }: DesiredSnapshots["policy"], report: Report): Promise<void> {
  const path = `/_plugins/_sm/policies/${name}`;
  const shown = await server.find<ShownPolicy>(path);
  const what = `policy "${name}"`;
  if (shown === undefined) {
    await server.send("POST", path, body);
    report.created(what);
    return;
  }
  const differ = differing(body, shown.sm_policy);
  if (differ.length === 0) {
    report.unchanged();
    return;
  }
  const { _primary_term: term, _seq_no: number } = shown;
  await server.send("PUT", `${path}?if_seq_no=${number}&if_primary_term=${term}`, body);
  report.updated(what, differ);
}

/** Starts a run as the Job's environment says. */
export async function main(environment: Readonly<Record<string, string | undefined>>): Promise<0 | 1> {
  const variable = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === "") throw new Error(`${name} is not set`);
    return value;
  };
  const uri = new URL(variable("SEARCH_URI"));
  const login = { username: decodeURIComponent(uri.username), password: decodeURIComponent(uri.password) };
  const wanted = JSON.parse(readFileSync(variable("SNAPSHOTS"), "utf8")) as DesiredSnapshots;
  return run(new Server(uri.origin, login), wanted, (line) => console.log(line));
}

if (import.meta.main) process.exitCode = await main(process.env);
