import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";
import { portNameFormat } from "./application.ts";

/** How an application is watched. */
export function watchKeys() {
  return {
    metrics: key(
      z
        .strictObject({
          port: key(portNameFormat().optional(), {
            is: "The name of the port.",
            unset: "The application's first port is read.",
            changing: "Changes network policies only.",
          }),
          path: key(formats.absolutePath().default("/metrics"), {
            is: "The path of the metrics.",
            changing: "No effect on running pods.",
          }),
        })
        .optional(),
      { is: "Metrics that Prometheus reads.", unset: "Prometheus reads only what the pods use." },
    ),
    alerts: key(z.array(alert()).default([]), {
      is: "Alerts of Prometheus. Pods that are not ready, restarts and full volumes have alerts already.",
      changing: "No effect on running pods.",
      accepts: "a list of alerts",
    }),
  };
}

function alert() {
  const changing = "No effect on running pods.";
  return z.strictObject({
    alert: key(formats.formed(/^[A-Za-z][A-Za-z0-9]{0,99}$/, "a name of letters and digits", "WikiQueueGrows", 100), {
      is: "The alert's name.",
      changing,
    }),
    expr: key(formats.plainText(5000, "wiki_queue_length > 100"), {
      is: "PromQL: the alert fires for every series in the result.",
      changing,
    }),
    for: key(
      formats
        .formed(/^[1-9][0-9]*[mh]$/, 'a whole number with a unit m or h, such as "10m"', "10m")
        .optional() as unknown as z.ZodOptional<z.ZodType<`${number}${"m" | "h"}`, `${number}${"m" | "h"}`>>,
      { is: "How long the expression must hold.", unset: "The alert fires at once.", changing },
    ),
    severity: key(z.enum(["critical", "warning", "info"]).default("warning"), {
      is: "How soon the alert needs action: immediately, on the next working day, or not at all.",
      changing,
    }),
    summary: key(formats.plainText(500, "The wiki's queue has {{ $value }} pages."), {
      is: "One sentence for the notification; `{{ $labels.NAME }}` and `{{ $value }}` are replaced.",
      changing,
    }),
    runbookUrl: key(
      formats.formed(/^https:\/\/\S+$/, "a URL with https", "https://wiki.example.org/queue").optional(),
      {
        is: "The address of a page that says what to do.",
        unset: "The notification links to docs/runbooks/application.md.",
        changing,
      },
    ),
  });
}
