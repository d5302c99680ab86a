import * as formats from "../formats.ts";
import { key } from "../key.ts";

/**
 * A cron schedule with a default.
 * @param is what happens then
 */
export function schedule(standard: string, is: string) {
  return key(formats.schedule(standard).default(standard), {
    is,
    unit: "minute, hour, day of month, month, day of week; UTC",
    changing: "Changes the schedule at once.",
  });
}
