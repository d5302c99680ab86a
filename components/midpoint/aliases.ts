import { LONGEST_UTF, modifiedUtf8 } from "./java-bytes.ts";
import { quoted } from "./keystore-error.ts";
import type { Problems } from "./keystore-error.ts";

/**
 * An alias in the form that the store uses: in lower case, as `JceKeyStore` and `PKCS12KeyStore` convert it with
 * `String.toLowerCase(Locale.ENGLISH)`. Java looks up aliases in lower case, so the stored form always finds its entry, as does any
 * other case of it, except for a capital sigma after a digit, which Java lowers differently.
 */
export function storedAlias(alias: string): string {
  return alias.toLowerCase();
}

/** The name of an entry in messages: its position in the input, and its alias. */
export function nameOf(where: string, alias: string): string {
  return `${where} (${quoted(alias.length > 60 ? `${alias.slice(0, 60)}…` : alias)})`;
}

/** Adds a problem for each alias that is empty, ill-formed, too long, or a duplicate apart from case. */
export function checkAliases(entries: readonly { where: string; alias: string }[], problems: Problems): void {
  const seen = new Map<string, string>();
  for (const { where, alias } of entries) {
    const name = nameOf(where, alias);
    const stored = storedAlias(alias);
    const first = seen.get(stored);
    if (first !== undefined) {
      problems.add("duplicate-alias", `${name}: has the same alias as ${first}, because case is ignored; rename one`);
    }
    seen.set(stored, first ?? name);
    if (alias === "") problems.add("alias", `${name}: the alias is empty; give the entry a name`);
    if (!alias.isWellFormed()) problems.add("alias", `${name}: the alias contains half a character (a lone surrogate)`);
    const length = modifiedUtf8(stored).length;
    if (length > LONGEST_UTF) {
      problems.add(
        "alias",
        `${name}: the alias has ${length} bytes, more than the maximum of ${LONGEST_UTF}; shorten it`,
      );
    }
  }
}

/** The order of entries in a store: by stored alias, by UTF-16 unit, independent of the locale. */
export function byAlias(a: { alias: string }, b: { alias: string }): number {
  return a.alias < b.alias ? -1 : a.alias > b.alias ? 1 : 0;
}
