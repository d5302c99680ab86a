import type { Comparison } from "./comparison.ts";
import type { Risk } from "./loss.ts";

/** How many names a sentence lists. */
const named = 5;

/** Resources that lose `protect` or `retainOnDelete`: one risk for a change of profile, else one for each. */
export function protectionLosses({ base, head, changes }: Comparison): Risk[] {
  const bared = changes.filter(
    ({ action, old, fresh }) =>
      action !== "delete" &&
      old !== undefined &&
      fresh !== undefined &&
      ((old.protect && !fresh.protect) || (old.retainOnDelete && !fresh.retainOnDelete)),
  );
  if (bared.length === 0) return [];
  if (head.profile === "dev" && base.profile !== "dev") {
    const names = bared.map(({ label }) => label);
    const more = names.length > named ? ` and ${names.length - named} more` : "";
    return [
      {
        name: "Profile dev",
        effect: "exposed",
        reason: `with the profile dev, these are no longer protected, and deleting them deletes their data: ${names.slice(0, named).join(", ")}${more}`,
        remedy: "keep the profile prod, and set single settings smaller",
      },
    ];
  }
  return bared.map(({ label }) => ({
    name: `Protection of ${label}`,
    effect: "exposed",
    reason: "it is no longer protected: the next change may delete it with its data",
    remedy: "keep its protection until its data is saved or moved",
  }));
}
