import type { Desired, DesiredIndexSet, DesiredStream, Json } from "../desired.ts";
import { differing, isMarked, marked } from "./report.ts";
import type { Report } from "./report.ts";
import { share } from "./sharing.ts";
import type { Server } from "./server.ts";

interface IndexSet extends Readonly<Record<string, Json>> {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly index_prefix: string;
  readonly default: boolean;
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
  readonly is_default: boolean;
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

/** Makes the streams with their rules and starts them, and removes those that the Job made; gives ids by title. */
export async function streams(
  server: Server,
  desired: Desired,
  indexSetIds: ReadonlyMap<string, string>,
  report: Report,
): Promise<Map<string, string>> {
  const there = (await server.get<{ streams: readonly Stream[] }>("/streams")).streams;
  const ids = new Map<string, string>();
  await defaultStream(server, desired, indexSetIds, there, report);
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

/** Assigns the Default Stream to the default index set. Graylog's own default is only for new streams. */
async function defaultStream(
  server: Server,
  desired: Desired,
  indexSetIds: ReadonlyMap<string, string>,
  there: readonly Stream[],
  report: Report,
): Promise<void> {
  const prefix = desired.indexSets.find((set) => set.default)?.prefix;
  const indexSet = prefix === undefined ? undefined : indexSetIds.get(prefix);
  const actual = there.find((one) => one.is_default);
  if (indexSet === undefined || actual === undefined) return;
  if (actual.index_set_id === indexSet) return report.unchanged();
  // The server clears members that are missing.
  await server.send("PUT", `/streams/${actual.id}`, {
    title: actual.title,
    description: actual.description,
    matching_type: actual.matching_type,
    remove_matches_from_default_stream: actual.remove_matches_from_default_stream,
    index_set_id: indexSet,
  });
  report.updated(`stream "${actual.title}"`, ["index_set_id"]);
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
    await share(server, made.stream_id, wanted.readers);
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
  if (await share(server, actual.id, wanted.readers)) differed.push("readers");
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
