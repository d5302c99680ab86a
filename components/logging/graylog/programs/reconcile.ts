import type { Desired, DesiredIndexSet, DesiredInput, DesiredStream, Json } from "../desired.ts";
import { differing, isMarked, marked } from "./report.ts";
import type { Report } from "./report.ts";
import type { Server } from "./server.ts";

interface IndexSet extends Readonly<Record<string, Json>> {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly index_prefix: string;
  readonly default: boolean;
}

interface Input {
  readonly id: string;
  readonly title: string;
  readonly type: string;
  readonly global: boolean;
  readonly attributes: Readonly<Record<string, Json>>;
  readonly static_fields: Readonly<Record<string, string>>;
  readonly creator_user_id: string;
}

interface StreamRule {
  readonly id: string;
  readonly field: string;
  readonly type: number;
  readonly value: string;
  readonly inverted: boolean;
}

interface Stream {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  readonly matching_type: string;
  readonly remove_matches_from_default_stream: boolean;
  readonly index_set_id: string;
  readonly disabled: boolean;
  readonly rules: readonly StreamRule[];
}

/** Makes the index sets; gives their ids by prefix. None is ever removed: it holds logs. */
export async function indexSets(server: Server, desired: Desired, report: Report): Promise<Map<string, string>> {
  const path = "/system/indices/index_sets";
  const there = (await server.get<{ index_sets: readonly IndexSet[] }>(path)).index_sets;
  const ids = new Map<string, string>();
  for (const wanted of desired.indexSets) {
    const what = `index set "${wanted.prefix}"`;
    const body = indexSetBody(wanted);
    let actual = there.find((one) => one.index_prefix === wanted.prefix);
    if (actual === undefined) {
      actual = (await server.send("POST", path, {
        ...body,
        index_prefix: wanted.prefix,
        index_analyzer: "standard",
      })) as IndexSet;
      report.created(what);
    } else {
      const differed = differing(body, actual);
      if (differed.length > 0) {
        await server.send("PUT", `${path}/${actual.id}`, { ...actual, ...body });
        report.updated(what, differed);
      } else report.unchanged();
    }
    if (wanted.default && !actual.default) {
      await server.send("PUT", `${path}/${actual.id}/default`);
      report.updated(what, ["default"]);
    }
    ids.set(wanted.prefix, actual.id);
  }
  for (const { description, index_prefix: prefix } of there)
    if (isMarked(description) && !ids.has(prefix))
      report.note(`left index set "${prefix}": nobody wants it any more, and it may hold logs; delete it by hand`);
  return ids;
}

function indexSetBody({ title, description, shards, replicas, maxSize, keep }: DesiredIndexSet) {
  const rotation = "org.graylog2.indexer.rotation.strategies.SizeBasedRotationStrategy";
  const retention = "org.graylog2.indexer.retention.strategies.DeletionRetentionStrategy";
  return {
    title,
    description: marked(description),
    shards,
    replicas,
    rotation_strategy_class: rotation,
    rotation_strategy: { type: `${rotation}Config`, max_size: maxSize },
    retention_strategy_class: retention,
    retention_strategy: { type: `${retention}Config`, max_number_of_indices: keep },
    index_optimization_max_num_segments: 1,
    index_optimization_disabled: false,
    field_type_refresh_interval: 5000,
    writable: true,
    // Else Graylog would tier the data, and ignore both strategies.
    use_legacy_rotation: true,
  };
}

/** Makes the inputs with their static fields, and removes those that the Job's user made and nobody wants. */
export async function inputs(server: Server, desired: Desired, ownName: string, report: Report): Promise<void> {
  const path = "/system/inputs";
  const there = (await server.get<{ inputs: readonly Input[] }>(path)).inputs;
  for (const wanted of desired.inputs) {
    const what = `input "${wanted.title}"`;
    let actual = there.find(({ title }) => title === wanted.title);
    if (actual !== undefined && actual.type !== wanted.type) {
      // Graylog cannot turn one kind of input into another.
      await server.send("DELETE", `${path}/${actual.id}`);
      report.removed(`${what}, which was of another type`);
      actual = undefined;
    }
    const id = actual?.id ?? (await createdInput(server, wanted));
    if (actual === undefined) report.created(what);
    const differed = actual === undefined ? [] : inputDifferences(wanted, actual);
    if (actual !== undefined && differed.length > 0)
      await server.send(
        "PUT",
        `${path}/${id}`,
        inputBody({ ...wanted, configuration: { ...plain(actual.attributes), ...wanted.configuration } }),
      );
    const fields = await staticFields(
      server,
      `${path}/${id}/staticfields`,
      wanted.staticFields,
      actual?.static_fields ?? {},
    );
    if (differed.length + fields.length > 0) {
      if (actual !== undefined) report.updated(what, [...differed, ...fields]);
    } else if (actual !== undefined) report.unchanged();
  }
  for (const { id, title, creator_user_id: creator } of there) {
    if (creator !== ownName || desired.inputs.some((wanted) => wanted.title === title)) continue;
    await server.send("DELETE", `${path}/${id}`);
    report.removed(`input "${title}"`);
  }
}

function inputDifferences(wanted: DesiredInput, actual: Input): string[] {
  return [...(actual.global ? [] : ["global"]), ...differing(wanted.configuration, actual.attributes)];
}

async function createdInput(server: Server, wanted: DesiredInput): Promise<string> {
  return ((await server.send("POST", "/system/inputs", inputBody(wanted))) as { id: string }).id;
}

function inputBody({ title, type, configuration }: DesiredInput): Json {
  return { title, type, global: true, configuration };
}

/** Attributes that a person's form may hold, without those that are not set. */
function plain(attributes: Readonly<Record<string, Json>>): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      (entry): entry is [string, string | number | boolean] => typeof entry[1] !== "object",
    ),
  );
}

/** Gives what was changed, such as `static field input_src`. */
async function staticFields(
  server: Server,
  path: string,
  wanted: Readonly<Record<string, string>>,
  actual: Readonly<Record<string, string>>,
): Promise<string[]> {
  const changed: string[] = [];
  for (const key of new Set([...Object.keys(actual), ...Object.keys(wanted)])) {
    if (actual[key] === wanted[key]) continue;
    changed.push(`static field ${key}`);
    // A field that is added twice stands there twice.
    if (actual[key] !== undefined) await server.send("DELETE", `${path}/${encodeURIComponent(key)}`);
    if (wanted[key] !== undefined) await server.send("POST", path, { key, value: wanted[key] });
  }
  return changed;
}

/** Makes the streams with their rules and starts them, and removes those that the Job made; gives ids by title. */
export async function streams(
  server: Server,
  desired: Desired,
  indexSetIds: ReadonlyMap<string, string>,
  report: Report,
): Promise<Map<string, string>> {
  const there = (await server.get<{ streams: readonly Stream[] }>("/streams")).streams;
  const ids = new Map<string, string>();
  for (const wanted of desired.streams) {
    const indexSet = indexSetIds.get(wanted.indexSet);
    if (indexSet === undefined) throw new Error(`stream "${wanted.title}": no index set "${wanted.indexSet}"`);
    const body = streamBody(wanted, indexSet);
    const actual = there.find(({ title }) => title === wanted.title);
    ids.set(wanted.title, await stream(server, wanted, body, actual, report));
  }
  for (const { id, title, description } of there) {
    if (!isMarked(description) || ids.has(title)) continue;
    await server.send("DELETE", `/streams/${id}`);
    report.removed(`stream "${title}"`);
  }
  return ids;
}

async function stream(
  server: Server,
  wanted: DesiredStream,
  body: ReturnType<typeof streamBody>,
  actual: Stream | undefined,
  report: Report,
): Promise<string> {
  const what = `stream "${wanted.title}"`;
  if (actual === undefined) {
    // Since 7.0 what is made stands in a wrapper, beside whom it is shared with.
    const entity = { ...body, rules: wanted.rules.map(ruleBody) };
    const made = (await server.send("POST", "/streams", { entity, share_request: null })) as { stream_id: string };
    report.created(what);
    await server.send("POST", `/streams/${made.stream_id}/resume`);
    return made.stream_id;
  }
  const path = `/streams/${actual.id}`;
  const differed = differing(body, { ...actual });
  if (differed.length > 0) await server.send("PUT", path, body);
  if (await streamRules(server, `${path}/rules`, wanted, actual)) differed.push("rules");
  if (actual.disabled) {
    await server.send("POST", `${path}/resume`);
    differed.push("disabled");
  }
  if (differed.length > 0) report.updated(what, differed);
  else report.unchanged();
  return actual.id;
}

function streamBody({ title, description, matching, removeFromDefault }: DesiredStream, indexSet: string) {
  return {
    title,
    description: marked(description),
    matching_type: matching,
    remove_matches_from_default_stream: removeFromDefault,
    index_set_id: indexSet,
  };
}

/** Adds rules that are missing, then removes those that are not wanted: a stream without rules would match nothing. */
async function streamRules(server: Server, path: string, wanted: DesiredStream, actual: Stream): Promise<boolean> {
  const left = [...actual.rules];
  const missing = wanted.rules.map(ruleBody).filter((rule) => {
    const index = left.findIndex((one) => differing(ruleIdentity(rule), { ...one }).length === 0);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
  for (const rule of missing) await server.send("POST", path, rule);
  for (const { id } of left) await server.send("DELETE", `${path}/${id}`);
  return missing.length + left.length > 0;
}

function ruleBody({ field, type, value, inverted }: DesiredStream["rules"][number]) {
  return { field, type, value, inverted, description: "" };
}

function ruleIdentity({ field, type, value, inverted }: ReturnType<typeof ruleBody>) {
  return { field, type, value, inverted };
}
