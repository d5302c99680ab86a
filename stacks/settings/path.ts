/** The path of a setting: names of members and indices of elements, from the top-level key. */
export type Path = readonly PropertyKey[];

/** A key of this project's configuration in Pulumi's notation: `groundplan:first.second[0]["a.b"]`. */
export function configKey(path: Path): string {
  const [first, ...rest] = path;
  return first === undefined ? "groundplan" : `groundplan:${String(first)}${rest.map(notation).join("")}`;
}

function notation(name: PropertyKey): string {
  if (typeof name === "number") return `[${name}]`;
  const text = String(name);
  return /^[\w-]+$/.test(text) ? `.${text}` : `["${text.replaceAll('"', '\\"')}"]`;
}

/**
 * Parses a path, by the rules of Pulumi's own parser (pulumi/pulumi, sdk/go/common/resource/properties_path.go): names
 * between dots, indices and quoted names in brackets.
 * @throws RangeError with the problem
 */
export function parsePath(text: string): (string | number)[] {
  const path: (string | number)[] = [];
  const step = /\[(\d+)\]|\["((?:\\"|[^"])*)"\]|(\.?)([^.[]+)/y;
  while (step.lastIndex < text.length) {
    const at = step.lastIndex;
    const match = step.exec(text);
    const rest = text.slice(at);
    if (match === null)
      throw new RangeError(
        rest.startsWith("[") ? `"${rest}" is not an index such as [0] or ["name"]` : `a name is missing at "${rest}"`,
      );
    const [, index, quoted, dot, name] = match;
    if (name !== undefined && (dot === "") !== (at === 0))
      throw new RangeError(at === 0 ? `a name is missing before "${rest}"` : `a dot is missing before "${rest}"`);
    path.push(index !== undefined ? Number(index) : (quoted?.replaceAll('\\"', '"') ?? name ?? ""));
  }
  if (path.length === 0) throw new RangeError("a name is missing");
  return path;
}

/** Whether one path is equal to another or above it. */
export function leadsTo(path: Path, further: Path): boolean {
  return path.length <= further.length && path.every((name, at) => name === further[at]);
}

/** Whether one path is equal to another, above it or below it. `*` in `pattern` matches every name. */
export function overlap(pattern: Path, path: Path): boolean {
  return pattern.slice(0, path.length).every((name, at) => name === "*" || name === path[at]);
}

/** A command that sets a setting. `config set --path` converts strings that look like numbers or booleans. */
export function setCommand(path: Path, value: string | number | boolean, stack: string): string {
  if (typeof value === "string" && value.includes("\n")) return fileCommand(path, stack);
  const typed = typeof value === "string" && /^(true|false|0|-?[1-9]\d*)$/.test(value) ? " --type string" : "";
  return `npx pulumi config set --path ${quoted(configKey(path))} ${quoted(String(value))}${typed} --stack ${stack}`;
}

/** A command that sets a setting to the content of a file. */
export function fileCommand(path: Path, stack: string): string {
  return `npx pulumi config set --path ${quoted(configKey(path))} --stack ${stack} < FILE`;
}

/** A command that removes a setting. */
export function removeCommand(path: Path, stack: string): string {
  return `npx pulumi config rm --path ${quoted(configKey(path))} --stack ${stack}`;
}

/** A string as one word of a shell command. */
export function quoted(text: string): string {
  return /^[\w:./@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
