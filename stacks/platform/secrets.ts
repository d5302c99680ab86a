import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../settings/settings.ts";

/** A secret that the user brings, by its name in the settings. @throws RangeError where the configuration has none */
export function userSecret(secrets: Settings["secrets"], name: string): pulumi.Output<string> {
  const value = secrets[name];
  if (value === undefined) throw new RangeError(`no secret "${name}" in the configuration`);
  return value;
}
