import { z } from "zod";
import { key } from "../key.ts";

/** Smoke tests of what the stack offers. */
export function smokeSection() {
  return {
    smokeTests: key(z.boolean().default(false), {
      is: "Whether `up` tries each storage class, shared folder, bucket and database with a Job of its own. An hour after its end, Kubernetes deletes the Job with its volume; `up --refresh` then runs it again.",
      changing: "Adds the Jobs and runs them, or removes them.",
    }),
  };
}
