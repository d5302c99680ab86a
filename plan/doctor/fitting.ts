import { isDeepStrictEqual } from "node:util";
import { isCollection, isMap, isPair, isScalar, parseDocument } from "yaml";
import type { Node, Scalar, YAMLMap } from "yaml";
import { isRecord } from "../../components/kit/unknown.ts";
import { InputError } from "../input-error.ts";
import type { Diagnosis } from "./diagnosis.ts";

/** A setting of the section `cluster` that fits the live cluster: plain data. */
export interface Fitting {
  readonly key: string;
  readonly value: unknown;
}

/** The settings that diagnoses ask for. */
export function fittingSettings(diagnoses: readonly Diagnosis[]): Fitting[] {
  return diagnoses.flatMap(({ setting }) => setting ?? []);
}

/** The settings as a part of a stack file. */
export function asYaml(settings: readonly Fitting[]): string {
  return ["groundplan:cluster:", ...settings.map(({ key, value }) => `  ${key}: ${flow(value)}`), ""].join("\n");
}

/**
 * A stack file with other settings of its section `cluster`: every other character stays, comments included.
 * @param text the file's content
 * @throws InputError where the section is not an object that can be changed in place
 */
export function withSettings(text: string, settings: readonly Fitting[]): string {
  const changed = settings.reduce(withSetting, text);
  const [before, after] = [text, changed].map((one) => parseDocument(one).toJS() as unknown);
  // What is written is read back, because YAML has more forms than those that are changed here.
  if (!isDeepStrictEqual(after, expected(before, settings))) throw byHand(settings);
  return changed;
}

function withSetting(text: string, setting: Fitting): string {
  const section = sectionOf(text);
  if (section === undefined) throw byHand([setting]);
  const { key, value } = setting;
  const present = section.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
  const written = `${key}: ${flow(value)}`;
  if (present !== undefined) {
    const name = present.key as Scalar;
    return spliced(text, startOf(name), endOf(text, present), written);
  }
  const last = section.items.at(-1);
  if (section.flow === true) {
    const end = last === undefined ? startOf(section) + 1 : endOf(text, last);
    return spliced(text, end, end, last === undefined ? ` ${written} ` : `, ${written}`);
  }
  if (last === undefined) throw byHand([setting]);
  // On a line of its own, below the last setting and the comment on its line.
  const first = startOf(section.items[0]?.key as Scalar);
  const indent = first - (text.lastIndexOf("\n", first - 1) + 1);
  const line = text.indexOf("\n", endOf(text, last));
  const end = line < 0 ? text.length : line;
  return spliced(text, end, end, `\n${" ".repeat(indent)}${written}`);
}

const names = ["groundplan:cluster", "cluster", "groundplan:config:cluster"];

/** The section `cluster` of a stack file, with the places of its members in the text. */
function sectionOf(text: string): YAMLMap<unknown, unknown> | undefined {
  const config = parseDocument(text).get("config");
  if (!isMap(config)) return undefined;
  const pair = config.items.find(({ key }) => isScalar(key) && names.includes(String(key.value)));
  return isMap(pair?.value) ? pair.value : undefined;
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** The end of a node or a pair, without the white space and comments behind it. */
function endOf(text: string, node: unknown): number {
  if (isPair(node)) return endOf(text, node.value ?? node.key);
  if (isCollection(node) && node.flow !== true && node.items.length > 0) return endOf(text, node.items.at(-1));
  const end = (node as Node | undefined)?.range?.[1] ?? 0;
  return text.slice(0, end).trimEnd().length;
}

function spliced(text: string, start: number, end: number, inner: string): string {
  return text.slice(0, start) + inner + text.slice(end);
}

function expected(document: unknown, settings: readonly Fitting[]): unknown {
  if (!isRecord(document) || !isRecord(document["config"])) return document;
  const config = document["config"];
  const name = names.find((one) => Object.hasOwn(config, one)) ?? "";
  const own = Object.fromEntries(settings.map(({ key, value }) => [key, value]));
  return { ...document, config: { ...config, [name]: { ...(config[name] as object), ...own } } };
}

/** A value in YAML's flow style, which is also JSON but for spaces. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${flow(member)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

function byHand(settings: readonly Fitting[]): InputError {
  return new InputError(
    `the section groundplan:cluster cannot be changed in place: write these settings by hand\n${asYaml(settings)}`,
  );
}
