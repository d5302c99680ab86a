import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";

const changing = "Restarts the namespace's pods one after another, and runs its Jobs again.";

/** What the user adds to the pods of a namespace. */
export function podExtrasKeys() {
  return z.strictObject({
    labels: key(z.record(formats.podLabelKey(), formats.labelValue()).default({}), {
      is: "Labels of the pods, such as a cost center or what a service mesh asks for. No selector contains them. Pods of Kong's migrations do not get them: the chart has no value for it.",
      changing,
      accepts: "an object of labels; values must be strings",
    }),
    annotations: key(z.record(formats.podAnnotationKey(), formats.podAnnotationValue()).default({}), {
      is: "Annotations of the pods.",
      changing,
      accepts: "an object of annotations; values must be strings",
    }),
    priorityClassName: key(formats.priorityClassName().optional(), {
      is: "The PriorityClass of the pods, which exists in the cluster or belongs to the stack. Pods that run on every node keep theirs, and pods of Kong's migrations have none.",
      unset: "The pods have the stack's priorities: of the platform, or of applications.",
      changing: `${changing} A pod whose class does not exist is rejected.`,
    }),
  });
}
