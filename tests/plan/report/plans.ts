import { Ledger } from "../../../components/kit/ledger.ts";
import type { Severity } from "../../../plan/checks/check.ts";
import type { CheckReport, CheckResult } from "../../../plan/checks/checks.ts";
import type { Effect } from "../../../plan/compare/loss.ts";
import { emptyPlan } from "../../../plan/compare/read.ts";
import { costDifference, costOf } from "../../../plan/cost/cost.ts";
import type { PlannedObject } from "../../../plan/objects.ts";
import type { Plan } from "../../../plan/plan.ts";
import { pageText } from "../../../plan/report/html.ts";
import { commentText } from "../../../plan/report/markdown.ts";
import { reportOf } from "../../../plan/report/report.ts";
import { terminalText, unmarked } from "../../../plan/report/terminal.ts";
import type { Reviewed } from "../../../plan/review.ts";
import { planStack } from "../../plans.ts";
import { stacks } from "../../stacks.ts";
import type { TestStack } from "../../stacks.ts";

type Extras = Omit<Reviewed, "plan">;

/** Prices, so that a plan has an estimate. */
export const prices =
  "prices={currency: EUR, cpuHour: 0.02, memoryGibHour: 0.003, storageGibMonth: {fast: 0.1}, loadBalancerMonth: 18}";

/** The plan of a stack. */
export function planOfStack(stack: TestStack, ...set: string[]): Promise<Plan> {
  return planStack({ ...stack, set: [...(stack.set ?? []), ...set] });
}

/** The plan of the prod stack. */
export function prodPlan(...set: string[]): Promise<Plan> {
  const [, prod] = stacks;
  if (prod === undefined) throw new Error("no prod stack");
  return planOfStack(prod, ...set);
}

/** Names that try to be more than names. */
export const hostile = [
  `</script><img src=x onerror="alert(1)">`,
  `"><svg onload=alert(1)>`,
  `' onmouseover='alert(1)`,
  "`@octocat/team` | [x](https://evil.example) ![y](//evil.example/y.png)",
  "a\r\n\r\n# heading\n\n<!-- --> --> ]]> #1 GH-2 www.evil.example deadbeefdeadbeef",
  "\u202egnp.exe \u200b\u0000 &lt;b&gt; &#64;octocat",
];

/** A plan in which every text is one that somebody else chose. */
export function planWith(plan: Plan, text: string): Plan {
  const ledger = new Ledger();
  const pods = { kind: "pods", namespace: text, labels: { [text]: text } } as const;
  const name = { namespace: text, name: text };
  ledger.edges.push(
    { from: pods, to: { kind: "outside", cidrs: [text] }, ports: [1], purpose: text },
    { from: { kind: "apiServer" }, to: { kind: "pods", namespace: text }, ports: [2], purpose: text },
    { from: { kind: "cluster" }, to: pods, ports: [3], protocol: "UDP", purpose: text },
  );
  ledger.hosts.push({ host: text, purpose: text, tlsSecret: name, access: { who: text, credential: text } });
  ledger.services.push({ name: text, address: text, purpose: text });
  ledger.credentials.push({
    name: text,
    kind: "password",
    length: 32,
    rotation: 2,
    recipe: text,
    consumers: [text],
    secrets: [{ ...name, key: text }],
  });
  ledger.podGroups.push({
    ...name,
    component: text,
    kind: "StatefulSet",
    replicas: 2,
    containers: [{ cpu: "100m", memory: "1Gi" }],
    claims: [{ name: text, size: "1Gi", storageClass: text }],
  });
  const object = {
    ...name,
    urn: text,
    component: text,
    apiVersion: text,
    kind: text,
    manifest: { apiVersion: text, kind: text, metadata: { ...name, annotations: { [text]: text } } },
  };
  return {
    ...plan,
    stack: text,
    domain: text,
    context: text,
    objects: [object],
    rendered: [{ ...object, name: `${text} `, release: text }],
    releases: [{ ...name, urn: text, component: text, chart: text, version: text, values: { [text]: text } }],
    notRendered: [{ release: `${text}/${text}`, reason: text }],
    ledger,
    problems: [{ key: text, severity: "warning", message: text, got: text, accepts: text, fix: text }],
  };
}

/** Everything that a report can show beyond a plan, in which every text is one that somebody else chose. */
export function extrasWith(plan: Plan, text: string): Extras {
  const cost = costOf(plan);
  const fields = Array.from({ length: 8 }, () => ({ path: `${text}.image`, old: text, new: `${text}.` }));
  const side = { stack: text, domain: text, context: text, origin: "plan" } as const;
  return {
    against: { name: text, plan: emptyPlan(text), otherStack: false, note: text },
    comparison: {
      base: side,
      head: side,
      settings: fields,
      changes: (["create", "update", "replace", "delete"] as const).map((action) => ({
        action,
        label: text,
        kind: text,
        component: text,
        release: text,
        fields,
        reasons: [text],
        renamedFrom: text,
        looksLike: text,
      })),
      consequences: {
        restarts: [{ label: text, release: text, causes: [text] }],
        jobs: [{ label: text, release: text, why: text }],
        rotations: [{ credential: text, from: 1, to: 2, recipe: text, consumers: [text] }],
        failures: [{ label: text, release: text, reason: text, remedy: text }],
      },
      unknown: [{ release: text, reason: text }],
    },
    losses: (["refused", "allowed", "note"] as const).map((status) => ({
      name: text,
      status,
      effect: text as Effect,
      reason: text,
      remedy: text,
      protected: true,
    })),
    parity: {
      base: text,
      head: text,
      differences: [
        { class: "other", label: text, path: text, base: text, head: text },
        { class: "size", label: text, base: text },
      ],
      expected: 1,
      stale: [{ object: text, path: text }],
    },
    checks: checked(
      (["error", "warning", "info"] as const).map((severity) => ({
        id: text,
        title: text,
        severity,
        fix: text,
        findings: [{ object: text, message: text, container: text }],
        exempted: [{ object: text, message: text, container: text, by: "settings", reason: text, until: text }],
      })),
    ),
    cost: cost && { ...cost, notes: [text] },
    costDifference: costDifference(
      cost,
      cost?.basis === "requests" ? { ...cost, components: [{ ...cost.total, component: text }] } : undefined,
    ),
  };
}

/** What came of checks of which each examined three objects. */
export function checked(results: readonly Omit<CheckResult, "examined" | "expired">[]): CheckReport {
  const left = (severity: Severity) =>
    results.reduce((sum, result) => sum + (result.severity === severity ? result.findings.length : 0), 0);
  return {
    stack: "x",
    today: "2026-11-21",
    totals: { error: left("error"), warning: left("warning"), info: left("info") },
    notRendered: [],
    results: results.map((result) => ({ ...result, examined: 3, expired: [] })),
  };
}

/** The page of a plan with some of what may be held against it. */
export function planPage(plan: Plan, extras: Extras = {}): Promise<string> {
  return pageText(reportOf({ ...extras, plan }));
}

/** The comment on a plan. */
export function planMarkdown(plan: Plan, extras: Extras = {}, most?: number): string {
  return commentText(reportOf({ ...extras, plan }), most);
}

/** The plan on a terminal that marks nothing. */
export function planTree(plan: Plan, width: number, extras: Extras = {}): string {
  return terminalText(reportOf({ ...extras, plan }), unmarked, width);
}

/** A plan with so many objects. */
export function planOfSize(plan: Plan, count: number): Plan {
  const objects = Array.from({ length: count }, (_, index): PlannedObject => {
    const like = plan.objects[index % plan.objects.length];
    if (like === undefined) throw new Error("a plan without objects");
    const namespace = `tenant-${Math.floor(index / 7)}`;
    return { ...like, namespace, name: `${like.name}-${index}` };
  });
  return { ...plan, objects };
}
