import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A `npx pulumi` that stores secrets as files, and writes down how it was called.
 * @param folder for its files
 * @returns its environment: `HOME` has the file `calls`, and a file for each secret, such as `secrets:NAME`
 */
export function fakePulumi(folder: string): { readonly HOME: string; readonly PATH: string } {
  const home = mkdtempSync(join(folder, "pulumi-"));
  const program = `#!/bin/sh
printf '%s\\n' "$*" >> "$HOME/calls"
case "$2 $3" in
  "config --json") printf '{'; separator=; for one in "$HOME"/secrets:*; do [ -f "$one" ] && printf '%s"%s":{"secret":true}' "$separator" "\${one##*/}" && separator=,; done; printf '}' ;;
  "config get") cat "$HOME/$4" ;;
  "config set") [ "$5" != "secrets:fails" ] && cat > "$HOME/$5" ;;
  *) echo "error: unknown" >&2; exit 1 ;;
esac
`;
  writeFileSync(join(home, "npx"), program, { mode: 0o755 });
  return { HOME: home, PATH: `${home}:${process.env["PATH"] ?? ""}` };
}
