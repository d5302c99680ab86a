import type { Desired, DesiredAlert, Json } from "../desired.ts";
import { differing, isMarked, marked } from "./report.ts";
import type { Report } from "./report.ts";
import type { Server } from "./server.ts";

interface Sourced {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  readonly source: string;
}

interface Connection {
  readonly stream_id: string;
  readonly pipeline_ids: readonly string[];
}

interface Alert extends Readonly<Record<string, Json>> {
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** What a page of event definitions holds at most; more are asked for page by page. */
const pageSize = 100;

/** Makes the rules, the pipelines and what goes through them; removes pipelines before the rules that they name. */
export async function pipelines(
  server: Server,
  desired: Desired,
  streamIds: ReadonlyMap<string, string>,
  report: Report,
): Promise<void> {
  const rulePath = "/system/pipelines/rule";
  const pipelinePath = "/system/pipelines/pipeline";
  const rules = await server.get<readonly Sourced[]>(rulePath);
  await sourced(server, rulePath, "rule", desired.rules, rules, report);
  const there = await server.get<readonly Sourced[]>(pipelinePath);
  const ids = await sourced(server, pipelinePath, "pipeline", desired.pipelines, there, report);
  const ours = new Set([
    ...ids.values(),
    ...there.filter(({ description }) => isMarked(description)).map(({ id }) => id),
  ]);
  const foreign = there.filter(({ id }) => !ours.has(id)).map(({ id }) => id);
  await connections(server, desired, streamIds, ids, foreign, report);
  await removeUnwanted(server, pipelinePath, "pipeline", desired.pipelines, there, report);
  await removeUnwanted(server, rulePath, "rule", desired.rules, rules, report);
}

async function sourced(
  server: Server,
  path: string,
  kind: string,
  wanted: Desired["rules"],
  there: readonly Sourced[],
  report: Report,
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const { title, description, source } of wanted) {
    const what = `${kind} "${title}"`;
    const body = { title, description: marked(description), source };
    const actual = there.find((one) => one.title === title);
    if (actual === undefined) {
      ids.set(title, ((await server.send("POST", path, body)) as Sourced).id);
      report.created(what);
      continue;
    }
    ids.set(title, actual.id);
    const differed = differing(body, { ...actual });
    if (differed.length > 0) {
      await server.send("PUT", `${path}/${actual.id}`, body);
      report.updated(what, differed);
    } else report.unchanged();
  }
  return ids;
}

/** Connects streams with their pipelines. Pipelines created by hand stay connected; deleted pipelines, which a stream may still name, do not. */
async function connections(
  server: Server,
  desired: Desired,
  streamIds: ReadonlyMap<string, string>,
  pipelineIds: ReadonlyMap<string, string>,
  foreign: readonly string[],
  report: Report,
): Promise<void> {
  const path = "/system/pipelines/connections";
  const there = await server.get<readonly Connection[]>(path);
  for (const [title, stream] of streamIds) {
    const actual = there.find((one) => one.stream_id === stream)?.pipeline_ids ?? [];
    const wanted = desired.pipelines
      .filter(({ streams }) => streams.includes(title))
      .flatMap((pipeline) => pipelineIds.get(pipeline.title) ?? []);
    const all = [...actual.filter((id) => foreign.includes(id)), ...wanted].sort();
    if (differing({ all }, { all: actual }).length === 0) continue;
    await server.send("POST", `${path}/to_stream`, { stream_id: stream, pipeline_ids: all });
    report.updated(`stream "${title}"`, ["pipelines"]);
  }
}

async function removeUnwanted(
  server: Server,
  path: string,
  kind: string,
  wanted: readonly { readonly title: string }[],
  there: readonly { readonly id: string; readonly title: string; readonly description: string | null }[],
  report: Report,
): Promise<void> {
  for (const { id, title, description } of there) {
    if (!isMarked(description) || wanted.some((one) => one.title === title)) continue;
    await server.send("DELETE", `${path}/${id}`);
    report.removed(`${kind} "${title}"`);
  }
}

/** Makes the alerts, as event definitions that count messages. Before a stream goes, {@link removeAlerts} is called. */
export async function alerts(
  server: Server,
  desired: Desired,
  streamIds: ReadonlyMap<string, string>,
  report: Report,
): Promise<void> {
  const there = await allAlerts(server);
  for (const wanted of desired.alerts) {
    const stream = streamIds.get(wanted.stream);
    if (stream === undefined) throw new Error(`alert "${wanted.title}": no stream "${wanted.stream}"`);
    const what = `alert "${wanted.title}"`;
    const body = alertBody(wanted, stream);
    const actual = there.find(({ title }) => title === wanted.title);
    if (actual === undefined) {
      await server.send("POST", "/events/definitions?schedule=true", { entity: body, share_request: null });
      report.created(what);
      continue;
    }
    const differed = differing(body, actual);
    if (differed.length > 0) {
      await server.send("PUT", `/events/definitions/${actual.id}?schedule=true`, { ...body, id: actual.id });
      report.updated(what, differed);
    } else report.unchanged();
  }
}

/** Removes the alerts that the Job made and nobody wants. */
export async function removeAlerts(server: Server, desired: Desired, report: Report): Promise<void> {
  await removeUnwanted(server, "/events/definitions", "alert", desired.alerts, await allAlerts(server), report);
}

async function allAlerts(server: Server): Promise<Alert[]> {
  const found: Alert[] = [];
  for (let page = 1; ; page++) {
    const path = `/events/definitions?page=${page}&per_page=${pageSize}`;
    const { event_definitions: more } = await server.get<{ event_definitions: readonly Alert[] }>(path);
    found.push(...more);
    if (more.length < pageSize) return found;
  }
}

function alertBody({ title, description, query, above, withinMs, priority }: DesiredAlert, stream: string) {
  const count = "count-messages";
  return {
    title,
    description: marked(description),
    priority,
    alert: true,
    state: "ENABLED",
    config: {
      type: "aggregation-v1",
      query,
      query_parameters: [],
      filters: [],
      streams: [stream],
      group_by: [],
      series: [{ type: "count", id: count, field: null }],
      conditions: {
        expression: {
          expr: ">",
          left: { expr: "number-ref", ref: count },
          right: { expr: "number", value: above },
        },
      },
      search_within_ms: withinMs,
      execute_every_ms: withinMs,
    },
    field_spec: {},
    key_spec: [],
    notification_settings: { grace_period_ms: withinMs, backlog_size: 10 },
    notifications: [],
  };
}
