import type { PodGroup } from "../../components/kit/ledger.ts";
import type { SavedPlan } from "../compare/schema.ts";
import type { Plan } from "../plan.ts";
import type { Recorded } from "../recorder.ts";

/** A resource, as a plan or a saved one has it. */
export type PricedResource = Pick<Recorded, "urn" | "type" | "name" | "provider" | "inputs">;

/** What an estimate is made of. */
export interface Priced {
  readonly settings: Plan["settings"];
  readonly resources: readonly PricedResource[];
  readonly podGroups: readonly PodGroup[];
  /** Services, with the component that makes each. */
  readonly services: readonly { readonly component: string; readonly manifest: unknown }[];
  readonly notRendered: Plan["notRendered"];
  /** Whether the pods and their claims are known: a stack's state does not tell them. */
  readonly knowsPods: boolean;
}

export function pricedPlan({ settings, ledger, objects, rendered, notRendered, resources }: Plan): Priced {
  const services = [...objects, ...rendered].filter(({ kind }) => kind === "Service");
  return { settings, resources, podGroups: ledger.podGroups, services, notRendered, knowsPods: true };
}

/** A saved plan or a stack's state, with the settings of another: so that only what it asks for makes a difference. */
export function pricedSaved(saved: SavedPlan, settings: Plan["settings"]): Priced {
  const own = new Set(saved.objects.filter(({ kind }) => kind === "Service").map(({ urn }) => urn));
  const component = new Map(saved.objects.map((object) => [object.urn, object.component]));
  const services = [
    ...saved.resources
      .filter(({ urn }) => own.has(urn))
      .map(({ urn, inputs }) => ({ component: component.get(urn) ?? "", manifest: inputs })),
    ...saved.rendered.filter(({ kind }) => kind === "Service"),
  ];
  return {
    settings,
    resources: saved.resources,
    podGroups: saved.podGroups as PodGroup[],
    services,
    notRendered: saved.notRendered,
    knowsPods: saved.sums !== undefined,
  };
}
