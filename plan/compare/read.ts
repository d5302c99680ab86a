import { InputError } from "../input-error.ts";
import { planOfExport } from "./export.ts";
import { planFormat } from "./format.ts";
import { planSchema } from "./schema.ts";
import type { SavedPlan } from "./schema.ts";
import { isRecord } from "../../components/kit/unknown.ts";

/** How many problems of a file are worth telling: the rest usually follows from the first. */
const shownProblems = 5;

/**
 * Reads a saved plan (`plan.json`), or the state that `pulumi stack export` prints.
 *
 * @param source what the text is called in error messages, such as its path
 * @throws InputError where it is neither, or a plan of another format
 */
export function readPlan(text: string, source: string): SavedPlan {
  const value = parsed(text, source);
  if (isRecord(value["deployment"])) return planOfExport(value, source);
  if (isRecord(value["checkpoint"]))
    throw new InputError(`${source} is a state file as a backend keeps it; give what "pulumi stack export" prints`);
  if (value["format"] === undefined)
    throw new InputError(
      `${source} is no saved plan: it has no "format"; give a plan.json of this program, or what "pulumi stack export" prints`,
    );
  if (value["format"] !== planFormat)
    throw new InputError(
      `${source} has format ${JSON.stringify(value["format"])}, and this program reads format ${planFormat}: plan again with the same version of the program on both sides`,
    );
  const { data, error } = planSchema.safeParse(value);
  if (data !== undefined) return data;
  const problems = error.issues.map(
    ({ path, message }) => `  ${path.map(String).join(".") || "the whole"}: ${message}`,
  );
  const more = problems.length > shownProblems ? [`  and ${problems.length - shownProblems} more`] : [];
  throw new InputError([`${source} is no saved plan:`, ...problems.slice(0, shownProblems), ...more].join("\n"));
}

/** The plan of a stack that does not exist: compared with it, everything is created. */
export function emptyPlan(stack: string): SavedPlan {
  return {
    format: planFormat,
    origin: "plan",
    stack,
    domain: "",
    context: "",
    settings: {},
    resources: [],
    objects: [],
    releases: [],
    rendered: [],
    notRendered: [],
    hosts: [],
    services: [],
    edges: [],
    podGroups: [],
    credentials: [],
    exemptions: [],
    problems: [],
  };
}

function parsed(text: string, source: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be anything.
    throw new InputError(`${source} is no saved plan: it is not JSON`);
  }
  if (!isRecord(value)) throw new InputError(`${source} is no saved plan: it is not a JSON object`);
  return value;
}
