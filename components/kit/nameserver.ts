/** A name server's host or address, without brackets, and its port. */
export interface Nameserver {
  readonly host: string;
  readonly port: number;
}

/** A name server as settings write it: `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`; the port's default is 53 (RFC 1035, section 4.2). */
export function parseNameserver(text: string): Nameserver {
  const [, bracketed, plain, port = "53"] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain ?? text, port: Number(port) };
}
