import { shortHash } from "../components/kit/stable.ts";

/**
 * A stream of manifests in which each schema of a CustomResourceDefinition is replaced by a hash of its text. The schemas of a
 * stack are megabytes that no check reads, and take longer to read than all else that charts render. The lines keep their
 * numbers. A schema that is not a block of its own below `schema:` stays.
 */
export function withoutSchemas(text: string): string {
  const lines = text.split("\n");
  let inDefinition = false;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (line.startsWith("---")) inDefinition = false;
    else if (/^kind: *["']?CustomResourceDefinition["']? *$/.test(line)) inDefinition = true;
    const depth = inDefinition ? /^( +(?:- +)?)schema:\s*$/.exec(line)?.[1]?.length : undefined;
    if (depth === undefined) continue;
    const end = endOfBlock(lines, at + 1, depth);
    if (end === at + 1) continue;
    lines[at] = `${line.trimEnd()} hash-${shortHash(lines.slice(at + 1, end).join("\n"), 16)}`;
    lines.fill("", at + 1, end);
    at = end - 1;
  }
  return lines.join("\n");
}

/** The first line from `start` that is not deeper than `depth` spaces, empty or a comment. */
function endOfBlock(lines: readonly string[], start: number, depth: number): number {
  const belongs = (line: string) => /^\s*(?:#|$)/.test(line) || line.search(/\S/) > depth;
  let end = start;
  for (let line = lines[end]; line !== undefined && belongs(line); line = lines[end]) end += 1;
  return end;
}
