import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";
import { requiredResources, serverKeys, taskKeys } from "./application.ts";

const restarts = "Restarts the pods.";

/** The containers of an application besides its main one. */
export function containerKeys() {
  return {
    sidecars: key(z.array(sidecar()).default([]), {
      is: "Containers beside the main one, which they reach at `localhost`. They get only variables of their own.",
      changing: restarts,
      accepts: "a list of containers",
    }),
    init: key(z.array(step()).default([]), {
      is: "Containers that run to completion before the others start. They have the application's variables, files and volumes.",
      changing: restarts,
      accepts: "a list of containers",
    }),
    schedules: key(z.array(schedule()).default([]), {
      is: "Containers that run at certain times (CronJob). They have the application's variables and files, and its volumes of the role `shared`.",
      changing: "Changes the schedule at once.",
      accepts: "a list of schedules",
    }),
  };
}

function sidecar() {
  return z.strictObject({ name: containerName(), ...serverKeys() });
}

const containerName = () =>
  key(formats.shortName(), { is: "The container's name, unique in the application.", changing: restarts });

function stepKeys() {
  return {
    image: key(formats.image().optional(), {
      is: "The image, with its registry and an exact tag.",
      unset: "The application's image is used.",
      changing: restarts,
    }),
    ...taskKeys(),
    resources: key(requiredResources().optional(), {
      is: "Requests and limits of the container.",
      unset: "Those of the application are used.",
    }),
  };
}

function step() {
  return z.strictObject({ name: containerName(), ...stepKeys() });
}

function schedule() {
  return z.strictObject({
    name: key(formats.formed(/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/, "a name of at most 20 characters", "nightly", 20), {
      is: "The name, after that of the application.",
      changing: "Creates another CronJob.",
    }),
    schedule: key(formats.schedule("30 1 * * *"), {
      is: "When it runs. If a run is still in progress, the next one is skipped.",
      unit: "minute, hour, day of month, month, day of week; UTC",
      changing: "Changes the schedule at once.",
    }),
    timeout: key(formats.duration().default("1h"), {
      is: "Maximum time of a run, after which it fails.",
      changing: "Affects later runs only.",
    }),
    retries: key(z.number().int().min(0).max(20).default(2), {
      is: "How often a failed run is tried again.",
      changing: "Affects later runs only.",
    }),
    ...stepKeys(),
  });
}
