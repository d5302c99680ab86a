/** Whether this is the published package, which is compiled JavaScript, and not the repository. */
export const compiled = import.meta.filename.endsWith(".js");

/** A command as it is typed: `npm run plan -- --stack dev` in the repository, and `npx groundplan plan --stack dev` elsewhere. */
export function commandLine(name: string, args: string, { silent = false } = {}): string {
  if (compiled) return `npx groundplan ${name} ${args}`;
  return `npm run ${silent ? "--silent " : ""}${name} -- ${args}`;
}
