import { accounts, ownPrefixes, rulesNamedIn, titleOf } from "../../../components/logging/graylog/configuration.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { unknownName } from "./violation.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["logging", "graylog", ...rest];

/** Prefixes of index sets that begin with each other: Graylog cannot distinguish their indices, and rejects the second. */
export function graylogPrefixes({ logging: { graylog } }: ParsedSettings): Violation[] {
  const overlaps = (one: string, other: string) => one !== other && (one.startsWith(other) || other.startsWith(one));
  return graylog.indexSets.flatMap(({ prefix }, index): Violation[] => {
    const own = ownPrefixes.find((one) => one === prefix || overlaps(one, prefix));
    const other = own ?? graylog.indexSets.slice(0, index).find((set) => overlaps(set.prefix, prefix))?.prefix;
    if (other === undefined) return [];
    return [
      {
        path: at("indexSets", index, "prefix"),
        message: `overlaps with "${other}": Graylog rejects two prefixes of which one begins with the other`,
        got: shown(prefix),
        accepts: `a prefix that does not overlap with another one, or with ${ownPrefixes.join(", ")}`,
        fix: "change the prefix",
        relies: own === undefined ? [at("indexSets", "*", "prefix")] : [],
      },
    ];
  });
}

/** Rules that pipelines name, and brackets in the queries of alerts. The configuration Job checks the rest with Graylog's parsers. */
export function graylogLanguage({ logging: { graylog } }: ParsedSettings): Violation[] {
  const rules = [...new Set(graylog.rules.flatMap(({ source }) => titleOf(source) ?? []))];
  const missing = graylog.pipelines.flatMap(({ source }, index) =>
    [...new Set(rulesNamedIn(source))]
      .filter((title) => !rules.includes(title))
      .map((title) =>
        unknownName(
          at("pipelines", index, "source"),
          "names a rule that does not exist",
          title,
          rules,
          "logging.graylog.rules",
          [at("rules")],
        ),
      )
      // A command would set the whole source, not the name in it.
      .map((violation): Violation => ({
        ...violation,
        fix: "change the name in the source, or add the rule to logging.graylog.rules",
      })),
  );
  const queries = graylog.alerts.flatMap(({ query }, index): Violation[] => {
    const wrong = unbalanced(query);
    if (wrong === undefined) return [];
    return [
      {
        path: at("alerts", index, "query"),
        message: `is not a valid query: ${wrong}`,
        got: shown(query),
        accepts: "a query in Lucene's syntax, such as level:<=3 AND input_src:ewoc",
        fix: "close it, or escape it with a backslash",
      },
    ];
  });
  return [...missing, ...queries];
}

const pairs: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** The bracket or quote of a query in Lucene's syntax that has no counterpart; undefined: none. */
function unbalanced(query: string): string | undefined {
  // Quoted and escaped characters, and regular expressions, count as text. A range may close with either bracket.
  const code = query.replace(/\\.|"(?:[^"\\]|\\.)*"|(?<![^\s:(])\/(?:[^/\\]|\\.)*\//g, " ");
  if (code.includes('"')) return "a double quote is not closed";
  const open: string[] = [];
  for (const character of code)
    if (Object.hasOwn(pairs, character)) open.push(character);
    else if (Object.values(pairs).includes(character)) {
      const last = open.pop();
      if (last === undefined) return `"${character}" closes nothing`;
      if ((last === "(") !== (character === ")")) return `"${last}" is closed by "${character}"`;
    }
  const [first] = open;
  return first === undefined ? undefined : `"${first}" is not closed`;
}

/** Users with a name of Graylog's own accounts. */
export function graylogAccounts({ logging: { graylog } }: ParsedSettings): Violation[] {
  const reserved: readonly string[] = Object.values(accounts);
  return graylog.users.flatMap(({ username }, index): Violation[] =>
    reserved.includes(username.toLowerCase())
      ? [
          {
            path: at("users", index, "username"),
            message: "is the name of one of Graylog's own accounts",
            got: shown(username),
            accepts: `a name other than ${reserved.join(", ")}`,
            fix: "change the name",
          },
        ]
      : [],
  );
}
