import { compare } from "../../components/kit/stable.ts";
import type { Plan } from "../plan.ts";
import { acceptancesOf } from "./accepted.ts";
import type { Acceptance } from "./accepted.ts";
import { architectureChecks } from "./architecture.ts";
import { archiveChecks } from "./archives.ts";
import { availabilityChecks } from "./availability.ts";
import { awsChecks } from "./aws.ts";
import { backupChecks } from "./backups.ts";
import { capacityChecks } from "./capacity.ts";
import type { Check, Finding, Severity } from "./check.ts";
import { claimChecks } from "./claims.ts";
import { connectionChecks } from "./connections.ts";
import { dataChecks } from "./data.ts";
import { exemptionCheck, Exemptions } from "./exemptions.ts";
import { hostChecks } from "./hosts.ts";
import { imageChecks } from "./images.ts";
import { issuerChecks } from "./issuers.ts";
import { keystoreChecks } from "./keystore.ts";
import { limitChecks } from "./limits.ts";
import { memoryChecks } from "./memory.ts";
import { networkChecks } from "./network.ts";
import { networkStorageChecks } from "./network-storage.ts";
import { objectChecks } from "./objects.ts";
import { overrideChecks } from "./overrides.ts";
import { ownerChecks } from "./owners.ts";
import { peopleChecks } from "./people.ts";
import { pinChecks } from "./pins.ts";
import { podChecks } from "./pods.ts";
import { pullChecks } from "./pulls.ts";
import { reachChecks } from "./reach.ts";
import { referenceChecks } from "./references.ts";
import { secretChecks } from "./secrets.ts";
import { versionChecks } from "./versions.ts";
import { volumeChecks } from "./volumes.ts";
import { workflowChecks } from "./workflows.ts";

/** Every check, by id. */
export const checks: readonly Check[] = [
  exemptionCheck,
  ...podChecks,
  ...imageChecks,
  ...architectureChecks,
  ...versionChecks,
  ...connectionChecks,
  ...memoryChecks,
  ...capacityChecks,
  ...availabilityChecks,
  ...dataChecks,
  ...networkStorageChecks,
  ...backupChecks,
  ...archiveChecks,
  ...secretChecks,
  ...hostChecks,
  ...issuerChecks,
  ...networkChecks,
  ...peopleChecks,
  ...reachChecks,
  ...ownerChecks,
  ...objectChecks,
  ...limitChecks,
  ...keystoreChecks,
  ...overrideChecks,
  ...pinChecks,
  ...referenceChecks,
  ...volumeChecks,
  ...claimChecks,
  ...awsChecks,
  ...pullChecks,
  ...workflowChecks,
].sort((a, b) => compare(a.id, b.id));

/** A finding that is accepted: by the chart's table, by a component, or by the settings until a day. */
export interface Exempted extends Finding {
  readonly by: Acceptance["by"] | "settings";
  readonly reason: string;
  readonly until?: string;
}

/** An expired exemption that findings still need. */
export interface Expired {
  readonly object: string;
  readonly reason: string;
  readonly until: string;
  /** The number of findings that it would accept. */
  readonly findings: number;
}

/** The result of one check. */
export interface CheckResult {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  /** What to do about a finding. */
  readonly fix: string;
  readonly examined: number;
  readonly findings: readonly Finding[];
  readonly exempted: readonly Exempted[];
  readonly expired: readonly Expired[];
}

/** The results of all checks. */
export interface CheckReport {
  readonly stack: string;
  /** The date that was used for tables with dates and for exemptions. */
  readonly today: string;
  /** Findings that are not accepted, by severity. */
  readonly totals: Readonly<Record<Severity, number>>;
  /** Releases that were not rendered, as `namespace/name`: their objects were not examined. */
  readonly notRendered: readonly string[];
  /** By id. */
  readonly results: readonly CheckResult[];
}

/**
 * Runs every check on a plan.
 * @param today a date such as `2026-11-21`; equal plans on the same date give equal reports
 */
export function runChecks(plan: Plan, today: string): CheckReport {
  const exemptions = new Exemptions(plan, today);
  const accepting = acceptancesOf(plan);
  const results = checks
    .filter((check) => check !== exemptionCheck)
    .map((check) => resultOf(check, check.examine(plan, today), accepting, exemptions));
  const { examined, findings } = exemptions.examination(checks);
  const { id, title, severity, fix } = exemptionCheck;
  const all = [
    { id, title, severity, fix, examined, findings: inOrder(findings), exempted: [], expired: [] },
    ...results,
  ];
  const left = (wanted: Severity) =>
    all.reduce((sum, result) => sum + (result.severity === wanted ? result.findings.length : 0), 0);
  return {
    stack: plan.stack,
    today,
    totals: { error: left("error"), warning: left("warning"), info: left("info") },
    notRendered: plan.notRendered.map(({ release }) => release).sort(compare),
    results: all,
  };
}

function resultOf(
  { id, title, severity, fix }: Check,
  { examined, findings }: { readonly examined: number; readonly findings: readonly Finding[] },
  accepting: ReturnType<typeof acceptancesOf>,
  exemptions: Exemptions,
): CheckResult {
  const left: Finding[] = [];
  const exempted: Exempted[] = [];
  for (const finding of inOrder(findings)) {
    const { object, message, container } = finding;
    const plain = { object, message, container };
    // A finding that is accepted without an exemption uses none, so that an unnecessary exemption is reported.
    const acceptance = accepting(id, finding);
    const exemption = acceptance === undefined ? exemptions.accepting(id, finding) : undefined;
    if (acceptance !== undefined) exempted.push({ ...plain, ...acceptance });
    else if (exemption === undefined) left.push(plain);
    else exempted.push({ ...plain, by: "settings", reason: exemption.reason, until: exemption.until });
  }
  const expired = exemptions.expired(id).map(({ exemption: { object, reason, until }, findings: number }) => ({
    object,
    reason,
    until,
    findings: number,
  }));
  return {
    id,
    title,
    severity,
    fix,
    examined,
    findings: left,
    exempted,
    expired: expired.sort((a, b) => compare(a.object, b.object)),
  };
}

/** Findings without duplicates by object, container and message: two references to one Secret are one problem. */
function inOrder(findings: readonly Finding[]): Finding[] {
  const byText = new Map(
    findings.map((finding) => [`${finding.object}\n${finding.container ?? ""}\n${finding.message}`, finding]),
  );
  return [...byText].sort(([a], [b]) => compare(a, b)).map(([, finding]) => finding);
}
