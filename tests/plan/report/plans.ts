import { Ledger } from "../../../components/kit/ledger.ts";
import { costDifference, costOf } from "../../../plan/cost.ts";
import type { PlannedObject } from "../../../plan/objects.ts";
import type { Plan } from "../../../plan/plan.ts";
import type { Extras } from "../../../plan/report/inputs.ts";
import { planStack } from "../../plans.ts";
import { stacks } from "../../stacks.ts";
import type { TestStack } from "../../stacks.ts";

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
  const difference = costDifference(cost, cost && { ...cost, components: [{ ...cost.total, component: text }] });
  const finding = { object: text, message: text, container: text };
  return {
    base: text,
    comparison: {
      base: { stack: text },
      settings: fields,
      changes: (["create", "update", "replace", "delete"] as const).map((action) => ({
        action,
        label: text,
        component: text,
        release: text,
        fields,
        reasons: [text],
      })),
      consequences: {
        restarts: [{ label: text, causes: [text] }],
        jobs: [{ label: text, why: text }],
        rotations: [{ credential: text, from: 1, to: 2, recipe: text }],
        failures: [{ label: text, reason: text, remedy: text }],
      },
      unknown: [{ release: text, reason: text }],
    },
    losses: (["refused", "allowed", "note"] as const).map((status) => ({
      name: text,
      status,
      effect: text,
      reason: text,
      remedy: text,
    })),
    checks: {
      results: (["error", "warning", "info"] as const).map((severity) => ({
        id: text,
        title: text,
        severity,
        examined: 3,
        findings: [finding],
        exempted: [{ ...finding, reason: text, until: text }],
        fix: text,
      })),
    },
    ...(cost && { cost: { ...cost, notes: [text] } }),
    ...(difference && { costDifference: difference }),
  };
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
