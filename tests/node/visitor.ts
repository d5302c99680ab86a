// A person's browser in front of the gateway of a stack on a node: HTTPS by host name, cookies, redirects and forms.
import { request } from "node:https";
import { formOf } from "../keycloak/browser.ts";

/** An answer, with its text read. */
export interface Page {
  readonly status: number;
  readonly url: string;
  readonly location: string;
  readonly text: string;
}

/** Where the gateway answers. */
export interface Entrance {
  /** Its port on this machine. */
  readonly port: number;
  /** The certificate of the authority that signed those of the hosts. */
  readonly authority: string;
}

type Fields = Readonly<Record<string, string>>;

/** Bytes of a name and its value: browsers ignore a larger cookie (RFC 6265bis, section 5.7). */
const largestCookie = 4096;

/** The cookies of one browser, by host, path and name. */
export class Visitor {
  private readonly entrance: Entrance;
  private readonly cookies = new Map<string, { host: string; name: string; value: string; path: string }>();
  /** Cookies that were too large to keep. */
  readonly ignored: string[] = [];

  constructor(entrance: Entrance) {
    this.entrance = entrance;
  }

  /** The names of the cookies of a host, with the bytes of each. */
  cookiesOf(host: string): Readonly<Record<string, number>> {
    const own = [...this.cookies.values()].filter((cookie) => cookie.host === host);
    return Object.fromEntries(own.map(({ name, value }) => [name, name.length + value.length]));
  }

  /** Loses the cookies of a host. */
  forget(host: string): void {
    for (const [id, cookie] of this.cookies) if (cookie.host === host) this.cookies.delete(id);
  }

  /** Asks for a page, and follows nothing. @param further headers of the request */
  async open(url: string, form?: Fields, further: Fields = {}): Promise<Page> {
    const { host, pathname, search } = new URL(url);
    const sent = [...this.cookies.values()]
      .filter((cookie) => cookie.host === host && pathname.startsWith(cookie.path))
      .map(({ name, value }) => `${name}=${value}`);
    const body = form === undefined ? "" : new URLSearchParams(form).toString();
    const headers = {
      host,
      accept: "text/html",
      ...further,
      ...(sent.length > 0 && { cookie: sent.join("; ") }),
      ...(form && { "content-type": "application/x-www-form-urlencoded", "content-length": body.length }),
    };
    const { port, authority } = this.entrance;
    const answer = await new Promise<Page & { set: readonly string[] }>((resolve, reject) => {
      const asked = request(
        {
          ...{ host: "127.0.0.1", port, servername: host, ca: authority, path: pathname + search, headers },
          ...{ method: form === undefined ? "GET" : "POST", agent: false, timeout: 30_000 },
        },
        (response) => {
          let text = "";
          response.on("data", (part: Buffer) => (text += part.toString()));
          response.once("error", reject);
          response.once("end", () => {
            const { statusCode: status = 0, headers } = response;
            resolve({ status, url, text, location: headers.location ?? "", set: headers["set-cookie"] ?? [] });
          });
        },
      );
      asked.once("error", reject);
      asked.once("timeout", () => asked.destroy(new Error(`no answer from ${host} within 30 s`)));
      asked.end(body);
    });
    for (const line of answer.set) this.keep(host, line);
    return answer;
  }

  /**
   * Opens an address as a person does: follows redirects, and fills in forms that ask for what the person knows. A form that comes again was
   * refused: it is not filled in twice, since Keycloak locks a user after several wrong passwords in a row.
   * @param person what to fill in, by the input's name
   */
  async visit(url: string, person: Fields = {}): Promise<Page> {
    let page = await this.open(url);
    let filledBefore = "";
    for (let step = 0; step < 20; step++) {
      if (page.location !== "") {
        page = await this.open(new URL(page.location, page.url).href);
        continue;
      }
      const form = formOf(page.text);
      const known = form?.inputs.filter((name) => name in person) ?? [];
      if (form === undefined || page.status !== 200 || known.length === 0) return page;
      if (known.join() === filledBefore) return page;
      filledBefore = known.join();
      const filled = Object.fromEntries(known.map((name) => [name, person[name] ?? ""]));
      page = await this.open(new URL(form.action, page.url).href, { ...form.hidden, ...filled });
    }
    throw new Error(`no end of redirects at ${url}`);
  }

  private keep(host: string, line: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const [, path = "/"] = /;\s*path=([^;]*)/i.exec(line) ?? [];
    const id = `${host} ${path} ${name}`;
    const [, expires = ""] = /;\s*expires=([^;]*)/i.exec(line) ?? [];
    if (value === "" || /;\s*max-age=0(;|$)/i.test(line) || Date.parse(expires) < Date.now()) this.cookies.delete(id);
    else if (name.length + value.length > largestCookie) this.ignored.push(name);
    else this.cookies.set(id, { host, name, value, path });
  }
}
