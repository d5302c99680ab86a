import { declaredApplications } from "../settings/declared.ts";
import { ownersIn } from "../settings/derive.ts";
import { configKey } from "../settings/path.ts";
import type { ParsedSettings } from "../settings/schema.ts";
import { usedNamespaces } from "../settings/rules/reserved.ts";
import type { Needs } from "../platform/part.ts";

/** The setting to which a namespace of the stack belongs; undefined: none of the settings has it. */
export function namespaceOwner(settings: ParsedSettings, name: string): string | undefined {
  if (settings.namespaces[name] !== undefined) return configKey(["namespaces", name]);
  const component = componentWith(settings, ({ namespaces = [] }) => namespaces.some((one) => one.name === name));
  const used = usedNamespaces(settings).find((one) => one.name === name);
  return component ?? (used && configKey(used.path));
}

/** The setting to which a bucket belongs; undefined: none of the settings has it. */
export function bucketOwner(settings: ParsedSettings, name: string): string | undefined {
  const component = componentWith(settings, ({ buckets = [] }) => buckets.includes(name));
  if (component !== undefined) return component;
  for (const { application, path } of declaredApplications(settings)) {
    const index = application.buckets.findIndex((one) => one.name === name);
    if (index >= 0) return configKey([...path, "buckets", index, "name"]);
  }
  return undefined;
}

/** The setting to which a folder of the stack's NFS server belongs; undefined: none of the settings has it. */
export function folderOwner(settings: ParsedSettings, path: string): string | undefined {
  const share = settings.nfs.shares.findIndex((one) => one.server === undefined && one.path === path);
  if (share >= 0) return configKey(["nfs", "shares", share, "path"]);
  return componentWith(settings, ({ folders = [] }) => folders.some((one) => one.path === path));
}

/** The setting to which a dashboard belongs; undefined: none of the settings has it. */
export function dashboardOwner(settings: ParsedSettings, component: string): string | undefined {
  const owner = componentWith(settings, ({ watched = [] }) => watched.some((one) => one.component === component));
  const application = declaredApplications(settings).find((one) => one.application.name === component);
  return owner ?? (application && configKey([...application.path, "name"]));
}

function componentWith(settings: ParsedSettings, has: (needs: Needs) => boolean): string | undefined {
  const owner = ownersIn(settings).find(({ needs }) => has(needs));
  return owner && (owner.section === "" ? "a component of the platform" : configKey([owner.section]));
}
