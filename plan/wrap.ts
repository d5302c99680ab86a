/** A text in lines of at most a width, wrapped at spaces; a longer word gets its own line. */
export function wrapWords(text: string, width: number, indent: string, firstIndent = indent): string[] {
  const lines: string[] = [];
  let line = firstIndent;
  let empty = true;
  for (const word of text
    .replace(/\s+/g, " ")
    .trim()
    .split(/(?<=\S) /)) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
