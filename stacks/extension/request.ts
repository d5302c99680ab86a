import { fullHost } from "../../components/kit/names.ts";
import { refusals } from "../settings/check.ts";
import { schemaAt, valueAt } from "../settings/key.ts";
import { configKey, leadsTo, removeCommand, setCommand } from "../settings/path.ts";
import type { Path } from "../settings/path.ts";
import { shown } from "../settings/problems.ts";
import type { Problem } from "../settings/problems.ts";
import { ruleFindings } from "../settings/rules.ts";
import type { Fix, Violation } from "../settings/rules/violation.ts";
import { settingsSchema } from "../settings/schema.ts";
import type { Settings } from "../settings/settings.ts";

/** The settings with a request of the program, and what is wrong with it. */
export interface Requested {
  readonly settings: Settings;
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** The list of settings that has the same kind of thing as a request. */
export const lists = {
  database: ["postgresql", "databases"],
  client: ["keycloak", "clients"],
  host: ["gateway", "hosts"],
  certificate: ["certificates", "hosts"],
} as const satisfies Record<string, Path>;

/** A kind of thing that both lists of settings and calls of a program ask for. */
export type Listed = keyof typeof lists;

/** What the settings and the calls so far ask for. */
export interface Asked {
  /** The settings, with what the calls so far ask for. */
  readonly settings: Settings;
  /** The calls so far, by the keys of what they ask for. */
  readonly calls: ReadonlyMap<string, string>;
}

/** Where the settings or an earlier call have the same thing as an element of a list; undefined: nowhere. */
export function twin({ settings, calls }: Asked, kind: Listed, element: Element): string | undefined {
  const list = lists[kind];
  const found = (valueAt(settings, list) as readonly Element[]).findIndex((one) =>
    isSame(kind, one, element, settings.domain),
  );
  return found < 0 ? undefined : renamed(calls)(configKey([...list, found]));
}

/** An element of one of the lists, as far as it says what it is. */
interface Element {
  readonly name?: string;
  readonly host?: string;
  readonly namespace?: string;
  readonly paths?: readonly string[];
}

function isSame(kind: Listed, a: Element, b: Element, domain: string): boolean {
  if (kind === "database" || kind === "client") return a.name === b.name;
  if (fullHost(a.host ?? "", domain) !== fullHost(b.host ?? "", domain)) return false;
  if (kind === "certificate") return a.namespace === b.namespace;
  const { paths = ["/"] } = b;
  return (a.paths ?? ["/"]).some((path) => paths.includes(path));
}

/** Puts the names of calls in the place of the keys that settings would have for what they ask for. */
export function renamed(calls: ReadonlyMap<string, string>): (text: string) => string {
  // The longest first, because `hosts[1]` begins `hosts[11]`: the bracket ends a key, but a name of a namespace does not.
  const all = [...calls].sort(([a], [b]) => b.length - a.length);
  return (text) => all.reduce((done, [key, call]) => done.replaceAll(key, call), text);
}

/**
 * Checks a request of the program as if the settings had it: by the same formats and the same rules, so that a name has one owner
 * and what it needs is there.
 *
 * @param at where the settings would have it, such as `postgresql.databases[2]`
 * @param element what the settings would have there
 * @param call the request as messages name it
 */
export function requested({ settings, calls }: Asked, at: Path, element: unknown, call: string): Requested {
  const { stack } = settings;
  const named = renamed(new Map([...calls, [configKey(at), call]]));
  const schema = schemaAt(settingsSchema(settings.profile), at, settings);
  if (schema === undefined) throw new TypeError(`no schema at ${configKey(at)}`);
  const parsed = schema.safeParse(element);
  if (!parsed.success) {
    const refused = refusals({ schema, input: element as Record<string, unknown>, stack, empty: [] });
    const errors = refused.map(({ path, problem: { fix, ...rest } }) => ({
      ...rest,
      key: named(configKey([...at, ...path])),
      // A command would change the settings.
      fix: fix === undefined || /^npx pulumi/.test(fix) ? "change the argument of the call" : fix,
    }));
    return { settings, errors, warnings: [] };
  }
  const after = replaced(settings, at, parsed.data) as Settings;
  const before = new Set(ruleFindings(settings).map(identity));
  const found = ruleFindings(after)
    .filter((violation) => violation.unless === undefined && !before.has(identity(violation)))
    .map((violation) => problemOf(violation, at, named, stack));
  return {
    settings: after,
    errors: found.filter(({ severity }) => severity === "error"),
    warnings: found.filter(({ severity }) => severity === "warning"),
  };
}

function problemOf(violation: Violation, at: Path, named: (text: string) => string, stack: string): Problem {
  const { path, severity = "error", message, got, accepts, fix } = violation;
  return {
    key: named(configKey(path)),
    severity,
    message: named(message),
    got,
    accepts: named(accepts),
    fix: named(fixOf(fix, path, at, stack)),
  };
}

function fixOf(fix: Fix, path: Path, at: Path, stack: string): string {
  if (typeof fix === "string") return fix;
  if ("remove" in fix)
    return leadsTo(at, fix.remove) ? "change the call, or remove it" : removeCommand(fix.remove, stack);
  if ("file" in fix || "secret" in fix) return "change the argument of the call";
  const place = fix.at ?? path;
  return leadsTo(at, place) ? `use ${shown(fix.set)}` : setCommand(place, fix.set, stack);
}

function identity({ path, message }: Violation): string {
  return `${configKey(path)} ${message}`;
}

/** A copy of a value with another value at a path. */
function replaced(value: unknown, [name, ...rest]: Path, put: unknown): unknown {
  if (name === undefined) return put;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    PropertyKey,
    unknown
  >;
  copy[name] = replaced(copy[name], rest, put);
  return copy;
}
