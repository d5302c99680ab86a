import { checks, runChecks } from "../checks/checks.ts";
import type { Check, Finding } from "../checks/check.ts";
import { objectName } from "../checks/inventory.ts";
import { plannedObjects, plannedReleases } from "../objects.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import type { Recorded } from "../recorder.ts";
import { adapted, NotGiven } from "./adapter.ts";
import type { EngineResource } from "./adapter.ts";

/** A finding of a check as a policy reports it. */
export interface Violation {
  /** The check's id. */
  readonly check: string;
  readonly message: string;
  readonly enforcementLevel: "advisory" | "mandatory";
  readonly urn?: string;
}

/** What the program says without an engine: a plan, or why there is none. */
export type Program = { readonly plan: Plan } | { readonly unknown: string };

/**
 * Holds the resources of the engine against the checks of the plan.
 * @param planOf the plan of some resources, with everything else as the program says it
 * @param today a date such as `2026-11-21`
 */
export async function violationsOf(
  resources: readonly EngineResource[],
  program: Program,
  planOf: (resources: readonly Recorded[], plan: Plan) => Promise<Plan>,
  today: string,
): Promise<Violation[]> {
  if ("unknown" in program) return withoutProgram(resources, program.unknown, today);
  const plan = await planOf(adapted(resources, program.plan.resources), program.plan);
  return runChecks(plan, today).results.flatMap((result) => {
    const check = checks.find(({ id }) => id === result.id);
    return check === undefined ? [] : result.findings.map((finding) => violation(check, finding, plan.objects));
  });
}

/** The checks that need nothing but the resources, and by name those that were not run. All are advisory: exemptions are unknown. */
function withoutProgram(resources: readonly EngineResource[], reason: string, today: string): Violation[] {
  const plan = planOfResources(adapted(resources, undefined), reason);
  return checks.flatMap((check): Violation[] => {
    try {
      const { findings } = check.examine(plan, today);
      return findings
        .filter(({ accepted }) => accepted === undefined)
        .map((finding) => ({ ...violation(check, finding, plan.objects), enforcementLevel: "advisory" }));
    } catch (error) {
      if (!(error instanceof NotGiven)) throw error;
      return [notRun(check, `it needs ${error.what}, and ${reason}`)];
    }
  });
}

function violation(
  { fix, id, severity, title }: Check,
  { container, message, object }: Finding,
  objects: readonly PlannedObject[],
): Violation {
  const subject = container === undefined ? object : `${object}, container ${container},`;
  return {
    check: id,
    message: `${id} (${title}): ${subject} ${message}. ${fix}`,
    enforcementLevel: severity === "error" ? "mandatory" : "advisory",
    urn: objects.find((one) => objectName(one) === object)?.urn,
  };
}

function notRun({ id, title }: Check, reason: string): Violation {
  return {
    check: id,
    message: `${id} was not run (${title}): ${reason}`,
    enforcementLevel: "advisory",
  };
}

/** A plan of resources alone: whatever else a check reads ends it. */
function planOfResources(resources: readonly Recorded[], reason: string): Plan {
  const releases = plannedReleases(resources);
  const objects = plannedObjects(resources);
  const missing = (what: string): never => {
    throw new NotGiven(what);
  };
  return {
    stack: /^urn:pulumi:(.*?)::/.exec(resources[0]?.urn ?? "")?.[1] ?? "",
    resources,
    objects,
    releases,
    rendered: [],
    notRendered: releases.map(({ name, namespace }) => ({ release: `${namespace}/${name}`, reason })),
    problems: [],
    get domain() {
      return missing("the settings");
    },
    get context() {
      return missing("the settings");
    },
    get settings() {
      return missing("the settings");
    },
    get ledger() {
      return missing("the ledger");
    },
    get sums() {
      return missing("the ledger");
    },
    get unnamed() {
      return missing("the rendered charts");
    },
    get idleValues() {
      return missing("the rendered charts");
    },
  };
}
