import type { Desired, DesiredInput, Json } from "../desired.ts";
import { startTimes, untilRunning } from "./input-states.ts";
import type { StartTimes } from "./input-states.ts";
import { differing } from "./report.ts";
import type { Report } from "./report.ts";
import type { Server, Times } from "./server.ts";

interface Input {
  readonly id: string;
  readonly title: string;
  readonly type: string;
  readonly global: boolean;
  readonly attributes: Readonly<Record<string, Json>>;
  readonly static_fields: Readonly<Record<string, string>>;
  readonly creator_user_id: string;
}

const path = "/system/inputs";

/**
 * Creates and updates the inputs with their static fields, starts inputs that do not run, and deletes inputs that the Job created
 * and that are no longer configured.
 * @throws Error with the server's message if an input does not start
 */
export async function inputs(
  server: Server,
  desired: Desired,
  ownName: string,
  times: Times,
  report: Report,
): Promise<void> {
  const there = (await server.get<{ inputs: readonly Input[] }>(path)).inputs;
  for (const wanted of desired.inputs) {
    const what = `input "${wanted.title}"`;
    const actual = there.find(({ title }) => title === wanted.title);
    if (actual !== undefined && actual.type === wanted.type) {
      const differed = await update(server, wanted, actual, times);
      if (differed.length > 0) report.updated(what, differed);
      else report.unchanged();
      continue;
    }
    if (actual !== undefined) {
      // Graylog cannot turn one kind of input into another.
      await server.send("DELETE", `${path}/${actual.id}`);
      report.removed(`${what}, which was of another type`);
    }
    const { id } = (await server.send("POST", path, inputBody(wanted))) as { id: string };
    report.created(what);
    const { since } = await untilRunning(server, id, what, times, new Map());
    await staticFields(server, id, wanted, {}, since, times);
  }
  for (const { id, title, creator_user_id: creator } of there) {
    if (creator !== ownName || desired.inputs.some((wanted) => wanted.title === title)) continue;
    await server.send("DELETE", `${path}/${id}`);
    report.removed(`input "${title}"`);
  }
}

/** @returns the names of what was changed, such as `port`; `state` if the input did not run */
async function update(server: Server, wanted: DesiredInput, actual: Input, times: Times): Promise<string[]> {
  const what = `input "${wanted.title}"`;
  const { id } = actual;
  const unnamed = unnamedAttributes(wanted, actual);
  const differed = [
    ...(actual.global ? [] : ["global"]),
    ...differing(wanted.configuration, actual.attributes),
    ...unnamed,
  ];
  let before: StartTimes | undefined;
  if (differed.length > 0) {
    before = await startTimes(server, id);
    // The server keeps an attribute that is left out, and clears one that is null.
    const cleared = Object.fromEntries(unnamed.map((name) => [name, null]));
    await server.send("PUT", `${path}/${id}`, inputBody(wanted, cleared));
  }
  const { since, started } = await untilRunning(server, id, what, times, before);
  const fields = await staticFields(server, id, wanted, actual.static_fields, since, times);
  return [...differed, ...(started && differed.length === 0 ? ["state"] : []), ...fields];
}

/** Attributes with a value that the settings do not name. */
function unnamedAttributes({ configuration }: DesiredInput, { attributes }: Input): string[] {
  return Object.keys(attributes)
    .filter((name) => isSet(attributes[name]) && !Object.hasOwn(configuration, name))
    .sort();
}

/** Whether an attribute has a value: empty fields of a form do not, and neither does the object of a password that is not set. */
function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== "" && typeof value !== "object";
}

function inputBody({ title, type, configuration }: DesiredInput, cleared: Readonly<Record<string, null>> = {}): Json {
  return { title, type, global: true, configuration: { ...configuration, ...cleared } };
}

/**
 * Creates, changes and deletes static fields. Each change restarts the input, but only if it runs: an input that is still starting
 * stays off. So each change waits until the input runs again.
 * @param since when the input was last started, before the first change
 * @returns the names of what was changed, such as `static field input_src`
 */
async function staticFields(
  server: Server,
  id: string,
  { staticFields: wanted, title }: DesiredInput,
  actual: Readonly<Record<string, string>>,
  since: StartTimes,
  times: Times,
): Promise<string[]> {
  const fields = `${path}/${id}/staticfields`;
  const changed: string[] = [];
  let before = since;
  const change = async (method: "POST" | "DELETE", to: string, body?: Json) => {
    await server.send(method, to, body);
    before = (await untilRunning(server, id, `input "${title}"`, times, before)).since;
  };
  for (const key of new Set([...Object.keys(actual), ...Object.keys(wanted)])) {
    if (actual[key] === wanted[key]) continue;
    changed.push(`static field ${key}`);
    // A field that is added twice stands there twice.
    if (actual[key] !== undefined) await change("DELETE", `${fields}/${encodeURIComponent(key)}`);
    if (wanted[key] !== undefined) await change("POST", fields, { key, value: wanted[key] });
  }
  return changed;
}
