// What Graylog's own parsers answer, as far as a test needs them.
import { Answer } from "./graylog-shapes.ts";
import type { Body } from "./graylog-shapes.ts";

/** Answers a request that asks a parser; undefined: another request. */
export function parse(route: string, body: Body): { status: number; body: unknown } | undefined {
  switch (route) {
    case "POST /system/pipelines/rule/parse":
      checkedSource(body);
      return { status: 200, body: { ...body, id: null, errors: null } };
    case "POST /system/pipelines/pipeline/parse": {
      const rules = [...checkedSource(body).matchAll(/rule "([^"]+)"/g)].map(([, title]) => title);
      return { status: 200, body: { ...body, id: null, errors: null, stages: [{ stage: 0, match: "EITHER", rules }] } };
    }
    case "POST /tools/regex_tester":
      try {
        new RegExp(String(body["regex"]));
        return { status: 200, body: { matched: false } };
      } catch {
        throw new Answer(400, `Invalid regular expression: Unclosed group near index 1\n${String(body["regex"])}`);
      }
    case "POST /search/validate": {
      const query = String(body["query"]);
      const wrong = query.split("(").length !== query.split(")").length;
      const explanation = wrong
        ? { error_type: "QUERY_PARSING_ERROR", error_message: "Cannot parse query, cause: incomplete query" }
        : { error_type: "UNKNOWN_FIELD", error_message: "Query contains unknown field: level" };
      return { status: 200, body: { status: wrong ? "ERROR" : "WARNING", explanations: [explanation] } };
    }
  }
  return undefined;
}

/** The source of a rule or a pipeline. @throws Answer with what its parser says */
export function checkedSource(body: Body): string {
  const source = String(body["source"]);
  const unknown = /\b(?:then|when) (\w+)\(/.exec(source)?.[1] ?? "drop_message";
  const wrong = [
    ...(/^\s*(rule|pipeline) "[^"]+"[\s\S]*\bend\s*$/.test(source) ? [] : [syntaxError("syntax_error", "missing End")]),
    ...(["drop_message", "to_string"].includes(unknown)
      ? []
      : [syntaxError("undeclared_function", `Unknown function ${unknown}`)]),
  ];
  if (wrong.length > 0) throw new Answer(400, wrong);
  return source;
}

function syntaxError(type: string, reason: string) {
  return { type, line: 1, position_in_line: 19, reason };
}
