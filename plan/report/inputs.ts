import type { Cost, CostDifference } from "../cost.ts";

// What the reports need of a comparison (plan/compare) and of the checks (plan/checks), and no more than that.

/** A field that differs, with its values as they may be shown: secrets hidden. */
export interface FieldReport {
  /** Such as `spec.replicas`. */
  readonly path: string;
  readonly old?: string;
  readonly new?: string;
}

/** What a change does to one thing. */
export interface ChangeReport {
  readonly action: "create" | "update" | "replace" | "delete";
  /** `Kind namespace/name`, or `Kind name` where it has no namespace. */
  readonly label: string;
  readonly component: string;
  /** The Helm release that brings it, as `namespace/name`. */
  readonly release?: string;
  readonly fields: readonly FieldReport[];
  /** Why it cannot change in place. */
  readonly reasons: readonly string[];
}

/** What differs from another revision, stack or state, and what follows on the cluster. */
export interface ComparisonReport {
  readonly base: { readonly stack: string };
  readonly settings: readonly FieldReport[];
  readonly changes: readonly ChangeReport[];
  readonly consequences: {
    readonly restarts: readonly { readonly label: string; readonly causes: readonly string[] }[];
    readonly jobs: readonly { readonly label: string; readonly why: string }[];
    readonly rotations: readonly {
      readonly credential: string;
      readonly from: number;
      readonly to: number;
      readonly recipe: string;
    }[];
    /** Changes that are refused while they are applied. */
    readonly failures: readonly { readonly label: string; readonly reason: string; readonly remedy?: string }[];
  };
  /** Releases whose objects were not compared. */
  readonly unknown: readonly { readonly release: string; readonly reason: string }[];
}

/** Data that a change touches. */
export interface LossReport {
  /** As `allowDataLoss` names it: `PersistentVolume rdm-data`. */
  readonly name: string;
  /** `refused` stops the change, `note` is only worth knowing. */
  readonly status: "refused" | "allowed" | "note";
  /** What becomes of the data, in a word. */
  readonly effect: string;
  readonly reason: string;
  readonly remedy: string;
}

/** What one check holds against an object. */
export interface FindingReport {
  /** `Kind namespace/name`. */
  readonly object: string;
  readonly message: string;
  readonly container?: string;
}

/** What came of one check. */
export interface CheckReport {
  /** Such as `GP012`. */
  readonly id: string;
  readonly title: string;
  readonly severity: "error" | "warning" | "info";
  /** Objects that it looked at. */
  readonly examined: number;
  readonly findings: readonly FindingReport[];
  readonly exempted: readonly (FindingReport & { readonly reason: string; readonly until?: string })[];
  /** What to do about a finding. */
  readonly fix?: string;
}

/** What a report shows beyond the plan itself. Parts of what is undefined are left out. */
export interface Extras {
  readonly comparison?: ComparisonReport;
  /** What the plan is compared with, such as `origin/main`; default the base's stack. */
  readonly base?: string;
  /** Undefined where nothing was compared; empty where no data is touched. */
  readonly losses?: readonly LossReport[];
  readonly checks?: { readonly results: readonly CheckReport[] };
  readonly cost?: Cost;
  readonly costDifference?: CostDifference;
}

/** A finding with the check that made it. */
export interface CheckedFinding extends FindingReport, Pick<CheckReport, "id" | "severity" | "fix"> {}

/** Findings that are left, the worst first, then by check. */
export function openFindings(checks: Extras["checks"]): CheckedFinding[] {
  const order = ["error", "warning", "info"];
  return (checks?.results ?? [])
    .flatMap(({ id, severity, fix, findings }) =>
      findings.map((finding) => ({ id, severity, ...(fix === undefined ? {} : { fix }), ...finding })),
    )
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

/** What a finding says, with its container where it is one's. */
export function findingText({ message, container }: FindingReport): string {
  return container === undefined ? message : `container ${container} ${message}`;
}
