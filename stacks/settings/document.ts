import { z } from "zod";
import { acceptedBy } from "./check.ts";
import { about, bare, defaultOf, isRequired } from "./key.ts";
import { flow } from "./problems.ts";
import { settingsSchema } from "./schema.ts";

/** A setting, with its schema in each profile. */
interface Setting {
  /** Its path, such as `postgresql.databases[].name`. */
  readonly place: string;
  readonly prod: z.ZodType;
  readonly dev: z.ZodType;
}

/** The members of an object, or of one option of a union: one table. */
interface Group {
  readonly title: string;
  readonly settings: readonly Setting[];
}

/** Every setting as a Markdown document. */
export function settingsMarkdown(): string {
  const top = membersOf({ place: "", prod: settingsSchema("prod"), dev: settingsSchema("dev") }).flatMap(
    ({ settings }) => settings,
  );
  const sections = top.flatMap((setting) => {
    const groups = groupsOf(setting);
    const head = [`## \`groundplan:${setting.place}\``, "", ...facts(setting)];
    return [...head, ...groups.flatMap((group) => table(group, setting.place)), ""];
  });
  return [
    ...introduction,
    ...top.map(({ place }) => `- [${place}](#groundplan${place.toLowerCase()})`),
    "",
    ...sections,
  ]
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .replace(/\n*$/, "\n");
}

const introduction = [
  "# Settings",
  "",
  "<!-- Written by `npm run docs` from the schema in stacks/settings: change it there. -->",
  "",
  "Settings are in `Pulumi.STACK.yaml`, below `config:`, as `groundplan:KEY`. Edit the file, or run",
  "`npx pulumi config set --path groundplan:postgresql.replicas 3 --stack STACK`. `npm start -- --set postgresql.replicas=3` tries",
  "a value without writing it. A key without a value after its colon is treated as not set.",
  "",
  '- **Memory and storage** are quantities with a unit: `512Mi`, `20Gi`. **CPU** is in cores or millicores, in quotes: `"2"`,',
  '  `"250m"`. **Durations** are whole numbers with a unit `s`, `m`, `h` or `d`: `90d`.',
  "- **Secrets** are never written into a setting. A key whose name ends in `Secret` takes the NAME of a secret, which",
  "  `npx pulumi config set --secret secrets:NAME --stack STACK` stores encrypted.",
  "- **Defaults** depend on `groundplan:profile` where two are listed.",
  "- In the tables, `[]` means each element of a list, and `NAME` is a name that you choose.",
  "",
];

/** The description of a setting that has a heading of its own. */
function facts(setting: Setting): string[] {
  const list = [
    ...(isLeaf(setting) ? [`- Accepts: ${accepts(setting)}`] : []),
    `- Default: ${defaultText(setting)}`,
    `- Changing it: ${changing(setting)}`,
  ];
  return [about(setting.prod)?.is ?? "", "", ...list, ""];
}

function table({ title, settings }: Group, place: string): string[] {
  const rows = settings.map((setting) => {
    const cells = [
      `\`${setting.place.split(".").at(-1) ?? ""}\``,
      about(setting.prod)?.is ?? "",
      accepts(setting),
      defaultText(setting),
      changing(setting),
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  const heading = title === place ? [] : [`### ${title}`, ""];
  return [...heading, "| key | what it is | accepts | default | changing it |", "|---|---|---|---|---|", ...rows, ""];
}

/** The values that a setting accepts, with their unit; links to its keys if it has any. */
function accepts(setting: Setting): string {
  const { place, prod } = setting;
  const inner = bare(prod);
  const unit = about(prod)?.unit;
  const inside = place.includes(".") ? membersOf(setting).map(({ title }) => `[${title}](#${anchor(title)})`) : [];
  if (inside.length > 0) return `${inner instanceof z.ZodArray ? "a list of" : "an object:"} ${inside.join(" or ")}`;
  if (inner instanceof z.ZodEnum) return inner.options.map((option) => `\`${option}\``).join(", ");
  if (inner instanceof z.ZodLiteral) return `\`${String([...inner.values][0])}\``;
  return unit === undefined ? acceptedBy(prod) : `${acceptedBy(prod)}; ${unit}`;
}

/** The anchor that GitHub generates for a heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, "")
    .replaceAll(" ", "-");
}

/**
 * The default of a setting: its value in each profile, that it is required, or that its keys have defaults of their own; then
 * what happens when it is not set, if the description has it.
 */
export function defaultText(setting: Setting): string {
  const { unset } = about(setting.prod) ?? {};
  const value = defaultValue(setting);
  return unset === undefined ? value : `${value}. ${unset}`;
}

function defaultValue({ prod, dev }: Setting): string {
  const keys = keysOf(prod);
  if (isRequired(prod)) {
    const required = keys.filter(([, schema]) => isRequired(schema)).map(([name]) => `\`${name}\``);
    return required.length === 0 ? "none (required)" : `none (required: ${required.join(", ")})`;
  }
  const [inProd, inDev] = [valueText(prod), valueText(dev)];
  if (keys.length > 0 && defaultOf(prod) !== undefined)
    return `the defaults of its keys: ${keys.map(([name]) => `\`${name}\``).join(", ")}`;
  return inProd === inDev ? inProd : `${inProd} in prod, ${inDev} in dev`;
}

function valueText(schema: z.ZodType): string {
  const value = defaultOf(schema);
  return value === undefined ? "none" : `\`${flow(value)}\``;
}

/** What a later change of a setting restarts, replaces or destroys. */
export function changing(setting: Setting): string {
  return about(setting.prod)?.changing ?? (isLeaf(setting) ? "" : "Depends on the key.");
}

/** The keys of an object; none for other schemas. */
function keysOf(schema: z.ZodType): [string, z.ZodType][] {
  const inner = bare(schema);
  if (!(inner instanceof z.ZodObject)) return [];
  const shape: Record<string, z.ZodType> = inner.shape;
  return Object.entries(shape);
}

function isLeaf(setting: Setting): boolean {
  return membersOf(setting).length === 0;
}

/** The groups of settings inside a setting, in depth-first order. */
function groupsOf(setting: Setting): Group[] {
  const groups = membersOf(setting);
  return [...groups, ...groups.flatMap(({ settings }) => settings.flatMap(groupsOf))];
}

/** The settings directly inside a setting: no group for a value, one for an object, one per option for a union. */
function membersOf({ place, prod, dev }: Setting): Group[] {
  const [one, other] = [bare(prod), bare(dev)];
  if (one instanceof z.ZodArray && other instanceof z.ZodArray)
    return membersOf({ place: `${place}[]`, prod: one.element as z.ZodType, dev: other.element as z.ZodType });
  if (one instanceof z.ZodRecord && other instanceof z.ZodRecord)
    return membersOf({ place: `${place}.NAME`, prod: one.valueType as z.ZodType, dev: other.valueType as z.ZodType });
  if (one instanceof z.ZodDiscriminatedUnion && other instanceof z.ZodDiscriminatedUnion)
    return one.options.flatMap((option, at) =>
      membersOf({ place, prod: option as z.ZodType, dev: other.options[at] as z.ZodType }).map(({ settings }) => ({
        title: `${place} of kind ${kindOf(settings)}`,
        settings,
      })),
    );
  if (!(one instanceof z.ZodObject && other instanceof z.ZodObject)) return [];
  const shapes = [one.shape, other.shape] as Record<string, z.ZodType>[];
  const settings = Object.keys(one.shape).map((name): Setting => ({
    place: place === "" ? name : `${place}.${name}`,
    prod: shapes[0]?.[name] as z.ZodType,
    dev: shapes[1]?.[name] as z.ZodType,
  }));
  return [{ title: place, settings }];
}

function kindOf(settings: readonly Setting[]): string {
  const literal = settings.map(({ prod }) => bare(prod)).find((inner) => inner instanceof z.ZodLiteral);
  return literal === undefined ? "" : String([...literal.values][0]);
}

/** Every setting, at every depth. */
export function everySetting(): Setting[] {
  const groups = groupsOf({ place: "", prod: settingsSchema("prod"), dev: settingsSchema("dev") });
  return groups.flatMap(({ settings }) => settings);
}
