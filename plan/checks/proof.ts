import type { Plan } from "../plan.ts";
import type { CheckReport, CheckResult, Exempted } from "./checks.ts";
import type { Severity } from "./check.ts";
import { inventoryOf } from "./inventory.ts";

/** An attestation of a stack's plan, for comparison by programs. */
export interface Proof {
  readonly stack: string;
  readonly profile: string;
  readonly today: string;
  /** Releases that were not examined; none in a proof of the whole stack. */
  readonly notRendered: readonly string[];
  readonly pods: {
    /** Objects with a pod template. */
    readonly templates: number;
    /** Long-running pods; a DaemonSet counts once. */
    readonly lasting: number;
    /** Templates of Jobs. */
    readonly jobs: number;
  };
  readonly rules: readonly RuleProof[];
  /** All accepted findings, with what accepts them. */
  readonly exemptions: readonly ExemptionProof[];
}

/** The objects of one check: examined = held + exempted + failed. */
export interface RuleProof {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly examined: number;
  readonly held: number;
  /** Objects with findings that are all accepted. */
  readonly exempted: number;
  readonly failed: number;
}

/** An accepted object of a check. */
export interface ExemptionProof extends Pick<Exempted, "object" | "by" | "reason" | "until"> {
  readonly check: string;
}

/** The attestation of a report: counts and reasons. Its only dates are the report's date and those of exemptions. */
export function proofOf(report: CheckReport, plan: Plan): Proof {
  const { pods } = inventoryOf(plan);
  const lasting = pods.filter(({ once }) => !once);
  return {
    stack: report.stack,
    profile: plan.settings.profile,
    today: report.today,
    notRendered: report.notRendered,
    pods: {
      templates: pods.length,
      lasting: lasting.reduce((sum, { replicas }) => sum + replicas, 0),
      jobs: pods.length - lasting.length,
    },
    rules: report.results.map(ruleProof),
    exemptions: report.results.flatMap(({ id, exempted }) => exemptionProofs(id, exempted)),
  };
}

function ruleProof({ id, title, severity, examined, findings, exempted }: CheckResult): RuleProof {
  const failed = new Set(findings.map(({ object }) => object));
  const accepted = new Set(exempted.map(({ object }) => object).filter((object) => !failed.has(object)));
  const held = examined - failed.size - accepted.size;
  return { id, title, severity, examined, held, exempted: accepted.size, failed: failed.size };
}

/** One entry for each object and reason, regardless of the number of containers. */
function exemptionProofs(check: string, exempted: readonly Exempted[]): ExemptionProof[] {
  const proofs = exempted.map(({ object, by, reason, until }) => ({
    check,
    object,
    by,
    reason,
    // Written as JSON: a key without a value would not be read back.
    ...(until && { until }),
  }));
  return [...new Map(proofs.map((proof) => [JSON.stringify(proof), proof])).values()];
}
