import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The programs: one makes Graylog what its configuration says, one stands before it and lets in who logged in at the gateway, one
 * tells OpenSearch of its snapshots.
 */
export type Program = "configure" | "login" | "snapshots";

/** The files of each: Node runs them as they are, by stripping their types. The first is the one that it is started with. */
const files: Readonly<Record<Program, readonly string[]>> = {
  configure: ["main.ts", "people.ts", "processing.ts", "reconcile.ts", "report.ts", "server.ts"],
  login: ["login.ts", "server.ts"],
  snapshots: ["snapshots.ts", "report.ts", "server.ts"],
};

/** A stock image of Node: the programs bring no packages along. */
export const nodeImage = "docker.io/library/node:24.21.0-alpine";

/** The user and group `node` of that image. */
export const nodeAccount = { user: 1000, group: 1000 } as const;

/** The command that starts a program whose files stand in a folder. */
export function programCommand(program: Program, folder: string): string[] {
  return ["node", `${folder}/${files[program][0] ?? ""}`];
}

/** A program's files by name, as a ConfigMap carries them. */
export function programTexts(program: Program): Record<string, string> {
  const texts = files[program].map(
    (name) => [name, readFileSync(join(import.meta.dirname, "programs", name), "utf8")] as const,
  );
  // Without it Node first takes the files for CommonJS, and warns that it was wrong.
  return { ...Object.fromEntries(texts), "package.json": '{ "type": "module" }\n' };
}
