import type { Desired } from "../desired.ts";
import { Refused } from "./server.ts";
import type { Server } from "./server.ts";

/** The type of stream rules with a regular expression (StreamRuleType.java). */
const regularExpression = 2;

/**
 * Checks rules, pipelines, queries and regular expressions with the server's own parsers; nothing is changed. The server stores
 * pipelines that name missing rules, invalid queries and invalid regular expressions without an error.
 * @throws Error with all errors of the parsers
 */
export async function checkSyntax(server: Server, { alerts, pipelines, rules, streams }: Desired): Promise<void> {
  const wrong: string[] = [];
  const parse = async (what: string, path: string, body: Readonly<Record<string, string>>) => {
    try {
      return await server.send("POST", path, body);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 400)) throw error;
      wrong.push(`${what}: ${error.words}`);
      return undefined;
    }
  };
  for (const { title, description, source } of rules)
    await parse(`rule "${title}"`, "/system/pipelines/rule/parse", { title, description, source });
  const there = pipelines.length === 0 ? [] : await server.get<readonly { title: string }[]>("/system/pipelines/rule");
  const known = new Set([...rules, ...there].map(({ title }) => title));
  for (const { title, description, source } of pipelines) {
    const what = `pipeline "${title}"`;
    const parsed = await parse(what, "/system/pipelines/pipeline/parse", { title, description, source });
    for (const rule of rulesOf(parsed)) if (!known.has(rule)) wrong.push(`${what}: there is no rule "${rule}"`);
  }
  for (const stream of streams)
    for (const { type, value } of stream.rules)
      if (type === regularExpression)
        await parse(`stream "${stream.title}"`, "/tools/regex_tester", { regex: value, string: "text" });
  for (const { query, title } of alerts)
    wrong.push(...(await queryErrors(server, query)).map((words) => `alert "${title}": ${words}`));
  if (wrong.length > 0) throw new Error(["nothing was changed, because of:", ...wrong].join("\n- "));
}

function rulesOf(parsed: unknown): string[] {
  const { stages } = (parsed ?? { stages: [] }) as { stages: readonly { readonly rules: readonly string[] }[] };
  return stages.flatMap(({ rules }) => rules);
}

/** The errors of a query. Its warnings are about fields that no message has yet. */
async function queryErrors(server: Server, query: string): Promise<string[]> {
  const { explanations, status } = (await server.send("POST", "/search/validate", {
    query,
    streams: [],
    parameters: [],
  })) as { status: string; explanations: readonly { readonly error_message: string }[] };
  return status === "ERROR" ? explanations.map((one) => one.error_message) : [];
}
