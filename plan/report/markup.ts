/** HTML that is safe to stand in a page: made by {@link markup} and {@link join} only. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: text is escaped, markup stands as it is, and what is undefined or false leaves nothing. */
export type Part = string | number | false | undefined | Markup | readonly Part[];

/** A template whose values are escaped. */
export type Template = (strings: TemplateStringsArray, ...parts: readonly Part[]) => Markup;

/** HTML with every value escaped, so that no name can bring along an element, an attribute or a script. */
export const markup = template(escapeHtml);

/** A template that escapes the text of its values in a way of its own. */
export function template(escape: (text: string) => string): Template {
  const written = (part: Part): string => {
    if (part === undefined || part === false) return "";
    if (part instanceof Markup) return part.text;
    if (typeof part === "object") return part.map(written).join("");
    return escape(String(part));
  };
  return (strings, ...parts) =>
    new Markup(strings.map((text, index) => `${text}${index < parts.length ? written(parts[index]) : ""}`).join(""));
}

/** Parts with markup between them. */
export function join(parts: readonly Part[], between: Markup): Part {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [between, part]));
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text between tags only, where quotes mean nothing: for the many of long texts. */
export function betweenTags(text: string): Markup {
  return new Markup(visible(text).replace(/[&<>]/g, (character) => entities[character] ?? ""));
}

/** Text for any place between tags or within a quoted attribute. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities[character] ?? "");
}

// Control characters other than tab and line feed, invisible ones, and those that turn the direction of writing
// (Unicode Standard Annex 9, 2): they make a reader see another text than the machine does.
// eslint-disable-next-line no-control-regex
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Text in which every invisible character is written as its number, such as `\u202e`; lone surrogates as U+FFFD. */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
