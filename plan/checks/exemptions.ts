import { nearest } from "../../stacks/settings/problems.ts";
import type { Plan } from "../plan.ts";
import { names } from "./accepted.ts";
import { Examination } from "./check.ts";
import type { Check, Finding } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";

/** An exemption of the settings. */
export type Exemption = Plan["settings"]["exemptions"][number];

/** The check of exemptions themselves. Its findings come from running all others, and nothing accepts them. */
export const exemptionCheck: Check = {
  id: "GP001",
  title: "Every exemption accepts a finding",
  severity: "warning",
  reason: "An exemption that nothing needs any more silently accepts the next finding of its kind.",
  fix: "Take it out of the setting `exemptions`, or correct its check and object.",
  examine: () => new Examination(),
};

/** The exemptions of a plan while its checks run: which were needed, and which are over. */
export class Exemptions {
  private readonly byFinding = new Map<string, Exemption[]>();
  private readonly wildcards: Exemption[] = [];
  private readonly used = new Map<Exemption, number>();
  private readonly plan: Plan;
  private readonly today: string;

  constructor(plan: Plan, today: string) {
    this.plan = plan;
    this.today = today;
    for (const exemption of plan.settings.exemptions) {
      const id = `${exemption.check} ${exemption.object}`;
      if (exemption.object.endsWith("*")) this.wildcards.push(exemption);
      else this.byFinding.set(id, [...(this.byFinding.get(id) ?? []), exemption]);
    }
  }

  /** The exemption that accepts a finding today; every one that names it counts as needed, those that are over as well. */
  accepting(check: string, { object }: Finding): Exemption | undefined {
    const found = [
      ...(this.byFinding.get(`${check} ${object}`) ?? []),
      ...this.wildcards.filter((one) => one.check === check && names(one.object, object)),
    ];
    for (const one of found) this.used.set(one, (this.used.get(one) ?? 0) + 1);
    return found.find((one) => !this.isOver(one));
  }

  /** Exemptions of a check that are over although findings need them, with the number of these. */
  expired(check: string): { readonly exemption: Exemption; readonly findings: number }[] {
    return [...this.used]
      .filter(([one]) => one.check === check && this.isOver(one))
      .map(([exemption, findings]) => ({ exemption, findings }));
  }

  /** What came of the exemptions themselves, after every check has run. */
  examination(checks: readonly Check[]): Examination {
    const examination = new Examination();
    const ids = checks.map(({ id }) => id);
    for (const exemption of this.plan.settings.exemptions) {
      const { check, object, until } = exemption;
      const name = `Exemption ${check} ${object}`;
      examination.look(name);
      if (check === exemptionCheck.id) examination.find(name, "is of the check of exemptions, which accepts none");
      else if (!ids.includes(check)) {
        const near = nearest(check, ids);
        examination.find(name, `names no check${near === undefined ? "" : `; did you mean ${near}?`}`);
      } else if (!this.used.has(exemption) && this.judgeable(object)) {
        const over = this.isOver(exemption) ? `, and was over on ${until} anyway` : "";
        examination.find(name, `accepts nothing: ${check} holds nothing against ${object}${over}`);
      }
    }
    return examination;
  }

  private isOver({ until }: Exemption): boolean {
    return until < this.today;
  }

  /** Whether a missing finding means that there is none: the object may be in a chart that was not rendered. */
  private judgeable(object: string): boolean {
    const { complete, objects } = inventoryOf(this.plan);
    return complete || objects.some((one) => one.release === undefined && names(object, objectName(one)));
  }
}
