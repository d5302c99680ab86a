import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { z } from "zod";
import { bytesForm, formatBytes, parseBytes } from "../../components/kit/quantities.ts";
import { bare, defaultOf, example, formatExamples } from "./key.ts";
import { nearest } from "./problems.ts";

/** The value that the user probably meant with a rejected one; undefined if there is no suggestion. */
export function likely(schema: z.ZodType, got: unknown): unknown {
  return candidates(bare(schema), got, defaultOf(schema)).find(
    (candidate) => candidate !== undefined && candidate !== got && schema.safeParse(candidate).success,
  );
}

/** Values that may be meant, the most likely first, not all of which are accepted. */
function candidates(schema: z.ZodType, got: unknown, usual: unknown): unknown[] {
  if (schema instanceof z.ZodNumber) return numbers(schema, got);
  if (schema instanceof z.ZodBoolean) return truthValues(got);
  if (schema instanceof z.ZodEnum) return words(schema.options.map(String), got);
  if (schema instanceof z.ZodDiscriminatedUnion) return [fromJson(got)];
  if (schema instanceof z.ZodArray)
    return [fromJson(got), [got], ...separated(got), [likely(schema.element as z.ZodType, got)]];
  if (schema instanceof z.ZodRecord) return [fromJson(got), named(schema, got)];
  if (schema instanceof z.ZodObject) return [fromJson(got), withFirst(schema, got), got === true ? {} : undefined];
  if (typeof got === "string" || typeof got === "number" || typeof got === "boolean") return texts(got, usual);
  return [];
}

function numbers(schema: z.ZodNumber, got: unknown): unknown[] {
  const digits =
    typeof got === "string" ? /-?\d+(?:\.\d+)?/.exec(got.replace(/(?<=\d)[_ ,](?=\d{3})/g, ""))?.[0] : primitive(got);
  const number = Number(digits ?? NaN);
  if (Number.isNaN(number)) return [];
  const bounded = Math.min(Math.max(number, schema.minValue ?? number), schema.maxValue ?? number);
  // Prefer the example of the format to the nearest bound: port 70000 is not likely to mean 65535.
  return [number, Math.round(number), ...formatExamples(schema), Math.round(bounded)];
}

/**
 * A scalar, or the only element of a list; undefined for objects, whose own members can prevent a conversion to a string.
 */
function primitive(got: unknown): unknown {
  if (Array.isArray(got) && got.length === 1) return primitive(got[0]);
  return typeof got === "object" ? undefined : got;
}

function truthValues(got: unknown): unknown[] {
  const text = String(primitive(got)).toLowerCase();
  if (["true", "yes", "on", "y", "1", "enabled"].includes(text)) return [true];
  return ["false", "no", "off", "n", "0", "disabled"].includes(text) ? [false] : [];
}

/** Words of a list that are similar, or share a beginning: `production` for `prod`. */
export function words(known: readonly string[], got: unknown): string[] {
  if (typeof got !== "string" || got === "") return [];
  const lower = got.toLowerCase();
  const begins = known.filter((word) => lower.startsWith(word.toLowerCase()) || word.toLowerCase().startsWith(lower));
  // An abbreviation: `cnpg` for `cloudnative-pg`.
  const letters = new RegExp([...lower].map((letter) => letter.replace(/\W/, "\\$&")).join(".*"), "i");
  const short = lower.length < 3 ? [] : known.filter((word) => letters.test(word));
  return [nearest(got, known), ...begins, ...short].filter((word) => word !== undefined);
}

function texts(got: string | number | boolean, usual: unknown): unknown[] {
  const text = String(got).trim();
  const bare = text.replace(/^[a-z][a-z0-9+]*:\/\//i, "").replace(/\/+$/, "");
  const host = bare.replace(/\/.*$/, "").replace(/:\d+$/, "").replace(/\.$/, "");
  const plain = [text, bare, host, text.replace(/\s+/g, "-"), text.replace(/[\s_]+/g, "-")];
  return [
    ...quantities(text, usual),
    ...plain,
    ...(/\P{ASCII}/u.test(text) ? inAscii(text, host) : []),
    ...(/\p{Cc}/u.test(text) ? [text.replace(/\p{Cc}+/gu, " "), text.replace(/\p{Cc}+/gu, "")] : []),
    ...plain.map((one) => one.toLowerCase()),
    ...(/^[^/]*[.:]/.test(bare) ? [`oci://${bare}`] : []),
    // An IP address instead of an address range.
    ...(isIP(text) === 0 ? [] : [`${text}/${isIP(text) === 4 ? 32 : 128}`]),
  ];
}

/**
 * A text in ASCII: hosts as DNS has them (`xn--…`, RFC 3490), also in URLs and addresses, or letters without their accents.
 * @param host the part of the text that may be a host
 */
function inAscii(text: string, host: string): string[] {
  const [user, domain = ""] = text.split("@");
  const url = /^(https?:\/\/)([^/:]+)(.*)$/i.exec(text);
  const letters = text
    .normalize("NFKD")
    .replace(/\P{ASCII}/gu, "")
    .toLowerCase();
  return [
    domainToASCII(host),
    `${user}@${domainToASCII(domain)}`,
    ...(url === null ? [] : [`${url[1]}${domainToASCII(url[2] ?? "")}${url[3]}`]),
    letters.trim().replace(/[\s_]+/g, "-"),
  ];
}

/** The possible meanings of a quantity with a unit in another spelling. */
function quantities(text: string, usual: unknown): string[] {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text);
  if (match === null) return [];
  const [, amount = "", unit = ""] = match;
  const first = unit.slice(0, 1);
  if (unit === "") return [amount, withUnit(Number(amount), usual), `${amount}d`];
  const milli = /^m(illi.*|cores?|cpus?)?$/i.test(unit) ? [`${amount}m`] : [];
  const cores = /^(cores?|v?cpus?)$/i.test(unit) ? [amount] : [];
  const binary = /^[kmgt](i?b?|ega.*|iga.*|ilo.*|era.*)$/i.test(unit) ? [`${amount}${first.toUpperCase()}i`] : [];
  const time = /^(s(ec.*)?|m(in.*)?|h(ours?|rs?)?|d(ays?)?)$/i.test(unit) ? [`${amount}${first.toLowerCase()}`] : [];
  return [...milli, ...cores, ...binary, ...time];
}

/** A number without a unit: bytes if it is large, otherwise in the unit that is closest to the default. */
function withUnit(amount: number, usual: unknown): string {
  if (amount >= 2 ** 20) return formatBytes(amount);
  const target = typeof usual === "string" && bytesForm.test(usual) ? parseBytes(usual) : undefined;
  const distance = (unit: string) => Math.abs(Math.log2(parseBytes(`${amount}${unit}`) / (target ?? 1)));
  return `${amount}${target === undefined || distance("Gi") <= distance("Mi") ? "Gi" : "Mi"}`;
}

/** A list or object that was set as a string, as `pulumi config set` does. */
function fromJson(got: unknown): unknown {
  if (typeof got !== "string" || !/^\s*[[{]/.test(got)) return undefined;
  try {
    return JSON.parse(got);
  } catch {
    return undefined;
  }
}

function separated(got: unknown): unknown[] {
  return typeof got === "string" ? [got.split(/[\s,]+/).filter((part) => part !== "")] : [];
}

/** An object by name, from a list of names or of `key=value` pairs. */
function named(schema: z.ZodRecord, got: unknown): unknown {
  const list = typeof got === "string" ? [got] : got;
  if (!Array.isArray(list) || !list.every((name) => typeof name === "string")) return undefined;
  const value = example(schema.valueType as z.ZodType);
  return Object.fromEntries(
    list.map((entry) => {
      const [name = "", given] = entry.split(/=|:\s+/);
      return [name, given ?? value] as const;
    }),
  );
}

/** An object from a single value: for its first member, required ones first, or for its switch `enabled`. */
function withFirst(schema: z.ZodObject, got: unknown): unknown {
  const whole = example(schema) as Record<string, unknown>;
  const members = [...Object.keys(whole), ...Object.keys(schema.shape)];
  const first = typeof got === "boolean" && members.includes("enabled") ? "enabled" : members[0];
  return first === undefined || typeof got === "object" ? undefined : { ...whole, [first]: got };
}
