import { nearest } from "../../stacks/settings/problems.ts";
import type { Plan } from "../plan.ts";
import { names } from "./accepted.ts";
import { Examination } from "./check.ts";
import type { Check, Finding } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";

/** An exemption of the settings. */
export type Exemption = Plan["settings"]["exemptions"][number];

/** The check of exemptions themselves. Its findings result from running all other checks, and cannot be accepted. */
export const exemptionCheck: Check = {
  id: "GP001",
  title: "Every exemption accepts a finding",
  severity: "warning",
  reason: "An exemption that is no longer needed silently accepts the next finding that it matches.",
  fix: "Remove it from the setting `exemptions`, or correct its check and object.",
  examine: () => new Examination(),
};

/** The exemptions of a plan while its checks run: which are needed, and which have expired. */
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

  /** The exemption that accepts a finding today. Every exemption that matches counts as needed, including expired ones. */
  accepting(check: string, { object }: Finding): Exemption | undefined {
    const found = [
      ...(this.byFinding.get(`${check} ${object}`) ?? []),
      ...this.wildcards.filter((one) => one.check === check && names(one.object, object)),
    ];
    for (const one of found) this.used.set(one, (this.used.get(one) ?? 0) + 1);
    return found.find((one) => !this.isOver(one));
  }

  /** Expired exemptions of a check that findings still need, with the number of these findings. */
  expired(check: string): { readonly exemption: Exemption; readonly findings: number }[] {
    return [...this.used]
      .filter(([one]) => one.check === check && this.isOver(one))
      .map(([exemption, findings]) => ({ exemption, findings }));
  }

  /** The result for the exemptions themselves, after every check has run. */
  examination(checks: readonly Check[]): Examination {
    const examination = new Examination();
    const ids = checks.map(({ id }) => id);
    for (const exemption of this.plan.settings.exemptions) {
      const { check, object, until } = exemption;
      const name = `Exemption ${check} ${object}`;
      examination.look(name);
      if (check === exemptionCheck.id)
        examination.find(name, "names the check of exemptions, whose findings cannot be accepted");
      else if (!ids.includes(check)) {
        const near = nearest(check, ids);
        examination.find(
          name,
          `names a check that does not exist${near === undefined ? "" : `; did you mean ${near}?`}`,
        );
      } else if (!this.used.has(exemption) && this.judgeable(object)) {
        const over = this.isOver(exemption) ? `, and expired on ${until}` : "";
        examination.find(name, `is not needed: ${check} has no finding for ${object}${over}`);
      }
    }
    return examination;
  }

  private isOver({ until }: Exemption): boolean {
    return until < this.today;
  }

  /** Whether the absence of a finding is certain: the object may be in a chart that was not rendered. */
  private judgeable(object: string): boolean {
    const { complete, objects } = inventoryOf(this.plan);
    return complete || objects.some((one) => one.release === undefined && names(object, objectName(one)));
  }
}
