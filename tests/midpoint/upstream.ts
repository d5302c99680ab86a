import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where midPoint's own files are looked for: `config/sql/native/*.sql` and `dist/src/main/bin/*.sh` of v4.10.4. */
const folder = join(homedir(), ".cache", "groundplan", "midpoint");

/** The path of one of midPoint's own files; undefined where there is none on this machine. */
export function upstream(name: string): string | undefined {
  const path = join(folder, name);
  return existsSync(path) ? path : undefined;
}
