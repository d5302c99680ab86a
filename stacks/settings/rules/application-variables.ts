import { bindingVariables } from "../../../components/application/variables.ts";
import type { ApplicationTask } from "../../../components/kit/application.ts";
import { namedVariables } from "../../../components/kit/pod.ts";
import { declaredApplications } from "../declared.ts";
import type { DeclaredApplication } from "../declared.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import type { Violation } from "./violation.ts";

/** Variables of an application: each set once, and those that a value names exist. */
export function applicationVariables(settings: ParsedSettings): Violation[] {
  const byRole = settings.buckets.roleArn !== undefined || settings.buckets.kind === "aws";
  return declaredApplications(settings).flatMap(({ application, path }): Violation[] => {
    const bound = bindingVariables(application, byRole);
    const twice = bound.filter((name, index) => bound.indexOf(name) < index);
    const tasks: { at: Path; task: ApplicationTask; around: readonly string[] }[] = [
      { at: path, task: application, around: bound },
      ...application.sidecars.map((task, index) => ({ at: [...path, "sidecars", index], task, around: [] })),
      ...(["init", "schedules"] as const).flatMap((list) =>
        application[list].map((task, index) => ({
          at: [...path, list, index],
          task,
          around: [...bound, ...Object.keys(application.environment), ...Object.keys(application.secretEnvironment)],
        })),
      ),
    ];
    return [
      ...[...Map.groupBy(new Set(twice), (name) => sourceOf(application, name))].map(([list, names]) => ({
        path: [...path, list],
        message: "two databases, buckets, clients or other keys set the same variable",
        got: names.join(", "),
        accepts: "each variable once",
        fix: "give one of the two other names in its key environment or variable",
        relies: [path],
      })),
      ...tasks.flatMap(({ around, at, task }) => variableViolations(task, at, around)),
    ];
  });
}

/** The last list of an application that sets a variable. */
function sourceOf(application: DeclaredApplication["application"], name: string): string {
  const lists = ["databases", "buckets", "clients"] as const;
  const inList = lists.filter((list) =>
    application[list].some(({ environment }) => Object.values<string>(environment).includes(name)),
  );
  if (application.generated.some(({ variable }) => variable === name)) return "generated";
  if (application.connections.some((one) => one.kind === "application" && one.variable === name)) return "connections";
  if (application.logs !== undefined && Object.values<string>(application.logs.environment).includes(name))
    return "logs";
  return inList.at(-1) ?? "environment";
}

function variableViolations(
  { environment, secretEnvironment }: ApplicationTask,
  at: Path,
  around: readonly string[],
): Violation[] {
  const known = [...new Set([...around, ...Object.keys(environment), ...Object.keys(secretEnvironment)])];
  const set = (where: "environment" | "secretEnvironment", others: readonly string[]) =>
    Object.keys({ environment, secretEnvironment }[where])
      .filter((name) => others.includes(name))
      .map((name) => ({
        path: [...at, where, name],
        message: "another key already sets this variable",
        got: shown(name),
        accepts: "each variable once",
        fix: { remove: [...at, where, name] },
        relies: [at],
      }));
  // Steps may set a variable of the application to another value.
  const own = at.includes("init") || at.includes("schedules") ? [] : around;
  return [
    ...set("environment", own),
    ...set("secretEnvironment", [...own, ...Object.keys(environment)]),
    ...Object.entries(environment).flatMap(([name, value]) =>
      namedVariables(value)
        .filter((one) => !known.includes(one) || one === name)
        .slice(0, 1)
        .map((one) => ({
          path: [...at, "environment", name],
          message: `names the variable ${one}, which the container does not have`,
          got: shown(value),
          accepts: `$(NAME) only of other variables of the container: ${
            known
              .filter((other) => other !== name)
              .sort()
              .join(", ") || "there are none"
          }`,
          fix: "correct the name, or write $$(NAME) for text that is not replaced",
          relies: [at],
        })),
    ),
  ];
}
