// Accounts, as the configuration Job and the login proxy both see them.

/** The role of users that the Job created. It has no permissions. The Job deletes only these users, and only the settings give them roles. */
export const keptRole = "Kept by Groundplan";

/** The last name of users that the proxy created at their first login. */
export const gatewayName = "(gateway)";

/** What users choose themselves. The server clears it if a change of the user does not include it. */
export interface Choices {
  readonly timezone?: string | null;
  readonly startpage?: { readonly type: string; readonly id: string } | null;
}

/** What a user chose, for the body of a change. */
export function choicesOf({ startpage, timezone }: Choices) {
  return { timezone: timezone ?? null, startpage: startpage ?? null };
}

/** Whether two lists name the same roles. The server accepts a role's name in any case, and returns it in its own. */
export function sameRoles(one: readonly string[], other: readonly string[]): boolean {
  const sorted = (roles: readonly string[]) => roles.map((role) => role.toLowerCase()).sort();
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}
