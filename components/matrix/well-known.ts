/** Where clients and other servers find the homeserver of a server name. */
export interface Delegation {
  /** The full host that clients connect to. */
  readonly host: string;
  /** Whether other servers may connect too. */
  readonly federates: boolean;
}

/** The bodies of `/.well-known/matrix/NAME` (Matrix specification, "Client-Server API", 4.1; "Server-Server API", 2.1). */
export function wellKnown({ host, federates }: Delegation): { readonly client: object; readonly server?: object } {
  return {
    client: { "m.homeserver": { base_url: `https://${host}` } },
    server: federates ? { "m.server": `${host}:443` } : undefined,
  };
}
