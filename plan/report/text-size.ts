/** Advance widths of Helvetica in thousandths of the font size (Adobe Font Metrics of Helvetica, character metrics). */
const narrow = widths({ "ijl'": 222, "I!,.:;/\\|": 278, "ft ": 278, "-r()[]`": 333, '"*{}': 370 });
const wide = widths({
  "AEBKPSVXY&": 667,
  FTZ: 611,
  CDHNRUw: 722,
  GOQ: 778,
  "MW@%m…×→": 1000,
  "+<=>~↔": 584,
  cksvxyzJ: 500,
});

/** The widest of the fonts that the page names, DejaVu Sans where nothing else is installed, is wider than Helvetica by this. */
const widest = 1.15;

/** Every fixed-width font that the page names gives a character at most this part of its size. */
const fixedWidth = 0.605;

/** The width of a text in pixels, rather too large than too small: the page decides the font only when it is read. */
export function textWidth(text: string, size: number, font: "sans" | "mono"): number {
  const characters = [...text];
  if (font === "mono") return characters.length * size * fixedWidth;
  const thousandths = characters.reduce((sum, one) => sum + (narrow.get(one) ?? wide.get(one) ?? 556), 0);
  return (thousandths / 1000) * size * widest;
}

/** A text cut in the middle to a number of characters: names differ at their ends as well as at their starts. */
export function shortened(text: string, most: number): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  const end = Math.floor((most - 1) / 2);
  return `${characters.slice(0, most - 1 - end).join("")}…${characters.slice(-end).join("")}`;
}

/** A text on lines of at most so many characters, as far as its words are short enough. */
export function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function widths(table: Record<string, number>): Map<string, number> {
  return new Map(
    Object.entries(table).flatMap(([characters, width]) => [...characters].map((one) => [one, width] as const)),
  );
}
