import { compare } from "../components/kit/stable.ts";
import { componentOf } from "./objects.ts";
import type { Recorded } from "./recorder.ts";

/** A resource of a cloud, as people name it. */
export interface CloudResource {
  readonly component: string;
  /** Such as `Subnet`. */
  readonly kind: string;
  /** Its logical name without the component's. */
  readonly name: string;
  readonly inputs: Recorded["inputs"];
}

/** The resources of a plan in AWS, by component, kind and name. */
export function cloudResources(resources: readonly Recorded[]): CloudResource[] {
  return resources
    .filter(({ type }) => type.startsWith("aws:"))
    .map((resource) => {
      const { inputs, name, type } = resource;
      const component = componentOf(resource);
      const kind = type.split(":").at(-1) ?? type;
      return { component, kind, name: name.replace(`${component}-`, ""), inputs };
    })
    .sort((a, b) => compare(order(a), order(b)));
}

function order({ component, kind, name }: CloudResource): string {
  return `${component}/${kind}/${name}`;
}
