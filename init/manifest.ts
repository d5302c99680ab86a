import { isRecord } from "../components/kit/unknown.ts";
import { InputError } from "../plan/input-error.ts";

/** The script that `npm init` writes in place of a test. */
const noTest = 'echo "Error: no test specified" && exit 1';

/**
 * A `package.json` that exists, such as the one that `npm install groundplan` writes, with what a project needs and it lacks. What it has
 * is kept.
 * @param existing its text
 * @param wanted that of a new project
 * @throws InputError if it is no JSON object, or has something with which the project does not run
 */
export function completedManifest(existing: string, wanted: string): string {
  const own = parsed(existing);
  const needed = JSON.parse(wanted) as Record<string, unknown>;
  if (own["type"] !== undefined && own["type"] !== needed["type"])
    throw new InputError(
      `package.json: "type" is ${JSON.stringify(own["type"])}, but must be "module": npm pkg set type=module`,
    );
  const result: Record<string, unknown> = { ...own };
  for (const [key, value] of Object.entries(needed)) {
    const given = own[key];
    if (given === undefined) result[key] = value;
    else if (isRecord(given) && isRecord(value)) result[key] = { ...value, ...given };
  }
  const scripts = result["scripts"];
  if (isRecord(scripts) && scripts["test"] === noTest && isRecord(needed["scripts"]))
    result["scripts"] = { ...scripts, test: needed["scripts"]["test"] };
  return `${JSON.stringify(result, undefined, 2)}\n`;
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Reported below.
  }
  if (isRecord(value)) return value;
  throw new InputError("package.json is no JSON object: correct or remove it");
}
