import type { OidcClientRequest } from "../kit/bindings.ts";
import type { Modules } from "./modules.ts";

/** A client of a module, whose Secret is in the module's namespace. */
export interface ModuleClient {
  readonly module: keyof Modules;
  readonly name: string;
  readonly kind: NonNullable<OidcClientRequest["kind"]>;
  readonly roles: readonly string[];
  /** Rights of its service account in the realm. */
  readonly serviceRoles: readonly string[];
}

const clients: readonly ModuleClient[] = [
  { module: "rdm", name: "rdm", kind: "confidential", roles: [], serviceRoles: ["view-users"] },
  { module: "rdm", name: "rdmapi", kind: "api", roles: [], serviceRoles: [] },
  { module: "vdm", name: "vdm", kind: "confidential", roles: ["dissemination_role"], serviceRoles: ["view-users"] },
  { module: "vdm", name: "vdmapi", kind: "api", roles: [], serviceRoles: [] },
  { module: "wctiler", name: "wctiler", kind: "confidential", roles: [], serviceRoles: [] },
];

/**
 * The clients of the modules, which logins in front of their hosts use. A module that is off keeps them, because roles of the realm
 * name their roles.
 */
export function moduleClients(modules: Modules): readonly ModuleClient[] {
  return clients.filter(({ module }) => modules[module] !== undefined);
}
