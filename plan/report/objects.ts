import { compare } from "../../components/kit/stable.ts";
import { manifestText } from "../manifests.ts";
import { hidden } from "../objects.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { betweenTags, markup } from "./markup.ts";
import type { Markup, Part } from "./markup.ts";
import { counted } from "./overview.ts";

/** Bytes of manifests that the page holds: with more it would take seconds to open. */
const mostBytes = 3_000_000;

/** Characters of one text, such as a program in a ConfigMap, that the page holds: the rest stands in the plan's folder. */
const mostText = 2000;

/** Characters of one manifest, such as the rules of a chart, that the page holds. */
const mostManifest = 6_000;

/** Objects up to which every namespace stands open at first. */
const openUpTo = 150;

/** Leads to an object of the page by `Kind namespace/name`, or names it where the page has none; `text` is what stands there. */
export type ObjectLink = (object: string, text?: string) => Part;

/** Every object of a plan with its place in the page. */
export interface ListedObjects {
  readonly content: Markup;
  /** Leads to an object by `Kind namespace/name`. */
  readonly link: ObjectLink;
}

/** Every object by namespace, with its manifest folded below it: a browser lays out nothing that is folded. */
export function objectList(plan: Plan): ListedObjects {
  const objects = [...plan.objects, ...plan.rendered].sort((a, b) => compare(order(a), order(b)));
  const ids = new Map(objects.map((object, index) => [nameOf(object), `o${index}`]));
  const shown = manifests([...plan.objects, ...plan.rendered]);
  const left = objects.length - shown.size;
  const groups = [...Map.groupBy(objects, ({ namespace }) => namespace)];
  const item = (object: PlannedObject) => {
    const text = shown.get(object);
    const { kind, name, release, component } = object;
    return markup`<li><details class="object" id="${ids.get(nameOf(object))}"><summary><span class="kind">${kind}</span> <span class="name">${name}</span> <span class="by">${release === undefined ? component : `chart ${release}`}</span></summary><pre tabindex="0">${betweenTags(text ?? `Not in this page: ${pathOf(object)}`)}</pre></details></li>
`;
  };
  const note = markup`<p class="verdict warn">The manifests of ${left} of ${objects.length} objects are left out, to keep this page below ${mostBytes / 1e6} MB of them: the plan's folder has them.</p>
`;
  const content = markup`${left > 0 && note}${groups.map(
    ([
      namespace,
      members,
    ]) => markup`<details class="namespace"${objects.length <= openUpTo && markup` open`}><summary><h3>${namespace === undefined ? "Cluster" : markup`<code>${namespace}</code>`}</h3> <span class="muted">${counted(members.length, "object")}</span></summary>
<ul class="objects">
${members.map(item)}</ul></details>
`,
  )}`;
  const link: ObjectLink = (object, text = object) => {
    const id = ids.get(object);
    const name = markup`<code>${text}</code>`;
    return id === undefined ? name : markup`<a href="#${id}">${name}</a>`;
  };
  return { content, link };
}

/** Manifests as YAML, until the page holds enough of them. */
function manifests(objects: readonly PlannedObject[]): Map<PlannedObject, string> {
  const texts = new Map<PlannedObject, string>();
  let bytes = 0;
  for (const object of objects) {
    const path = pathOf(object);
    const text = shortened(manifestText(cut(withoutSecrets(object), path)), mostManifest, path).trimEnd();
    bytes += Buffer.byteLength(text);
    if (bytes > mostBytes) break;
    texts.set(object, text);
  }
  return texts;
}

/** A text cut at the end of a line, with a line that says where the rest is. */
function shortened(text: string, most: number, path: string): string {
  if (text.length <= most) return text;
  const end = text.lastIndexOf("\n", most);
  const kept = text.slice(0, end > 0 ? end : most);
  return `${kept}\n… ${text.length - kept.length} characters more in ${path}\n`;
}

/** A manifest with its long texts cut at the end of a line. */
function cut(value: unknown, path: string): unknown {
  if (typeof value === "string") return shortened(value, mostText, path);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((member) => cut(member, path));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, cut(member, path)]));
}

/** A chart may bring a Secret with values that are not marked as secret: only its keys are shown. */
function withoutSecrets({ kind, manifest }: PlannedObject): PlannedObject["manifest"] {
  if (kind !== "Secret") return manifest;
  return Object.fromEntries(
    Object.entries(manifest).map(([key, value]) => [
      key,
      ["data", "stringData"].includes(key) && typeof value === "object" && value !== null
        ? Object.fromEntries(Object.keys(value).map((name) => [name, hidden]))
        : value,
    ]),
  );
}

function nameOf({ kind, namespace, name }: PlannedObject): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** Where a plan's folder holds an object. */
function pathOf({ release, namespace = "_cluster", kind, name }: PlannedObject): string {
  return `${release === undefined ? "manifests" : `charts/${release}`}/${namespace}/${kind}-${name}.yaml`;
}

function order(object: PlannedObject): string {
  const { namespace, kind, name } = object;
  // Cluster-scoped objects come last: there are many, and few look for them.
  return `${namespace ?? "~"}/${kind}/${name}`;
}
