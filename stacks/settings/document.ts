import { z } from "zod";
import { acceptedBy } from "./check.ts";
import { about, bare, defaultOf } from "./key.ts";
import { flow } from "./problems.ts";
import { settingsSchema } from "./schema.ts";

/** A setting, as each profile has it. */
interface Setting {
  /** Its place, such as `postgresql.databases[].name`. */
  readonly place: string;
  readonly prod: z.ZodType;
  readonly dev: z.ZodType;
}

/** Settings that stand together: the members of an object, or of one alternative of a union. */
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
  "Settings stand in `Pulumi.STACK.yaml`, below `config:`, as `groundplan:KEY`. Edit the file, or use",
  "`npx pulumi config set --path groundplan:postgresql.replicas 3 --stack STACK`. `npm start -- --set postgresql.replicas=3` tries",
  "a value without writing it. A key with nothing after its colon counts as left out.",
  "",
  '- **Memory and storage** have a unit: `512Mi`, `20Gi`. **CPU** is in cores or thousandths of one, in quotes: `"2"`, `"250m"`.',
  "  **Times** are whole numbers with `s`, `m`, `h` or `d`: `90d`.",
  "- **Secrets** never stand in a setting. A key that ends in `Secret` takes the NAME under which",
  "  `npx pulumi config set --secret secrets:NAME --stack STACK` keeps the value, encrypted.",
  "- **Defaults** depend on `groundplan:profile` where two are given.",
  "- In the tables, `[]` stands for each element of a list and `NAME` for a name of your choice.",
  "",
];

/** What is said of a setting that has a heading of its own. */
function facts(setting: Setting): string[] {
  const said = about(setting.prod);
  const lines = [
    ["Accepts", accepts(setting)],
    ["Left out", left(setting)],
    ["Changing it", said?.changing === seeKeys ? undefined : said?.changing],
  ];
  const list = lines.flatMap(([name, text]) => (text === undefined ? [] : [`- ${name}: ${text}`]));
  return [said?.is ?? "", "", ...(isLeaf(setting.prod) ? list : list.slice(1)), ""];
}

const seeKeys = "See the keys.";

function table({ title, settings }: Group, place: string): string[] {
  const rows = settings.map((setting) => {
    const said = about(setting.prod);
    const cells = [
      `\`${setting.place.split(".").at(-1) ?? ""}\``,
      said?.is ?? "",
      accepts(setting),
      left(setting),
      said?.changing === seeKeys ? "" : (said?.changing ?? ""),
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  const heading = title === place ? [] : [`### ${title}`, ""];
  return [...heading, "| key | what it is | accepts | left out | changing it |", "|---|---|---|---|---|", ...rows, ""];
}

/** What a setting accepts, with its unit; links where it has settings of its own. */
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

/** The anchor that GitHub gives a heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, "")
    .replaceAll(" ", "-");
}

/** What leaving a setting out does: what is said of it, or its default in each profile. */
export function left({ prod, dev }: Setting): string {
  const said = about(prod)?.left;
  if (said !== undefined) return said.replace(/^An error(?=[.:,]| w)/, "Required");
  if (bare(prod) instanceof z.ZodObject) return "Every default below.";
  const [inProd = "", inDev = ""] = [defaultOf(prod), defaultOf(dev)].map((value) =>
    value === undefined ? "" : `\`${flow(value)}\``,
  );
  return inProd === inDev ? inProd : `${inProd} in prod, ${inDev} in dev`;
}

function isLeaf(schema: z.ZodType): boolean {
  return groupsOf({ place: "", prod: schema, dev: schema }).length === 0;
}

/** The groups of settings inside a setting, a group before those inside it. */
function groupsOf(setting: Setting): Group[] {
  const groups = membersOf(setting);
  return [...groups, ...groups.flatMap(({ settings }) => settings.flatMap(groupsOf))];
}

/** The settings directly inside a setting: none for a value, several groups for a union. */
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

/** Every setting at any depth. */
export function everySetting(): Setting[] {
  const groups = groupsOf({ place: "", prod: settingsSchema("prod"), dev: settingsSchema("dev") });
  return groups.flatMap(({ settings }) => settings);
}
